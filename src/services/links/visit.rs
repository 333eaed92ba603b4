//! One visit to an address: HEAD, and GET where that tells nothing; redirects step by step, each checked.

use std::error::Error;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use reqwest::blocking::{Client, Response};
use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::{Method, Url, redirect};

use super::guard::{Guard, REFUSAL};
use super::robots::{MOST_BYTES, Robots};
use crate::domain::link::Finding;

/// Redirects that are followed.
const MOST_STEPS: usize = 5;

/// What a visit came to.
#[derive(Debug)]
pub enum Visit {
    Found(Finding),
    /// The site asks to come back later.
    TooSoon {
        after: Option<Duration>,
    },
}

/// Who waits for a site's turn, and knows its rules.
pub trait Manners {
    /// Waits until a site may be asked again, asks it, and notes that it was.
    fn ask<T>(&self, url: &Url, ask: impl FnOnce() -> T) -> T;

    /// Whether the site lets us visit the address.
    fn allow(&self, visitor: &Visitor, url: &Url) -> bool;
}

/// Visits addresses, one at a time.
pub struct Visitor {
    client: Client,
    guard: Guard,
}

impl Visitor {
    /// A visitor that says who it is.
    ///
    /// # Errors
    /// When this machine has no certificates to trust.
    pub fn new(agent: &str, guard: Guard, patience: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(agent)
            .timeout(patience)
            .connect_timeout(patience / 2)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(guard))
            .build()?;
        Ok(Visitor { client, guard })
    }

    /// What there is at an address now.
    pub fn visit(&self, address: &str, manners: &impl Manners) -> Visit {
        let Ok(mut url) = Url::parse(address) else {
            return fails(None, "it cannot be read as an address");
        };
        let (mut status_of_move, mut for_good) = (None, true);
        for _ in 0..=MOST_STEPS {
            if let Err(reason) = self.guard.check(&url) {
                return unclear(None, reason);
            }
            if !manners.allow(self, &url) {
                return unclear(None, "its robots.txt asks programs to stay away");
            }
            let response = match self.ask(&url, manners) {
                Ok(response) => response,
                Err(error) if is_refusal(&error) => return unclear(None, REFUSAL),
                Err(error) => return fails(None, reason(&error)),
            };
            let status = response.status();
            let code = status.as_u16();
            if is_redirect(code) {
                let Some(next) = next_step(&url, &response) else {
                    return fails(Some(code), "it redirects to nowhere");
                };
                for_good &= matches!(code, 301 | 308);
                status_of_move.get_or_insert(code);
                url = next;
                continue;
            }
            return match code {
                429 | 503 => Visit::TooSoon {
                    after: retry_after(&response),
                },
                200..300 => Visit::Found(match status_of_move.filter(|_| for_good) {
                    Some(status) => Finding::Moved {
                        status,
                        to: url.to_string(),
                    },
                    None => Finding::Answers { status: code },
                }),
                // The page is there, but not for everybody, or not for programs.
                401 | 402 | 403 | 405 | 406 | 407 | 451 => {
                    unclear(Some(code), format!("it answers {code}"))
                }
                _ => fails(Some(code), format!("it answers {code}")),
            };
        }
        fails(status_of_move, "it redirects without end")
    }

    /// HEAD; when that is refused, or there is nothing at it, GET decides: many servers know HEAD badly.
    fn ask(&self, url: &Url, manners: &impl Manners) -> reqwest::Result<Response> {
        let send = |method| {
            let request = self.client.request(method, url.clone());
            manners.ask(url, || request.header("accept", "*/*").send())
        };
        let head = send(Method::HEAD);
        match head {
            Ok(response) if matches!(response.status().as_u16(), 200..400 | 429 | 503) => {
                Ok(response)
            }
            Err(error) if error.is_connect() || error.is_timeout() => Err(error),
            _ => send(Method::GET),
        }
    }

    /// The rules of a site. Where there is no such file everything is allowed; a site that fails to say allows nothing.
    pub fn robots(&self, url: &Url, manners: &impl Manners) -> Robots {
        let Ok(mut file) = url.join("/robots.txt") else {
            return Robots::default();
        };
        let mut asked = manners.ask(url, || self.client.get(file.clone()).send());
        for _ in 0..MOST_STEPS {
            let next = asked
                .as_ref()
                .ok()
                .and_then(|response| next_step(&file, response));
            let Some(next) = next.filter(|next| self.guard.check(next).is_ok()) else {
                break;
            };
            file = next;
            asked = manners.ask(&file, || self.client.get(file.clone()).send());
        }
        match asked {
            Ok(response) if response.status().is_success() => {
                let mut text = Vec::new();
                // What arrived before the site broke off is what it said.
                let _ = response.take(MOST_BYTES as u64).read_to_end(&mut text);
                Robots::parse(&String::from_utf8_lossy(&text))
            }
            Ok(response)
                if response.status().is_server_error() || response.status().as_u16() == 429 =>
            {
                Robots::closed()
            }
            // Nobody answers: the visit itself will tell.
            _ => Robots::default(),
        }
    }
}

fn fails(status: Option<u16>, reason: impl Into<String>) -> Visit {
    Visit::Found(Finding::Fails {
        status,
        reason: reason.into(),
    })
}

fn unclear(status: Option<u16>, reason: impl Into<String>) -> Visit {
    Visit::Found(Finding::Unclear {
        status,
        reason: reason.into(),
    })
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where an answer sends on to.
fn next_step(from: &Url, response: &Response) -> Option<Url> {
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = from.join(to).ok()?;
    is_redirect(response.status().as_u16()).then_some(next)
}

/// Seconds; a date is too much to believe of a server that has no time.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

fn is_refusal(error: &reqwest::Error) -> bool {
    causes(error).any(|cause| cause.to_string().contains(REFUSAL))
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "it does not answer in time".into();
    }
    let last = causes(error).last().map(|cause| cause.to_string());
    let last = last.unwrap_or_else(|| error.to_string());
    last.chars().take(200).collect()
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    fn next<'a>(cause: &&'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        (*cause).source()
    }
    std::iter::successors(error.source(), next)
}
