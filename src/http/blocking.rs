//! The single bridge from the asynchronous doors to the synchronous core.
//!
//! Each kind of work has its own limit, so that a crowd never starves the server, and operators get through whatever the
//! crowd does. Questions have threads of their own, one for each core, and a `Queue` before them: a burst waits for its turn,
//! a crowd that stays is told to come back at once, so that accepted questions keep their time. A thread takes the next
//! question as soon as it has answered one, without waiting for those who read connections; everything else is bounded by
//! permits.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::error::ApiError;
use super::limits;
use super::queue::Queue;

pub struct Bridge {
    questions: rayon::ThreadPool,
    queue: Arc<Queue>,
    operators: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
}

/// How long anybody waits for a permit.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// What operators look at or begin is short; it has permits of its own.
const OPERATORS_AT_ONCE: usize = 2;

/// Bulk work runs beside questions, but not in a crowd.
const IMPORTS_AT_ONCE: usize = 2;

/// However many passwords may wait for their hash: each of them keeps a worker thread, and the runtime has 512.
const MOST_PASSWORDS: usize = 256;

impl Bridge {
    /// With room for so many passwords that are checked or wait for it.
    ///
    /// # Errors
    /// When the threads that answer cannot start.
    pub(super) fn new(passwords: usize) -> std::io::Result<Self> {
        // More questions at once than cores make each of them slower, and none of them sooner.
        let at_once = std::thread::available_parallelism().map_or(2, usize::from);
        let questions = rayon::ThreadPoolBuilder::new()
            .num_threads(at_once)
            .thread_name(|number| format!("question-{number}"))
            // Whoever asked is told of a fault of ours.
            .panic_handler(|panic| tracing::error!("panic: {}", limits::panic_message(&*panic)))
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Bridge {
            questions,
            queue: Arc::new(Queue::new(at_once)),
            operators: Arc::new(Semaphore::new(OPERATORS_AT_ONCE)),
            imports: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
            passwords: Arc::new(Semaphore::new(passwords.min(MOST_PASSWORDS))),
        })
    }

    /// Runs a question to the core on a thread that answers questions. `work` leaves rayon alone: while it waited for its
    /// parts, its thread would take another question up.
    ///
    /// # Errors
    /// `ApiError::Busy` when the queue is full.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let place = self.queue.enter().ok_or(ApiError::Busy)?;
        let (answer, answered) = oneshot::channel();
        self.questions.spawn_fifo(move || {
            // Whoever has gone meanwhile costs the others nothing.
            if !answer.is_closed() {
                let _ = answer.send(place.answer(work));
            }
        });
        let answered = answered.await;
        answered
            .map_err(|_| ApiError::Internal("a worker failed".into()))?
            .ok_or(ApiError::Busy)
    }

    /// Whether a question that came now would be told to come back.
    pub fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// How many questions wait.
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Runs what an operator looks at or begins, on a worker thread.
    pub async fn operate<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(permit(&self.operators).await?, work).await
    }

    /// Runs work that waits for a password's hash: it holds up none of the threads of questions, so that a crowd that signs in
    /// does not keep others from searching. Who finds no permit is told so at once: a crowd that waited would only grow.
    ///
    /// # Errors
    /// `ApiError::Busy` when too many wait for a hash already.
    pub async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.passwords).try_acquire_owned();
        run(permit.map_err(|_| ApiError::Busy)?, work).await
    }

    /// Whether somebody who came now with a password would not be told to come back.
    pub fn can_hash(&self) -> bool {
        self.passwords.available_permits() > 0
    }

    /// Runs bulk work on a worker thread.
    pub async fn import<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(permit(&self.imports).await?, work).await
    }

    /// Begins bulk work on a worker thread and returns: its result goes out as it comes.
    pub async fn begin(&self, work: impl FnOnce() + Send + 'static) -> Result<(), ApiError> {
        let permit = permit(&self.imports).await?;
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work();
        });
        Ok(())
    }

    /// How many questions and how many pieces of bulk work could begin now.
    pub fn free(&self) -> (usize, usize) {
        (self.queue.free(), self.imports.available_permits())
    }
}

async fn permit(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    let permit = tokio::time::timeout(PATIENCE, Arc::clone(permits).acquire_owned());
    let permit = permit.await.map_err(|_| ApiError::Busy)?;
    permit.map_err(|_| ApiError::Busy)
}

async fn run<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let worked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    worked
        .await
        .map_err(|error| ApiError::Internal(format!("a worker failed: {error}")))
}
