//! How relevance is measured, and how relevant Classo's own answers are.
//!
//! 1. Metrics are those of trec_eval.
//! 2. The judgments of `tests/relevance` are whole, varied and about the bundled catalogue.
//! 3. What Classo answers to the judged questions is in `tests/relevance/golden`, so that a change of ranking is reviewed
//!    as a change of text; the mean stays above a floor.
//! 4. A harmful change of weights is significant.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use classo::domain::clock::FixedClock;
use classo::domain::language::Language;
use classo::index_schema::IndexSchema;
use classo::relevance::comparison::compare;
use classo::relevance::judgment::Judgments;
use classo::relevance::measured::Measured;
use classo::relevance::metrics::mean;
use classo::relevance::run;
use classo::services::evaluation::configuration::Configuration;
use classo::services::evaluation::documents::{read_document, read_query};
use classo::services::evaluation::{Bench, Collection, JudgedQuery, evaluate};
use serde_json::Value;

use super::support::write_file;

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

/// The day on which the golden pages were made: freshness must not move them.
const DAY: &str = "2026-12-01T12:00:00Z";

/// The mean nDCG@10 that no change may fall below.
const FLOOR: f64 = 0.78;

const REWRITE: &str = "CLASSO_REWRITE_GOLDENS";

/// The embedded schema: no folder overrides it.
fn schema() -> Arc<IndexSchema> {
    Arc::new(IndexSchema::load(Path::new("no such folder")).unwrap())
}

fn own_collection(schema: &IndexSchema) -> Collection {
    let lines = include_str!("../relevance/queries.jsonl").lines();
    let query = |line: &str| read_query(serde_json::from_str(line).unwrap(), schema).unwrap();
    Collection {
        name: "relevance".into(),
        queries: lines.map(query).collect(),
        judgments: Judgments::parse(include_str!("../relevance/judgments.csv")).unwrap(),
        foreign: Vec::new(),
    }
}

fn bench(schema: &Arc<IndexSchema>) -> Bench {
    let lines = include_str!("../../src/demo/catalogue.jsonl").lines();
    let document = |line: &str| read_document(serde_json::from_str(line).unwrap(), schema);
    let documents = lines.map(document).collect::<Result<_, _>>().unwrap();
    let clock = Arc::new(FixedClock(DAY.parse().unwrap()));
    Bench::new(documents, schema, clock).unwrap()
}

fn ranking(file: &str, name: &str, schema: &IndexSchema) -> Configuration {
    Configuration::read(name.into(), file, schema).unwrap()
}

#[test]
fn judgments_are_whole_varied_and_about_the_catalogue() {
    let schema = IndexSchema::embedded();
    let own = own_collection(schema);
    let catalogue: HashSet<String> = include_str!("../../src/demo/catalogue.jsonl")
        .lines()
        .map(|line| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["id"].as_str().unwrap().to_owned()
        })
        .collect();
    for judgment in own.judgments.all() {
        assert!(catalogue.contains(&judgment.resource), "{judgment:?}");
        assert!((0..=3).contains(&judgment.grade), "{judgment:?}");
        assert!(
            !judgment.reason.is_empty() && !judgment.who.is_empty(),
            "{judgment:?}"
        );
        judgment.when.parse::<jiff::civil::Date>().unwrap();
    }
    let asked: HashSet<&str> = own.queries.iter().map(|query| query.id.as_str()).collect();
    assert_eq!(
        asked,
        own.judgments.questions().collect(),
        "each question is judged"
    );
    let of = |language| {
        own.queries
            .iter()
            .filter(|q| q.query.language == language)
            .count()
    };
    let (french, english) = (of(Language::Fr), of(Language::En));
    assert!(french >= 40 && english >= 40, "{french} {english}");
    for question in &asked {
        let grades = own.judgments.of(question).unwrap();
        let has = |wanted: &dyn Fn(i32) -> bool| grades.values().any(|grade| wanted(*grade));
        assert!(
            has(&|grade| grade >= 2) && has(&|grade| grade == 0),
            "{question}"
        );
    }
}

#[test]
fn the_answers_to_the_judged_questions_are_those_of_the_golden_pages() {
    let schema = schema();
    let own = own_collection(&schema);
    let current = ranking(&schema.ranking, "current", &schema);
    let evaluation = evaluate(&own, Some(&bench(&schema)), &[current], 10, &|| ()).unwrap();
    let measured = &evaluation.measured[0];
    let mut summary =
        String::from("# Means over the judged questions of the bundled catalogue\n\n");
    for (name, value) in &measured.metrics {
        summary += &format!("{name:<12} {value:.4}\n");
    }
    let mut changed = Vec::new();
    for language in Language::ALL {
        let part = measured.part(|id| own.language(id) == Some(language));
        let tag = language.tag();
        let ndcg = mean(part.values())["ndcg@10"];
        summary += &format!("\n{tag}: {} questions, ndcg@10 {ndcg:.4}\n", part.len());
        let asked = own
            .queries
            .iter()
            .filter(|query| query.query.language == language);
        let pages: String = asked
            .map(|query| page(query, &own.judgments, measured))
            .collect();
        changed.extend(compare_golden(&format!("{tag}.txt"), &pages));
    }
    changed.extend(compare_golden("summary.txt", &summary));
    assert!(
        changed.is_empty(),
        "the ranking changed. When that is meant, run the tests once with {REWRITE}=1 and review the difference of \
         tests/relevance/golden as part of the change.\n{}",
        changed.join("\n")
    );
    let reached = measured.metrics["ndcg@10"];
    assert!(
        reached >= FLOOR,
        "the mean nDCG@10 of {reached:.4} is below {FLOOR}"
    );
}

/// One question's first ten with their grades, and the relevant resources that are not among them.
fn page(asked: &JudgedQuery, judgments: &Judgments, measured: &Measured) -> String {
    let (list, grades) = (measured.list(&asked.id), judgments.of(&asked.id).unwrap());
    let ndcg = measured.per_query[&asked.id]["ndcg@10"];
    let mut page = format!("{}  {:?}  ndcg@10 {ndcg:.3}\n", asked.id, asked.query.text);
    for (rank, id) in (1..).zip(list.iter().take(10)) {
        let mark = match grades.get(id) {
            Some(3) => "***".into(),
            Some(grade) => grade.to_string(),
            None => "-".into(),
        };
        page += &format!("{rank:>4}  {mark:<3}  {id}\n");
    }
    let mut missed: Vec<String> = grades
        .iter()
        .filter(|(id, grade)| **grade >= 2 && !list.iter().take(10).any(|found| found == *id))
        .map(
            |(id, grade)| match list.iter().position(|found| found == id) {
                Some(place) => format!("{id} ({grade}) at {}", place + 1),
                None => format!("{id} ({grade}) nowhere"),
            },
        )
        .collect();
    missed.sort();
    if !missed.is_empty() {
        page += &format!("      missed: {}\n", missed.join(", "));
    }
    page + "\n"
}

/// What differs from the golden file, in a line; rewrites it instead when asked to.
fn compare_golden(name: &str, current: &str) -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/relevance/golden")
        .join(name);
    if std::env::var_os(REWRITE).is_some() {
        write_file(&file, current);
        return None;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let mut lines = (1..).zip(golden.lines().zip(current.lines()));
    match lines.find(|(_, (before, now))| before != now) {
        Some((number, (before, now))) => Some(format!(
            "{name} line {number}: {:?} is now {:?}",
            before.trim(),
            now.trim()
        )),
        None if golden != current => Some(format!("{name} is longer or shorter")),
        None => None,
    }
}

#[test]
fn a_harmful_change_of_weights_is_significant() {
    let schema = schema();
    let own = own_collection(&schema);
    let mut harmed: toml::Table = schema.ranking.parse().unwrap();
    harmed["text"]["fields"]["meta"]["weight"] = 0.0.into();
    harmed["text"]["fields"]["title"]["weight"] = 0.0.into();
    let tried = [
        ranking(&schema.ranking, "current", &schema),
        ranking(&harmed.to_string(), "harmed", &schema),
    ];
    let evaluation = evaluate(&own, Some(&bench(&schema)), &tried, 10, &|| ()).unwrap();
    let [current, harmed] = evaluation.measured.as_slice() else {
        panic!("two configurations")
    };
    let lost = &compare(&current.per_query, &harmed.per_query, 1)["ndcg@10"];
    assert!(
        lost.mean > 0.0 && lost.interval.low > 0.0 && lost.p < 0.05,
        "{lost:?}"
    );
}
