//! How much of anything a request may take: time, bytes, and what happens when a handler panics.

use std::any::Any;
use std::sync::LazyLock;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Server;
use super::error::ApiError;

/// The longest body of everything but an import.
pub const BODY_BYTES: usize = 256 * 1024;

/// The longest a request may take, its body included; imports are watched by the stillness of their body instead.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Answers with a problem document when the time is over.
pub async fn time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::TimedOut.into_response(),
    }
}

/// The answer to a question or a sign-in for which there is no room, before anything is done for it. What is done for each
/// that is turned away, ten times as many of them take from those that are answered: so these are counted, not logged, and
/// the answer is made once. Operators, and those who watch over the server, have their own way in.
pub fn crowd(server: &Server, method: &Method, path: &str) -> Option<Response> {
    static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
        let document = ApiError::Busy.document(StatusCode::SERVICE_UNAVAILABLE);
        serde_json::to_vec(&document)
            .expect("texts and numbers")
            .into()
    });
    let is_full = match path {
        "/api/v1/session" => *method == Method::POST && !server.bridge.can_hash(),
        path if path.starts_with("/api/v1/admin/") => false,
        path => path.starts_with("/api/v1/") && server.bridge.is_full(),
    };
    if !is_full {
        return None;
    }
    metrics::counter!("classo_requests_turned_away_total").increment(1);
    let mut response = Response::new(Body::from(DOCUMENT.clone()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    Some(response)
}

/// A panic is a fault of ours: the caller gets a problem document, the log the message.
pub fn panic_response(panic: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::Internal(format!("panic: {}", panic_message(&*panic))).into_response()
}

/// What a panic said.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
