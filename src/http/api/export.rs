//! The catalogue of a running server in a format that others read, streamed.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;
use clap::ValueEnum;
use utoipa::IntoParams;

use crate::domain::problem::Problem;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;
use crate::interchange::export::ExportFormat;
use crate::services::export;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct ExportParams {
    /// `jsonl` (default), complete; `csv`, what fits in a table; `lrmi`, JSON-LD, one document a line.
    format: Option<String>,
}

/// Every resource in the order of their ids, as `classo export` writes it. Writes go on meanwhile. An answer that breaks
/// off is not the whole catalogue.
#[utoipa::path(get, path = "/admin/export", tag = "admin", params(ExportParams), security(("operator" = [])),
    responses((status = OK, body = String, content_type = "application/x-ndjson"),
        (status = BAD_REQUEST, description = "no such format"), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn stream(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<impl IntoResponse> {
    let mut reader = server.reader(query);
    let format = reader.text("format");
    reader.finish().map_err(ApiError::Invalid)?;
    let format = format.map_or(Ok(ExportFormat::Jsonl), |name| {
        ExportFormat::from_str(&name, false)
    });
    let format = format.map_err(|_| {
        let detail = "format is jsonl, csv or lrmi";
        ApiError::Invalid(vec![Problem::new("format", "unknown_value", detail)])
    })?;
    let body = server
        .stream(move |app, into| export::write(&actor, &app.store, format, into, |_| {}).map(drop));
    let kind = match format {
        ExportFormat::Csv => "text/csv; charset=utf-8",
        ExportFormat::Jsonl | ExportFormat::Lrmi => "application/x-ndjson",
    };
    Ok(([(header::CONTENT_TYPE, kind)], body.await?))
}
