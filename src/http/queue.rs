//! Who may wait for an answer, and who is told to come back at once.
//!
//! A queue that forms and dissolves is a burst: everybody is served, as long as the last of them waits for no more than
//! [`QUESTIONS_BEFORE`]. One that stands is a load that the server does not sustain: whatever its length, it only makes
//! every answer late by as much. So a standing queue is kept short, by turning new questions away while they have not
//! waited for anything yet. How long a burst may be follows from how long questions took of late, whatever the machine.
//!
//! Turning a great crowd away takes cores, too. As soon as that is a whole core, it is left to it: otherwise those who are
//! answered would have to wait for it all the same, in the middle of their answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A queue without its people: it counts them, the threads that answer serve them in their order.
pub struct Queue {
    /// Questions that are answered at once. Half as many may wait while the queue stands: about half the time of a question.
    /// With as many as are answered, every answer came three times as late as unloaded; with none, threads would lie idle.
    at_once: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Those who are being answered, and those who wait.
    inside: usize,
    /// Questions that were answered, ever: the queue's clock. It stands still while the machine does something else, and
    /// those who came meanwhile are no crowd.
    answered: u64,
    /// How long a question takes, once a thread has it; zero before the first.
    usual: Duration,
    /// Since when, by the queue's clock, more wait than a standing queue has places.
    long_since: Option<u64>,
    crowd: Option<Crowd>,
}

/// A queue that stood, and was made short.
struct Crowd {
    /// When somebody was last turned away.
    refused_at: Instant,
    /// Goes up when somebody is turned away, and down when somebody is answered; at zero the crowd has gone.
    pressing: u32,
    /// How many were turned away since somebody was last answered, and how many are as a rule between two answers.
    refused: u32,
    refused_as_a_rule: f32,
}

/// A burst may keep those who wait for as long as so many questions take, and may be longer than a standing queue for as
/// long. Of a load that stays for some seconds, those that were taken for a burst at its beginning are then less than one in
/// a hundred; at half of what the server sustains, chance alone does not fill so many places.
const QUESTIONS_BEFORE: usize = 8;

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

/// The time of a core that turning somebody away takes: some in the server, most in the system's network.
const REFUSAL: Duration = Duration::from_micros(80);

/// A question more changes by one part in so many what is so as a rule.
const MEMORY: u32 = 8;

/// A place of somebody who waits, then is answered; given back when dropped.
pub struct Place(Arc<Queue>);

impl Queue {
    /// For so many questions that are answered at once.
    pub fn new(at_once: usize) -> Self {
        Queue {
            at_once,
            state: Mutex::default(),
        }
    }

    /// A place; none when the queue is full.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        self.enter_at(Instant::now())
    }

    fn enter_at(self: &Arc<Self>, now: Instant) -> Option<Place> {
        let mut state = self.lock();
        if self.turns_away(&mut state, now) {
            return None;
        }
        state.inside += 1;
        if state.inside > self.standing() {
            let answered = state.answered;
            state.long_since.get_or_insert(answered);
        }
        Some(Place(Arc::clone(self)))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().inside.saturating_sub(self.at_once)
    }

    /// How many more would be answered at once.
    pub fn free(&self) -> usize {
        self.at_once.saturating_sub(self.lock().inside)
    }

    /// Whether nobody more may wait; whoever is told so counts as turned away.
    pub fn is_full(&self) -> bool {
        self.turns_away(&mut self.lock(), Instant::now())
    }

    fn turns_away(&self, state: &mut State, now: Instant) -> bool {
        let is_over = |crowd: &mut Crowd| crowd.pressing == 0 || now - crowd.refused_at >= CALM;
        state.crowd.take_if(is_over);
        let is_full = state.inside >= self.places(state);
        if is_full {
            let crowd = state.crowd.get_or_insert(Crowd {
                refused_at: now,
                pressing: AT_FIRST - TURNED_AWAY,
                refused: 0,
                refused_as_a_rule: 0.0,
            });
            crowd.refused_at = now;
            crowd.pressing = (crowd.pressing + TURNED_AWAY).min(AT_MOST);
            crowd.refused += 1;
        }
        is_full
    }

    /// How many may be inside now.
    fn places(&self, state: &State) -> usize {
        let burst = self.burst(state.usual);
        let stands = |since: u64| state.answered - since >= burst as u64;
        match self.cores_left(state) {
            Some(cores) => cores,
            None if state.crowd.is_some() || state.long_since.is_some_and(stands) => {
                self.standing()
            }
            None => self.at_once + burst,
        }
    }

    /// The cores that a crowd leaves to those who are answered, when turning it away takes one or more. Then nobody waits: of
    /// so great a crowd the next one comes at once.
    fn cores_left(&self, state: &State) -> Option<usize> {
        let refusing = state.crowd.as_ref()?.refused_as_a_rule * REFUSAL.as_secs_f32();
        let share = refusing / (refusing + state.usual.as_secs_f32());
        let taken = (share * self.at_once as f32).round() as usize;
        (taken > 0).then(|| self.at_once.saturating_sub(taken).max(1))
    }

    /// How many may be inside for as long as they like.
    fn standing(&self) -> usize {
        self.at_once + self.at_once.div_ceil(2)
    }

    /// How many may wait in a burst, of questions that take so long.
    fn burst(&self, usual: Duration) -> usize {
        let in_time = SHORTEST_BURST.as_nanos() / usual.as_nanos().max(1);
        let each = usize::try_from(in_time).map_or(MOST, |each| each.max(QUESTIONS_BEFORE));
        each.saturating_mul(self.at_once).min(MOST)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Has the question answered, and learns how long that took. None when the crowd has become so great meanwhile that nobody
    /// waits any more.
    pub fn answer<T>(self, work: impl FnOnce() -> T) -> Option<T> {
        if self.has_waited_in_vain() {
            return None;
        }
        let begun = Instant::now();
        let done = work();
        self.learn(begun.elapsed());
        Some(done)
    }

    fn has_waited_in_vain(&self) -> bool {
        let state = self.0.lock();
        let left = self.0.cores_left(&state);
        left.is_some_and(|cores| cores < state.inside)
    }

    fn learn(&self, took: Duration) {
        let mut state = self.0.lock();
        state.answered += 1;
        if let Some(crowd) = &mut state.crowd {
            crowd.pressing = crowd.pressing.saturating_sub(1);
            let refused = std::mem::take(&mut crowd.refused) as f32;
            crowd.refused_as_a_rule += (refused - crowd.refused_as_a_rule) / MEMORY as f32;
        }
        state.usual = match state.usual {
            Duration::ZERO => took,
            usual => (usual * (MEMORY - 1) + took) / MEMORY,
        };
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.inside -= 1;
        if state.inside <= self.0.standing() {
            state.long_since = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A queue whose questions take a millisecond.
    fn queue(at_once: usize) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(at_once));
        queue.state.lock().expect("whole").usual = MILLISECOND;
        queue
    }

    /// Everybody who finds a place, for as long as they are kept.
    fn fill(queue: &Arc<Queue>, now: Instant) -> Vec<Place> {
        std::iter::from_fn(|| queue.enter_at(now)).collect()
    }

    /// The first who are inside are answered, and go.
    fn answer(inside: &mut Vec<Place>, how_many: usize) {
        for place in inside.drain(..how_many) {
            place.learn(MILLISECOND);
        }
    }

    #[test]
    fn a_burst_has_the_places_that_are_served_in_its_time() {
        for (took_us, places) in [(2_000, 16), (90_000, 16), (200, 160), (50, MOST)] {
            let queue = Arc::new(Queue::new(2));
            queue.state.lock().expect("whole").usual = Duration::from_micros(took_us);
            assert_eq!(fill(&queue, Instant::now()).len(), 2 + places, "{took_us}");
            assert_eq!((queue.waiting(), queue.free()), (0, 2));
        }
    }

    #[test]
    fn a_queue_that_stands_is_kept_short() {
        let (queue, now) = (queue(2), Instant::now());
        let mut inside = Vec::new();
        // Who comes takes the place of who was answered, until as many were answered as a burst has places.
        for _ in 0..40 {
            inside.extend(queue.enter_at(now));
            inside.extend(queue.enter_at(now));
            answer(&mut inside, 1);
        }
        assert!(queue.waiting() > 1);
        assert!(queue.enter_at(now).is_none());
        answer(&mut inside, queue.waiting());
        assert_eq!(fill(&queue, now).len(), 1);
    }

    #[test]
    fn who_came_while_the_machine_stood_still_is_no_crowd() {
        let (queue, start) = (queue(2), Instant::now());
        let mut inside: Vec<_> = (0..20).filter_map(|_| queue.enter_at(start)).collect();
        assert_eq!(inside.len(), 20);
        let later = start + SHORTEST_BURST * 10;
        inside.extend(queue.enter_at(later));
        assert_eq!(inside.len(), 21);
    }

    #[test]
    fn a_short_queue_may_stay_for_ever_and_a_burst_still_has_its_places() {
        let (queue, now) = (queue(2), Instant::now());
        let mut inside: Vec<_> = (0..3).filter_map(|_| queue.enter_at(now)).collect();
        for _ in 0..100 {
            answer(&mut inside, 1);
            inside.extend(queue.enter_at(now));
        }
        assert_eq!(inside.len() + fill(&queue, now).len(), 2 + 32);
    }

    #[test]
    fn a_great_crowd_leaves_a_core_to_those_who_turn_it_away_and_nobody_waits() {
        let (queue, now) = (queue(4), Instant::now());
        let mut inside = fill(&queue, now);
        // Forty for each answer: three milliseconds of refusals beside one of answers.
        while inside.len() > 2 {
            answer(&mut inside, 1);
            for _ in 0..40 {
                assert!(queue.enter_at(now).is_none());
            }
        }
        // Both are being answered: one more core than is left to them.
        let waited = inside.pop().expect("somebody");
        assert_eq!(waited.answer(|| "late"), None);
        assert!(queue.enter_at(now).is_none());
        let last = inside.pop().expect("somebody");
        assert_eq!(last.answer(|| "in time"), Some("in time"));
        assert_eq!(fill(&queue, now).len(), 1);
        // One for each answer again: everybody has a core, and somebody waits.
        for _ in 0..40 {
            answer(&mut fill(&queue, now), 1);
        }
        assert_eq!(fill(&queue, now).len(), 6);
    }

    #[test]
    fn a_crowd_stays_while_it_presses_and_has_gone_when_most_are_answered_or_after_a_moment() {
        for at_once in [1, 2, 8] {
            let (queue, now) = (queue(at_once), Instant::now());
            let burst = fill(&queue, now).len();
            let mut inside = fill(&queue, now);
            let short = inside.len();
            assert!(short < burst, "the crowd may come again");
            // As many are answered as are turned away.
            for _ in 0..AT_MOST * 4 {
                answer(&mut inside, 1);
                inside.extend(queue.enter_at(now));
                assert!(queue.enter_at(now).is_none(), "the crowd is there");
            }
            // One in ten finds no place, as long as the crowd is there.
            for _ in 0..AT_MOST / 4 {
                drop(queue.enter_at(now));
                for _ in 0..9 {
                    answer(&mut inside, 1);
                    inside.extend(queue.enter_at(now));
                }
            }
            drop(inside);
            assert_eq!(fill(&queue, now).len(), burst);
            assert_eq!(fill(&queue, now).len(), short);
            assert_eq!(fill(&queue, now + CALM).len(), burst);
        }
    }
}
