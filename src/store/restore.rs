//! From backups to a store: everything is checked before anything is written, and nothing is overwritten.

use std::fs;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::backup::{BackupEntry, BackupError, BackupSummary, read_backup};
use super::{Store, StoreError};

/// Entries that are written in one transaction.
const BATCH_ENTRIES: usize = 500;

/// A backup on disk that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedBackup {
    pub path: PathBuf,
    pub summary: BackupSummary,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{} is there already and is not overwritten; name a fresh folder with --data", .0.display())]
    NotEmpty(PathBuf),
    #[error("{}: {error}", path.display())]
    Backup { path: PathBuf, error: BackupError },
    #[error("{} does not begin with everything: a full backup is missing before it", .0.display())]
    NoBeginning(PathBuf),
    #[error("{} goes on from change {after}, but what comes before it ends with {end}: one is missing between", path.display())]
    Gap { path: PathBuf, after: u64, end: u64 },
    #[error("{} is a backup of another store than the others", .0.display())]
    OtherStore(PathBuf),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a backup to its end, and says what it is.
pub fn check_backup(path: &Path) -> Result<CheckedBackup, RestoreError> {
    Ok(CheckedBackup {
        summary: read(path, |_| Ok(()))?,
        path: path.to_owned(),
    })
}

fn read(
    path: &Path,
    take: impl FnMut(BackupEntry) -> Result<(), BackupError>,
) -> Result<BackupSummary, RestoreError> {
    let file = File::open(path).map_err(BackupError::from);
    file.and_then(|file| read_backup(BufReader::with_capacity(1 << 18, file), take))
        .map_err(|error| RestoreError::Backup {
            path: path.to_owned(),
            error,
        })
}

/// The backups that lead to the latest state, oldest first: a full one, and those that go on from it.
///
/// # Errors
/// When they do not fit together.
pub fn chain(mut backups: Vec<CheckedBackup>) -> Result<Vec<CheckedBackup>, RestoreError> {
    backups.sort_by_key(|backup| (backup.summary.header.after, backup.summary.footer.end));
    let mut chain: Vec<CheckedBackup> = Vec::new();
    for backup in backups {
        let (header, path) = (&backup.summary.header, backup.path.clone());
        match chain.last() {
            None if header.after > 0 => return Err(RestoreError::NoBeginning(path)),
            Some(last) if last.summary.header.store != header.store => {
                return Err(RestoreError::OtherStore(path));
            }
            Some(last) if last.summary.footer.end < header.after => {
                return Err(RestoreError::Gap {
                    path,
                    after: header.after,
                    end: last.summary.footer.end,
                });
            }
            // Everything anew: what came before it is not needed.
            Some(_) if header.after == 0 => chain = vec![backup],
            // What an earlier one has already is no news.
            Some(last) if last.summary.footer.end >= backup.summary.footer.end => {}
            _ => chain.push(backup),
        }
    }
    Ok(chain)
}

/// Makes the store of a data folder from a chain of backups. The store comes into its place whole, by a rename.
///
/// # Errors
/// [`RestoreError::NotEmpty`] when there is a store or an index already.
pub fn restore(
    data: &Path,
    chain: &[CheckedBackup],
    mut watch: impl FnMut(u64),
) -> Result<u64, RestoreError> {
    for taken in ["store", "index"].map(|name| data.join(name)) {
        if taken.exists() {
            return Err(RestoreError::NotEmpty(taken));
        }
    }
    let unfinished = data.join("store.restoring");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let store = Store::open(&unfinished)?;
    let mut done = 0;
    for backup in chain {
        let mut batch = Vec::with_capacity(BATCH_ENTRIES);
        let mut write = |batch: &mut Vec<BackupEntry>| {
            store.restore(batch)?;
            done += batch.len() as u64;
            batch.clear();
            watch(done);
            Ok::<_, StoreError>(())
        };
        read(&backup.path, |entry| {
            batch.push(entry);
            if batch.len() == BATCH_ENTRIES {
                write(&mut batch)?;
            }
            Ok(())
        })?;
        write(&mut batch)?;
    }
    let end = chain.last().map_or(0, |last| last.summary.footer.end);
    store.set_sequence(end)?;
    store.close()?;
    drop(store);
    fs::rename(&unfinished, data.join("store"))?;
    File::open(data)?.sync_all()?;
    Ok(end)
}
