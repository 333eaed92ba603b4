//! Commands through a running server.

use std::io::Write;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use jiff::civil::Date;
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::WrongUse;
use super::guide::Form;
use crate::config::Token;
use crate::domain::resource::ResourceId;
use crate::domain::task::Task;
use crate::http::api::admin::{ImportResponse, RemovalResponse};
use crate::http::api::analytics::AnalyticsResponse;
use crate::http::api::duplicates::{DuplicatesResponse, MergeResponse};
use crate::http::api::generations::{RollbackResponse, StatsResponse};
use crate::http::api::tasks::TaskResponse;
use crate::interchange::export::ExportFormat;
use crate::interchange::record::{Place, Raw};
use crate::interchange::records::{Records, Shape};
use crate::interchange::report::ImportReport;
use crate::services::analytics::UsageReport;
use crate::services::catalogue::ImportListener;
use crate::services::duplicates::MergeReport;
use crate::services::reindex::RollbackReport;

/// A server, and the token that opens its admin doors.
pub struct Remote {
    client: Client,
    base: String,
    token: Option<Token>,
}

/// Lines of one request: progress shows, an interrupted import has lost one part, and every reject fits in the answer.
const PART_LINES: usize = 5_000;
const PART_BYTES: usize = 8 * 1024 * 1024;

/// A large catalogue over a slow line.
const LONGEST_STREAM: Duration = Duration::from_secs(24 * 3600);

impl Remote {
    pub fn new(url: &str, token: Option<&Token>) -> anyhow::Result<Self> {
        if reqwest::Url::parse(url).is_err() {
            bail!(WrongUse(format!(
                "{url:?} is not an address; --server takes one like http://127.0.0.1:8080"
            )));
        }
        // A part of an import is answered when it is findable, which may take a while.
        let client = Client::builder()
            .timeout(Duration::from_secs(300))
            .build()
            .context("no HTTP client can be made")?;
        Ok(Remote {
            client,
            base: url.trim_end_matches('/').to_owned(),
            token: token.cloned(),
        })
    }

    /// Sends records in parts, as `read` understands them; the lines in reports are those of the whole source.
    pub fn import(
        &self,
        mut records: Records,
        read: &dyn Fn(Raw, &Shape) -> Result<Value, String>,
        name: &str,
        dry_run: bool,
        listener: &mut dyn ImportListener,
    ) -> anyhow::Result<ImportReport> {
        let mut total = ImportReport::default();
        let mut bytes = 0;
        loop {
            let mut part = Part::read(&mut records, read)
                .with_context(|| format!("{name}: the file cannot be read"))?;
            for (place, reason) in part.refused.drain(..) {
                total.rejected += 1;
                listener.rejected(place.reject(name, reason))?;
            }
            if part.places.is_empty() && part.is_end {
                return Ok(total);
            }
            bytes += part.bytes;
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
                let place = part.places.get(reject.line as usize - 1).copied();
                let place = place.unwrap_or(Place::line(reject.line));
                listener.rejected(place.reject(name, reject.reason))?;
            }
            total.add(answer.report);
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

    /// Begins a rebuild of the server's index.
    pub fn reindex(&self, force: bool) -> anyhow::Result<Task> {
        let request = self.client.post(self.url("/admin/reindex"));
        let answer: TaskResponse = self.send(request.query(&[("force", force)]))?;
        Ok(answer.task)
    }

    pub fn task(&self, id: u64) -> anyhow::Result<Task> {
        let answer: TaskResponse =
            self.send(self.client.get(self.url(&format!("/admin/tasks/{id}"))))?;
        Ok(answer.task)
    }

    /// Groups of resources that look like one.
    pub fn duplicates(&self, limit: u32) -> anyhow::Result<DuplicatesResponse> {
        let request = self.client.get(self.url("/admin/duplicates"));
        self.send(request.query(&[("limit", limit)]))
    }

    pub fn merge(&self, kept: &ResourceId, old: &[ResourceId]) -> anyhow::Result<MergeReport> {
        let request = self.client.post(self.url("/admin/duplicates/merge"));
        let body = serde_json::json!({"keep": kept, "old": old});
        let answer: MergeResponse = self.send(request.json(&body))?;
        Ok(answer.report)
    }

    pub fn merge_certain(&self, dry_run: bool) -> anyhow::Result<MergeReport> {
        let request = self
            .client
            .post(self.url("/admin/duplicates/merge-certain"));
        let answer: MergeResponse = self.send(request.query(&[("dry_run", dry_run)]))?;
        Ok(answer.report)
    }

    /// Begins to visit the addresses of the server's catalogue.
    pub fn check_links(
        &self,
        older_than: u32,
        limit: Option<usize>,
        delay: u64,
        contact: Option<&str>,
    ) -> anyhow::Result<Task> {
        let request = self.client.post(self.url("/admin/links/check"));
        let request = request.query(&[("older_than", u64::from(older_than)), ("delay", delay)]);
        let request = request.query(&[("limit", limit)]);
        let answer: TaskResponse = self.send(request.query(&[("contact", contact)]))?;
        Ok(answer.task)
    }

    pub fn roll_back(&self) -> anyhow::Result<RollbackReport> {
        let answer: RollbackResponse = self.send(self.client.post(self.url("/admin/rollback")))?;
        Ok(answer.report)
    }

    pub fn stats(&self) -> anyhow::Result<StatsResponse> {
        self.send(self.client.get(self.url("/admin/stats")))
    }

    pub fn analytics(
        &self,
        from: Option<Date>,
        to: Option<Date>,
        limit: u32,
    ) -> anyhow::Result<UsageReport> {
        let request = self.client.get(self.url("/admin/analytics"));
        let request = request.query(&[("from", from), ("to", to)]);
        let answer: AnalyticsResponse = self.send(request.query(&[("limit", limit)]))?;
        Ok(answer.report)
    }

    /// Takes a backup of what changed after a number.
    pub fn backup(&self, since: u64, into: &mut impl Write) -> anyhow::Result<()> {
        let request = self.client.get(self.url("/admin/backup"));
        let request = request.query(&[("since", since)]);
        self.stream(request.timeout(LONGEST_STREAM), into)
    }

    /// Takes the catalogue in a format.
    pub fn export(&self, format: ExportFormat, into: &mut impl Write) -> anyhow::Result<()> {
        let format = format.to_possible_value();
        let format = format.expect("no format is hidden");
        let request = self.client.get(self.url("/admin/export"));
        let request = request.query(&[("format", format.get_name())]);
        self.stream(request.timeout(LONGEST_STREAM), into)
    }

    fn stream(&self, request: RequestBuilder, into: &mut impl Write) -> anyhow::Result<()> {
        let mut response = self.response(request)?;
        response
            .copy_to(into)
            .with_context(|| format!("the server {} broke off", self.base))?;
        Ok(())
    }

    pub fn guide(&self, need: &Value) -> anyhow::Result<Value> {
        self.send(self.client.post(self.url("/guidance")).json(need))
    }

    /// The decision that a need has come to, as a page or as data.
    pub fn dossier(&self, need: &Value, form: Form) -> anyhow::Result<String> {
        let accept = match form {
            Form::Page => "text/html",
            Form::Data => "application/json",
        };
        let request = self.client.post(self.url("/dossier")).json(need);
        let response = self.response(request.header("accept", accept))?;
        Ok(response.text()?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        self.response(request)?.json().with_context(|| {
            format!(
                "the server {} answered something else than Classo does",
                self.base
            )
        })
    }

    /// An answer of success; anything else is told as the server tells it.
    fn response(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(&token.0),
            None => request,
        };
        let response = request.send().map_err(|error| {
            let (base, cause) = (&self.base, innermost(&error));
            anyhow!("the server {base} does not answer: {cause}; is it running there?")
        })?;
        if !response.status().is_success() {
            bail!("{}", complaint(response, self.token.is_some()));
        }
        Ok(response)
    }
}

/// What lies behind an error: what is around it repeats the request.
fn innermost(error: &dyn std::error::Error) -> &dyn std::error::Error {
    std::iter::successors(Some(error), |error| error.source())
        .last()
        .unwrap_or(error)
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

/// Lines for one request, with the places their records have in the source.
#[derive(Default)]
struct Part {
    body: Vec<u8>,
    places: Vec<Place>,
    refused: Vec<(Place, String)>,
    /// What the source spent on it.
    bytes: u64,
    is_end: bool,
}

impl Part {
    fn read(
        records: &mut Records,
        read: &dyn Fn(Raw, &Shape) -> Result<Value, String>,
    ) -> std::io::Result<Part> {
        let shape = records.shape().clone();
        let mut part = Part::default();
        while part.places.len() < PART_LINES && part.body.len() < PART_BYTES {
            let Some(record) = records.next_record()? else {
                part.is_end = true;
                break;
            };
            part.bytes += record.bytes;
            match record.content.and_then(|raw| read(raw, &shape)) {
                Ok(value) => {
                    serde_json::to_writer(&mut part.body, &value)?;
                    part.body.push(b'\n');
                    part.places.push(record.place);
                }
                Err(reason) => part.refused.push((record.place, reason)),
            }
        }
        Ok(part)
    }
}
