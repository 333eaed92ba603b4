//! What was measured, for a person and for a machine.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::cli::output::say;
use crate::domain::language::Language;
use crate::relevance::comparison::{Difference, compare, estimates};
use crate::relevance::measured::Measured;
use crate::relevance::metrics::{Metrics, mean};
use crate::relevance::statistics::SIGNIFICANT;
use crate::services::evaluation::{Collection, Evaluation};

type Evaluated = (Collection, Evaluation);

/// Prints the figures of every collection.
pub fn print(evaluated: &[Evaluated], seed: u64, as_json: bool) {
    if as_json {
        say(match evaluated {
            [one] => of_collection(one, seed),
            several => of_collections(several, seed),
        });
        return;
    }
    for one in evaluated {
        if evaluated.len() > 1 {
            say(format!("\n{}", one.0.name));
        }
        print_collection(one, seed);
    }
    if evaluated.len() > 1 {
        say(format!("\nmean of {} collections", evaluated.len()));
        for (name, value) in over_collections(evaluated) {
            say(format!("{name:<12} {value:.4}"));
        }
    }
}

fn print_collection((collection, evaluation): &Evaluated, seed: u64) {
    let [first, others @ ..] = evaluation.measured.as_slice() else {
        return;
    };
    say(format!("{} judged questions", first.per_query.len()));
    let estimates = estimates(&first.per_query, seed);
    for (name, value) in &first.metrics {
        let between = estimates.get(name).map(|of| of.interval);
        let between = between.map(|of| format!("  {:.4} to {:.4}", of.low, of.high));
        say(format!(
            "{name:<12} {value:.4}{}",
            between.unwrap_or_default()
        ));
    }
    let languages = by_language(collection, first);
    for (language, metrics) in languages.iter().filter(|_| languages.len() > 1) {
        say(format!(
            "in {language}: {} questions, {}",
            metrics.0,
            in_short(&metrics.1)
        ));
    }
    for other in others {
        say(format!("{} minus {}:", first.name, other.name));
        for (name, difference) in compare(&first.per_query, &other.per_query, seed) {
            say(line(&name, other, &difference));
        }
    }
}

fn line(name: &str, other: &Measured, difference: &Difference) -> String {
    let star = if difference.p < SIGNIFICANT { " *" } else { "" };
    let value = other.metrics.get(name).copied().unwrap_or_default();
    format!(
        "{name:<12} {:+.4} over {value:.4}, {:+.4} to {:+.4}, p {:.4}{star}, {} better, {} worse",
        difference.mean,
        difference.interval.low,
        difference.interval.high,
        difference.p,
        difference.better,
        difference.worse
    )
}

fn in_short(metrics: &Metrics) -> String {
    let shown = metrics
        .iter()
        .filter(|(name, _)| name.starts_with("ndcg@") || ["map", "mrr"].contains(&name.as_str()));
    let shown: Vec<String> = shown
        .map(|(name, value)| format!("{name} {value:.4}"))
        .collect();
    shown.join(", ")
}

fn of_collection((collection, evaluation): &Evaluated, seed: u64) -> Value {
    let Some(first) = evaluation.measured.first() else {
        return Value::Null;
    };
    let mut figures = json!({
        "metrics": first.metrics,
        "queries": first.per_query.len(),
        "per_query": first.per_query,
        "intervals": intervals(first, seed),
        "languages": Map::from_iter(by_language(collection, first).into_iter().map(
            |(language, (queries, metrics))| {
                (language.to_owned(), json!({"queries": queries, "metrics": metrics}))
            },
        )),
    });
    let others = evaluation.measured.iter().skip(1);
    let compared: Vec<Value> = others.map(|other| against(first, other, seed)).collect();
    if !compared.is_empty() {
        figures["name"] = json!(first.name);
        figures["compared"] = json!(compared);
    }
    figures
}

fn intervals(measured: &Measured, seed: u64) -> Value {
    let estimates = estimates(&measured.per_query, seed).into_iter();
    estimates
        .map(|(name, of)| (name, json!([of.interval.low, of.interval.high])))
        .collect()
}

fn against(first: &Measured, other: &Measured, seed: u64) -> Value {
    json!({
        "name": other.name,
        "metrics": other.metrics,
        "per_query": other.per_query,
        "intervals": intervals(other, seed),
        "differences": compare(&first.per_query, &other.per_query, seed),
    })
}

fn of_collections(evaluated: &[Evaluated], seed: u64) -> Value {
    let queries = evaluated
        .iter()
        .filter_map(|(_, evaluation)| evaluation.measured.first());
    let collections = evaluated
        .iter()
        .map(|one| (one.0.name.clone(), of_collection(one, seed)));
    json!({
        "metrics": over_collections(evaluated),
        "queries": queries.map(|measured| measured.per_query.len()).sum::<usize>(),
        "collections": Map::from_iter(collections),
    })
}

/// The mean of the collections' figures, each counting alike however many questions it has.
fn over_collections(evaluated: &[Evaluated]) -> Metrics {
    let first = evaluated
        .iter()
        .filter_map(|(_, evaluation)| evaluation.measured.first());
    mean(first.map(|measured| &measured.metrics))
}

/// How many questions of each language there are, and their mean metrics.
fn by_language(
    collection: &Collection,
    measured: &Measured,
) -> BTreeMap<&'static str, (usize, Metrics)> {
    let of = |language: Language| {
        let part = measured.part(|id| collection.language(id) == Some(language));
        (!part.is_empty()).then(|| (language.tag(), (part.len(), mean(part.values()))))
    };
    Language::ALL.into_iter().filter_map(of).collect()
}
