//! How fast is a reindex of a whole catalogue, and what do searches notice of it?
//!
//! A real server rebuilds its index twice. First by itself, in turn with raw tantivy over the same texts with as many
//! threads of the same priority, so that the two rates have a ratio: of seconds, and of processor time, which is the one
//! to trust on a machine that does other things too. Then while a client asks at a fixed rate: the latencies before and
//! during that, the memory, and how long the rollback after it takes. Nothing is measured before the server is at rest,
//! its merges included.
//!
//! `CLASSO_BENCH_SIZES` (its first number, default 20,000) as in the other benches; `CLASSO_BENCH_DATA` names a data
//! folder to measure in instead (a copy: it is changed).

#![allow(clippy::unwrap_used, reason = "a bench may fail loudly")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use classo::domain::resource::Resource;
use classo::services::priority;
use classo::store::Store;
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::Value;
use support::raw::RawTantivy;
use support::server::{Server, processor, wait_for_rest};
use support::{Effort, Times, questions, resources};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Questions a second: a school's worth, while the index is rebuilt.
const RATE: f64 = 50.0;

/// How long the searches are measured before the build: a thousand, ten of which are beyond the p99.
const BEFORE: Duration = Duration::from_secs(20);

/// Small catalogues are built over and over for about so long, raw tantivy and Classo in turn.
const IN_TURN: Duration = Duration::from_secs(60);

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let size = support::sizes().first().copied().unwrap_or(20_000);
    let (server, resources) = match std::env::var("CLASSO_BENCH_DATA") {
        Ok(data) => {
            let store = Store::open(&Path::new(&data).join("store")).unwrap();
            let resources: Vec<_> = store.resources().map(Result::unwrap).collect();
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
        process: server.process(),
        client: Client::new(),
    };
    while operator.ask(Method::GET, "/readyz")["status"] != "ready" {
        std::thread::sleep(Duration::from_millis(200));
    }
    alone(&operator, &resources);
    // They take as much memory as an index that searches are to find in memory.
    drop(resources);
    wait_for_rest(&operator.process);
    beside_searches(&operator, &server, &asked);
}

/// Builds with raw tantivy and with the server in turn; prints each, and the ratio of all.
fn alone(operator: &Operator, resources: &[Resource]) {
    let (mut raws, mut owns) = (Effort::default(), Effort::default());
    let started = Instant::now();
    while owns.elapsed == 0.0 || started.elapsed() < IN_TURN {
        wait_for_rest(&operator.process);
        let raw = raw(resources);
        println!("raw tantivy:       {}", raw.told(resources.len()));
        let before = processor(&operator.process);
        let reindex = operator.start_reindex();
        let ended = loop {
            std::thread::sleep(Duration::from_millis(100));
            let task = operator.ask(Method::GET, &reindex);
            if task["state"] != "running" {
                break task;
            }
        };
        // Checks and the switch are in its processor time too.
        let own = Effort {
            elapsed: seconds(&ended),
            processor: processor(&operator.process) - before,
        };
        println!("reindex, alone:    {}", own.told(resources.len()));
        assert_eq!(ended["outcome"]["resources"], resources.len());
        // Back to the settled index, so that nothing is merged while the next one is measured.
        operator.roll_back();
        raws.add(&raw);
        owns.add(&own);
    }
    println!(
        "reindex, alone, has {:.2} of raw tantivy's rate; {:.2} by processor time",
        raws.elapsed / owns.elapsed,
        raws.processor / owns.processor
    );
}

/// Builds with raw tantivy on threads of the same priority as those of a reindex, which inherit it.
fn raw(resources: &[Resource]) -> Effort {
    let build = || {
        priority::give_way();
        let ended = Effort::start();
        let built = RawTantivy::build(resources);
        let effort = ended();
        drop(built);
        effort
    };
    std::thread::scope(|threads| threads.spawn(build).join().unwrap())
}

/// Measures searches before and during a reindex.
fn beside_searches(operator: &Operator, server: &Server, asked: &[String]) {
    let before = search(operator, asked, |started| started.elapsed() < BEFORE);
    println!("before:            {}; {}", told(&before), server.memory());
    let path = operator.start_reindex();
    let (mut looked, mut ended) = (Instant::now(), Value::Null);
    let during = search(operator, asked, |_| {
        if looked.elapsed() > Duration::from_millis(500) {
            looked = Instant::now();
            ended = operator.ask(Method::GET, &path);
        }
        ended["state"].is_null() || ended["state"] == "running"
    });
    println!("during:            {}; {}", told(&during), server.memory());
    let (resources, seconds) = (&ended["outcome"]["resources"], seconds(&ended));
    println!(
        "reindex, beside {RATE} searches/s: {:.0} resources/s, {seconds:.1} s; p99 of searches is {:.2} times that before",
        resources.as_f64().unwrap() / seconds,
        during.percentile(99.0) / before.percentile(99.0)
    );
    println!("rollback:          {} ms", operator.roll_back());
}

/// How long the build of a reindex took that has ended well.
fn seconds(task: &Value) -> f64 {
    let seconds = task["outcome"]["seconds"].as_f64();
    seconds.unwrap_or_else(|| panic!("{task}"))
}

struct Operator {
    address: String,
    token: String,
    /// The server's.
    process: String,
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

    /// Starts one; returns where its task is told.
    fn start_reindex(&self) -> String {
        let task = self.ask(Method::POST, "/api/v1/admin/reindex");
        format!("/api/v1/admin/tasks/{}", task["id"])
    }

    /// Returns the milliseconds it took.
    fn roll_back(&self) -> Value {
        let mut report = self.ask(Method::POST, "/api/v1/admin/rollback");
        assert!(report["milliseconds"].is_u64(), "{report}");
        report["milliseconds"].take()
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
