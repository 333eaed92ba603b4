//! What the index has yet to learn: the changes of the catalogue, numbered as they were made.
//!
//! The journal keeps one entry for each resource, its latest: a change drops the entry of the one before. So it stays
//! as small as the catalogue, and reading it from the start gives everything a fresh index needs.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::{Store, StoreError, count, read_error};
use crate::domain::resource::ResourceId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub sequence: u64,
    pub id: ResourceId,
    pub kind: ChangeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Put,
    Removed,
}

/// The counter's key in the counters tree.
pub const SEQUENCE_KEY: &[u8] = b"sequence";

const VERSION: u8 = 1;

impl Store {
    /// The sequence number of the latest change; 0 before the first.
    pub fn sequence(&self) -> u64 {
        self.news.latest()
    }

    /// Up to `limit` changes after a sequence number, oldest first.
    pub fn changes_after(&self, sequence: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.must_be_sound()?;
        self.journal
            .range((sequence + 1).to_be_bytes()..)
            .take(limit)
            .map(|entry| {
                let (key, value) = entry.map_err(read_error)?;
                decode(&key, &value)
            })
            .collect()
    }

    /// How many changes a follower that knows everything up to `sequence` has yet to learn.
    pub fn count_changes_after(&self, sequence: u64) -> usize {
        count(self.journal.range((sequence + 1).to_be_bytes()..))
    }

    /// Waits until there is something after `sequence`, or for `patience` at most; says whether there is.
    pub fn wait_for_changes(&self, sequence: u64, patience: Duration) -> bool {
        self.news.wait(sequence, patience)
    }

    /// Wakes everybody who waits for changes, to let them see that it is time to stop.
    pub fn wake_followers(&self) {
        self.news.arrived.notify_all();
    }
}

pub fn last_sequence(counters: &sled::Tree) -> Result<u64, StoreError> {
    let bytes = counters.get(SEQUENCE_KEY).map_err(read_error)?;
    Ok(bytes.map_or(0, |bytes| sequence_from(&bytes)))
}

pub fn sequence_from(bytes: &[u8]) -> u64 {
    bytes.try_into().map(u64::from_be_bytes).unwrap_or(0)
}

pub fn encode(id: &ResourceId, kind: ChangeKind) -> Vec<u8> {
    let kind = match kind {
        ChangeKind::Put => 0,
        ChangeKind::Removed => 1,
    };
    [&[VERSION, kind], id.as_str().as_bytes()].concat()
}

/// Whether an entry is about a resource that is there: every resource has exactly one entry.
pub fn is_put(entry: &[u8]) -> bool {
    matches!(entry, [VERSION, 0, ..])
}

fn decode(key: &[u8], value: &[u8]) -> Result<Change, StoreError> {
    let sequence = sequence_from(key);
    let damaged = |reason: &str| StoreError::Damaged {
        key: format!("journal {sequence}"),
        reason: reason.to_owned(),
    };
    let [VERSION, kind, id @ ..] = value else {
        return Err(damaged("unknown version"));
    };
    let id = std::str::from_utf8(id).map_err(|_| damaged("the id is not UTF-8"))?;
    Ok(Change {
        sequence,
        id: ResourceId::parse(id).map_err(|reason| damaged(&reason))?,
        kind: if *kind == 0 {
            ChangeKind::Put
        } else {
            ChangeKind::Removed
        },
    })
}

/// Tells followers of the journal that something arrived.
pub struct News {
    latest: Mutex<u64>,
    arrived: Condvar,
}

impl News {
    pub fn new(sequence: u64) -> Self {
        News {
            latest: Mutex::new(sequence),
            arrived: Condvar::new(),
        }
    }

    pub fn announce(&self, sequence: u64) {
        let mut latest = self
            .latest
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *latest = (*latest).max(sequence);
        drop(latest);
        self.arrived.notify_all();
    }

    fn latest(&self) -> u64 {
        *self
            .latest
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait(&self, known: u64, patience: Duration) -> bool {
        let latest = self
            .latest
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if *latest > known {
            return true;
        }
        let (latest, _) = self
            .arrived
            .wait_timeout(latest, patience)
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *latest > known
    }
}
