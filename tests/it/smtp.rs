//! A real mail server beside the tests: `smtp_server.py`, on aiosmtpd (Debian: python3-aiosmtpd; `tests/run` installs it).

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

pub struct SmtpServer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub port: u16,
}

impl SmtpServer {
    /// Starts on a port; 0 takes a free one.
    pub fn start(port: u16) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/smtp_server.py");
        let debian = "/usr/bin/python3";
        let python = if std::path::Path::new(debian).exists() {
            debian
        } else {
            "python3"
        };
        let mut child = Command::new(python)
            .args([script, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let port = line.trim().parse();
        SmtpServer {
            port: port.unwrap_or_else(|_| {
                panic!("the mail server of the tests does not start; `bash tests/run` installs python3-aiosmtpd")
            }),
            input: child.stdin.take().unwrap(),
            output,
            child,
        }
    }

    /// From now on messages are taken, or refused with an answer such as `451 later`.
    pub fn answer(&mut self, answer: &str) {
        writeln!(self.input, "{answer}").unwrap();
        assert_eq!(self.line()["answer"], answer);
    }

    /// The next message that was taken, waiting for it.
    pub fn message(&mut self) -> Value {
        self.line()
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
