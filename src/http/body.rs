//! Bodies: JSON is read whole and short, imports are read and backups are written as a stream.

use std::io::{self, BufReader, Read, Write};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;

use super::error::{ApiError, ApiResult};
use super::limits::BODY_BYTES;
use crate::domain::problem::Problem;

/// A JSON body of at most [`BODY_BYTES`]; anything else is a problem of the field `body`.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let invalid =
            |code, detail: String| ApiError::Invalid(vec![Problem::new("body", code, detail)]);
        let bytes = axum::body::to_bytes(request.into_body(), BODY_BYTES)
            .await
            .map_err(|error| {
                // The limit is the one cause a caller can mend; a broken connection reads no answer.
                invalid(
                    "too_large",
                    format!(
                        "a body has at most {} KiB, and arrives whole ({error})",
                        BODY_BYTES / 1024
                    ),
                )
            })?;
        let text = std::str::from_utf8(&bytes).map_err(|error| {
            invalid(
                "not_utf8",
                format!("not UTF-8 at byte {}", error.valid_up_to() + 1),
            )
        })?;
        serde_json::from_str(text)
            .map(JsonBody)
            .map_err(|error| invalid("not_json", format!("not JSON: {error}")))
    }
}

/// More than nearly every page or other answer has, in bytes: it is written without moving.
pub const ANSWER_BYTES: usize = 128 * 1024;

/// An answer as JSON.
pub fn json(answer: &impl Serialize) -> ApiResult<Response> {
    let mut json = Vec::with_capacity(ANSWER_BYTES);
    serde_json::to_writer(&mut json, answer)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], json).into_response())
}

/// How long an import's body may stand still.
const STILLNESS: Duration = Duration::from_secs(60);

/// Parts of a body that wait to be read: the sender is slowed down when the core is.
const PARTS_WAITING: usize = 8;

/// A body as something the synchronous core reads. Its parts are passed on by a task that ends with the reader.
pub fn reader(body: Body) -> BufReader<impl Read> {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(PARTS_WAITING);
    tokio::spawn(async move {
        let mut parts = body.into_data_stream();
        loop {
            let part = match tokio::time::timeout(STILLNESS, parts.next()).await {
                Ok(Some(part)) => part.map_err(io::Error::other),
                Ok(None) => return,
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "nothing arrived for a minute",
                )),
            };
            let failed = part.is_err();
            if sender.send(part).await.is_err() || failed {
                return;
            }
        }
    });
    BufReader::new(Parts {
        receiver,
        current: Bytes::new(),
    })
}

struct Parts {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(part) => self.current = part?,
                None => return Ok(0),
            }
        }
        let part = self.current.split_to(self.current.len().min(buffer.len()));
        buffer[..part.len()].copy_from_slice(&part);
        Ok(part.len())
    }
}

/// A body that the synchronous core writes: who reads it slowly slows the writer down. A writer that is dropped ends the
/// body; one that [fails](BodyWriter::fail) breaks it off, so that nobody takes half of it for the whole.
pub fn writer() -> (BodyWriter, Body) {
    let (sender, receiver) = mpsc::channel(PARTS_WAITING);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    (BodyWriter { sender }, body)
}

/// The writing end of a body.
pub struct BodyWriter {
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl BodyWriter {
    /// Breaks the body off.
    pub fn fail(&self, reason: impl std::fmt::Display) {
        let _ = self
            .sender
            .blocking_send(Err(io::Error::other(reason.to_string())));
    }
}

impl Write for &BodyWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.sender.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads any more"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
