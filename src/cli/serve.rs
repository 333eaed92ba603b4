//! `classo serve`: the HTTP server on a data folder.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::open::{self, ToServe};
use super::output::tell;
use crate::config::{DataSettings, ListenSettings};
use crate::http;

#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub data: DataSettings,
    #[command(flatten)]
    pub listen: ListenSettings,
}

/// How long the first line waits for an index that lags behind the catalogue.
const CATCH_UP: Duration = Duration::from_secs(5);

pub fn run(args: &ServeArgs) -> anyhow::Result<()> {
    serve(open::to_serve(&args.data, args.listen.listen)?)
}

/// Serves an open app until the process is asked to stop.
pub fn serve(
    ToServe {
        app,
        settings,
        listener,
        runtime,
    }: ToServe,
) -> anyhow::Result<()> {
    if !app.indexing.wait_for(app.store.sequence(), CATCH_UP) {
        tell(format!(
            "the index is {} changes behind the catalogue and catches up while the server runs",
            app.indexing.lag()
        ));
    }
    let served = runtime.block_on(http::serve(
        app,
        settings.http,
        listener,
        announce,
        stop_signal(),
    ));
    served.with_context(|| format!("cannot serve on {}", settings.listen))
}

fn announce(address: std::net::SocketAddr) {
    // A closed standard output is no reason not to serve.
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    tell(format!(
        "the API is described at http://{address}/api/docs; stop with Ctrl-C"
    ));
}

/// Ctrl-C, or the signal with which services are stopped.
async fn stop_signal() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
