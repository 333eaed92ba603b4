//! Who may operate, and what operators see: every admin door, the figures, the log, the report of an import.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use axum::body::Body;
use axum::http::Request;
use classo::domain::account::ServiceRole;
use classo::domain::actor::Actor;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::people::{email, settle, with_second_factor};
use super::support::{TestApp, classo, lines, logged, operator_token, record, write_file};

/// Every address under `/admin/` with its methods, as the description has them; each says that it wants a token.
fn admin_doors(app: &TestApp) -> Vec<(String, String)> {
    let description = app.get("/api/v1/openapi.json").json();
    let paths = description["paths"].as_object().unwrap();
    let admin = paths.iter().filter(|(path, _)| path.contains("/admin/"));
    let mut doors = Vec::new();
    for (path, operations) in admin {
        for (method, operation) in operations.as_object().unwrap() {
            let wants = &operation["security"][0]["operator"];
            assert_eq!(*wants, json!([]), "{method} {path} wants no token");
            doors.push((method.to_uppercase(), path.replace("{id}", "a")));
        }
    }
    doors
}

/// An operator who reads the log sees that this door was refused, once, and no token.
fn assert_warned(log: &str, path: &str) {
    let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let warnings: Vec<Value> = entries
        .filter(|entry: &Value| entry["level"] == "WARN")
        .collect();
    assert_eq!(warnings.len(), 1, "{path}: {log}");
    let route = warnings[0]["route"].as_str().unwrap();
    assert_eq!(route.replace("{id}", "a"), path);
    assert!(!log.contains("classo_op_"), "{log}");
}

#[test]
fn every_admin_door_of_the_description_is_closed_without_a_valid_token() {
    let app = TestApp::with(&[record("a", "un", json!({}))]);
    let (tokens, now) = (app.tokens(), Timestamp::now());
    let hour = SignedDuration::from_hours(1);
    let expired = tokens
        .create("expired", None, now - hour - hour, hour)
        .unwrap();
    let revoked = tokens.create("revoked", None, now, hour).unwrap();
    tokens.revoke("revoked").unwrap();
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let callers = [
        None,
        bearer(""),
        bearer("classo_op_0123456789abcdef"),
        bearer(&expired),
        bearer(&revoked),
        bearer(&app.token()[..app.token().len() - 1]),
        Some(format!("Basic {}", app.token())),
        Some(app.token().to_owned()),
    ];
    let mut doors = 0;
    for (method, path) in admin_doors(&app) {
        for caller in &callers {
            let mut request = Request::builder().method(method.as_str()).uri(&path);
            if let Some(caller) = caller {
                request = request.header("authorization", caller);
            }
            let request = request.body(Body::from("{}")).unwrap();
            let (answer, log) = logged(|| app.send(request));
            assert_eq!(answer.status, 401, "{method} {path} {caller:?}");
            assert_eq!(answer.json()["code"], "unauthorized");
            assert_warned(&log, &path);
            assert!(!answer.text.contains("classo_op_"));
        }
        doors += 1;
    }
    assert!(doors >= 16, "{doors}");
    assert_eq!(app.get("/api/v1/resources/a").status, 200);
}

#[test]
fn every_admin_door_is_closed_to_people_of_other_roles() {
    let app = TestApp::with(&[record("a", "un", json!({}))]);
    let accounts = &app.server.app.people.accounts;
    let roles = [
        None,
        Some(ServiceRole::Publisher),
        Some(ServiceRole::PrivacyOfficer),
    ];
    let callers = roles.map(|role| {
        let address = format!("{role:?}@exemple.ca").to_lowercase();
        let address = address.replace(['(', ')'], "-");
        let token = settle(&app, &address);
        if let Some(role) = role {
            let given = accounts.set_role(&Actor::Console, &email(&address), role, true);
            given.unwrap();
        }
        (role, with_second_factor(&app, &address, &token))
    });
    for (method, path) in admin_doors(&app) {
        for (role, token) in &callers {
            let (answer, log) = logged(|| app.as_bearer(token, &method, &path, json!({})));
            assert_eq!(answer.status, 403, "{method} {path} {role:?}");
            assert_eq!(answer.json()["code"], "forbidden");
            assert_warned(&log, &path);
        }
    }
    assert_eq!(app.get("/api/v1/resources/a").status, 200);
}

#[test]
fn figures_are_histograms_by_route_and_name_nothing_that_was_asked() {
    let app = TestApp::with(&[record("a", "volcan", json!({}))]);
    for _ in 0..2 {
        app.search(json!({}));
    }
    app.search(json!({"q": "hippopotame"}));
    app.request("BREW", "/api/v1/search?q=hippopotame", Body::empty());
    app.get("/api/v1/resources/hippopotame");
    let figures = app.get("/metrics").text;
    for expected in [
        "classo_http_request_seconds_bucket{method=\"POST\",route=\"/api/v1/search\",status=\"200\",le=\"0.005\"}",
        "route=\"/api/v1/resources/{id}\",status=\"404\"",
        "classo_store_commit_seconds_bucket{",
        "classo_kept_answers_total{result=\"hit\"}",
        "classo_kept_answers_total{result=\"miss\"}",
        "classo_import_records_total{outcome=\"added\"}",
        "classo_imports_total",
        "classo_index_lag_changes 0",
        "classo_index_generation{",
        "classo_permits_free{kind=\"questions\"}",
        "classo_questions_waiting 0",
    ] {
        assert!(figures.contains(expected), "{expected} in {figures}");
    }
    for never in ["hippopotame", "BREW", "classo_op_"] {
        assert!(!figures.contains(never), "{never}");
    }
    let ready = app.get("/readyz");
    assert_eq!(ready.status, 200);
    assert_eq!(
        (&ready.json()["status"], &ready.json()["reasons"]),
        (&json!("ready"), &json!([]))
    );
}

#[test]
fn the_log_is_json_when_asked_and_tells_neither_questions_nor_tokens() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let data = tempfile::tempdir().unwrap();
    let token = operator_token(data.path());
    let mut server = classo()
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .env("CLASSO_LOG_FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    let url = first
        .trim()
        .strip_prefix("listening on ")
        .unwrap()
        .to_owned();
    let client = reqwest::blocking::Client::new();
    let get = |path: &str, token: Option<&str>| {
        let request = client.get(format!("{url}{path}"));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(get("/api/v1/search?q=hippopotame", None), 200);
    assert_eq!(get("/api/v1/admin/stats", Some(&token)), 200);
    assert_eq!(get("/api/v1/admin/stats", Some("classo_op_wrong")), 401);
    assert_eq!(get("/api/v1/admin/stats", None), 401);
    server.kill().unwrap();
    let ended = server.wait_with_output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    for never in ["hippopotame", token.as_str(), "classo_op_wrong"] {
        assert!(!log.contains(never), "{never}");
    }
    let entries: Vec<Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let of = |message: &str| entries.iter().find(|entry| entry["message"] == message);
    assert_eq!(of("request").unwrap()["route"], "/api/v1/search");
    assert_eq!(
        of("an operator was let in").unwrap()["operator"],
        "operator"
    );
    assert_eq!(
        of("an operator token was refused").unwrap()["route"],
        "/api/v1/admin/stats"
    );
    assert!(of("an operator's address was asked for without a token").is_some());
}

#[test]
fn a_report_tells_what_changes_by_example_and_how_complete_records_are() {
    let app = TestApp::with(&[
        record("a", "un", json!({"type": ["game"]})),
        record("b", "deux", json!({})),
    ]);
    let text = lines(&[
        record("a", "une", json!({"type": ["game"], "licence": "CC0-1.0"})),
        record("b", "deux", json!({"url": "https://example.org/"})),
        record("c", &"long ".repeat(100), json!({})),
    ]);
    let dry = app.as_operator("POST", "/api/v1/admin/import?dry_run=true", text.clone());
    let dry = dry.json();
    assert_eq!(dry["changed"], json!({"title": 1, "licence": 1, "url": 1}));
    assert_eq!(
        dry["examples"],
        json!({"title": [{"id": "a", "before": "{\"fr\":\"un\"}", "after": "{\"fr\":\"une\"}"}],
            "licence": [{"id": "a", "after": "CC0-1.0"}],
            "url": [{"id": "b", "after": "https://example.org/"}]})
    );
    assert_eq!(dry["completeness"]["records"], 3);
    // Title, type and licence; title and address; title.
    assert_eq!(dry["completeness"]["mean"], 2.0);
    assert_eq!(
        dry["completeness"]["least"][0],
        json!({"id": "c", "facts": 1})
    );
    let mut done = app.import(&text);
    for changing in ["sequence", "rejects", "rejects_left_out", "findable"] {
        done.as_object_mut().unwrap().remove(changing);
    }
    for (field, value) in done.as_object().unwrap() {
        assert_eq!(&dry[field], value, "{field} of a dry run and of an import");
    }
}

#[test]
fn what_cannot_be_read_makes_no_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let import = |file: &str| {
        let mut command = classo();
        command.arg("import").arg(folder.path().join(file));
        let output = command.arg("--data").arg(&data).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{file}: {output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    };
    assert!(import("missing.jsonl").contains("missing.jsonl cannot be read"));
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    assert!(import("inner").contains("is a folder"));
    assert!(!data.exists());
    write_file(&folder.path().join("empty.jsonl"), "");
    let mut command = classo();
    command.arg("import").arg(folder.path().join("empty.jsonl"));
    let output = command.arg("--data").arg(&data).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.starts_with("0 records"),
        "{text}"
    );
}
