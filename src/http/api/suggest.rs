//! Suggestions for who is typing.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::services::suggest::{DEFAULT, MOST, Suggestion};

/// What is typed, and who reads the suggestions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct SuggestParams {
    /// The text so far: whole words, and the start of the last one.
    q: Option<String>,
    /// `fr` (default) or `en`: the language of labels, and of what comes first.
    lang: Option<String>,
    /// 0 to 20, default 10.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct SuggestResponse {
    suggestions: Vec<SuggestionResponse>,
}

#[derive(Serialize, ToSchema)]
struct SuggestionResponse {
    /// A title as it is written, or the label of a term.
    text: String,
    /// `title`, or the facet that the term belongs to.
    kind: &'static str,
    /// Of the resource, or of the term.
    id: String,
}

/// What a person who is typing may mean: titles, and terms of the facets by any of their names, in both languages.
#[utoipa::path(get, path = "/suggest", tag = "find", params(SuggestParams),
    responses((status = OK, body = SuggestResponse), (status = BAD_REQUEST, description = "names every field that is wrong")))]
pub async fn suggest(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let mut reader = server.reader(query);
    let typed = reader.text("q").unwrap_or_default();
    let language: Language = reader.language();
    let limit = reader.integer("limit", 0..=MOST).unwrap_or(DEFAULT);
    reader.finish().map_err(ApiError::Invalid)?;
    let answer = server.answer(move |app| {
        let actor = &Actor::Visitor;
        let suggestions = app.suggest.suggest(actor, &typed, language, limit)?;
        let response = |Suggestion { text, kind, id }| SuggestionResponse {
            text,
            kind: kind.name(),
            id,
        };
        Ok(SuggestResponse {
            suggestions: suggestions.into_iter().map(response).collect(),
        })
    });
    answer.await
}
