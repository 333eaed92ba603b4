//! The decision written down, to be printed: the page of the API's dossier, made from an address.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::guidance::body;
use super::search::is_of_search;
use super::visit::Visit;
use crate::domain::actor::Actor;
use crate::http::Server;
use crate::http::api::dossier::html;
use crate::http::api::dossier::page::{self, Back};
use crate::http::error::{ApiError, ApiResult};
use crate::query::decision::Decision;
use crate::query::params::RawParams;

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    // What orders a list of results says nothing about a decision.
    let of_decision = |name: &str, _: &str| {
        !matches!(
            name,
            "sort" | "offset" | "literal" | "understand" | "personal"
        )
    };
    let address = visit.address.clone().keeping(of_decision);
    let body = body(&address, visit.ui.tag());
    let decision = Decision::read(RawParams::from_json(body), &server.app.schema.vocabularies);
    let decision = decision.map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let written = server.bridge.ask(move || -> ApiResult<String> {
        let app = &at.app;
        let outcome = app.dossiers.write(&Actor::Visitor, &decision)?;
        let compared = visit.address.keeping(|name, value| {
            matches!(
                name,
                "ids" | "students" | "classes" | "title" | "note" | "date"
            ) || is_of_search(name, value)
        });
        let back = Back {
            label: visit.ui.t("compare.back").to_string(),
            url: compared.on("compare").to_string(),
        };
        page::page(&outcome, &decision, &app.schema.vocabularies, Some(back))
    });
    Ok(html(written.await??))
}
