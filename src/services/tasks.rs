//! Long work in the background: each piece is known by a number, tells how far it is, and can be cancelled.
//!
//! How far a running task is lives in memory; that it began, and how it ended, in the store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde::Serialize;

use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::store::{Store, StoreError};

/// The tasks of this process, and the remembered ones.
pub struct Tasks {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    last_id: u64,
    is_stopping: bool,
    work: BTreeMap<u64, Arc<Work>>,
    threads: Vec<JoinHandle<()>>,
}

/// A running task as the one who does it sees it.
pub struct Work {
    task: Task,
    /// Whether it runs on a thread of its own, and not on that of somebody who waits for it.
    in_background: bool,
    done: AtomicU64,
    /// 0 when it is not known.
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Work {
    /// Says how far the work is.
    pub fn at(&self, done: u64, total: Option<u64>) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
    }

    /// So many more items are done.
    pub fn add(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }

    /// Whether the work should end without its result.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn view(&self) -> Task {
        let total = self.total.load(Ordering::Relaxed);
        Task {
            done: self.done.load(Ordering::Relaxed),
            total: (total > 0).then_some(total),
            ..self.task.clone()
        }
    }
}

impl Tasks {
    /// Remembers the tasks of the store; those that were running when the process before ended are interrupted.
    pub fn open(store: Arc<Store>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let mut last_id = 0;
        for mut task in store.tasks()? {
            last_id = task.id;
            if task.is_running() {
                task.state = TaskState::Interrupted;
                store.put_task(&task)?;
            }
        }
        let running = Mutex::new(Running {
            last_id,
            ..Running::default()
        });
        Ok(Tasks {
            store,
            clock,
            running,
        })
    }

    /// Does a piece of work on this thread, as a task that others can watch and cancel.
    pub fn run<T: Serialize>(
        &self,
        kind: TaskKind,
        work: impl FnOnce(&Arc<Work>) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let own = self.begin(kind, false)?;
        self.finish(&own, work)
    }

    /// Begins a piece of work on a thread of its own.
    pub fn start<T: Serialize>(
        self: &Arc<Self>,
        kind: TaskKind,
        work: impl FnOnce(&Arc<Work>) -> Result<T, ServiceError> + Send + 'static,
    ) -> Result<Task, ServiceError> {
        let own = self.begin(kind, true)?;
        let (tasks, for_thread) = (Arc::clone(self), Arc::clone(&own));
        let thread = std::thread::Builder::new()
            .name("task".into())
            .spawn(move || {
                let _ = tasks.finish(&for_thread, work);
            });
        match thread {
            Ok(thread) => {
                let mut running = self.lock();
                running.threads.retain(|thread| !thread.is_finished());
                running.threads.push(thread);
            }
            Err(error) => self.finish(&own, |_| Err::<(), _>(error.into()))?,
        }
        Ok(own.view())
    }

    fn begin(&self, kind: TaskKind, in_background: bool) -> Result<Arc<Work>, ServiceError> {
        let mut running = self.lock();
        if running.is_stopping {
            return Err(ServiceError::Conflict("the server is stopping".into()));
        }
        running.last_id += 1;
        let work = Arc::new(Work {
            task: Task::begin(running.last_id, kind, self.clock.now()),
            in_background,
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
        });
        running.work.insert(work.task.id, Arc::clone(&work));
        drop(running);
        if let Err(error) = self.store.put_task(&work.task) {
            self.lock().work.remove(&work.task.id);
            return Err(error.into());
        }
        Ok(work)
    }

    fn finish<T: Serialize>(
        &self,
        work: &Arc<Work>,
        job: impl FnOnce(&Arc<Work>) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        // A panic ends the task like any other failure; the thread that asked for it goes on.
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(work)));
        let result = caught.unwrap_or_else(|_| {
            Err(std::io::Error::other("it panicked; the log says where").into())
        });
        let mut task = work.view();
        // A clock that was set back meanwhile makes nothing end before it began.
        task.ended_at = Some(self.clock.now().max(task.started_at));
        match &result {
            Ok(outcome) => {
                task.state = TaskState::Done;
                task.outcome = serde_json::to_value(outcome).ok();
            }
            Err(ServiceError::Cancelled) => task.state = TaskState::Cancelled,
            Err(error) => {
                task.state = TaskState::Failed;
                task.error = Some(error.to_string());
            }
        }
        tracing::info!(id = task.id, kind = ?task.kind, state = ?task.state, error = task.error, "a task ended");
        let kept = self.store.put_task(&task);
        self.lock().work.remove(&task.id);
        kept?;
        result
    }

    /// Every known task, the latest first.
    pub fn list(&self, actor: &Actor) -> Result<Vec<Task>, ServiceError> {
        must_operate(actor)?;
        let live = self.live();
        let mut tasks: BTreeMap<u64, Task> = self
            .store
            .tasks()?
            .into_iter()
            .map(|task| (task.id, task))
            .collect();
        for (id, task) in &mut tasks {
            if let Some(work) = live.get(id).filter(|_| task.is_running()) {
                *task = work.view();
            }
        }
        Ok(tasks.into_values().rev().collect())
    }

    /// One task as it is now.
    pub fn find(&self, actor: &Actor, id: u64) -> Result<Task, ServiceError> {
        must_operate(actor)?;
        let live = self.lock().work.get(&id).map(|work| work.view());
        // It may have ended between the two looks: then the store knows.
        match self.store.find_task(id)? {
            Some(task) if !task.is_running() => Ok(task),
            stored => live
                .or(stored)
                .ok_or_else(|| ServiceError::NotFound(format!("task {id}"))),
        }
    }

    /// Asks a running task to end; it does so at its next step.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when it has ended already.
    pub fn cancel(&self, actor: &Actor, id: u64) -> Result<Task, ServiceError> {
        let task = self.find(actor, id)?;
        // What has ended may still be told among the running for a moment.
        match self.lock().work.get(&id).filter(|_| task.is_running()) {
            Some(work) => work.cancelled.store(true, Ordering::Relaxed),
            None => {
                return Err(ServiceError::Conflict(format!(
                    "The task {id} has ended already."
                )));
            }
        }
        Ok(task)
    }

    /// How many are running.
    pub fn count_running(&self) -> usize {
        self.lock().work.len()
    }

    /// Cancels what runs in the background and waits for it; nothing begins afterwards. What somebody waits for may end.
    pub fn stop(&self) {
        let threads = {
            let mut running = self.lock();
            running.is_stopping = true;
            for work in running.work.values().filter(|work| work.in_background) {
                work.cancelled.store(true, Ordering::Relaxed);
            }
            std::mem::take(&mut running.threads)
        };
        for thread in threads {
            let _ = thread.join();
        }
    }

    fn live(&self) -> BTreeMap<u64, Arc<Work>> {
        self.lock().work.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
