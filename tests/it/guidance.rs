//! Guidance: what giving up a wish would bring equals brute force, no way leads to a dead end, and a question is never
//! asked in vain.

use std::collections::BTreeSet;

use classo::index_schema::IndexSchema;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::facets::{FACETS, Found, WORDS, random_record, random_terms};
use super::support::{TestApp, ids, record, rounds, seed};

impl TestApp {
    /// POST guidance; the answer must be 200.
    fn guide(&self, need: &Value) -> Value {
        let answer = self.request("POST", "/api/v1/guidance", need.to_string());
        assert_eq!(answer.status, 200, "{need}: {}", answer.text);
        answer.json()
    }
}

fn library(rng: &mut StdRng, size: usize) -> TestApp {
    let records: Vec<Value> = (0..size).map(|number| random_record(rng, number)).collect();
    TestApp::with(&records)
}

fn random_need(rng: &mut StdRng) -> Value {
    let words: Vec<&str> = (0..rng.random_range(0..3))
        .map(|_| *WORDS.choose(rng).unwrap())
        .collect();
    let mut answers = json!({});
    for _ in 0..rng.random_range(0..4) {
        let facet = FACETS.choose(rng).unwrap().0;
        let chosen = random_terms(rng, facet, 3);
        if !chosen.is_empty() {
            answers[facet] = json!(chosen);
        }
    }
    if rng.random_bool(0.3) {
        answers["has"] = json!(["tutorial", "no-ads"]);
    }
    if rng.random_bool(0.2) {
        answers["max_price"] = json!(rng.random_range(0..50));
    }
    let profile = json!({"devices": random_terms(rng, "device", 2), "os": random_terms(rng, "os", 2),
        "levels": random_terms(rng, "level", 1), "budget": rng.random_bool(0.3).then_some(20)});
    let skipped: Vec<&str> = ["device", "os", "max_price"]
        .into_iter()
        .filter(|_| rng.random_bool(0.2))
        .collect();
    json!({"q": words.join(" "), "answers": answers, "profile": profile, "skipped": skipped})
}

/// Whether a resource satisfies one wish, such as `{"level": ["/primary"]}`.
fn satisfies(found: &Found, wish: &Value) -> bool {
    let (name, value) = wish.as_object().unwrap().iter().next().unwrap();
    match value.as_array() {
        None => found.costs_at_most(value.as_f64().unwrap()),
        Some(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| value.as_str().unwrap().to_owned())
                .collect();
            found.passes(name, &values)
        }
    }
}

#[test]
fn relaxations_minimal_sets_and_hidden_matches_equal_brute_force() {
    let mut rng = StdRng::seed_from_u64(seed("relaxations"));
    let app = library(&mut rng, 250);
    let facets: Vec<&'static str> = FACETS
        .iter()
        .map(|(name, _, _)| *name)
        .chain(["has"])
        .collect();
    let mut empty = 0;
    for _ in 0..rounds("CLASSO_GUIDANCE_ROUNDS", 150) {
        let need = random_need(&mut rng);
        let answer = app.guide(&need);
        empty += u32::from(answer["total"] == 0);
        // Everything that has the words, in the order of this profile; what is hidden is weighed without the nearness of
        // the words, which is told of the best matches alone.
        let mut matches: Vec<(Found, f64)> = (0..3)
            .flat_map(|page| {
                let question = json!({"q": need["q"], "profile": need["profile"], "limit": 100, "offset": page * 100,
                    "explain": true});
                app.search(question)["hits"].as_array().unwrap().clone()
            })
            .map(|hit| {
                let score = hit["score"].as_f64().unwrap() - nearness(&hit);
                (Found::new(hit["resource"].clone(), &facets), score)
            })
            .collect();
        let id = |found: &Found| found.resource["id"].as_str().unwrap().to_owned();
        matches.sort_by(|(one, points), (other, others)| {
            let of = |points: &f64| (points * 10_000.0).round() as i64;
            of(others).cmp(&of(points)).then(id(one).cmp(&id(other)))
        });
        check(&need, &answer, &matches);
        check_newcomers(&app, &need, &answer, &facets);
    }
    assert!(empty > 5, "only {empty} lists were empty");
}

/// The best that giving up a wish would bring is the first newcomer once it is given up, with the points it has then.
fn check_newcomers(app: &TestApp, need: &Value, answer: &Value, facets: &[&'static str]) {
    for relaxation in answer["relaxations"].as_array().unwrap() {
        let (drop, best) = (&relaxation["drop"], &relaxation["best"]);
        let mut freed = need.clone();
        freed["limit"] = json!(100);
        give_up(&mut freed, drop, &answer["wishes"]);
        let freed = app.guide(&freed);
        let is_new = |hit: &&Value| !satisfies(&Found::new(hit["resource"].clone(), facets), drop);
        if let Some(first) = freed["shortlist"].as_array().unwrap().iter().find(is_new) {
            assert_eq!(best["id"], first["id"], "{drop} of {need}");
            assert_eq!(best["score"], first["score"], "{drop} of {need}");
        }
    }
}

fn nearness(hit: &Value) -> f64 {
    let reasons = hit["explanation"].as_array().unwrap().iter();
    let of_nearness = reasons.filter(|reason| reason["signal"] == "proximity");
    of_nearness
        .map(|reason| reason["points"].as_f64().unwrap())
        .sum()
}

fn check(need: &Value, answer: &Value, matches: &[(Found, f64)]) {
    let wishes = answer["wishes"].as_array().unwrap();
    let failed = |found: &Found| -> Vec<usize> {
        let fails = |number: &usize| !satisfies(found, &wishes[*number]["wish"]);
        (0..wishes.len()).filter(fails).collect()
    };
    let failures: Vec<(&Found, f64, Vec<usize>)> = matches
        .iter()
        .map(|(found, score)| (found, *score, failed(found)))
        .collect();
    let total = failures
        .iter()
        .filter(|(.., failed)| failed.is_empty())
        .count();
    assert_eq!(answer["total"], total, "{need}");

    let told = answer["relaxations"].as_array().unwrap();
    let mut expected = 0;
    for (number, wish) in wishes.iter().enumerate() {
        let newcomers: Vec<_> = failures
            .iter()
            .filter(|(.., failed)| *failed == [number])
            .collect();
        let relaxation = told.iter().find(|told| told["drop"] == wish["wish"]);
        if newcomers.is_empty() {
            assert!(relaxation.is_none(), "{wish} of {need}");
            continue;
        }
        expected += 1;
        let relaxation = relaxation.unwrap_or_else(|| panic!("{wish} of {need}"));
        assert_eq!(relaxation["adds"], newcomers.len(), "{wish} of {need}");
        assert_eq!(relaxation["total"], newcomers.len() + total);
    }
    assert_eq!(told.len(), expected, "{need}");

    let told = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect()
    };
    let minimal: BTreeSet<BTreeSet<String>> = answer["minimal"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect();
    let sets: BTreeSet<&Vec<usize>> = failures.iter().map(|(.., failed)| failed).collect();
    let least = sets.iter().map(|set| set.len()).min();
    let smallest = sets
        .iter()
        .filter(|set| total == 0 && Some(set.len()) == least);
    let as_told = |set: &&&Vec<usize>| {
        set.iter()
            .map(|number| wishes[*number]["wish"].to_string())
            .collect()
    };
    assert_eq!(
        minimal,
        smallest.map(|set| as_told(&set)).collect(),
        "{need}"
    );

    let last = failures
        .iter()
        .filter(|(.., failed)| failed.is_empty())
        .nth(4)
        .map(|(_, score, _)| *score);
    let is_fleet = |number: &usize| {
        let wish = &wishes[*number];
        let of_devices = wish["wish"]["device"].is_array() || wish["wish"]["os"].is_array();
        wish["source"] == "profile" && of_devices
    };
    let hidden = answer["hidden"].as_array().unwrap();
    let fleet = failures.iter().filter(|(_, score, failed)| {
        !failed.is_empty() && failed.iter().all(is_fleet) && last.is_none_or(|last| *score >= last)
    });
    let by_fleet = hidden.iter().find(|hidden| {
        let by = hidden["by"].as_object().unwrap();
        (0..wishes.len()).any(|number| {
            is_fleet(&number)
                && wishes[number]["wish"]
                    .as_object()
                    .unwrap()
                    .keys()
                    .all(|key| by.contains_key(key))
        })
    });
    let count = by_fleet.map_or(0, |hidden| hidden["count"].as_u64().unwrap());
    assert_eq!(fleet.count() as u64, count, "the fleet of {need}");
}

#[test]
fn no_way_leads_to_a_dead_end() {
    let mut rng = StdRng::seed_from_u64(seed("walks"));
    let app = library(&mut rng, 250);
    for _ in 0..rounds("CLASSO_WALKS", 40) {
        let mut need = random_need(&mut rng);
        if rng.random_bool(0.1) {
            need["q"] = json!("xqzwv jjkkqq");
        }
        walk(&app, &mut rng, need);
    }
}

fn walk(app: &TestApp, rng: &mut StdRng, mut need: Value) {
    let mut promised = None;
    for _ in 0..40 {
        let answer = app.guide(&need);
        let total = answer["total"].as_u64().unwrap();
        if let Some(promised) = promised.take() {
            assert_eq!(total, promised, "{need}");
        }
        if total == 0 {
            let minimal = answer["minimal"].as_array().unwrap();
            let concession = minimal
                .choose(rng)
                .unwrap_or_else(|| panic!("a dead end: {need}"));
            for drop in concession.as_array().unwrap() {
                give_up(&mut need, drop, &answer["wishes"]);
            }
            assert!(
                app.guide(&need)["total"].as_u64().unwrap() > 0,
                "{concession} of {need}"
            );
            continue;
        }
        assert_eq!(answer["minimal"], json!([]));
        let question = &answer["next_question"];
        if question.is_null() {
            return;
        }
        let (facet, skip) = (question["facet"].as_str().unwrap(), &question["skip"]);
        let known = &need["answers"][facet];
        if facet != "has" && !known.is_null() {
            is_finer(known, question);
        }
        assert!(
            !need["skipped"].as_array().unwrap().contains(skip),
            "{skip} is skipped"
        );
        assert!(question["gain_bits"].as_f64().unwrap() >= 0.0);
        if rng.random_bool(0.2) {
            need["skipped"].as_array_mut().unwrap().push(skip.clone());
            continue;
        }
        let option = question["options"].as_array().unwrap().choose(rng).unwrap();
        promised = option["count"].as_u64();
        for (name, value) in option["answer"].as_object().unwrap() {
            need["answers"][name] = value.clone();
        }
    }
    panic!("the questions do not end: {need}");
}

/// What is asked again is asked one floor down: every option lies within what was answered, and is less than it.
fn is_finer(known: &Value, question: &Value) {
    let known: Vec<&str> = known
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    for option in question["options"].as_array().unwrap() {
        let answer = option["answer"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap();
        let finer: Vec<&str> = answer
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect();
        let is_within = |id: &&str| {
            known
                .iter()
                .any(|known| id == known || id.starts_with(&format!("{known}/")))
        };
        assert!(finer.iter().all(is_within), "{finer:?} of {known:?}");
        assert_ne!(finer, known);
    }
}

/// Gives up a wish as its source says.
fn give_up(need: &mut Value, drop: &Value, wishes: &Value) {
    let (name, value) = drop.as_object().unwrap().iter().next().unwrap();
    if name == "q" {
        need["q"] = json!("");
        return;
    }
    let wish = wishes
        .as_array()
        .unwrap()
        .iter()
        .find(|wish| wish["wish"] == *drop);
    let source = &wish.unwrap()["source"];
    if source == "answers" {
        let answers = need["answers"].as_object_mut().unwrap();
        match (name.as_str(), value.as_array()) {
            ("has", Some(values)) => {
                let has = answers[name].as_array_mut().unwrap();
                has.retain(|value| !values.contains(value));
            }
            _ => {
                answers.remove(name);
            }
        }
    }
    need["skipped"].as_array_mut().unwrap().push(json!(name));
}

#[test]
fn a_question_tells_apart_what_is_likely_and_is_never_asked_in_vain() {
    let game = |id: &str, level: &str| {
        let fields = json!({"levels": [level], "subjects": ["/math-science-technology/mathematics"],
            "type": ["game"], "languages": ["fr"], "os": ["web"], "price": {"model": "free"}});
        record(id, "Jeu de fractions", fields)
    };
    let app = TestApp::with(&[
        game("a", "/primary/cycle-1"),
        game("b", "/primary/cycle-2"),
        game("c", "/primary/cycle-3"),
        game("d", "/secondary/cycle-1"),
        record("far", "Carte du ciel", json!({"levels": ["/college"]})),
    ]);
    let answer = app.guide(&json!({"q": "fractions", "lang": "en"}));
    assert_eq!(
        ids(&json!({"hits": answer["shortlist"]})),
        ["a", "b", "c", "d"]
    );
    assert!(answer["shortlist"][0]["explanation"].is_array());
    // Everything else is the same for all four; four equals are two bits.
    let question = &answer["next_question"];
    assert_eq!(
        (&question["facet"], &question["gain_bits"]),
        (&json!("level"), &json!(2.0))
    );
    let labels: Vec<_> = question["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| &o["label"])
        .collect();
    assert_eq!(labels.len(), 4, "{labels:?}");
    assert_eq!(answer["relaxations"], json!([]));
    for known in [
        json!({"q": "fractions", "skipped": ["level"]}),
        json!({"q": "fractions pour ma 4e année"}),
        json!({"q": "fractions", "profile": {"levels": ["/primary"]}}),
        json!({"q": "fractions", "answers": {"level": ["/primary/cycle-2"]}}),
        json!({"q": "fractions", "answers": {"level": ["/primary"]}, "skipped": ["level"]}),
        json!({"q": "fractions", "answers": {"level": ["/primary", "/primary/cycle-2"]}}),
        json!({"q": "ciel"}),
    ] {
        let answer = app.guide(&known);
        assert_eq!(answer["next_question"], Value::Null, "{known}");
        assert_ne!(answer["total"], 0);
    }
}

#[test]
fn who_answers_what_matters_to_few_is_asked_what_tells_most() {
    let strategies = ["discussion", "workshop", "group-work", "project-based"];
    let levels = ["/primary/cycle-1", "/primary/cycle-2", "/primary/cycle-3"];
    let each = levels
        .iter()
        .flat_map(|level| strategies.map(|strategy| (level, strategy)));
    let records = each.enumerate().map(|(number, (level, strategy))| {
        let fields = json!({"levels": [level], "strategies": [strategy], "platforms": ["moodle"],
            "support": {"tutorial": true}});
        record(&format!("r{number:02}"), "Livre", fields)
    });
    let app = TestApp::with(&records.collect::<Vec<_>>());
    let asked = |told: Value| {
        let mut need = json!({"q": "livre", "limit": 1});
        need.as_object_mut()
            .unwrap()
            .extend(told.as_object().unwrap().clone());
        app.guide(&need)["next_question"]["facet"].clone()
    };
    // The way of teaching has more values than the level, which matters to more.
    assert_eq!(
        asked(json!({"skipped": ["platform", "tutorial"]})),
        json!("level")
    );
    assert_eq!(
        asked(json!({"answers": {"platform": ["moodle"], "has": ["tutorial"]}})),
        json!("strategy")
    );
}

#[test]
fn what_was_answered_roughly_is_asked_one_floor_down_and_others_stand_together() {
    let subjects = [
        "/arts/music",
        "/arts/drama",
        "/arts/dance",
        "/languages/spanish",
    ];
    let on_subjects = subjects.iter().enumerate().map(|(number, subject)| {
        record(
            &format!("s{number}"),
            "Livre",
            json!({"subjects": [subject], "type": ["game"]}),
        )
    });
    let app = TestApp::with(&on_subjects.collect::<Vec<_>>());
    let asked = app.guide(&json!({"q": "livre", "lang": "fr"}))["next_question"].clone();
    assert_eq!(
        (&asked["facet"], &asked["multiple"]),
        (&json!("subject"), &json!(true))
    );
    let need = json!({"q": "livre", "answers": {"subject": ["/arts"]}});
    let finer = app.guide(&need)["next_question"].clone();
    assert_eq!(
        finer["text"]["en"],
        "More precisely, what should it be about?"
    );
    let answers: Vec<&Value> = finer["options"]
        .as_array()
        .unwrap()
        .iter()
        .map(|option| &option["answer"])
        .collect();
    assert_eq!(answers.len(), 3, "{answers:?}");
    is_finer(&need["answers"]["subject"], &finer);

    // More kinds than are read: the last option holds all others, and leads to them.
    let vocabularies = &IndexSchema::embedded().vocabularies;
    let types: Vec<&str> = vocabularies
        .get("type")
        .terms()
        .iter()
        .map(|term| term.id.as_str())
        .collect();
    let of_types = types.iter().enumerate().map(|(number, kind)| {
        record(
            &format!("t{number:02}"),
            "Zibeline",
            json!({"type": [kind]}),
        )
    });
    let app = TestApp::with(&of_types.collect::<Vec<_>>());
    let asked = app.guide(&json!({"q": "zibeline"}))["next_question"].clone();
    let options = asked["options"].as_array().unwrap();
    let held: usize = options
        .iter()
        .map(|option| option["answer"]["type"].as_array().unwrap().len())
        .sum();
    assert_eq!(held, types.len());
    let others = options.last().unwrap();
    assert_eq!(
        (&others["label"], &others["count"]),
        (
            &json!("Autre chose"),
            &others["answer"]["type"].as_array().unwrap().len().into()
        )
    );
    let answers = others["answer"].clone();
    let finer = app.guide(&json!({"q": "zibeline", "answers": answers}))["next_question"].clone();
    is_finer(&answers["type"], &finer);
    // Demands of `has` add up, however an answer is merged.
    let app = TestApp::with(&[
        record(
            "a",
            "Carte",
            json!({"support": {"tutorial": true}, "advertising": false}),
        ),
        record("b", "Carte", json!({"support": {"tutorial": true}})),
    ]);
    let asked =
        app.guide(&json!({"q": "carte", "answers": {"has": ["tutorial"]}}))["next_question"]
            .clone();
    let options = asked["options"].as_array().unwrap();
    assert_eq!(options[0]["answer"], json!({"has": ["tutorial", "no-ads"]}));
    assert_eq!(options[0]["count"], 1);
}

#[test]
fn the_fleet_the_budget_and_the_words_are_wishes_that_can_be_given_up() {
    let app = TestApp::with(&[
        record(
            "ipad",
            "Jeu de fractions",
            json!({"devices": ["ipad"], "price": {"model": "paid", "amount": 9}}),
        ),
        record(
            "web",
            "Jeu de fractions",
            json!({"os": ["windows"], "price": {"model": "free"}}),
        ),
    ]);
    let profile = json!({"devices": ["ipad"], "os": ["ipados"], "budget": 5});
    let answer = app.guide(&json!({"q": "fractions", "profile": profile}));
    assert_eq!(answer["total"], 0);
    assert_eq!(answer["minimal"], json!([[{"max_price": 5.0}]]));
    assert_eq!(answer["relaxations"][0]["best"]["id"], "ipad");
    let by_fleet = json!({"by": {"device": ["ipad"], "os": ["ipados"]}, "count": 1});
    assert!(
        answer["hidden"].as_array().unwrap().contains(&by_fleet),
        "{}",
        answer["hidden"]
    );
    let skipped = json!({"q": "fractions", "profile": profile, "skipped": ["device", "os"]});
    assert_eq!(app.guide(&skipped)["shortlist"][0]["id"], "web");
    let free = app.guide(&json!({"q": "fractions gratuit sur iPad"}));
    assert_eq!(free["minimal"].as_array().unwrap().len(), 2, "{free}");
    assert_eq!(free["wishes"][0]["source"], "words");
    let unheard = app.guide(&json!({"q": "xqzwv", "profile": {"budget": 5}}));
    assert_eq!(unheard["minimal"], json!([[{"q": "xqzwv"}]]));
}

#[test]
fn every_problem_of_a_need_is_named() {
    let app = TestApp::empty();
    let need = json!({"answers": {"level": ["?"], "x": 1}, "skipped": ["colour"], "limit": 500, "sort": "price",
        "profile": {"device": ["?"]}});
    let answer = app.request("POST", "/api/v1/guidance", need.to_string());
    assert_eq!(answer.status, 400);
    assert_eq!(answer.content_type, "application/problem+json");
    let problems = answer.json();
    let mut fields: Vec<_> = problems["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["field"].as_str().unwrap())
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "answers.level",
            "answers.x",
            "limit",
            "profile.device",
            "skipped",
            "sort"
        ]
    );
    let wrong = app.request(
        "POST",
        "/api/v1/guidance",
        json!({"answers": 3}).to_string(),
    );
    assert_eq!(wrong.json()["errors"][0]["field"], "answers");
    assert_eq!(app.get("/api/v1/guidance").status, 405);
    assert_eq!(
        app.guide(&json!({}))["minimal"],
        json!([]),
        "an empty catalogue"
    );
}

#[test]
fn the_system_is_asked_of_who_has_laptops_and_goes_without_saying_for_ipads() {
    let on = |id: &str, device: &str, os: &str| {
        record(id, "Carte", json!({"devices": [device], "os": [os]}))
    };
    let app = TestApp::with(&[
        on("a", "ipad", "ipados"),
        on("b", "ipad", "ios"),
        on("c", "laptop", "windows"),
        on("d", "laptop", "macos"),
    ]);
    let asked = |need: Value| app.guide(&need)["next_question"]["facet"].clone();
    let of = |device: &str| json!({"q": "carte", "limit": 1, "answers": {"device": [device]}});
    assert_eq!(asked(of("laptop")), "os");
    assert_eq!(asked(of("ipad")), Value::Null);
    let profile = json!({"q": "carte", "limit": 1, "profile": {"devices": ["ipad"]}});
    assert_eq!(asked(profile), Value::Null);
}

#[test]
fn the_option_that_stands_for_all_others_names_what_they_are() {
    let vocabularies = &IndexSchema::embedded().vocabularies;
    for (facet, field, fr, en) in [
        (
            "student_type",
            "student_types",
            "D’autres élèves",
            "Other students",
        ),
        ("strategy", "strategies", "D’une autre façon", "Another way"),
    ] {
        // Many of one kind, so that the options are not all alike, and few of each of the others.
        let terms: Vec<&str> = vocabularies
            .get(facet)
            .terms()
            .iter()
            .map(|term| term.id.as_str())
            .collect();
        let of_each = (0..400).map(|number| {
            let value = if number < terms.len() {
                terms[number]
            } else {
                terms[0]
            };
            record(&format!("s{number:03}"), "Livre", json!({ field: [value] }))
        });
        let app = TestApp::with(&of_each.collect::<Vec<_>>());
        let question = app.guide(&json!({"q": "livre"}))["next_question"].clone();
        assert_eq!(question["facet"], facet);
        let last = question["options"].as_array().unwrap().last().unwrap();
        assert_eq!(last["label"], fr);
        let question = app.guide(&json!({"q": "livre", "lang": "en"}))["next_question"].clone();
        let last = question["options"].as_array().unwrap().last().unwrap();
        assert_eq!(last["label"], en);
    }
}
