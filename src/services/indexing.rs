//! Follows the journal: what the catalogue has become findable, on a thread of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::ServiceError;
use crate::index::IndexError;
use crate::index::writer::{self, Index, Writer};
use crate::index_schema::IndexSchema;
use crate::store::{Change, ChangeKind, Store, StoreError, Stored};

/// The running thread, and how far it has come.
pub struct Indexing {
    shared: Arc<Shared>,
    store: Arc<Store>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    stopping: AtomicBool,
    indexed: Mutex<u64>,
    moved: Condvar,
}

/// Changes that are taken from the journal at once.
const STEP_CHANGES: usize = 2_000;

/// A commit makes changes findable; during a long catch-up it comes this often.
const COMMIT_EVERY: Duration = Duration::from_millis(1_000);

/// How long the thread sleeps when there is nothing to do, before it looks for merged segments.
const REST: Duration = Duration::from_millis(500);

/// How long it waits after a failure before it tries anew.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// How often in a row the generation in use is tried before a fresh one is built.
const FAILURES_BEFORE_REBUILD: u32 = 2;

impl Indexing {
    /// Starts following; the writer goes on from where its generation knows the journal.
    pub fn start(
        store: Arc<Store>,
        index: Arc<Index>,
        writer: Writer,
        folder: PathBuf,
        schema: Arc<IndexSchema>,
    ) -> std::io::Result<Indexing> {
        let shared = Arc::new(Shared {
            stopping: AtomicBool::new(false),
            indexed: Mutex::new(writer.sequence()),
            moved: Condvar::new(),
        });
        let follower = Follower {
            store: Arc::clone(&store),
            index,
            folder,
            schema,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("indexing".into())
            .spawn(move || follower.run(writer))?;
        Ok(Indexing {
            shared,
            store,
            thread: Some(thread),
        })
    }

    /// The last change that is findable.
    pub fn indexed(&self) -> u64 {
        self.shared.indexed()
    }

    /// How many changes are not findable yet.
    pub fn lag(&self) -> u64 {
        let indexed = self.indexed();
        if self.store.sequence() <= indexed {
            0
        } else {
            self.store.count_changes_after(indexed) as u64
        }
    }

    /// Waits until a change is findable, for `patience` at most; says whether it is.
    pub fn wait_for(&self, sequence: u64, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut indexed = self.shared.lock();
        while *indexed < sequence {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            indexed = self
                .shared
                .moved
                .wait_timeout(indexed, left)
                .unwrap_or_else(|poisoned| poisoned.into_inner())
                .0;
        }
        true
    }

    /// Lets the thread finish its step and end.
    pub fn stop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.store.wake_followers();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, u64> {
        self.indexed
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn indexed(&self) -> u64 {
        *self.lock()
    }

    fn reached(&self, sequence: u64) {
        *self.lock() = sequence;
        self.moved.notify_all();
    }
}

struct Follower {
    store: Arc<Store>,
    index: Arc<Index>,
    folder: PathBuf,
    schema: Arc<IndexSchema>,
    shared: Arc<Shared>,
}

impl Follower {
    fn run(&self, writer: Writer) {
        let mut writer = Some(writer);
        let mut failures = 0;
        while !self.is_stopping() {
            let Some(own) = &mut writer else {
                writer = self.reopen(failures);
                continue;
            };
            match self.follow_once(own) {
                Ok(()) => failures = 0,
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

    /// Takes in what is new, or rests; an index that searches found damaged is a failure.
    fn follow_once(&self, writer: &mut Writer) -> Result<(), ServiceError> {
        if self.index.take_damage() {
            return Err(IndexError::Damaged("a search could not read it".into()).into());
        }
        if self.store.wait_for_changes(writer.sequence(), REST) {
            self.follow_to_the_end(writer, &self.index)
        } else {
            Ok(writer.publish(&self.index)?)
        }
    }

    /// A writer after a failure: on the generation in use at first, since a full disk or too many open files pass; on a
    /// fresh one when that does not help. Whoever searches goes on with the old snapshot until a fresh index is whole.
    fn reopen(&self, failures: u32) -> Option<Writer> {
        let opened = if failures < FAILURES_BEFORE_REBUILD {
            writer::open(&self.folder, &self.schema)
        } else {
            tracing::warn!("the index is rebuilt from the store");
            writer::create(&self.folder, &self.schema)
        };
        let reopened = opened
            .map_err(ServiceError::from)
            .and_then(|(index, mut writer)| {
                self.follow_to_the_end(&mut writer, &index)?;
                self.index.replace_with(index);
                self.shared.reached(writer.sequence());
                Ok(writer)
            });
        reopened
            .inspect_err(|error| {
                tracing::error!(%error, "the index cannot be opened; trying again");
                self.rest_after_failure();
            })
            .ok()
    }

    fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::SeqCst)
    }

    fn rest_after_failure(&self) {
        let until = Instant::now() + PAUSE_AFTER_FAILURE;
        while Instant::now() < until && !self.is_stopping() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes in what is new, committing now and then, until there is nothing new.
    fn follow_to_the_end(&self, writer: &mut Writer, index: &Index) -> Result<(), ServiceError> {
        let mut read_up_to = writer.sequence();
        let mut last_commit = Instant::now();
        loop {
            let changes = self.store.changes_after(read_up_to, STEP_CHANGES)?;
            let is_end = changes.len() < STEP_CHANGES;
            changes
                .par_iter()
                .try_for_each(|change| self.follow(change, writer))?;
            read_up_to = changes.last().map_or(read_up_to, |change| change.sequence);
            if read_up_to > writer.sequence()
                && (is_end || last_commit.elapsed() > COMMIT_EVERY || self.is_stopping())
            {
                writer.commit(read_up_to, index)?;
                last_commit = Instant::now();
                if std::ptr::eq(index, &*self.index) {
                    self.shared.reached(read_up_to);
                }
            }
            if is_end || self.is_stopping() {
                return Ok(());
            }
        }
    }

    /// The journal has one entry for each resource, so the order within a step does not matter. A record that cannot be
    /// read is left out and told to the log: it must not keep the others from being found.
    fn follow(&self, change: &Change, writer: &Writer) -> Result<(), ServiceError> {
        if change.kind == ChangeKind::Removed {
            writer.remove(&change.id);
            return Ok(());
        }
        match self.store.find_resource(&change.id) {
            Ok(Some(Stored::Live(resource))) => writer.put(&resource)?,
            Ok(Some(Stored::Removed) | None) => writer.remove(&change.id),
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(%error, "a record is not findable");
                writer.remove(&change.id);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
