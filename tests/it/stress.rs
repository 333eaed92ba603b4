//! Crowds, slow clients and silent ones: who can be served is, everybody else is told to come back.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{
    PATIENCE, ServerProcess, lines, operator_token, record, rounds, run, seed, write_file,
};

/// More than a burst has places for, on any machine.
const CROWD: usize = 400;

/// More than may wait for a hash, and as many attempts as one address has at once.
const SIGNING_IN: usize = 100;

/// As many connections as the server has places for.
const PLACES: usize = 512;

fn address(server: &ServerProcess) -> &str {
    server.url.strip_prefix("http://").unwrap()
}

/// Sends bytes on a connection of its own, and reads whatever comes until the connection ends.
fn converse(server: &ServerProcess, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address(server)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A refusal says so as a problem, and when to come back.
fn assert_come_back(answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 503"), "{answer}");
    assert!(
        head.contains("content-type: application/problem+json"),
        "{answer}"
    );
    assert!(head.contains("retry-after: 1"), "{answer}");
    let problem: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&json!("busy"), &json!(503)),
        "{answer}"
    );
}

#[test]
fn a_crowd_is_answered_or_told_to_come_back_and_the_server_is_well_afterwards() {
    let mut rng = StdRng::seed_from_u64(seed("a crowd"));
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("many.jsonl"));
    let words = [
        "carte",
        "monde",
        "fractions",
        "robot",
        "lecture",
        "histoire",
        "son",
        "image",
    ];
    let text = |rng: &mut StdRng| -> String {
        let some = (0..30).map(|_| words[rng.random_range(0..words.len())]);
        some.collect::<Vec<_>>().join(" ")
    };
    let many: Vec<Value> = (0..3_000)
        .map(|number| {
            let description = json!({"description": {"fr": text(&mut rng)}});
            record(&format!("r{number}"), &text(&mut rng), description)
        })
        .collect();
    write_file(&file, &lines(&many));
    let imported = run(&["import", file.to_str().unwrap()], &data);
    assert!(imported.status.success(), "{imported:?}");
    let server = ServerProcess::start("serve", &data);
    let token = operator_token(&data);
    for wave in 0..rounds("CLASSO_STRESS_WAVES", 2) {
        let questions: Vec<String> = (0..CROWD)
            .map(|_| {
                let word = words[rng.random_range(0..words.len())];
                let path = format!("/api/v1/search?q={word}&explain=true&limit=50");
                format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            })
            .collect();
        let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let together = Barrier::new(CROWD);
        std::thread::scope(|scope| {
            for question in &questions {
                scope.spawn(|| {
                    together.wait();
                    let answer = converse(&server, question.as_bytes());
                    if answer.starts_with("HTTP/1.1 200") {
                        answered.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_come_back(&answer);
                        refused.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            // Operators, and those who watch over the server, get through meanwhile.
            let client = reqwest::blocking::Client::new();
            for path in ["/healthz", "/readyz", "/api/v1/admin/stats"] {
                let request = client
                    .get(format!("{}{path}", server.url))
                    .bearer_auth(&token);
                assert_eq!(request.send().unwrap().status(), 200, "wave {wave}: {path}");
            }
        });
        let (answered, refused) = (answered.into_inner(), refused.into_inner());
        assert!(
            answered > 0 && refused > 0,
            "wave {wave}: {answered} answered, {refused} refused"
        );
        for _ in 0..20 {
            let (status, answer) = server.get("/api/v1/search?q=carte");
            assert_eq!(status, 200, "wave {wave}: alone again: {answer}");
        }
    }
}

#[test]
fn a_crowd_that_signs_in_is_answered_or_told_to_come_back_and_keeps_nobody_from_searching() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let sign_in = |number: usize| {
        let email = format!("p{number}@ecole.example");
        let body = json!({"email": email, "password": "tramway orange du matin"}).to_string();
        let length = body.len();
        let head = "POST /api/v1/session HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
        format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let together = Barrier::new(SIGNING_IN + 1);
    std::thread::scope(|scope| {
        for number in 0..SIGNING_IN {
            let (server, sign_in, together) = (&server, &sign_in, &together);
            let (answered, refused) = (&answered, &refused);
            scope.spawn(move || {
                together.wait();
                let answer = converse(server, sign_in(number).as_bytes());
                if answer.starts_with("HTTP/1.1 401") {
                    answered.fetch_add(1, Ordering::Relaxed);
                } else {
                    assert_come_back(&answer);
                    refused.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        together.wait();
        for _ in 0..20 {
            assert_eq!(server.get("/api/v1/search?q=carte").0, 200);
        }
    });
    let (answered, refused) = (answered.into_inner(), refused.into_inner());
    assert!(
        answered > 0 && refused > 0,
        "{answered} answered, {refused} refused"
    );
}

#[test]
fn silent_connections_make_room_for_those_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let hold = |count: usize, said: &'static [u8]| -> Vec<TcpStream> {
        (0..count)
            .map(|_| {
                let mut stream = TcpStream::connect(address(&server)).unwrap();
                stream.write_all(said).unwrap();
                stream
            })
            .collect()
    };
    let question = b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    // Some send nothing at all, some begin and never go on, some have a body to send and do not.
    let _half = hold(
        100,
        b"POST /api/v1/search HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\n{\"q\": ",
    );
    let _begun = hold(100, b"GET /api/v1/search HTTP/1.1\r\nhost: a\r\nx-");
    let _silent = hold(PLACES, b"");
    let mut served = 0;
    for _ in 0..200 {
        let answer = converse(&server, question);
        if answer.starts_with("HTTP/1.1 200") {
            served += 1;
        } else if !answer.is_empty() {
            assert_come_back(&answer);
        }
        if served == 20 {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("only {served} were served beside the silent ones");
}

#[test]
fn a_slow_client_is_served_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let body = json!({"q": "carte"}).to_string();
    let request = format!(
        "POST /api/v1/search HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address(&server)).unwrap();
    stream.set_nodelay(true).unwrap();
    for byte in request.as_bytes() {
        stream.write_all(&[*byte]).unwrap();
        if *byte == b'\n' {
            assert_eq!(server.get("/api/v1/search?q=carte").0, 200);
        }
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn pipelined_questions_are_answered_in_order_and_garbage_after_them_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let question =
        |number: usize| format!("GET /api/v1/search?q=x{number} HTTP/1.1\r\nhost: a\r\n\r\n");
    let mut sent: String = (0..30).map(question).collect();
    sent += "\u{1}\u{2}garbage\r\n\r\n";
    let answer = converse(&server, sent.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 30, "{answer}");
    let places = (0..30).map(|number| answer.find(&format!("\"text\":\"x{number}\"")).unwrap());
    assert!(
        places.collect::<Vec<_>>().is_sorted(),
        "in the order of the questions"
    );
    let last = answer.rsplit("HTTP/1.1 ").next().unwrap();
    assert!(
        last.starts_with("400") && last.contains("not_http"),
        "{last}"
    );
}

#[test]
fn bodies_that_are_not_what_they_say_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = ServerProcess::start("serve", folder.path());
    let post = "POST /api/v1/search HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
    for (what, rest) in [
        (
            "a chunk without a length",
            "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "two lengths",
            "content-length: 5\r\ncontent-length: 7\r\n\r\n{}   ",
        ),
        ("a length that is none", "content-length: many\r\n\r\n{}"),
        (
            "both ways of a length",
            "content-length: 5\r\ntransfer-encoding: gzip\r\n\r\n{}",
        ),
    ] {
        let answer = converse(&server, format!("{post}{rest}").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        assert!(
            answer.contains("application/problem+json"),
            "{what}: {answer}"
        );
    }
    let preface = converse(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(
        preface.is_empty() || preface.starts_with("HTTP/1.1 4"),
        "{preface}"
    );
    assert_eq!(server.get("/healthz").0, 200);
}
