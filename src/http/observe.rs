//! What operators see of requests: an id, one log line, metrics. Never the question, never an address.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tower_http::request_id::{MakeRequestId, RequestId};

/// Upper bounds of histograms, in seconds: from a question that was kept to an import that waits for the disk.
const BUCKETS: [f64; 15] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Methods that figures name; a caller can invent others without end.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

/// Ids that sort by time.
#[derive(Clone, Copy, Default)]
pub struct RequestIds;

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&uuid::Uuid::now_v7().simple().to_string())
            .ok()
            .map(RequestId::new)
    }
}

/// Logs and measures a request by its route, so that neither tells what was asked.
pub async fn request(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let response = next.run(request).await;
    let (status, seconds) = (response.status().as_u16(), started.elapsed().as_secs_f64());
    metrics::histogram!("classo_http_request_seconds", "method" => named(&method), "route" => route.clone(), "status" => status.to_string())
        .record(seconds);
    tracing::info!(request_id = id, %method, route, status, ms = seconds * 1000.0, "request");
    response
}

fn named(method: &Method) -> &'static str {
    let known = METHODS.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("other")
}

/// The process's recorder, installed at the first call.
pub fn prometheus() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .expect("there are buckets")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed; /metrics stays empty");
        }
        handle
    })
}

/// Says which generation answers: 1 for it, 0 for those that did before.
pub fn generation(name: &str) {
    static LAST: Mutex<Option<String>> = Mutex::new(None);
    let gauge =
        |name: &str| metrics::gauge!("classo_index_generation", "generation" => name.to_owned());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = last
        .replace(name.to_owned())
        .filter(|before| before != name)
    {
        gauge(&before).set(0.0);
    }
    gauge(name).set(1.0);
}
