//! `classo backup` and `classo restore`: the store in files of its own format, and back.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::WrongUse;
use super::output::{Progress, say, tell};
use super::{open, remote::Remote};
use crate::app::App;
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::task::TaskKind;
use crate::store::backup::Footer;
use crate::store::keyring::{self, Keyring};
use crate::store::restore::{self, CheckedBackup, check_backup};

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// A file to write, which must not be there; or a folder, in which each backup goes on from the one before
    #[arg(value_name = "FILE|DIR")]
    target: PathBuf,
    /// Only what changed after this number, the `end` of an earlier backup
    #[arg(long, value_name = "NUMBER", conflicts_with = "full")]
    since: Option<u64>,
    /// Everything, even when the folder has a backup to go on from
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Backups that go on from each other, or a folder of them
    #[arg(required = true, value_name = "FILE|DIR")]
    sources: Vec<PathBuf>,
    /// The newest copy of the keyring, without which nothing about persons opens [default: the data folder's own, else the
    /// `copy` of the settings]
    #[arg(long, value_name = "DIR")]
    keyring: Option<PathBuf>,
    /// The master key of that keyring, to be kept in the data folder [default: the data folder's own, or `master_file` of
    /// the settings]
    #[arg(long, value_name = "FILE")]
    master_key: Option<PathBuf>,
    /// Restore the catalogue alone, and no accounts
    #[arg(long, conflicts_with_all = ["keyring", "master_key"])]
    without_people: bool,
    #[command(flatten)]
    data: DataSettings,
}

/// What files of a backup folder end with.
const EXTENSION: &str = "classo-backup";

/// Where the store is: in a data folder of ours, or behind a server.
enum Origin {
    Local(Box<App>),
    Remote(Box<Remote>),
}

pub fn run(args: &BackupArgs) -> anyhow::Result<()> {
    let origin = Origin::open(args)?;
    let is_folder = args.target.is_dir();
    if !is_folder && args.target.exists() {
        bail!(
            "{} is there already and is not overwritten",
            args.target.display()
        );
    }
    let last = match is_folder && !args.full && args.since.is_none() {
        true => origin.last_in(&args.target)?,
        false => None,
    };
    let last = last.map(|backup| backup.summary.footer);
    let end_of_last = last.as_ref().map_or(0, |footer| footer.end);
    let after = args.since.unwrap_or(end_of_last);
    let cannot = || format!("{} cannot be written", args.target.display());
    let unfinished = match is_folder {
        true => args.target.join("unfinished"),
        false => args.target.with_extension("unfinished"),
    };
    let written = write(&origin, after, &unfinished).inspect_err(|_| {
        let _ = fs::remove_file(&unfinished);
    });
    origin.close()?;
    // What arrived is read again: a backup that cannot be read is none.
    written.with_context(cannot)?;
    let checked = check_backup(&unfinished)?;
    let (header, footer) = (&checked.summary.header, &checked.summary.footer);
    let has_people_of = |last: &Footer| last.people == footer.people;
    if footer.entries == 0 && last.as_ref().is_some_and(has_people_of) {
        fs::remove_file(&unfinished)?;
        say(format!("nothing changed since change {after}"));
        return Ok(());
    }
    let file = match is_folder {
        true => args.target.join(name_in_folder(&checked)),
        false => args.target.clone(),
    };
    fs::rename(&unfinished, &file).with_context(cannot)?;
    say(format!(
        "{}: {} entries, changes {} to {}, {} sealed records, sha256 {}",
        file.display(),
        footer.entries,
        header.after,
        footer.end,
        checked.people(),
        footer.sha256
    ));
    Ok(())
}

/// From where to where, and of which store: names sort in the order of the changes.
fn name_in_folder(backup: &CheckedBackup) -> String {
    let (header, footer) = (&backup.summary.header, &backup.summary.footer);
    let tail: String = header.store.chars().rev().take(8).collect();
    format!("{:012}-{:012}-{tail}.{EXTENSION}", header.after, footer.end)
}

fn write(origin: &Origin, after: u64, file: &Path) -> anyhow::Result<()> {
    let into = File::create(file)?;
    match origin {
        Origin::Local(app) => {
            app.tasks.run(TaskKind::Backup, |work| {
                let into = BufWriter::with_capacity(1 << 18, &into);
                app.backup.write(&Actor::Console, after, into, work)
            })?;
        }
        Origin::Remote(remote) => {
            let mut progress = Progress::of_bytes("backup", 0);
            let mut into = Counted {
                file: &into,
                bytes: 0,
                progress: &mut progress,
            };
            remote.backup(after, &mut into)?;
            progress.finish();
        }
    }
    Ok(into.sync_all()?)
}

impl Origin {
    fn open(args: &BackupArgs) -> anyhow::Result<Self> {
        if let Some(url) = &args.server.server {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            return Ok(Origin::Remote(Box::new(remote)));
        }
        Ok(Origin::Local(Box::new(open::app_to_rebuild(&args.data)?)))
    }

    /// The latest backup of this store in a folder.
    fn last_in(&self, folder: &Path) -> anyhow::Result<Option<CheckedBackup>> {
        let (store, sequence) = match self {
            Origin::Local(app) => (app.store.identity()?, app.store.sequence()),
            Origin::Remote(remote) => {
                let stats = remote.stats()?;
                (stats.store, stats.sequence)
            }
        };
        let backups = backups_in(folder)?.into_iter();
        let own = backups.filter(|backup| {
            let (header, footer) = (&backup.summary.header, &backup.summary.footer);
            header.store == store && footer.end <= sequence
        });
        Ok(own.max_by_key(|backup| {
            let (header, footer) = (&backup.summary.header, &backup.summary.footer);
            (footer.end, header.made_at)
        }))
    }

    fn close(self) -> anyhow::Result<()> {
        if let Origin::Local(app) = self {
            app.close()?;
        }
        Ok(())
    }
}

/// A file that tells how much came in.
struct Counted<'a> {
    file: &'a File,
    bytes: u64,
    progress: &'a mut Progress,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        let so_far = self.bytes;
        self.progress.at(so_far, || format!("{so_far} bytes"));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Every backup of a folder, read to its end; one that is damaged is named and left out.
fn backups_in(folder: &Path) -> anyhow::Result<Vec<CheckedBackup>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut backups = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == EXTENSION)
        {
            match check_backup(&path) {
                Ok(backup) => backups.push(backup),
                Err(error) => tell(format!("classo: left out: {error}")),
            }
        }
    }
    Ok(backups)
}

pub fn restore(args: &RestoreArgs) -> anyhow::Result<()> {
    let mut backups = Vec::new();
    for source in &args.sources {
        if !source.is_dir() {
            backups.push(check_backup(source)?);
            continue;
        }
        let found = backups_in(source)?;
        // A folder may hold the backups of several stores: the one that was backed up last is meant.
        let latest = found
            .iter()
            .max_by_key(|backup| backup.summary.header.made_at);
        let Some(store) = latest.map(|backup| backup.summary.header.store.clone()) else {
            bail!(WrongUse(format!(
                "there is no whole backup in {}",
                source.display()
            )));
        };
        backups.extend(
            found
                .into_iter()
                .filter(|backup| backup.summary.header.store == store),
        );
    }
    let chain = restore::chain(backups)?;
    restore::must_be_fresh(&args.data.folder)?;
    let keyring = match chain.last().map_or(0, CheckedBackup::people) {
        0 => None,
        _ if args.without_people => None,
        records => Some(keyring(args, records)?),
    };
    fs::create_dir_all(&args.data.folder)
        .with_context(|| format!("{} cannot be made", args.data.folder.display()))?;
    let total = chain
        .iter()
        .map(|backup| backup.summary.footer.entries)
        .sum();
    let mut progress = Progress::of_items("restoring", total);
    let restored = restore::restore(&args.data.folder, &chain, keyring.as_ref(), |done| {
        progress.at(done, || format!("{done} of {total} entries"));
    })?;
    progress.finish();
    say(format!(
        "{} backups, {total} entries are in {}; the catalogue stands at change {}",
        chain.len(),
        args.data.folder.display(),
        restored.end
    ));
    if keyring.is_some() {
        say(format!(
            "{} accounts are back; {} persons were erased after the backup, and stay so",
            restored.persons, restored.erased
        ));
    }
    if restored.unknown > 0 {
        say(format!(
            "{} persons have keys and are not in the backup: they came after it. The next start destroys their keys; if there is \
             a later backup, restore that one instead",
            restored.unknown
        ));
    }
    Ok(())
}

/// The keyring in force, put into the data folder when it is not there yet.
fn keyring(args: &RestoreArgs, records: u64) -> anyhow::Result<Keyring> {
    let settings = open::settings(&args.data)?.keys;
    let keys = args.data.folder.join("keys");
    let is_there = keyring::is_there(&keys)?;
    let copy = args.keyring.as_ref().or(match is_there {
        true => None,
        false => settings.copy.as_ref(),
    });
    match copy {
        Some(copy) => {
            keyring::restore_keyring(copy, args.master_key.as_deref(), &keys)?;
        }
        None if is_there => {}
        None => bail!(WrongUse(format!(
            "the backup has {records} records about persons, and there is no keyring to open them: name its newest copy with \
             --keyring DIR, and its master key with --master-key FILE; or leave accounts out with --without-people"
        ))),
    }
    let opened = Keyring::open(&keys, &settings);
    if opened.is_err() && !is_there {
        keyring::take_back(&keys)?;
    }
    Ok(opened?)
}
