//! Questions in one language, answers in the other: `../relevance/cross_language.jsonl`, a second and a third hundred each
//! way that were written after the glossary and the ranking were what they are, the third by somebody who had seen neither,
//! and a fourth set, of 42 and 67, that was written from the records alone.
//!
//! The bundled catalogue is indexed in one language alone, so that nothing of the question's language is in it but the
//! labels of vocabularies, which every record has in both.

use serde_json::{Value, json};

use super::support::{TestApp, ids};
use classo::domain::text;
use classo::index_schema::IndexSchema;
use classo::query::stop_words::StopWords;

/// Each set of questions with how many French and English ones it has, and how many of them may go unanswered. The aim is a
/// tenth: a change may bring it nearer, never further off. Unseen, the first set missed 9 and 18, the second 7 and 11, the third
/// 7 and 15, the fourth 1 and 4; all have been looked at since, so that the next word on how good the glossary is takes a fifth.
const SETS: [(&str, [usize; 2], [usize; 2]); 4] = [
    (
        include_str!("../relevance/cross_language.jsonl"),
        [100, 100],
        [3, 8],
    ),
    (
        include_str!("../relevance/cross_language_second.jsonl"),
        [100, 100],
        [5, 5],
    ),
    (
        include_str!("../relevance/cross_language_third.jsonl"),
        [100, 100],
        [6, 11],
    ),
    (
        include_str!("../relevance/cross_language_fourth.jsonl"),
        [42, 67],
        [1, 3],
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
        for (set, asked_of, most_missed) in SETS {
            let questions = questions(set, asked);
            assert_eq!(questions.len(), asked_of[at]);
            let missed = missed(&app, asked, &questions);
            let (known, words) = known_words(&questions);
            println!(
                "{asked}: {} of {} answered in the top 10; expansions for {known} of {words} words; missed:\n{}",
                questions.len() - missed.len(),
                questions.len(),
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

/// A record whose texts are in one language alone.
fn told_in(lang: &str, id: &str, title: &str, description: &str) -> Value {
    json!({"id": id, "title": {lang: title}, "description": {lang: description}})
}

#[test]
fn an_equal_match_in_the_language_of_the_question_comes_first_and_the_other_is_marked() {
    let app = TestApp::with(&[
        told_in("en", "a", "A workshop", "Volcanoes for the curious."),
        told_in("fr", "b", "Un atelier", "Les volcans des curieux."),
        told_in("en", "c", "The volcano", "A workshop for the curious."),
        told_in("fr", "d", "Les volcans", "Un atelier des curieux."),
    ]);
    for (lang, question, order) in [
        ("fr", "un volcan", ["d", "c", "b", "a"]),
        ("en", "a volcano", ["c", "d", "a", "b"]),
    ] {
        let answer = app.search(json!({"q": question, "lang": lang}));
        let found = ids(&answer);
        let place = |id: &str| found.iter().position(|found| found == id).unwrap();
        for pair in order.chunks(2) {
            assert!(place(pair[0]) < place(pair[1]), "{question}: {found:?}");
        }
        for hit in answer["hits"].as_array().unwrap() {
            let is_other = told_otherwise(&hit["resource"], lang);
            assert_eq!(
                hit["across_languages"], is_other,
                "{question}: {}",
                hit["id"]
            );
        }
    }
}

fn told_otherwise(resource: &Value, lang: &str) -> bool {
    resource["title"].get(lang).is_none()
}
