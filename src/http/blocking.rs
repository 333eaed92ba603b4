//! The single bridge from the asynchronous doors to the synchronous core.
//!
//! It has a limited number of permits: a crowd waits for a moment and is then told to come back, so that accepted
//! requests stay fast and the server is never starved.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::error::ApiError;

pub struct Bridge {
    questions: Arc<Semaphore>,
    imports: Arc<Semaphore>,
}

/// How long a question waits for a permit.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// Bulk work runs beside questions, but not in a crowd.
const IMPORTS_AT_ONCE: usize = 2;

impl Bridge {
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Bridge {
            questions: Arc::new(Semaphore::new(cores * 2)),
            imports: Arc::new(Semaphore::new(IMPORTS_AT_ONCE)),
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

    /// Runs bulk work on a worker thread.
    pub async fn import<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        run(&self.imports, work).await
    }
}

async fn run<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let permit = tokio::time::timeout(PATIENCE, Arc::clone(permits).acquire_owned());
    let permit = permit
        .await
        .map_err(|_| ApiError::Busy)?
        .map_err(|_| ApiError::Busy)?;
    let worked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    worked
        .await
        .map_err(|error| ApiError::Internal(format!("a worker failed: {error}")))
}
