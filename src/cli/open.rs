//! Opens the data folder for a command, and says what to do when a server holds it.

use std::time::Duration;

use anyhow::{Context, bail};

use super::output::Progress;
use crate::app::{App, StartError};
use crate::config::DataSettings;
use crate::store::StoreError;

/// The app of a data folder.
pub fn app(data: &DataSettings) -> anyhow::Result<App> {
    match App::open(&data.folder) {
        Err(StartError::Store(StoreError::Locked { .. })) => bail!(
            "the data folder {} is in use by a running classo; go through it with --server URL \
             (and a token of `classo operator token` in CLASSO_TOKEN), or stop it first",
            data.folder.display()
        ),
        opened => opened
            .with_context(|| format!("the data folder {} cannot be opened", data.folder.display())),
    }
}

/// Waits until everything in the catalogue is findable, showing how far it is.
pub fn wait_for_index(app: &App) {
    let target = app.store.sequence();
    if app.indexing.wait_for(target, Duration::from_millis(300)) {
        return;
    }
    let total = app.indexing.lag();
    let mut progress = Progress::of_items("indexing", total);
    while !app.indexing.wait_for(target, Duration::from_millis(200)) {
        let done = total.saturating_sub(app.indexing.lag());
        progress.at(done, || format!("{done} of {total} changes"));
    }
    progress.finish();
}
