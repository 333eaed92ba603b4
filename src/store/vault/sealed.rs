//! Records as they lie in the store, for backups: ciphertext, which the keyring opens and nothing else.

use super::{VERSION, Vault, place};
use crate::domain::account::PersonId;
use crate::store::keyring::{KeyError, Keyring};
use crate::store::register::Category;
use crate::store::{Store, StoreError, read_error, seal};

/// A record about a person that nobody needs to be able to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Where it lies: person, category, name.
    pub key: Vec<u8>,
    pub sealed: Vec<u8>,
    pub person: PersonId,
    pub category: Category,
}

/// What a keyring makes of a sealed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Opens,
    /// Its key was destroyed, or never was in this keyring.
    NoKey,
    /// There is a key, and it is not the one: the keyring is another's, or the record is damaged.
    Fails,
}

impl SealedRecord {
    /// # Errors
    /// When the key is no place of the vault that this program knows.
    pub fn new(key: Vec<u8>, sealed: Vec<u8>) -> Result<Self, String> {
        let person = key.first_chunk().copied().map(PersonId::from_bytes);
        let person = person.ok_or("its key is no place of a record")?;
        let known = |category: &Category| key.starts_with(&place(person, *category, &[]));
        let category = Category::ALL.into_iter().find(known);
        Ok(SealedRecord {
            category: category.ok_or("its category is not known; a newer classo made it")?,
            key,
            sealed,
            person,
        })
    }

    pub fn opening(&self, keyring: &Keyring) -> Result<Opening, KeyError> {
        let key = match keyring.key(self.person, self.category.key()) {
            Err(KeyError::Destroyed) => return Ok(Opening::NoKey),
            key => key?,
        };
        let opened = match self.sealed.as_slice() {
            [VERSION, sealed @ ..] => seal::open(&key, &self.key, sealed),
            _ => None,
        };
        Ok(opened.map_or(Opening::Fails, |_| Opening::Opens))
    }
}

impl Vault {
    /// The records that a backup keeps of the persons whose id begins with a byte, each person's as they are at one moment.
    /// Sessions, links and letters that wait are left out: brought back, what has ended or was used would work again.
    pub(in crate::store) fn sealed_records(
        &self,
        first: u8,
    ) -> Result<Vec<SealedRecord>, StoreError> {
        let _held = self.hold(PersonId::from_bytes([first; 16]));
        let records = self.store.sealed_from(&[first]);
        let is_kept = |record: &SealedRecord| {
            !matches!(
                record.category,
                Category::Sessions | Category::Challenges | Category::Messages
            )
        };
        records
            .filter(|record| record.as_ref().map_or(true, is_kept))
            .collect()
    }
}

impl Store {
    fn sealed_from(
        &self,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<SealedRecord, StoreError>> + use<> {
        self.people.scan_prefix(prefix).map(|entry| {
            let (key, sealed) = entry.map_err(read_error)?;
            let record = SealedRecord::new(key.to_vec(), sealed.to_vec());
            record.map_err(|reason| StoreError::Damaged {
                key: "a record about a person".into(),
                reason,
            })
        })
    }

    /// Puts sealed records in their places.
    pub(in crate::store) fn restore_sealed(
        &self,
        records: &[SealedRecord],
    ) -> Result<(), StoreError> {
        self.must_have_room()?;
        let mut batch = sled::Batch::default();
        for record in records {
            batch.insert(record.key.as_slice(), record.sealed.as_slice());
        }
        let written = self.people.apply_batch(batch);
        written.map_err(|error| self.unwritten(error))?;
        self.committer.wait()
    }

    /// Opens every record about persons: how many there are, and a sentence for each that does not open though there is a
    /// key for it.
    pub fn check_sealed(&self, keyring: &Keyring) -> Result<(usize, Vec<String>), StoreError> {
        let (mut records, mut troubles) = (0, Vec::new());
        for record in self.sealed_from(&[]) {
            records += 1;
            let told = match record {
                Err(error @ StoreError::Damaged { .. }) => Some(error.to_string()),
                Err(error) => return Err(error),
                Ok(record) => match record.opening(keyring) {
                    Ok(Opening::Opens | Opening::NoKey) => None,
                    Ok(Opening::Fails) => Some(format!(
                        "a record of {} about person {} does not open by its key",
                        record.category.id(),
                        record.person
                    )),
                    Err(error) => Some(error.to_string()),
                },
            };
            troubles.extend(told);
        }
        Ok((records, troubles))
    }
}
