//! kill -9 in the middle of sign-ups, consents and deletions: after the next start each is done or undone, never half.
//!
//! `CLASSO_CRASH_ROUNDS=100` runs the full round.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use classo::app::App;
use classo::domain::account::{Account, Challenge, Credentials, PersonId};
use classo::domain::actor::Actor;
use classo::domain::consent::Purpose;
use classo::store::vault::{Record, WaitingLetter};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::people::{PASSWORD, laid_down_token};
use super::people_kept::{settle, sign_in};
use super::support::{ServerProcess, classo, rounds, seed};

const STAYS: &str = "reste@exemple.ca";

/// Whether something was answered before the kill; what was not may have happened or not.
type Acknowledged = bool;

/// Signs up one address after the other until the server is gone.
fn come(server: &ServerProcess, round: u64) -> Vec<(String, Acknowledged)> {
    let mut asked = Vec::new();
    for number in 0..40 {
        let address = format!("vient{round}-{number}@exemple.ca");
        let body = json!({"email": address, "password": PASSWORD, "of_age": true, "lang": "en"});
        let answer = server.ask("POST", "accounts", None, body);
        let is_done = answer.is_some_and(|(status, _)| status == 202);
        asked.push((address, is_done));
        if !is_done {
            break;
        }
    }
    asked
}

/// Grants and withdraws in turn; the decisions with whether they were answered.
fn decide(server: &ServerProcess, token: &str) -> Vec<(&'static str, Acknowledged)> {
    let mut decisions = Vec::new();
    for decision in ["grant", "withdraw"].into_iter().cycle().take(80) {
        let body = json!({"purpose": "ranking-profile", "decision": decision, "notice_version": "2026-11-01", "lang": "fr"});
        let answer = server.ask("POST", "consents", Some(token), body);
        let is_done = answer.is_some_and(|(status, _)| status == 201);
        decisions.push((decision, is_done));
        if !is_done {
            break;
        }
    }
    decisions
}

fn leave(server: &ServerProcess, leavers: &[(String, String)]) -> Vec<(String, Acknowledged)> {
    let leave = |(address, token): &(String, String)| {
        let answer = server.ask("DELETE", "account", Some(token), Value::Null);
        (
            address.clone(),
            answer.is_some_and(|(status, _)| status == 200),
        )
    };
    leavers.iter().map(leave).collect()
}

fn history(server: &ServerProcess, token: &str) -> Vec<String> {
    let answer = server.ask("GET", "consents", Some(token), Value::Null);
    let history = answer.unwrap().1["history"].clone();
    let decisions = history.as_array().unwrap().iter();
    decisions
        .map(|event| event["decision"].as_str().unwrap().to_owned())
        .collect()
}

fn confirm(server: &ServerProcess, data: &Path, address: &str, patience: u32) -> bool {
    let token = (0..patience).find_map(|_| {
        std::thread::sleep(Duration::from_millis(25));
        laid_down_token(&data.join("outbox"), address)
    });
    token.is_some_and(|token| {
        let answer = server.ask("POST", "accounts/confirm", None, json!({"token": token}));
        assert_eq!(answer.unwrap().0, 204, "{address}: a letter's link works");
        true
    })
}

/// What each person has in a backup, by category.
fn categories(data: &Path, file: &Path) -> BTreeMap<[u8; 16], BTreeSet<String>> {
    let mut command = classo();
    command.arg("backup").arg(file).arg("--data").arg(data);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut persons = BTreeMap::<_, BTreeSet<String>>::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let Some(key) = line["key"].as_str() else {
            continue;
        };
        let key = base64::engine::general_purpose::STANDARD
            .decode(key)
            .unwrap();
        let (person, rest) = key.split_first_chunk::<16>().unwrap();
        let category = rest.split(|byte| *byte == 0).next().unwrap();
        let category = String::from_utf8(category.to_vec()).unwrap();
        persons.entry(*person).or_default().insert(category);
    }
    std::fs::remove_file(file).unwrap();
    persons
}

/// Nobody is half there: who has a key has an account with a password, and who waits for a letter has the link it brings.
fn assert_whole(data: &Path, file: &Path, round: u64) {
    for (person, categories) in categories(data, file) {
        let person = PersonId::from_bytes(person);
        let proof = ["consents", "decisions", "staff-reads"];
        let is_gone = categories
            .iter()
            .all(|category| proof.contains(&category.as_str()));
        assert!(
            is_gone || (categories.contains("account") && categories.contains("credentials")),
            "round {round}: {person} has {categories:?}"
        );
    }
    let app = App::open(data).unwrap();
    let vault = &app.people.vault;
    fn all<R: Record>(app: &App, person: PersonId) -> Vec<R> {
        let vault = &app.people.vault;
        let read = vault.read::<R>(&Actor::Service, person, Purpose::Account);
        let records = read.unwrap().into_inner().into_iter();
        records.map(|(_, record)| record).collect()
    }
    for person in vault.persons() {
        let accounts = all::<Account>(&app, person);
        assert_eq!(accounts.len(), 1, "round {round}");
        assert_eq!(all::<Credentials>(&app, person).len(), 1, "round {round}");
        let account = &accounts[0];
        let found = vault.find(&account.email).unwrap();
        if account.confirmed_at.is_some() {
            assert_eq!(found, Some(person), "round {round}");
            continue;
        }
        assert_eq!(all::<Challenge>(&app, person).len(), 1, "round {round}");
        let is_laid_down = std::fs::read_dir(data.join("outbox")).unwrap().any(|file| {
            let name = file.unwrap().file_name();
            name.to_string_lossy().starts_with(&format!("{person}-"))
        });
        assert!(
            is_laid_down || !all::<WaitingLetter>(&app, person).is_empty(),
            "round {round}: a letter with the link"
        );
    }
    app.close().unwrap();
}

#[test]
fn a_kill_leaves_no_sign_up_no_consent_and_no_deletion_half_done() {
    let mut rng = StdRng::seed_from_u64(seed("crash of people"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut decided: Vec<String> = Vec::new();
    let (mut interrupted, mut come_before) = (0, 0);
    for round in 0..rounds("CLASSO_CRASH_ROUNDS", 3) {
        let server = ServerProcess::start("serve", &data);
        let token = match round {
            0 => settle(&server, &data, STAYS),
            _ => sign_in(&server, STAYS).expect("who stays is there"),
        };
        let leavers: Vec<(String, String)> = (0..2)
            .map(|number| {
                let address = format!("part{round}-{number}@exemple.ca");
                let token = settle(&server, &data, &address);
                let profile = json!({"devices": ["ipad"]});
                let put = server.ask("PUT", "profile", Some(&token), profile);
                assert_eq!(put.unwrap().0, 200);
                (address, token)
            })
            .collect();
        let pid = server.pid();
        let delay = Duration::from_micros(rng.random_range(0..220_000));
        let (came, decisions, left) = std::thread::scope(|scope| {
            let came = scope.spawn(|| come(&server, round));
            let decisions = scope.spawn(|| decide(&server, &token));
            let left = scope.spawn(|| {
                std::thread::sleep(delay / 2);
                leave(&server, &leavers)
            });
            std::thread::sleep(delay);
            let killed = std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status();
            assert!(killed.unwrap().success());
            (
                came.join().unwrap(),
                decisions.join().unwrap(),
                left.join().unwrap(),
            )
        });
        drop(server);

        let server = ServerProcess::start("serve", &data);
        let token = sign_in(&server, STAYS).expect("who stays is there");
        let answered: Vec<&str> = decisions
            .iter()
            .filter(|(_, done)| *done)
            .map(|(what, _)| *what)
            .collect();
        decided.extend(answered.iter().map(|what| (*what).to_owned()));
        let in_flight = decisions
            .last()
            .filter(|(_, done)| !done)
            .map(|(what, _)| *what);
        let found = history(&server, &token);
        if found != decided {
            // What was not answered may be there all the same, once, and whole.
            decided.extend(in_flight.map(str::to_owned));
            assert_eq!(found, decided, "round {round}");
        }
        if decided.last().is_some_and(|last| last == "grant") {
            // The next round begins with a grant again.
            let body = json!({"purpose": "ranking-profile", "decision": "withdraw", "notice_version": "2026-11-01", "lang": "fr"});
            assert_eq!(
                server
                    .ask("POST", "consents", Some(&token), body)
                    .unwrap()
                    .0,
                201
            );
            decided.push("withdraw".into());
        }
        for (address, is_answered) in &left {
            let is_there = sign_in(&server, address);
            assert!(
                !(*is_answered && is_there.is_some()),
                "round {round}: {address} was deleted"
            );
            if let Some(token) = is_there {
                let answer = server.ask("GET", "account/export", Some(&token), Value::Null);
                let records = answer.unwrap().1["records"].clone();
                assert_eq!(
                    records["profile"][0]["devices"],
                    json!(["ipad"]),
                    "round {round}: {records}"
                );
                interrupted += 1;
            }
        }
        for (address, is_answered) in came.iter().rev().take(3) {
            let patience = if *is_answered { 400 } else { 12 };
            let is_confirmed = confirm(&server, &data, address, patience);
            assert!(
                is_confirmed || !is_answered,
                "round {round}: {address} got no letter"
            );
            if is_confirmed {
                assert!(
                    sign_in(&server, address).is_some(),
                    "round {round}: {address}"
                );
            }
        }
        come_before += came.len();
        server.terminate();
        assert_whole(&data, &folder.path().join("backup"), round);
    }
    println!(
        "{come_before} sign-ups, {} decisions, {interrupted} deletions undone",
        decided.len()
    );
}
