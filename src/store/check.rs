//! Whether the store is sound: every record readable, every change in the journal, nothing left over by a crash.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::codec::read_resource;
use super::journal::{self, ChangeKind};
use super::{Store, StoreError, count, read_error};
use crate::domain::resource::ResourceId;

/// What was found in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreCheck {
    pub resources: u64,
    pub removed: u64,
    /// What is wrong, a sentence each.
    pub troubles: Vec<String>,
}

/// Files of a snapshot that sled was writing when the process ended: with one of them it may refuse to open.
///
/// # Errors
/// [`StoreError::Locked`] while another process holds the store: then such a file is no leftover.
pub fn leftovers(store: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let _held = hold(store)?;
    Ok(unfinished_snapshots(store))
}

/// Holds the store against other processes for as long as the file is open.
fn hold(store: &Path) -> Result<Option<File>, StoreError> {
    let Ok(file) = File::open(store.join("db")) else {
        return Ok(None);
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
            path: store.to_owned(),
        }),
        _ => Ok(Some(file)),
    }
}

fn unfinished_snapshots(store: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).into_iter().flatten().flatten();
    let is_unfinished = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("snap.") && name.ends_with(".generating")
    };
    entries
        .map(|entry| entry.path())
        .filter(is_unfinished)
        .collect()
}

/// Removes the snapshots that a kill left unfinished: sled 0.34 takes such a file for the latest snapshot, and does not
/// open. It leaves the one before in place until a new one is whole, so nothing is lost. In a store that another process
/// holds nothing is removed.
pub(super) fn remove_unfinished_snapshots(store: &Path) -> io::Result<()> {
    let unfinished = unfinished_snapshots(store);
    if unfinished.is_empty() {
        return Ok(());
    }
    let Ok(_held) = hold(store) else {
        return Ok(());
    };
    for file in unfinished {
        tracing::warn!(file = %file.display(), "a snapshot that was not finished is removed");
        fs::remove_file(file)?;
    }
    Ok(())
}

/// Copies the store beside itself, then removes leftovers from it; returns where the copy is.
pub fn remove_leftovers(store: &Path, leftovers: &[PathBuf], copy: &Path) -> io::Result<()> {
    copy_folder(store, copy)?;
    for file in leftovers {
        fs::remove_file(file)?;
    }
    File::open(store)?.sync_all()
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    Ok(())
}

impl Store {
    /// Reads everything there is.
    pub fn check(&self) -> Result<StoreCheck, StoreError> {
        let mut check = StoreCheck::default();
        let mut latest = 0;
        for key in self.resources.iter().keys() {
            let key = String::from_utf8_lossy(&key.map_err(read_error)?).into_owned();
            match self.check_one(&key) {
                Ok((sequence, kind)) => {
                    latest = latest.max(sequence);
                    match kind {
                        ChangeKind::Put => check.resources += 1,
                        ChangeKind::Removed => check.removed += 1,
                    }
                }
                Err(reason) => check.troubles.push(format!("the resource {key}: {reason}")),
            }
        }
        let (entries, known) = (count(self.journal.iter()), count(self.resources.iter()));
        if entries != known {
            let trouble = format!("the journal has {entries} entries for {known} resources");
            check.troubles.push(trouble);
        }
        let counter = journal::last_sequence(&self.counters)?;
        if counter < latest {
            let trouble =
                format!("the counter of changes says {counter}, but there is a change {latest}");
            check.troubles.push(trouble);
        }
        Ok(check)
    }

    /// The latest change of a record that is whole.
    fn check_one(&self, key: &str) -> Result<(u64, ChangeKind), String> {
        let told = |error: StoreError| error.to_string();
        let id = ResourceId::parse(key)?;
        let entry = self.find_entry(&id).map_err(told)?.ok_or("it vanished")?;
        let kind = match &entry.json {
            Some(json) => {
                read_resource(key, json).map_err(told)?;
                ChangeKind::Put
            }
            None => ChangeKind::Removed,
        };
        let journalled = self.journal.get(entry.sequence.to_be_bytes());
        match journalled.map_err(|error| error.to_string())? {
            Some(value) if value == journal::encode(&id, kind) => Ok((entry.sequence, kind)),
            _ => Err(format!(
                "its change {} is not in the journal",
                entry.sequence
            )),
        }
    }
}
