//! An account: signing up, confirming, passwords, the address, the second factor, the copy, the end.
//!
//! What visitors are answered does not tell whether an address has an account; the letter that follows does.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::account::EmailAddress;
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::password::Password;
use crate::domain::problem::Problem;
use crate::http::attempts::Attempt;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::{PRIVATE, Person};
use crate::http::{Server, cookie};
use crate::query::params::{RawParams, Reader};
use crate::services::ServiceError;
use crate::services::accounts::sign_up::SignUp;

/// What comes next.
#[derive(Serialize, ToSchema)]
pub struct MailedResponse {
    /// Always `mailed`: what the address is to us, only its owner reads.
    status: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct EnrolmentResponse {
    /// For an authenticator, as people type it; shown this once.
    secret: String,
    /// The same as an address, for a picture.
    uri: String,
}

#[derive(Serialize, ToSchema)]
pub struct RecoveryResponse {
    /// Each opens the account once without the authenticator; shown this once.
    recovery_codes: Vec<String>,
}

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

    /// A text that must be there.
    pub fn required(&mut self, name: &str) -> String {
        let before = self.0.problem_count();
        match self.0.text(name) {
            Some(text) => text,
            None => {
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

fn mailed() -> (StatusCode, Json<MailedResponse>) {
    (
        StatusCode::ACCEPTED,
        Json(MailedResponse { status: "mailed" }),
    )
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

/// Signs up. A letter with a link to confirm goes to the address; it is the same answer when there is an account already.
/// Accounts are for people of sixteen or older: `of_age` says so.
#[utoipa::path(post, path = "/accounts", tag = "people",
    request_body(content = Object, description = "`email`, `password`, `of_age` (true: sixteen or older), `lang`",
        example = json!({"email": "marie@exemple.ca", "password": "tramway orange du matin", "of_age": true, "lang": "fr"})),
    responses((status = ACCEPTED, body = MailedResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = TOO_MANY_REQUESTS, description = "wait as long as `Retry-After` says")))]
pub async fn sign_up(
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<impl IntoResponse> {
    let mut fields = Fields::new(body, &server);
    let (email, language) = (fields.email(), fields.language());
    let typed = fields.required("password");
    let chosen = Password::chosen(typed, email.as_ref().map_or("", EmailAddress::as_str));
    let password = chosen.map_err(|problem| fields.note(problem)).ok();
    let is_of_age = fields.reader().flag("of_age").unwrap_or(false);
    fields.finish()?;
    let sign_up = SignUp {
        email: checked(email)?,
        password: checked(password)?,
        language,
        is_of_age,
    };
    server
        .attempts
        .count(Attempt::Letter, caller, &sign_up.email.folded())?;
    let at = Arc::clone(&server);
    server
        .bridge
        .hash(move || at.app.people.accounts.sign_up(&Actor::Visitor, sign_up))
        .await??;
    Ok(mailed())
}

/// Follows the link of a letter: confirms an account, or its new address. Whoever signed up may not be the one who reads the
/// letter: a `password` that the reader typed takes the place of that of the sign-up.
#[utoipa::path(post, path = "/accounts/confirm", tag = "people",
    request_body(content = Object, description = "`token`, from the letter; to open an account also `password`, as its holder typed it"),
    responses((status = NO_CONTENT), (status = BAD_REQUEST, description = "`token_not_good`: wrong, old or used")))]
pub async fn confirm(
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<StatusCode> {
    let mut fields = Fields::new(body, &server);
    let (token, password) = (fields.required("token"), fields.reader().text("password"));
    fields.finish()?;
    server.attempts.count(Attempt::Code, caller, &token)?;
    let at = Arc::clone(&server);
    match password {
        None => {
            let confirm = move || at.app.people.accounts.confirm(&Actor::Visitor, &token);
            server.bridge.ask(confirm).await??;
        }
        Some(password) => {
            let confirm = move || {
                let accounts = &at.app.people.accounts;
                accounts.confirm_account(&Actor::Visitor, &token, password)
            };
            server.bridge.hash(confirm).await??;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for a letter with a link to a new password.
#[utoipa::path(post, path = "/accounts/reset", tag = "people", request_body(content = Object, description = "`email`"),
    responses((status = ACCEPTED, body = MailedResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = TOO_MANY_REQUESTS, description = "wait as long as `Retry-After` says")))]
pub async fn ask_for_reset(
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<impl IntoResponse> {
    let mut fields = Fields::new(body, &server);
    let email = fields.email();
    fields.finish()?;
    let email = checked(email)?;
    server
        .attempts
        .count(Attempt::Letter, caller, &email.folded())?;
    let at = Arc::clone(&server);
    let asked = server.bridge.ask(move || {
        let accounts = &at.app.people.accounts;
        accounts.ask_for_reset(&Actor::Visitor, &email)
    });
    evenly(asked).await??;
    Ok(mailed())
}

/// Sets a new password with the link of a letter. Every session ends.
#[utoipa::path(put, path = "/accounts/reset", tag = "people", request_body(content = Object, description = "`token`, from the letter, and `password`"),
    responses((status = NO_CONTENT), (status = BAD_REQUEST, description = "`token_not_good`, or what is wrong with the password")))]
pub async fn reset(
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<StatusCode> {
    let mut fields = Fields::new(body, &server);
    let (token, password) = (fields.required("token"), fields.required("password"));
    fields.finish()?;
    server.attempts.count(Attempt::Code, caller, &token)?;
    let at = Arc::clone(&server);
    server
        .bridge
        .hash(move || {
            at.app
                .people
                .accounts
                .reset(&Actor::Visitor, &token, password)
        })
        .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password. Every session ends, this one too.
#[utoipa::path(put, path = "/account/password", tag = "people", security(("person" = [])),
    request_body(content = Object, description = "`current` and `password`, the new one"),
    responses((status = NO_CONTENT), (status = BAD_REQUEST, description = "what is wrong with the password"), (status = UNAUTHORIZED, description = "nobody is signed in, or it is not the password")))]
pub async fn change_password(
    Person(asker): Person,
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<StatusCode> {
    let mut fields = Fields::new(body, &server);
    let (current, new) = (fields.password("current"), fields.required("password"));
    fields.finish()?;
    let current = checked(current)?;
    count_password(&server, caller, &asker.actor)?;
    let at = Arc::clone(&server);
    server
        .bridge
        .hash(move || {
            at.app
                .people
                .accounts
                .change_password(&asker.actor, &current, new)
        })
        .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the address, once a letter to the new one is answered with `POST /accounts/confirm`.
#[utoipa::path(put, path = "/account/email", tag = "people", security(("person" = [])),
    request_body(content = Object, description = "`email`, the new one, and `password`"),
    responses((status = ACCEPTED, body = MailedResponse), (status = UNAUTHORIZED, description = "nobody is signed in, or it is not the password")))]
pub async fn change_email(
    Person(asker): Person,
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<impl IntoResponse> {
    let mut fields = Fields::new(body, &server);
    let (email, password) = (fields.email(), fields.password("password"));
    fields.finish()?;
    let (email, password) = (checked(email)?, checked(password)?);
    count_password(&server, caller, &asker.actor)?;
    server
        .attempts
        .count(Attempt::Letter, caller, &email.folded())?;
    let at = Arc::clone(&server);
    server
        .bridge
        .hash(move || {
            at.app
                .people
                .accounts
                .change_email(&asker.actor, &password, email)
        })
        .await??;
    Ok(mailed())
}

/// Begins a second factor: what an authenticator is set up with. It counts once a code was right.
#[utoipa::path(post, path = "/account/totp", tag = "people", security(("person" = [])), request_body(content = Object, description = "`password`"),
    responses((status = OK, body = EnrolmentResponse), (status = CONFLICT, description = "one is on already"), (status = UNAUTHORIZED, description = "nobody is signed in, or it is not the password")))]
pub async fn begin_totp(
    Person(asker): Person,
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let mut fields = Fields::new(body, &server);
    let password = fields.password("password");
    fields.finish()?;
    let password = checked(password)?;
    count_password(&server, caller, &asker.actor)?;
    let at = Arc::clone(&server);
    let begun = server.bridge.hash(move || {
        at.app
            .people
            .accounts
            .begin_second_factor(&asker.actor, &password)
    });
    let begun = begun.await??;
    Ok(private(Json(EnrolmentResponse {
        secret: begun.secret,
        uri: begun.uri,
    })))
}

/// Turns the second factor on with a first code. Every session ends; the next is opened with both factors.
#[utoipa::path(post, path = "/account/totp/confirm", tag = "people", security(("person" = [])), request_body(content = Object, description = "`code`, of the authenticator"),
    responses((status = OK, body = RecoveryResponse), (status = UNAUTHORIZED, description = "nobody is signed in, or the code is not right"), (status = CONFLICT, description = "none is being set up")))]
pub async fn confirm_totp(
    Person(asker): Person,
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let mut fields = Fields::new(body, &server);
    let code = fields.required("code");
    fields.finish()?;
    count(&server, Attempt::Code, caller, &asker.actor)?;
    let at = Arc::clone(&server);
    let confirmed = server.bridge.ask(move || {
        at.app
            .people
            .accounts
            .confirm_second_factor(&asker.actor, &code)
    });
    let recovery_codes = confirmed.await??;
    Ok(private(Json(RecoveryResponse { recovery_codes })))
}

/// Turns the second factor off.
#[utoipa::path(delete, path = "/account/totp", tag = "people", security(("person" = [])), request_body(content = Object, description = "`password` and `code`"),
    responses((status = NO_CONTENT), (status = UNAUTHORIZED, description = "nobody is signed in, or one of them is not right")))]
pub async fn end_totp(
    Person(asker): Person,
    caller: Caller,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<StatusCode> {
    let mut fields = Fields::new(body, &server);
    let (password, code) = (fields.password("password"), fields.required("code"));
    fields.finish()?;
    let password = checked(password)?;
    count_password(&server, caller, &asker.actor)?;
    count(&server, Attempt::Code, caller, &asker.actor)?;
    let at = Arc::clone(&server);
    server
        .bridge
        .hash(move || {
            at.app
                .people
                .accounts
                .end_second_factor(&asker.actor, &password, &code)
        })
        .await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Everything that is kept about the person who asks, by the categories of the register. What would let somebody sign in is
/// named and not told.
#[utoipa::path(get, path = "/account/export", tag = "people", security(("person" = [])),
    responses((status = OK, body = Object), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn export(
    Person(asker): Person,
    State(server): State<Arc<Server>>,
) -> ApiResult<Response> {
    let at = Arc::clone(&server);
    let export = server
        .bridge
        .ask(move || at.app.people.accounts.export(&asker.actor))
        .await??;
    let file = (
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"classo.json\"",
    );
    Ok(private(([file], Json(export))))
}

/// Deletes the account, at once and for good; answers what was erased, and what is kept as proof and until when.
#[utoipa::path(delete, path = "/account", tag = "people", security(("person" = [])),
    responses((status = OK, body = Object), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn close(
    Person(asker): Person,
    headers: axum::http::HeaderMap,
    State(server): State<Arc<Server>>,
) -> ApiResult<Response> {
    let at = Arc::clone(&server);
    let receipt = server
        .bridge
        .ask(move || {
            let (receipt, farewell) = at.app.people.accounts.close(&asker.actor)?;
            if let Some(outbox) = &at.app.people.outbox {
                outbox.farewell(farewell);
            }
            Ok::<_, ServiceError>(receipt)
        })
        .await??;
    let is_secure = cookie::is_secure(&headers, server.settings.public_url.as_deref());
    Ok(private((
        [(header::SET_COOKIE, cookie::clear(is_secure))],
        Json(receipt),
    )))
}

fn count_password(server: &Server, caller: Caller, actor: &Actor) -> ApiResult<()> {
    count(server, Attempt::Password, caller, actor)
}

fn count(server: &Server, attempt: Attempt, caller: Caller, actor: &Actor) -> ApiResult<()> {
    let account = actor.person().map(|person| person.to_string());
    server
        .attempts
        .count(attempt, caller, &account.unwrap_or_default())
}
