//! Long work of a running server: how far it is, how it ended, and how to stop it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::domain::actor::Actor;
use crate::domain::problem::Problem;
use crate::domain::task::Task;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;

#[derive(Serialize, Deserialize, ToSchema)]
pub struct TaskResponse {
    /// id; kind (import, reindex, rollback, backup, links); state (running, done, failed, cancelled, interrupted); started_at, ended_at;
    /// done and total; outcome or error.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub task: Task,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct TasksResponse {
    /// The latest first.
    pub tasks: Vec<TaskResponse>,
}

/// How often somebody who watches a task is told of it.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// The running tasks and the last ones that ended.
#[utoipa::path(get, path = "/admin/tasks", tag = "admin", security(("operator" = [])),
    responses((status = OK, body = TasksResponse), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn all(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
) -> ApiResult<Json<TasksResponse>> {
    let at = Arc::clone(&server);
    let tasks = server
        .bridge
        .operate(move || at.app.tasks.list(&actor))
        .await??;
    let tasks = tasks
        .into_iter()
        .map(|task| TaskResponse { task })
        .collect();
    Ok(Json(TasksResponse { tasks }))
}

/// One task. With `Accept: text/event-stream`, an event `task` whenever it moved, until it ended.
#[utoipa::path(get, path = "/admin/tasks/{id}", tag = "admin", params(("id" = u64, Path)), security(("operator" = [])),
    responses((status = OK, body = TaskResponse), (status = NOT_FOUND, description = "not known, or forgotten"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn one(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    id: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let id = task_id(id)?;
    let task = find(&server, &actor, id).await?;
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/event-stream")) {
        return Ok(watch(server, actor, task).into_response());
    }
    Ok(Json(TaskResponse { task }).into_response())
}

/// Asks a running task to end; it does at its next step. What an import has told as done stays.
#[utoipa::path(delete, path = "/admin/tasks/{id}", tag = "admin", params(("id" = u64, Path)), security(("operator" = [])),
    responses((status = OK, body = TaskResponse), (status = NOT_FOUND, description = "not known"),
        (status = CONFLICT, description = "has ended already"), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn cancel(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    id: Result<Path<u64>, PathRejection>,
) -> ApiResult<Json<TaskResponse>> {
    let id = task_id(id)?;
    let at = Arc::clone(&server);
    let task = server
        .bridge
        .operate(move || at.app.tasks.cancel(&actor, id))
        .await??;
    Ok(Json(TaskResponse { task }))
}

fn task_id(id: Result<Path<u64>, PathRejection>) -> ApiResult<u64> {
    let invalid = |_| Problem::new("id", "not_a_number", "the id of a task is a number");
    id.map(|Path(id)| id)
        .map_err(|rejection| ApiError::Invalid(vec![invalid(rejection)]))
}

async fn find(server: &Arc<Server>, actor: &Actor, id: u64) -> ApiResult<Task> {
    let (at, actor) = (Arc::clone(server), actor.clone());
    Ok(server
        .bridge
        .operate(move || at.app.tasks.find(&actor, id))
        .await??)
}

/// Tells of a task until it ended, or nobody listens any more.
fn watch(
    server: Arc<Server>,
    actor: Actor,
    mut task: Task,
) -> Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>> {
    let (sender, events) = mpsc::channel(1);
    tokio::spawn(async move {
        loop {
            let event = Event::default().event("task").json_data(&task);
            let event = event.unwrap_or_else(|_| Event::default().comment("not told"));
            if sender.send(Ok(event)).await.is_err() || !task.is_running() {
                return;
            }
            let told = task.clone();
            while task == told {
                tokio::time::sleep(WATCH_EVERY).await;
                match find(&server, &actor, task.id).await {
                    Ok(now) => task = now,
                    // Busy for a moment: the next look may tell.
                    Err(ApiError::Busy) => {}
                    Err(_) => return,
                }
                if sender.is_closed() {
                    return;
                }
            }
        }
    });
    Sse::new(ReceiverStream::new(events)).keep_alive(KeepAlive::default())
}
