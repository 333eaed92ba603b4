//! The backup of a running server, streamed.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::IntoParams;

use crate::domain::problem::Problem;
use crate::domain::task::TaskKind;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct BackupParams {
    /// Only what changed after this number, the `end` of an earlier backup; 0 for everything.
    since: Option<u64>,
}

/// The store at one moment, as lines of JSON: the catalogue, and what is about persons as ciphertext; README tells the
/// format. The last line says that it is whole, with its checksum. Writes go on meanwhile.
#[utoipa::path(get, path = "/admin/backup", tag = "admin", params(BackupParams), security(("operator" = [])),
    responses((status = OK, body = String, content_type = "application/x-ndjson"),
        (status = CONFLICT, description = "the catalogue is not as far as `since`"), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn stream(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<impl IntoResponse> {
    let mut reader = server.reader(query);
    let since = reader.text("since");
    reader.finish().map_err(ApiError::Invalid)?;
    let since = since.map_or(Ok(0), |text| text.parse()).map_err(|_| {
        let detail = "since is the number of a change, such as 1200";
        ApiError::Invalid(vec![Problem::new("since", "not_a_number", detail)])
    })?;
    server.app.backup.check(&actor, since)?;
    let body = server.stream(move |app, into| {
        let written = app.tasks.run(TaskKind::Backup, |work| {
            app.backup.write(&actor, since, into, work)
        });
        written.map(drop)
    });
    Ok((
        [(header::CONTENT_TYPE, "application/x-ndjson")],
        body.await?,
    ))
}
