//! What may be sought: the best matches, each with the chance that it is meant.

use super::Asking;
use super::options::Choice;
use crate::query::attributes::Sets;
use crate::query::found::Candidate;
use crate::query::need::Limit;

/// How many of the best matches a target is looked for among.
pub const POOL: usize = 256;

/// By how many points a match is e times less likely to be the target than another.
const TEMPERATURE: f64 = 3.0;

/// The likely targets, the best first.
pub(super) struct Pool<'a> {
    pub candidates: &'a [Candidate],
    pub sets: &'a Sets,
    /// How many of them are shown.
    pub shown: usize,
    /// How likely each is meant: shares of one.
    pub shares: Vec<f64>,
    /// What each adds to the entropy: its share times the logarithm of that.
    logs: Vec<f64>,
    entropy: f64,
}

impl<'a> Pool<'a> {
    pub fn new(asking: &Asking<'a>) -> Self {
        let candidates = &asking.surveyed.found.candidates;
        let candidates = &candidates[..candidates.len().min(POOL)];
        let best = candidates.first().map_or(0, |best| best.points);
        let weight = |points: i64| ((points - best) as f64 / (10_000.0 * TEMPERATURE)).exp();
        let weights: Vec<f64> = candidates.iter().map(|c| weight(c.points)).collect();
        let sum: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.into_iter().map(|weight| weight / sum).collect();
        let log = |share: &f64| {
            if *share > 0.0 {
                share * share.log2()
            } else {
                0.0
            }
        };
        let logs: Vec<f64> = shares.iter().map(log).collect();
        Pool {
            candidates,
            sets: asking.sets,
            shown: asking.shown.max(1).min(candidates.len()),
            entropy: -logs.iter().sum::<f64>(),
            shares,
            logs,
        }
    }

    /// Which of them an answer keeps.
    pub fn kept(&self, answer: &Limit) -> Vec<bool> {
        let passes = |candidate: &Candidate| answer.passes(&candidate.row, self.sets);
        self.candidates.iter().map(passes).collect()
    }

    pub fn excludes_one_shown(&self, choice: &Choice) -> bool {
        choice.keeps[..self.shown].iter().any(|keeps| !keeps)
    }

    /// For each of them the options that keep it, as bits.
    pub fn masks<'c>(&self, choices: impl IntoIterator<Item = &'c Choice>) -> Vec<u32> {
        let mut masks = vec![0; self.candidates.len()];
        for (number, choice) in choices.into_iter().enumerate() {
            for (mask, keeps) in masks.iter_mut().zip(&choice.keeps) {
                *mask |= u32::from(*keeps) << number;
            }
        }
        masks
    }

    /// The bits that an answer is expected to tell. Who looks for something that several options keep may give any of these
    /// answers; for what none keeps, because it is not known, there is none, and nothing is told.
    pub fn gain(&self, masks: &[u32], options: usize) -> f64 {
        let mut sums = vec![(0.0, 0.0, 0.0); options];
        for (at, mask) in masks.iter().enumerate() {
            let (share, log) = (self.shares[at], self.logs[at]);
            let chance = share / f64::from(mask.count_ones());
            for option in bits(*mask) {
                let (chances, shares, logs) = &mut sums[option];
                *chances += chance;
                *shares += share;
                *logs += log;
            }
        }
        let told = sums.iter().filter(|(_, share, _)| *share > 0.0);
        let told = told.map(|(chance, share, logs)| {
            let remaining = share.log2() - logs / share;
            chance * (self.entropy - remaining)
        });
        told.sum()
    }
}

/// The numbers of the bits that are set.
pub(super) fn bits(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}
