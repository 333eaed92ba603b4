//! What does signing in cost those who search, and does its time tell who has an account?
//!
//! First: a search load of half of what the server can do, without and with sign-ins that arrive at half its rate; one thread
//! hashes, as by default. Arrivals are independent of answers (an open loop), and a wait counts from when a search should have
//! been sent. Rounds with and without alternate; the ratio of the medians of their p99 is to stay below 1.5.
//!
//! Then: sign-in, sign-up and reset for an address with an account and for one without, by turns; the medians should not
//! differ by more than they do between two runs.
//!
//! `CLASSO_BENCH_SIZES` names the size of the catalogue (10,000 when it is not said; the first one counts).

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use classo::domain::actor::Actor;
use classo::domain::consent::Purpose;
use classo::domain::letter::Letter;
use classo::http::Settings;
use classo::store::vault::{Vault, WaitingLetter};
use serde_json::json;
use support::http::{Loopback, serve};
use support::{Question, app_with, questions, resources, sizes};

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long each round lasts.
const ROUND: Duration = Duration::from_secs(4);

/// Rounds with and as many without sign-ins.
const ROUNDS: usize = 5;

/// Connections that search, and that sign in: enough for none to wait for another.
const SEARCHERS: usize = 24;
const SIGNERS: usize = 64;

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
fn load(address: std::net::SocketAddr, size: usize, questions: &[Question]) {
    let capacity = capacity(address, questions);
    let searches = capacity / 2.0;
    println!(
        "\n{size} resources; capacity {capacity:.0} searches/s, load {searches:.0} searches/s and {:.0} sign-ins/s",
        searches / 2.0
    );
    let mut p99 = [Vec::new(), Vec::new()];
    for round in 0..2 * ROUNDS {
        let with = round % 2 == 1;
        let (times, answered, busy) = round_of(address, questions, searches, with);
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!(
            "{:<16} p50 {:6.2} ms  p99 {:6.2} ms  told to come back {:4} of {}   hashed {answered:4}  told to come back {busy:5}",
            if with {
                "with sign-ins"
            } else {
                "searches alone"
            },
            at(0.5),
            at(0.99),
            times.iter().filter(|time| time.is_infinite()).count(),
            times.len()
        );
        p99[usize::from(with)].push(at(0.99));
    }
    let [without, with] = p99.map(|mut times| median(&mut times));
    println!(
        "p99, median of rounds: {without:.2} ms alone, {with:.2} ms with sign-ins, ratio {:.2}",
        with / without
    );
}

/// Searches a second, when each of a few connections asks as fast as it is answered.
fn capacity(address: std::net::SocketAddr, questions: &[Question]) -> f64 {
    let done = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for start in 0..4 {
            let done = &done;
            scope.spawn(move || {
                let mut connection = Loopback::connect(address);
                for question in questions.iter().cycle().skip(start * 500) {
                    if started.elapsed() > ROUND {
                        return;
                    }
                    connection.post("/api/v1/search", &question.body);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}

/// Times of searches in milliseconds, sorted; sign-ins that were answered, and that were told to come back.
fn round_of(
    address: std::net::SocketAddr,
    questions: &[Question],
    searches: f64,
    with_sign_ins: bool,
) -> (Vec<f64>, usize, usize) {
    let started = Instant::now() + Duration::from_millis(50);
    let (answered, busy) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut times = Vec::new();
    std::thread::scope(|scope| {
        let searchers: Vec<_> = (0..SEARCHERS)
            .map(|mine| {
                scope.spawn(move || {
                    let mut connection = Loopback::connect(address);
                    let mut times = Vec::new();
                    each(started, searches, SEARCHERS, mine, |number, due| {
                        let question = &questions[number % questions.len()];
                        // One that is told to come back has no answer in any time.
                        times.push(match connection.send("/api/v1/search", &question.body) {
                            200 => due.elapsed().as_secs_f64() * 1e3,
                            503 => f64::INFINITY,
                            status => panic!("a search was answered with {status}"),
                        });
                    });
                    times
                })
            })
            .collect();
        for mine in 0..if with_sign_ins { SIGNERS } else { 0 } {
            let (answered, busy) = (&answered, &busy);
            scope.spawn(move || {
                let mut connection = Loopback::connect(address);
                each(started, searches / 2.0, SIGNERS, mine, |number, _| {
                    let body =
                        json!({"email": format!("p{number}@ecole.example"), "password": PASSWORD});
                    match connection.send("/api/v1/session", &body.to_string()) {
                        401 => answered.fetch_add(1, Ordering::Relaxed),
                        503 => busy.fetch_add(1, Ordering::Relaxed),
                        status => panic!("a sign-in was answered with {status}"),
                    };
                });
            });
        }
        for searcher in searchers {
            times.extend(searcher.join().expect("a searcher"));
        }
    });
    times.sort_by(f64::total_cmp);
    (times, answered.into_inner(), busy.into_inner())
}

/// Calls at this thread's share of the moments of a rate, until the round is over.
fn each(
    started: Instant,
    rate: f64,
    threads: usize,
    mine: usize,
    mut call: impl FnMut(usize, Instant),
) {
    for number in (mine..).step_by(threads) {
        let due = started + Duration::from_secs_f64(number as f64 / rate);
        if due > started + ROUND {
            return;
        }
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        call(number, due);
    }
}

/// Medians for an address with an account and one without.
fn enumeration(address: std::net::SocketAddr, vault: &Vault) {
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
