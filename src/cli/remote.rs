//! Commands through a running server.

use std::io::BufRead;

use anyhow::{Context, bail};
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::WrongUse;
use super::import::add;
use crate::config::Token;
use crate::domain::resource::ResourceId;
use crate::http::api::admin::{ImportResponse, RemovalResponse};
use crate::interchange::jsonl::{Line, Lines};
use crate::interchange::report::{ImportReport, Reject};
use crate::services::catalogue::ImportListener;

/// A server, and the token that opens its admin doors.
pub struct Remote {
    client: Client,
    base: String,
    token: Option<Token>,
}

/// Lines of one request: progress shows, an interrupted import has lost one part, and every reject fits in the answer.
const PART_LINES: usize = 5_000;
const PART_BYTES: usize = 8 * 1024 * 1024;

impl Remote {
    pub fn new(url: &str, token: Option<&Token>) -> anyhow::Result<Self> {
        if reqwest::Url::parse(url).is_err() {
            bail!(WrongUse(format!(
                "{url:?} is not an address; --server takes one like http://127.0.0.1:8080"
            )));
        }
        // A part of an import is answered when it is findable, which may take a while.
        let client = Client::builder()
            .timeout(std::time::Duration::from_secs(300))
            .build()
            .context("no HTTP client can be made")?;
        Ok(Remote {
            client,
            base: url.trim_end_matches('/').to_owned(),
            token: token.cloned(),
        })
    }

    /// Sends records in parts; the lines in reports are those of the whole source.
    pub fn import(
        &self,
        source: impl BufRead,
        name: &str,
        dry_run: bool,
        listener: &mut dyn ImportListener,
    ) -> anyhow::Result<ImportReport> {
        let mut lines = Lines::new(source);
        let mut total = ImportReport::default();
        let mut bytes = 0;
        loop {
            let mut part = Part::read(&mut lines)
                .with_context(|| format!("{name}: the file cannot be read"))?;
            for (line, reason) in part.refused.drain(..) {
                total.rejected += 1;
                listener.rejected(Reject {
                    file: name.to_owned(),
                    line,
                    reason,
                })?;
            }
            if part.numbers.is_empty() && part.is_end {
                return Ok(total);
            }
            bytes += part.body.len() as u64;
            let request = self.client.post(self.url("/admin/import"));
            let request = request
                .query(&[
                    ("dry_run", if dry_run { "true" } else { "false" }),
                    ("name", name),
                ])
                .body(part.body);
            let answer: ImportResponse = self.send(request).with_context(|| {
                format!("{name}: the import stopped; importing again goes on from there")
            })?;
            for reject in answer.rejects {
                let line = part
                    .numbers
                    .get(reject.line as usize - 1)
                    .copied()
                    .unwrap_or(reject.line);
                listener.rejected(Reject {
                    file: name.to_owned(),
                    line,
                    reason: reject.reason,
                })?;
            }
            add(&mut total, answer.report);
            listener.progress(&total, bytes);
        }
    }

    pub fn remove(&self, id: &ResourceId) -> anyhow::Result<RemovalResponse> {
        let id =
            percent_encoding::utf8_percent_encode(id.as_str(), percent_encoding::NON_ALPHANUMERIC);
        self.send(
            self.client
                .delete(self.url(&format!("/admin/resources/{id}"))),
        )
    }

    pub fn search(&self, question: &Value) -> anyhow::Result<Value> {
        self.send(self.client.post(self.url("/search")).json(question))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(&token.0),
            None => request,
        };
        let response = request
            .send()
            .with_context(|| format!("the server {} does not answer", self.base))?;
        if !response.status().is_success() {
            bail!("{}", complaint(response, self.token.is_some()));
        }
        response.json().with_context(|| {
            format!(
                "the server {} answered something else than Classo does",
                self.base
            )
        })
    }
}

fn complaint(response: Response, has_token: bool) -> String {
    let status = response.status();
    let detail = response
        .json::<Value>()
        .ok()
        .and_then(|problem| problem["detail"].as_str().map(str::to_owned));
    let detail = detail.unwrap_or_else(|| status.to_string());
    match status {
        StatusCode::UNAUTHORIZED if !has_token => "the server wants a token: make one with `classo operator token` and put it into CLASSO_TOKEN".into(),
        _ => format!("the server refuses: {detail}"),
    }
}

/// Lines for one request, with the numbers they have in the source.
struct Part {
    body: Vec<u8>,
    numbers: Vec<u64>,
    refused: Vec<(u64, String)>,
    is_end: bool,
}

impl Part {
    fn read(lines: &mut Lines<impl BufRead>) -> std::io::Result<Part> {
        let mut part = Part {
            body: Vec::new(),
            numbers: Vec::new(),
            refused: Vec::new(),
            is_end: false,
        };
        while part.numbers.len() < PART_LINES && part.body.len() < PART_BYTES {
            match lines.next_line()? {
                Some(Line {
                    number,
                    content: Ok(content),
                }) => {
                    part.body.extend(content);
                    part.body.push(b'\n');
                    part.numbers.push(number);
                }
                Some(Line {
                    number,
                    content: Err(reason),
                }) => part.refused.push((number, reason)),
                None => {
                    part.is_end = true;
                    break;
                }
            }
        }
        Ok(part)
    }
}
