//! Delivers letters: how they read, how they travel, and what became of them.
//!
//! It knows neither the store nor who a person is: it is handed an [`OutgoingLetter`]
//! and says what its delivery came to. When to try again is the business of `services::outbox`. Start with [`Mailer`].

pub mod file;
pub mod message;
pub mod smtp;
pub mod words;

use std::path::{Path, PathBuf};

use lettre::Address;
use lettre::message::Mailbox;
use serde::Deserialize;

use crate::domain::letter::OutgoingLetter;
use file::FileTransport;
use message::Post;
use smtp::SmtpTransport;

/// Whether letters are sent, or laid down in the data folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    /// As files in `outbox/`: for a trial, or for another program that sends them.
    #[default]
    File,
    Smtp,
}

/// How a connection to the mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// After the greeting, or not at all.
    #[default]
    Starttls,
    /// From the first byte, usually on port 465.
    Tls,
    /// Not at all: only for a server on the same machine.
    None,
}

/// How letters leave.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub transport: TransportKind,
    /// Who writes: an address, or `Name <address>`.
    pub from: String,
    /// The mail server.
    pub host: Option<String>,
    /// Its port; 587, or 465 with `tls = "tls"`, when it is not said.
    pub port: Option<u16>,
    pub tls: Tls,
    /// A certificate (PEM) to trust besides those of the system.
    pub certificate: Option<PathBuf>,
    /// The name to sign in with; without one, no sign-in.
    pub user: Option<String>,
    /// A file whose first line is the password.
    pub password_file: Option<PathBuf>,
    /// How many times a letter is tried: with the first pause as it is, over some three days.
    pub tries: u32,
    /// How long the first pause after a failure is; each is twice as long as the one before, up to six hours.
    pub first_pause_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            transport: TransportKind::default(),
            from: "Classo <classo@localhost>".to_owned(),
            host: None,
            port: None,
            tls: Tls::default(),
            certificate: None,
            user: None,
            password_file: None,
            tries: 20,
            first_pause_seconds: 60,
        }
    }
}

impl Settings {
    /// What cannot work, one sentence each, with the key first.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.from.parse::<Mailbox>().is_err() {
            problems.push("from: an address, or `Name <address>`".to_owned());
        }
        if !(1..=100).contains(&self.tries) {
            problems.push("tries: between 1 and 100".to_owned());
        }
        if !(1..=3_600).contains(&self.first_pause_seconds) {
            problems.push("first_pause_seconds: between 1 and 3,600".to_owned());
        }
        if self.transport == TransportKind::Smtp {
            self.smtp_problems(&mut problems);
        }
        problems
    }

    fn smtp_problems(&self, problems: &mut Vec<String>) {
        let mut missing = |key: &str, what: &str| problems.push(format!("{key}: missing; {what}"));
        let Some(host) = &self.host else {
            return missing("host", "the mail server that letters are handed to");
        };
        match (&self.user, &self.password_file) {
            (Some(_), None) => missing("password_file", "a file whose first line is the password"),
            (None, Some(_)) => missing("user", "the name that the password belongs to"),
            _ => {}
        }
        let is_here = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        if self.tls == Tls::None && !is_here {
            problems.push(
                "tls: \"none\" is for a mail server on this machine; use \"starttls\" or \"tls\""
                    .to_owned(),
            );
        }
    }
}

/// What a delivery came to besides success. The text tells no address: it goes into logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may go better later.
    #[error("not now: {0}")]
    Transient(String),
    /// It will never go.
    #[error("never: {0}")]
    Permanent(String),
}

/// What carries a message.
pub trait Transport: Send + Sync {
    /// Hands a message over. When it returns, another has taken it; when that fails in the middle, it may have been taken all
    /// the same, and the next try carries the same `Message-ID`.
    fn send(&self, post: &Post) -> Result<(), DeliveryError>;
}

/// Why mail cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("{}", .0.join("; "))]
    Settings(Vec<String>),
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("encryption cannot be set up: {0}")]
    Tls(String),
}

/// Words and a transport: what turns a letter into mail.
pub struct Mailer {
    from: Mailbox,
    /// Where people reach Classo.
    site: String,
    transport: Box<dyn Transport>,
    /// Whether letters stay in the data folder.
    pub is_local: bool,
}

impl Mailer {
    /// # Errors
    /// What of the settings cannot work, or a file of theirs that cannot be read.
    pub fn new(settings: &Settings, site: &str, outbox: &Path) -> Result<Self, MailError> {
        let problems = settings.problems();
        if !problems.is_empty() {
            return Err(MailError::Settings(problems));
        }
        let from = settings
            .from
            .parse()
            .map_err(|error| MailError::Settings(vec![format!("from: {error}")]))?;
        let transport: Box<dyn Transport> = match settings.transport {
            TransportKind::File => Box::new(FileTransport::new(outbox)),
            TransportKind::Smtp => Box::new(SmtpTransport::new(settings)?),
        };
        Ok(Mailer {
            from,
            site: site.to_owned(),
            transport,
            is_local: settings.transport == TransportKind::File,
        })
    }

    /// Delivers a letter. `owner` names whose it is, by a number that says nothing: a file is found by it when the account
    /// goes.
    ///
    /// # Errors
    /// Whether it is worth trying again.
    pub fn deliver(&self, owner: &str, outgoing: &OutgoingLetter) -> Result<(), DeliveryError> {
        let post = message::post(&self.from, &self.site, owner, outgoing)?;
        self.transport.send(&post)
    }
}

/// An address that mail can go to. A domain with accents goes by its other name, in ASCII.
fn address(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    let domain = idna::domain_to_ascii(domain).ok()?;
    Address::new(user, domain).ok()
}
