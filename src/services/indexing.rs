//! Follows the journal: what the catalogue has become findable, on a thread of its own.
//!
//! The thread owns the writer of the generation in use. Whoever built another generation hands it over with
//! [`Indexing::adopt`]; the thread switches to it between two steps, and goes on from where that one knows the journal.

pub mod follow;
mod follower;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use self::follower::Follower;
use super::ServiceError;
use super::background::Background;
use crate::index::writer::{Index, Writer};
use crate::index_schema::IndexSchema;
use crate::store::Store;

/// The running thread, and how far it has come.
pub struct Indexing {
    shared: Arc<Shared>,
    store: Arc<Store>,
    thread: Background,
}

struct Shared {
    stopping: AtomicBool,
    indexed: Mutex<u64>,
    moved: Condvar,
    handover: Mutex<Option<Handover>>,
    /// What keeps the index from following, while something does.
    trouble: Mutex<Option<String>>,
}

/// Another generation, for the thread to switch to.
struct Handover {
    index: Index,
    writer: Writer,
    when: Switch,
    reply: mpsc::Sender<Result<(), ServiceError>>,
}

/// When a generation that is handed over comes into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Once it knows the whole journal: nobody misses anything for a moment.
    WhenCaughtUp,
    /// At once; it learns afterwards what it has missed.
    Now,
}

/// What to do with an index that was made from another index-schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// Build a fresh one beside it.
    Rebuild,
    /// Leave it until somebody hands another one over.
    Wait,
}

impl Indexing {
    /// Starts following; a writer goes on from where its generation knows the journal.
    pub fn start(
        store: Arc<Store>,
        index: Arc<Index>,
        writer: Option<Writer>,
        folder: PathBuf,
        schema: Arc<IndexSchema>,
        outdated: Outdated,
    ) -> std::io::Result<Indexing> {
        let known = index.snapshot().sequence();
        let is_ahead = known > store.sequence();
        if is_ahead {
            tracing::warn!(
                known,
                sequence = store.sequence(),
                "the index knows more than the store: another store was put in its place"
            );
            index.report_damage();
        }
        let shared = Arc::new(Shared {
            stopping: AtomicBool::new(false),
            indexed: Mutex::new(if is_ahead { 0 } else { known }),
            moved: Condvar::new(),
            handover: Mutex::new(None),
            trouble: Mutex::new(None),
        });
        let follower = Follower {
            store: Arc::clone(&store),
            index,
            folder,
            schema,
            shared: Arc::clone(&shared),
            outdated,
        };
        let thread = Background::start("indexing", move || follower.run(writer))?;
        Ok(Indexing {
            shared,
            store,
            thread,
        })
    }

    /// Hands another generation over, and returns when searches see it.
    ///
    /// # Errors
    /// When it cannot be switched to; then the one in use stays.
    pub fn adopt(&self, index: Index, writer: Writer, when: Switch) -> Result<(), ServiceError> {
        let (reply, answer) = mpsc::channel();
        let handover = Handover {
            index,
            writer,
            when,
            reply,
        };
        {
            let mut place = unpoisoned(self.shared.handover.lock());
            if self.shared.is_stopping() {
                return Err(ServiceError::Cancelled);
            }
            *place = Some(handover);
        }
        self.store.wake_followers();
        // The thread ends without an answer only when the process is stopping.
        answer.recv().unwrap_or(Err(ServiceError::Cancelled))
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

    /// What keeps the index from following the catalogue, while something does.
    pub fn trouble(&self) -> Option<String> {
        unpoisoned(self.shared.trouble.lock()).clone()
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
            indexed = unpoisoned(self.shared.moved.wait_timeout(indexed, left)).0;
        }
        true
    }

    /// Lets the thread finish its step and end.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.store.wake_followers();
        self.thread.join();
        // Who hands over from now on is told that nobody takes it.
        unpoisoned(self.shared.handover.lock()).take();
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A panic elsewhere does not make a number or an order wrong.
fn unpoisoned<T>(locked: Result<T, std::sync::PoisonError<T>>) -> T {
    locked.unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, u64> {
        unpoisoned(self.indexed.lock())
    }

    fn indexed(&self) -> u64 {
        *self.lock()
    }

    fn reached(&self, sequence: u64) {
        *self.lock() = sequence;
        self.moved.notify_all();
    }

    /// Notes what is in the way; says whether it is another thing than before.
    fn holds_back(&self, trouble: Option<String>) -> bool {
        let mut noted = unpoisoned(self.trouble.lock());
        let is_new = *noted != trouble;
        *noted = trouble;
        is_new
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}
