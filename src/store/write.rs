//! What a write of the catalogue does within its transaction: record, chunks, journal and counter go together.

use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use super::backup::BackupEntry;
use super::codec::{CHUNK_BYTES, Entry};
use super::journal::{self, ChangeKind, SEQUENCE_KEY};
use super::resources::{Applied, Outcome};
use super::{StoreError, write_error};
use crate::domain::resource::ResourceId;

/// A change, ready to be written: encoding happens outside the transaction, which may run several times.
pub struct Prepared<'a> {
    pub id: &'a ResourceId,
    pub to: Target<'a>,
}

/// What becomes of an id.
pub enum Target<'a> {
    Record(Vec<u8>),
    Removed,
    /// It leads to another from now on.
    Moved(&'a ResourceId),
    /// The same, together with what the other becomes: only if neither changed since it was seen at these numbers.
    Merged {
        into: &'a ResourceId,
        record: Vec<u8>,
        seen: (u64, u64),
    },
}

/// What an id has in the store.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    Record(&'a [u8]),
    Removed,
    Moved(&'a ResourceId),
}

/// The four trees of the catalogue, within one transaction.
pub struct Trees<'a> {
    pub resources: &'a TransactionalTree,
    pub chunks: &'a TransactionalTree,
    pub journal: &'a TransactionalTree,
    pub counters: &'a TransactionalTree,
}

type Conflict = ConflictableTransactionError<StoreError>;

/// An error of a transaction as one of ours.
pub fn transaction_error(error: TransactionError<StoreError>) -> StoreError {
    match error {
        TransactionError::Abort(error) => error,
        TransactionError::Storage(error) => write_error(error),
    }
}

impl Trees<'_> {
    /// Makes every change, each with the next number.
    pub fn apply_all(&self, changes: &[Prepared]) -> Result<Applied, Conflict> {
        let start = self.sequence()?;
        let mut sequence = start;
        let mut outcomes = Vec::with_capacity(changes.len());
        for change in changes {
            outcomes.push(self.apply_one(change, &mut sequence)?);
        }
        if sequence > start {
            self.counters
                .insert(SEQUENCE_KEY, &sequence.to_be_bytes())?;
        }
        Ok(Applied { outcomes, sequence })
    }

    /// Where the journal stands.
    pub fn sequence(&self) -> Result<u64, Conflict> {
        let bytes = self.counters.get(SEQUENCE_KEY)?;
        Ok(bytes.map_or(0, |bytes| journal::sequence_from(&bytes)))
    }

    /// A resource that is there: its JSON, and the entry that holds it.
    pub fn find_whole(&self, id: &ResourceId) -> Result<Option<(Vec<u8>, Entry)>, Conflict> {
        let Some(entry) = self.find_old(id)? else {
            return Ok(None);
        };
        let json = match &entry {
            Entry::Whole { json, .. } => json.clone(),
            Entry::Chunked { sequence, chunks } => {
                let mut json = Vec::new();
                for number in 0..*chunks {
                    let chunk = self.chunks.get(chunk_key(id, *sequence, number))?;
                    json.extend_from_slice(&chunk.unwrap_or_default());
                }
                json
            }
            Entry::Removed { .. } | Entry::Moved { .. } => return Ok(None),
        };
        Ok(Some((json, entry)))
    }

    fn apply_one(&self, change: &Prepared, sequence: &mut u64) -> Result<Outcome, Conflict> {
        let old = self.find_old(change.id)?;
        let was_live = matches!(old, Some(Entry::Whole { .. } | Entry::Chunked { .. }));
        let has_moved = matches!(old, Some(Entry::Moved { .. }));
        let (content, outcome) = match &change.to {
            Target::Record(_) if has_moved => return Ok(Outcome::Merged),
            Target::Record(json) if self.is_same(change.id, old.as_ref(), json)? => {
                return Ok(Outcome::Unchanged);
            }
            Target::Record(json) if was_live => (Content::Record(json), Outcome::Replaced),
            Target::Record(json) => (Content::Record(json), Outcome::Added),
            Target::Removed if was_live || has_moved => (Content::Removed, Outcome::Removed),
            Target::Removed => return Ok(Outcome::NotThere),
            Target::Moved(to) => match &old {
                Some(Entry::Moved { to: same, .. }) if same == *to => {
                    return Ok(Outcome::Unchanged);
                }
                Some(_) => (Content::Moved(to), Outcome::Replaced),
                None => (Content::Moved(to), Outcome::Added),
            },
            Target::Merged { into, record, seen } => {
                let kept = self.find_old(into)?;
                let now = (
                    old.as_ref().map(Entry::sequence),
                    kept.as_ref().map(Entry::sequence),
                );
                if now != (Some(seen.0), Some(seen.1)) {
                    return Ok(Outcome::Outdated);
                }
                if !self.is_same(into, kept.as_ref(), record)? {
                    *sequence += 1;
                    self.write(into, Content::Record(record), kept, *sequence)?;
                }
                (Content::Moved(into), Outcome::Merged)
            }
        };
        *sequence += 1;
        self.write(change.id, content, old, *sequence)?;
        Ok(outcome)
    }

    /// Puts an entry of a backup in its place, unless what is there is as new.
    pub fn restore_one(&self, entry: &BackupEntry) -> Result<(), Conflict> {
        let old = self.find_old(&entry.id)?;
        if old
            .as_ref()
            .is_some_and(|old| old.sequence() >= entry.sequence)
        {
            return Ok(());
        }
        self.write(&entry.id, entry.content(), old, entry.sequence)
    }

    fn find_old(&self, id: &ResourceId) -> Result<Option<Entry>, Conflict> {
        let bytes = self.resources.get(id.as_str().as_bytes())?;
        let entry = bytes.map(|bytes| Entry::decode(id.as_str(), &bytes));
        entry
            .transpose()
            .map_err(ConflictableTransactionError::Abort)
    }

    /// Puts an entry in the place of the old one, in the catalogue and in the journal.
    pub fn write(
        &self,
        id: &ResourceId,
        content: Content,
        old: Option<Entry>,
        sequence: u64,
    ) -> Result<(), Conflict> {
        if let Some(old) = old {
            self.journal.remove(&old.sequence().to_be_bytes())?;
            if let Entry::Chunked { sequence, chunks } = old {
                for number in 0..chunks {
                    self.chunks.remove(chunk_key(id, sequence, number))?;
                }
            }
        }
        let kind = match content {
            Content::Record(_) => ChangeKind::Put,
            Content::Removed | Content::Moved(_) => ChangeKind::Removed,
        };
        self.journal
            .insert(&sequence.to_be_bytes(), journal::encode(id, kind))?;
        let entry = match content {
            Content::Removed => Entry::Removed { sequence },
            Content::Moved(to) => Entry::Moved {
                sequence,
                to: to.clone(),
            },
            Content::Record(json) if json.len() <= CHUNK_BYTES => Entry::Whole {
                sequence,
                json: json.to_vec(),
            },
            Content::Record(json) => {
                let mut chunks = 0;
                for chunk in json.chunks(CHUNK_BYTES) {
                    self.chunks.insert(chunk_key(id, sequence, chunks), chunk)?;
                    chunks += 1;
                }
                Entry::Chunked { sequence, chunks }
            }
        };
        self.resources
            .insert(id.as_str().as_bytes(), entry.encode())?;
        Ok(())
    }

    fn is_same(&self, id: &ResourceId, old: Option<&Entry>, json: &[u8]) -> Result<bool, Conflict> {
        match old {
            Some(Entry::Whole { json: old, .. }) => Ok(old == json),
            Some(Entry::Chunked { sequence, chunks }) => {
                let mut rest = json;
                for number in 0..*chunks {
                    let chunk = self
                        .chunks
                        .get(chunk_key(id, *sequence, number))?
                        .unwrap_or_default();
                    match rest.strip_prefix(chunk.as_ref()) {
                        Some(after) if !chunk.is_empty() => rest = after,
                        _ => return Ok(false),
                    }
                }
                Ok(rest.is_empty())
            }
            Some(Entry::Removed { .. } | Entry::Moved { .. }) | None => Ok(false),
        }
    }
}

/// Chunks lie under the id, the sequence of their record and their number; ids contain no zero byte.
pub fn chunk_key(id: &ResourceId, sequence: u64, number: u32) -> Vec<u8> {
    [
        id.as_str().as_bytes(),
        &[0],
        &sequence.to_be_bytes(),
        &number.to_be_bytes(),
    ]
    .concat()
}
