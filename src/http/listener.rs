//! Accepts connections within limits, and gives a problem document to requests that never reach the router.
//!
//! A request line or a header that is too long, or no HTTP at all, is refused by the HTTP library itself, with a bare
//! status. Whoever sent it deserves to be told what is wrong as much as anybody: such an answer is replaced on its way out.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::caller::Peer;
use super::error::ApiError;
use crate::domain::problem::Problem;

/// Connections at once; beyond, new ones wait until others close. Well below the usual limit of open files, which the
/// store and the index need too.
const MOST_CONNECTIONS: usize = 512;

/// How long a connection may take to send the head of a request, or stay silent between two.
const SILENCE: Duration = Duration::from_secs(30);

/// How long accepting rests when the process has no file handle left.
const REST: Duration = Duration::from_millis(100);

/// Serves connections until `stop` resolves, then lets those in the middle of a request finish it.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SILENCE);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let running = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let router = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.call(request)
        });
        let connection = http.serve_connection(
            TokioIo::new(Connection {
                stream,
                replacement: None,
            }),
            service,
        );
        let connection = running.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(place);
        });
    }
    running.shutdown().await;
}

/// The next connection, once there is a place for it; nothing when accepting failed and should be tried again.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are written whole; waiting for more only makes them late.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
            Some((stream, Peer(address.ip()), place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REST).await;
            None
        }
    }
}

/// A connection that replaces bare refusals.
pub struct Connection {
    stream: TcpStream,
    /// What is written in the place of a refusal, and how much of it is written.
    replacement: Option<(Vec<u8>, usize)>,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replacement.is_none() {
            self.replacement = refusal(bytes).map(|response| (response, 0));
        }
        let Connection {
            stream,
            replacement,
        } = &mut *self;
        let Some((response, written)) = replacement else {
            return Pin::new(stream).poll_write(context, bytes);
        };
        while *written < response.len() {
            *written += ready!(Pin::new(&mut *stream).poll_write(context, &response[*written..]))?;
        }
        *replacement = None;
        Poll::Ready(Ok(bytes.len()))
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
    let problem = ApiError::Invalid(vec![Problem::new(*field, code, *detail)]).document(*status);
    let body = serde_json::to_string(&problem).ok()?;
    let head = format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    );
    Some([head.into_bytes(), body.into_bytes()].concat())
}
