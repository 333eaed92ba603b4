//! Comparing a few resources, and asking why one is or is not among the results.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::facets::{FACETS, WORDS, as_parameters, random_record, random_terms};
use super::support::{TestApp, ids, record, rounds, seed};

fn cell<'a>(answer: &'a Value, criterion: &str, place: usize) -> &'a Value {
    let criteria = answer["criteria"].as_array().unwrap();
    let found = criteria.iter().find(|one| one["criterion"] == criterion);
    &found.unwrap_or_else(|| panic!("{criterion} in {answer:#}"))["cells"][place]
}

#[test]
fn a_comparison_tells_what_differs_first_and_what_is_not_known() {
    let app = TestApp::with(&[
        record(
            "app",
            "Jeu de fractions",
            json!({"devices": ["ipad"], "levels": ["/primary/cycle-2"], "advertising": false, "languages": ["fr"],
                "offers": [{"per": "student", "amount": 2, "period": "month"}, {"per": "class", "amount": 300}],
                "price": {"model": "paid"}, "verified": {"price": "2026-01-31"}}),
        ),
        record(
            "site",
            "Carte du ciel",
            json!({"os": ["web"], "price": {"model": "free"}, "languages": ["fr"]}),
        ),
        record("bare", "Livre", json!({"languages": ["fr"]})),
    ]);
    let path = "/api/v1/compare?ids=app,site&ids=bare&my_device=chromebook&my_level=/primary/cycle-2/grade-4&students=10";
    let answer = app.get(path).json();
    assert_eq!(cell(&answer, "year", 0)["amount"], 240.0);
    assert_eq!(cell(&answer, "year", 0)["verified"], "2026-01-31");
    assert_eq!(cell(&answer, "year", 0)["text"]["fr"], "240,00 $");
    assert_eq!(cell(&answer, "year", 1)["amount"], 0.0);
    let unknown = cell(&answer, "price", 2);
    assert_eq!(
        (&unknown["known"], &unknown["text"]["en"]),
        (&json!(false), &json!("Not stated"))
    );
    let verdicts: Vec<&Value> = (0..3)
        .map(|place| &cell(&answer, "device:chromebook", place)["verdict"])
        .collect();
    assert_eq!(verdicts, [&json!(false), &json!(true), &Value::Null]);
    assert_eq!(cell(&answer, "advertising", 0)["verdict"], false);
    let differs: Vec<bool> = answer["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .map(|criterion| criterion["differs"].as_bool().unwrap())
        .collect();
    assert!(differs[0] && !differs.last().unwrap() && differs.is_sorted_by(|a, b| a >= b));
    let scores = answer["resources"].as_array().unwrap();
    let score = |id: &str| {
        scores.iter().find(|one| one["id"] == id).unwrap()["score"]
            .as_f64()
            .unwrap()
    };
    let why = answer["why"].as_array().unwrap();
    assert_eq!(why.len(), 3);
    for pair in why {
        let points = pair["points"].as_f64().unwrap();
        let (better, than) = (
            pair["better"].as_str().unwrap(),
            pair["than"].as_str().unwrap(),
        );
        assert!(points >= 0.0 && (score(better) - score(than) - points).abs() < 1e-6);
        let reasons = pair["reasons"].as_array().unwrap();
        let sum: f64 = reasons
            .iter()
            .map(|reason| reason["points"].as_f64().unwrap())
            .sum();
        assert!((sum - points).abs() < 1e-6, "{pair}");
    }
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let app = TestApp::with(&[record("a", "Un", json!({})), record("b", "Deux", json!({}))]);
    let errors = |path: &str| {
        let answer = app.get(path);
        assert_eq!(answer.content_type, "application/problem+json", "{path}");
        (
            answer.status.as_u16(),
            answer.json()["errors"][0]["field"].clone(),
        )
    };
    for ids in ["", "ids=a", "ids=a,a", "ids=a,b,c,d,e"] {
        assert_eq!(
            errors(&format!("/api/v1/compare?{ids}")),
            (400, json!("ids"))
        );
    }
    assert_eq!(
        errors("/api/v1/compare?ids=a,b&students=x"),
        (400, json!("students"))
    );
    assert_eq!(errors("/api/v1/compare?ids=a,b&q=x"), (400, json!("q")));
    assert_eq!(errors("/api/v1/compare?ids=a,z").0, 404);
    assert_eq!(errors("/api/v1/why"), (400, json!("id")));
    assert_eq!(errors("/api/v1/why?id=a&level=x"), (400, json!("level")));
    assert_eq!(errors("/api/v1/why?id=z").0, 404);
    app.as_operator("DELETE", "/api/v1/admin/resources/b", "");
    assert_eq!(errors("/api/v1/why?id=b").0, 410);
    assert_eq!(errors("/api/v1/compare?ids=a,b").0, 410);
}

#[test]
fn why_is_what_the_search_says_and_the_change_it_tells_brings_the_resource_in() {
    let mut rng = StdRng::seed_from_u64(seed("why"));
    let records: Vec<Value> = (0..100)
        .map(|number| random_record(&mut rng, number))
        .collect();
    let app = TestApp::with(&records);
    let mut kept_out = 0;
    for _ in 0..rounds("CLASSO_WHY_ROUNDS", 150) {
        let words: Vec<&str> = (0..rng.random_range(0..3))
            .map(|_| *WORDS.choose(&mut rng).unwrap())
            .collect();
        let mut question = json!({"q": words.join(" "), "my_level": random_terms(&mut rng, "level", 1), "limit": 100});
        for _ in 0..rng.random_range(0..3) {
            let facet = FACETS.choose(&mut rng).unwrap().0;
            question[facet] = json!(random_terms(&mut rng, facet, 2));
        }
        let id = records.choose(&mut rng).unwrap()["id"].as_str().unwrap();
        let found = app
            .get(&format!("/api/v1/search?{}", as_parameters(&question)))
            .json();
        let why = |question: &Value| {
            app.get(&format!("/api/v1/why?id={id}&{}", as_parameters(question)))
                .json()
        };
        let answer = why(&question);
        assert_eq!(answer["total"], found["total"], "{question}");
        let place = ids(&found).iter().position(|other| other == id);
        assert_eq!(
            answer["rank"].as_u64(),
            place.map(|place| place as u64 + 1),
            "{id} in {question}"
        );
        match place {
            Some(0) => assert_eq!(answer["above"], Value::Null),
            Some(place) => {
                assert_eq!(answer["above"]["id"], found["hits"][place - 1]["id"]);
                assert_eq!(answer["score"], found["hits"][place]["score"]);
                let reasons = answer["above"]["reasons"].as_array().unwrap();
                let sum: f64 = reasons
                    .iter()
                    .map(|reason| reason["points"].as_f64().unwrap())
                    .sum();
                let ahead =
                    answer["above"]["score"].as_f64().unwrap() - answer["score"].as_f64().unwrap();
                assert!((sum - ahead).abs() < 1e-6);
            }
            None => {
                kept_out += 1;
                assert!(!answer["kept_out_by"].as_array().unwrap().is_empty());
                let change = &answer["change"];
                for (name, _) in change["drop"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|drop| drop.as_object().unwrap())
                {
                    question.as_object_mut().unwrap().remove(name);
                }
                if change["q"].is_string() {
                    question["q"] = change["q"].clone();
                }
                let changed = why(&question);
                assert!(changed["rank"].is_u64(), "{change} of {question}");
                if change["q"].is_null() {
                    assert_eq!(changed["rank"], change["rank"], "{question}");
                }
            }
        }
    }
    assert!(kept_out > 20, "only {kept_out} were kept out");
}

#[test]
fn the_word_the_phrase_the_exclusion_or_the_device_that_keeps_it_out_is_named() {
    let app = TestApp::with(&[
        record("a", "Jeu de fractions", json!({"devices": ["ipad"]})),
        record("b", "Carte du ciel", json!({})),
    ]);
    let kept_out = |question: &str| {
        let answer = app.get(&format!("/api/v1/why?id=a&{question}")).json();
        let obstacle = &answer["kept_out_by"][0];
        let change = &answer["change"];
        let q = change["q"].as_str().unwrap_or("").to_owned();
        (
            obstacle["kind"].as_str().unwrap().to_owned(),
            obstacle["text"]["fr"].as_str().unwrap().to_owned(),
            q,
        )
    };
    let (kind, text, q) = kept_out("q=ciel");
    assert_eq!(
        (kind.as_str(), q.as_str()),
        ("missing_word", "ciel fractions")
    );
    assert_eq!(text, "Elle ne contient aucun de vos mots : ciel.");
    let (kind, _, q) = kept_out("q=%22fractions+jeu%22");
    assert_eq!(
        (kind.as_str(), q.as_str()),
        ("missing_phrase", "fractions jeu")
    );
    let (kind, _, q) = kept_out("q=fractions+-jeu");
    assert_eq!((kind.as_str(), q.as_str()), ("excluded_word", "fractions"));
    let (kind, text, _) = kept_out("q=fractions&device=chromebook");
    assert_eq!(kind, "incompatibility");
    assert_eq!(
        text,
        "Vous demandez : Chromebook. Elle fonctionne sur : iPad."
    );
    let (kind, text, _) = kept_out("q=fractions&max_price=3");
    assert_eq!(kind, "filter");
    assert!(text.starts_with("Son coût n’est pas connu"), "{text}");
}
