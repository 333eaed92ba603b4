//! Accepts connections within limits.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::caller::Peer;
use super::connection::{Connection, response};
use super::error::ApiError;
use super::places::{Place, Places};
use super::{Server, limits};

/// Connections at once; beyond, the longest silent one makes room for a new one. Well below the usual limit of open
/// files, which the store and the index need too.
const MOST_CONNECTIONS: usize = 512;

/// How long a connection may take to send the head of a request, or stay silent between two.
const SILENCE: Duration = Duration::from_secs(30);

/// How long accepting rests when the process has no file handle left.
const REST: Duration = Duration::from_millis(100);

/// How long a connection waits for a place when all are taken, while the longest silent one is asked to leave.
const FOR_A_PLACE: Duration = Duration::from_millis(200);

/// Connections that wait for a place, or are told that there is none; beyond, they are closed at once.
const MOST_LATE: usize = 64;

/// How long a connection that was told to come back may take to read it.
const FAREWELL: Duration = Duration::from_millis(200);

/// Serves connections until `stop` resolves, then lets those in the middle of a request finish it.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    server: Arc<Server>,
    stop: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SILENCE);
    let house = Arc::new(House {
        places: Places::new(MOST_CONNECTIONS),
        late: Arc::new(Semaphore::new(MOST_LATE)),
        http,
        router,
        server,
    });
    let running = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = &mut stop => break,
        };
        let Some((stream, peer)) = accepted else {
            continue;
        };
        if let Some(place) = house.places.take() {
            tokio::spawn(Arc::clone(&house).converse((stream, peer), place, running.watcher()));
        } else if let Ok(late) = Arc::clone(&house.late).try_acquire_owned() {
            let (house, watcher) = (Arc::clone(&house), running.watcher());
            tokio::spawn(async move {
                match house.places.take_within(FOR_A_PLACE).await {
                    Some(place) => {
                        drop(late);
                        house.converse((stream, peer), place, watcher).await;
                    }
                    None => turn_away(stream).await,
                }
            });
        }
    }
    running.shutdown().await;
}

/// What every connection shares.
struct House {
    places: Arc<Places>,
    late: Arc<Semaphore>,
    http: http1::Builder,
    router: Router,
    server: Arc<Server>,
}

impl House {
    /// Answers a connection's requests until it ends, or its place is needed.
    async fn converse(
        self: Arc<Self>,
        (stream, peer): (TcpStream, Peer),
        place: Place,
        watcher: Watcher,
    ) {
        let router = TowerToHyperService::new(self.router.clone());
        let (server, guest) = (Arc::clone(&self.server), Arc::clone(&place.guest));
        let service = service_fn(move |mut request: Request<Incoming>| {
            let turned_away = limits::crowd(&server, request.method(), request.uri().path());
            let answering = guest.answering();
            let answer = turned_away.is_none().then(|| {
                request.extensions_mut().insert(peer);
                router.call(request)
            });
            async move {
                let answer = match (turned_away, answer) {
                    (None, Some(answer)) => answer.await,
                    (turned_away, _) => Ok(turned_away.unwrap_or_default()),
                };
                drop(answering);
                answer
            }
        });
        let connection = Connection::new(stream, Arc::clone(&place.guest));
        let connection = self
            .http
            .serve_connection(TokioIo::new(connection), service);
        let watched = watcher.watch(connection);
        tokio::select! {
            ended = watched => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
            }
            () = place.guest.must_leave() => tracing::debug!("a silent connection gave its place up"),
        }
    }
}

/// The next connection; nothing when accepting failed and should be tried again.
async fn accept(listener: &TcpListener) -> Option<(TcpStream, Peer)> {
    match listener.accept().await {
        Ok((stream, address)) => {
            // Answers are written whole; waiting for more only makes them late.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
            Some((stream, Peer(address.ip())))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REST).await;
            None
        }
    }
}

/// Tells a connection for which there is no place to come back. What it asks is read and thrown away: closing before
/// that would take the answer from it.
async fn turn_away(mut stream: TcpStream) {
    metrics::counter!("classo_connections_turned_away_total").increment(1);
    let farewell = async {
        stream
            .write_all(&response(StatusCode::SERVICE_UNAVAILABLE, ApiError::Busy))
            .await?;
        stream.shutdown().await?;
        let mut asked = [0; 4096];
        while stream.read(&mut asked).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
}
