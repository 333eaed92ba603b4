//! kill -9 at random moments of a reindex, a switch, a rollback or a backup, while records come in and searches go on.
//!
//! `CLASSO_CRASH_ROUNDS=30` runs the full round.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::crash::assert_all_there;
use super::support::{
    ServerProcess, classo, lines, operator_token, record, rounds, run, seed, write_file,
};

/// What the threads of a round share.
struct Round<'a> {
    url: &'a str,
    token: &'a str,
    number: u64,
    acknowledged: &'a Mutex<BTreeSet<String>>,
    searches: AtomicU64,
    /// The last backup that came to its end, and what was acknowledged before it began.
    backup: &'a Mutex<Option<(BTreeSet<String>, String)>>,
}

fn priced(name: &str, count: u64) -> Vec<Value> {
    let models = ["free", "paid", "freemium", "quote"];
    let one = |number: u64| {
        let model = models[(number % 4) as usize];
        record(
            &format!("{name}-{number}"),
            "carte",
            json!({"price": {"model": model}}),
        )
    };
    (0..count).map(one).collect()
}

fn ids(records: &[Value]) -> impl Iterator<Item = String> {
    records
        .iter()
        .map(|record| record["id"].as_str().unwrap().to_owned())
}

impl Round<'_> {
    /// A request to an admin door; nothing once the server is gone.
    fn admin(&self, client: &Client, method: Method, path: &str, body: String) -> Option<String> {
        let request = client.request(method, format!("{}/api/v1/admin/{path}", self.url));
        let response = request.bearer_auth(self.token).body(body).send().ok()?;
        let is_expected = response.status().is_success() || response.status() == 409;
        assert!(
            is_expected,
            "round {}: {path}: {}",
            self.number,
            response.status()
        );
        response.text().ok()
    }

    fn import(&self) {
        let client = Client::new();
        for part in 0.. {
            let records = priced(&format!("k{}-{part}", self.number), 30);
            if self
                .admin(&client, Method::POST, "import", lines(&records))
                .is_none()
            {
                return;
            }
            self.acknowledged.lock().unwrap().extend(ids(&records));
        }
    }

    fn operate(&self, mut rng: StdRng) {
        let client = Client::new();
        loop {
            let answered = match rng.random_range(0..4) {
                0 | 1 => self.admin(&client, Method::POST, "reindex", String::new()),
                2 => self.admin(&client, Method::POST, "rollback", String::new()),
                _ => {
                    let before = self.acknowledged.lock().unwrap().clone();
                    let backup = self.admin(&client, Method::GET, "backup", String::new());
                    if let Some(text) = &backup {
                        *self.backup.lock().unwrap() = Some((before, text.clone()));
                    }
                    backup
                }
            };
            if answered.is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(rng.random_range(0..200)));
        }
    }

    /// Waits for the first answer, so that the kill falls among searches however busy the machine is.
    fn answers_within(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        while self.searches.load(Ordering::Relaxed) == 0 {
            if begun.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Every answer there is comes from one moment of one generation.
    fn search(&self) {
        let client = Client::new();
        let question = format!("{}/api/v1/search?q=carte&facets=price", self.url);
        while let Ok(response) = client.get(&question).send() {
            let status = response.status();
            let Ok(answer) = response.json::<Value>() else {
                return;
            };
            assert_eq!(status, 200, "round {}: {answer}", self.number);
            let counts = answer["facets"]["price"]["values"].as_array().unwrap();
            let sum: u64 = counts
                .iter()
                .map(|value| value["count"].as_u64().unwrap())
                .sum();
            assert_eq!(answer["total"], sum, "round {}: one moment", self.number);
            self.searches.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_kill_during_reindex_rollback_or_backup_loses_nothing_and_mixes_nothing() {
    let mut rng = StdRng::seed_from_u64(seed("crash of operations"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = priced("first", 1_500);
    let file = folder.path().join("first.jsonl");
    write_file(&file, &lines(&first));
    let imported = run(&["import", file.to_str().unwrap()], &data);
    assert!(imported.status.success(), "{imported:?}");
    let acknowledged = Mutex::new(ids(&first).collect::<BTreeSet<_>>());
    let backup = Mutex::new(None);
    for number in 0..rounds("CLASSO_CRASH_ROUNDS", 3) {
        let server = ServerProcess::start("serve", &data);
        let token = operator_token(&data);
        let url = server.url.clone();
        let round = Round {
            url: &url,
            token: &token,
            number,
            acknowledged: &acknowledged,
            searches: AtomicU64::new(0),
            backup: &backup,
        };
        let (delay, seeded) = (
            rng.random_range(200..3_000),
            StdRng::seed_from_u64(rng.random()),
        );
        std::thread::scope(|scope| {
            scope.spawn(|| round.import());
            scope.spawn(|| round.operate(seeded));
            scope.spawn(|| round.search());
            let answered = round.answers_within(Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(delay));
            server.kill();
            assert!(answered, "round {number}: searches went on");
        });
        assert_all_there(&data, &acknowledged.lock().unwrap(), number);
        let generations = std::fs::read_dir(data.join("index/generations"))
            .unwrap()
            .count();
        assert!(
            generations <= 2,
            "round {number}: what was left unfinished is removed"
        );
    }
    if let Some((before, text)) = backup.into_inner().unwrap() {
        assert_restores(folder.path(), &before, &text);
    }
}

/// A backup that came to its end has everything that was acknowledged before it began.
fn assert_restores(folder: &Path, before: &BTreeSet<String>, text: &str) {
    let (file, fresh) = (folder.join("backup"), folder.join("fresh"));
    write_file(&file, text);
    let restored = classo()
        .arg("restore")
        .arg(&file)
        .arg("--data")
        .arg(&fresh)
        .output()
        .unwrap();
    assert!(restored.status.success(), "{restored:?}");
    let exported = classo()
        .args(["export", "--data"])
        .arg(&fresh)
        .output()
        .unwrap();
    let exported = String::from_utf8(exported.stdout).unwrap();
    let has: BTreeSet<String> = exported
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert!(
        before.is_subset(&has),
        "{} acknowledged, {} restored",
        before.len(),
        has.len()
    );
}
