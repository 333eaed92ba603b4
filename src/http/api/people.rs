//! What the doors about persons share: the fields of a body, asking the core, answers that no cache keeps.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::People;
use crate::domain::account::EmailAddress;
use crate::domain::language::Language;
use crate::domain::password::Password;
use crate::domain::problem::Problem;
use crate::http::Server;
use crate::http::attempts::Attempt;
use crate::http::caller::Caller;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::{Identity, PRIVATE};
use crate::query::params::{RawParams, Reader};
use crate::services::ServiceError;

/// Fields of a body that are about a person. Passwords are taken as they are.
pub struct Fields<'a>(Reader<'a>);

impl<'a> Fields<'a> {
    pub fn new(body: Value, server: &'a Server) -> Self {
        Fields::of(RawParams::from_json(body), server)
    }

    /// Those of a page's form.
    pub fn of(raw: RawParams, server: &'a Server) -> Self {
        Fields(Reader::new(raw, &server.app.schema.vocabularies))
    }

    pub fn reader(&mut self) -> &mut Reader<'a> {
        &mut self.0
    }

    /// A text that must be there, and say something.
    pub fn required(&mut self, name: &str) -> String {
        let before = self.0.problem_count();
        match self.0.text(name) {
            Some(text) if !text.is_empty() => text,
            _ => {
                if self.0.problem_count() == before {
                    self.0
                        .problem(name, "missing", format!("{name} is missing"));
                }
                String::new()
            }
        }
    }

    pub fn email(&mut self) -> Option<EmailAddress> {
        let typed = self.required("email");
        if typed.is_empty() {
            return None;
        }
        let parsed = EmailAddress::parse(&typed);
        parsed.map_err(|problem| self.note(problem)).ok()
    }

    /// A password that is compared.
    pub fn password(&mut self, name: &str) -> Option<Password> {
        let typed = self.required(name);
        let presented = Password::presented(typed);
        presented.map_err(|problem| self.note(problem)).ok()
    }

    pub fn language(&mut self) -> Language {
        match self.0.text("lang").as_deref() {
            None => Language::default(),
            Some(tag) => Language::from_tag(tag).unwrap_or_else(|| {
                self.0.problem("lang", "unknown_value", "this is fr or en");
                Language::default()
            }),
        }
    }

    pub fn note(
        &mut self,
        Problem {
            field,
            code,
            detail,
        }: Problem,
    ) {
        self.0.problem(&field, code, detail);
    }

    pub fn finish(self) -> ApiResult<()> {
        self.0.finish().map_err(ApiError::Invalid)
    }
}

/// What a check should have refused before.
pub fn checked<T>(value: Option<T>) -> ApiResult<T> {
    value.ok_or_else(|| ApiError::Internal("a field that was checked is missing".into()))
}

/// Asks what is kept about persons, over the bridge.
pub async fn ask<T: Send + 'static>(
    server: &Arc<Server>,
    work: impl FnOnce(&People) -> Result<T, ServiceError> + Send + 'static,
) -> ApiResult<T> {
    let at = Arc::clone(server);
    Ok(server.bridge.ask(move || work(&at.app.people)).await??)
}

/// The same for what waits for a password's hash.
pub async fn hash<T: Send + 'static>(
    server: &Arc<Server>,
    work: impl FnOnce(&People) -> Result<T, ServiceError> + Send + 'static,
) -> ApiResult<T> {
    let at = Arc::clone(server);
    Ok(server.bridge.hash(move || work(&at.app.people)).await??)
}

/// Counts an attempt that the person who asks makes about the own account.
pub fn count(server: &Server, attempt: Attempt, caller: Caller, asker: &Identity) -> ApiResult<()> {
    let account = asker.actor.person().map(|person| person.to_string());
    let account = account.unwrap_or_default();
    server.attempts.count(attempt, caller, &account)
}

/// How long it takes at least to ask for a letter. A letter for somebody who is there is written and on its way in less.
const EVEN: Duration = Duration::from_millis(50);

/// Answers no sooner than after a fixed time: the time of the work tells nothing about who is there.
pub async fn evenly<T>(work: impl Future<Output = T>) -> T {
    let (answer, ()) = tokio::join!(work, tokio::time::sleep(EVEN));
    answer
}

/// An answer that no cache keeps.
pub fn private(answer: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, PRIVATE)], answer).into_response()
}
