//! One resource, and what resembles it.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::search::{HitResponse, hit_response};
use crate::domain::actor::Actor;
use crate::domain::problem::Problem;
use crate::domain::resource::ResourceId;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult, Moved};
use crate::interchange::lrmi;
use crate::services::similar::{DEFAULT, MOST};

/// A resource as the catalogue has it, with what it runs on; as JSON-LD (schema.org and LRMI) to who accepts that.
#[utoipa::path(get, path = "/resources/{id}", tag = "find", params(("id" = String, Path, description = "percent-encoded")),
    responses(
        (status = OK, content((Object = "application/json"), (Object = "application/ld+json"))),
        (status = PERMANENT_REDIRECT, description = "was merged into another: `location` says where that is, the body `moved_to`"),
        (status = NOT_FOUND, description = "never was in the catalogue"),
        (status = GONE, description = "was removed")))]
pub async fn one(
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let id = resource_id(id)?;
    let at = Arc::clone(&server);
    let (resource, runs_on) = server
        .bridge
        .ask(move || at.app.catalogue.find(&Actor::Visitor, &id))
        .await??;
    let accepts = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    if accepts.contains("application/ld+json") {
        let document = lrmi::document(&resource).to_string();
        return Ok(([(header::CONTENT_TYPE, "application/ld+json")], document).into_response());
    }
    Ok((
        [(header::CONTENT_TYPE, "application/json")],
        crate::index::record::shown(&resource, &runs_on),
    )
        .into_response())
}

/// How many similar resources, and who reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct SimilarParams {
    /// `fr` (default) or `en`: the language of the texts that are marked.
    lang: Option<String>,
    /// 0 to 20, default 5.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct SimilarResponse {
    /// Each with what it shares, as `explanation`: its points add up to the score.
    hits: Vec<HitResponse>,
}

/// What resembles a resource, by its telling words and its attributes, and in what.
#[utoipa::path(get, path = "/resources/{id}/similar", tag = "find",
    params(("id" = String, Path, description = "percent-encoded"), SimilarParams),
    responses(
        (status = OK, body = SimilarResponse),
        (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = PERMANENT_REDIRECT, description = "was merged into another: `location` says where that is"),
        (status = NOT_FOUND, description = "never was in the catalogue"),
        (status = GONE, description = "was removed")))]
pub async fn similar(
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let id = resource_id(id)?;
    let mut reader = server.reader(query.clone());
    let language = reader.language();
    let limit = reader.integer("limit", 0..=MOST).unwrap_or(DEFAULT);
    reader.finish().map_err(ApiError::Invalid)?;
    let answer = server.answer(move |app| {
        let actor = &Actor::Visitor;
        let (resource, runs_on) = app.catalogue.find(actor, &id)?;
        let hits = app
            .similar
            .similar(actor, &resource, &runs_on, language, limit)?;
        Ok(SimilarResponse {
            hits: hits
                .into_iter()
                .map(hit_response)
                .collect::<ApiResult<_>>()?,
        })
    });
    match answer.await {
        Err(ApiError::Moved(moved)) => Err(ApiError::Moved(Moved {
            rest: format!("/similar?{}", query.unwrap_or_default())
                .trim_end_matches('?')
                .to_owned(),
            ..moved
        })),
        answer => answer,
    }
}

/// The id of a path.
pub fn resource_id(id: Result<Path<String>, PathRejection>) -> ApiResult<ResourceId> {
    let invalid = |detail: String| ApiError::Invalid(vec![Problem::new("id", "invalid", detail)]);
    let Path(id) = id.map_err(|error| invalid(error.body_text()))?;
    ResourceId::parse(&id).map_err(invalid)
}
