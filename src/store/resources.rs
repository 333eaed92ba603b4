//! The catalogue: every resource by its id, written together with its entry in the journal.

use sled::transaction::Transactional;

use super::backup::BackupEntry;
use super::codec::{Entry, read_resource, resource_json};
use super::journal::{self, SEQUENCE_KEY};
use super::write::{Prepared, Target, Trees, chunk_key, transaction_error};
use super::{Store, StoreError, read_error, write_error};
use crate::domain::resource::{Resource, ResourceId};

/// One change to make.
#[derive(Debug, Clone)]
pub enum CatalogueChange {
    /// The resource takes the place of the whole record of the same id.
    Put(Box<Resource>),
    Remove(ResourceId),
    /// The id leads to another resource from now on, whatever it had.
    Redirect {
        old: ResourceId,
        to: ResourceId,
    },
    /// The same, in one step with what the other becomes by it; nothing when one of them changed meanwhile.
    Merge(Box<Merge>),
}

/// A resource that takes another's place.
#[derive(Debug, Clone)]
pub struct Merge {
    pub old: ResourceId,
    /// What is kept, with what the old one had more.
    pub kept: Resource,
    /// The changes that the two were last seen at: the old one's and the kept one's.
    pub seen: (u64, u64),
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Added,
    Replaced,
    /// The same record was there already; nothing was written.
    Unchanged,
    Removed,
    /// There was nothing to remove.
    NotThere,
    /// The id leads to another resource: now, or since before, when nothing was written.
    Merged,
    /// Something changed since it was seen; nothing was written.
    Outdated,
}

/// What a batch did: an outcome for each change, and the sequence number the store stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub outcomes: Vec<Outcome>,
    pub sequence: u64,
}

/// What the catalogue says of an id that it knows.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    Live(Box<Resource>),
    Removed,
    /// It was merged into this one, which may have been merged in turn.
    Moved(ResourceId),
}

/// How often a resource may have been merged into one that was merged.
const MOST_STEPS: usize = 20;

impl Store {
    /// Makes all changes in one transaction, or none, and returns when they are on disk.
    ///
    /// # Errors
    /// [`StoreError::Write`] when the disk refuses; then nothing is acknowledged.
    pub fn apply(&self, changes: &[CatalogueChange]) -> Result<Applied, StoreError> {
        let prepared: Vec<Prepared> = changes
            .iter()
            .map(|change| match change {
                CatalogueChange::Put(resource) => Prepared {
                    id: &resource.id,
                    to: Target::Record(resource_json(resource)),
                },
                CatalogueChange::Remove(id) => Prepared {
                    id,
                    to: Target::Removed,
                },
                CatalogueChange::Redirect { old, to } => Prepared {
                    id: old,
                    to: Target::Moved(to),
                },
                CatalogueChange::Merge(merge) => Prepared {
                    id: &merge.old,
                    to: Target::Merged {
                        into: &merge.kept.id,
                        record: resource_json(&merge.kept),
                        seen: merge.seen,
                    },
                },
            })
            .collect();
        self.must_have_room()?;
        let before = self.sequence();
        let applied = (&self.resources, &self.chunks, &self.journal, &self.counters)
            .transaction(|(resources, chunks, journal, counters)| {
                let trees = Trees {
                    resources,
                    chunks,
                    journal,
                    counters,
                };
                trees.apply_all(&prepared)
            })
            .map_err(|error| self.failed(transaction_error(error)))?;
        if applied.sequence > before {
            self.committer.wait()?;
            self.news.announce(applied.sequence);
        }
        Ok(applied)
    }

    /// The engine could not write.
    pub(super) fn unwritten(&self, error: sled::Error) -> StoreError {
        self.failed(write_error(error))
    }

    /// After an error of the engine's nobody knows what it has in memory alone.
    pub(super) fn failed(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Write { reason } => {
                self.committer.note_trouble(&reason);
                StoreError::Stopped { reason }
            }
            other => other,
        }
    }

    /// What writing a resource would do, without doing it.
    pub fn compare(&self, resource: &Resource) -> Result<Outcome, StoreError> {
        Ok(match self.find_resource(&resource.id)? {
            Some(Stored::Live(old)) if *old == *resource => Outcome::Unchanged,
            Some(Stored::Live(_)) => Outcome::Replaced,
            Some(Stored::Removed) | None => Outcome::Added,
            Some(Stored::Moved(_)) => Outcome::Merged,
        })
    }

    /// What letting an id lead to another would do, without doing it.
    pub fn compare_redirect(
        &self,
        old: &ResourceId,
        to: &ResourceId,
    ) -> Result<Outcome, StoreError> {
        Ok(match self.find_resource(old)? {
            Some(Stored::Moved(same)) if same == *to => Outcome::Unchanged,
            Some(_) => Outcome::Replaced,
            None => Outcome::Added,
        })
    }

    /// The resource that an id stands for: itself, or the one it was merged into, however often.
    pub fn resolve(&self, id: &ResourceId) -> Result<ResourceId, StoreError> {
        let mut id = id.clone();
        for _ in 0..MOST_STEPS {
            let Some(Entry::Moved { to, .. }) = self.entry(&id)? else {
                break;
            };
            id = to;
        }
        Ok(id)
    }

    /// Every id that leads to another, with that one, in the order of the ids.
    pub fn redirects(
        &self,
    ) -> impl Iterator<Item = Result<(ResourceId, ResourceId), StoreError>> + '_ {
        self.resources.iter().filter_map(|entry| {
            let decoded = entry.map_err(read_error).and_then(|(key, bytes)| {
                // Whole records are not decoded for their kind.
                if !Entry::is_moved(&bytes) {
                    return Ok(None);
                }
                let key = String::from_utf8_lossy(&key);
                let id = ResourceId::parse(&key).map_err(|reason| StoreError::Damaged {
                    key: key.to_string(),
                    reason,
                })?;
                match Entry::decode(&key, &bytes)? {
                    Entry::Moved { to, .. } => Ok(Some((id, to))),
                    _ => Ok(None),
                }
            });
            decoded.transpose()
        })
    }

    /// The number of the latest change of an id.
    pub fn changed_at(&self, id: &ResourceId) -> Result<Option<u64>, StoreError> {
        Ok(self.entry(id)?.map(|entry| entry.sequence()))
    }

    fn entry(&self, id: &ResourceId) -> Result<Option<Entry>, StoreError> {
        let bytes = self.resources.get(id.as_str()).map_err(read_error)?;
        let entry = bytes.map(|bytes| Entry::decode(id.as_str(), &bytes));
        entry.transpose()
    }

    /// What is known of an id; `None` when it never was in the catalogue.
    pub fn find_resource(&self, id: &ResourceId) -> Result<Option<Stored>, StoreError> {
        Ok(match self.find_entry(id)? {
            None => None,
            Some(BackupEntry {
                moved_to: Some(to), ..
            }) => Some(Stored::Moved(to)),
            Some(BackupEntry { json: None, .. }) => Some(Stored::Removed),
            Some(BackupEntry {
                json: Some(json), ..
            }) => Some(Stored::Live(Box::new(read_resource(id.as_str(), &json)?))),
        })
    }

    /// The latest change of an id, as a backup has it.
    pub(super) fn find_entry(&self, id: &ResourceId) -> Result<Option<BackupEntry>, StoreError> {
        self.must_be_sound()?;
        let key = id.as_str();
        // A chunked record is read chunk by chunk; a write in between shows as a missing chunk, and is read again.
        for _ in 0..3 {
            let Some(bytes) = self.resources.get(key).map_err(read_error)? else {
                return Ok(None);
            };
            let entry = Entry::decode(key, &bytes)?;
            let sequence = entry.sequence();
            let found = |json| BackupEntry {
                id: id.clone(),
                sequence,
                json,
                moved_to: None,
            };
            match entry {
                Entry::Moved { to, .. } => {
                    return Ok(Some(BackupEntry {
                        moved_to: Some(to),
                        ..found(None)
                    }));
                }
                Entry::Removed { .. } => return Ok(Some(found(None))),
                Entry::Whole { json, .. } => return Ok(Some(found(Some(json)))),
                Entry::Chunked { chunks, .. } => {
                    if let Some(json) = self.read_chunks(id, sequence, chunks)? {
                        return Ok(Some(found(Some(json))));
                    }
                }
            }
        }
        Err(StoreError::Damaged {
            key: key.to_owned(),
            reason: "a chunk is missing".into(),
        })
    }

    /// Puts entries of a backup in their places, with the numbers they had; what is there already and not older stays.
    pub(super) fn restore(&self, entries: &[BackupEntry]) -> Result<(), StoreError> {
        self.must_have_room()?;
        let restored = (&self.resources, &self.chunks, &self.journal, &self.counters).transaction(
            |(resources, chunks, journal, counters)| {
                let trees = Trees {
                    resources,
                    chunks,
                    journal,
                    counters,
                };
                entries
                    .iter()
                    .try_for_each(|entry| trees.restore_one(entry))
            },
        );
        restored.map_err(|error| self.failed(transaction_error(error)))?;
        self.committer.wait()
    }

    /// Says where the journal stands: what is written next is one more.
    pub(super) fn set_sequence(&self, sequence: u64) -> Result<(), StoreError> {
        self.counters
            .insert(SEQUENCE_KEY, &sequence.to_be_bytes())
            .map_err(|error| self.unwritten(error))?;
        self.news.announce(sequence);
        self.committer.wait()
    }

    /// Every resource of the catalogue, in the order of their ids.
    pub fn resources(&self) -> impl Iterator<Item = Result<Resource, StoreError>> + '_ {
        self.resources.iter().keys().filter_map(|key| {
            let found = key.map_err(read_error).and_then(|key| {
                let id = String::from_utf8_lossy(&key);
                let id = ResourceId::parse(&id).map_err(|reason| StoreError::Damaged {
                    key: id.into_owned(),
                    reason,
                })?;
                self.find_resource(&id)
            });
            match found {
                Ok(Some(Stored::Live(resource))) => Some(Ok(*resource)),
                Ok(Some(Stored::Removed | Stored::Moved(_)) | None) => None,
                Err(error) => Some(Err(error)),
            }
        })
    }

    /// How many resources are in the catalogue.
    pub fn count_live(&self) -> Result<u64, StoreError> {
        let mut live = 0;
        for value in self.journal.iter().values() {
            live += u64::from(journal::is_put(&value.map_err(read_error)?));
        }
        Ok(live)
    }

    fn read_chunks(
        &self,
        id: &ResourceId,
        sequence: u64,
        chunks: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut json = Vec::new();
        for number in 0..chunks {
            match self
                .chunks
                .get(chunk_key(id, sequence, number))
                .map_err(read_error)?
            {
                Some(chunk) => json.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
        Ok(Some(json))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::Draft;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    fn put(id: &str, title: &str) -> CatalogueChange {
        let record = json!({"id": id, "title": {"fr": title}});
        CatalogueChange::Put(Box::new(
            Draft::read(record, &IndexSchema::embedded().vocabularies)
                .expect("valid")
                .resource,
        ))
    }

    fn title(store: &Store, id: &str) -> Option<String> {
        match store
            .find_resource(&ResourceId::parse(id).expect("valid"))
            .expect("readable")
        {
            Some(Stored::Live(resource)) => resource.title.get("fr").map(str::to_owned),
            _ => None,
        }
    }

    #[test]
    fn a_change_is_a_record_and_a_journal_entry_and_the_same_again_is_neither() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opened");
        let first = store
            .apply(&[put("a", "un"), put("b", "deux")])
            .expect("applied");
        assert_eq!(
            (first.outcomes, first.sequence),
            (vec![Outcome::Added, Outcome::Added], 2)
        );
        let again = store
            .apply(&[put("a", "un"), put("b", "2")])
            .expect("applied");
        assert_eq!(
            (again.outcomes, again.sequence),
            (vec![Outcome::Unchanged, Outcome::Replaced], 3)
        );
        let ids: Vec<_> = store
            .changes_after(0, 10)
            .expect("read")
            .into_iter()
            .map(|c| (c.sequence, c.id.to_string()))
            .collect();
        assert_eq!(ids, [(1, "a".to_string()), (3, "b".to_string())]);
    }

    #[test]
    fn records_of_any_size_come_back_after_reopening() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = "é".repeat(300_000);
        {
            let store = Store::open(folder.path()).expect("opened");
            store
                .apply(&[put("long", &long), put("short", "court")])
                .expect("applied");
            store
                .apply(&[put("long", &(long.clone() + "!"))])
                .expect("applied");
        }
        let store = Store::open(folder.path()).expect("reopened");
        assert_eq!(title(&store, "long"), Some(long.clone() + "!"));
        assert_eq!(
            store
                .apply(&[put("long", &(long + "!"))])
                .expect("applied")
                .outcomes,
            [Outcome::Unchanged]
        );
        store.apply(&[put("long", "bref")]).expect("applied");
        assert!(
            store.chunks.is_empty(),
            "the chunks of replaced records are gone"
        );
    }

    #[test]
    fn a_removed_resource_is_known_as_removed_and_may_come_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opened");
        let id = ResourceId::parse("a").expect("valid");
        let remove = [CatalogueChange::Remove(id.clone())];
        assert_eq!(
            store.apply(&remove).expect("applied").outcomes,
            [Outcome::NotThere]
        );
        store.apply(&[put("a", "un")]).expect("applied");
        assert_eq!(
            store.apply(&remove).expect("applied").outcomes,
            [Outcome::Removed]
        );
        assert_eq!(
            store.find_resource(&id).expect("read"),
            Some(Stored::Removed)
        );
        assert_eq!(
            store.apply(&[put("a", "un")]).expect("applied").outcomes,
            [Outcome::Added]
        );
    }

    #[test]
    fn a_second_process_is_told_that_the_folder_is_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let _store = Store::open(folder.path()).expect("opened");
        assert!(matches!(
            Store::open(folder.path()),
            Err(StoreError::Locked { .. })
        ));
    }

    #[test]
    fn many_writers_at_once_each_get_their_own_sequence() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("opened");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for number in 0..25 {
                        store
                            .apply(&[put(&format!("{writer}-{number}"), "x")])
                            .expect("applied");
                    }
                });
            }
        });
        assert_eq!(store.sequence(), 200);
        assert_eq!(store.changes_after(0, 1000).expect("read").len(), 200);
    }
}
