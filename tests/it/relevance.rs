//! How relevance is measured, and how relevant Classo's own answers are.
//!
//! 1. Metrics are those of trec_eval.

use std::collections::BTreeMap;

use classo::relevance::judgment::Judgments;
use classo::relevance::measured::Measured;
use classo::relevance::run;

/// `qrels.txt` and `run.txt` are random, with grades from -1 to 3, equal scores, scores that only double precision tells
/// apart, a question without results and one without anything relevant. `expected.tsv` is what trec_eval (by way of
/// pytrec_eval 0.5) says of them.
#[test]
fn metrics_are_those_of_trec_eval_to_six_decimals() {
    let judgments = Judgments::parse(include_str!("../relevance/trec_eval/qrels.txt")).unwrap();
    let lists = run::parse(include_str!("../relevance/trec_eval/run.txt")).unwrap();
    let questions: Vec<&str> = judgments.questions().collect();
    let at = |k| Measured::of("x".into(), lists.clone(), &questions, &judgments, k, None);
    let measured = BTreeMap::from([(5, at(5)), (10, at(10))]);
    let mut compared = 0;
    for line in include_str!("../relevance/trec_eval/expected.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[question, metric, expected] = fields.as_slice() else {
            panic!("{line}")
        };
        let k = if metric.ends_with("@5") { 5 } else { 10 };
        let value = measured[&k].per_query[question][metric];
        let expected: f64 = expected.parse().unwrap();
        assert!((value - expected).abs() < 1e-6, "{line}: {value}");
        compared += 1;
    }
    assert_eq!(compared, 8 * 9);
}
