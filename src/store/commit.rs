//! Group commit: many writers, one thread that makes their writes durable together.
//!
//! A sled transaction is in memory when it returns. A writer then waits for the next round of the committer: sled's
//! flush, and our own fsync of its file, since sled's flush leaves the disk's cache and the file's length alone (fsync
//! belongs to the file, not to the handle, so a handle of ours does). While one round runs, the writers that arrive
//! gather for the next; sixty-four of them cost hardly more than one. `flush_async` is never used: concurrent calls of
//! it hang for ever in this version of sled.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

use super::StoreError;

pub struct Committer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    rounds: Mutex<Rounds>,
    wanted: Condvar,
    finished: Condvar,
}

#[derive(Default)]
struct Rounds {
    /// Tickets handed out so far.
    tickets: u64,
    /// Every ticket up to here has been served.
    served: u64,
    /// From this ticket on nothing is durable any more, and why. After a flush or an fsync that failed nobody knows what is
    /// on disk: a later one that succeeds says nothing about what was lost (sled refuses to go on, too).
    failed: Option<(u64, String)>,
    stopping: bool,
}

impl Committer {
    pub fn start(database: sled::Db, folder: &Path) -> io::Result<Committer> {
        let file = File::open(folder.join("db"))?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-commit".into())
            .spawn(move || {
                run(&for_thread, || {
                    database.flush().map_err(|error| error.to_string())?;
                    file.sync_all().map_err(|error| error.to_string())
                });
            })?;
        Ok(Committer {
            shared,
            thread: Some(thread),
        })
    }

    /// Returns once everything written before the call is on disk.
    pub fn wait(&self) -> Result<(), StoreError> {
        let started = std::time::Instant::now();
        let mut rounds = self.shared.lock();
        rounds.tickets += 1;
        let ticket = rounds.tickets;
        self.shared.wanted.notify_one();
        while rounds.served < ticket {
            rounds = self
                .shared
                .finished
                .wait(rounds)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        metrics::histogram!("classo_store_commit_seconds").record(started.elapsed().as_secs_f64());
        match &rounds.failed {
            Some((first, reason)) if ticket >= *first => Err(StoreError::Stopped {
                reason: reason.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Why nothing is durable any more, when that is so.
    pub fn trouble(&self) -> Option<String> {
        let rounds = self.shared.lock();
        rounds.failed.as_ref().map(|(_, reason)| reason.clone())
    }

    /// A write failed before it came to a round.
    pub fn note_trouble(&self, reason: &str) {
        let mut rounds = self.shared.lock();
        let next = rounds.tickets + 1;
        rounds.failed.get_or_insert((next, reason.to_owned()));
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.wanted.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Rounds> {
        self.rounds
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn run(shared: &Shared, make_durable: impl Fn() -> Result<(), String>) {
    loop {
        let mut rounds = shared.lock();
        while rounds.tickets == rounds.served {
            if rounds.stopping {
                return;
            }
            rounds = shared
                .wanted
                .wait(rounds)
                .unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        let (first, last) = (rounds.served + 1, rounds.tickets);
        drop(rounds);
        let result = make_durable();
        let mut rounds = shared.lock();
        rounds.served = last;
        if let Err(reason) = result {
            tracing::error!(reason, "the store has stopped");
            rounds.failed.get_or_insert((first, reason));
        }
        drop(rounds);
        shared.finished.notify_all();
    }
}
