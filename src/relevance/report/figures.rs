//! Numbers as a reader wants them.

use super::{Difference, SystemFigures};
use crate::domain::markup::escape;
use crate::relevance::statistics::SIGNIFICANT;

/// Name of the metric, its label and what it means, in the order of the table.
pub fn columns(k: usize) -> Vec<(String, String, String)> {
    let column = |name: String, label: String, meaning: &str| (name, label, meaning.to_owned());
    let at = |name: &str| format!("{name}@{k}");
    vec![
        column(
            at("ndcg"),
            at("nDCG"),
            "how near the first results come to the best order there could be",
        ),
        column(
            "map".into(),
            "MAP".into(),
            "mean precision at each relevant result",
        ),
        column(
            "mrr".into(),
            "MRR".into(),
            "one over the rank of the first relevant result",
        ),
        column(
            at("p"),
            at("P"),
            "share of the first results that are relevant",
        ),
        column(
            at("recall"),
            at("R"),
            "share of the relevant resources among the first results",
        ),
        column(
            "recall@100".into(),
            "R@100".into(),
            "the same among the first hundred",
        ),
        column(
            at("err"),
            at("ERR"),
            "expected reciprocal rank at which a reader is satisfied",
        ),
        column(
            "rbp".into(),
            "RBP".into(),
            "gain a step of a reader who goes on with probability 0.8",
        ),
        column(
            "answered".into(),
            "Answered".into(),
            "share of the questions that have a result",
        ),
        column(
            at("unjudged"),
            "Unjudged".into(),
            "share of the first results that nobody judged",
        ),
    ]
}

/// A row of the summary.
pub fn row(
    collection: &str,
    ranking: &str,
    columns: &[(String, String, String)],
    system: &SystemFigures,
) -> String {
    let cell = |(name, _, _): &(String, String, String)| {
        let Some(estimate) = system.estimates.get(name) else {
            return "<td>–</td>".to_owned();
        };
        // More or fewer unjudged results are neither good nor bad. The difference is the measured ranking minus this one: below 0, this one is better.
        let mark = match system.against.get(name) {
            _ if name.starts_with("unjudged") => "",
            Some(of) if of.p < SIGNIFICANT && of.mean < 0.0 => "<span class=\"good\"> ▲</span>",
            Some(of) if of.p < SIGNIFICANT && of.mean > 0.0 => "<span class=\"bad\"> ▼</span>",
            _ => "",
        };
        let (low, high) = (estimate.interval.low, estimate.interval.high);
        format!(
            "<td>{:.3}{mark}<small>{low:.3}–{high:.3}</small></td>",
            estimate.mean
        )
    };
    let cells: String = columns.iter().map(cell).collect();
    let coverage = match system.coverage {
        Some(coverage) => format!("{coverage:.3}"),
        None => "–".to_owned(),
    };
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"name\">{}</td>{cells}<td>{coverage}</td></tr>\n",
        escape(collection),
        escape(ranking)
    )
}

/// The class of a difference and how to say it, up to the name of the other ranking.
pub fn significance(difference: &Difference) -> (&'static str, &'static str) {
    match difference {
        Difference { p, .. } if *p >= SIGNIFICANT => ("plain", "not significantly different from"),
        Difference { mean, .. } if *mean > 0.0 => ("good", "▲ significantly better than"),
        _ => ("bad", "▼ significantly worse than"),
    }
}

/// With its sign, and a real minus.
pub fn signed(value: f64) -> String {
    match format!("{value:+.3}").as_str() {
        "+0.000" | "-0.000" => "0.000".to_owned(),
        text => text.replace('-', "−"),
    }
}

/// A probability, with the decimals that still say something.
pub fn decimals(p: f64) -> String {
    if p < 0.001 {
        format!("{p:.4}")
    } else {
        format!("{p:.3}")
    }
}
