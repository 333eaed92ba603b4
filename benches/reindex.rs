//! How fast is a reindex of a whole catalogue, and what do searches notice of it?
//!
//! A real server rebuilds its index while one client asks at a fixed rate; the latencies before and during the build are
//! printed, the rate beside that of raw tantivy for the same text with as many threads, the memory, and how long a
//! rollback takes. `CLASSO_BENCH_SIZES` (its first number, default 20,000) as in the other benches; `CLASSO_BENCH_DATA`
//! names a data folder to measure in instead (a copy: it is changed).

#![allow(clippy::unwrap_used, reason = "a bench may fail loudly")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use classo::store::Store;
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::Value;
use support::raw::RawTantivy;
use support::server::Server;
use support::{Times, questions, resources};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions a second: a school's worth, while the index is rebuilt.
const RATE: f64 = 50.0;

/// How long the searches are measured before the build.
const BEFORE: Duration = Duration::from_secs(10);

/// As many resources raw tantivy is given at most: all at once have to fit into memory.
const MOST_RAW: usize = 250_000;

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let size = support::sizes().first().copied().unwrap_or(20_000);
    let (server, resources) = match std::env::var("CLASSO_BENCH_DATA") {
        Ok(data) => {
            let store = Store::open(&Path::new(&data).join("store")).unwrap();
            let resources: Vec<_> = store
                .resources()
                .take(MOST_RAW)
                .map(Result::unwrap)
                .collect();
            drop(store);
            (Server::on(Path::new(&data), None), resources)
        }
        Err(_) => {
            let resources = resources(size);
            (Server::with(&resources), resources)
        }
    };
    let asked: Vec<String> = questions(&resources, 2_000)
        .into_iter()
        .map(|question| question.body)
        .collect();
    let operator = Operator {
        address: server.address.clone(),
        token: server.token(),
        client: Client::new(),
    };
    while operator.ask(Method::GET, "/readyz")["status"] != "ready" {
        std::thread::sleep(Duration::from_millis(200));
    }
    let before = search(&operator, &asked, |started| started.elapsed() < BEFORE);
    println!("before:  {}; {}", told(&before), server.memory());
    let task = operator.ask(Method::POST, "/api/v1/admin/reindex");
    let path = format!("/api/v1/admin/tasks/{}", task["id"]);
    let (mut looked, mut ended) = (Instant::now(), Value::Null);
    let during = search(&operator, &asked, |_| {
        if looked.elapsed() > Duration::from_millis(500) {
            looked = Instant::now();
            ended = operator.ask(Method::GET, &path);
        }
        ended["state"].is_null() || ended["state"] == "running"
    });
    println!("during:  {}; {}", told(&during), server.memory());
    println!(
        "p99 during the build is {:.2} times that before",
        during.percentile(99.0) / before.percentile(99.0)
    );
    let rate = ended["outcome"]["per_second"]
        .as_f64()
        .unwrap_or_else(|| panic!("{ended}"));
    let rolled_back = operator.ask(Method::POST, "/api/v1/admin/rollback");
    println!(
        "reindex: {} resources, {rate:.0} a second, {} s; rollback {} ms",
        ended["outcome"]["resources"], ended["outcome"]["seconds"], rolled_back["milliseconds"]
    );
    drop(server);
    let started = Instant::now();
    let built = RawTantivy::build(&resources);
    let raw = resources.len() as f64 / started.elapsed().as_secs_f64();
    drop(built);
    println!(
        "raw tantivy, {} resources: {raw:.0} a second; Classo, while it answers: {:.2} of it",
        resources.len(),
        rate / raw
    );
}

struct Operator {
    address: String,
    token: String,
    client: Client,
}

impl Operator {
    fn ask(&self, method: Method, path: &str) -> Value {
        let request = self
            .client
            .request(method, format!("http://{}{path}", self.address));
        let response = request.bearer_auth(&self.token).send().unwrap();
        response.json().unwrap_or(Value::Null)
    }
}

/// Asks at a fixed rate for as long as `go_on` says.
fn search(operator: &Operator, asked: &[String], mut go_on: impl FnMut(Instant) -> bool) -> Times {
    let (started, mut times) = (Instant::now(), Vec::new());
    for (number, body) in asked.iter().cycle().enumerate() {
        let due = started + Duration::from_secs_f64(number as f64 / RATE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if !go_on(started) {
            break;
        }
        let sent = Instant::now();
        let request = operator
            .client
            .post(format!("http://{}/api/v1/search", operator.address));
        let request = request
            .header("content-type", "application/json")
            .body(body.clone());
        let response = request.send().unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().unwrap();
        times.push(sent.elapsed());
    }
    Times(times)
}

fn told(times: &Times) -> String {
    format!(
        "{} searches, p50 {:.2} p95 {:.2} p99 {:.2} ms",
        times.0.len(),
        times.percentile(50.0),
        times.percentile(95.0),
        times.percentile(99.0)
    )
}
