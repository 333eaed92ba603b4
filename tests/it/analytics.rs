//! What was searched for: counts that name nothing rare, and nobody.

use std::path::Path;

use classo::app::App;
use classo::domain::actor::Actor;
use classo::query::search_query::Query;
use classo::services::analytics::UsageWindow;
use serde_json::{Value, json};

use super::support::{TestApp, classo, record};

fn names(list: &Value) -> Vec<(&str, u64)> {
    let entries = list.as_array().unwrap().iter();
    entries
        .map(|entry| {
            (
                entry["name"].as_str().unwrap(),
                entry["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn ask(app: &TestApp, times: usize, question: Value) {
    (0..times).for_each(|_| {
        app.search(question.clone());
    });
}

fn report(app: &TestApp) -> Value {
    let answer = app.as_operator("GET", "/api/v1/admin/analytics", "");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[test]
fn questions_show_from_their_tenth_time_whoever_asks() {
    let app = TestApp::with(&[record("a", "volcan", json!({}))]);
    ask(&app, 9, json!({"q": "volcan"}));
    let early = report(&app);
    assert_eq!(
        (&early["searches"], &early["questions"]),
        (&Value::Null, &json!([]))
    );
    // Another form of the same, by somebody who tells much about a class.
    let profile = json!({"level": ["/primary/cycle-2/grade-4"], "student_type": ["gifted"]});
    ask(
        &app,
        3,
        json!({"q": "  VOLCAN", "profile": profile, "subject": ["/arts"]}),
    );
    ask(&app, 9, json!({"q": "dinosaure rarissime"}));
    ask(
        &app,
        10,
        json!({"q": "licorne", "lang": "en", "price": ["free"], "max_price": 5}),
    );
    ask(&app, 20, json!({"q": "volcan", "offset": 20}));
    ask(&app, 20, json!({"q": "tel 514 555-1234"}));
    ask(&app, 20, json!({"q": "jeanne.tremblay@example.org"}));
    let told = report(&app);
    assert_eq!(names(&told["questions"]), [("volcan", 12), ("licorne", 10)]);
    assert_eq!(names(&told["questions_without_result"]), [("licorne", 10)]);
    assert_eq!(names(&told["facets"]), [("max_price", 10), ("price", 10)]);
    assert_eq!(names(&told["values"]), [("price=free", 10)]);
    assert_eq!(names(&told["languages"]), [("fr", 61), ("en", 10)]);
    assert_eq!(
        told["searches"], 71,
        "pages of the same results are no searches"
    );
    assert_eq!(told["least"], 10);
    for never in ["555", "jeanne", "rarissime", "gifted", "grade-4", "/arts"] {
        assert!(!told.to_string().contains(never), "{never}");
    }
}

#[test]
fn days_are_read_or_refused_by_name() {
    let app = TestApp::empty();
    ask(&app, 10, json!({}));
    let at = |query: &str| app.as_operator("GET", &format!("/api/v1/admin/analytics?{query}"), "");
    let past = at("from=2020-01-01&to=2020-12-31").json();
    assert_eq!(
        (&past["searches"], &past["days"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(at("from=2020-01-01").json()["searches"], 10);
    for (query, field) in [
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("limit=1001", "limit"),
        ("by=person", "by"),
        ("from=2026-02-01&to=2026-01-01", "from"),
    ] {
        let answer = at(query);
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["errors"][0]["field"], field);
    }
    assert_eq!(app.get("/api/v1/admin/analytics").status, 401);
}

/// Every byte of every file below a folder.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}

#[test]
fn counts_outlive_the_process_and_a_rare_text_is_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let count = |app: &App, text: &str, times: usize| {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        (0..times).for_each(|_| app.analytics.count(&query, 0));
    };
    let app = App::open(folder.path()).unwrap();
    count(&app, "photosynthese", 12);
    count(&app, "hirondelle", 9);
    app.analytics.write().unwrap();
    count(&app, "photosynthese", 1);
    app.close().unwrap();
    let bytes = everything_in(folder.path());
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("photosynthese"), "what is looked for can be seen");
    assert!(!holds("hirondelle"));

    let app = App::open(folder.path()).unwrap();
    count(&app, "photosynthese", 1);
    count(&app, "hirondelle", 1);
    let window = UsageWindow {
        from: None,
        to: None,
        limit: 50,
    };
    assert!(app.analytics.report(&Actor::Visitor, window).is_err());
    let report = app.analytics.report(&Actor::Console, window).unwrap();
    let questions: Vec<_> = report
        .questions
        .iter()
        .map(|entry| (entry.name.as_str(), entry.count))
        .collect();
    assert_eq!(questions, [("photosynthese", 14)]);
    app.close().unwrap();

    let output = classo()
        .args(["analytics", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("14  photosynthese"), "{told}");
}
