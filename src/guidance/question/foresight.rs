//! Two questions ahead: how likely what is sought stands on the short list then.

use super::pool::{Pool, bits};

/// A question as far as foresight goes.
pub(super) struct Prospect {
    /// How likely somebody cares about it at all.
    pub concern: f64,
    /// For each of the pool the options that keep it, as bits.
    masks: Vec<u32>,
    /// For each of the pool the chance that, sought, it makes a certain one of these options the answer.
    parts: Vec<f64>,
}

impl Prospect {
    pub fn new(concern: f64, masks: Vec<u32>) -> Self {
        let part = |mask: &u32| 1.0 / f64::from(mask.count_ones().max(1));
        Prospect {
            concern,
            parts: masks.iter().map(part).collect(),
            masks,
        }
    }
}

/// What being shown one question later is worth, beside being shown at once.
const LATER: f64 = 0.6;

/// How many answers a question may have.
const ANSWERS: usize = u32::BITS as usize;

/// The chance that what is sought, which is not shown yet, is shown after one of the questions is answered; that it is
/// shown only after the best one that follows counts for less.
pub(super) fn chance(pool: &Pool, prospects: &[Prospect], first: usize) -> f64 {
    let asked = &prospects[first];
    let mut at_once = 0.0;
    // After each answer: what remains, in order, with the chance of each that it is sought and yet not shown.
    let mut remaining: [Vec<(usize, f64)>; ANSWERS] = std::array::from_fn(|_| Vec::new());
    for (place, mask) in asked.masks.iter().enumerate() {
        let chance = match place < pool.shown {
            true => 0.0,
            false => pool.shares[place] * asked.parts[place],
        };
        for answer in bits(*mask) {
            let is_shown = remaining[answer].len() < pool.shown;
            at_once += if is_shown { chance } else { 0.0 };
            let open = if is_shown { 0.0 } else { chance };
            remaining[answer].push((place, open));
        }
    }
    let others = || {
        let others = prospects.iter().enumerate();
        others
            .filter(|(place, _)| *place != first)
            .map(|(_, it)| it)
    };
    let best_of = |remaining: &[(usize, f64)]| {
        // All of it is shown already.
        if remaining.len() <= pool.shown {
            return 0.0;
        }
        let chances = others().map(|other| other.concern * shown_after(pool, other, remaining));
        chances.fold(0.0, f64::max)
    };
    let later: f64 = remaining.iter().map(|rest| best_of(rest)).sum();
    let open = |place: usize| {
        if place < pool.shown {
            0.0
        } else {
            pool.shares[place]
        }
    };
    let everything: Vec<(usize, f64)> = (0..pool.shares.len()).map(|at| (at, open(at))).collect();
    let unanswered = LATER * best_of(&everything);
    asked.concern * (at_once + LATER * later) + (1.0 - asked.concern) * unanswered
}

/// The chance that what is sought is shown after one more answer.
fn shown_after(pool: &Pool, asked: &Prospect, remaining: &[(usize, f64)]) -> f64 {
    let mut kept = [0_usize; ANSWERS];
    // The answers after which the short list is full: what comes later is not shown.
    let mut full = 0;
    let mut shown = 0.0;
    for (place, chance) in remaining {
        let part = chance * asked.parts[*place];
        for answer in bits(asked.masks[*place] & !full) {
            shown += part;
            kept[answer] += 1;
            if kept[answer] == pool.shown {
                full |= 1 << answer;
            }
        }
    }
    shown
}
