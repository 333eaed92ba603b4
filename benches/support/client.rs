//! A client that asks in closed loops, each as fast as it is answered, and in an open one, at a fixed rate whatever becomes
//! of the questions before. One thread of a runtime that it is given; a latency begins when a question is due, not when it
//! is sent.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Connections that the open loop opens at most: fewer than the server has places.
const MOST_CONNECTIONS: usize = 400;

/// What came of a load.
#[derive(Default)]
pub struct Outcome {
    pub seconds: f64,
    /// Of questions that were answered, and of those that were told to come back.
    pub answered: Vec<Duration>,
    pub refused: Vec<Duration>,
    /// Anything else: another status, a broken connection.
    pub failed: usize,
    /// Questions that found no connection of the client's.
    pub unsent: usize,
}

impl Outcome {
    /// Of those that were answered, in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        percentile(&self.answered, percent)
    }

    /// The share of questions that were told to come back, in percent.
    pub fn refused_percent(&self) -> f64 {
        let all = self.answered.len() + self.refused.len();
        self.refused.len() as f64 / all.max(1) as f64 * 100.0
    }

    /// Counts what a question that was due then got.
    pub fn note(&mut self, status: Option<u16>, due: Instant) {
        match status {
            // A wrong password is an answer, too.
            Some(200 | 401) => self.answered.push(due.elapsed()),
            Some(503) => self.refused.push(due.elapsed()),
            _ => self.failed += 1,
        }
    }
}

/// Of some times, in milliseconds.
pub fn percentile(times: &[Duration], percent: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len().saturating_sub(1) as f64 * percent / 100.0).round() as usize;
    sorted
        .get(place)
        .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
}

/// Asks a server, over as many connections as it takes.
pub struct Client {
    address: String,
    requests: Vec<Vec<u8>>,
    next: RefCell<usize>,
}

impl Client {
    /// Posts these bodies to a path, one after the other, again and again.
    pub fn new(
        address: String,
        path: &str,
        bodies: impl IntoIterator<Item = String>,
    ) -> Rc<Client> {
        let requests = bodies.into_iter().map(|body| request(path, &body));
        Rc::new(Client {
            address,
            requests: requests.collect(),
            next: RefCell::new(0),
        })
    }

    pub async fn connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect(&self.address).await.ok()?;
        stream.set_nodelay(true).ok()?;
        Some(stream)
    }

    /// Asks the next question; the status of its answer. A connection that broke answers nothing.
    pub async fn ask(&self, stream: &mut TcpStream) -> Option<u16> {
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

/// So many clients, each asking as fast as it is answered.
pub async fn closed_loop(client: &Rc<Client>, clients: usize, time: Duration) -> Outcome {
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
pub async fn open_loop(client: &Rc<Client>, rate: f64, time: Duration) -> Outcome {
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

fn request(path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
