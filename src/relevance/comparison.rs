//! What a ranking is worth over many questions, alone and beside another one.

use std::collections::BTreeMap;

use serde::Serialize;

use super::metrics::{Metrics, mean};
use super::statistics::{Interval, interval, p_value};

/// The metrics of each question.
pub type PerQuery = BTreeMap<String, Metrics>;

/// A mean over questions and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    pub mean: f64,
    #[serde(flatten)]
    pub interval: Interval,
}

/// One metric of two rankings, question by question: the first minus the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub mean: f64,
    #[serde(flatten)]
    pub interval: Interval,
    /// Of the two-sided randomisation test.
    pub p: f64,
    /// How many questions the first ranking answers better, and how many worse.
    pub better: usize,
    pub worse: usize,
}

/// Each metric's mean with its interval.
pub fn estimates(per_query: &PerQuery, seed: u64) -> BTreeMap<String, Estimate> {
    let estimate = |(name, mean): (String, f64)| {
        let interval = interval(&values(per_query, &name), seed);
        (name, Estimate { mean, interval })
    };
    mean(per_query.values()).into_iter().map(estimate).collect()
}

/// Each metric's difference over the questions that both rankings were measured on.
pub fn compare(one: &PerQuery, other: &PerQuery, seed: u64) -> BTreeMap<String, Difference> {
    let names = one.values().next().into_iter().flat_map(BTreeMap::keys);
    names
        .map(|name| {
            let gains: Vec<f64> = differences(one, other, name).into_values().collect();
            (name.clone(), Difference::of(&gains, seed))
        })
        .collect()
}

/// One metric's difference on each question that both were measured on.
pub fn differences(one: &PerQuery, other: &PerQuery, metric: &str) -> BTreeMap<String, f64> {
    let difference = |(id, metrics): (&String, &Metrics)| {
        let gain = metrics.get(metric)? - other.get(id)?.get(metric)?;
        Some((id.clone(), gain))
    };
    one.iter().filter_map(difference).collect()
}

impl Difference {
    /// Of the gains of single questions.
    pub fn of(gains: &[f64], seed: u64) -> Difference {
        Difference {
            mean: gains.iter().fold(0.0, |sum, gain| sum + gain) / gains.len().max(1) as f64,
            interval: interval(gains, seed),
            p: p_value(gains, seed),
            better: gains.iter().filter(|gain| **gain > 0.0).count(),
            worse: gains.iter().filter(|gain| **gain < 0.0).count(),
        }
    }
}

/// One metric's value on each question.
pub fn values(per_query: &PerQuery, metric: &str) -> Vec<f64> {
    let measured = per_query.values();
    measured.filter_map(|of| of.get(metric).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(values: &[f64]) -> PerQuery {
        let named = (0..).zip(values);
        named
            .map(|(n, value)| (format!("q{n}"), Metrics::from([("map".into(), *value)])))
            .collect()
    }

    #[test]
    fn a_ranking_that_wins_everywhere_is_significantly_better() {
        let (good, bad) = (measured(&[0.9; 20]), measured(&[0.5; 20]));
        let found = &compare(&good, &bad, 1)["map"];
        assert!((found.mean - 0.4).abs() < 1e-12 && found.p < 0.001);
        assert_eq!((found.better, found.worse), (20, 0));
    }

    #[test]
    fn only_questions_that_both_were_measured_on_are_compared() {
        let (three, two) = (measured(&[1.0, 0.5, 0.0]), measured(&[1.0, 1.0]));
        let found = &compare(&three, &two, 1)["map"];
        assert_eq!((found.mean, found.better, found.worse), (-0.25, 0, 1));
    }
}
