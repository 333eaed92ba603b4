//! `classo export`: the catalogue in a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::output::{Progress, tell};
use crate::config::DataSettings;
use crate::interchange::export::{Export, ExportFormat};
use crate::store::{Store, StoreError};

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The format to write
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    format: ExportFormat,
    /// Write here, not to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    data: DataSettings,
}

pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let store = open(&args.data)?;
    let Some(out) = &args.out else {
        let written = write(&store, args.format, BufWriter::new(io::stdout().lock()));
        return match written {
            Err(error) if is_broken_pipe(&error) => Ok(()),
            other => other.map(|_| ()),
        };
    };
    // A file that is there stays whole until the new one is.
    let unfinished = out.with_extension("unfinished");
    let cannot = || format!("{} cannot be written", out.display());
    let count = write_file(&store, args.format, &unfinished)
        .inspect_err(|_| {
            let _ = std::fs::remove_file(&unfinished);
        })
        .with_context(cannot)?;
    std::fs::rename(&unfinished, out).with_context(cannot)?;
    tell(format!("{count} resources are in {}", out.display()));
    Ok(())
}

fn open(data: &DataSettings) -> anyhow::Result<Store> {
    let (folder, path) = (data.folder.display(), data.folder.join("store"));
    if !path.is_dir() {
        bail!("there is no catalogue in {folder}; --data names the data folder");
    }
    match Store::open(&path) {
        Err(StoreError::Locked { .. }) => bail!(
            "the data folder {folder} is in use by a running classo; stop it first: export does not go through a server"
        ),
        opened => opened.with_context(|| format!("the data folder {folder} cannot be opened")),
    }
}

fn write_file(store: &Store, format: ExportFormat, file: &Path) -> anyhow::Result<u64> {
    let (count, into) = write(store, format, BufWriter::new(File::create(file)?))?;
    let file = into.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(count)
}

/// Writes every resource, in the order of their ids; returns how many there are.
fn write<W: Write>(store: &Store, format: ExportFormat, into: W) -> anyhow::Result<(u64, W)> {
    let mut progress = Progress::of_items("exporting", store.count_changes_after(0) as u64);
    let mut export = Export::new(format, into);
    let mut count = 0;
    for resource in store.resources() {
        export.write(&resource?)?;
        count += 1;
        progress.at(count, || format!("{count} resources"));
    }
    for redirect in store.redirects() {
        let (old, to) = redirect?;
        export.write_redirect(&old, &to)?;
    }
    progress.finish();
    Ok((count, export.finish()?))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
