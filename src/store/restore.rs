//! From backups to a store: everything is checked before anything is written, and nothing is overwritten.
//!
//! What a backup holds about persons is ciphertext. The keyring in force decides what comes back: whoever was erased since
//! the backup was made has no key in it, and their records are left out.

use std::collections::BTreeSet;
use std::fs;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use super::backup::{BackupEntry, BackupError, BackupItem, BackupSummary, read_backup};
use super::keyring::{KeyError, Keyring};
use super::register::Category;
use super::vault::sealed::{Opening, SealedRecord};
use super::{Store, StoreError};
use crate::domain::account::PersonId;

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
    #[error("{} is not there; name a file or a folder that `classo backup` wrote", .0.display())]
    NotThere(PathBuf),
    #[error("{}: {error}", path.display())]
    Backup { path: PathBuf, error: BackupError },
    #[error("{} does not begin with everything: a full backup is missing before it", .0.display())]
    NoBeginning(PathBuf),
    #[error("{} goes on from change {after}, but what comes before it ends with {end}: one is missing between", path.display())]
    Gap { path: PathBuf, after: u64, end: u64 },
    #[error("{} is a backup of another store than the others", .0.display())]
    OtherStore(PathBuf),
    #[error("{}: the keyring opens nothing of what it holds about persons: it belongs to another store; name the right one with --keyring", .0.display())]
    OtherKeyring(PathBuf),
    #[error("{}: a record about person {person} does not open by that person's key: the keyring is of another store, or the backup was changed", path.display())]
    NotOpened { path: PathBuf, person: PersonId },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What was restored.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Where the journal stands.
    pub end: u64,
    /// Persons whose records are back.
    pub persons: usize,
    /// Persons whose records were left out, since their keys were destroyed after the backup was made.
    pub erased: usize,
    /// Persons who have keys and no account in the backup: they came after it, and the next start destroys their keys.
    pub unknown: usize,
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
    take: impl FnMut(BackupItem) -> Result<(), BackupError>,
) -> Result<BackupSummary, RestoreError> {
    let path = path.to_owned();
    let read = match File::open(&path) {
        Ok(file) => read_backup(BufReader::with_capacity(1 << 18, file), take),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(RestoreError::NotThere(path));
        }
        Err(error) => Err(error.into()),
    };
    read.map_err(|error| RestoreError::Backup { path, error })
}

/// The backups that lead to the latest state, oldest first: a full one, and those that go on from it.
///
/// # Errors
/// When they do not fit together.
pub fn chain(mut backups: Vec<CheckedBackup>) -> Result<Vec<CheckedBackup>, RestoreError> {
    backups.sort_by_key(|backup| {
        let (header, footer) = (&backup.summary.header, &backup.summary.footer);
        (header.after, footer.end, header.made_at)
    });
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
            // What an earlier one has already is no news; of two that end alike, the later may know more about persons.
            Some(last) if last.is_newer_than(&backup) => {}
            _ => chain.push(backup),
        }
    }
    Ok(chain)
}

impl CheckedBackup {
    /// How many records about persons it holds.
    pub fn people(&self) -> u64 {
        let people = &self.summary.footer.people;
        people.as_ref().map_or(0, |people| people.records)
    }

    fn is_newer_than(&self, other: &CheckedBackup) -> bool {
        let state = |backup: &CheckedBackup| {
            let (header, footer) = (&backup.summary.header, &backup.summary.footer);
            (footer.end, header.made_at)
        };
        state(self) >= state(other)
    }
}

/// # Errors
/// [`RestoreError::NotEmpty`] when there is a store or an index already.
pub fn must_be_fresh(data: &Path) -> Result<(), RestoreError> {
    let mut taken = ["store", "index"].map(|name| data.join(name)).into_iter();
    match taken.find(|path| path.exists()) {
        Some(taken) => Err(RestoreError::NotEmpty(taken)),
        None => Ok(()),
    }
}

/// Makes the store of a data folder from a chain of backups. The store comes into its place whole, by a rename. Persons
/// come from the last backup of the chain, as far as the keyring opens them; without a keyring they are left out.
///
/// # Errors
/// [`RestoreError::NotEmpty`] when there is a store or an index already, [`RestoreError::OtherKeyring`] and
/// [`RestoreError::NotOpened`] when the keyring is not the one.
pub fn restore(
    data: &Path,
    chain: &[CheckedBackup],
    keyring: Option<&Keyring>,
    mut watch: impl FnMut(u64),
) -> Result<Restored, RestoreError> {
    must_be_fresh(data)?;
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
        read(&backup.path, |item| {
            if let BackupItem::Entry(entry) = item {
                batch.push(entry);
            }
            if batch.len() == BATCH_ENTRIES {
                write(&mut batch)?;
            }
            Ok(())
        })?;
        write(&mut batch)?;
    }
    let end = chain.last().map_or(0, |last| last.summary.footer.end);
    store.set_sequence(end)?;
    let restored = match (chain.last(), keyring) {
        (Some(backup), Some(keyring)) => restore_people(&store, backup, keyring)?,
        _ => Restored::default(),
    };
    store.close()?;
    drop(store);
    fs::rename(&unfinished, data.join("store"))?;
    File::open(data)?.sync_all()?;
    Ok(Restored { end, ..restored })
}

/// Puts back what the keyring opens.
fn restore_people(
    store: &Store,
    backup: &CheckedBackup,
    keyring: &Keyring,
) -> Result<Restored, RestoreError> {
    let mut people = People::default();
    let mut batch = Vec::with_capacity(BATCH_ENTRIES);
    read(&backup.path, |item| {
        if let BackupItem::Sealed(record) = item
            && people.comes_back(&record, keyring)
        {
            batch.push(record);
        }
        if batch.len() == BATCH_ENTRIES {
            store.restore_sealed(&batch)?;
            batch.clear();
        }
        Ok(())
    })?;
    store.restore_sealed(&batch)?;
    people.end(&backup.path, keyring)
}

/// Whose records were met in a backup, and what became of them.
#[derive(Default)]
struct People {
    back: BTreeSet<PersonId>,
    erased: BTreeSet<PersonId>,
    trouble: Option<(PersonId, Option<KeyError>)>,
}

impl People {
    fn comes_back(&mut self, record: &SealedRecord, keyring: &Keyring) -> bool {
        let person = record.person;
        match record.opening(keyring) {
            Ok(Opening::Opens) => {
                if record.category == Category::Account {
                    self.back.insert(person);
                }
                return true;
            }
            Ok(Opening::NoKey) => drop(self.erased.insert(person)),
            Ok(Opening::Fails) => drop(self.trouble.get_or_insert((person, None))),
            Err(error) => drop(self.trouble.get_or_insert((person, Some(error)))),
        }
        false
    }

    fn end(self, path: &Path, keyring: &Keyring) -> Result<Restored, RestoreError> {
        let path = path.to_owned();
        match self.trouble {
            Some((_, Some(error))) => return Err(error.into()),
            Some((person, None)) => return Err(RestoreError::NotOpened { path, person }),
            None => {}
        }
        let erasures = keyring.erasures()?;
        let is_known = self.erased.is_empty()
            || !self.back.is_empty()
            || erasures
                .iter()
                .any(|erasure| self.erased.contains(&erasure.person));
        if !is_known {
            return Err(RestoreError::OtherKeyring(path));
        }
        let living = keyring.living().into_iter();
        Ok(Restored {
            unknown: living.filter(|person| !self.back.contains(person)).count(),
            persons: self.back.len(),
            erased: self.erased.len(),
            end: 0,
        })
    }
}
