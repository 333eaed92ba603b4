//! Backups of a store that goes on changing.

use std::io::Write;
use std::sync::Arc;

use super::tasks::Work;
use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::store::Store;
use crate::store::backup::{BackupError, BackupSummary};
use crate::store::vault::Vault;

/// Makes backups.
pub struct Backup {
    store: Arc<Store>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl Backup {
    pub fn new(store: Arc<Store>, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Backup {
            store,
            vault,
            clock,
        }
    }

    /// Whether a backup of what changed after a number can be made.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when the store never was there: the backup that says so is one of another store.
    pub fn check(&self, actor: &Actor, after: u64) -> Result<(), ServiceError> {
        must_operate(actor)?;
        let sequence = self.store.sequence();
        if after > sequence {
            return Err(ServiceError::Conflict(format!(
                "The catalogue stands at change {sequence}; there is nothing after {after}."
            )));
        }
        Ok(())
    }

    /// Writes what changed after a number, 0 for everything, and everything about persons as ciphertext. Writers go on meanwhile.
    pub fn write(
        &self,
        actor: &Actor,
        after: u64,
        into: impl Write,
        work: &Work,
    ) -> Result<BackupSummary, ServiceError> {
        self.check(actor, after)?;
        let total = self.store.count_changes_after(after) as u64;
        let watch = |entries| {
            work.at(entries, Some(total));
            !work.is_cancelled()
        };
        self.store
            .back_up(&self.vault, after, self.clock.now(), into, watch)
            .map_err(|error| match error {
                BackupError::Store(error) => error.into(),
                BackupError::Io(error) => error.into(),
                BackupError::Cancelled => ServiceError::Cancelled,
                other => ServiceError::Conflict(other.to_string()),
            })
    }
}
