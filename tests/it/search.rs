//! What matches, how it is ordered, what is explained.

use serde_json::{Value, json};

use super::support::{TestApp, ids, record};

fn library() -> TestApp {
    TestApp::with(&[
        record(
            "fractions",
            "Jeu de fractions",
            json!({"description": {"fr": "Partager des pizzas pour comprendre les fractions."},
            "price": {"model": "free"}, "os": ["web"], "updated_at": "2026-01-10"}),
        ),
        record(
            "cheval",
            "Les chevaux de trait",
            json!({"description": {"fr": "Un documentaire.", "en": "About draught horses."},
            "price": {"model": "paid", "amount": 12.5, "currency": "CAD"}, "updated_at": "2026-03-01"}),
        ),
        record(
            "harmonie",
            "L’harmonie au piano",
            json!({"price": {"model": "quote"}, "devices": ["ipad"]}),
        ),
        json!({"id": "photo", "title": {"en": "Photosynthesis lab"}, "description": {"en": "Grow a plant and measure light."},
            "price": {"model": "paid", "amount": 3, "currency": "CAD"}, "updated_at": "2025-12-31"}),
        json!({"id": "untold", "description": "Fractions without a language"}),
    ])
}

fn found(app: &TestApp, q: &str) -> Vec<String> {
    let mut found = ids(&app.search(json!({"q": q})));
    found.sort();
    found
}

#[test]
fn any_word_in_any_form_in_either_language_matches() {
    let app = library();
    assert_eq!(found(&app, "fraction"), ["fractions", "untold"]);
    assert_eq!(found(&app, "CHEVAL"), ["cheval"]);
    assert_eq!(found(&app, "horse"), ["cheval"]);
    assert_eq!(found(&app, "harmonie"), ["harmonie"]);
    assert_eq!(found(&app, "l'harmonie"), ["harmonie"]);
    assert_eq!(
        found(&app, "photosynthesis harmonie"),
        ["harmonie", "photo"]
    );
    assert_eq!(found(&app, "astronomie"), Vec::<String>::new());
}

#[test]
fn a_misspelled_word_is_corrected_and_told() {
    let app = library();
    for (typed, id, corrected) in [
        ("frcations", "fractions", "fractions"),
        ("jeu de fractons", "fractions", "jeu de fractions"),
        ("hramonie", "harmonie", "harmonie"),
        ("photosinthesys", "photo", "photosynthesis"),
    ] {
        let answer = app.search(json!({"q": typed}));
        assert_eq!(ids(&answer)[0], id, "{typed}");
        assert_eq!(answer["query"]["corrected"], corrected);
    }
    for kept in ["fractions", "fraction", "abc", "c++", "2026", "astronomie"] {
        assert_eq!(
            app.search(json!({"q": kept}))["query"]["corrected"],
            Value::Null,
            "{kept}"
        );
    }
}

#[test]
fn a_misspelled_question_is_answered_as_its_correction_is() {
    let app = TestApp::with(&[
        json!({"id": "paid", "title": {"fr": "Jeu de fractions en format gratuit et payant"}, "price": "paid"}),
        json!({"id": "free", "title": {"en": "Fractions for everybody"}, "price": "free"}),
        json!({"id": "game", "title": {"fr": "Un jeu de voyelles"}, "price": "free"}),
        json!({"id": "owl", "title": {"en": "Owls of the northern forest"}}),
        json!({"id": "call", "title": {"fr": "Le cri de la chouette"}}),
    ]);
    for (typed, meant) in [
        ("jeu de frcations gratuti", "jeu de fractions gratuit"),
        ("chuoette", "chouette"),
    ] {
        let [typed, meant] = [typed, meant].map(|text| app.search(json!({"q": text})));
        assert_eq!(typed["query"]["corrected"], meant["query"]["text"]);
        assert_eq!(typed["query"]["understood"], meant["query"]["understood"]);
        assert_eq!(ids(&typed), ids(&meant));
        assert_eq!(
            ids(&typed).len(),
            2,
            "what stands for the meant word is found too"
        );
    }
}

#[test]
fn a_misspelled_word_is_known_by_what_it_finds_in_another_form_or_language() {
    let app = TestApp::with(&[
        json!({"id": "rink", "title": {"en": "The outdoor rink"}}),
        json!({"id": "sums", "title": {"en": "Summarizing a text"}}),
        json!({"id": "fountain", "title": {"en": "The village fountain"}}),
    ]);
    for (typed, id, corrected) in [
        ("patinoitre", "rink", "patinoire"),
        ("smmarize", "sums", "summarize"),
        ("fonutain", "fountain", "fountain"),
    ] {
        let answer = app.search(json!({"q": typed}));
        assert_eq!(ids(&answer), [id], "{typed}");
        assert_eq!(answer["query"]["corrected"], corrected);
    }
    for right in ["mountain", "mountains"] {
        let answer = app.search(json!({"q": right}));
        assert_eq!(answer["query"]["corrected"], Value::Null, "{right}");
        assert_eq!(answer["total"], 0, "a right word is not taken for another");
    }
}

#[test]
fn a_name_is_found_when_its_words_are_joined_or_parted() {
    let app = TestApp::with(&[
        json!({"id": "geogebra", "title": {"fr": "GeoGebra, géométrie dynamique"}, "price": "free"}),
        json!({"id": "geo", "title": {"fr": "Un atlas de géographie"}, "keywords": {"fr": ["géo"]}}),
        json!({"id": "creator", "title": {"en": "Book Creator"}}),
        json!({"id": "book", "title": {"en": "A book about a creator"}}),
    ]);
    for (typed, id, corrected) in [
        ("geo gebra", "geogebra", "geogebra"),
        ("Géo Gebra gratuit", "geogebra", "geogebra gratuit"),
        ("bookcreator", "creator", "book creator"),
    ] {
        let answer = app.search(json!({"q": typed}));
        assert_eq!(answer["query"]["corrected"], corrected, "{typed}");
        assert_eq!(ids(&answer)[0], id, "{typed}");
    }
    // Words that stand together nowhere are not taken apart.
    let answer = app.search(json!({"q": "bookatlas"}));
    assert_eq!(answer["query"]["corrected"], Value::Null);
}

#[test]
fn words_without_a_meaning_of_their_own_are_not_corrected() {
    let app = TestApp::with(&[
        json!({"id": "jump", "title": {"fr": "Le saut en longueur"}}),
        json!({"id": "junk", "title": {"fr": "Reconnaître un pourriel"}}),
    ]);
    for question in ["sauf", "des jeux sauf le saut", "pourriez-vous m'aider"] {
        let answer = app.search(json!({"q": question}));
        assert_eq!(answer["query"]["corrected"], Value::Null, "{question}");
    }
}

#[test]
fn a_question_finds_what_is_described_in_the_other_language_below_what_is_in_its_own() {
    let app = TestApp::with(&[
        json!({"id": "own", "title": {"fr": "Le plan cartésien"}}),
        json!({"id": "other", "title": {"en": "The coordinate plane"}}),
        json!({"id": "neither", "title": {"en": "The water cycle"}}),
    ]);
    assert_eq!(
        ids(&app.search(json!({"q": "plan cartésien"}))),
        ["own", "other"]
    );
    assert_eq!(
        ids(&app.search(json!({"q": "coordinate plane", "lang": "en"}))),
        ["other", "own"]
    );
    let hit = &app.search(json!({"q": "plan cartésien"}))["hits"][1];
    assert_eq!(
        hit["highlights"]["title"],
        "The <mark>coordinate</mark> <mark>plane</mark>"
    );
}

#[test]
fn phrases_must_occur_and_exclusions_must_not() {
    let app = library();
    assert_eq!(found(&app, "\"jeu de fractions\""), ["fractions"]);
    assert_eq!(found(&app, "\"fractions de jeu\""), Vec::<String>::new());
    assert_eq!(found(&app, "fractions -pizza"), ["untold"]);
    assert_eq!(found(&app, "fractions -\"jeu de\""), ["untold"]);
    assert_eq!(found(&app, "-fractions"), ["cheval", "harmonie", "photo"]);
}

#[test]
fn a_question_without_words_finds_everything() {
    let app = library();
    assert_eq!(app.search(json!({}))["total"], 5);
    assert_eq!(app.search(json!({"q": " ?! "}))["total"], 5);
    let answer = app.get("/api/v1/search").json();
    assert_eq!(answer["total"], 5);
}

#[test]
fn results_are_sorted_as_asked_with_the_unknown_last() {
    let app = library();
    let sorted = |sort: &str| ids(&app.search(json!({"sort": sort})));
    assert_eq!(sorted("newest")[..3], ["cheval", "fractions", "photo"]);
    assert_eq!(sorted("price")[..3], ["fractions", "photo", "cheval"]);
    // « L’harmonie » is filed under its noun.
    assert_eq!(
        sorted("title"),
        ["harmonie", "fractions", "cheval", "photo", "untold"]
    );
}

#[test]
fn a_page_is_a_part_of_the_whole_order() {
    let records: Vec<Value> = (0..57)
        .map(|n| record(&format!("r{n:02}"), "carte", json!({})))
        .collect();
    let app = TestApp::with(&records);
    let whole = ids(&app.search(json!({"q": "carte", "limit": 100})));
    assert_eq!(whole.len(), 57);
    let mut pages = Vec::new();
    for offset in (0..60).step_by(7) {
        pages.extend(ids(
            &app.search(json!({"q": "carte", "limit": 7, "offset": offset}))
        ));
    }
    assert_eq!(pages, whole);
    let mut by_id = whole.clone();
    by_id.sort();
    assert_eq!(whole, by_id, "equal scores are ordered by id");
    let none = app.search(json!({"q": "carte", "limit": 0}));
    assert_eq!(
        (
            none["total"].as_u64(),
            none["hits"].as_array().unwrap().len()
        ),
        (Some(57), 0)
    );
}

#[test]
fn points_add_up_to_the_score_and_the_same_question_gives_the_same_answer() {
    let app = library();
    let question = json!({"q": "fractions piano horses", "explain": true,
        "profile": {"subjects": ["/arts/music"], "devices": ["ipad"], "budget": 5, "languages": ["fr"], "role": "teacher"}});
    let first = app.search(question.clone());
    for hit in first["hits"].as_array().unwrap() {
        let points = hit["explanation"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["points"].as_f64().unwrap());
        let sum = points
            .map(|points| (points * 10_000.0).round() as i64)
            .sum::<i64>();
        assert_eq!(
            sum,
            (hit["score"].as_f64().unwrap() * 10_000.0).round() as i64,
            "{hit}"
        );
        for part in hit["explanation"].as_array().unwrap() {
            let value = part["value"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value), "{part}");
            assert!(
                ["fr", "en"].iter().all(|lang| part["text"][lang]
                    .as_str()
                    .is_some_and(|text| text.ends_with('.'))),
                "{part}"
            );
        }
    }
    let second = app.search(question);
    for field in ["total", "hits", "facets", "generation", "ranking"] {
        assert_eq!(first[field], second[field], "{field}");
    }
}

#[test]
fn the_neutral_rank_is_the_rank_without_the_profile() {
    let records: Vec<Value> = (0..40)
        .map(|n| {
            let level = if n % 3 == 0 {
                "/primary/cycle-2/grade-4"
            } else {
                "/secondary"
            };
            record(
                &format!("r{n}"),
                &format!("carte {}", "mot ".repeat(n % 5)),
                json!({"levels": [level]}),
            )
        })
        .collect();
    let app = TestApp::with(&records);
    let profile = json!({"levels": ["/primary/cycle-2/grade-4"]});
    let neutral = ids(&app.search(json!({"q": "carte", "limit": 100})));
    let personal =
        app.search(json!({"q": "carte", "limit": 100, "explain": true, "profile": profile}));
    for hit in personal["hits"].as_array().unwrap() {
        let place = neutral
            .iter()
            .position(|id| id == hit["id"].as_str().unwrap())
            .unwrap() as u64
            + 1;
        assert_eq!(hit["neutral_rank"], place, "{}", hit["id"]);
    }
    assert_ne!(ids(&personal), neutral);
    let switched_off =
        app.search(json!({"q": "carte", "limit": 100, "personal": false, "profile": profile}));
    assert_eq!(ids(&switched_off), neutral);
}

#[test]
fn a_hit_shows_its_record_what_it_runs_on_and_where_it_matched() {
    let app = TestApp::with(&[
        json!({"id": "x", "title": {"fr": "Géométrie <dynamique>"}, "devices": ["ipad"], "colour": "red"}),
    ]);
    let answer = app.search(json!({"q": "geometries"}));
    let hit = &answer["hits"][0];
    assert_eq!(
        hit["highlights"]["title"],
        "<mark>Géométrie</mark> &lt;dynamique&gt;"
    );
    assert_eq!(
        hit["resource"]["runs_on"],
        json!({"devices": ["ipad"], "os": ["ipados"]})
    );
    assert_eq!(
        hit["resource"]["provenance"],
        Value::Null,
        "what the origin said beside stays inside"
    );
    let one = app.get("/api/v1/resources/x").json();
    assert_eq!(one, hit["resource"]);
}

#[test]
fn max_price_leaves_out_what_is_dearer_or_unknown() {
    let app = library();
    let cheap = app.search(json!({"max_price": 3}));
    let mut found = ids(&cheap);
    found.sort();
    assert_eq!(found, ["fractions", "photo"]);
}

#[test]
fn recommendations_are_a_search_without_text() {
    let app = library();
    let answer = app.request(
        "POST",
        "/api/v1/recommendations",
        json!({"device": ["ipad"]}).to_string(),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["total"], 2, "the iPad app and the web page");
    let with_text = app.request(
        "POST",
        "/api/v1/recommendations",
        json!({"q": "x"}).to_string(),
    );
    assert_eq!(with_text.status, 400);
}

#[test]
fn vocabularies_and_the_description_of_the_api_are_there() {
    let app = TestApp::empty();
    let level = app.get("/api/v1/vocabularies/level").json();
    let grade = level["terms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|term| term["id"] == "/primary/cycle-2/grade-4")
        .unwrap();
    assert_eq!(grade["label"]["fr"], "4e année du primaire");
    assert_eq!(grade["parent"], "/primary/cycle-2");
    assert!(
        app.get("/api/v1/vocabularies").json()["vocabularies"]
            .as_array()
            .unwrap()
            .len()
            >= 17
    );
    assert_eq!(app.get("/api/v1/vocabularies/none").status, 404);
    let description = app.get("/api/v1/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    for path in [
        "/api/v1/search",
        "/api/v1/guidance",
        "/api/v1/compare",
        "/api/v1/why",
        "/api/v1/resources/{id}",
        "/api/v1/admin/import",
        "/healthz",
    ] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
    let docs = app.get("/api/docs/");
    assert!(docs.status == 200 && docs.text.contains("swagger"));
    assert!(
        !docs.text.contains("https://"),
        "the page's assets are our own"
    );
}

#[test]
fn health_readiness_and_metrics_answer() {
    let app = library();
    app.search(json!({"q": "fractions"}));
    assert_eq!(app.get("/healthz").status, 200);
    let ready = app.get("/readyz");
    assert_eq!(
        (ready.status.as_u16(), ready.json()["resources"].as_u64()),
        (200, Some(5))
    );
    let metrics = app.get("/metrics").text;
    assert!(
        metrics.contains("classo_http_request_seconds")
            && metrics.contains("classo_index_resources"),
        "{metrics}"
    );
}

#[test]
fn a_resource_is_json_ld_to_who_accepts_that() {
    let app = library();
    let request = axum::http::Request::get("/api/v1/resources/fractions")
        .header("accept", "application/ld+json");
    let answer = app.send(request.body(axum::body::Body::empty()).unwrap());
    assert_eq!(answer.content_type, "application/ld+json");
    assert_eq!(answer.json()["@type"], "LearningResource");
    assert_eq!(answer.json()["isAccessibleForFree"], true);
}

#[test]
fn a_reason_tells_whether_a_level_includes_the_asker_s_or_is_a_part_of_it() {
    let record =
        |id: &str, level: &str| json!({"id": id, "title": {"fr": "Le calcul"}, "levels": [level]});
    let app = TestApp::with(&[
        record("cycle", "/primary/cycle-2"),
        record("beside", "/primary/cycle-2/grade-3"),
        record("grade", "/primary/cycle-2/grade-4"),
    ]);
    let told = |level: &str| -> std::collections::BTreeMap<String, String> {
        let answer = app.search(json!({"explain": true, "profile": {"levels": [level]}}));
        let hits = answer["hits"].as_array().unwrap().iter();
        let reason = |hit: &Value| {
            let reasons = hit["explanation"].as_array().unwrap();
            let level = reasons.iter().find(|reason| reason["signal"] == "level");
            level.unwrap()["text"]["fr"].as_str().unwrap().to_owned()
        };
        hits.map(|hit| (hit["id"].as_str().unwrap().to_owned(), reason(hit)))
            .collect()
    };
    let for_a_grade = told("/primary/cycle-2/grade-4");
    assert_eq!(
        for_a_grade["cycle"],
        "Niveau visé : 2e cycle du primaire (comprend 4e année du primaire)."
    );
    assert_eq!(
        for_a_grade["beside"],
        "Niveau visé : 3e année du primaire, proche de 4e année du primaire."
    );
    let for_a_cycle = told("/primary/cycle-2");
    assert_eq!(
        for_a_cycle["grade"],
        "Niveau visé : 4e année du primaire (dans 2e cycle du primaire)."
    );
}
