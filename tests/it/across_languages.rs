//! Questions in one language, answers in the other: `../relevance/cross_language.jsonl`, and a second and a third hundred each
//! way that were written after the glossary and the ranking were what they are, the third by somebody who had seen neither.
//!
//! The bundled catalogue is indexed in one language alone, so that nothing of the question's language is in it but the
//! labels of vocabularies, which every record has in both.

use serde_json::{Value, json};

use super::support::{TestApp, ids};
use classo::domain::text;
use classo::index_schema::IndexSchema;
use classo::query::stop_words::StopWords;

/// Each set of questions with how many of its hundred French and English ones may go unanswered. The aim is ten: a change
/// may bring it nearer, never further off. Unseen, the first set missed 9 and 18, the second 7 and 11, the third 7 and 15;
/// all have been looked at since, so that the next word on how good the glossary is takes a fourth.
const SETS: [(&str, [usize; 2]); 3] = [
    (include_str!("../relevance/cross_language.jsonl"), [3, 8]),
    (
        include_str!("../relevance/cross_language_second.jsonl"),
        [5, 5],
    ),
    (
        include_str!("../relevance/cross_language_third.jsonl"),
        [6, 12],
    ),
];

fn questions(set: &str, lang: &str) -> Vec<Value> {
    let all = set
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|question| question["lang"] == lang).collect()
}

/// The bundled catalogue with the texts of one language alone.
fn catalogue_in(lang: &str) -> TestApp {
    let lines = include_str!("../../src/demo/catalogue.jsonl").lines();
    let in_language = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        keep_language(&mut record, lang);
        record
    };
    TestApp::with(&lines.map(in_language).collect::<Vec<_>>())
}

/// Leaves of every text by language only that in one.
fn keep_language(value: &mut Value, lang: &str) {
    if let Value::Array(values) = value {
        values
            .iter_mut()
            .for_each(|value| keep_language(value, lang));
    }
    let Value::Object(members) = value else {
        return;
    };
    if members.keys().any(|name| name == "fr" || name == "en") {
        members.retain(|name, _| name == lang);
    }
    members
        .values_mut()
        .for_each(|value| keep_language(value, lang));
}

/// How many words of the questions the glossary has, as a word or as part of an expression.
fn known_words(questions: &[Value]) -> (usize, usize) {
    let schema = IndexSchema::embedded();
    let (mut known, mut all) = (0, 0);
    for question in questions {
        let words: Vec<String> = text::words(question["text"].as_str().unwrap())
            .map(|word| word.text)
            .collect();
        let expanded = schema.expansions.of(&words, &StopWords::default());
        for word in words
            .iter()
            .filter(|word| !schema.stop_words.contains(word))
        {
            all += 1;
            known += usize::from(expanded.iter().any(|expansion| expansion.of == *word));
        }
    }
    (known, all)
}

#[test]
fn questions_find_what_exists_only_in_the_other_language() {
    for (at, (asked, other)) in [("fr", "en"), ("en", "fr")].into_iter().enumerate() {
        let app = catalogue_in(other);
        for (set, most_missed) in SETS {
            let questions = questions(set, asked);
            assert_eq!(questions.len(), 100);
            let missed = missed(&app, asked, &questions);
            let (known, words) = known_words(&questions);
            println!(
                "{asked}: {} of 100 answered in the top 10; expansions for {known} of {words} words; missed:\n{}",
                100 - missed.len(),
                missed.join("\n")
            );
            assert!(
                missed.len() <= most_missed[at],
                "{asked}: {} missed:\n{}",
                missed.len(),
                missed.join("\n")
            );
        }
    }
}

/// The questions without an answer among the first ten.
fn missed(app: &TestApp, lang: &str, questions: &[Value]) -> Vec<String> {
    let mut missed = Vec::new();
    for question in questions {
        let answer = app.search(json!({
            "q": question["text"], "lang": lang, "limit": 10, "facets": []
        }));
        let found = ids(&answer);
        let answers = question["answers"].as_array().unwrap();
        if !answers
            .iter()
            .any(|id| found.iter().any(|found| id == found))
        {
            missed.push(format!("{} {}", question["id"], question["text"]));
        }
        for hit in answer["hits"].as_array().unwrap() {
            assert_eq!(hit["across_languages"], true, "{}", hit["id"]);
        }
    }
    missed
}
