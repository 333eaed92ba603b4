//! Signing in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::people::{self, Fields, checked, private};
use crate::app::People;
use crate::domain::actor::Actor;
use crate::http::attempts::Attempt;
use crate::http::body::JsonBody;
use crate::http::caller::Caller;
use crate::http::error::ApiResult;
use crate::http::identity::Person;
use crate::http::{Server, cookie};
use crate::services::accounts::sign_in::SESSION_DAYS;

#[derive(Serialize, ToSchema)]
pub struct SessionResponse {
    #[schema(value_type = String)]
    expires_at: Timestamp,
    /// Only with `"token": true`: to be sent as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Signs in: sets the cookie `classo_session`, or answers a token with `"token": true`. With a second factor, `code` is a code
/// of the authenticator or a recovery code.
#[utoipa::path(post, path = "/session", tag = "people",
    request_body(content = Object, description = "`email`, `password`, `code`, `token`", example = json!({"email": "marie@exemple.ca", "password": "tramway orange du matin"})),
    responses((status = OK, body = SessionResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "`wrong_credentials`, `second_factor_needed` or `wrong_code`"),
        (status = TOO_MANY_REQUESTS, description = "wait as long as `Retry-After` says")))]
pub async fn sign_in(
    caller: Caller,
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let mut fields = Fields::new(body, &server);
    let (email, password) = (fields.email(), fields.password("password"));
    let code = fields.reader().text("code");
    let wants_token = fields.reader().flag("token").unwrap_or(false);
    fields.finish()?;
    let (email, password) = (checked(email)?, checked(password)?);
    server
        .attempts
        .count(Attempt::Password, caller, &email.folded())?;
    let at = Arc::clone(&server);
    let opened = server.bridge.hash(move || -> ApiResult<_> {
        let accounts = &at.app.people.accounts;
        let recognised = accounts.recognise(&Actor::Visitor, &email, &password)?;
        // Codes are few: who does not know the password uses none of them up, and locks nobody out.
        if recognised.needs_code() && code.is_some() {
            at.attempts.count(Attempt::Code, caller, &email.folded())?;
        }
        Ok(accounts.open_session(recognised, code.as_deref())?)
    });
    let opened = opened.await??;
    let response = |token| {
        Json(SessionResponse {
            expires_at: opened.expires_at,
            token,
        })
    };
    if wants_token {
        return Ok(private(response(Some(opened.token))));
    }
    let lifetime = Duration::from_secs(SESSION_DAYS as u64 * 24 * 3_600);
    let is_secure = cookie::is_secure(&headers, server.settings.public_url.as_deref());
    let cookie = cookie::set(&opened.token, lifetime, is_secure);
    Ok(private(([(header::SET_COOKIE, cookie)], response(None))))
}

/// Ends this session.
#[utoipa::path(delete, path = "/session", tag = "people", security(("person" = [])),
    responses((status = NO_CONTENT), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn sign_out(
    Person(asker): Person,
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
) -> ApiResult<impl IntoResponse> {
    let end = move |people: &People| {
        let token = asker.token.as_deref().unwrap_or_default();
        people.accounts.sign_out(&asker.actor, token)
    };
    people::ask(&server, end).await?;
    Ok(without_cookie(&server, &headers))
}

/// Ends every session of the person who asks, this one too.
#[utoipa::path(delete, path = "/sessions", tag = "people", security(("person" = [])),
    responses((status = NO_CONTENT), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn sign_out_everywhere(
    Person(asker): Person,
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
) -> ApiResult<impl IntoResponse> {
    let end = move |people: &People| people.accounts.sign_out_everywhere(&asker.actor);
    people::ask(&server, end).await?;
    Ok(without_cookie(&server, &headers))
}

fn without_cookie(server: &Server, headers: &HeaderMap) -> impl IntoResponse + use<> {
    let is_secure = cookie::is_secure(headers, server.settings.public_url.as_deref());
    (
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie::clear(is_secure))],
    )
}
