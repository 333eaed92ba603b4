//! Resources that are about the same thing: which there are, and making one of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::admin::INDEX_PATIENCE;
use crate::domain::problem::Problem;
use crate::domain::resource::ResourceId;
use crate::http::Server;
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;
use crate::query::params::{RawParams, Reader};
use crate::services::duplicates::{MergeReport, TwinGroup};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct DuplicatesParams {
    /// Groups to list: 0 to 1,000, default 50.
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct DuplicatesResponse {
    /// Groups in all.
    pub total: usize,
    /// Each: `by` (address or title), `is_certain`, and `resources` (id, title, url, publisher, completeness), the one to keep
    /// first.
    #[schema(value_type = Vec<Object>)]
    pub groups: Vec<TwinGroup>,
}

/// Which resource takes the place of which.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct MergeBody {
    keep: String,
    /// Up to 100 ids; from now on each leads to the kept one.
    old: Vec<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct CertainParams {
    /// Say what would be merged, and merge nothing.
    dry_run: Option<bool>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct MergeResponse {
    /// merged (old, kept) and the sequence number of the last change.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub report: MergeReport,
    /// Whether searches know of it already.
    pub findable: bool,
}

const MOST: usize = 1_000;
const DEFAULT: usize = 50;

/// Resources that look like one: the same address, or the same title of one publisher.
#[utoipa::path(get, path = "/admin/duplicates", tag = "admin", params(DuplicatesParams), security(("operator" = [])),
    responses((status = OK, body = DuplicatesResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn list(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<DuplicatesResponse>> {
    let mut reader = server.reader(query);
    let limit = reader.integer("limit", 0..=MOST).unwrap_or(DEFAULT);
    let offset = reader.integer("offset", 0..=usize::MAX >> 1).unwrap_or(0);
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    // The whole catalogue is read: bulk work.
    let groups = server
        .bridge
        .import(move || at.app.duplicates.find(&actor))
        .await??;
    Ok(Json(DuplicatesResponse {
        total: groups.len(),
        groups: groups.into_iter().skip(offset).take(limit).collect(),
    }))
}

/// Merges resources: the kept one takes over what it lacks, and the addresses of the old ones lead to it.
#[utoipa::path(post, path = "/admin/duplicates/merge", tag = "admin", request_body = MergeBody, security(("operator" = [])),
    responses((status = OK, body = MergeResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = NOT_FOUND, description = "one of them never was in the catalogue"), (status = GONE, description = "the kept one was removed"),
        (status = CONFLICT, description = "one of them was merged into another already"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn merge(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Json<MergeResponse>> {
    let mut reader = Reader::new(RawParams::from_json(body), &server.app.schema.vocabularies);
    let keep = reader.text("keep").unwrap_or_default();
    let old = reader.texts("old");
    reader.finish().map_err(ApiError::Invalid)?;
    let mut problems = Vec::new();
    let mut read = |field: &str, id: &str| {
        let id = ResourceId::parse(id);
        id.map_err(|detail| problems.push(Problem::new(field, "invalid", detail)))
            .ok()
    };
    let keep = read("keep", &keep);
    let old: Vec<ResourceId> = old.iter().filter_map(|id| read("old", id)).collect();
    if old.is_empty() && problems.iter().all(|problem| problem.field != "old") {
        problems.push(Problem::new("old", "missing", "name at least one"));
    }
    let (Some(keep), true) = (keep, problems.is_empty()) else {
        return Err(ApiError::Invalid(problems));
    };
    let at = Arc::clone(&server);
    let merged = server.bridge.import(move || {
        let report = at.app.duplicates.merge(&actor, &keep, &old)?;
        Ok::<_, ApiError>(findable(&at, report))
    });
    Ok(Json(merged.await??))
}

/// Merges every group that is certain: the same address, and titles that hardly differ.
#[utoipa::path(post, path = "/admin/duplicates/merge-certain", tag = "admin", params(CertainParams), security(("operator" = [])),
    responses((status = OK, body = MergeResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn merge_certain(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<MergeResponse>> {
    let mut reader = server.reader(query);
    let dry_run = reader.flag("dry_run").unwrap_or(false);
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let merged = server.bridge.import(move || {
        let report = at.app.duplicates.merge_certain(&actor, dry_run)?;
        Ok::<_, ApiError>(findable(&at, report))
    });
    Ok(Json(merged.await??))
}

fn findable(server: &Server, report: MergeReport) -> MergeResponse {
    let findable = server
        .app
        .indexing
        .wait_for(report.sequence, INDEX_PATIENCE);
    MergeResponse { report, findable }
}
