//! The quality of one ranked list.
//!
//! nDCG, average precision, reciprocal rank, precision and recall are those of `trec_eval -c`: relevant is a grade above
//! 0; nDCG takes the grade as gain and log2(rank + 1) as discount (Järvelin and Kekäläinen, 2002); average precision and
//! recall divide by all relevant resources, found or not. ERR is the expected reciprocal rank at which a reader who
//! stops at a resource of grade g with probability (2^g - 1) / 2^highest is satisfied (Chapelle and others, 2009). RBP
//! is the gain per step, as a share of the highest grade, of a reader who goes on with probability [`PERSISTENCE`]
//! (Moffat and Zobel, 2008).

use std::collections::BTreeMap;

use super::judgment::Grades;

/// The value of each metric, by name.
pub type Metrics = BTreeMap<String, f64>;

/// The chance that a reader of RBP looks at the next result: 0.8 expects five results to be read.
pub const PERSISTENCE: f64 = 0.8;

/// The depth of the recall that is always measured, whatever k is.
const DEEP: usize = 100;

/// How lists are measured: to which depth, and which grade is the best there is.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// At least 1.
    pub k: usize,
    /// At least 1.
    pub highest_grade: i32,
}

impl Measure {
    /// Measures a ranked list of ids, the best first.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use classo::relevance::metrics::Measure;
    /// let grades = HashMap::from([("a".to_string(), 1), ("b".to_string(), 0)]);
    /// let metrics = Measure { k: 10, highest_grade: 1 }.of(&["b".to_string(), "a".to_string()], &grades);
    /// assert_eq!(metrics["mrr"], 0.5);
    /// assert_eq!(metrics["unjudged@10"], 0.0);
    /// ```
    pub fn of(&self, ranking: &[String], grades: &Grades) -> Metrics {
        let k = self.k;
        let gains = gains(ranking, grades);
        let ideal = ideal(grades);
        let relevant = ideal.len() as f64;
        let at_k = |name: &str| format!("{name}@{k}");
        let shown = ranking.iter().take(k);
        let unjudged = shown.clone().filter(|id| !grades.contains_key(*id)).count() as f64;
        Metrics::from([
            (at_k("ndcg"), share(gain_to(&gains, k), gain_to(&ideal, k))),
            ("map".into(), share(sum_of_precisions(&gains), relevant)),
            ("mrr".into(), reciprocal_rank(&gains)),
            (at_k("p"), found(&gains, k) / k as f64),
            (at_k("recall"), share(found(&gains, k), relevant)),
            (
                format!("recall@{DEEP}"),
                share(found(&gains, DEEP), relevant),
            ),
            (at_k("err"), self.expected_reciprocal_rank(&gains)),
            ("rbp".into(), self.rank_biased_precision(&gains)),
            ("answered".into(), f64::from(!ranking.is_empty())),
            (at_k("unjudged"), share(unjudged, shown.count() as f64)),
        ])
    }

    fn expected_reciprocal_rank(&self, gains: &[i32]) -> f64 {
        let (mut expected, mut unsatisfied) = (0.0, 1.0);
        for (place, gain) in gains.iter().take(self.k).enumerate() {
            let satisfied = (2f64.powi(*gain) - 1.0) / 2f64.powi(self.highest_grade);
            expected += unsatisfied * satisfied / (place + 1) as f64;
            unsatisfied *= 1.0 - satisfied;
        }
        expected
    }

    fn rank_biased_precision(&self, gains: &[i32]) -> f64 {
        let highest = f64::from(self.highest_grade);
        let (mut sum, mut reached) = (0.0, 1.0);
        for gain in gains {
            sum += reached * f64::from(*gain) / highest;
            reached *= PERSISTENCE;
        }
        sum * (1.0 - PERSISTENCE)
    }
}

/// The share of the relevant resources among the first results, at each of some depths.
pub fn recall_curve(ranking: &[String], grades: &Grades, depths: &[usize]) -> Vec<f64> {
    let gains = gains(ranking, grades);
    let relevant = ideal(grades).len() as f64;
    let recall = |depth: &usize| share(found(&gains, *depth), relevant);
    depths.iter().map(recall).collect()
}

/// The mean of each metric over questions.
pub fn mean<'a>(of_queries: impl IntoIterator<Item = &'a Metrics>) -> Metrics {
    let mut means = Metrics::new();
    let mut queries: f64 = 0.0;
    for metrics in of_queries {
        queries += 1.0;
        for (name, value) in metrics {
            *means.entry(name.clone()).or_default() += value;
        }
    }
    means.values_mut().for_each(|sum| *sum /= queries.max(1.0));
    means
}

fn gains(ranking: &[String], grades: &Grades) -> Vec<i32> {
    let gain = |id: &String| grades.get(id).copied().unwrap_or(0).max(0);
    ranking.iter().map(gain).collect()
}

/// The gains of the best list there could be.
fn ideal(grades: &Grades) -> Vec<i32> {
    let mut ideal: Vec<i32> = grades.values().copied().filter(|g| *g > 0).collect();
    ideal.sort_unstable_by(|one, other| other.cmp(one));
    ideal
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn found(gains: &[i32], depth: usize) -> f64 {
    gains.iter().take(depth).filter(|gain| **gain > 0).count() as f64
}

fn gain_to(gains: &[i32], depth: usize) -> f64 {
    let discounted = |(place, gain): (usize, &i32)| f64::from(*gain) / ((place + 2) as f64).log2();
    // Not `sum`: of nothing that is -0.
    gains
        .iter()
        .take(depth)
        .enumerate()
        .map(discounted)
        .fold(0.0, |sum, gain| sum + gain)
}

fn reciprocal_rank(gains: &[i32]) -> f64 {
    let first = gains.iter().position(|gain| *gain > 0);
    first.map_or(0.0, |place| 1.0 / (place + 1) as f64)
}

fn sum_of_precisions(gains: &[i32]) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    for (place, _) in gains.iter().enumerate().filter(|(_, gain)| **gain > 0) {
        found += 1.0;
        sum += found / (place + 1) as f64;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(list: &[&str]) -> Vec<String> {
        list.iter().map(|id| id.to_string()).collect()
    }

    #[test]
    fn err_and_rbp_follow_their_readers() {
        let grades = Grades::from([("a".into(), 3), ("b".into(), 1)]);
        let measure = Measure {
            k: 2,
            highest_grade: 3,
        };
        let metrics = measure.of(&ids(&["b", "a"]), &grades);
        // At b the reader stops with 1/8; else, with 7/8, at a with 7/8: 1/8 + 7/8 * 7/8 / 2.
        assert!((metrics["err@2"] - (0.125 + 0.875 * 0.875 / 2.0)).abs() < 1e-12);
        // (1 - 0.8) * (1/3 + 0.8 * 3/3)
        assert!((metrics["rbp"] - 0.2 * (1.0 / 3.0 + 0.8)).abs() < 1e-12);
    }

    #[test]
    fn an_empty_list_is_no_answer_and_gets_nothing() {
        let grades = Grades::from([("a".into(), 1)]);
        let metrics = Measure {
            k: 10,
            highest_grade: 1,
        }
        .of(&[], &grades);
        assert!(metrics.values().all(|value| *value == 0.0), "{metrics:?}");
    }

    #[test]
    fn the_recall_curve_never_falls() {
        let grades = Grades::from([("a".into(), 1), ("b".into(), 2), ("c".into(), 0)]);
        let curve = recall_curve(&ids(&["c", "b", "x", "a"]), &grades, &[1, 2, 3, 4]);
        assert_eq!(curve, [0.0, 0.5, 0.5, 1.0]);
    }
}
