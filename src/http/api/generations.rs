//! The index of a running server: built anew, rolled back, looked at.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tasks::TaskResponse;
use crate::domain::task::TaskKind;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;
use crate::index::generation::GenerationInfo;
use crate::services::ServiceError;
use crate::services::links::LinkCounts;
use crate::services::reindex::RollbackReport;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct ReindexParams {
    /// Switch even when the count of a facet's value changes by more than a quarter, or judged questions are answered worse
    /// than the budget allows.
    force: Option<bool>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct GenerationsResponse {
    /// The latest first: name, state (current, previous, unfinished), is_usable, made_at, bytes.
    #[schema(value_type = Vec<Object>)]
    pub generations: Vec<GenerationInfo>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct RollbackResponse {
    /// generation, before, sequence, missed, milliseconds.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub report: RollbackReport,
}

/// What a server holds and how far it is.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct StatsResponse {
    /// Which store it is; backups tell it too.
    pub store: String,
    pub generation: String,
    pub ranking: String,
    pub resources: u64,
    pub segments: usize,
    /// The last change of the catalogue, and how many changes are not findable yet.
    pub sequence: u64,
    pub lag: u64,
    pub store_bytes: u64,
    /// Of all generations.
    pub index_bytes: u64,
    pub running_tasks: usize,
    /// How many addresses of resources are in each state, as far as they were visited.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub links: LinkCounts,
}

/// Builds the index anew beside the one in use and switches to it; searches go on meanwhile. The task tells how far it is.
#[utoipa::path(post, path = "/admin/reindex", tag = "admin", params(ReindexParams), security(("operator" = [])),
    responses((status = ACCEPTED, body = TaskResponse, description = "it runs; `location` says where to watch it"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn reindex(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<impl IntoResponse> {
    let mut reader = server.reader(query);
    let force = reader.flag("force").unwrap_or(false);
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let started = server.bridge.operate(move || {
        let reindex = Arc::clone(&at.app.reindex);
        at.app.tasks.start(TaskKind::Reindex, move |work| {
            reindex.rebuild(&actor, force, work)
        })
    });
    let task = started.await??;
    let watch = format!("/api/v1/admin/tasks/{}", task.id);
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, watch)],
        Json(TaskResponse { task }),
    ))
}

/// Goes back to the generation before the one in use; it then learns from the journal what it has missed.
#[utoipa::path(post, path = "/admin/rollback", tag = "admin", security(("operator" = [])),
    responses((status = OK, body = RollbackResponse), (status = CONFLICT, description = "there is none, or a reindex is running"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn rollback(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
) -> ApiResult<Json<RollbackResponse>> {
    let at = Arc::clone(&server);
    let rolled_back = server.bridge.import(move || {
        let app = &at.app;
        app.tasks
            .run(TaskKind::Rollback, |_| app.reindex.rollback(&actor))
    });
    let report = rolled_back.await??;
    Ok(Json(RollbackResponse { report }))
}

/// The generations of the index: the one in use, the one before, one that is being built.
#[utoipa::path(get, path = "/admin/generations", tag = "admin", security(("operator" = [])),
    responses((status = OK, body = GenerationsResponse), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn all(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
) -> ApiResult<Json<GenerationsResponse>> {
    let at = Arc::clone(&server);
    let generations = server
        .bridge
        .operate(move || at.app.reindex.generations(&actor));
    let generations = generations.await??;
    Ok(Json(GenerationsResponse { generations }))
}

/// Figures about catalogue and index.
#[utoipa::path(get, path = "/admin/stats", tag = "admin", security(("operator" = [])),
    responses((status = OK, body = StatsResponse), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn stats(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
) -> ApiResult<Json<StatsResponse>> {
    let at = Arc::clone(&server);
    let stats = server.bridge.operate(move || {
        let app = &at.app;
        let (snapshot, generations) = (app.index.snapshot(), app.reindex.generations(&actor)?);
        Ok::<_, ApiError>(StatsResponse {
            store: app.store.identity().map_err(ServiceError::from)?,
            generation: snapshot.generation().to_owned(),
            ranking: app.schema.ranking_hash.clone(),
            resources: snapshot.resources(),
            segments: snapshot.segments(),
            sequence: app.store.sequence(),
            lag: app.indexing.lag(),
            store_bytes: app.store.size_on_disk(),
            index_bytes: generations.iter().map(|generation| generation.bytes).sum(),
            running_tasks: app.tasks.count_running(),
            links: app.links.counts(&actor)?,
        })
    });
    Ok(Json(stats.await??))
}
