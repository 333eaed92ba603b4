//! The first page: one field, some examples, ways to look around.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::address::Address;
use super::browse::{Branch, Branches};
use super::frame::Frame;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::http::Server;
use crate::http::error::ApiResult;
use crate::query::facet::Facet;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    ui: Ui,
    frame: Frame,
    examples: Vec<Example>,
    levels: Vec<Branch>,
    subjects: Vec<Branch>,
    total: Html,
}

/// A question to try.
struct Example {
    text: &'static Html,
    url: String,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    visit
        .show(server, |server, visit| written(&answer(server, visit)?))
        .await
}

fn answer(server: &Server, visit: &Visit) -> ApiResult<HomePage> {
    let ui = visit.ui;
    let branches = Branches::count(server, visit)?;
    let question = |text: &'static Html| Example {
        url: Address::read(&visit.to("search"), "")
            .with("q", text.as_str().replace("&#39;", "'"))
            .to_string(),
        text,
    };
    let examples = [
        ui.t("home.example_fractions"),
        ui.t("home.example_reading"),
        ui.t("home.example_science"),
        ui.t("home.example_coding"),
    ];
    Ok(HomePage {
        frame: Frame::new(
            visit,
            "home",
            ui.t("home.title").clone(),
            ui.t("home.description").clone(),
        ),
        examples: examples.into_iter().map(question).collect(),
        levels: branches.roots(Facet::Level),
        subjects: branches.roots(Facet::Subject),
        total: ui.n("home.total", branches.total),
        ui,
    })
}
