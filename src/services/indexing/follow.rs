//! Takes the journal into a generation: the same for the one in use and for one that is being built.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::index::writer::{Index, Writer};
use crate::query::attributes::Address;
use crate::services::ServiceError;
use crate::store::{Change, ChangeKind, Store, StoreError, Stored};

/// Changes that are taken from the journal at once: what bounds the memory of a build besides the engine's own.
const STEP_CHANGES: usize = 2_000;

/// Who watches over it: hears how far it is, and may end it.
pub trait Watcher: Sync {
    /// Whether it should end after this step.
    fn must_stop(&self) -> bool;

    /// So many more changes were taken in.
    fn taken(&self, _changes: u64) {}

    /// Whether there is room for the next step.
    ///
    /// # Errors
    /// When there is not; what was taken in is committed, and it ends there.
    fn must_have_room(&self) -> Result<(), ServiceError> {
        Ok(())
    }

    /// Everything up to this change is durable and findable in this generation.
    fn committed(&self, _sequence: u64) {}
}

/// What was taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub changes: u64,
    /// Records that could not be read, and are not findable.
    pub unreadable: u64,
}

/// Takes in what is new, committing every `commit_every`, until there is nothing new.
///
/// A generation that knows nothing yet is told each resource once: the journal has one entry for each, so only what
/// changes meanwhile takes the place of a document.
pub fn follow_to_the_end(
    store: &Store,
    writer: &mut Writer,
    index: &Index,
    commit_every: Duration,
    watcher: &dyn Watcher,
) -> Result<Taken, ServiceError> {
    let new_up_to = if writer.sequence() == 0 {
        store.sequence()
    } else {
        0
    };
    let mut read_up_to = writer.sequence();
    let mut last_commit = Instant::now();
    let mut taken = Taken::default();
    loop {
        let room = watcher.must_have_room();
        if room.is_err() {
            commit(store, writer, index, read_up_to, watcher)?;
            return room.map(|()| taken);
        }
        let changes = store.changes_after(read_up_to, STEP_CHANGES)?;
        let is_end = changes.len() < STEP_CHANGES;
        let unreadable = AtomicU64::new(0);
        changes.par_iter().try_for_each(|change| {
            if !follow(store, writer, change, change.sequence <= new_up_to)? {
                unreadable.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, ServiceError>(())
        })?;
        taken.changes += changes.len() as u64;
        taken.unreadable += unreadable.into_inner();
        watcher.taken(changes.len() as u64);
        read_up_to = changes.last().map_or(read_up_to, |change| change.sequence);
        let is_stopping = watcher.must_stop();
        if is_end || last_commit.elapsed() > commit_every || is_stopping {
            commit(store, writer, index, read_up_to, watcher)?;
            last_commit = Instant::now();
        }
        if is_end || is_stopping {
            return Ok(taken);
        }
    }
}

/// Makes what was taken in durable and findable, when there is something.
fn commit(
    store: &Store,
    writer: &mut Writer,
    index: &Index,
    read_up_to: u64,
    watcher: &dyn Watcher,
) -> Result<(), ServiceError> {
    if read_up_to > writer.sequence() {
        // What was read may not be on disk yet; an index that knows more than the store after a crash would pass over what
        // is written next.
        store.settle()?;
        writer.commit(read_up_to, index)?;
        watcher.committed(read_up_to);
    }
    Ok(())
}

/// Takes one change in; says whether its record could be read. One that cannot is left out and told to the log: it must
/// not keep the others from being found. The journal has one entry for each resource, so the order within a step does
/// not matter.
fn follow(
    store: &Store,
    writer: &Writer,
    change: &Change,
    is_new: bool,
) -> Result<bool, ServiceError> {
    let stored = match change.kind {
        ChangeKind::Removed => Ok(Some(Stored::Removed)),
        ChangeKind::Put => store.find_resource(&change.id),
    };
    match stored {
        Ok(Some(Stored::Live(resource))) => {
            if !is_new {
                writer.remove(&change.id);
            }
            let address = match store.has_dead_address(&resource)? {
                true => Address::Dead,
                false => Address::Unopposed,
            };
            writer.add(&resource, address)?;
        }
        Ok(Some(Stored::Removed | Stored::Moved(_)) | None) if is_new => {}
        Ok(Some(Stored::Removed | Stored::Moved(_)) | None) => writer.remove(&change.id),
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(%error, "a record is not findable");
            writer.remove(&change.id);
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(true)
}
