//! One resource.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::domain::actor::Actor;
use crate::domain::problem::Problem;
use crate::domain::resource::ResourceId;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::interchange::lrmi;

/// A resource as the catalogue has it, with what it runs on; as JSON-LD (schema.org and LRMI) to who accepts that.
#[utoipa::path(get, path = "/resources/{id}", tag = "find", params(("id" = String, Path, description = "percent-encoded")),
    responses(
        (status = OK, content((Object = "application/json"), (Object = "application/ld+json"))),
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

/// The id of a path.
pub fn resource_id(id: Result<Path<String>, PathRejection>) -> ApiResult<ResourceId> {
    let invalid = |detail: String| ApiError::Invalid(vec![Problem::new("id", "invalid", detail)]);
    let Path(id) = id.map_err(|error| invalid(error.body_text()))?;
    ResourceId::parse(&id).map_err(invalid)
}
