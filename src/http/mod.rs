//! Turns requests into typed questions, and outcomes into JSON.
//!
//! The only room that knows axum and tokio, and the only one that knows status codes (`error`). It has no logic of its
//! own: a handler reads what came in, calls one service over the bridge (`blocking`) and writes what comes back. Start
//! with [`router`], which reads like a table of contents.

pub mod api;
mod blocking;
mod body;
mod error;
mod limits;
mod listener;
mod observe;
mod operator;
pub mod router;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::app::App;
use blocking::Bridge;

/// What every handler shares.
pub struct Server {
    pub app: App,
    bridge: Bridge,
}

impl Server {
    pub fn new(app: App) -> Self {
        Server {
            app,
            bridge: Bridge::new(),
        }
    }

    /// How many questions and how many pieces of bulk work could begin now.
    fn free_permits(&self) -> (usize, usize) {
        self.bridge.free()
    }
}

/// How long running requests may go on once the server is asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then lets running requests finish.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(
    app: App,
    address: SocketAddr,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let local = listener.local_addr()?;
    let server = Arc::new(Server::new(app));
    let router = router::router(Arc::clone(&server));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let tasks = Arc::clone(&server.app.tasks);
    let serving = listener::serve(listener, router, async move {
        stop.await;
        // Whoever watches a task is told of its end, and goes.
        tokio::task::spawn_blocking(move || tasks.stop());
        let _ = stopping.send(());
    });
    listening(local);
    tokio::select! {
        () = serving => {}
        () = async { let _ = stopped.await; tokio::time::sleep(LAST_REQUESTS).await } => {
            tracing::warn!("some requests did not finish in time and were cut");
        }
    }
    match Arc::try_unwrap(server) {
        Ok(server) => server.app.close().map_err(std::io::Error::other),
        // A request that was cut still holds the app; every acknowledged write is on disk already.
        Err(_) => Ok(()),
    }
}
