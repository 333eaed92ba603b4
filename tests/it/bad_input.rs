//! Every kind of bad input gets a clear 4xx that names the field; nothing gets a 5xx.

use std::io::{Read, Write};
use std::net::TcpStream;

use axum::body::Body;
use axum::http::Request;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{Answer, ServerProcess, TestApp, rounds, seed};

fn assert_problem(answer: &Answer, status: u16, field: &str) {
    assert_eq!(answer.status, status, "{field}: {}", answer.text);
    assert_eq!(answer.content_type, "application/problem+json", "{field}");
    let problem = answer.json();
    for key in ["type", "title", "detail", "code"] {
        assert!(problem[key].is_string(), "{key} of {problem}");
    }
    assert_eq!(problem["status"], status);
    if !field.is_empty() {
        let errors = problem["errors"].as_array().unwrap();
        let named = errors.iter().any(|error| {
            error["field"] == field && error["code"].is_string() && error["detail"].is_string()
        });
        assert!(named, "{field} in {problem}");
    }
}

#[test]
fn bad_parameters_are_named() {
    let app = TestApp::empty();
    for (query, field) in [
        ("q=%ff%fe", "q"),
        ("limit=-1", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=99999999999999999999999", "limit"),
        ("offset=-5", "offset"),
        ("offset=10001", "offset"),
        ("lang=de", "lang"),
        ("level=/nowhere", "level"),
        ("has=wings", "has"),
        ("max_price=cheap", "max_price"),
        ("max_price=-1", "max_price"),
        ("max_price=NaN", "max_price"),
        ("sort=best", "sort"),
        ("facets=colour", "facets"),
        ("explain=maybe", "explain"),
        ("colour=red", "colour"),
        ("my_role=king", "my_role"),
        ("my_role=teacher&my_role=librarian", "my_role"),
        ("q=a&q=b", "q"),
        ("profile=%7B%7D", "profile"),
    ] {
        assert_problem(&app.get(&format!("/api/v1/search?{query}")), 400, field);
    }
    assert_problem(
        &app.get(&format!("/api/v1/search?q={}", "x".repeat(1_001))),
        400,
        "q",
    );
    assert_problem(
        &app.get(&format!("/api/v1/search?{}", "level=/primary&".repeat(101))),
        400,
        "level",
    );
}

#[test]
fn bad_bodies_are_named() {
    let app = TestApp::empty();
    let post = |body: Vec<u8>| app.request("POST", "/api/v1/search", body);
    assert_problem(&post(b"{\"q\": \"\xff\"}".to_vec()), 400, "body");
    assert_problem(&post(b"{\"q\": ".to_vec()), 400, "body");
    assert_problem(&post(b"".to_vec()), 400, "body");
    assert_problem(&post(b"[1, 2]".to_vec()), 400, "body");
    assert_problem(&post("[".repeat(100_000).into_bytes()), 400, "body");
    assert_problem(&post("{\"q\":".repeat(30_000).into_bytes()), 400, "body");
    assert_problem(
        &post(json!({"q": "x".repeat(100_000)}).to_string().into_bytes()),
        400,
        "q",
    );
    assert_problem(
        &post(json!({"q": "x".repeat(300_000)}).to_string().into_bytes()),
        400,
        "body",
    );
    assert_problem(
        &post(
            json!({"level": vec!["/primary"; 10_000]})
                .to_string()
                .into_bytes(),
        ),
        400,
        "level",
    );
    for (body, field) in [
        (json!({"q": 5}), "q"),
        (json!({"q": {"deep": {"er": []}}}), "q"),
        (json!({"limit": "5"}), "limit"),
        (json!({"limit": 5.5}), "limit"),
        (json!({"limit": -1}), "limit"),
        (json!({"limit": 1e300}), "limit"),
        (json!({"explain": "true"}), "explain"),
        (json!({"explain": 1}), "explain"),
        (json!({"device": [3]}), "device"),
        (json!({"device": [["ipad"]]}), "device"),
        (json!({"max_price": "4"}), "max_price"),
        (json!({"profile": 3}), "profile"),
        (json!({"profile": {"level": ["/x"]}}), "profile.level"),
        (json!({"profile": {"name": "Ada"}}), "profile.name"),
        (json!({"my_level": ["/primary"], "colour": 1}), "colour"),
        (json!({"facets": [1]}), "facets"),
        (json!({"lang": null, "sort": true}), "sort"),
    ] {
        assert_problem(&post(body.to_string().into_bytes()), 400, field);
    }
}

#[test]
fn unknown_places_and_methods_are_problems_too() {
    let app = TestApp::empty();
    assert_problem(&app.get("/api/v1/nothing"), 404, "");
    assert_problem(&app.get("/api/v1/resources/nothing"), 404, "");
    assert_problem(
        &app.request("PATCH", "/api/v1/search", Body::empty()),
        405,
        "",
    );
    assert_problem(&app.get("/api/v1/resources/%ff"), 400, "id");
    assert_problem(&app.get("/api/v1/resources/a%2Cb"), 400, "id");
    assert_problem(&app.get("/api/v1/resources/a%0Ab"), 400, "id");
}

#[test]
fn what_never_reaches_the_router_is_a_problem_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let address = server.url.strip_prefix("http://").unwrap();
    let long = "x".repeat(100_000);
    for (request, status) in [
        (
            format!("GET /api/v1/search?q={long} HTTP/1.1\r\nhost: a\r\n\r\n"),
            "414",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nhost: a\r\n{}\r\n",
                "a: b\r\n".repeat(5_000)
            ),
            "431",
        ),
        ("hello\r\n\r\n".to_owned(), "400"),
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        let body: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        assert!(body["errors"][0]["field"].is_string(), "{answer}");
    }
}

#[test]
fn every_answer_has_a_request_id() {
    let app = TestApp::empty();
    for path in ["/healthz", "/api/v1/search", "/nowhere"] {
        assert_eq!(app.get(path).request_id.len(), 32, "{path}");
        let request = Request::get(path)
            .header("x-request-id", "mine-1")
            .body(Body::empty())
            .unwrap();
        assert_eq!(app.send(request).request_id, "mine-1", "{path}");
    }
}

#[test]
fn random_noise_never_gets_a_server_error() {
    let app = TestApp::with(&[json!({"id": "a", "title": {"fr": "Une carte"}})]);
    let mut rng = StdRng::seed_from_u64(seed("noise"));
    let names = [
        "q",
        "lang",
        "level",
        "limit",
        "offset",
        "profile",
        "facets",
        "sort",
        "explain",
        "max_price",
        "literal",
        "x",
    ];
    for _ in 0..rounds("CLASSO_NOISE_ROUNDS", 500) {
        let mut body = serde_json::Map::new();
        for _ in 0..rng.random_range(0..5) {
            body.insert(
                names[rng.random_range(0..names.len())].into(),
                random_value(&mut rng, 3),
            );
        }
        let mut bytes = Value::Object(body).to_string().into_bytes();
        if rng.random_bool(0.3) && !bytes.is_empty() {
            let place = rng.random_range(0..bytes.len());
            bytes[place] = rng.random();
        }
        let answer = app.request("POST", "/api/v1/search", bytes.clone());
        assert!(
            answer.status.as_u16() < 500,
            "{}: {}",
            String::from_utf8_lossy(&bytes),
            answer.text
        );
        let query: String = (0..rng.random_range(0..60))
            .map(|_| format!("%{:02x}", rng.random::<u8>()))
            .collect();
        let answer = app.get(&format!("/api/v1/search?q={query}"));
        assert!(answer.status.as_u16() < 500, "{query}: {}", answer.text);
    }
}

fn random_value(rng: &mut StdRng, depth: u32) -> Value {
    match rng.random_range(0..if depth > 0 { 7 } else { 5 }) {
        0 => Value::Null,
        1 => json!(rng.random::<bool>()),
        2 => json!(rng.random::<i64>()),
        3 => json!(rng.random::<f64>()),
        4 => {
            let signs = [
                'a', 'é', '"', '-', '*', '\\', '«', '»', ' ', '\u{0}', '😀', '\'', '’', '(', '+',
                'œ', '\u{301}', '数',
            ];
            json!(
                (0..rng.random_range(0..30))
                    .map(|_| signs[rng.random_range(0..signs.len())])
                    .collect::<String>()
            )
        }
        5 => (0..rng.random_range(0..4))
            .map(|_| random_value(rng, depth - 1))
            .collect(),
        _ => {
            json!({"subjects": random_value(rng, depth - 1), "role": random_value(rng, depth - 1)})
        }
    }
}
