//! What happens to a server that is asked twice, and ten times, as much as it can answer?
//!
//! A real server process, asked over real connections by a client on the same machine. First one client, one question
//! after the other: the unloaded latency. Then several, each as fast as it is answered: the rate that the server
//! sustains. Then questions that arrive at a fixed rate, whatever becomes of those before (an open loop), at a part and
//! at multiples of that rate. A latency begins when a question is due, not when it is sent.
//!
//! Client and server share the machine's cores; the client's share is printed. `CLASSO_BENCH_SIZES` (its first number,
//! default 20,000), `CLASSO_BENCH_CATALOGUE` and `CLASSO_BENCH_QUERIES` as in the other benches, `CLASSO_BENCH_SECONDS`
//! for each load (default 8).
//!
//! What it shows on two cores, as p99 of the answered against one client's: with 100,000 resources 1.3 to 2.4 at half the load,
//! 1.9 to 2.1 at twice and 1.6 to 2.2 at ten times as much; with 20,000 resources 1.9 to 2.2, 2.5 to 3.1 and 6 to 10. There ten
//! times the load is 27,000 questions a second, more than the two cores can even refuse: the client has half a core and the
//! system's network most of another one, and those who are answered wait for a core with those who are told to come back
//! (p99 of both 5 to 13 ms; one client's is 1.3).

#![allow(clippy::unwrap_used, reason = "a bench may fail loudly")]

mod support;

use std::rc::Rc;
use std::time::{Duration, Instant};

use support::client::{Client, Outcome, closed_loop, open_loop, percentile};
use support::server::{Server, processor, wait_for_rest};
use support::{questions, resources};

/// Questions that are asked, again and again.
const QUESTIONS: usize = 2_000;

/// Connections of the client that find out what the server sustains, for each core.
const CLIENTS_A_CORE: usize = 2;

/// Questions in a row after a load that must be answered as quickly as before it.
const RECOVERED: usize = 100;

fn main() {
    let size = support::sizes().first().copied().unwrap_or(20_000);
    let seconds = std::env::var("CLASSO_BENCH_SECONDS").map_or(8, |text| text.parse().unwrap());
    let load = Duration::from_secs(seconds);
    let resources = resources(size);
    let questions = questions(&resources, QUESTIONS);
    let server = Server::with(&resources);
    drop(resources);
    wait_for_rest(&server.process());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let bodies = questions.into_iter().map(|question| question.body);
    let client = Client::new(server.address.clone(), "/api/v1/search", bodies);
    tokio::task::LocalSet::new().block_on(&runtime, async {
        closed_loop(&client, 1, Duration::from_secs(2)).await;
        let unloaded = measured("one client", &server, closed_loop(&client, 1, load / 2)).await;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let clients = cores * CLIENTS_A_CORE;
        let name = format!("{clients} clients");
        let sustained = measured(&name, &server, closed_loop(&client, clients, load / 2)).await;
        let rate = sustained.answered.len() as f64 / sustained.seconds;
        for times in [0.1, 0.5, 2.0, 10.0] {
            let name = format!("{times} times {rate:.0}/s");
            let at_rate = open_loop(&client, rate * times, load);
            let found = measured(&name, &server, at_rate).await;
            println!(
                "    p99 of the answered is {:.2} times that of one client; recovered after {:.2} s",
                found.percentile(99.0) / unloaded.percentile(99.0),
                recovery(&client, unloaded.percentile(99.0)).await
            );
        }
    });
    println!("server: {}", server.memory());
}

/// Runs a load, and prints what came of it.
async fn measured(name: &str, server: &Server, load: impl Future<Output = Outcome>) -> Outcome {
    let process = server.process();
    let (started, client, own) = (Instant::now(), processor("self"), processor(&process));
    let outcome = load.await;
    let seconds = started.elapsed().as_secs_f64();
    let share = |before: f64, process: &str| (processor(process) - before) / seconds * 100.0;
    println!(
        "{name:<22} {:6.0} answered/s, p50 {:7.2} p99 {:7.2} ms; told to come back {:4.1} %, p50 {:5.2} p99 {:6.2} ms; \
         failed {}, unsent {}; of a core: client {:.0} %, server {:.0} %; {}",
        outcome.answered.len() as f64 / outcome.seconds,
        outcome.percentile(50.0),
        outcome.percentile(99.0),
        outcome.refused_percent(),
        percentile(&outcome.refused, 50.0),
        percentile(&outcome.refused, 99.0),
        outcome.failed,
        outcome.unsent,
        share(client, "self"),
        share(own, &process),
        server.memory()
    );
    outcome
}

/// How long it takes, in seconds, until [`RECOVERED`] questions in a row are answered, 99 in a hundred of them within
/// twice this many milliseconds.
async fn recovery(client: &Rc<Client>, p99: f64) -> f64 {
    let mut stream = client.connect().await.unwrap();
    let started = Instant::now();
    loop {
        let begun = started.elapsed().as_secs_f64();
        let mut outcome = Outcome::default();
        for _ in 0..RECOVERED {
            let due = Instant::now();
            let status = client.ask(&mut stream).await;
            outcome.note(status, due);
        }
        let is_well = outcome.answered.len() == RECOVERED && outcome.percentile(99.0) <= 2.0 * p99;
        if is_well || begun > 30.0 {
            return begun;
        }
    }
}
