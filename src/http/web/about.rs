//! How Classo ranks, with the weights that rank today; and how the pages can be used by everybody.

use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::prose::{Prose, SectionView};
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::app;
use crate::domain::language::Language;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::ranking::signal;

static ABOUT: LazyLock<Prose> = LazyLock::new(|| Prose::parse(include_str!("texts/about.toml")));
static ACCESSIBILITY: LazyLock<Prose> =
    LazyLock::new(|| Prose::parse(include_str!("texts/accessibility.toml")));

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage {
    ui: Ui,
    frame: Frame,
    sections: Vec<SectionView>,
    signals: Vec<SignalView>,
    ranking: String,
}

struct SignalView {
    name: &'static Html,
    weight: String,
    /// Of 100, beside the weightiest.
    width: u32,
}

#[derive(Template)]
#[template(path = "prose.html")]
struct ProsePage {
    ui: Ui,
    frame: Frame,
    sections: Vec<SectionView>,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    visit
        .show(server, |server, visit| written(&answer(server, visit)?))
        .await
}

fn answer(server: &Server, visit: &Visit) -> ApiResult<AboutPage> {
    let (ui, schema) = (visit.ui, &server.app.schema);
    let weights = app::weights(schema).map_err(|error| ApiError::Internal(error.to_string()))?;
    let mut signals: Vec<(&str, f64)> = signal::NAMES
        .iter()
        .map(|name| (*name, weights.of(name)))
        .collect();
    signals.sort_by(|one, other| other.1.total_cmp(&one.1));
    let most = signals.first().map_or(1.0, |(_, weight)| weight.max(0.001));
    let view = |(name, weight): (&str, f64)| SignalView {
        name: ui.t(&format!("signal.{}", name)),
        weight: decimal(weight, ui.language),
        width: (weight / most * 100.0).round() as u32,
    };
    let (title, text) = (
        ui.t("about.title").clone(),
        ui.t("about.description").clone(),
    );
    Ok(AboutPage {
        frame: Frame::new(visit, "about", title, text),
        sections: ABOUT.sections(ui),
        signals: signals.into_iter().map(view).collect(),
        ranking: schema.ranking_hash.clone(),
        ui,
    })
}

fn decimal(number: f64, language: Language) -> String {
    let written = format!("{number:.1}");
    match language {
        Language::Fr => written.replace('.', ","),
        Language::En => written,
    }
}

pub async fn accessibility(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let answer = |_: &Server, visit: &Visit| {
        let ui = visit.ui;
        let title = ui.t("accessibility.title").clone();
        let text = ui.t("accessibility.description").clone();
        written(&ProsePage {
            frame: Frame::new(visit, "accessibility", title, text),
            sections: ACCESSIBILITY.sections(ui),
            ui,
        })
    };
    visit.show(server, answer).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_its_name_and_every_prose_can_be_read() {
        for language in Language::ALL {
            let ui = Ui { language };
            for name in signal::NAMES {
                assert_ne!(
                    ui.t(&format!("signal.{}", name)).as_str(),
                    super::super::MISSING,
                    "{name}"
                );
            }
            assert!(!ABOUT.sections(ui).is_empty());
            assert!(!ACCESSIBILITY.sections(ui).is_empty());
        }
        assert_eq!(decimal(0.25, Language::Fr), "0,2");
    }
}
