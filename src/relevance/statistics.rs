//! How sure a mean over questions is, and whether a difference is more than chance.
//!
//! Both tests draw at random from a generator with a seed of the caller's, so the same figures give the same answer.
//!
//! - The interval of a mean is the percentile bootstrap (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993,
//!   chapter 13): questions are drawn again, with replacement, as often as there are questions.
//! - The significance of a paired difference is the two-sided randomisation test that Smucker, Allan and Carterette
//!   (*A comparison of statistical significance tests for information retrieval evaluation*, CIKM 2007) recommend: were
//!   the two rankings the same, each question's difference could as well have the other sign. The share of random signs
//!   whose mean is at least as far from 0 counts the observed one too, so it is never 0 (Phipson and Smyth, 2010).

use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use serde::Serialize;

/// How often questions are drawn again: the ends of a 95 % interval then rest on 50 draws each.
const RESAMPLES: usize = 2_000;

/// How often signs are drawn: the smallest p is 0.0001.
const PERMUTATIONS: usize = 9_999;

/// Below this p a difference is called significant.
pub const SIGNIFICANT: f64 = 0.05;

/// The ends of the 95 % confidence interval of a mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// The interval of the mean of these values; of none, 0 to 0.
pub fn interval(values: &[f64], seed: u64) -> Interval {
    if values.is_empty() {
        return Interval {
            low: 0.0,
            high: 0.0,
        };
    }
    let mut random = StdRng::seed_from_u64(seed);
    let draw = |_| {
        let drawn = (0..values.len()).map(|_| values[random.random_range(0..values.len())]);
        drawn.sum::<f64>() / values.len() as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(draw).collect();
    means.sort_unstable_by(f64::total_cmp);
    let tail = RESAMPLES / 40;
    Interval {
        low: means[tail],
        high: means[RESAMPLES - 1 - tail],
    }
}

/// How likely a mean at least this far from 0 would be, were there no difference: between 0.0001 and 1.
///
/// ```
/// use classo::relevance::statistics::p_value;
/// assert_eq!(p_value(&[0.0, 0.0], 1), 1.0);
/// assert!(p_value(&[0.2; 30], 1) < 0.001);
/// ```
pub fn p_value(differences: &[f64], seed: u64) -> f64 {
    // A difference of 0 keeps its place whatever its sign.
    let moving: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let observed = moving.iter().sum::<f64>().abs();
    // Sums in another order differ in their last bits, and equal ones must count.
    let reached = observed - 1e-9;
    let mut random = StdRng::seed_from_u64(seed);
    let as_far = (0..PERMUTATIONS)
        .filter(|_| randomly_signed_sum(&moving, &mut random).abs() >= reached)
        .count();
    (as_far + 1) as f64 / (PERMUTATIONS + 1) as f64
}

fn randomly_signed_sum(values: &[f64], random: &mut StdRng) -> f64 {
    let mut sum = 0.0;
    for chunk in values.chunks(64) {
        let mut signs = random.next_u64();
        for value in chunk {
            sum += if signs & 1 == 0 { *value } else { -*value };
            signs >>= 1;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_mean_and_narrows_with_more_questions() {
        let values: Vec<f64> = (0..400).map(|n| f64::from(n % 10) / 10.0).collect();
        let (few, many) = (interval(&values[..20], 7), interval(&values, 7));
        for found in [few, many] {
            assert!(found.low < 0.45 && 0.45 < found.high, "{found:?}");
        }
        assert!(many.high - many.low < (few.high - few.low) / 3.0);
        assert_eq!(interval(&values, 7), many, "the same seed, the same answer");
    }

    #[test]
    fn the_interval_of_a_known_spread_is_about_two_standard_errors() {
        // Variance 0.25 over 100 values: a standard error of 0.05.
        let values: Vec<f64> = (0..100).map(|n| f64::from(n % 2)).collect();
        let found = interval(&values, 3);
        assert!((found.low - 0.402).abs() < 0.03 && (found.high - 0.598).abs() < 0.03);
    }

    #[test]
    fn p_is_the_share_of_signs_that_reach_as_far() {
        // Of the 16 ways to sign four equal differences two reach as far: p is near 0.125.
        let p = p_value(&[0.1; 4], 5);
        assert!((p - 0.125).abs() < 0.015, "{p}");
        assert_eq!(p, p_value(&[-0.1; 4], 5), "both sides count");
        assert!(p_value(&[0.3, -0.3, 0.1, -0.1], 5) > 0.9);
    }
}
