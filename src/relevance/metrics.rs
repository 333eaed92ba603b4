//! The quality of one ranked list, as `trec_eval -c` measures it.
//!
//! Relevant is a grade above 0. nDCG takes the grade as gain and log2(rank + 1) as discount (Järvelin and Kekäläinen,
//! 2002); average precision and recall divide by all relevant resources, found or not.

use std::collections::{BTreeMap, HashMap};

/// The value of each metric, by name.
pub type Metrics = BTreeMap<&'static str, f64>;

/// Measures a ranked list of ids, the best first.
///
/// ```
/// use std::collections::HashMap;
/// use classo::relevance::metrics::measure;
/// let grades = HashMap::from([("a".to_string(), 1), ("b".to_string(), 0)]);
/// let metrics = measure(&["b".to_string(), "a".to_string()], &grades);
/// assert_eq!(metrics["mrr"], 0.5);
/// assert_eq!(metrics["unjudged@10"], 0.0);
/// ```
pub fn measure(ranking: &[String], grades: &HashMap<String, i32>) -> Metrics {
    let gains: Vec<i32> = ranking
        .iter()
        .map(|id| grades.get(id).copied().unwrap_or(0).max(0))
        .collect();
    let mut ideal: Vec<i32> = grades
        .values()
        .copied()
        .filter(|grade| *grade > 0)
        .collect();
    ideal.sort_unstable_by(|one, other| other.cmp(one));
    let relevant = ideal.len() as f64;
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let found = |depth: usize| gains.iter().take(depth).filter(|gain| **gain > 0).count() as f64;
    let shown = ranking.len().min(10);
    let unjudged = ranking
        .iter()
        .take(10)
        .filter(|id| !grades.contains_key(*id))
        .count() as f64;
    Metrics::from([
        ("ndcg@10", share(gain_to(&gains, 10), gain_to(&ideal, 10))),
        ("map", share(sum_of_precisions(&gains), relevant)),
        (
            "mrr",
            gains
                .iter()
                .position(|gain| *gain > 0)
                .map_or(0.0, |place| 1.0 / (place + 1) as f64),
        ),
        ("p@10", found(10) / 10.0),
        ("recall@100", share(found(100), relevant)),
        ("unjudged@10", share(unjudged, shown as f64)),
    ])
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

fn sum_of_precisions(gains: &[i32]) -> f64 {
    let mut found = 0.0;
    let mut sum = 0.0;
    for (place, _) in gains.iter().enumerate().filter(|(_, gain)| **gain > 0) {
        found += 1.0;
        sum += found / (place + 1) as f64;
    }
    sum
}

/// The mean of each metric over queries.
pub fn mean(of_queries: &BTreeMap<String, Metrics>) -> Metrics {
    let mut sums = Metrics::new();
    for (name, value) in of_queries.values().flatten() {
        *sums.entry(name).or_default() += value;
    }
    sums.values_mut()
        .for_each(|sum| *sum /= of_queries.len().max(1) as f64);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graded_list_gets_the_values_of_trec_eval() {
        // trec_eval 9.0.8 with -c on the same judgments and run.
        let grades = HashMap::from([
            ("a".to_owned(), 3),
            ("b".to_owned(), 1),
            ("c".to_owned(), 0),
            ("d".to_owned(), 2),
        ]);
        let ranking: Vec<String> = ["c", "a", "x", "b"]
            .iter()
            .map(|id| id.to_string())
            .collect();
        let metrics = measure(&ranking, &grades);
        let expected = [
            ("ndcg@10", 0.487932),
            ("map", 0.333333),
            ("mrr", 0.5),
            ("p@10", 0.2),
            ("recall@100", 0.666667),
        ];
        for (name, value) in expected {
            assert!(
                (metrics[name] - value).abs() < 1e-5,
                "{name}: {} is not {value}",
                metrics[name]
            );
        }
        assert_eq!(metrics["unjudged@10"], 0.25);
    }
}
