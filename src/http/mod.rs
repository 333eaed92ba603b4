//! Turns requests into typed questions, and outcomes into JSON (`api`) or pages (`web`).
//!
//! The only room that knows axum and tokio, and the only one that knows status codes (`error`). It has no logic of its
//! own: a handler reads what came in, calls one service over the bridge (`blocking`) and writes what comes back. Start
//! with [`router`], which reads like a table of contents.

pub mod api;
pub mod attempts;
pub mod blocking;
mod body;
pub mod caller;
mod choices;
mod connection;
pub mod cookie;
mod error;
mod identity;
mod limits;
mod listener;
mod observe;
mod operator;
pub mod origin;
mod places;
mod queue;
pub mod router;
pub mod web;

use std::future::Future;
use std::io::BufWriter;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::app::App;
use crate::query::params::{RawParams, Reader};
use crate::services::ServiceError;
use attempts::Attempts;
use blocking::Bridge;
use body::BodyWriter;
use error::ApiResult;

/// What the doors need to know of the world around them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The address at which people reach Classo, such as `https://classo.example`: letters link to it, and with `https`
    /// cookies travel encrypted alone. Without it, the host that a request names decides.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` says where a request comes from.
    pub trusted_proxies: Vec<IpAddr>,
    /// How often passwords, codes and letters may be asked for.
    pub attempts: attempts::Settings,
}

impl Settings {
    /// What cannot work, one sentence each, with the key first.
    pub fn problems(&self) -> Vec<String> {
        let Some(url) = &self.public_url else {
            return Vec::new();
        };
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let is_here = scheme == "http" && !cookie::is_elsewhere(host);
        let is_sound = !host.is_empty()
            && path.is_empty()
            && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "?#@".contains(c));
        if is_sound && (scheme == "https" || is_here) {
            return Vec::new();
        }
        vec!["public_url: https:// and a host, or http://localhost for a trial".to_owned()]
    }

    /// Scheme and authority of the public address.
    fn public_origin(&self) -> Option<&str> {
        let url = self.public_url.as_deref()?;
        let authority = url.find("://")? + 3;
        let end = url[authority..]
            .find('/')
            .map_or(url.len(), |at| authority + at);
        Some(&url[..end])
    }
}

/// The threads that read requests and send answers: half as many as there are cores, as all work but packing pages goes over
/// the bridge. More of them wake one another for nothing, which costs every answer 0.04 ms on two cores.
///
/// # Errors
/// When they cannot start.
pub fn runtime() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads((cores / 2).max(1))
        .enable_all()
        .build()
}

/// What every handler shares.
pub struct Server {
    pub app: App,
    pub settings: Settings,
    pub attempts: Attempts,
    bridge: Bridge,
    labels: web::Labels,
}

impl Server {
    /// # Errors
    /// When the threads that answer cannot start.
    pub fn new(app: App, settings: Settings) -> std::io::Result<Self> {
        Ok(Server {
            labels: web::Labels::new(&app.schema.vocabularies),
            attempts: Attempts::new(&settings.attempts),
            settings,
            bridge: Bridge::new(app.people.accounts.password_places())?,
            app,
        })
    }

    /// The parameters of an address.
    fn reader(&self, query: Option<String>) -> Reader<'_> {
        let params = RawParams::from_query_string(&query.unwrap_or_default());
        Reader::new(params, &self.app.schema.vocabularies)
    }

    /// Answers with JSON that the core is asked for, over the bridge. It is written there too: a page of results takes about
    /// a third of the time to write that it takes to find, and whoever reads connections has others waiting.
    async fn answer<T: Serialize>(
        self: Arc<Self>,
        work: impl FnOnce(&App) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<Response> {
        let at = Arc::clone(&self);
        let written = self.bridge.ask(move || body::json(&work(&at.app)?));
        written.await?
    }

    /// Begins to write a long answer, over the bridge. Who reads it slowly slows the writing down; one that fails is broken
    /// off.
    async fn stream(
        self: Arc<Self>,
        work: impl FnOnce(&App, BufWriter<&BodyWriter>) -> Result<(), ServiceError> + Send + 'static,
    ) -> ApiResult<Body> {
        let (writer, body) = body::writer();
        let at = Arc::clone(&self);
        let written = self.bridge.begin(move || {
            let into = BufWriter::with_capacity(PART_BYTES, &writer);
            if let Err(error) = work(&at.app, into) {
                tracing::warn!(%error, "a long answer was broken off");
                writer.fail(error);
            }
        });
        written.await?;
        Ok(body)
    }

    /// How many questions wait.
    fn questions_waiting(&self) -> usize {
        self.bridge.waiting()
    }

    /// How many questions and how many pieces of bulk work could begin now.
    fn free_permits(&self) -> (usize, usize) {
        self.bridge.free()
    }
}

/// Bytes of a long answer that go out at once.
const PART_BYTES: usize = 64 * 1024;

/// How long running requests may go on once the server is asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves until `stop` resolves, then lets running requests finish.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    app: App,
    settings: Settings,
    listener: TcpListener,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let local = listener.local_addr()?;
    let server = Arc::new(Server::new(app, settings)?);
    let router = router::router(Arc::clone(&server));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let tasks = Arc::clone(&server.app.tasks);
    let serving = listener::serve(listener, router, Arc::clone(&server), async move {
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
