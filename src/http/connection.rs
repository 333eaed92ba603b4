//! A connection that replaces bare refusals, and notes when a byte came or went.
//!
//! A request line or a header that is too long, or no HTTP at all, is refused by the HTTP library itself, with a bare
//! status. Whoever sent it deserves to be told what is wrong as much as anybody: such an answer is replaced on its way out.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::error::ApiError;
use super::places::Guest;
use crate::domain::problem::Problem;

/// See the module.
pub struct Connection {
    stream: TcpStream,
    guest: Arc<Guest>,
    /// What is written in the place of a refusal, and how much of it is written.
    replacement: Option<(Vec<u8>, usize)>,
}

impl Connection {
    pub fn new(stream: TcpStream, guest: Arc<Guest>) -> Self {
        Connection {
            stream,
            guest,
            replacement: None,
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.guest.is_active();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A refusal has no body: it is one part.
        if self.replacement.is_none()
            && let [head] = parts
        {
            self.replacement = refusal(head).map(|response| (response, 0));
        }
        let Connection {
            stream,
            guest,
            replacement,
        } = &mut *self;
        let Some((response, written)) = replacement else {
            let written = Pin::new(stream).poll_write_vectored(context, parts);
            if written.is_ready() {
                guest.is_active();
            }
            return written;
        };
        while *written < response.len() {
            *written += ready!(Pin::new(&mut *stream).poll_write(context, &response[*written..]))?;
        }
        *replacement = None;
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    /// Long answers go out from where they are, without being copied behind their head.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What a refusal of the library's own tells about: status, code, field, sentence.
const REFUSALS: [(StatusCode, &str, &str, &str); 3] = [
    (
        StatusCode::URI_TOO_LONG,
        "too_long",
        "q",
        "the address is longer than 64 KiB; a question has at most 1,000 characters",
    ),
    (
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "too_long",
        "headers",
        "the headers are too many or too long",
    ),
    (
        StatusCode::BAD_REQUEST,
        "not_http",
        "request",
        "this is not a request in HTTP",
    ),
];

/// The whole response that takes the place of a bare refusal; nothing for everything else. Our own answers always have
/// a body, so an empty one with such a status is the library's.
fn refusal(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.strip_prefix(b"HTTP/1.1 ")?;
    let known = REFUSALS
        .iter()
        .find(|(status, ..)| head.starts_with(status.as_str().as_bytes()));
    let (status, code, field, detail) = known?;
    let text = std::str::from_utf8(bytes).ok()?.to_ascii_lowercase();
    if !text.contains("\r\ncontent-length: 0\r\n") || text.contains("\r\nx-request-id:") {
        return None;
    }
    let problem = ApiError::Invalid(vec![Problem::new(*field, code, *detail)]);
    Some(response(*status, problem))
}

/// A whole response that says what is wrong, and that the connection ends with it.
pub fn response(status: StatusCode, problem: ApiError) -> Vec<u8> {
    let body = serde_json::to_string(&problem.document(status)).expect("texts and numbers");
    let retry = match status {
        StatusCode::SERVICE_UNAVAILABLE => "retry-after: 1\r\n",
        _ => "",
    };
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n{retry}connection: close\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}
