//! A service's own thread, which ends with the service.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// A running thread. What it waits for tells it to end; [`Background::join`] then waits until it has.
pub struct Background(Mutex<Option<JoinHandle<()>>>);

impl Background {
    /// # Errors
    /// When the system starts no thread.
    pub fn start(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<Self> {
        let thread = Builder::new().name(name.into()).spawn(work)?;
        Ok(Background(Mutex::new(Some(thread))))
    }

    /// Returns when the thread has ended, and at once when it was joined before.
    pub fn join(&self) {
        let thread = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}
