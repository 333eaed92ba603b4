//! Privacy in clear words: what the founding policy promises, by version.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::prose::{Prose, SectionView, VersionView};
use super::texts::Ui;
use super::visit::Visit;
use crate::http::Server;
use crate::http::error::ApiResult;

static PRIVACY: LazyLock<Prose> =
    LazyLock::new(|| Prose::parse(include_str!("texts/privacy.toml")));

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    ui: Ui,
    frame: Frame,
    sections: Vec<SectionView>,
    versions: Vec<VersionView>,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let answer = |_: &Server, visit: &Visit| {
        let ui = visit.ui;
        let (title, text) = (
            ui.t("privacy.title").clone(),
            ui.t("privacy.description").clone(),
        );
        Ok(PrivacyPage {
            frame: Frame::new(visit, "privacy", title, text),
            sections: PRIVACY.sections(ui),
            versions: PRIVACY.versions(ui),
            ui,
        })
    };
    visit.show(server, answer).await
}
