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
    /// Nothing for a removal.
    pub json: Option<Vec<u8>>,
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
            Entry::Removed { .. } => return Ok(None),
        };
        Ok(Some((json, entry)))
    }

    fn apply_one(&self, change: &Prepared, sequence: &mut u64) -> Result<Outcome, Conflict> {
        let old = self.find_old(change.id)?;
        let was_live = old
            .as_ref()
            .is_some_and(|entry| !matches!(entry, Entry::Removed { .. }));
        let outcome = match &change.json {
            Some(json) if self.is_same(change.id, old.as_ref(), json)? => {
                return Ok(Outcome::Unchanged);
            }
            Some(_) if was_live => Outcome::Replaced,
            Some(_) => Outcome::Added,
            None if was_live => Outcome::Removed,
            None => return Ok(Outcome::NotThere),
        };
        *sequence += 1;
        self.write(change.id, change.json.as_deref(), old, *sequence)?;
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
        self.write(&entry.id, entry.json.as_deref(), old, entry.sequence)
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
        json: Option<&[u8]>,
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
        let kind = if json.is_some() {
            ChangeKind::Put
        } else {
            ChangeKind::Removed
        };
        self.journal
            .insert(&sequence.to_be_bytes(), journal::encode(id, kind))?;
        let entry = match json {
            None => Entry::Removed { sequence },
            Some(json) if json.len() <= CHUNK_BYTES => Entry::Whole {
                sequence,
                json: json.to_vec(),
            },
            Some(json) => {
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
            Some(Entry::Removed { .. }) | None => Ok(false),
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
