//! Comparing a few resources for one asker.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::search::{AskerParams, TextResponse, in_points};
use crate::domain::actor::Actor;
use crate::domain::language::Bilingual;
use crate::guidance::comparison::{Cell, Criterion};
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::decision::Decision;
use crate::query::search_query::Query;
use crate::ranking::explanation::Difference;
use crate::services::compare::ComparisonOutcome;

/// What is compared, and for whom.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct CompareParams {
    /// Two to four resources, separated by commas or repeated.
    ids: Vec<String>,
    /// The language that texts are preferred in: `fr` (default) or `en`.
    lang: Option<String>,
    /// For how many students the cost of a year is reckoned.
    students: Option<u32>,
    /// For how many classes; one when nobody says.
    classes: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct ComparisonResponse {
    /// In the order they were asked for; so are the cells.
    resources: Vec<ComparedResponse>,
    /// What differs comes first.
    criteria: Vec<CriterionResponse>,
    /// Why one stands before another, for every two.
    why: Vec<PreferenceResponse>,
}

#[derive(Serialize, ToSchema)]
struct ComparedResponse {
    id: String,
    title: BTreeMap<String, String>,
    /// Its fit to the asker and its quality; nothing for a moment after it was taken in.
    score: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct CriterionResponse {
    criterion: String,
    label: TextResponse,
    differs: bool,
    cells: Vec<CellResponse>,
}

#[derive(Serialize, ToSchema)]
struct CellResponse {
    /// Whether the record says it; when not, the text says so.
    known: bool,
    text: TextResponse,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<bool>,
    /// In Canadian dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<f64>,
    /// When the fact was last checked; null when nobody said.
    verified: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct PreferenceResponse {
    better: String,
    than: String,
    points: f64,
    /// They add up to the points.
    reasons: Vec<DifferenceResponse>,
}

/// What a signal gives one more than another; negative where the other has more.
#[derive(Serialize, ToSchema)]
pub struct DifferenceResponse {
    signal: &'static str,
    points: f64,
    /// The reason of the one that has more.
    text: TextResponse,
}

/// Two to four resources side by side: facts, differences first, with the date of their check; the cost of a year; a
/// verdict for each device of the school; and why one suits better.
#[utoipa::path(get, path = "/compare", tag = "decide", params(CompareParams, AskerParams, AskerParams),
    responses((status = OK, body = ComparisonResponse),
        (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = NOT_FOUND, description = "one of them never was in the catalogue"),
        (status = GONE, description = "one of them was removed")))]
pub async fn compare(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let mut reader = server.reader(query);
    let ids = reader.ids("ids", 2..=Decision::MOST_FINALISTS);
    let buyers = reader.buyers();
    let query = Query {
        language: reader.language(),
        profile: reader.profile(),
        explain: true,
        ..Query::default()
    };
    reader.finish().map_err(ApiError::Invalid)?;
    let answer = server.answer(move |app| {
        let compared = app.compare.compare(&Actor::Visitor, &ids, &query, buyers);
        Ok(response(compared?))
    });
    answer.await
}

/// A comparison as JSON.
pub fn response(outcome: ComparisonOutcome) -> ComparisonResponse {
    let id = |place: usize| outcome.resources[place].resource.id.to_string();
    let why = outcome
        .preferences
        .iter()
        .map(|preference| PreferenceResponse {
            better: id(preference.better),
            than: id(preference.other),
            points: in_points(preference.points),
            reasons: difference_responses(&preference.reasons),
        });
    let resources = outcome.resources.iter().map(|one| ComparedResponse {
        id: one.resource.id.to_string(),
        title: one.resource.title.0.clone(),
        score: one.points().map(in_points),
    });
    ComparisonResponse {
        why: why.collect(),
        resources: resources.collect(),
        criteria: outcome
            .criteria
            .into_iter()
            .map(criterion_response)
            .collect(),
    }
}

fn criterion_response(criterion: Criterion) -> CriterionResponse {
    let unknown = || Bilingual::new("Non précisé", "Not stated");
    let cell = |cell: Cell| CellResponse {
        known: cell.text.is_some(),
        text: cell.text.unwrap_or_else(unknown).into(),
        verdict: cell.verdict,
        amount: cell.cents.map(|cents| cents as f64 / 100.0),
        verified: cell.verified,
    };
    CriterionResponse {
        criterion: criterion.name,
        label: criterion.label.into(),
        differs: criterion.differs,
        cells: criterion.cells.into_iter().map(cell).collect(),
    }
}

/// Differences as JSON.
pub fn difference_responses(differences: &[Difference]) -> Vec<DifferenceResponse> {
    let response = |difference: &Difference| DifferenceResponse {
        signal: difference.signal,
        points: in_points(difference.points),
        text: difference.text.clone().into(),
    };
    differences.iter().map(response).collect()
}
