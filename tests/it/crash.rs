//! kill -9 at random moments: nothing acknowledged is lost, and the index catches up by itself.
//!
//! `CLASSO_CRASH_ROUNDS=30` runs the full round.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{
    PATIENCE, ServerProcess, classo, lines, operator_token, record, rounds, run, seed, wait_until,
    write_file,
};

fn batch(name: &str, size: usize) -> Vec<Value> {
    let text = "Une carte pour la classe. ".repeat(10);
    (0..size)
        .map(|number| {
            record(
                &format!("{name}-{number}"),
                "carte",
                json!({"description": {"fr": text}}),
            )
        })
        .collect()
}

/// Starts the server again and looks for everything that was acknowledged.
pub fn assert_all_there(data: &Path, acknowledged: &BTreeSet<String>, round: u64) {
    let server = ServerProcess::start("serve", data);
    wait_until(&format!("round {round}: the index catches up"), || {
        server.get("/readyz").0 == 200
    });
    let total = server.get("/api/v1/search?q=carte&limit=0").1["total"]
        .as_u64()
        .unwrap();
    assert!(
        total >= acknowledged.len() as u64,
        "round {round}: {total} found, {} acknowledged",
        acknowledged.len()
    );
    for id in acknowledged.iter().step_by(37) {
        assert_eq!(
            server.get(&format!("/api/v1/resources/{id}")).0,
            200,
            "round {round}: {id}"
        );
    }
    let stored = server.get("/readyz").1;
    assert_eq!(stored["resources"], total, "round {round}");
    server.terminate();
}

#[test]
fn a_killed_server_has_lost_nothing_it_acknowledged() {
    let mut rng = StdRng::seed_from_u64(seed("crash of the server"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..rounds("CLASSO_CRASH_ROUNDS", 3) {
        let server = ServerProcess::start("serve", &data);
        let token = operator_token(&data);
        let delay = Duration::from_millis(rng.random_range(50..900));
        let url = format!("{}/api/v1/admin/import", server.url);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let client = reqwest::blocking::Client::new();
                for part in 0.. {
                    let records = batch(&format!("s{round}-{part}"), 40);
                    let request = client.post(&url).bearer_auth(&token).body(lines(&records));
                    match request.send() {
                        Ok(response) if response.status().is_success() => {
                            let ids = records
                                .iter()
                                .map(|record| record["id"].as_str().unwrap().to_owned());
                            acknowledged.lock().unwrap().extend(ids);
                        }
                        _ => break,
                    }
                }
            });
            // On a busy machine nothing may be acknowledged yet: the first kill waits for something to lose.
            let begun = Instant::now();
            while acknowledged.lock().unwrap().is_empty() && begun.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(5));
            }
            std::thread::sleep(delay);
            server.kill();
        });
        if round % 3 == 1 {
            std::fs::remove_dir_all(data.join("index")).unwrap();
        }
        assert_all_there(&data, &acknowledged.lock().unwrap(), round);
    }
    assert!(!acknowledged.lock().unwrap().is_empty());
}

#[test]
fn a_killed_import_can_be_run_again_to_the_end() {
    let mut rng = StdRng::seed_from_u64(seed("crash of the import"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut expected = BTreeSet::new();
    for round in 0..rounds("CLASSO_CRASH_ROUNDS", 3) {
        let file = folder.path().join(format!("{round}.jsonl"));
        let records = batch(&format!("c{round}"), 3_000);
        write_file(&file, &lines(&records));
        let mut import = classo()
            .arg("import")
            .arg(&file)
            .arg("--data")
            .arg(&data)
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(20..700)));
        import.kill().unwrap();
        import.wait().unwrap();
        let again = run(&["import", file.to_str().unwrap()], &data);
        assert!(again.status.success(), "round {round}: {again:?}");
        expected.extend(
            records
                .iter()
                .map(|record| record["id"].as_str().unwrap().to_owned()),
        );
        assert_all_there(&data, &expected, round);
    }
}
