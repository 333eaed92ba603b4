//! The end of an account, and what a crash leaves.
//!
//! 1. One file of the keyring is replaced: the `life` key is gone and the erasure stands in its place. That is the deletion.
//! 2. Records, address and mail that nobody can open any more are removed.
//!
//! A crash before 1 leaves an account as it was; after it, the next start goes on with 2. The same goes for a restored
//! backup that still has the records of somebody who was erased since.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};

use jiff::{Span, Timestamp};

use super::{Held, Record, Vault, VaultError, named_at, place};
use crate::domain::account::{Account, PersonId};
use crate::store::keyring::{Erasure, KeyKind};
use crate::store::register::Category;
use crate::store::{StoreError, read_error};

impl Held<'_> {
    /// Erases the person: the account, and everything that is not proof. The receipt says when the proof goes too.
    pub fn erase(self) -> Result<Erasure, VaultError> {
        let vault = self.vault;
        let now = vault.clock.now();
        let erasure = Erasure {
            person: self.person,
            at: now,
            proof_until: months_after(now, vault.register.proof_months()),
        };
        vault.keyring.destroy_life(erasure)?;
        vault.clear(&BTreeSet::from([self.person]))?;
        Ok(erasure)
    }

    /// Takes back a person who never came to have an account.
    pub fn forget(self) -> Result<(), VaultError> {
        self.vault.keyring.forget(self.person)?;
        self.vault.clear(&BTreeSet::from([self.person]))
    }
}

impl Vault {
    /// Everybody with an account, confirmed or not.
    pub fn persons(&self) -> Vec<PersonId> {
        self.keyring.living()
    }

    /// Goes on with what was interrupted: keys without an account are destroyed, and what belongs to a destroyed key goes.
    pub(super) fn resume(&self) -> Result<(), VaultError> {
        self.end_retention()?;
        let erasures = self.keyring.erasures()?.into_iter();
        let mut gone: BTreeSet<PersonId> = erasures.map(|erasure| erasure.person).collect();
        for person in self.keyring.living() {
            let account = place(person, Account::CATEGORY, &[]);
            if !self
                .store
                .people
                .contains_key(account)
                .map_err(read_error)?
            {
                self.keyring.forget(person)?;
                gone.insert(person);
            }
        }
        if !gone.is_empty() {
            self.clear(&gone)?;
        }
        if self.store.addresses.is_empty() {
            self.rebuild_lookup()?;
        }
        Ok(())
    }

    /// Ends what the register's retentions end: records that have the age at which their kind goes, and the `proof` keys
    /// whose date has come, with what they opened.
    pub fn end_retention(&self) -> Result<(), VaultError> {
        let now = self.clock.now();
        self.remove_aged(now)?;
        let erasures = self.keyring.erasures()?.into_iter();
        let due = erasures.filter(|erasure| erasure.proof_until <= now);
        let due: BTreeSet<PersonId> = due.map(|erasure| erasure.person).collect();
        for person in &due {
            self.keyring.forget(*person)?;
        }
        match due.is_empty() {
            true => Ok(()),
            false => self.clear(&due),
        }
    }

    /// Removes the records that are as old as their category may get. Their names tell when they were written, in order: they
    /// are not opened, and of those that stay one is looked at.
    fn remove_aged(&self, now: Timestamp) -> Result<(), VaultError> {
        let mut doomed = sled::Batch::default();
        let mut is_any = false;
        for category in Category::ALL {
            let Some(months) = self.register.record_months(category) else {
                continue;
            };
            for person in self.keyring.provable() {
                let prefix = place(person, category, &[]);
                for key in self.store.people.scan_prefix(&prefix).keys() {
                    let key = key.map_err(read_error)?;
                    let written_at = named_at(&key[prefix.len()..]);
                    if written_at.is_none_or(|at| months_after(at, months) > now) {
                        break;
                    }
                    doomed.remove(key);
                    is_any = true;
                }
            }
        }
        if is_any {
            let removed = self.store.people.apply_batch(doomed);
            removed.map_err(|error| self.store.unwritten(error))?;
            self.store.committer.wait()?;
        }
        Ok(())
    }

    /// Removes what no key opens any more of these persons: records, addresses, mail in files.
    fn clear(&self, gone: &BTreeSet<PersonId>) -> Result<(), VaultError> {
        let mut doomed = sled::Batch::default();
        for person in gone {
            for key in self.store.people.scan_prefix(person.as_bytes()).keys() {
                let key = key.map_err(read_error)?;
                if !self.is_kept(*person, &key) {
                    doomed.remove(key);
                }
            }
        }
        let removed = self.store.people.apply_batch(doomed);
        removed.map_err(|error| self.store.unwritten(error))?;
        let mut addresses = sled::Batch::default();
        for entry in &self.store.addresses {
            let (name, holder) = entry.map_err(read_error)?;
            let holder = holder.as_ref().try_into().map(PersonId::from_bytes);
            if holder.is_ok_and(|holder| gone.contains(&holder)) {
                addresses.remove(name);
            }
        }
        self.store
            .addresses
            .apply_batch(addresses)
            .map_err(|error| self.store.unwritten(error))?;
        self.clear_outbox(gone).map_err(|error| StoreError::Write {
            reason: format!("mail of an erased account could not be removed: {error}"),
        })?;
        Ok(self.store.committer.wait()?)
    }

    /// Whether a record is proof whose key still lives.
    fn is_kept(&self, person: PersonId, key: &[u8]) -> bool {
        let is_proof = Category::ALL
            .into_iter()
            .filter(|category| category.key() == KeyKind::Proof)
            .any(|category| key.starts_with(&place(person, category, &[])));
        is_proof && self.keyring.key(person, KeyKind::Proof).is_ok()
    }

    /// Mail in files is named `PERSON-MESSAGE.eml`.
    fn clear_outbox(&self, gone: &BTreeSet<PersonId>) -> io::Result<()> {
        let entries = match fs::read_dir(&self.outbox) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let whose = name.split('-').next().unwrap_or_default();
            if gone.iter().any(|person| person.to_string() == whose) {
                let mut file = OpenOptions::new().write(true).open(&path)?;
                let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
                file.write_all(&vec![0; length])?;
                file.sync_all()?;
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

/// A moment so many months later; a year is never shorter for a leap day.
pub fn months_after(now: Timestamp, months: u32) -> Timestamp {
    let zoned = now.to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let later = zoned.checked_add(Span::new().months(i64::from(months)));
    later.map_or(Timestamp::MAX, |later| later.timestamp())
}
