//! `classo export`: the catalogue in a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::open::in_use;
use super::output::{Progress, tell};
use super::remote::Remote;
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::interchange::export::ExportFormat;
use crate::services::export;
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
    #[command(flatten)]
    server: ServerSettings,
}

/// Where the catalogue is.
enum Source {
    Folder(Store),
    Server(Remote),
}

pub fn run(args: &ExportArgs) -> anyhow::Result<()> {
    let source = match &args.server.server {
        Some(url) => Source::Server(Remote::new(url, args.server.token.as_ref())?),
        None => Source::Folder(open(&args.data)?),
    };
    let Some(out) = &args.out else {
        let written = source.write(args.format, BufWriter::new(io::stdout().lock()));
        return match written {
            Err(error) if is_broken_pipe(&error) => Ok(()),
            other => other.map(|_| ()),
        };
    };
    let count = source
        .write_to(args.format, out)
        .with_context(|| format!("{} cannot be written", out.display()))?;
    tell(match count {
        Some(count) => format!("{count} resources are in {}", out.display()),
        None => format!("the catalogue is in {}", out.display()),
    });
    Ok(())
}

fn open(data: &DataSettings) -> anyhow::Result<Store> {
    let (folder, path) = (data.folder.display(), data.folder.join("store"));
    if !path.is_dir() {
        bail!("there is no catalogue in {folder}; --data names the data folder");
    }
    match Store::open(&path) {
        Err(StoreError::Locked { .. }) => bail!(in_use(data)),
        opened => opened.with_context(|| format!("the data folder {folder} cannot be opened")),
    }
}

impl Source {
    /// A file that is there stays whole until the new one is, and a link leads where it led. What is no file, such as a
    /// pipe, is written as it is.
    fn write_to(&self, format: ExportFormat, out: &Path) -> anyhow::Result<Option<u64>> {
        let target = out.canonicalize().unwrap_or_else(|_| out.to_owned());
        if target.metadata().is_ok_and(|there| !there.is_file()) {
            let (count, _) = self.write(format, BufWriter::new(File::create(&target)?))?;
            return Ok(count);
        }
        let mut unfinished = target.clone().into_os_string();
        unfinished.push(".unfinished");
        let into = File::create(&unfinished)?;
        let written = self.write_file(format, into).and_then(|count| {
            std::fs::rename(&unfinished, &target)?;
            Ok(count)
        });
        written.inspect_err(|_| {
            let _ = std::fs::remove_file(&unfinished);
        })
    }

    fn write_file(&self, format: ExportFormat, file: File) -> anyhow::Result<Option<u64>> {
        let (count, into) = self.write(format, BufWriter::new(file))?;
        let file = into.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(count)
    }

    /// Returns how many resources there are, where that is known.
    fn write<W: Write>(
        &self,
        format: ExportFormat,
        mut into: W,
    ) -> anyhow::Result<(Option<u64>, W)> {
        let store = match self {
            Source::Folder(store) => store,
            Source::Server(server) => {
                server.export(format, &mut into)?;
                into.flush()?;
                return Ok((None, into));
            }
        };
        let mut progress = Progress::of_items("exporting", store.count_changes_after(0) as u64);
        let told = |count| progress.at(count, || format!("{count} resources"));
        let (count, into) = export::write(&Actor::Console, store, format, into, told)?;
        progress.finish();
        Ok((Some(count), into))
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let cause = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
