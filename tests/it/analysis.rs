//! Which words are the same word, through everything a question goes through: `search/analysis_pairs.tsv`.

use std::collections::BTreeMap;

use serde_json::json;

use super::support::{TestApp, ids, record};

/// A line of the table: whether the question must find the title, or must not.
struct Pair {
    meet: bool,
    title: &'static str,
    question: &'static str,
}

fn pairs() -> Vec<Pair> {
    let lines = include_str!("search/analysis_pairs.tsv").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &'static str| {
        let [kind, title, question] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}");
        };
        assert!(kind == "meet" || kind == "part", "{line}");
        Pair {
            meet: kind == "meet",
            title,
            question,
        }
    };
    lines.map(pair).collect()
}

#[test]
fn words_that_are_the_same_meet_and_others_do_not() {
    let pairs = pairs();
    assert!(pairs.len() >= 200);
    let mut id_of: BTreeMap<&str, String> = BTreeMap::new();
    for pair in &pairs {
        let id = format!("t{}", id_of.len());
        id_of.entry(pair.title).or_insert(id);
    }
    let records: Vec<_> = id_of
        .iter()
        .map(|(title, id)| record(id, title, json!({"title": {"und": title}})))
        .collect();
    let app = TestApp::with(&records);
    let mut wrong = Vec::new();
    for Pair {
        meet,
        title,
        question,
    } in &pairs
    {
        let id = &id_of[title];
        // Titles declare no level or device, so these tests are of words alone.
        let answer = app.search(json!({
            "q": question, "understand": false, "limit": 100, "facets": []
        }));
        let found = ids(&answer).contains(id);
        if found != *meet {
            let kind = if *meet { "meet" } else { "part" };
            wrong.push(format!(
                "{kind}\t{title}\t{question}\t{}",
                answer["query"]["corrected"]
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
