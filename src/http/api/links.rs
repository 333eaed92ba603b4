//! Which addresses of resources still answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::tasks::TaskResponse;
use crate::domain::link::LinkState;
use crate::domain::task::TaskKind;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;
use crate::query::params::Reader;
use crate::services::links::{KnownLink, LinkCounts, RoundSettings};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct LinksParams {
    /// `ok`, `redirected`, `unclear`, `failing`, `dead` or `recovered`; all when left out.
    state: Option<String>,
    /// 0 to 1,000, default 50.
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct LinksResponse {
    /// How many addresses are in each state.
    #[schema(value_type = Object)]
    pub counts: LinkCounts,
    /// In the order of the ids: id, url, state, since, checked_at, failures, status, moved_to, reason.
    #[schema(value_type = Vec<Object>)]
    pub links: Vec<KnownLink>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct CheckParams {
    /// Leave out addresses that were visited within so many days: 0 to 3,650, default 7.
    older_than: Option<u32>,
    /// Visit so many addresses at most, those first that were not visited for the longest time.
    limit: Option<u32>,
    /// Seconds between two visits to a site: 1 to 3,600, default 2.
    delay: Option<u32>,
    /// How the owner of a site reaches you: an address of the web or of mail, told at each visit.
    contact: Option<String>,
}

/// The longest list of an answer.
const MOST: usize = 1_000;
const DEFAULT: usize = 50;
/// The longest contact.
const CONTACT_CHARS: usize = 200;

/// The addresses that were visited, and how they stand.
#[utoipa::path(get, path = "/admin/links", tag = "admin", params(LinksParams), security(("operator" = [])),
    responses((status = OK, body = LinksResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn list(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<LinksResponse>> {
    let mut reader = server.reader(query);
    let state = reader.text("state");
    let known = state.as_deref().and_then(LinkState::from_name);
    if state.is_some() && known.is_none() {
        let names = LinkState::ALL.map(LinkState::name).join(", ");
        reader.problem("state", "unknown_value", format!("this is one of {names}"));
    }
    let limit = reader.integer("limit", 0..=MOST).unwrap_or(DEFAULT);
    let offset = reader.integer("offset", 0..=usize::MAX >> 1).unwrap_or(0);
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let listed = server.bridge.operate(move || -> ApiResult<_> {
        Ok(LinksResponse {
            counts: at.app.links.counts(&actor)?,
            links: at.app.links.list(&actor, known, offset, limit)?,
        })
    });
    Ok(Json(listed.await??))
}

/// Begins to visit addresses; the task tells how far it is. Only addresses of the public network are visited.
#[utoipa::path(post, path = "/admin/links/check", tag = "admin", params(CheckParams), security(("operator" = [])),
    responses((status = ACCEPTED, body = TaskResponse, description = "it runs; `location` says where to watch it"),
        (status = BAD_REQUEST, description = "names every field that is wrong"), (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn check(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<impl IntoResponse> {
    let settings = settings(server.reader(query))?;
    let at = Arc::clone(&server);
    let started = server.bridge.operate(move || {
        let links = Arc::clone(&at.app.links);
        at.app.tasks.start(TaskKind::Links, move |work| {
            links.check(&actor, &settings, work)
        })
    });
    let task = started.await??;
    let watch = format!("/api/v1/admin/tasks/{}", task.id);
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, watch)],
        Json(TaskResponse { task }),
    ))
}

fn settings(mut reader: Reader) -> ApiResult<RoundSettings> {
    let defaults = RoundSettings::default();
    let older_than = reader.integer("older_than", 0..=3_650);
    let limit = reader.integer("limit", 0..=usize::MAX >> 1);
    let delay = reader.integer("delay", 1..=3_600);
    let contact = reader.text("contact");
    let is_header = |text: &String| {
        text.chars().count() <= CONTACT_CHARS && text.chars().all(|c| c.is_ascii_graphic())
    };
    if contact.as_ref().is_some_and(|contact| !is_header(contact)) {
        let detail = format!("at most {CONTACT_CHARS} visible characters, without spaces");
        reader.problem("contact", "invalid", detail);
    }
    reader.finish().map_err(ApiError::Invalid)?;
    Ok(RoundSettings {
        older_than_days: older_than.map_or(defaults.older_than_days, |days| days as u32),
        limit,
        delay: delay.map_or(defaults.delay, |seconds| {
            Duration::from_secs(seconds as u64)
        }),
        contact,
        ..defaults
    })
}
