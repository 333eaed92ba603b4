//! What is understood of a question, and what that does to its answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use classo::index_schema::IndexSchema;
use classo::query::search_query::Query;
use classo::query::understanding::{Expression, FILTERS, Understood};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{TestApp, ids, record, rounds, seed};

const FLAGSHIP: &str = "un jeu gratuit de fractions pour ma 4e année sur Chromebook";

fn read(question: &str) -> Understood {
    let schema = IndexSchema::embedded();
    let query = Query {
        text: question.into(),
        ..Query::default()
    };
    schema
        .understanding
        .read(&query, &schema.stop_words, |_| true)
}

/// What was understood, as `search/understood.tsv` writes it.
fn written(understood: &Understood) -> String {
    let write = |expression: &Expression| {
        let facet = expression.facet.name();
        let vocabulary = IndexSchema::embedded().vocabularies.get(facet);
        format!("{facet}={}", vocabulary.term(expression.value).id)
    };
    let written: BTreeSet<String> = understood.expressions.iter().map(write).collect();
    match written.is_empty() {
        true => "-".into(),
        false => written.into_iter().collect::<Vec<_>>().join(","),
    }
}

#[test]
fn every_line_of_the_table_is_understood_as_it_says() {
    let lines = include_str!("search/understood.tsv").lines();
    let cases = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let wrong = cases.filter_map(|line| {
        let (question, expected) = line.split_once('\t').unwrap();
        let expected: BTreeSet<&str> = expected.split(',').collect();
        let expected = expected.into_iter().collect::<Vec<_>>().join(",");
        let understood = written(&read(question));
        let wrong = understood != expected;
        wrong.then(|| format!("{question}\n  expected   {expected}\n  understood {understood}"))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn levels_are_understood_however_their_numbers_are_written_and_joined() {
    let grades = |numbers: &[u8]| {
        let id =
            |number: &u8| format!("level=/primary/cycle-{}/grade-{number}", number.div_ceil(2));
        numbers.iter().map(id).collect::<Vec<_>>().join(",")
    };
    for (typed, numbers) in [
        ("4 ème année", &[4][..]),
        ("4ième annee", &[4]),
        ("QUATRIÈME ANNÉE", &[4]),
        ("1ère année", &[1]),
        ("gr. 3", &[3]),
        ("third graders", &[3]),
        ("les 3e et 4e années du primaire", &[3, 4]),
        ("3-4e année", &[3, 4]),
        ("3 et 4e année", &[3, 4]),
        ("1re, 2e et 3e année", &[1, 2, 3]),
        ("de la 3e à la 6e année", &[3, 4, 5, 6]),
        ("grades 2 to 4", &[2, 3, 4]),
        ("grade 5/6", &[5, 6]),
    ] {
        assert_eq!(written(&read(typed)), grades(numbers), "{typed}");
    }
    assert_eq!(written(&read("13e année")), "-");
    let grades = "level=/preschool,level=/preschool/age-4,level=/preschool/age-5,level=/primary/cycle-1/grade-1,\
        level=/primary/cycle-1/grade-2";
    for typed in [
        "de la maternelle à la 2e année",
        "kindergarten to grade 2",
        "preschool – grade 2",
    ] {
        assert_eq!(written(&read(typed)), grades, "{typed}");
    }
}

/// The glossary is what lessons are about; in these concepts a constraint is meant all the same.
const CONSTRAINTS: [&str; 11] = [
    "activité débranchée",
    "activité pour tableau interactif",
    "chanson en anglais",
    "computer science unplugged",
    "informatique débranchée",
    "interactive whiteboard activity",
    "passé simple en anglais",
    "programmation débranchée",
    "tableau blanc interactif",
    "unplugged activity",
    "unplugged coding",
];

#[test]
fn the_concepts_that_lessons_are_about_are_no_constraints() {
    let glossary: toml::Table =
        toml::from_str(include_str!("../../index-schema/glossary/concepts.toml")).unwrap();
    let concepts = glossary["concept"].as_array().unwrap().iter();
    let names = concepts
        .flat_map(|concept| ["fr", "en"].map(|language| concept[language].as_array().unwrap()));
    for name in names.flatten().map(|name| name.as_str().unwrap()) {
        let understood = read(name);
        // The name of a level or of a device may be understood as that.
        let wrong = understood.expressions.iter().find(|expression| {
            FILTERS.contains(&expression.facet) && !name.eq_ignore_ascii_case(&expression.text)
        });
        assert!(
            wrong.is_none() || CONSTRAINTS.contains(&name),
            "{name}: {wrong:?}"
        );
    }
}

#[test]
fn words_in_quotes_and_after_a_minus_are_words() {
    for typed in [
        "\"4e année\"",
        "« sur iPad »",
        "-gratuit",
        "-\"pour Windows\"",
        "4e \"et\" année",
        "4e -bleu année",
    ] {
        assert_eq!(written(&read(typed)), "-", "{typed}");
    }
    assert_eq!(
        written(&read("\"libre\" 4e année")),
        "level=/primary/cycle-2/grade-4"
    );
}

fn shelf() -> TestApp {
    let fractions = json!({"type": ["game"], "price": {"model": "free"}, "devices": ["chromebook"],
        "levels": ["/primary/cycle-2/grade-4"], "subjects": ["/math-science-technology/mathematics/fractions"],
        "student_types": ["adhd"], "languages": ["en"]});
    let with = |name: &str, value: Value| {
        let mut fields = fractions.clone();
        fields[name] = value;
        fields
    };
    TestApp::with(&[
        record("all", "Jeu de fractions", fractions.clone()),
        record(
            "paid",
            "Jeu de fractions",
            with("price", json!({"model": "paid"})),
        ),
        record(
            "cycle",
            "Jeu de fractions",
            with("levels", json!(["/primary/cycle-2"])),
        ),
        record(
            "college",
            "Jeu de fractions",
            with("levels", json!(["/college"])),
        ),
        record("ipad", "Jeu de fractions", with("devices", json!(["ipad"]))),
        record("untold", "Jeu de fractions", json!({})),
        record(
            "other",
            "Carte du ciel",
            json!({"price": {"model": "free"}, "devices": ["chromebook"], "levels": ["/primary"]}),
        ),
    ])
}

fn sorted(answer: &Value) -> Vec<String> {
    let mut ids = ids(answer);
    ids.sort();
    ids
}

#[test]
fn the_first_sentence_a_teacher_types_is_understood() {
    let app = shelf();
    let answer = app.search(json!({"q": FLAGSHIP, "facets": ["price", "level", "type"]}));
    assert_eq!(sorted(&answer), ["all", "cycle"]);
    assert_eq!(
        answer["query"]["understood"],
        json!([
            {"text": "jeu", "type": "game"},
            {"text": "gratuit", "price": "free"},
            {"text": "fractions", "subject": "/math-science-technology/mathematics/fractions"},
            {"text": "4e année", "level": "/primary/cycle-2/grade-4"},
            {"text": "Chromebook", "device": "chromebook"},
        ])
    );
    assert_eq!(answer["query"]["text"], FLAGSHIP);
    let price = &answer["facets"]["price"]["values"];
    assert_eq!(
        *price,
        json!([
            {"value": "free", "label": "Gratuit", "parent": null, "count": 2, "selected": true},
            {"value": "paid", "label": "Payant", "parent": null, "count": 1, "selected": false},
        ])
    );
    let selected = |facet: &str| {
        let values = answer["facets"][facet]["values"]
            .as_array()
            .unwrap()
            .clone();
        let selected = values.into_iter().filter(|value| value["selected"] == true);
        selected
            .map(|value| value["value"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(selected("level"), ["/primary/cycle-2/grade-4"]);
    assert!(selected("type").is_empty(), "a signal does not filter");
}

#[test]
fn an_understood_filter_is_the_filter_itself_and_its_words_are_not_looked_up() {
    let app = shelf();
    let typed = app.search(json!({"q": FLAGSHIP}));
    let chosen = app.search(json!({"q": "un jeu de fractions", "price": "free",
        "level": "/primary/cycle-2/grade-4", "device": "chromebook"}));
    for field in ["total", "hits", "facets"] {
        assert_eq!(typed[field], chosen[field], "{field}");
    }
    let filters_alone = app.search(json!({"q": "pour ma 4e année et gratuit, sur Chromebook"}));
    assert_eq!(sorted(&filters_alone), ["all", "cycle", "other"]);
    assert_eq!(filters_alone["hits"][0]["highlights"], json!({}));
}

#[test]
fn expressions_are_switched_off_one_by_one_or_all() {
    let app = shelf();
    let meanings = |answer: &Value| {
        let understood = answer["query"]["understood"].as_array().unwrap().clone();
        understood
            .into_iter()
            .map(|entry| entry["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let one = app.search(json!({"q": FLAGSHIP, "literal": ["4E ANNEE"]}));
    assert_eq!(
        meanings(&one),
        ["jeu", "gratuit", "fractions", "Chromebook"]
    );
    assert_eq!(sorted(&one), ["all", "college", "cycle"]);
    let path = "/api/v1/search?q=jeu+gratuit+sur+Chromebook&literal=gratuit&literal=chromebook";
    assert_eq!(meanings(&app.get(path).json()), ["jeu"]);
    for answer in [
        app.search(json!({"q": FLAGSHIP, "understand": false})),
        app.get("/api/v1/search?q=jeu+gratuit+de+4e+ann%C3%A9e&understand=false")
            .json(),
    ] {
        assert!(meanings(&answer).is_empty());
        assert_eq!(answer["total"], 6, "any of the words");
    }
}

#[test]
fn a_chosen_filter_wins_over_an_understood_one() {
    let app = shelf();
    let answer = app.search(
        json!({"q": "jeu de fractions 4e année", "level": ["/college"], "facets": "level"}),
    );
    assert_eq!(ids(&answer), ["college"]);
    let understood = answer["query"]["understood"].as_array().unwrap();
    assert!(understood.iter().all(|entry| entry.get("level").is_none()));
    let other = app.search(json!({"q": "jeu de fractions 4e année", "price": "paid"}));
    assert_eq!(
        ids(&other),
        ["paid"],
        "other facets are understood all the same"
    );
}

#[test]
fn subjects_types_and_needs_lift_what_suits_and_say_so() {
    let app = TestApp::with(&[
        record("game", "ciel jeu musique tdah", json!({"type": ["game"]})),
        record(
            "music",
            "ciel jeu musique tdah",
            json!({"subjects": ["/arts/music"]}),
        ),
        record(
            "adhd",
            "ciel jeu musique tdah",
            json!({"student_types": ["adhd"]}),
        ),
        record(
            "video",
            "ciel jeu musique tdah",
            json!({"type": ["video"], "subjects": ["/languages/spanish"], "student_types": ["gifted"]}),
        ),
    ]);
    for (question, suits, signal) in [
        ("ciel jeu", "game", "asked_type"),
        ("ciel musique", "music", "asked_subject"),
        ("ciel TDAH", "adhd", "asked_need"),
    ] {
        let answer = app.search(json!({"q": question, "explain": true}));
        assert_eq!(answer["total"], 4, "{question}: a signal excludes nothing");
        let points = |part: &Value| (part["points"].as_f64().unwrap() * 10_000.0).round() as i64;
        let mut by_id = BTreeMap::new();
        for (place, hit) in answer["hits"].as_array().unwrap().iter().enumerate() {
            let parts = hit["explanation"].as_array().unwrap();
            let score = (hit["score"].as_f64().unwrap() * 10_000.0).round() as i64;
            assert_eq!(parts.iter().map(points).sum::<i64>(), score, "{hit}");
            let asked = parts.iter().find(|part| part["signal"] == signal).unwrap();
            by_id.insert(hit["id"].as_str().unwrap(), points(asked));
            assert_eq!(hit["neutral_rank"], place + 1, "it needs no profile");
        }
        let best = by_id[suits];
        assert!(
            by_id
                .iter()
                .all(|(id, points)| *id == suits || *points < best),
            "{by_id:?}"
        );
        assert!(
            by_id["video"] < by_id[if suits == "adhd" { "game" } else { "adhd" }],
            "a misfit is below the unknown"
        );
        let words = app.search(json!({"q": question, "understand": false}));
        assert_eq!(sorted(&words), sorted(&answer));
    }
}

/// Texts of words that mean something here, in any order, with any signs between.
fn babble(random: &mut StdRng, words: usize) -> String {
    const WORDS: [&str; 40] = [
        "4e",
        "année",
        "et",
        "à",
        "la",
        "grade",
        "3",
        "sec",
        "IV",
        "gratuit",
        "free",
        "jeu",
        "games",
        "sur",
        "iPad",
        "for",
        "Chromebook",
        "en",
        "anglais",
        "in",
        "French",
        "primaire",
        "du",
        "cycle",
        "2",
        "l'",
        "élèves de",
        "pas",
        "maternelle",
        "fractions",
        "LES",
        "AI",
        "de la guerre",
        "niveau",
        "students",
        "TDAH",
        "windows",
        "É",
        "数学",
        "classe de",
    ];
    const SIGNS: [&str; 12] = [
        " ", " ", " ", " ", ", ", "-", " -", "\"", "« ", " »", "’", "/",
    ];
    let mut text = String::new();
    for _ in 0..words {
        text.push_str(WORDS[random.random_range(0..WORDS.len())]);
        text.push_str(SIGNS[random.random_range(0..SIGNS.len())]);
    }
    text
}

#[test]
fn no_text_makes_understanding_stumble() {
    let mut random = StdRng::seed_from_u64(seed("no_text_makes_understanding_stumble"));
    for _ in 0..rounds("CLASSO_TEST_TEXTS", 300) {
        let words = random.random_range(0..60);
        let text = babble(&mut random, words);
        let query = Query {
            text: text.clone(),
            ..Query::default()
        };
        let understood = read(&text);
        let _ = understood.in_place_of(&query);
        for expression in &understood.expressions {
            assert!(text.contains(&expression.text), "{text:?}: {expression:?}");
        }
    }
}

#[test]
fn understanding_takes_linear_time() {
    let mut random = StdRng::seed_from_u64(seed("understanding_takes_linear_time"));
    let hard = [
        "4e et ".repeat(3_000),
        "3 à ".repeat(4_000),
        "jeu de ".repeat(3_000),
        "pour ma classe de ".repeat(1_500),
        "sur iPad et ".repeat(2_000),
        babble(&mut random, 3_000),
    ];
    for text in hard {
        let end = text.char_indices().nth(1_000).unwrap().0;
        // The best of some rounds: other work on the machine only ever adds.
        let best = |text: &str| {
            let time = || {
                let started = Instant::now();
                read(text);
                started.elapsed()
            };
            (0..5).map(|_| time()).min().unwrap()
        };
        let (short, long) = (best(&text[..end]), best(&text));
        let ratio = text.len() as f64 / end as f64;
        assert!(
            long.as_secs_f64() < 4.0 * ratio * short.as_secs_f64() + 0.01,
            "{short:?} for {end} bytes, {long:?} for {}: {}",
            text.len(),
            &text[..40]
        );
    }
}
