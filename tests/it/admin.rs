//! Import and removal over HTTP, and who may do them.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{TestApp, ids, lines, record};

#[test]
fn only_a_valid_token_opens_the_admin_doors() {
    let app = TestApp::empty();
    let with = |value: &str| {
        let request = Request::post("/api/v1/admin/import").header("authorization", value);
        app.send(
            request
                .body(Body::from("{\"id\":\"x\",\"title\":\"x\"}"))
                .unwrap(),
        )
        .status
        .as_u16()
    };
    assert_eq!(
        app.request("POST", "/api/v1/admin/import", Body::empty())
            .status,
        401
    );
    assert_eq!(
        app.request("DELETE", "/api/v1/admin/resources/x", Body::empty())
            .status,
        401
    );
    for wrong in [
        "Bearer ",
        "Bearer classo_op_00",
        "Basic abc",
        "Bearer ../../../etc/passwd",
        "classo",
    ] {
        assert_eq!(with(wrong), 401, "{wrong}");
    }
    for (query, field) in [
        ("dry_run=x", "dry_run"),
        ("foo=1", "foo"),
        ("name=%ff", "name"),
    ] {
        let answer = app.as_operator(
            "POST",
            &format!("/api/v1/admin/import?{query}"),
            Body::empty(),
        );
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
    assert_eq!(app.search(json!({}))["total"], 0);
}

#[test]
fn an_import_reports_every_record_and_the_same_again_changes_nothing() {
    let app = TestApp::empty();
    let text = "{\"id\":\"a\",\"title\":\"un\",\"levels\":[\"Grade 99\"]}\nnot json\n{\"id\":\"b\"}\n\n{\"id\":\"c\",\"title\":\"trois\"}\n";
    let first = app.import(text);
    assert_eq!(
        (first["added"].as_u64(), first["rejected"].as_u64()),
        (Some(2), Some(2))
    );
    let rejects: Vec<(u64, &str)> = first["rejects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reject| {
            (
                reject["line"].as_u64().unwrap(),
                reject["file"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(rejects, [(2, "test"), (3, "test")]);
    assert_eq!(
        first["unmapped"],
        json!([{"field": "levels", "value": "Grade 99", "count": 1, "nearest": "/secondary/cycle-2/secondary-3"}])
    );
    let again = app.import(text);
    assert_eq!(
        (again["unchanged"].as_u64(), &again["sequence"]),
        (Some(2), &first["sequence"])
    );
    assert_eq!(app.search(json!({}))["total"], 2);
}

#[test]
fn a_record_that_cannot_be_kept_is_refused_and_the_others_are_found() {
    let app = TestApp::empty();
    let deep = "[".repeat(120) + &"]".repeat(120);
    let answer = app.import(&format!(
        "{{\"id\":\"deep\",\"title\":\"a\",\"foo\":{deep}}}\n{{\"id\":\"ok\",\"title\":\"b\"}}\n"
    ));
    assert_eq!(
        (answer["added"].as_u64(), answer["rejected"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(answer["findable"], true);
    assert_eq!(ids(&app.search(json!({}))), ["ok"]);
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let app = TestApp::with(&[record("a", "un", json!({}))]);
    let text = lines(&[
        record("a", "autre", json!({})),
        record("b", "deux", json!({})),
    ]);
    let answer = app
        .as_operator("POST", "/api/v1/admin/import?dry_run=true", text)
        .json();
    assert_eq!(
        (answer["added"].as_u64(), answer["replaced"].as_u64()),
        (Some(1), Some(1))
    );
    assert_eq!(app.search(json!({"q": "un"}))["total"], 1);
    assert_eq!(app.search(json!({}))["total"], 1);
}

#[test]
fn a_replaced_record_is_found_by_its_new_words_alone() {
    let app = TestApp::with(&[record("a", "ancien", json!({"subjects": ["/arts"]}))]);
    app.import(&lines(&[record(
        "a",
        "nouveau",
        json!({"keywords": ["mot"]}),
    )]));
    assert_eq!(app.search(json!({"q": "ancien"}))["total"], 0);
    assert_eq!(ids(&app.search(json!({"q": "nouveau"}))), ["a"]);
    assert_eq!(ids(&app.search(json!({"q": "mot"}))), ["a"]);
    assert_eq!(
        app.search(json!({"subject": ["/arts"]}))["total"],
        0,
        "the whole record is replaced"
    );
}

#[test]
fn a_removed_resource_is_gone_everywhere_and_may_come_back() {
    let id = "gar:ark:/32151/LA.FLE";
    let encoded = "gar%3Aark%3A%2F32151%2FLA.FLE";
    let app = TestApp::with(&[
        record(id, "carte", json!({})),
        record("other", "carte", json!({})),
    ]);
    assert_eq!(
        app.get(&format!("/api/v1/resources/{encoded}")).json()["id"],
        id
    );
    let removed = app.as_operator(
        "DELETE",
        &format!("/api/v1/admin/resources/{encoded}"),
        Body::empty(),
    );
    assert_eq!(
        (
            removed.status.as_u16(),
            removed.json()["findable"].as_bool()
        ),
        (200, Some(true))
    );
    assert_eq!(app.get(&format!("/api/v1/resources/{encoded}")).status, 410);
    assert_eq!(ids(&app.search(json!({"q": "carte"}))), ["other"]);
    assert_eq!(
        app.as_operator(
            "DELETE",
            &format!("/api/v1/admin/resources/{encoded}"),
            Body::empty()
        )
        .status,
        410
    );
    assert_eq!(
        app.as_operator("DELETE", "/api/v1/admin/resources/never", Body::empty())
            .status,
        404
    );
    app.import(&lines(&[record(id, "carte", json!({}))]));
    assert_eq!(app.search(json!({"q": "carte"}))["total"], 2);
}

#[test]
fn a_very_long_record_is_kept_whole() {
    let long = "géométrie ".repeat(40_000);
    let app = TestApp::with(&[record(
        "long",
        "carte",
        json!({"description": {"fr": long}}),
    )]);
    let one: Value = app.get("/api/v1/resources/long").json();
    assert_eq!(
        one["description"]["fr"].as_str().unwrap().len(),
        long.trim().len()
    );
    assert_eq!(app.search(json!({"q": "geometrie"}))["total"], 1);
}
