//! What does signing in cost those who search, and does its time tell who has an account?
//!
//! First: searches at half the rate that the server sustains, without and with sign-ins at the same rate, far more than
//! the one thread hashes that does by default. Arrivals are independent of answers (an open loop). Rounds with and without
//! alternate; the ratio of the medians of their p99 is to stay below 1.5. On two cores it is 1.4 to 2.1, and it was 6 with
//! threads that hash at a niceness. What is left is not the hashing's: another process that burns a core at the priority of
//! `SCHED_IDLE`, without any sign-in, makes the p99 of the searches as long.
//!
//! Then: sign-in, sign-up and reset for an address with an account and for one without, by turns; the medians should not
//! differ by more than they do between two runs.
//!
//! `CLASSO_BENCH_SIZES` names the size of the catalogue (10,000 when it is not said; the first one counts).

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use classo::domain::actor::Actor;
use classo::domain::consent::Purpose;
use classo::domain::letter::Letter;
use classo::http::Settings;
use classo::store::vault::{Vault, WaitingLetter};
use serde_json::json;
use support::client::{Client, Outcome, closed_loop, open_loop};
use support::http::{Loopback, serve};
use support::{Question, app_with, questions, resources, sizes};

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long each round lasts.
const ROUND: Duration = Duration::from_secs(4);

/// Rounds with and as many without sign-ins.
const ROUNDS: usize = 5;

/// Clients that find out what the server sustains.
const CLIENTS: usize = 4;

/// Addresses that sign in, one after the other.
const ADDRESSES: usize = 10_000;

/// How many times each account question is asked.
const TURNS: usize = 60;

const PASSWORD: &str = "tramway orange du matin";

fn main() {
    let size = sizes()[0];
    let folder = tempfile::tempdir().expect("a folder");
    let resources = resources(size);
    let app = app_with(folder.path(), &resources);
    let questions = questions(&resources, 2_000);
    let vault = Arc::clone(&app.people.vault);
    let address = serve(app, without_limits());
    load(address, size, &questions);
    enumeration(address, &vault);
}

/// As many attempts as the bench wants.
fn without_limits() -> Settings {
    let generous = json!({"at_once": 1_000_000, "an_hour": 1_000_000_000});
    let kinds = [
        "address",
        "password_from_address",
        "password",
        "code",
        "letters_from_address",
        "letter",
    ];
    let attempts: serde_json::Map<_, _> = kinds
        .iter()
        .map(|kind| ((*kind).to_owned(), generous.clone()))
        .collect();
    serde_json::from_value(json!({"attempts": attempts})).expect("settings")
}

/// Searches without and with sign-ins.
fn load(address: SocketAddr, size: usize, questions: &[Question]) {
    let bodies = questions.iter().map(|question| question.body.clone());
    let searcher = Client::new(address.to_string(), "/api/v1/search", bodies);
    let unknown = |number| {
        json!({"email": format!("p{number}@ecole.example"), "password": PASSWORD}).to_string()
    };
    let signer = Client::new(
        address.to_string(),
        "/api/v1/session",
        (0..ADDRESSES).map(unknown),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        closed_loop(&searcher, CLIENTS, ROUND / 2).await;
        let sustained = closed_loop(&searcher, CLIENTS, ROUND).await;
        let sustained = sustained.answered.len() as f64 / sustained.seconds;
        let half = sustained / 2.0;
        println!("\n{size} resources; {sustained:.0} searches/s sustained, load {half:.0} searches/s");
        let mut p99 = [Vec::new(), Vec::new()];
        for round in 0..2 * ROUNDS {
            let with = round % 2;
            let sign_ins = async {
                match with {
                    0 => Outcome::default(),
                    _ => open_loop(&signer, half, ROUND).await,
                }
            };
            let (searches, sign_ins) = tokio::join!(open_loop(&searcher, half, ROUND), sign_ins);
            println!(
                "{:<14} p50 {:5.2}  p99 {:6.2} ms, {:4.1} % told to come back; of sign-ins {:3} answered, {:4} told to come back",
                ["searches alone", "with sign-ins"][with],
                searches.percentile(50.0),
                searches.percentile(99.0),
                searches.refused_percent(),
                sign_ins.answered.len(),
                sign_ins.refused.len(),
            );
            assert_eq!((searches.failed, sign_ins.failed), (0, 0));
            p99[with].push(searches.percentile(99.0));
        }
        let [alone, with] = p99.map(|mut times| median(&mut times));
        println!(
            "p99, median of rounds: {alone:.2} ms alone, {with:.2} ms with sign-ins, ratio {:.2}",
            with / alone
        );
    });
}

/// Medians for an address with an account and one without.
fn enumeration(address: SocketAddr, vault: &Vault) {
    let mut connection = Loopback::connect(address);
    let known = "lucie@ecole.example";
    let sign_up =
        |email: &str| json!({"email": email, "password": PASSWORD, "of_age": true}).to_string();
    assert_eq!(connection.send("/api/v1/accounts", &sign_up(known)), 202);
    let confirm = json!({"token": token(vault)}).to_string();
    assert_eq!(connection.send("/api/v1/accounts/confirm", &confirm), 204);
    println!("\nmedian of {TURNS} turns, in ms        with account   without    ratio");
    for (name, path) in [
        ("sign-in, wrong password", "/api/v1/session"),
        ("sign-up", "/api/v1/accounts"),
        ("reset", "/api/v1/accounts/reset"),
    ] {
        let body = |email: &str| match name {
            "sign-up" => sign_up(email),
            "reset" => json!({"email": email}).to_string(),
            _ => json!({"email": email, "password": "something else entirely"}).to_string(),
        };
        let mut times = [Vec::new(), Vec::new()];
        let mut statuses = [0, 0];
        for turn in 0..2 * TURNS {
            let unknown = format!("nobody{turn}@ecole.example");
            // Which comes first changes, so that neither always follows the other.
            let first = (turn / 2 + turn) % 2;
            let email = if first == 0 { known } else { unknown.as_str() };
            let started = Instant::now();
            statuses[first] = connection.send(path, &body(email));
            times[first].push(started.elapsed().as_secs_f64() * 1e3);
        }
        assert_eq!(statuses[0], statuses[1], "{name}");
        let [with, without] = times.map(|mut times| median(&mut times));
        println!(
            "{name:<35} {with:10.2} {without:10.2} {:8.3}",
            with / without
        );
    }
}

/// The token in the letter that waits.
fn token(vault: &Vault) -> String {
    for (person, name) in vault.letters().expect("readable") {
        let read =
            vault.read_named::<WaitingLetter>(&Actor::Service, person, Purpose::Account, &name);
        let letter = read.expect("permitted").into_inner().expect("a letter");
        if let Letter::ConfirmAddress { link, .. } = letter.outgoing.letter {
            return link.split_once('#').expect("a token").1.to_owned();
        }
    }
    panic!("no letter waits")
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
