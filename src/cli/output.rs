//! How commands speak: progress on a terminal, plain lines elsewhere, a log for servers.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write, stderr, stdout};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// Logs to standard error; `CLASSO_LOG` chooses the level (default: warnings, and `info` for a server), and with
/// `CLASSO_LOG_FORMAT=json` every line is a JSON object.
pub fn start_log() {
    let is_server = std::env::args()
        .nth(1)
        .is_some_and(|command| command == "serve" || command == "demo");
    let default = if is_server {
        "warn,classo=info"
    } else {
        "warn"
    };
    let filter = EnvFilter::try_from_env("CLASSO_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    match std::env::var("CLASSO_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().flatten_event(true).init(),
        _ => log.init(),
    }
}

/// An error with its causes on one line, none of them twice.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let cause = cause
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// Prints a line of a result. When nobody reads any more (`| head`), the command ends, and that is no failure.
pub fn say(line: impl Display) {
    must_be_read(writeln!(stdout(), "{line}"));
}

/// Prints what a person is to answer, on the same line.
pub fn ask(question: impl Display) {
    must_be_read(write!(stdout(), "{question}").and_then(|()| stdout().flush()));
}

fn must_be_read(written: io::Result<()>) {
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(_) => std::process::exit(1),
    }
}

/// Tells something that is no result, on standard error. When nobody reads there any more, the work goes on: what was
/// asked for is not what is told about it.
pub fn tell(line: impl Display) {
    let _ = writeln!(stderr(), "{line}");
}

/// Progress of long work: a bar on a terminal, a line now and then elsewhere.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    last_line: Instant,
}

/// How often a plain line is printed where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

impl Progress {
    /// Work that is measured in bytes.
    pub fn of_bytes(what: &str, total: u64) -> Self {
        Progress::new(
            what,
            total,
            "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {eta} left",
        )
    }

    /// Work that is counted.
    pub fn of_items(what: &str, total: u64) -> Self {
        Progress::new(
            what,
            total,
            "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta} left",
        )
    }

    fn new(what: &str, total: u64, template: &str) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            bar.set_style(
                ProgressStyle::with_template(template).expect("the templates above are valid"),
            );
            bar.set_message(what.to_owned());
            bar
        });
        Progress {
            bar,
            what: what.to_owned(),
            last_line: Instant::now(),
        }
    }

    /// Says how far the work is; `line` is what a plain line would add.
    pub fn at(&mut self, position: u64, line: impl Fn() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
        } else if self.last_line.elapsed() > LINE_EVERY {
            tell(format!("{}: {}", self.what, line()));
            self.last_line = Instant::now();
        }
    }

    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
