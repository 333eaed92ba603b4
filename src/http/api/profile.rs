//! The stored profile: what a person tells about the class. It ranks with consent to `ranking-profile` alone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::people::{self, private};
use crate::app::People;
use crate::domain::profile::{Profile, StoredProfile};
use crate::http::Server;
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::Person;
use crate::query::params::{RawParams, Reader};

/// The profile of the person who asks, by the names that a search takes; empty when there is none.
#[utoipa::path(get, path = "/profile", tag = "people", security(("person" = [])),
    responses((status = OK, body = Object), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn read(Person(asker): Person, State(server): State<Arc<Server>>) -> ApiResult<Response> {
    let profile = people::ask(&server, move |people| people.profiles.read(&asker.actor)).await?;
    Ok(private(Json(shown(&profile))))
}

/// Puts a profile in the place of the one there was. All fields are optional, ids of the vocabularies; student types are the
/// needs of a group, never of a named pupil.
#[utoipa::path(put, path = "/profile", tag = "people", security(("person" = [])),
    request_body(content = Object, description = "`role`, `subjects`, `levels`, `student_types`, `devices`, `os`, `platforms`, `languages`, `budget` (CAD)",
        example = json!({"role": "teacher", "levels": ["/primary/cycle-2/grade-4"], "devices": ["ipad"], "budget": 20})),
    responses((status = OK, body = Object), (status = BAD_REQUEST, description = "names every field that is wrong"), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn write(
    Person(asker): Person,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let profile = profile(body, &server)?;
    let stored = StoredProfile::keep(profile.clone());
    let write = move |people: &People| people.profiles.write(&asker.actor, profile);
    people::ask(&server, write).await?;
    Ok(private(Json(shown(&stored))))
}

/// Erases the profile; searches are then ranked as everybody's.
#[utoipa::path(delete, path = "/profile", tag = "people", security(("person" = [])),
    responses((status = NO_CONTENT), (status = UNAUTHORIZED, description = "nobody is signed in")))]
pub async fn erase(
    Person(asker): Person,
    State(server): State<Arc<Server>>,
) -> ApiResult<StatusCode> {
    people::ask(&server, move |people| people.profiles.erase(&asker.actor)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads a body as the `profile` of a search is read.
fn profile(body: Value, server: &Server) -> ApiResult<Profile> {
    let params = RawParams::from_json(json!({ "profile": body }));
    let mut reader = Reader::new(params, &server.app.schema.vocabularies);
    let profile = reader.profile().unwrap_or_default();
    let checked = reader.finish();
    checked.map_err(|mut problems| {
        for problem in &mut problems {
            if let Some(field) = problem.field.strip_prefix("profile.") {
                problem.field = field.to_owned();
            }
        }
        ApiError::Invalid(problems)
    })?;
    Ok(profile)
}

/// As a search takes it: the budget in dollars, nothing that is not said.
fn shown(profile: &StoredProfile) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(profile) else {
        return Map::new();
    };
    if let Some(cents) = fields
        .remove("budget_cents")
        .and_then(|cents| cents.as_f64())
    {
        fields.insert("budget".into(), (cents / 100.0).into());
    }
    fields.retain(|_, value| {
        !value.is_null() && value.as_array().is_none_or(|values| !values.is_empty())
    });
    fields
}
