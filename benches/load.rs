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

#![allow(clippy::unwrap_used, reason = "a bench may fail loudly")]

mod support;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use support::server::{Server, processor, wait_for_rest};
use support::{questions, resources};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Questions that are asked, again and again.
const QUESTIONS: usize = 2_000;

/// Connections of the client that find out what the server sustains, for each core.
const CLIENTS_A_CORE: usize = 2;

/// Connections that the open loop opens at most: fewer than the server has places.
const MOST_CONNECTIONS: usize = 400;

/// Questions in a row after a load that must be answered as quickly as before it.
const RECOVERED: usize = 100;

fn main() {
    let size = support::sizes().first().copied().unwrap_or(20_000);
    let seconds = std::env::var("CLASSO_BENCH_SECONDS").map_or(8, |text| text.parse().unwrap());
    let load = Duration::from_secs(seconds);
    let resources = resources(size);
    let requests: Vec<Vec<u8>> = questions(&resources, QUESTIONS)
        .iter()
        .map(|question| request(&question.body))
        .collect();
    let server = Server::with(&resources);
    drop(resources);
    wait_for_rest(&server.process());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let client = Client::new(server.address.clone(), requests);
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

fn request(body: &str) -> Vec<u8> {
    format!(
        "POST /api/v1/search HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What came of a load.
#[derive(Default)]
struct Outcome {
    seconds: f64,
    /// Of questions that were answered, and of those that were told to come back.
    answered: Vec<Duration>,
    refused: Vec<Duration>,
    /// Anything else: another status, a broken connection.
    failed: usize,
    /// Questions that found no connection of the client's.
    unsent: usize,
}

impl Outcome {
    fn percentile(&self, percent: f64) -> f64 {
        percentile(&self.answered, percent)
    }
}

fn percentile(times: &[Duration], percent: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len().saturating_sub(1) as f64 * percent / 100.0).round() as usize;
    sorted
        .get(place)
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Runs a load, and prints what came of it.
async fn measured(name: &str, server: &Server, load: impl Future<Output = Outcome>) -> Outcome {
    let process = server.process();
    let (started, client, own) = (Instant::now(), processor("self"), processor(&process));
    let outcome = load.await;
    let seconds = started.elapsed().as_secs_f64();
    let share = |before: f64, process: &str| (processor(process) - before) / seconds * 100.0;
    let all = outcome.answered.len() + outcome.refused.len();
    println!(
        "{name:<22} {:6.0} answered/s, p50 {:7.2} p99 {:7.2} ms; told to come back {:4.1} %, p50 {:5.2} p99 {:6.2} ms; \
         failed {}, unsent {}; of a core: client {:.0} %, server {:.0} %; {}",
        outcome.answered.len() as f64 / outcome.seconds,
        outcome.percentile(50.0),
        outcome.percentile(99.0),
        outcome.refused.len() as f64 / all.max(1) as f64 * 100.0,
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

struct Client {
    address: String,
    requests: Vec<Vec<u8>>,
    next: RefCell<usize>,
}

impl Client {
    fn new(address: String, requests: Vec<Vec<u8>>) -> Rc<Client> {
        Rc::new(Client {
            address,
            requests,
            next: RefCell::new(0),
        })
    }

    async fn connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect(&self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(stream)
    }

    /// Asks the next question; the status of its answer. A connection that broke answers nothing.
    async fn ask(&self, stream: &mut TcpStream) -> Option<u16> {
        let place = {
            let mut next = self.next.borrow_mut();
            *next = (*next + 1) % self.requests.len();
            *next
        };
        stream.write_all(&self.requests[place]).await.ok()?;
        let (mut answer, mut part) = (Vec::with_capacity(16 * 1024), [0; 16 * 1024]);
        loop {
            let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
            answer.extend_from_slice(&part[..read]);
            let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = std::str::from_utf8(&answer[..end]).ok()?;
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))?;
            let wanted = end + 4 + length.parse::<usize>().ok()?;
            if answer.len() >= wanted {
                return head.get(9..12)?.parse().ok();
            }
            let mut rest = vec![0; wanted - answer.len()];
            stream.read_exact(&mut rest).await.ok()?;
            return head.get(9..12)?.parse().ok();
        }
    }
}

impl Outcome {
    fn note(&mut self, status: Option<u16>, due: Instant) {
        match status {
            Some(200) => self.answered.push(due.elapsed()),
            Some(503) => self.refused.push(due.elapsed()),
            _ => self.failed += 1,
        }
    }
}

/// So many clients, each asking as fast as it is answered.
async fn closed_loop(client: &Rc<Client>, clients: usize, time: Duration) -> Outcome {
    let (outcome, started) = (Rc::new(RefCell::new(Outcome::default())), Instant::now());
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (client, outcome) = (Rc::clone(client), Rc::clone(&outcome));
            tokio::task::spawn_local(async move {
                let mut stream = client.connect().await.unwrap();
                while started.elapsed() < time {
                    let due = Instant::now();
                    let status = client.ask(&mut stream).await;
                    outcome.borrow_mut().note(status, due);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut outcome = outcome.take();
    outcome.seconds = started.elapsed().as_secs_f64();
    outcome
}

/// Questions that arrive evenly, so many a second.
async fn open_loop(client: &Rc<Client>, rate: f64, time: Duration) -> Outcome {
    let outcome = Rc::new(RefCell::new(Outcome::default()));
    let free: Rc<RefCell<Vec<TcpStream>>> = Rc::default();
    let open = Rc::new(RefCell::new(0));
    let started = Instant::now();
    let mut arrivals = arrivals(started, rate, time);
    while let Some(due) = arrivals.recv().await {
        let stream = free.borrow_mut().pop();
        if stream.is_none() && *open.borrow() >= MOST_CONNECTIONS {
            outcome.borrow_mut().unsent += 1;
            continue;
        }
        *open.borrow_mut() += usize::from(stream.is_none());
        let (client, outcome) = (Rc::clone(client), Rc::clone(&outcome));
        let (free, open) = (Rc::clone(&free), Rc::clone(&open));
        tokio::task::spawn_local(async move {
            let mut stream = match stream {
                Some(stream) => Some(stream),
                None => client.connect().await,
            };
            let status = match &mut stream {
                Some(stream) => client.ask(stream).await,
                None => None,
            };
            outcome.borrow_mut().note(status, due);
            match (status, stream) {
                (Some(_), Some(stream)) => free.borrow_mut().push(stream),
                _ => *open.borrow_mut() -= 1,
            }
        });
    }
    let seconds = started.elapsed().as_secs_f64();
    while free.borrow().len() < *open.borrow() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut outcome = outcome.take();
    outcome.seconds = seconds;
    outcome
}

/// Tells when each question is due, at that moment: a thread of its own sleeps to within some hundredths of a
/// millisecond, where the runtime's timers know whole ones.
fn arrivals(
    started: Instant,
    rate: f64,
    time: Duration,
) -> tokio::sync::mpsc::UnboundedReceiver<Instant> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for number in 1.. {
            let due = started + Duration::from_secs_f64(f64::from(number) / rate);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if due > started + time || sender.send(due).is_err() {
                return;
            }
        }
    });
    receiver
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
