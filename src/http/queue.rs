//! Who may wait for a permit, and who is told to come back at once.
//!
//! A queue that forms and dissolves is a burst: everybody is served, as long as the last of them waits for no more than
//! [`QUESTIONS_BEFORE`]. One that stands is a load that the server does not sustain: whatever its length, it only makes
//! every answer late by as much. So a standing queue is kept short, by turning new questions away while they have not
//! waited for anything yet. How long a burst may be follows from how long questions took of late, whatever the machine.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A queue without its people: it counts them, the permits' own order serves them.
pub struct Queue {
    /// Questions that are answered at once. Half as many may wait while it stands: about half the time of a question. With
    /// as many as are answered, every answer came three times as late as unloaded; with none, permits would lie idle.
    at_once: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: usize,
    /// How long a question takes, once it has its permit; zero before the first.
    usual: Duration,
    /// Since when more wait than a standing queue has places.
    long_since: Option<Instant>,
    crowd: Option<Crowd>,
}

/// A queue that stood, and was made short.
struct Crowd {
    /// When somebody was last turned away.
    refused_at: Instant,
    /// Goes up when somebody is turned away, and down when somebody is answered; at zero the crowd has gone.
    pressing: u32,
}

/// A burst may keep those who wait for as long as so many questions take, and may be longer than a standing queue for as
/// long. Of a load that stays for some seconds, those that were taken for a burst at its beginning are then less than one in
/// a hundred; at half of what the server sustains, chance alone does not fill so many places.
const QUESTIONS_BEFORE: u32 = 12;

/// However short the questions, what the machine itself does in between may take as long.
const SHORTEST_BURST: Duration = Duration::from_millis(16);

/// Places at most, however short the questions.
const MOST: usize = 256;

/// How much a crowd presses when the first is turned away, what each that follows adds, and how much it presses at most.
/// Whoever is answered takes one off. At half of what the server sustains, a short queue turns one in ten away, and the crowd
/// goes; at twice as much it is more than half of them, and it stays.
const AT_FIRST: u32 = 16;
const TURNED_AWAY: u32 = 2;
const AT_MOST: u32 = 32;

/// The crowd has gone, too, when nobody was turned away for this long.
const CALM: Duration = Duration::from_secs(1);

/// A question more changes by one part in so many what questions take as a rule.
const MEMORY: u32 = 16;

/// A place in the queue, given back when dropped.
pub struct Waiting<'a>(&'a Queue);

impl Queue {
    /// For so many questions that are answered at once.
    pub fn new(at_once: usize) -> Self {
        Queue {
            at_once,
            state: Mutex::default(),
        }
    }

    /// A place to wait in; none when it is full.
    pub fn enter(&self) -> Option<Waiting<'_>> {
        self.enter_at(Instant::now())
    }

    fn enter_at(&self, now: Instant) -> Option<Waiting<'_>> {
        let mut state = self.lock();
        if self.turns_away(&mut state, now) {
            return None;
        }
        state.waiting += 1;
        if state.waiting > self.standing() {
            state.long_since.get_or_insert(now);
        }
        Some(Waiting(self))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Whether nobody more may wait; whoever is told so counts as turned away.
    pub fn is_full(&self) -> bool {
        self.turns_away(&mut self.lock(), Instant::now())
    }

    /// Learns that a question was answered, and how long it took once it had its permit.
    pub fn learn(&self, took: Duration) {
        let mut state = self.lock();
        if let Some(crowd) = &mut state.crowd {
            crowd.pressing = crowd.pressing.saturating_sub(1);
        }
        state.usual = match state.usual {
            Duration::ZERO => took,
            usual => (usual * (MEMORY - 1) + took) / MEMORY,
        };
    }

    fn turns_away(&self, state: &mut State, now: Instant) -> bool {
        let is_over = |crowd: &mut Crowd| crowd.pressing == 0 || now - crowd.refused_at >= CALM;
        state.crowd.take_if(is_over);
        let burst = (state.usual * QUESTIONS_BEFORE).max(SHORTEST_BURST);
        let stands = state.long_since.is_some_and(|since| now - since >= burst);
        let places = match stands || state.crowd.is_some() {
            true => self.standing(),
            false => self.places_within(burst, state.usual),
        };
        let is_full = state.waiting >= places;
        if is_full {
            let before = state.crowd.take();
            let pressing = before.map_or(AT_FIRST, |crowd| crowd.pressing + TURNED_AWAY);
            state.crowd = Some(Crowd {
                refused_at: now,
                pressing: pressing.min(AT_MOST),
            });
        }
        is_full
    }

    /// How many may wait for as long as they like.
    fn standing(&self) -> usize {
        self.at_once.div_ceil(2)
    }

    fn places_within(&self, time: Duration, usual: Duration) -> usize {
        let each = usual.as_nanos().max(1);
        let places = time.as_nanos() * self.at_once as u128 / each;
        usize::try_from(places)
            .map_or(MOST, |places| places.min(MOST))
            .max(self.standing())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.waiting -= 1;
        if state.waiting <= self.0.standing() {
            state.long_since = None;
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

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A queue whose questions take a millisecond.
    fn queue(at_once: usize) -> Queue {
        let queue = Queue::new(at_once);
        queue.learn(MILLISECOND);
        queue
    }

    #[test]
    fn a_burst_has_the_places_that_are_served_in_its_time() {
        let now = Instant::now();
        for (took_us, places) in [(2_000, 24), (90_000, 24), (200, 160), (50, MOST)] {
            let queue = Queue::new(2);
            queue.learn(Duration::from_micros(took_us));
            assert_eq!(fill(&queue, now, &mut Vec::new()), places, "{took_us}");
        }
    }

    #[test]
    fn a_queue_that_stands_is_kept_short() {
        let (queue, start, mut waiting) = (queue(2), Instant::now(), Vec::new());
        assert_eq!(fill(&queue, start, &mut waiting), 32);
        let later = start + SHORTEST_BURST;
        assert_eq!(fill(&queue, later, &mut waiting), 0, "all are still there");
        waiting.clear();
        assert_eq!(fill(&queue, later, &mut waiting), 1);
    }

    #[test]
    fn a_short_queue_may_stay_for_ever_and_a_burst_still_has_its_places() {
        let (queue, start, mut waiting) = (queue(2), Instant::now(), Vec::new());
        waiting.extend(queue.enter_at(start));
        assert_eq!(fill(&queue, start + CALM, &mut waiting), 31);
    }

    #[test]
    fn a_crowd_stays_while_it_presses_and_has_gone_when_most_are_answered_or_after_a_moment() {
        for at_once in [1, 2, 8] {
            let (queue, start, mut waiting) = (queue(at_once), Instant::now(), Vec::new());
            let burst = fill(&queue, start, &mut waiting);
            waiting.clear();
            let short = fill(&queue, start, &mut waiting);
            assert!(short < burst, "the crowd may come again");
            // As many are answered as are turned away.
            for _ in 0..AT_MOST * 4 {
                queue.learn(MILLISECOND);
                assert!(queue.enter_at(start).is_none(), "the crowd is there");
            }
            // One in ten finds no place.
            for _ in 0..AT_MOST / 4 {
                drop(queue.enter_at(start));
                (0..9).for_each(|_| queue.learn(MILLISECOND));
            }
            assert_eq!(waiting.len() + fill(&queue, start, &mut waiting), burst);
            waiting.clear();
            assert_eq!(fill(&queue, start, &mut waiting), short);
            waiting.clear();
            assert_eq!(fill(&queue, start + CALM, &mut waiting), burst);
        }
    }
}
