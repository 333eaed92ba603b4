//! What people agree to, one purpose at a time. Visitors decide about cookies, and their browser keeps the answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::people::{self, Fields, checked, private};
use super::search::TextResponse;
use crate::app::People;
use crate::domain::consent::{
    ConsentEvent, ConsentHistory, ConsentMethod, ConsentState, Decision, Purpose,
};
use crate::domain::language::Language;
use crate::http::body::JsonBody;
use crate::http::choices;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::{Identity, Person};
use crate::http::{Server, cookie};
use crate::services::ServiceError;
use crate::services::consents::receipt::Receipt;
use crate::services::consents::{ConsentAnswer, ConsentStanding};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct ConsentsParams {
    /// The language of the notices: `fr` (default) or `en`.
    lang: Option<String>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct ReceiptParams {
    /// `iso` (default, ISO/IEC TS 27560) or `kantara` (Consent Receipt 1.1).
    format: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ConsentsResponse {
    /// `account`, or `browser` for visitors: then only what cookies are used for is asked.
    of: &'static str,
    /// Whether the browser sends Global Privacy Control, which refuses what sells or shares.
    privacy_signal: bool,
    purposes: Vec<PurposeResponse>,
    /// Every decision so far, oldest first; visitors have none here.
    history: Vec<EventResponse>,
}

#[derive(Serialize, ToSchema)]
struct PurposeResponse {
    purpose: &'static str,
    why: TextResponse,
    /// `unknown`, `given`, `refused`, `withdrawn`, `expired` or `invalidated`. Only `given` is used.
    #[schema(value_type = String)]
    state: ConsentState,
    /// Whether it is profiling.
    profiling: bool,
    /// Whether the person should be asked (again): nobody answered, the time is over, or this notice has changed.
    ask: bool,
    /// Refused by Global Privacy Control.
    by_signal: bool,
    notice_version: String,
    lang: &'static str,
    /// The notice to show.
    notice: String,
    /// What a withdrawal changes: to be said before it is given.
    withdrawal: Option<TextResponse>,
    #[schema(value_type = Option<String>)]
    decided_at: Option<Timestamp>,
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
    /// The last decision's id, for its receipt.
    id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct EventResponse {
    /// Nothing for a visitor's decision: the browser keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[schema(value_type = String)]
    at: Timestamp,
    purpose: &'static str,
    #[schema(value_type = String)]
    decision: Decision,
    notice_version: String,
    lang: &'static str,
    #[schema(value_type = String)]
    method: ConsentMethod,
    #[schema(value_type = Option<String>)]
    expires_at: Option<Timestamp>,
    /// What was shown.
    text: String,
}

/// How things stand with every purpose that is asked, with the notices to show.
#[utoipa::path(get, path = "/consents", tag = "people", params(ConsentsParams), responses((status = OK, body = ConsentsResponse)))]
pub async fn all(
    asker: Identity,
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let mut reader = server.reader(query);
    let lang = reader.text("lang");
    let language = lang
        .as_deref()
        .map_or(Some(Language::default()), Language::from_tag);
    if language.is_none() {
        reader.problem("lang", "unknown_value", "this is fr or en");
    }
    reader.finish().map_err(ApiError::Invalid)?;
    let (language, signal) = (language.unwrap_or_default(), has_signal(&headers));
    let choices = choices::read(&headers);
    let tell = move |people: &People| {
        let is_person = asker.is_person();
        let history = match is_person {
            true => people.consents.history(&asker.actor)?,
            false => choices,
        };
        let standing = people.consents.standing(&history, !is_person, signal);
        Ok(ConsentsResponse {
            of: if is_person { "account" } else { "browser" },
            privacy_signal: signal,
            purposes: standing
                .iter()
                .map(|standing| purpose(standing, is_person, language))
                .collect(),
            history: if is_person {
                events(&history)
            } else {
                Vec::new()
            },
        })
    };
    Ok(private(Json(people::ask(&server, tell).await?)))
}

/// Answers a notice: `grant`, `refuse` or `withdraw`, in force from the next request. A visitor's answer about cookies is kept
/// in the browser.
#[utoipa::path(post, path = "/consents", tag = "people",
    request_body(content = Object, description = "`purpose`, `decision`, `notice_version` (of the notice that was shown), `lang`",
        example = json!({"purpose": "ranking-profile", "decision": "grant", "notice_version": "2026-11-01", "lang": "fr"})),
    responses((status = CREATED, body = EventResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "it needs an account, and nobody is signed in"),
        (status = CONFLICT, description = "`notice_outdated`: another notice is in use; `privacy_signal`: the browser says no")))]
pub async fn answer(
    asker: Identity,
    headers: HeaderMap,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let answer = read(body, &asker, &headers, &server)?;
    if asker.is_person() {
        let answer = move |people: &People| people.consents.answer(&asker.actor, &answer);
        let (id, event) = people::ask(&server, answer).await?;
        return Ok((
            StatusCode::CREATED,
            private(Json(event_response(Some(id), &event))),
        )
            .into_response());
    }
    let consents = &server.app.people.consents;
    if !consents.register().purpose(answer.purpose).on_device {
        return Err(ServiceError::not_signed_in().into());
    }
    let event = consents.event(&answer)?;
    let is_secure = cookie::is_secure(&headers, server.settings.public_url.as_deref());
    let cookie = choices::with(&choices::read(&headers), &event, is_secure);
    let answered = (
        [(header::SET_COOKIE, cookie)],
        Json(event_response(None, &event)),
    );
    Ok((StatusCode::CREATED, private(answered)).into_response())
}

/// The receipt of a decision of the person who asks.
#[utoipa::path(get, path = "/consents/{id}/receipt", tag = "people", security(("person" = [])), params(("id" = String, Path), ReceiptParams),
    responses((status = OK, body = Object), (status = NOT_FOUND, description = "no decision of this person"), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn receipt(
    Person(asker): Person,
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let mut reader = server.reader(query);
    let format = reader.text("format").unwrap_or_else(|| "iso".into());
    if !matches!(format.as_str(), "iso" | "kantara") {
        reader.problem("format", "unknown_value", "this is iso or kantara");
    }
    reader.finish().map_err(ApiError::Invalid)?;
    let Ok(Path(id)) = id else {
        return Err(ApiError::NotFound("consent of yours with this id".into()));
    };
    let make = move |people: &People| {
        let consents = &people.consents;
        let event = consents.find(&asker.actor, &id)?;
        let person = asker
            .actor
            .person()
            .ok_or_else(ServiceError::not_signed_in)?;
        let receipt = Receipt {
            register: consents.register(),
            person,
            id: &id,
            event: &event,
        };
        Ok(match format.as_str() {
            "kantara" => receipt.kantara(),
            _ => receipt.iso(),
        })
    };
    Ok(private(Json(people::ask(&server, make).await?)))
}

fn read(
    body: serde_json::Value,
    asker: &Identity,
    headers: &HeaderMap,
    server: &Server,
) -> ApiResult<ConsentAnswer> {
    let mut fields = Fields::new(body, server);
    let (purpose, decision) = (fields.required("purpose"), fields.required("decision"));
    let language = fields.language();
    let (purpose, decision) = (
        known(&mut fields, "purpose", &purpose, Purpose::parse),
        known(&mut fields, "decision", &decision, Decision::parse),
    );
    // A withdrawal ends what was agreed to under whatever notice.
    let notice_version = match decision {
        Some(Decision::Withdraw) => fields.reader().text("notice_version").unwrap_or_default(),
        _ => fields.required("notice_version"),
    };
    fields.finish()?;
    Ok(ConsentAnswer {
        purpose: checked(purpose)?,
        decision: checked(decision)?,
        notice_version,
        language,
        method: asker.method,
        privacy_signal: has_signal(headers),
    })
}

fn known<T>(
    fields: &mut Fields,
    name: &str,
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let value = read(text);
    if value.is_none() && !text.is_empty() {
        let detail = match name {
            "purpose" => "this is a purpose; see /api/v1/vocabularies/purpose",
            _ => "this is grant, refuse or withdraw",
        };
        fields.reader().problem(name, "unknown_value", detail);
    }
    value
}

/// Global Privacy Control.
fn has_signal(headers: &HeaderMap) -> bool {
    headers.get("sec-gpc").is_some_and(|value| value == "1")
}

fn purpose(standing: &ConsentStanding, is_person: bool, language: Language) -> PurposeResponse {
    let entry = standing.entry;
    let event = standing.event.as_ref();
    PurposeResponse {
        purpose: entry.id.id(),
        why: entry.why.clone().into(),
        state: standing.state,
        profiling: entry.profiling,
        ask: standing.state.is_open(),
        by_signal: standing.by_signal,
        notice_version: standing.notice.version.clone(),
        lang: language.tag(),
        notice: standing.notice.text(language).to_owned(),
        withdrawal: entry.withdrawal.clone().map(Into::into),
        decided_at: event.map(|(_, event)| event.at),
        expires_at: event.and_then(|(_, event)| event.expires_at),
        id: event.filter(|_| is_person).map(|(id, _)| id.clone()),
    }
}

fn events(history: &ConsentHistory) -> Vec<EventResponse> {
    let events = history.events().iter();
    events
        .map(|(id, event)| event_response(Some(id.clone()), event))
        .collect()
}

fn event_response(id: Option<String>, event: &ConsentEvent) -> EventResponse {
    EventResponse {
        id,
        at: event.at,
        purpose: event.purpose.id(),
        decision: event.decision,
        notice_version: event.notice_version.clone(),
        lang: event.language.tag(),
        method: event.method,
        expires_at: event.expires_at,
        text: event.text.clone(),
    }
}
