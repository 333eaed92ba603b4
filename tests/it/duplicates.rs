//! Resources that are about the same thing: found, merged, and led to by their old ids.

use std::process::Output;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{
    ServerProcess, TestApp, classo, ids, lines, operator_token, record, run, write_file,
};

fn twins() -> Vec<Value> {
    vec![
        record(
            "a",
            "Les étoiles",
            json!({"url": "https://www.example.org/etoiles/", "description": {"fr": "Le ciel"}, "type": ["game"],
            "publisher": "Une maison"}),
        ),
        record(
            "b",
            "Les Étoile",
            json!({"url": "http://example.org/etoiles?utm_source=x", "title": {"fr": "Les Étoile", "en": "The stars"},
            "licence": "CC0-1.0"}),
        ),
        record(
            "c",
            "Les étoiles",
            json!({"url": "https://other.example.org/", "publisher": "UNE MAISON"}),
        ),
        record("d", "La mer", json!({"url": "https://example.org/etoiles"})),
        record(
            "e",
            "Une autre chose",
            json!({"url": "https://example.org/e"}),
        ),
    ]
}

fn merge(app: &TestApp, keep: &str, old: &[&str]) -> (u16, Value) {
    let body = json!({"keep": keep, "old": old}).to_string();
    let request = Request::post("/api/v1/admin/duplicates/merge")
        .header("authorization", format!("Bearer {}", app.token()));
    let answer = app.send(request.body(Body::from(body)).unwrap());
    (answer.status.as_u16(), answer.json())
}

/// Status and location of an address, for who reads this format.
fn location(app: &TestApp, path: &str, accept: &str) -> (u16, String) {
    let request = Request::get(path).header("accept", accept);
    let answer = app.send(request.body(Body::empty()).unwrap());
    (answer.status.as_u16(), answer.location)
}

#[test]
fn an_import_tells_of_twins_that_the_catalogue_has() {
    let app = TestApp::with(&twins()[..1]);
    let later = lines(&twins()[1..]);
    let dry = app.as_operator("POST", "/api/v1/admin/import?dry_run=true", later.clone());
    let told = app.import(&later);
    assert_eq!(dry.json()["duplicates"], told["duplicates"]);
    let found: Vec<(&str, &str, &str)> = told["duplicates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|twin| {
            let text = |field: &str| twin[field].as_str().unwrap();
            assert_eq!(twin["in_catalogue"], true);
            (text("id"), text("twin"), text("by"))
        })
        .collect();
    assert_eq!(
        found,
        [
            ("b", "a", "address"),
            ("c", "a", "title"),
            ("d", "a", "address")
        ]
    );
    // What changed in the catalogue since is looked at as it is now.
    app.import(&lines(&[record("a", "Autre", json!({}))]));
    let told = app.import(&lines(&[record(
        "z",
        "x",
        json!({"url": "https://example.org/etoiles/"}),
    )]));
    let twins = told["duplicates"].as_array().unwrap();
    assert!(twins.iter().all(|twin| twin["twin"] != "a"), "{told}");
}

#[test]
fn groups_are_listed_and_only_certain_ones_merge_by_themselves() {
    let app = TestApp::with(&twins());
    let listed = app
        .as_operator("GET", "/api/v1/admin/duplicates", "")
        .json();
    let groups: Vec<(&str, bool, Vec<&str>)> = listed["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let ids = group["resources"].as_array().unwrap().iter();
            let ids = ids.map(|twin| twin["id"].as_str().unwrap()).collect();
            (
                group["by"].as_str().unwrap(),
                group["is_certain"].as_bool().unwrap(),
                ids,
            )
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("address", false, vec!["a", "b", "d"]),
            ("title", false, vec!["a", "c"])
        ],
        "d has another title: a person decides"
    );
    let certain = |query: &str| {
        let path = format!("/api/v1/admin/duplicates/merge-certain{query}");
        app.as_operator("POST", &path, "").json()["merged"].clone()
    };
    assert_eq!(certain(""), json!([]));
    app.as_operator("DELETE", "/api/v1/admin/resources/d", "");
    let expected = json!([{"old": "b", "kept": "a"}]);
    assert_eq!(certain("?dry_run=true"), expected);
    assert_eq!(app.get("/api/v1/resources/b").status, 200);
    assert_eq!(certain(""), expected);
    assert_eq!(certain(""), json!([]));
    assert_eq!(app.get("/api/v1/resources/b").status, 308);
}

#[test]
fn a_merged_id_leads_to_the_kept_one_everywhere() {
    let app = TestApp::with(&twins());
    let (status, told) = merge(&app, "a", &["b", "c"]);
    assert_eq!((status, &told["findable"]), (200, &json!(true)), "{told}");
    let kept = app.get("/api/v1/resources/a").json();
    assert_eq!(
        kept["title"],
        json!({"fr": "Les étoiles", "en": "The stars"})
    );
    assert_eq!(kept["licence"], "CC0-1.0");
    assert_eq!(kept["description"]["fr"], "Le ciel");
    assert_eq!(app.search(json!({"q": "etoiles"}))["total"], 1);
    let found = ids(&app.search(json!({})));
    assert!(!found.contains(&"b".to_owned()) && !found.contains(&"c".to_owned()));
    for accept in ["application/json", "application/ld+json", "*/*"] {
        let at = location(&app, "/api/v1/resources/b", accept);
        assert_eq!(at, (308, "/api/v1/resources/a".into()), "{accept}");
    }
    let answer = app.get("/api/v1/resources/b").json();
    assert_eq!(answer, json!({"id": "b", "moved_to": "a"}));
    assert_eq!(
        location(&app, "/api/v1/resources/c/similar?limit=3", "*/*"),
        (308, "/api/v1/resources/a/similar?limit=3".into())
    );
    assert_eq!(
        app.get("/api/v1/why?id=b").json()["id"],
        app.get("/api/v1/why?id=a").json()["id"]
    );
    let compared = app.get("/api/v1/compare?ids=b,e");
    assert_eq!(compared.status, 200, "{}", compared.text);
    // The same again is nothing new; what is kept may be merged in turn.
    assert_eq!(merge(&app, "a", &["b"]).0, 200);
    assert_eq!(merge(&app, "e", &["a"]).0, 200);
    assert_eq!(
        location(&app, "/api/v1/resources/b", "*/*").1,
        "/api/v1/resources/e"
    );
}

#[test]
fn a_record_of_a_merged_id_is_left_aside_until_the_merge_is_undone() {
    let app = TestApp::with(&twins());
    merge(&app, "a", &["b"]);
    let before = app.get("/api/v1/resources/a").json();
    let again = lines(&[record("b", "Revenue", json!({}))]);
    for path in ["/api/v1/admin/import?dry_run=true", "/api/v1/admin/import"] {
        let told = app.as_operator("POST", path, again.clone()).json();
        assert_eq!((&told["merged"], &told["added"]), (&json!(1), &json!(0)));
    }
    assert_eq!(app.get("/api/v1/resources/a").json(), before);
    assert_eq!(
        app.as_operator("DELETE", "/api/v1/admin/resources/b", "")
            .status,
        200
    );
    assert_eq!(app.get("/api/v1/resources/b").status, 410);
    assert_eq!(app.import(&again)["added"], 1);
    assert_eq!(app.get("/api/v1/resources/b").status, 200);
    // What leads to a removed resource leads to its end.
    merge(&app, "a", &["c"]);
    app.as_operator("DELETE", "/api/v1/admin/resources/a", "");
    assert_eq!(
        location(&app, "/api/v1/resources/c", "*/*").1,
        "/api/v1/resources/a"
    );
    assert_eq!(app.get("/api/v1/resources/a").status, 410);
}

#[test]
fn a_merge_that_cannot_be_is_refused_before_anything_is_done() {
    let app = TestApp::with(&twins());
    merge(&app, "a", &["b"]);
    app.as_operator("DELETE", "/api/v1/admin/resources/e", "");
    for (keep, old, status) in [
        ("a", vec!["a"], 400),
        ("a", vec![], 400),
        ("a,", vec!["c"], 400),
        ("never", vec!["c"], 404),
        ("a", vec!["c", "never"], 404),
        ("e", vec!["c"], 410),
        ("b", vec!["c"], 409),
        ("d", vec!["b"], 409),
    ] {
        assert_eq!(merge(&app, keep, &old).0, status, "{keep} {old:?}");
    }
    assert_eq!(app.get("/api/v1/resources/c").status, 200);
    let body = json!({"keep": "a", "old": ["c"], "force": true}).to_string();
    let answer = app.as_operator("POST", "/api/v1/admin/duplicates/merge", body);
    assert_eq!(answer.json()["errors"][0]["field"], "force");
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn redirects_outlive_backup_restore_export_and_import() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |name: &str| at(name).to_str().unwrap().to_owned();
    write_file(&at("records.jsonl"), &lines(&twins()));
    told(&run(&["import", &text("records.jsonl")], &at("data")));
    told(&run(&["backup", &text("before.backup")], &at("data")));
    let listed = told(&run(&["duplicates"], &at("data")));
    assert!(listed.starts_with("2 groups"), "{listed}");
    let merged = told(&run(&["duplicates", "--merge", "a", "b", "c"], &at("data")));
    assert!(merged.contains("b leads to a"), "{merged}");
    let checked = told(&run(&["doctor"], &at("data")));
    assert!(checked.contains("3 resources"), "{checked}");

    told(&run(&["backup", &text("whole.backup")], &at("data")));
    let whole = std::fs::read_to_string(at("whole.backup")).unwrap();
    assert!(whole.starts_with("{\"classo_backup\":3,"));
    assert!(
        whole.contains("\"id\":\"b\",\"moved_to\":\"a\"}"),
        "{whole}"
    );
    told(&run(&["restore", &text("whole.backup")], &at("restored")));

    told(&run(&["export", "--out", &text("one.jsonl")], &at("data")));
    told(&run(
        &["export", "--out", &text("two.jsonl")],
        &at("restored"),
    ));
    told(&run(&["import", &text("one.jsonl")], &at("imported")));
    told(&run(
        &["export", "--out", &text("three.jsonl")],
        &at("imported"),
    ));
    let one = std::fs::read_to_string(at("one.jsonl")).unwrap();
    assert!(
        one.ends_with("{\"id\":\"b\",\"moved_to\":\"a\"}\n{\"id\":\"c\",\"moved_to\":\"a\"}\n"),
        "{one}"
    );
    for other in ["two.jsonl", "three.jsonl"] {
        assert_eq!(one, std::fs::read_to_string(at(other)).unwrap(), "{other}");
    }
    let again = told(&run(&["import", &text("one.jsonl")], &at("data")));
    assert!(again.contains("5 unchanged"), "{again}");

    let server = ServerProcess::start("serve", &at("restored"));
    let token = operator_token(&at("restored"));
    let through = |arguments: &[&str]| {
        let mut command = classo();
        command.args(arguments).args(["--server", &server.url]);
        told(&command.env("CLASSO_TOKEN", &token).output().unwrap())
    };
    assert!(through(&["duplicates"]).contains("the same address"));
    assert!(through(&["duplicates", "--merge", "a", "d"]).contains("d leads to a"));
    assert_eq!(
        server.get("/api/v1/resources/d").1["id"],
        "a",
        "a client follows"
    );
}

#[test]
fn backups_of_version_1_stay_readable() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let restored = run(&["restore", "tests/stored/backup-v1.jsonl"], &data);
    assert!(told(&restored).contains("3 entries"));
    let exported = told(&run(&["export"], &data));
    assert_eq!(exported.lines().count(), 2, "{exported}");
}
