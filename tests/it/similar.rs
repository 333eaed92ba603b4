//! What resembles a resource, and in what.

use serde_json::{Value, json};

use super::support::{TestApp, ids, lines, record};

const GRADE_4: &str = "/primary/cycle-2/grade-4";
const MATHEMATICS: &str = "/math-science-technology/mathematics";

fn library() -> TestApp {
    let fields = |text: &str, subject: &str, levels: &[&str]| {
        json!({"description": {"fr": text}, "subjects": [subject], "levels": levels,
            "type": ["game"], "languages": ["fr"]})
    };
    let mut records = vec![
        record(
            "pizza",
            "Fractions et pizzas",
            fields(
                "Partager des pizzas pour comprendre les fractions.",
                MATHEMATICS,
                &[GRADE_4],
            ),
        ),
        record(
            "tarte",
            "Fractions et tartes",
            fields(
                "Partager des tartes pour comprendre les fractions.",
                MATHEMATICS,
                &[GRADE_4],
            ),
        ),
        record(
            "calcul",
            "Tables à l’écran",
            fields("Multiplier sans papier.", MATHEMATICS, &[GRADE_4]),
        ),
        record(
            "wide",
            "Nombres à l’écran",
            fields(
                "Additionner sans papier.",
                MATHEMATICS,
                &[GRADE_4, "/preschool", "/secondary", "/university"],
            ),
        ),
        record(
            "piano",
            "Piano et fractions",
            fields("Des gammes au clavier.", "/arts/music", &["/university"]),
        ),
        json!({"id": "stone", "title": {"en": "Rocks and minerals"}, "languages": ["en"]}),
    ];
    records.extend((0..20).map(|number| {
        record(
            &format!("other{number:02}"),
            "Histoire des peuples",
            json!({"subjects": ["/arts/drama"]}),
        )
    }));
    TestApp::with(&records)
}

fn similar(app: &TestApp, path: &str) -> Value {
    let answer = app.get(&format!("/api/v1/resources/{path}"));
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[test]
fn what_shares_words_and_attributes_comes_first_and_the_resource_itself_is_left_out() {
    let app = library();
    let found = ids(&similar(&app, "pizza/similar"));
    assert_eq!(
        found,
        ["tarte", "calcul", "wide", "piano"],
        "shared words, then values; nothing in common is not there"
    );
    assert_eq!(
        ids(&similar(&app, "pizza/similar?limit=2")),
        ["tarte", "calcul"]
    );
    assert_eq!(
        ids(&similar(&app, "pizza/similar?limit=0")),
        Vec::<String>::new()
    );
    assert_eq!(ids(&similar(&app, "stone/similar")), Vec::<String>::new());
    let crowd = ids(&similar(&app, "other07/similar"));
    assert_eq!(crowd.len(), 5);
    let more = ids(&similar(&app, "other07/similar?limit=20"));
    assert_eq!(
        (more.len(), more[19].as_str()),
        (20, "piano"),
        "another art"
    );
    assert!(!crowd.contains(&"other07".to_owned()));
    assert_eq!(
        similar(&app, "pizza/similar"),
        similar(&app, "pizza/similar")
    );
}

#[test]
fn points_add_up_and_sentences_speak_of_likeness() {
    let app = library();
    let answer = similar(&app, "pizza/similar?lang=en");
    for (place, hit) in answer["hits"].as_array().unwrap().iter().enumerate() {
        assert_eq!(hit["rank"], place + 1);
        assert_eq!(hit["resource"]["id"], hit["id"]);
        let mut sum = 0;
        for part in hit["explanation"].as_array().unwrap() {
            let points = part["points"].as_f64().unwrap();
            sum += (points * 10_000.0).round() as i64;
            let (value, weight) = (
                part["value"].as_f64().unwrap(),
                part["weight"].as_f64().unwrap(),
            );
            assert!(
                (0.0..=1.0).contains(&value) && (value * weight - points).abs() < 0.0001,
                "{part}"
            );
            for (language, profile) in [("fr", ["vos ", "votre "]), ("en", ["your ", "yours"])] {
                let text = part["text"][language].as_str().unwrap();
                assert!(
                    text.ends_with('.') && !profile.iter().any(|word| text.contains(word)),
                    "{text}"
                );
            }
        }
        assert_eq!(
            sum,
            (hit["score"].as_f64().unwrap() * 10_000.0).round() as i64,
            "{hit}"
        );
    }
    let told = |place: usize, language: &str| -> Vec<&str> {
        let parts = answer["hits"][place]["explanation"].as_array().unwrap();
        parts
            .iter()
            .map(|part| part["text"][language].as_str().unwrap())
            .collect()
    };
    assert!(
        told(0, "fr").contains(&"Même matière : Mathématique."),
        "{:?}",
        told(0, "fr")
    );
    assert!(
        told(0, "en").contains(&"Same level: Elementary 4 (Grade 4)."),
        "{:?}",
        told(0, "en")
    );
    assert!(
        told(3, "fr")
            .iter()
            .any(|text| text.starts_with("Autre matière :")),
        "{:?}",
        told(3, "fr")
    );
    assert_eq!(
        answer["hits"][0]["explanation"][0]["signal"], "text",
        "the weightiest first"
    );
    assert_eq!(
        answer["hits"][0]["highlights"]["title"],
        "<mark>Fractions</mark> et tartes"
    );
}

#[test]
fn likeness_follows_the_catalogue_and_misses_are_told() {
    let app = library();
    let of_pizza = || ids(&similar(&app, "pizza/similar"));
    let has = |id: &str| of_pizza().contains(&id.to_owned());
    assert!(has("tarte") && has("calcul"));
    app.import(&lines(&[record("tarte", "Cartes anciennes", json!({}))]));
    assert!(!has("tarte") && has("calcul"));
    app.as_operator("DELETE", "/api/v1/admin/resources/calcul", "");
    assert!(!has("calcul") && has("wide"));
    let twin = json!({"subjects": [MATHEMATICS], "levels": [GRADE_4], "type": ["game"],
        "description": {"fr": "Partager des pizzas pour comprendre les fractions."}});
    app.import(&lines(&[record("twin", "Fractions et pizzas", twin)]));
    assert_eq!(of_pizza()[0], "twin");
    for (path, status, code) in [
        ("nothing/similar", 404, "not_found"),
        ("calcul/similar", 410, "gone"),
        ("a%2Cb/similar", 400, "invalid_request"),
        ("pizza/similar?limit=21", 400, "invalid_request"),
        ("pizza/similar?lang=de", 400, "invalid_request"),
        ("pizza/similar?q=x", 400, "invalid_request"),
    ] {
        let answer = app.get(&format!("/api/v1/resources/{path}"));
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.json()["code"], code);
        assert_eq!(answer.content_type, "application/problem+json");
    }
}
