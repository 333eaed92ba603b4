//! Opens the data folder for a command, and says what to do when a server holds it.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::WrongUse;
use super::output::Progress;
use crate::app::{self, App, StartError};
use crate::config::{DataSettings, Settings};
use crate::domain::clock::SystemClock;
use crate::http;
use crate::services::indexing::Outdated;
use crate::store::StoreError;

/// The app of a data folder, for a command: it sends no letters.
pub fn app(data: &DataSettings) -> anyhow::Result<App> {
    opened(data, &without_mail(data)?, Outdated::Rebuild)
}

/// A data folder that is about to be served.
pub struct ToServe {
    pub app: App,
    pub settings: Settings,
    /// Taken already: links in letters lead to its port, whichever that is, unless a public address is set.
    pub listener: TcpListener,
    pub runtime: Runtime,
}

/// Listens where the caller says, else where the settings do, and opens the app.
pub fn to_serve(data: &DataSettings, listen: Option<SocketAddr>) -> anyhow::Result<ToServe> {
    let mut settings = settings(data)?;
    let address = listen.unwrap_or(settings.listen);
    let runtime = http::runtime().context("no runtime can be started")?;
    let listener = runtime.block_on(TcpListener::bind(address));
    let listener = listener.with_context(|| format!("cannot serve on {address}"))?;
    settings.listen = listener.local_addr()?;
    Ok(ToServe {
        app: opened(data, &settings.app(), Outdated::Rebuild)?,
        settings,
        listener,
        runtime,
    })
}

/// What file and environment set; what is wrong with them is a wrong use.
pub fn settings(data: &DataSettings) -> anyhow::Result<Settings> {
    Ok(data
        .settings()
        .map_err(|error| WrongUse(error.to_string()))?)
}

/// The app of a folder that is there already, whose index the command itself brings up to date.
pub fn app_to_rebuild(data: &DataSettings) -> anyhow::Result<App> {
    must_exist(data)?;
    opened(data, &without_mail(data)?, Outdated::Wait)
}

fn without_mail(data: &DataSettings) -> anyhow::Result<app::Settings> {
    Ok(app::Settings {
        mail: None,
        ..settings(data)?.app()
    })
}

fn opened(
    data: &DataSettings,
    settings: &app::Settings,
    outdated: Outdated,
) -> anyhow::Result<App> {
    let clock = Arc::new(SystemClock);
    told(
        data,
        App::open_with(&data.folder, settings, clock, outdated),
    )
}

/// A folder that should have a catalogue in it.
pub fn must_exist(data: &DataSettings) -> anyhow::Result<()> {
    if !data.folder.exists() {
        bail!(
            "there is no data folder {}; `classo demo` makes one, `classo import FILE` fills one",
            data.folder.display()
        );
    }
    Ok(())
}

/// A folder whose files can be written by whoever runs the command: to an examination, those that cannot would look damaged.
pub fn must_be_writable(data: &DataSettings) -> anyhow::Result<()> {
    let folder = &data.folder;
    let places = ["", "store", "index", "keys"].map(|name| folder.join(name));
    let tried = places.iter().filter(|place| place.is_dir());
    for place in tried {
        try_writing(place).with_context(|| {
            format!(
                "{} cannot be written; run classo as the user whose folder it is, on a disk that can be written",
                place.display()
            )
        })?;
    }
    Ok(())
}

/// Makes and removes a file in a folder, and opens those that are there.
fn try_writing(folder: &Path) -> io::Result<()> {
    let trial = folder.join("written-by-doctor");
    File::create(&trial)?;
    fs::remove_file(&trial)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            File::options().append(true).open(entry.path())?;
        }
    }
    Ok(())
}

/// What stands in the way of who wants a folder that another process holds.
pub fn in_use(data: &DataSettings) -> String {
    format!(
        "the data folder {} is in use by a running classo; stop it first, or go through it, where the command has it, with \
         --server URL and a token of `classo operator token` in CLASSO_TOKEN",
        data.folder.display()
    )
}

fn told(data: &DataSettings, opened: Result<App, StartError>) -> anyhow::Result<App> {
    match opened {
        Err(StartError::Store(StoreError::Locked { .. })) => bail!(in_use(data)),
        opened => opened
            .with_context(|| format!("the data folder {} cannot be opened", data.folder.display())),
    }
}

/// The app of a data folder that must be there already.
pub fn existing(data: &DataSettings) -> anyhow::Result<App> {
    must_exist(data)?;
    app(data)
}

/// Waits until everything in the catalogue is findable, showing how far it is.
///
/// # Errors
/// When something keeps the index from following, such as a full disk: what was stored stays.
pub fn wait_for_index(app: &App) -> anyhow::Result<()> {
    let target = app.store.sequence();
    if app.indexing.wait_for(target, Duration::from_millis(300)) {
        return Ok(());
    }
    let total = app.indexing.lag();
    let mut progress = Progress::of_items("indexing", total);
    while !app.indexing.wait_for(target, Duration::from_millis(200)) {
        let left = app.indexing.lag();
        if let Some(trouble) = app.indexing.trouble() {
            bail!(
                "the catalogue is stored, and {left} of its changes cannot be found yet: {trouble}; the next start goes on"
            );
        }
        let done = total.saturating_sub(left);
        progress.at(done, || format!("{done} of {total} changes"));
    }
    progress.finish();
    Ok(())
}

/// Ends a command that has written: waits for the index, and closes the app whatever came of that.
///
/// # Errors
/// See [`wait_for_index`].
pub fn close_once_findable(app: App) -> anyhow::Result<()> {
    let findable = wait_for_index(&app);
    app.close()?;
    findable
}
