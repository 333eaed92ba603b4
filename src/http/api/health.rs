//! For those who watch over the server.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::{Server, observe};

#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
    /// Why the server is not ready; empty when it is.
    reasons: Vec<Reason>,
    generation: String,
    resources: u64,
    /// Changes of the catalogue that are not findable yet.
    lag: u64,
}

/// One thing that keeps the server from being ready.
#[derive(Serialize, ToSchema)]
pub struct Reason {
    /// Stable: `store_stopped`, `index_held_back`, `index_catching_up`.
    code: &'static str,
    /// What it is, and what to do.
    detail: String,
}

fn reasons(app: &App) -> Vec<Reason> {
    let behind = app.is_catching_up().then(|| Reason {
        code: "index_catching_up",
        detail: format!(
            "the index is {} changes behind the catalogue",
            app.indexing.lag()
        ),
    });
    let stopped = app.store.trouble().map(|reason| Reason {
        code: "store_stopped",
        detail: format!("the store has stopped: {reason}; make room and start classo again"),
    });
    let held_back = app.indexing.trouble().map(|detail| Reason {
        code: "index_held_back",
        detail,
    });
    [stopped, held_back, behind].into_iter().flatten().collect()
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = OK, description = "it does")))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whether searches see the whole catalogue: the index has caught up with what was there when the server started.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = OK, body = Health), (status = SERVICE_UNAVAILABLE, body = Health, description = "not yet, and why")))]
pub async fn ready(State(server): State<Arc<Server>>) -> Response {
    let app = &server.app;
    let (snapshot, lag) = (app.index.snapshot(), app.indexing.lag());
    let reasons = reasons(app);
    let (status, says) = match reasons.is_empty() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let health = Health {
        status: says,
        generation: snapshot.generation().to_owned(),
        resources: snapshot.resources(),
        lag,
        reasons,
    };
    (status, Json(health)).into_response()
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = OK, description = "the text format of Prometheus")))]
pub async fn metrics(State(server): State<Arc<Server>>) -> Response {
    let app = &server.app;
    metrics::gauge!("classo_index_lag_changes").set(app.indexing.lag() as f64);
    metrics::gauge!("classo_index_resources").set(app.index.snapshot().resources() as f64);
    metrics::gauge!("classo_store_sequence").set(app.store.sequence() as f64);
    metrics::gauge!("classo_store_bytes").set(app.store.size_on_disk() as f64);
    let generation = app.index.snapshot().generation().to_owned();
    let (questions, bulk) = server.free_permits();
    metrics::gauge!("classo_permits_free", "kind" => "questions").set(questions as f64);
    metrics::gauge!("classo_permits_free", "kind" => "bulk").set(bulk as f64);
    metrics::gauge!("classo_questions_waiting").set(server.questions_waiting() as f64);
    metrics::gauge!("classo_tasks_running").set(app.tasks.count_running() as f64);
    observe::generation(&generation);
    let text = observe::prometheus().render();
    (
        [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}
