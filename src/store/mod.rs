//! Remembers the catalogue and its changes, durably: the truth from which the index is derived.
//!
//! sled lives here and nowhere else; what crosses this room's interface are our own types, so that PostgreSQL can
//! stand behind it one day. The room knows nothing of search or of HTTP. Start with [`Store::apply`] (one write) and
//! [`Store::changes_after`] (what the index follows); [`commit`] is why an acknowledged write survives a power cut.

mod analytics;
pub mod backup;
pub mod check;
mod codec;
pub mod commit;
mod journal;
pub mod keyring;
mod links;
mod random;
pub mod register;
mod resources;
pub mod restore;
pub mod room;
mod seal;
mod tasks;
pub mod tokens;
pub mod vault;
mod write;

use std::path::{Path, PathBuf};

use commit::Committer;
pub use journal::{Change, ChangeKind};
pub use resources::{Applied, CatalogueChange, Merge, Outcome, Stored};

/// What goes on in the store, told by kind.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the data folder {} is in use by another classo process", path.display())]
    Locked { path: PathBuf },
    #[error("the store {} cannot be opened: {reason}", path.display())]
    Open { path: PathBuf, reason: String },
    #[error("the store could not write: {reason}")]
    Write { reason: String },
    /// Nothing was written, and nothing is broken.
    #[error("the disk of {} is full: {free_mib} MiB are free, and {needed_mib} have to be; make room and try again", path.display())]
    Full {
        path: PathBuf,
        free_mib: u64,
        needed_mib: u64,
    },
    /// A write failed half way: what the engine has in memory may not be on disk, so nothing more is taken from it.
    #[error(
        "the store has stopped: {reason}; what was acknowledged is safe; make room on the disk, then start classo again"
    )]
    Stopped { reason: String },
    #[error("the store could not read: {reason}")]
    Read { reason: String },
    #[error("the store holds a record it cannot read ({key}): {reason}")]
    Damaged { key: String, reason: String },
}

/// The open store. Cheap to share by reference; all methods may be called from many threads.
pub struct Store {
    database: sled::Db,
    resources: sled::Tree,
    chunks: sled::Tree,
    journal: sled::Tree,
    counters: sled::Tree,
    tasks: sled::Tree,
    analytics: sled::Tree,
    links: sled::Tree,
    /// What is about persons, sealed: the vault's alone.
    people: sled::Tree,
    /// From the keyed hash of an address to a person.
    addresses: sled::Tree,
    committer: Committer,
    news: journal::News,
    path: PathBuf,
}

/// Memory for pages that were read. sled takes several times as much in all; searches do not read the store, so a larger
/// cache would only be filled by imports.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// sled's own thread writes and collects garbage this often; durability does not depend on it.
const BACKGROUND_FLUSH_MS: u64 = 500;

/// The identity's key in the counters tree.
const IDENTITY_KEY: &[u8] = b"identity";

impl Store {
    /// Opens the store of a folder, making it when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process holds it, [`StoreError::Open`] for everything else.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let failed = |reason: String| StoreError::Open {
            path: path.to_owned(),
            reason,
        };
        std::fs::create_dir_all(path).map_err(|error| failed(error.to_string()))?;
        check::remove_unfinished_snapshots(path).map_err(|error| failed(error.to_string()))?;
        let open = || {
            sled::Config::new()
                .path(path)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(Some(BACKGROUND_FLUSH_MS))
                .open()
        };
        // On some damaged files sled panics instead of returning an error.
        let opened = std::panic::catch_unwind(open).map_err(|_| failed(DAMAGED.into()))?;
        let database = opened.map_err(|error| {
            if is_lock(&error) {
                StoreError::Locked {
                    path: path.to_owned(),
                }
            } else {
                failed(told(&error))
            }
        })?;
        let tree = |name: &str| {
            database
                .open_tree(name)
                .map_err(|error| failed(error.to_string()))
        };
        let (resources, chunks, journal, counters, tasks, analytics, links, people, addresses) = (
            tree("resources")?,
            tree("resource_chunks")?,
            tree("journal")?,
            tree("counters")?,
            tree("tasks")?,
            tree("analytics")?,
            tree("links")?,
            tree("people")?,
            tree("addresses")?,
        );
        identify(&counters).map_err(|error| failed(error.to_string()))?;
        let committer =
            Committer::start(database.clone(), path).map_err(|error| failed(error.to_string()))?;
        let news = journal::News::new(journal::last_sequence(&counters)?);
        Ok(Store {
            database,
            resources,
            chunks,
            journal,
            counters,
            tasks,
            analytics,
            links,
            people,
            addresses,
            committer,
            news,
            path: path.to_owned(),
        })
    }

    /// Writes everything out; called once before the process ends well.
    pub fn close(&self) -> Result<(), StoreError> {
        self.must_be_sound()?;
        self.database.flush().map_err(write_error)?;
        Ok(())
    }

    /// Why the store has stopped, when it has: after a write that failed half way, it neither writes nor tells what may not
    /// be on disk. Starting again mends it.
    pub fn trouble(&self) -> Option<String> {
        self.committer.trouble()
    }

    /// # Errors
    /// [`StoreError::Stopped`] once a write failed.
    fn must_be_sound(&self) -> Result<(), StoreError> {
        match self.trouble() {
            Some(reason) => Err(StoreError::Stopped { reason }),
            None => Ok(()),
        }
    }

    /// Before anything is written: a disk that fills up in the middle of a write stops the store, so the last room is left.
    fn must_have_room(&self) -> Result<(), StoreError> {
        self.must_be_sound()?;
        room::must_be_free(&self.path, room::FOR_THE_STORE)
    }

    /// Returns once everything that can be read from the store is on disk: what is derived from it must not outlive it.
    pub fn settle(&self) -> Result<(), StoreError> {
        self.committer.wait()
    }

    /// Which store this is: a name of its own, made with it. A restored one has another: its numbers may come to mean
    /// something else.
    pub fn identity(&self) -> Result<String, StoreError> {
        let name = self.counters.get(IDENTITY_KEY).map_err(read_error)?;
        Ok(name.map_or_else(String::new, |name| {
            String::from_utf8_lossy(&name).into_owned()
        }))
    }

    /// Bytes on disk, for operators.
    pub fn size_on_disk(&self) -> u64 {
        self.database.size_on_disk().unwrap_or(0)
    }
}

fn identify(counters: &sled::Tree) -> sled::Result<()> {
    if !counters.contains_key(IDENTITY_KEY)? {
        let name = uuid::Uuid::now_v7().simple().to_string();
        counters.insert(IDENTITY_KEY, name.as_bytes())?;
        counters.flush()?;
    }
    Ok(())
}

fn is_lock(error: &sled::Error) -> bool {
    match error {
        sled::Error::Io(error) => {
            error.kind() == std::io::ErrorKind::WouldBlock
                || error.to_string().contains("could not acquire lock")
        }
        _ => false,
    }
}

/// What to do about files that the engine cannot make sense of.
const DAMAGED: &str = "its files are damaged; move the folder aside, then restore the last backup with `classo restore`, or import again";

/// What an error of the engine's means: the disk refuses, or what is on it is no store any more.
fn told(error: &sled::Error) -> String {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    match error {
        sled::Error::Io(refused)
            if !matches!(
                refused.kind(),
                InvalidData | InvalidInput | Other | UnexpectedEof
            ) =>
        {
            let text = refused.to_string();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        _ => DAMAGED.to_owned(),
    }
}

/// How many entries a tree has. The engine's own way of counting never ends once a write has failed: it is told the same
/// error for ever.
fn count<T>(entries: impl Iterator<Item = sled::Result<T>>) -> usize {
    entries.take_while(Result::is_ok).count()
}

fn write_error(error: impl std::fmt::Display) -> StoreError {
    StoreError::Write {
        reason: error.to_string(),
    }
}

fn read_error(error: sled::Error) -> StoreError {
    StoreError::Read {
        reason: told(&error),
    }
}
