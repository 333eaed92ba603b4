//! The indexing thread: follows the journal step by step, switches generations, and rebuilds what cannot be used.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::follow::{Watcher, follow_to_the_end};
use super::{Handover, Outdated, Shared, Switch, unpoisoned};
use crate::index::IndexError;
use crate::index::generation::Generations;
use crate::index::writer::{self, Index, Writer};
use crate::index_schema::IndexSchema;
use crate::services::ServiceError;
use crate::store::{Store, StoreError, room};

/// A commit makes changes findable; during a long catch-up it comes this often.
const COMMIT_EVERY: Duration = Duration::from_millis(1_000);

/// How long the thread sleeps when there is nothing to do, before it brings segments together.
const REST: Duration = Duration::from_millis(500);

/// How long it waits after a failure before it tries anew.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How often in a row the generation in use is tried before a fresh one is built.
const FAILURES_BEFORE_REBUILD: u32 = 2;

/// The generation in use: everybody may know how far it is.
struct InUse<'a>(&'a Follower);

impl Watcher for InUse<'_> {
    fn must_stop(&self) -> bool {
        let shared = &self.0.shared;
        shared.is_stopping() || unpoisoned(shared.handover.lock()).is_some()
    }

    fn must_have_room(&self) -> Result<(), ServiceError> {
        self.0.must_have_room()
    }

    fn committed(&self, sequence: u64) {
        self.0.shared.reached(sequence);
    }
}

/// A generation that is not in use yet.
struct Beside<'a>(&'a Follower);

impl Watcher for Beside<'_> {
    fn must_stop(&self) -> bool {
        self.0.shared.is_stopping()
    }

    fn must_have_room(&self) -> Result<(), ServiceError> {
        self.0.must_have_room()
    }
}

/// What the thread has at hand.
pub(super) struct Follower {
    pub store: Arc<Store>,
    pub index: Arc<Index>,
    pub folder: PathBuf,
    pub schema: Arc<IndexSchema>,
    pub shared: Arc<Shared>,
    pub outdated: Outdated,
}

impl Follower {
    /// Follows until it is time to stop.
    pub fn run(&self, mut writer: Option<Writer>) {
        // Without a writer the generation in use can be read, but only a fresh one can learn what is new.
        let mut failures = if writer.is_some() {
            0
        } else {
            FAILURES_BEFORE_REBUILD
        };
        let mut waits = writer.is_none() && self.outdated == Outdated::Wait;
        while !self.shared.is_stopping() {
            if let Some(handover) = unpoisoned(self.shared.handover.lock()).take() {
                self.take_over(handover, &mut writer);
                waits &= writer.is_none();
                continue;
            }
            if waits {
                self.store.wait_for_changes(u64::MAX, REST);
                continue;
            }
            let Some(own) = &mut writer else {
                writer = self.reopen(failures);
                continue;
            };
            match self.follow_once(own) {
                Ok(()) => {
                    failures = 0;
                    self.shared.holds_back(None);
                }
                Err(ServiceError::Store(error)) if !matches!(error, StoreError::Damaged { .. }) => {
                    // The index is whole; it waits for what it is made from, or for room.
                    self.wait_after(&error);
                }
                Err(error) => {
                    let is_damaged = matches!(error, ServiceError::Index(IndexError::Damaged(_)));
                    failures += if is_damaged {
                        FAILURES_BEFORE_REBUILD
                    } else {
                        1
                    };
                    tracing::error!(%error, failures, "indexing failed and is tried again");
                    // The writer may be broken by what happened; dropping it gives its folder free.
                    writer = None;
                    self.rest_after_failure();
                }
            }
        }
        if let Some(Err(error)) = writer.map(Writer::finish) {
            tracing::warn!(%error, "the index could not finish its merges");
        }
    }

    /// Switches to a generation that was handed over, and tells who handed it over.
    fn take_over(&self, handover: Handover, writer: &mut Option<Writer>) {
        let Handover {
            index,
            writer: mut other,
            when,
            reply,
        } = handover;
        let switched = (|| {
            if when == Switch::WhenCaughtUp {
                let beside = Beside(self);
                follow_to_the_end(&self.store, &mut other, &index, COMMIT_EVERY, &beside)?;
            }
            self.generations()
                .switch_to(other.generation())
                .map_err(IndexError::from)?;
            self.put_into_use(index, &other);
            Ok(())
        })();
        if switched.is_ok() {
            *writer = Some(other);
        }
        let _ = reply.send(switched);
    }

    fn put_into_use(&self, index: Index, writer: &Writer) {
        self.index.replace_with(index);
        self.shared.reached(writer.sequence());
        tracing::info!(
            generation = writer.generation(),
            sequence = writer.sequence(),
            "a generation is in use"
        );
    }

    fn generations(&self) -> Generations {
        Generations::new(&self.folder, &self.schema)
    }

    /// Takes in what is new, or tidies up; an index that searches found damaged is a failure.
    fn follow_once(&self, writer: &mut Writer) -> Result<(), ServiceError> {
        if self.index.take_damage() {
            return Err(IndexError::Damaged("a search could not read it".into()).into());
        }
        if self.store.wait_for_changes(writer.sequence(), REST) {
            let in_use = InUse(self);
            follow_to_the_end(&self.store, writer, &self.index, COMMIT_EVERY, &in_use)?;
            Ok(())
        } else {
            let has_room = |bytes| room::must_be_free(&self.folder, room::FOR_THE_INDEX + bytes);
            Ok(writer.rest(&self.index, |bytes| has_room(bytes).is_ok())?)
        }
    }

    /// A writer after a failure: on the generation in use at first, since a full disk or too many open files pass; on a
    /// fresh one when that does not help. Whoever searches goes on with the old snapshot until a fresh index is whole.
    fn reopen(&self, failures: u32) -> Option<Writer> {
        if let Err(error) = self.must_have_room() {
            self.wait_after(&error);
            return None;
        }
        let reopened = match failures < FAILURES_BEFORE_REBUILD {
            true => self.reopen_current(),
            false => self.rebuild(),
        };
        reopened
            .inspect_err(|error| {
                if !self.shared.is_stopping() {
                    self.wait_after(error);
                }
            })
            .ok()
    }

    fn reopen_current(&self) -> Result<Writer, ServiceError> {
        let Some(current) = self.generations().usable().into_iter().next() else {
            return self.rebuild();
        };
        let (index, mut writer) = writer::open_named(&self.folder, &self.schema, &current)?;
        self.catch_up(&index, &mut writer)?;
        self.put_into_use(index, &writer);
        Ok(writer)
    }

    fn rebuild(&self) -> Result<Writer, ServiceError> {
        tracing::warn!("the index is rebuilt from the store");
        let (index, mut writer) = writer::create(&self.folder, &self.schema)?;
        let rebuilt = self.catch_up(&index, &mut writer).and_then(|()| {
            let (generations, name) = (self.generations(), writer.generation());
            // One of another index-schema is whole: it is kept for the day that schema comes back.
            let switched = match generations.outdated() {
                Some(_) => generations.switch_to(name),
                None => generations.start_over_with(name),
            };
            Ok(switched.map_err(IndexError::from)?)
        });
        if let Err(error) = rebuilt {
            self.generations().discard(writer.generation());
            return Err(error);
        }
        self.put_into_use(index, &writer);
        Ok(writer)
    }

    /// # Errors
    /// [`ServiceError::Cancelled`] when it had to stop before the end.
    fn catch_up(&self, index: &Index, writer: &mut Writer) -> Result<(), ServiceError> {
        follow_to_the_end(&self.store, writer, index, COMMIT_EVERY, &Beside(self))?;
        if self.shared.is_stopping() {
            return Err(ServiceError::Cancelled);
        }
        Ok(())
    }

    fn must_have_room(&self) -> Result<(), ServiceError> {
        Ok(room::must_be_free(&self.folder, room::FOR_THE_INDEX)?)
    }

    /// Says what is in the way, and rests before it is tried anew.
    fn wait_after(&self, error: &dyn std::fmt::Display) {
        if self.shared.holds_back(Some(error.to_string())) {
            tracing::error!(%error, "the index cannot follow the catalogue; it is tried again");
        }
        self.rest_after_failure();
    }

    fn rest_after_failure(&self) {
        let until = Instant::now() + PAUSE_AFTER_FAILURE;
        while Instant::now() < until && !self.shared.is_stopping() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
