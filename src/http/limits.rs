//! How much of anything a request may take: time, bytes, and what happens when a handler panics.

use std::any::Any;
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

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

/// A panic is a fault of ours: the caller gets a problem document, the log the message.
pub fn panic_response(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    ApiError::Internal(format!("panic: {}", message.unwrap_or("without a message"))).into_response()
}
