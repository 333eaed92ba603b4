//! A decision written down: the same bytes from the same inputs, nothing left out in either language, nothing let in.

use classo::domain::language::Language;
use classo::domain::typography::{Origin, typeset};
use serde_json::{Value, json};

use super::support::{Answer, ServerProcess, TestApp, classo, lines, record, write_file};

impl TestApp {
    fn dossier(&self, body: &Value, accept: &str) -> Answer {
        let request = axum::http::Request::post("/api/v1/dossier")
            .header("content-type", "application/json")
            .header("accept", accept);
        self.send(request.body(body.to_string().into()).unwrap())
    }

    fn page(&self, body: &Value) -> String {
        let answer = self.dossier(body, "text/html,application/xml;q=0.9,*/*;q=0.8");
        assert_eq!(
            (answer.status.as_u16(), answer.content_type.as_str()),
            (200, "text/html; charset=utf-8"),
            "{}",
            answer.text
        );
        answer.text
    }

    fn data(&self, body: &Value) -> Value {
        let answer = self.dossier(body, "*/*");
        assert_eq!(
            (answer.status.as_u16(), answer.content_type.as_str()),
            (200, "application/json"),
            "{}",
            answer.text
        );
        answer.json()
    }
}

fn records() -> Vec<Value> {
    vec![
        record(
            "app",
            "Jeu de fractions",
            json!({"description": {"fr": "Des fractions à la carte.", "en": "Fractions by the card."}, "devices": ["ipad"],
                "levels": ["/primary/cycle-2"], "advertising": false, "languages": ["fr"], "type": ["game"],
                "offers": [{"per": "student", "amount": 2, "period": "month"}], "price": {"model": "paid"},
                "publisher": {"name": "Éditions du Pin", "headquarters": "quebec"}, "url": "https://example.org/jeu",
                "privacy": {"student_data": true, "hosting_country": "CA", "policy_url": "https://example.org/vie-privee"},
                "verified": {"price": "2026-01-31", "privacy": "2026-02-01"}, "updated_at": "2026-03-05"}),
        ),
        record(
            "site",
            "Fractions en ligne",
            json!({"os": ["web"], "price": {"model": "free"}, "languages": ["fr", "en"], "internet": "partial",
                "levels": ["/primary"], "accessibility": ["captions"], "support": {"guide": true}, "updated_at": "2025-11-20"}),
        ),
        record("bare", "Livre de fractions", json!({"languages": ["fr"]})),
        record("other", "Carte du ciel", json!({"languages": ["fr"]})),
    ]
}

fn decision() -> Value {
    json!({"q": "fractions", "lang": "fr", "answers": {"language": ["fr"]}, "skipped": ["type", "no-ads"],
        "profile": {"role": "teacher", "levels": ["/primary/cycle-2/grade-4"], "devices": ["ipad"], "budget": 500},
        "ids": ["app", "site", "bare"], "students": 24, "title": "Pour la classe de 4e", "note": "Deux lignes.\nÀ lire."})
}

fn with(mut body: Value, fields: Value) -> Value {
    let fields = fields.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    body
}

#[test]
fn the_same_inputs_give_the_same_bytes_after_a_restart_and_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (
        folder.path().join("data"),
        folder.path().join("records.jsonl"),
    );
    write_file(&file, &lines(&records()));
    let imported = classo()
        .args(["import", "--data"])
        .arg(&data)
        .arg(&file)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let asks = || {
        let server = ServerProcess::start("serve", &data);
        let forms = ["text/html", "application/json"];
        let bodies =
            ["fr", "en"].map(|lang| with(decision(), json!({"lang": lang, "date": "2026-11-02"})));
        let undated = json!({"q": "fractions", "lang": "fr", "limit": 5, "profile": {"levels": ["/primary"]}, "answers": {}, "skipped": []});
        let ask = |body: &Value| forms.map(|form| server.post("/api/v1/dossier", form, body));
        let mut asked: Vec<_> = bodies.iter().chain([&undated]).map(ask).collect();
        asked.push(ask(&undated));
        assert_eq!(asked[2], asked[3]);
        server.kill();
        asked
    };
    let first = asks();
    assert_ne!(first[0][0], first[1][0]);
    for (form, text) in first.iter().flatten().enumerate() {
        assert!(text.len() > 2_000, "{form}: {text}");
    }
    assert_eq!(first, asks());
    for (name, expected) in [("d.html", &first[2][0]), ("d.json", &first[2][1])] {
        let written = folder.path().join(name);
        let guided = classo()
            .args(["guide", "fractions", "--my-level", "/primary", "--data"])
            .arg(&data)
            .arg("--dossier")
            .arg(&written)
            .output()
            .unwrap();
        assert!(guided.status.success(), "{guided:?}");
        assert_eq!(&std::fs::read_to_string(&written).unwrap(), expected);
    }
}

/// As it stands in the page.
fn shown(text: &str, language: Language) -> String {
    let mut escaped = String::new();
    for letter in typeset(text, language, Origin::Ours).chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' => escaped += &format!("&#{};", letter as u32),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Every text in both languages within a value.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) if fields.len() == 2 && fields.contains_key("fr") => {
            found.push(value)
        }
        Value::Object(fields) => fields.values().for_each(|inner| texts(inner, found)),
        Value::Array(values) => values.iter().for_each(|inner| texts(inner, found)),
        _ => {}
    }
}

#[test]
fn the_page_says_everything_that_the_data_says_in_both_languages() {
    let app = TestApp::with(&records());
    for language in Language::ALL {
        let body = with(
            decision(),
            json!({"lang": language.tag(), "date": "2026-11-02"}),
        );
        let (data, page) = (app.data(&body), app.page(&body));
        assert_eq!(data["finalists"].as_array().unwrap().len(), 3);
        let mut expected = Vec::new();
        for part in ["need", "finalists", "comparison"] {
            texts(&data[part], &mut expected);
        }
        texts(&data["guidance"]["wishes"], &mut expected);
        assert!(expected.len() > 100, "only {}", expected.len());
        let mut missing: Vec<String> = expected
            .iter()
            .map(|text| shown(text[language.tag()].as_str().unwrap(), language))
            .filter(|text| !page.contains(text.as_str()))
            .collect();
        // Days are written out, and what adds nothing is no reason.
        missing.retain(|text| !text.starts_with("202"));
        let idle: Vec<&Value> = data["finalists"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|one| one["explanation"].as_array().unwrap())
            .filter(|reason| reason["points"] == 0.0)
            .collect();
        missing.retain(|text| {
            !idle.iter().any(|reason| {
                shown(reason["text"][language.tag()].as_str().unwrap(), language) == *text
            })
        });
        assert_eq!(missing, Vec::<String>::new());
        for text in [
            "Pour la classe de 4e",
            "Deux lignes.\nÀ lire.",
            "Éditions du Pin",
            "https://example.org/jeu",
            "Carte",
        ] {
            assert_eq!(page.contains(text), text != "Carte", "{text}");
        }
        for hash in ["generation", "ranking"] {
            assert!(page.contains(data["made_from"][hash].as_str().unwrap()));
        }
        let day = match language {
            Language::Fr => ["2 novembre 2026", "31 janvier 2026", "5 mars 2026"],
            Language::En => ["November 2, 2026", "January 31, 2026", "March 5, 2026"],
        };
        day.iter()
            .for_each(|day| assert!(page.contains(day), "{day}"));
        assert!(
            page.starts_with("<!DOCTYPE html>")
                && page.contains(&format!("<html lang=\"{}-CA\">", language.tag()))
        );
    }
}

#[test]
fn what_is_not_known_is_to_be_asked_and_what_is_known_is_not() {
    let app = TestApp::with(&records());
    let data = app.data(&decision());
    let open = |place: usize| -> Vec<&str> {
        let questions = data["finalists"][place]["open_questions"]
            .as_array()
            .unwrap();
        questions
            .iter()
            .map(|question| question["fact"].as_str().unwrap())
            .collect()
    };
    for fact in ["student_data", "hosting_country", "privacy_policy"] {
        assert!(
            !open(0).contains(&fact) && open(1).contains(&fact) && open(2).contains(&fact),
            "{fact}"
        );
    }
    assert!(open(2).contains(&"year") && !open(0).contains(&"year") && !open(1).contains(&"year"));
    let meets = |place: usize, wish: Value| {
        let wishes = data["finalists"][place]["meets"].as_array().unwrap();
        wishes.iter().find(|one| one["wish"] == wish).unwrap()["meets"].clone()
    };
    let device = || json!({"device": ["ipad"]});
    assert_eq!(
        [0, 1, 2].map(|place| meets(place, device())),
        [json!(true), json!(true), Value::Null]
    );
    let budget = || json!({"max_price": 500.0});
    assert_eq!(
        [1, 2].map(|place| meets(place, budget())),
        [json!(true), Value::Null]
    );
    assert_eq!(data["finalists"][0]["dates"].as_array().unwrap().len(), 3);
    // A finalist's points are those of the short list.
    let shortlist = data["guidance"]["shortlist"].as_array().unwrap();
    assert!(!shortlist.is_empty());
    for hit in shortlist {
        let finalists = data["finalists"].as_array().unwrap();
        let finalist = finalists.iter().find(|one| one["id"] == hit["id"]).unwrap();
        assert_eq!(
            (&finalist["score"], &finalist["rank"]),
            (&hit["score"], &hit["rank"])
        );
    }
    let first = app.data(&json!({"q": "fractions"}));
    let ids = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&first["finalists"]),
        ids(&first["guidance"]["shortlist"])[..3]
    );
    let nothing = app.page(&json!({"q": "fractions", "answers": {"level": ["/university"]}}));
    assert!(
        nothing.contains("Aucune ressource du catalogue ne répond à tout.")
            && nothing.contains("en renonçant à")
    );
}

#[test]
fn hostile_text_stays_text_and_the_page_asks_for_nothing_elsewhere() {
    let attack =
        "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'{{7*7}}</style>&amp;\u{0}\u{7}";
    let app = TestApp::with(&[record(
        "x\"><b>",
        attack.trim_end_matches(['\u{0}', '\u{7}']),
        json!({"description": {"en": attack, "fr": attack}, "publisher": {"name": attack}, "url": "https://example.org/\"><svg>",
            "accessibility": ["<svg onload=alert(3)>"], "licence": "<i>", "verified": {"<u>": "2026-01-31", "price": "<u>"},
            "privacy": {"policy_url": "javascript:alert(4)", "hosting_country": "<a>"}}),
    )]);
    for lang in ["fr", "en"] {
        let body = json!({"q": format!("{attack} script"), "title": attack, "note": attack, "lang": lang, "ids": ["x\"><b>"], "date": "2026-11-02"});
        let page = app.page(&body);
        assert!(page.contains("&#60;script&#62;alert(1)"));
        let style = page.find("</style>").unwrap();
        for forbidden in [
            "<script",
            "<img",
            "<svg",
            "<b>",
            "<i>",
            "<u>",
            "<a",
            "<link",
            "<iframe",
            "<base",
            "src=x onerror=alert(2)>",
            "href=",
            "url(",
            "@import",
            "\u{0}",
            "\u{7}",
        ] {
            assert!(!page.contains(forbidden), "{forbidden:?}");
        }
        assert_eq!(page.matches("</style>").count(), 1, "at {style}");
        assert_eq!(
            page.matches("src=").count(),
            page.matches("&#60;img src=").count()
        );
    }
}

#[test]
fn every_problem_of_a_dossier_is_named() {
    let app = TestApp::with(&records());
    let refused = |body: Value| {
        let answer = app.dossier(&body, "text/html");
        assert_eq!(answer.content_type, "application/problem+json");
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        let mut fields: Vec<_> = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect();
        fields.sort();
        (answer.status.as_u16(), fields.join(" "))
    };
    let wrong = json!({"ids": ["a", "b", "c", "d", "e"], "date": "hier", "students": -1, "title": 3, "note": "x".repeat(1_001), "colour": 1,
        "answers": {"level": ["?"]}});
    assert_eq!(
        refused(wrong),
        (
            400,
            "answers.level colour date ids note students title".into()
        )
    );
    assert_eq!(refused(json!({"ids": []})), (400, "ids".into()));
    assert_eq!(refused(json!({"ids": ["nobody"]})).0, 404);
    app.as_operator("DELETE", "/api/v1/admin/resources/bare", "");
    assert_eq!(refused(json!({"ids": ["bare"]})).0, 410);
    assert_eq!(app.get("/api/v1/dossier").status, 405);
}
