//! Which addresses still answer: polite visits to a real server, and what comes of them.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use classo::app::App;
use classo::domain::actor::Actor;
use classo::domain::clock::Clock;
use classo::domain::link::LinkState;
use classo::domain::task::TaskKind;
use classo::query::search_query::Query;
use classo::services::indexing::Outdated;
use classo::services::links::{RoundReport, RoundSettings};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::support::{PATIENCE, TestApp, classo, lines, record, wait_until, write_file};

/// A site that answers by path, and remembers who asked for what.
struct Site {
    url: String,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Seen>>,
    /// What paths answer instead of what they usually do.
    answers: Mutex<HashMap<String, &'static str>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

#[derive(Clone)]
struct Seen {
    method: String,
    path: String,
    agent: String,
    at: Instant,
}

const ROBOTS: &str = "User-agent: *\nDisallow: /private\n";

impl Site {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Log::default());
        let for_thread = Arc::clone(&log);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let log = Arc::clone(&for_thread);
                std::thread::spawn(move || log.serve(stream.unwrap()));
            }
        });
        Site { url, log }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn answer(&self, path: &str, answer: &'static str) {
        self.log.answers.lock().unwrap().insert(path.into(), answer);
    }

    fn requests(&self) -> Vec<Seen> {
        self.log.requests.lock().unwrap().clone()
    }

    fn count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|seen| seen.path == path)
            .count()
    }
}

impl Log {
    fn serve(&self, stream: TcpStream) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let Some(Ok(first)) = lines.next() else {
            return;
        };
        let head: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let agent = head.iter().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("user-agent: ")
                .map(str::to_owned)
        });
        let mut words = first.split(' ');
        let seen = Seen {
            method: words.next().unwrap().to_owned(),
            path: words.next().unwrap().to_owned(),
            agent: agent.unwrap_or_default(),
            at: Instant::now(),
        };
        self.requests.lock().unwrap().push(seen.clone());
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let told = self.answers.lock().unwrap().get(&seen.path).copied();
        let answer = told.unwrap_or_else(|| usual(&seen));
        if answer == "silence" {
            std::thread::sleep(Duration::from_millis(1_500));
        } else {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let body = if seen.path == "/robots.txt" {
            ROBOTS
        } else {
            ""
        };
        let _ = write!(
            &stream,
            "HTTP/1.1 {answer}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
    }
}

fn usual(seen: &Seen) -> &'static str {
    match (seen.path.as_str(), seen.method.as_str()) {
        ("/moved", _) => "301 Moved Permanently\r\nlocation: /ok",
        ("/elsewhere", _) => "302 Found\r\nlocation: /ok",
        ("/round", _) => "302 Found\r\nlocation: /round",
        ("/gone", _) => "404 Not Found",
        ("/broken", _) => "500 Internal Server Error",
        ("/members", _) => "403 Forbidden",
        ("/no-head", "HEAD") => "405 Method Not Allowed",
        ("/slow", _) => "silence",
        _ => "200 OK",
    }
}

/// A clock that tests put forward.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Checked {
    app: App,
    clock: Arc<Hand>,
    _folder: tempfile::TempDir,
}

impl Checked {
    fn with(records: &[Value]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), records);
        let clock = Arc::new(Hand(AtomicI64::new(1_790_000_000)));
        let for_app: Arc<dyn Clock> = clock.clone();
        let app = App::open_at(folder.path(), for_app, Outdated::Rebuild).unwrap();
        Checked {
            app,
            clock,
            _folder: folder,
        }
    }

    fn days_later(&self, days: i64) {
        let seconds = SignedDuration::from_hours(24 * days).as_secs();
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn round(&self, settings: &RoundSettings) -> RoundReport {
        let (links, tasks) = (&self.app.links, &self.app.tasks);
        let report = tasks.run(TaskKind::Links, |work| {
            links.check(&Actor::Console, settings, work)
        });
        let sequence = self.app.store.sequence();
        assert!(self.app.indexing.wait_for(sequence, PATIENCE));
        report.unwrap()
    }

    fn state(&self, id: &str) -> Option<LinkState> {
        let known = self
            .app
            .links
            .list(&Actor::Console, None, 0, 1_000)
            .unwrap();
        let own = known.iter().find(|link| link.id.as_str() == id);
        own.map(|link| link.health.state)
    }

    /// The first of the ids found, with what the signal says of it in English.
    fn first(&self, words: &str) -> (String, Vec<(i64, String)>) {
        let query = Query {
            text: words.into(),
            explain: true,
            ..Query::default()
        };
        let found = self.app.search.search(&Actor::Console, &query).unwrap();
        let said = found.hits.iter().map(|hit| {
            let reasons = hit.explanation.as_ref().unwrap();
            let sum: i64 = reasons.iter().map(|reason| reason.points).sum();
            assert_eq!(sum, hit.points);
            let own = reasons.iter().find(|reason| reason.signal == "dead_link");
            let own = own.unwrap();
            (own.points, own.text.en.clone())
        });
        (found.hits[0].id.clone(), said.collect())
    }
}

fn fill(data: &Path, records: &[Value]) {
    let file = data.join("records.jsonl");
    write_file(&file, &lines(records));
    let imported = classo()
        .args(["import", "--data"])
        .arg(data)
        .arg(&file)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
}

fn quick() -> RoundSettings {
    RoundSettings {
        older_than_days: 0,
        delay: Duration::from_millis(40),
        patience: Duration::from_millis(1_000),
        allow_private: true,
        contact: Some("https://example.org/us".into()),
        ..RoundSettings::default()
    }
}

#[test]
fn every_kind_of_answer_is_understood_and_the_site_is_treated_politely() {
    let site = Site::open();
    let paths = [
        ("/ok", LinkState::Ok),
        ("/moved", LinkState::Redirected),
        ("/elsewhere", LinkState::Ok),
        ("/no-head", LinkState::Ok),
        ("/gone", LinkState::Failing),
        ("/broken", LinkState::Failing),
        ("/round", LinkState::Failing),
        ("/slow", LinkState::Failing),
        ("/members", LinkState::Unclear),
        ("/private/page", LinkState::Unclear),
    ];
    let mut records: Vec<Value> = paths
        .iter()
        .map(|(path, _)| record(path, "volcan", json!({"url": site.at(path)})))
        .collect();
    records.push(record(
        "nowhere",
        "volcan",
        json!({"url": "http://nowhere.invalid/"}),
    ));
    records.push(record("none", "volcan", json!({})));
    let checked = Checked::with(&records);
    let report = checked.round(&quick());
    for (path, state) in paths {
        assert_eq!(checked.state(path), Some(state), "{path}");
    }
    assert_eq!(checked.state("nowhere"), Some(LinkState::Failing));
    assert_eq!((report.visited, report.without_address), (11, 1));
    assert_eq!((report.states.failing, report.states.ok), (5, 3));

    let requests = site.requests();
    assert_eq!(site.count("/robots.txt"), 1);
    assert_eq!(site.count("/private/page"), 0);
    assert_eq!(site.log.most_at_once.load(Ordering::SeqCst), 1);
    for seen in &requests {
        assert!(seen.agent.starts_with("classo/"), "{}", seen.agent);
        assert!(seen.agent.contains("https://example.org/us"));
    }
    for pair in requests.windows(2) {
        let pause = pair[1].at - pair[0].at;
        assert!(
            pause >= Duration::from_millis(40),
            "{pause:?} before {}",
            pair[1].path
        );
    }
    let methods = |path: &str| -> Vec<String> {
        let own = requests.iter().filter(|seen| seen.path == path);
        own.map(|seen| seen.method.clone()).collect()
    };
    assert_eq!(methods("/no-head"), ["HEAD", "GET"]);
    assert_eq!(methods("/members"), ["HEAD", "GET"]);
}

#[test]
fn nothing_private_is_visited_unless_it_is_allowed() {
    let site = Site::open();
    let localhost = site.url.replace("127.0.0.1", "localhost");
    let checked = Checked::with(&[
        record("literal", "x", json!({"url": site.at("/ok")})),
        record("name", "x", json!({"url": format!("{localhost}/ok")})),
    ]);
    let settings = RoundSettings {
        allow_private: false,
        ..quick()
    };
    checked.round(&settings);
    assert_eq!(checked.state("literal"), Some(LinkState::Unclear));
    assert_eq!(checked.state("name"), Some(LinkState::Unclear));
    assert!(site.requests().is_empty());
}

#[test]
fn a_site_that_asks_for_a_rest_gets_it() {
    let site = Site::open();
    site.answer("/busy", "429 Too Many Requests\r\nretry-after: 1");
    let (other, tired) = (Site::open(), Site::open());
    tired.answer("/never", "503 Service Unavailable\r\nretry-after: 86400");
    let checked = Checked::with(&[
        record("busy", "x", json!({"url": site.at("/busy")})),
        record("later", "x", json!({"url": site.at("/ok")})),
        record("other", "x", json!({"url": other.at("/ok")})),
        record("tired", "x", json!({"url": tired.at("/never")})),
    ]);
    let report = checked.round(&quick());
    let visits = site.requests();
    let busy: Vec<Instant> = visits
        .iter()
        .filter(|seen| seen.path == "/busy")
        .map(|seen| seen.at)
        .collect();
    assert!(busy.len() > 1 && busy.len() < 4, "{} times", busy.len());
    for pair in busy.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(1_000));
    }
    assert_eq!(
        (report.postponed, report.visited),
        (3, 1),
        "the whole site rests"
    );
    assert_eq!(
        (checked.state("busy"), checked.state("later")),
        (None, None)
    );
    assert_eq!(tired.count("/never"), 1, "a day is more than a round waits");
    site.answer("/busy", "200 OK");
    assert_eq!(checked.round(&quick()).visited, 3);
    assert_eq!(checked.state("busy"), Some(LinkState::Ok));
}

#[test]
fn an_address_that_fails_for_days_ranks_lower_until_it_answers_again() {
    let site = Site::open();
    let checked = Checked::with(&[
        record("a", "volcan", json!({"url": site.at("/page")})),
        record("b", "volcan", json!({"url": site.at("/ok")})),
    ]);
    assert_eq!(checked.first("volcan").0, "a", "equal, the id decides");
    site.answer("/page", "404 Not Found");
    for state in [LinkState::Failing, LinkState::Failing] {
        checked.round(&quick());
        assert_eq!(checked.state("a"), Some(state));
        assert_eq!(checked.first("volcan").0, "a", "not given up yet");
        checked.days_later(3);
    }
    checked.round(&quick());
    assert_eq!(checked.state("a"), Some(LinkState::Dead));
    let (first, said) = checked.first("volcan");
    assert_eq!(first, "b");
    assert_eq!(said[0], (0, "No broken link known.".into()));
    assert_eq!(
        said[1],
        (
            -10_000,
            "Its address has not answered for several days.".into()
        )
    );

    site.answer("/page", "200 OK");
    checked.days_later(1);
    checked.round(&quick());
    assert_eq!(checked.state("a"), Some(LinkState::Recovered));
    assert_eq!(checked.first("volcan").0, "a");
}

#[test]
fn what_was_visited_lately_is_left_out_and_the_oldest_come_first() {
    let site = Site::open();
    let records: Vec<Value> = (0..5)
        .map(|n| {
            record(
                &format!("r{n}"),
                "x",
                json!({"url": site.at(&format!("/{n}"))}),
            )
        })
        .collect();
    let checked = Checked::with(&records);
    let settings = RoundSettings {
        older_than_days: 7,
        limit: Some(3),
        ..quick()
    };
    assert_eq!(checked.round(&settings).visited, 3);
    let second = checked.round(&settings);
    assert_eq!((second.visited, second.recent), (2, 3));
    assert_eq!(checked.round(&settings).visited, 0);
    checked.days_later(8);
    assert_eq!(checked.round(&settings).visited, 3);
    let distinct: Vec<usize> = (0..5).map(|n| site.count(&format!("/{n}"))).collect();
    assert_eq!(distinct, [2, 2, 2, 1, 1]);
}

#[test]
fn a_round_that_was_killed_goes_on_where_it_was() {
    let (site, data) = (Site::open(), tempfile::tempdir().unwrap());
    let records: Vec<Value> = (0..12)
        .map(|n| {
            record(
                &format!("r{n}"),
                "x",
                json!({"url": site.at(&format!("/{n}"))}),
            )
        })
        .collect();
    fill(data.path(), &records);
    let round = || {
        let mut command = classo();
        command.args(["check-links", "--allow-private", "--delay", "0.1", "--json"]);
        command.arg("--data").arg(data.path());
        command.stdout(std::process::Stdio::piped());
        command
    };
    let mut first = round().spawn().unwrap();
    wait_until("some addresses are visited", || site.requests().len() >= 5);
    first.kill().unwrap();
    first.wait().unwrap();
    let before = site.requests().len();
    let output = round().output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report: RoundReport = serde_json::from_slice(&output.stdout).unwrap();
    assert!(report.recent > 0 && report.visited < 12, "{report:?}");
    assert_eq!(report.visited + report.recent, 12);
    let twice = (0..12).filter(|n| site.count(&format!("/{n}")) > 1).count();
    assert!(twice <= 1, "{twice} visited twice, after {before} requests");
}

#[test]
fn operators_see_links_over_http_and_begin_rounds() {
    let app = TestApp::with(&[
        record("inner", "x", json!({"url": "http://127.0.0.1:9/"})),
        record("none", "x", json!({})),
    ]);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let begun = app.as_operator("POST", "/api/v1/admin/links/check?older_than=0", "");
    assert_eq!(begun.status, 202, "{}", begun.text);
    let ended = app.ended(&begun.json());
    assert_eq!(
        (&ended["state"], &ended["kind"]),
        (&json!("done"), &json!("links"))
    );
    assert_eq!(ended["outcome"]["states"]["unclear"], 1);
    let listed = app
        .as_operator("GET", "/api/v1/admin/links?state=unclear", "")
        .json();
    assert_eq!(listed["counts"]["unclear"], 1);
    assert_eq!(listed["links"][0]["id"], "inner");
    assert_eq!(
        listed["links"][0]["reason"],
        "the address is not a public one"
    );
    let dead = app
        .as_operator("GET", "/api/v1/admin/links?state=dead", "")
        .json();
    assert_eq!(dead["links"], json!([]));
    assert_eq!(
        app.as_operator("GET", "/api/v1/admin/stats", "").json()["links"]["unclear"],
        1
    );
    for (path, field) in [
        ("links?state=asleep", "state"),
        ("links?limit=1001", "limit"),
        ("links?allow=1", "allow"),
    ] {
        let answer = app.as_operator("GET", &format!("/api/v1/admin/{path}"), "");
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
    for (query, field) in [
        ("delay=0", "delay"),
        ("allow_private=true", "allow_private"),
        ("contact=a%0d%0ax:y", "contact"),
    ] {
        let answer = app.as_operator("POST", &format!("/api/v1/admin/links/check?{query}"), "");
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
}
