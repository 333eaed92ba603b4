//! Changing one attribute of a profile moves what it should, and nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::{TestApp, ids, record};

/// One resource for each attribute that a profile may look for, and a plain one.
fn shelf() -> TestApp {
    TestApp::with(&[
        record("plain", "carte", json!({})),
        record(
            "fractions",
            "carte",
            json!({"subjects": ["/math-science-technology/mathematics/fractions"]}),
        ),
        record(
            "algebra",
            "carte",
            json!({"subjects": ["/math-science-technology/mathematics/algebra"]}),
        ),
        record("music", "carte", json!({"subjects": ["/arts/music"]})),
        record(
            "grade-4",
            "carte",
            json!({"levels": ["/primary/cycle-2/grade-4"]}),
        ),
        record(
            "grade-5",
            "carte",
            json!({"levels": ["/primary/cycle-3/grade-5"]}),
        ),
        record("cycle-2", "carte", json!({"levels": ["/primary/cycle-2"]})),
        record("college", "carte", json!({"levels": ["/college"]})),
        record(
            "dyslexia",
            "carte",
            json!({"student_types": ["learning-difficulty"]}),
        ),
        record("ipad", "carte", json!({"devices": ["ipad"]})),
        record("windows", "carte", json!({"os": ["windows"]})),
        record("moodle", "carte", json!({"platforms": ["moodle"]})),
        record("spanish", "carte", json!({"languages": ["es"]})),
        record(
            "dear",
            "carte",
            json!({"price": {"model": "paid", "amount": 100}}),
        ),
        record(
            "cheap",
            "carte",
            json!({"price": {"model": "paid", "amount": 5}}),
        ),
        record("platform", "carte", json!({"type": ["platform"]})),
    ])
}

fn scores(app: &TestApp, profile: Value) -> BTreeMap<String, i64> {
    let answer = app.search(json!({"q": "carte", "limit": 100, "profile": profile}));
    let score = |hit: &Value| (hit["score"].as_f64().unwrap() * 10_000.0).round() as i64;
    answer["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| (hit["id"].as_str().unwrap().to_owned(), score(hit)))
        .collect()
}

/// How much each resource gains over the plain one when the profile has this attribute rather than none.
fn gains(app: &TestApp, profile: Value) -> BTreeMap<String, i64> {
    let (with, without) = (scores(app, profile), scores(app, json!({})));
    let gain = |id: &String| with[id] - without[id];
    let plain = gain(&"plain".to_owned());
    with.keys()
        .map(|id| (id.clone(), gain(id) - plain))
        .collect()
}

#[test]
fn each_attribute_lifts_what_suits_it_and_leaves_the_rest() {
    let app = shelf();
    for (profile, lifted, lowered) in [
        (
            json!({"subjects": ["/math-science-technology/mathematics/fractions"]}),
            vec!["fractions", "algebra"],
            vec!["music"],
        ),
        (
            json!({"subjects": ["/math-science-technology/mathematics"]}),
            vec!["fractions", "algebra"],
            vec!["music"],
        ),
        (
            json!({"levels": ["/primary/cycle-2/grade-4"]}),
            vec!["grade-4", "grade-5", "cycle-2"],
            vec!["college"],
        ),
        (
            json!({"student_types": ["learning-difficulty"]}),
            vec!["dyslexia"],
            vec![],
        ),
        (json!({"devices": ["ipad"]}), vec!["ipad"], vec!["windows"]),
        (json!({"os": ["windows"]}), vec!["windows"], vec!["ipad"]),
        (json!({"platforms": ["moodle"]}), vec!["moodle"], vec![]),
        (json!({"languages": ["es"]}), vec!["spanish"], vec![]),
        (json!({"budget": 10}), vec!["cheap"], vec!["dear"]),
        (json!({"role": "ict-manager"}), vec!["platform"], vec![]),
    ] {
        for (id, gain) in gains(&app, profile.clone()) {
            let expected = (
                lifted.contains(&id.as_str()),
                lowered.contains(&id.as_str()),
            );
            assert_eq!(
                (gain > 0, gain < 0),
                expected,
                "{id} with {profile}: {gain}"
            );
        }
    }
}

#[test]
fn nearer_levels_and_subjects_come_first() {
    let app = shelf();
    let gain = gains(&app, json!({"levels": ["/primary/cycle-2/grade-4"]}));
    assert!(gain["grade-4"] > gain["cycle-2"] && gain["cycle-2"] > gain["grade-5"]);
    let gain = gains(
        &app,
        json!({"subjects": ["/math-science-technology/mathematics/fractions"]}),
    );
    assert!(gain["fractions"] > gain["algebra"]);
}

#[test]
fn a_profile_ranks_and_never_excludes() {
    let app = shelf();
    let answer = app.search(json!({"q": "carte", "limit": 100, "profile": {"devices": ["ipad"], "budget": 0, "levels": ["/adult"]}}));
    assert_eq!(answer["total"], 16);
    let by_parameters = app
        .get("/api/v1/search?q=carte&limit=100&my_device=ipad&my_budget=0&my_level=/adult")
        .json();
    assert_eq!(ids(&by_parameters), ids(&answer));
}

#[test]
fn without_words_the_best_fit_comes_first() {
    let app = shelf();
    let answer = app.search(json!({"profile": {"subjects": ["/arts/music"]}}));
    assert_eq!(ids(&answer)[0], "music");
}
