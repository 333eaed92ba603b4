//! An account: signing up, confirming, passwords, the address, the second factor, the copy, the end.
//!
//! What visitors are answered does not tell whether an address has an account; the letter that follows does.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::people::{self, Fields, checked, evenly, private};
use crate::app::People;
use crate::domain::account::EmailAddress;
use crate::domain::actor::Actor;
use crate::domain::password::Password;
use crate::http::attempts::Attempt;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::error::ApiResult;
use crate::http::identity::Person;
use crate::http::{Server, cookie};
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

fn mailed() -> (StatusCode, Json<MailedResponse>) {
    (
        StatusCode::ACCEPTED,
        Json(MailedResponse { status: "mailed" }),
    )
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
    let sign_up = move |people: &People| people.accounts.sign_up(&Actor::Visitor, sign_up);
    people::hash(&server, sign_up).await?;
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
    match password {
        None => {
            let confirm = move |people: &People| people.accounts.confirm(&Actor::Visitor, &token);
            people::ask(&server, confirm).await?;
        }
        Some(password) => {
            let confirm = move |people: &People| {
                let accounts = &people.accounts;
                accounts.confirm_account(&Actor::Visitor, &token, password)
            };
            people::hash(&server, confirm).await?;
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
    let ask = move |people: &People| people.accounts.ask_for_reset(&Actor::Visitor, &email);
    evenly(people::ask(&server, ask)).await?;
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
    let reset = move |people: &People| people.accounts.reset(&Actor::Visitor, &token, password);
    people::hash(&server, reset).await?;
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
    people::count(&server, Attempt::Password, caller, &asker)?;
    let change = move |people: &People| {
        let accounts = &people.accounts;
        accounts.change_password(&asker.actor, &current, new)
    };
    people::hash(&server, change).await?;
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
    people::count(&server, Attempt::Password, caller, &asker)?;
    server
        .attempts
        .count(Attempt::Letter, caller, &email.folded())?;
    let change = move |people: &People| {
        let accounts = &people.accounts;
        accounts.change_email(&asker.actor, &password, email)
    };
    people::hash(&server, change).await?;
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
    people::count(&server, Attempt::Password, caller, &asker)?;
    let begin = move |people: &People| {
        let accounts = &people.accounts;
        accounts.begin_second_factor(&asker.actor, &password)
    };
    let begun = people::hash(&server, begin).await?;
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
    people::count(&server, Attempt::Code, caller, &asker)?;
    let confirm = move |people: &People| {
        let accounts = &people.accounts;
        accounts.confirm_second_factor(&asker.actor, &code)
    };
    let recovery_codes = people::ask(&server, confirm).await?;
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
    people::count(&server, Attempt::Password, caller, &asker)?;
    people::count(&server, Attempt::Code, caller, &asker)?;
    let end = move |people: &People| {
        let accounts = &people.accounts;
        accounts.end_second_factor(&asker.actor, &password, &code)
    };
    people::hash(&server, end).await?;
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
    let export = people::ask(&server, move |people| people.accounts.export(&asker.actor)).await?;
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
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
) -> ApiResult<Response> {
    let close = move |people: &People| {
        let (receipt, farewell) = people.accounts.close(&asker.actor)?;
        if let Some(outbox) = &people.outbox {
            outbox.farewell(farewell);
        }
        Ok(receipt)
    };
    let receipt = people::ask(&server, close).await?;
    let is_secure = cookie::is_secure(&headers, server.settings.public_url.as_deref());
    Ok(private((
        [(header::SET_COOKIE, cookie::clear(is_secure))],
        Json(receipt),
    )))
}
