//! Who may wait for a permit, and who is told to come back at once.
//!
//! A queue that forms and dissolves is a burst: its places are many, and everybody is served. One that stands is a load
//! that the server does not sustain: whatever its length, it only makes every answer late by as much. So a standing
//! queue is kept short, by turning new questions away while they have not waited for anything yet. It is long again once
//! nobody had to be turned away for a moment. Nothing here depends on how long a question takes, on any machine.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A queue without its people: it counts them, the permits' own order serves them.
pub struct Queue {
    /// Places while it stands: each in it waits for less than the time of one question.
    short: usize,
    /// Places in a burst.
    long: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: usize,
    /// Since when there was always somebody.
    standing_since: Option<Instant>,
    /// When somebody was last turned away.
    refused_at: Option<Instant>,
}

/// Places in a burst for each question that is answered at once: the twenty or so requests of a page, of several people.
const BURST: usize = 16;

/// Places at most, however many cores there are.
const MOST: usize = 256;

/// A queue that has been there for this long stands.
const STANDING: Duration = Duration::from_millis(50);

/// Without anybody turned away for this long, the crowd has gone.
const CALM: Duration = Duration::from_secs(1);

/// A place in the queue, given back when dropped.
pub struct Waiting<'a>(&'a Queue);

impl Queue {
    /// For so many questions that are answered at once.
    pub fn new(at_once: usize) -> Self {
        Queue {
            short: at_once.div_ceil(2),
            long: (at_once * BURST).clamp(at_once, MOST),
            state: Mutex::default(),
        }
    }

    /// A place to wait in; none when it is full.
    pub fn enter(&self) -> Option<Waiting<'_>> {
        self.enter_at(Instant::now())
    }

    fn enter_at(&self, now: Instant) -> Option<Waiting<'_>> {
        let mut state = self.lock();
        if state.waiting >= self.places(&state, now) {
            state.refused_at = Some(now);
            return None;
        }
        state.waiting += 1;
        state.standing_since.get_or_insert(now);
        Some(Waiting(self))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Whether nobody more may wait; whoever is told so counts as turned away.
    pub fn is_full(&self) -> bool {
        let (mut state, now) = (self.lock(), Instant::now());
        let is_full = state.waiting >= self.places(&state, now);
        if is_full {
            state.refused_at = Some(now);
        }
        is_full
    }

    fn places(&self, state: &State, now: Instant) -> usize {
        let within = |since: Option<Instant>, span| since.is_some_and(|since| now - since < span);
        let stands = state.standing_since.is_some() && !within(state.standing_since, STANDING);
        if stands || within(state.refused_at, CALM) {
            self.short
        } else {
            self.long
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting -= 1;
        if state.waiting == 0 {
            state.standing_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill<'a>(queue: &'a Queue, now: Instant, waiting: &mut Vec<Waiting<'a>>) -> usize {
        let before = waiting.len();
        while let Some(place) = queue.enter_at(now) {
            waiting.push(place);
        }
        waiting.len() - before
    }

    #[test]
    fn a_burst_has_many_places_and_a_standing_queue_few() {
        let (queue, start, mut waiting) = (Queue::new(2), Instant::now(), Vec::new());
        assert_eq!(fill(&queue, start, &mut waiting), 32);
        let later = start + STANDING * 2;
        assert_eq!(fill(&queue, later, &mut waiting), 0, "all are still there");
        waiting.clear();
        assert_eq!(
            fill(&queue, later, &mut waiting),
            1,
            "the crowd has been there"
        );
    }

    #[test]
    fn the_queue_is_long_again_once_nobody_was_turned_away_for_a_moment() {
        let (queue, start, mut waiting) = (Queue::new(1), Instant::now(), Vec::new());
        assert_eq!(fill(&queue, start, &mut waiting), 16);
        waiting.clear();
        let soon = start + CALM / 2;
        assert_eq!(
            fill(&queue, soon, &mut waiting),
            1,
            "the crowd may come again"
        );
        waiting.clear();
        assert_eq!(fill(&queue, soon + CALM * 2, &mut waiting), 16);
    }
}
