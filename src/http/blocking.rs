//! The single bridge from the asynchronous doors to the synchronous core.
//!
//! It has a limited number of permits: a crowd waits for a moment and is then told to come back, so that accepted
//! requests stay fast and the server is never starved.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::ApiError;

pub struct Bridge {
    questions: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    passwords: Arc<Semaphore>,
}

/// How long a question waits for a permit.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Bulk work runs beside questions, but not in a crowd.
const IMPORTS_AT_ONCE: usize = 2;

/// Sign-ins and the like that are in the core at once, most of them in the queue of the hashing threads.
const PASSWORDS_AT_ONCE: usize = 32;

impl Bridge {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Bridge {
            questions: Arc::new(Semaphore::new(cores * 2)),
            imports: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
            passwords: Arc::new(Semaphore::new(PASSWORDS_AT_ONCE)),
        }
    }

    /// Runs a question to the core on a worker thread.
    ///
    /// # Errors
    /// [`ApiError::Busy`] when no permit came free in time.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.questions, work).await
    }

    /// Runs work that waits for a password's hash: it holds none of the permits of questions, so that a crowd that signs in
    /// does not keep others from searching.
    pub async fn hash<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.passwords, work).await
    }

    /// Runs bulk work on a worker thread.
    pub async fn import<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.imports, work).await
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
        (
            self.questions.available_permits(),
            self.imports.available_permits(),
        )
    }
}

async fn permit(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, ApiError> {
    let permit = tokio::time::timeout(PATIENCE, Arc::clone(permits).acquire_owned());
    let permit = permit.await.map_err(|_| ApiError::Busy)?;
    permit.map_err(|_| ApiError::Busy)
}

async fn run<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = permit(permits).await?;
    let worked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    worked
        .await
        .map_err(|error| ApiError::Internal(format!("a worker failed: {error}")))
}
