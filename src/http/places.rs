//! Places for connections: a limited number, and the longest silent one is given to whoever comes when none is free.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The places, and who has them.
pub struct Places {
    free: Arc<Semaphore>,
    taken: Mutex<HashMap<u64, Arc<Guest>>>,
    opened: Instant,
    last: AtomicU64,
}

/// Who has a place.
pub struct Guest {
    /// Requests whose answer is being made.
    requests: AtomicUsize,
    /// When a byte last came or went, in milliseconds since the places were opened.
    active_ms: AtomicU64,
    opened: Instant,
    leave: Notify,
}

/// A place that is taken; free again when dropped.
pub struct Place {
    pub guest: Arc<Guest>,
    id: u64,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

/// Whoever was silent for less is not asked to leave: between two questions of one page there are moments.
const SHORTEST_SILENCE: Duration = Duration::from_secs(1);

impl Places {
    pub fn new(places: usize) -> Arc<Places> {
        Arc::new(Places {
            free: Arc::new(Semaphore::new(places)),
            taken: Mutex::default(),
            opened: Instant::now(),
            last: AtomicU64::new(0),
        })
    }

    /// A place, when one is free.
    pub fn take(self: &Arc<Self>) -> Option<Place> {
        let permit = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(self.seat(permit))
    }

    /// A place, when somebody who was silent leaves it, or one comes free in time.
    pub async fn take_within(self: &Arc<Self>, patience: Duration) -> Option<Place> {
        if let Some(silent) = self.longest_silent() {
            silent.leave.notify_one();
        }
        let permit = tokio::time::timeout(patience, Arc::clone(&self.free).acquire_owned());
        Some(self.seat(permit.await.ok()?.ok()?))
    }

    fn seat(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Place {
        let id = self.last.fetch_add(1, Ordering::Relaxed);
        let guest = Arc::new(Guest {
            requests: AtomicUsize::new(0),
            active_ms: AtomicU64::new(0),
            opened: self.opened,
            leave: Notify::new(),
        });
        guest.is_active();
        self.lock().insert(id, Arc::clone(&guest));
        Place {
            guest,
            id,
            places: Arc::clone(self),
            _permit: permit,
        }
    }

    fn longest_silent(&self) -> Option<Arc<Guest>> {
        let now = self.opened.elapsed();
        let taken = self.lock();
        let silent = taken.values().filter(|guest| {
            guest.requests.load(Ordering::Relaxed) == 0
                && now.saturating_sub(guest.active_at()) >= SHORTEST_SILENCE
        });
        let longest = silent.min_by_key(|guest| guest.active_at()).cloned();
        // Whoever comes next asks another one.
        longest.inspect(|guest| guest.is_active())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Guest>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// A byte came or went.
    pub fn is_active(&self) {
        let now = self.opened.elapsed().as_millis() as u64;
        self.active_ms.store(now, Ordering::Relaxed);
    }

    fn active_at(&self) -> Duration {
        Duration::from_millis(self.active_ms.load(Ordering::Relaxed))
    }

    /// Resolves when the place is needed for somebody else.
    pub async fn must_leave(&self) {
        self.leave.notified().await;
    }

    /// An answer is being made until what is returned is dropped.
    pub fn answering(self: &Arc<Self>) -> Answering {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }
}

/// See [`Guest::answering`].
pub struct Answering(Arc<Guest>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(&self.id);
    }
}
