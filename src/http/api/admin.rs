//! What operators do to the catalogue of a running server.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoParams, Modify, ToSchema};

use super::resources::resource_id;
use crate::domain::task::TaskKind;
use crate::http::Server;
use crate::http::body::{self, JsonBody};
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::PRIVATE;
use crate::http::operator::Operator;
use crate::interchange::records::Records;
use crate::interchange::report::{ImportReport, Reject};
use crate::query::params::{RawParams, Reader};
use crate::services::ServiceError;
use crate::services::catalogue::{ImportListener, ImportSource};
use crate::services::tasks::Work;

/// Says in the description how operators and people show who they are.
pub struct BearerScheme;

impl Modify for BearerScheme {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_with(Default::default);
        for scheme in ["operator", "person"] {
            let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(scheme, bearer);
        }
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// Report what would be done, and do nothing.
    dry_run: Option<bool>,
    /// The name that rejects carry as their file.
    name: Option<String>,
}

impl ImportParams {
    fn read(mut reader: Reader) -> ApiResult<Self> {
        let params = ImportParams {
            dry_run: reader.flag("dry_run"),
            name: reader.text("name"),
        };
        reader.finish().map_err(ApiError::Invalid)?;
        Ok(params)
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct ImportResponse {
    /// Counts: added, replaced, unchanged, superseded, rejected; the sequence number; unmapped values with the nearest term;
    /// for each field, in how many replaced records it changed, with examples; how complete the records are; records that
    /// look like others.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub report: ImportReport,
    /// The first ten thousand refused records: file, line, reason.
    #[schema(value_type = Vec<Object>)]
    pub rejects: Vec<Reject>,
    /// How many more were refused.
    pub rejects_left_out: u64,
    /// Whether everything imported can be found already.
    pub findable: bool,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct RemovalResponse {
    pub sequence: u64,
    /// Whether searches know of the removal already.
    pub findable: bool,
}

/// Refused records that an answer lists.
const MOST_REJECTS: usize = 10_000;

/// How long an answer waits for the index, so that who asks next finds what was done.
pub const INDEX_PATIENCE: Duration = Duration::from_secs(10);

/// Imports records, one JSON object a line, streamed. What was imported is on disk when the answer comes.
#[utoipa::path(post, path = "/admin/import", tag = "admin", params(ImportParams), security(("operator" = [])),
    request_body(content = String, content_type = "application/x-ndjson"),
    responses((status = OK, body = ImportResponse), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn import(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
    body: Body,
) -> ApiResult<Json<ImportResponse>> {
    let params = ImportParams::read(server.reader(query))?;
    let records = body::reader(body);
    let at = Arc::clone(&server);
    let imported = server.bridge.import(move || {
        let source = ImportSource {
            name: params.name.as_deref().unwrap_or("body"),
            dry_run: params.dry_run.unwrap_or(false),
        };
        let mut listener = Listener::default();
        let report = at.app.tasks.run(TaskKind::Import, |work| {
            listener.work = Some(Arc::clone(work));
            let catalogue = &at.app.catalogue;
            catalogue.import(&actor, Records::native(records), &source, &mut listener)
        });
        let report = match report {
            Err(ServiceError::Cancelled) if !source.dry_run => {
                let done = listener.done;
                return Err(ServiceError::Conflict(format!(
                    "The import was cancelled after {done} records; what they changed stays, and importing again goes on \
                     from there."
                ))
                .into());
            }
            ended => ended?,
        };
        let findable = at.app.indexing.wait_for(report.sequence, INDEX_PATIENCE);
        Ok::<_, ApiError>(ImportResponse {
            report,
            rejects: listener.listed,
            rejects_left_out: listener.left_out,
            findable,
        })
    });
    Ok(Json(imported.await??))
}

#[derive(Default)]
struct Listener {
    work: Option<Arc<Work>>,
    /// Records that are durable, or refused.
    done: u64,
    listed: Vec<Reject>,
    left_out: u64,
}

impl ImportListener for Listener {
    fn rejected(&mut self, reject: Reject) -> std::io::Result<()> {
        if self.listed.len() < MOST_REJECTS {
            self.listed.push(reject);
        } else {
            self.left_out += 1;
        }
        Ok(())
    }

    fn progress(&mut self, report: &ImportReport, _: u64) {
        self.done = report.records();
        if let Some(work) = &self.work {
            work.at(self.done, None);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.work.as_ref().is_some_and(|work| work.is_cancelled())
    }
}

/// Removes a resource; from then on its address answers 410.
#[utoipa::path(delete, path = "/admin/resources/{id}", tag = "admin", params(("id" = String, Path, description = "percent-encoded")),
    security(("operator" = [])),
    responses((status = OK, body = RemovalResponse), (status = NOT_FOUND, description = "never was in the catalogue"),
        (status = GONE, description = "was removed before"), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn remove(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
) -> ApiResult<Json<RemovalResponse>> {
    let id = resource_id(id)?;
    let at = Arc::clone(&server);
    let removed = server.bridge.import(move || {
        let sequence = at.app.catalogue.remove(&actor, &id)?;
        Ok::<_, ApiError>(RemovalResponse {
            sequence,
            findable: at.app.indexing.wait_for(sequence, INDEX_PATIENCE),
        })
    });
    Ok(Json(removed.await??))
}

#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// Shown this once.
    token: String,
    label: String,
}

/// Makes a token for `/admin`, for a program of an operator: good for as long as the account that makes it operates.
#[utoipa::path(post, path = "/admin/tokens", tag = "admin", security(("operator" = [])),
    request_body(content = Object, description = "`label` says what it is for; `days` until it expires, 1 to 3650 (90)"),
    responses((status = CREATED, body = TokenResponse), (status = UNAUTHORIZED, description = "no valid token"),
        (status = FORBIDDEN, description = "signed in, and no operator")))]
pub async fn make_token(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<impl IntoResponse> {
    let mut reader = Reader::new(RawParams::from_json(body), &server.app.schema.vocabularies);
    let label = reader.text("label").unwrap_or_else(|| "operator".into());
    let days = reader.integer("days", 1..=3_650).unwrap_or(90);
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let made = server.bridge.operate(move || {
        let lifetime = SignedDuration::from_hours(24 * days as i64);
        let accounts = &at.app.people.accounts;
        let token = accounts.make_operator_token(&actor, &label, lifetime);
        token.map(|token| TokenResponse { token, label })
    });
    let made = made.await?;
    let made = made.map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok((
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, PRIVATE)],
        Json(made),
    ))
}
