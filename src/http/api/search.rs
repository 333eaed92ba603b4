//! Searching: the question as parameters or as a body, the answer as design section 3 has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::facets::{self, FacetResponse};
use crate::domain::language::Bilingual;
use crate::domain::problem::Problem;
use crate::domain::vocabulary::Vocabularies;
use crate::http::Server;
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identity::{Identity, PRIVATE};
use crate::query::params::RawParams;
use crate::query::search_query::Query;
use crate::query::understanding::Expression;
use crate::ranking::explanation::Contribution;
use crate::services::search::{Hit, SearchOutcome};

/// The parameters of a search; all may be left out. Ids are those of the vocabularies.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(
    dead_code,
    reason = "describes what query::params reads; a test holds the two together"
)]
pub struct SearchParams {
    /// Free text up to 1,000 characters; "phrases" and -exclusions. No text is an error.
    q: Option<String>,
    /// `fr` (default) or `en`: labels, collation, and a preference for texts in it; never a filter.
    lang: Option<String>,
    /// Filter. Repeat for OR; filters of different names must all hold. Matches its descendants too.
    subject: Option<Vec<String>>,
    /// Filter. Also matches what was declared for the level's cycle or order.
    level: Option<Vec<String>>,
    /// Filter: what the resource runs on.
    device: Option<Vec<String>>,
    /// Filter: what the resource runs on.
    os: Option<Vec<String>>,
    price: Option<Vec<String>>,
    r#type: Option<Vec<String>>,
    language: Option<Vec<String>>,
    strategy: Option<Vec<String>>,
    platform: Option<Vec<String>>,
    student_type: Option<Vec<String>>,
    access: Option<Vec<String>>,
    licence: Option<Vec<String>>,
    headquarters: Option<Vec<String>>,
    /// Filter. Repeat for AND; what is not known never passes.
    has: Option<Vec<String>>,
    /// The highest acceptable cost in Canadian dollars; an unknown cost does not pass.
    max_price: Option<f64>,
    /// Whether expressions of the text may become filters and signals (default true).
    understand: Option<bool>,
    /// Words of the text that stay words, whatever they could mean.
    literal: Option<Vec<String>>,
    /// `false` gives the neutral ranking (default true).
    personal: Option<bool>,
    /// Which facets to count, repeated or separated by commas (default subject, level, device, os, price).
    facets: Option<Vec<String>>,
    /// `relevance` (default), `newest`, `title` or `price`.
    sort: Option<String>,
    /// 0 to 100, default 20.
    limit: Option<u32>,
    /// 0 to 10,000.
    offset: Option<u32>,
    /// Whether each hit comes with its reasons and its neutral rank.
    explain: Option<bool>,
}

/// Who asks: ranks, and never excludes; neither logged nor stored.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(
    dead_code,
    reason = "describes what query::params reads; a test holds the two together"
)]
pub struct AskerParams {
    /// The asker's role: one.
    my_role: Option<String>,
    my_subject: Option<Vec<String>>,
    my_level: Option<Vec<String>>,
    my_student_type: Option<Vec<String>>,
    /// The school's devices.
    my_device: Option<Vec<String>>,
    my_os: Option<Vec<String>>,
    my_platform: Option<Vec<String>>,
    my_language: Option<Vec<String>>,
    /// In Canadian dollars.
    my_budget: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct SearchResponse {
    total: u64,
    took_us: u64,
    /// The generation of the index that answered.
    generation: String,
    /// The weights that ranked.
    ranking: String,
    query: QueryResponse,
    hits: Vec<HitResponse>,
    facets: BTreeMap<&'static str, FacetResponse>,
}

#[derive(Serialize, ToSchema)]
struct QueryResponse {
    text: String,
    /// The text that was looked up, where words of the question are in no resource but others are close.
    corrected: Option<String>,
    /// What expressions of the text were taken for, besides their words: filters (level, price, device, os, language) or
    /// reasons (subject, type, student_type). `literal` takes one for its words alone, `understand=false` all of them.
    understood: Vec<UnderstoodResponse>,
}

/// An expression as it was typed, and its meaning: the name of a facet with a value of it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"text": "4e année", "level": "/primary/cycle-2/grade-4"}))]
pub struct UnderstoodResponse {
    text: String,
    #[serde(flatten)]
    meaning: BTreeMap<&'static str, String>,
}

#[derive(Serialize, ToSchema)]
pub struct HitResponse {
    id: String,
    rank: u64,
    /// The exact sum of the points.
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    neutral_rank: Option<u64>,
    /// The record without `provenance.raw`, with `runs_on`.
    #[schema(value_type = Object)]
    resource: Box<RawValue>,
    highlights: HighlightsResponse,
    /// Whether its texts are all in other languages than the one asked in.
    across_languages: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<ContributionResponse>>,
}

/// Escaped HTML with `<mark>` around what matched.
#[derive(Serialize, ToSchema)]
struct HighlightsResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

/// What one signal gave.
#[derive(Serialize, ToSchema)]
pub struct ContributionResponse {
    signal: &'static str,
    /// Between 0 and 1.
    value: f64,
    weight: f64,
    /// Value times weight, to 0.0001.
    points: f64,
    text: TextResponse,
}

impl From<Contribution> for ContributionResponse {
    fn from(contribution: Contribution) -> Self {
        ContributionResponse {
            signal: contribution.signal,
            value: contribution.value,
            weight: contribution.weight,
            points: in_points(contribution.points),
            text: contribution.text.into(),
        }
    }
}

/// A text in both languages.
#[derive(Serialize, ToSchema)]
pub struct TextResponse {
    fr: String,
    en: String,
}

impl From<Bilingual> for TextResponse {
    fn from(Bilingual { fr, en }: Bilingual) -> Self {
        TextResponse { fr, en }
    }
}

/// Search by parameters.
#[utoipa::path(get, path = "/search", tag = "find", params(SearchParams, AskerParams),
    responses((status = OK, body = SearchResponse), (status = BAD_REQUEST, description = "names every field that is wrong")))]
pub async fn by_parameters(
    asker: Identity,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    answer(
        asker,
        server,
        RawParams::from_query_string(&query.unwrap_or_default()),
    )
    .await
}

/// Search by a JSON object with the same names, arrays for repeats, and `profile` for the asker.
#[utoipa::path(post, path = "/search", tag = "find", request_body(content = Object, description = "the parameters of GET, and `profile`"),
    responses((status = OK, body = SearchResponse), (status = BAD_REQUEST, description = "names every field that is wrong")))]
pub async fn by_body(
    asker: Identity,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    answer(asker, server, RawParams::from_json(body)).await
}

/// What suits, without a text: by fit to the profile, then by quality.
#[utoipa::path(post, path = "/recommendations", tag = "find", request_body(content = Object, description = "a search without `q`"),
    responses((status = OK, body = SearchResponse), (status = BAD_REQUEST, description = "names every field that is wrong")))]
pub async fn recommendations(
    asker: Identity,
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    if body.get("q").is_some_and(|text| !text.is_null()) {
        let detail = "recommendations take no text; /api/v1/search does";
        return Err(ApiError::Invalid(vec![Problem::new(
            "q",
            "unknown_parameter",
            detail,
        )]));
    }
    answer(asker, server, RawParams::from_json(body)).await
}

async fn answer(asker: Identity, server: Arc<Server>, params: RawParams) -> ApiResult<Response> {
    let query = params
        .into_query(&server.app.schema.vocabularies)
        .map_err(ApiError::Invalid)?;
    let is_person = asker.is_person();
    let answer = server.answer(move |app| {
        let outcome = app.search.search(&asker.actor, &query)?;
        app.analytics.count(&query, outcome.total);
        response(outcome, &query, &app.schema.vocabularies)
    });
    Ok(private_if(is_person, answer.await?))
}

/// An answer to a signed-in person is nobody else's: no cache keeps it.
fn private_if(is_person: bool, answer: impl IntoResponse) -> Response {
    match is_person {
        true => ([(header::CACHE_CONTROL, PRIVATE)], answer).into_response(),
        false => answer.into_response(),
    }
}

/// The answer of design section 3.
pub fn response(
    outcome: SearchOutcome,
    query: &Query,
    vocabularies: &Vocabularies,
) -> ApiResult<SearchResponse> {
    let facets = outcome.facets.iter().map(|counts| {
        (
            counts.facet.name(),
            facets::response(counts, &outcome.filters, query.language, vocabularies),
        )
    });
    let facets = facets.collect();
    let understood = outcome.understood.into_iter();
    let understood = understood.map(|expression| understood_response(expression, vocabularies));
    Ok(SearchResponse {
        total: outcome.total,
        took_us: outcome.took.as_micros() as u64,
        generation: outcome.generation,
        ranking: outcome.ranking,
        query: QueryResponse {
            text: query.text.clone(),
            corrected: outcome.corrected,
            understood: understood.collect(),
        },
        hits: outcome
            .hits
            .into_iter()
            .map(hit_response)
            .collect::<ApiResult<_>>()?,
        facets,
    })
}

/// What an expression was taken for, as JSON.
pub fn understood_response(
    expression: Expression,
    vocabularies: &Vocabularies,
) -> UnderstoodResponse {
    let facet = expression.facet.name();
    let value = &vocabularies.get(facet).term(expression.value).id;
    UnderstoodResponse {
        text: expression.text,
        meaning: BTreeMap::from([(facet, value.clone())]),
    }
}

/// A hit as JSON.
pub fn hit_response(hit: Hit) -> ApiResult<HitResponse> {
    let contributions = hit
        .explanation
        .map(|contributions| contributions.into_iter().map(Into::into).collect());
    Ok(HitResponse {
        id: hit.id,
        rank: hit.rank,
        score: in_points(hit.points),
        neutral_rank: hit.neutral_rank,
        resource: RawValue::from_string(hit.record)
            .map_err(|error| ApiError::Internal(error.to_string()))?,
        highlights: HighlightsResponse {
            title: hit.highlights.title,
            description: hit.highlights.description,
        },
        across_languages: hit.across_languages,
        explanation: contributions,
    })
}

/// Ten-thousandths as points.
pub fn in_points(ten_thousandths: i64) -> f64 {
    ten_thousandths as f64 / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    #[test]
    fn the_described_parameters_are_those_that_are_read() {
        let vocabularies = &IndexSchema::embedded().vocabularies;
        let of_a_search = SearchParams::into_params(|| None);
        for parameter in of_a_search
            .into_iter()
            .chain(AskerParams::into_params(|| None))
        {
            let pairs = [(parameter.name.clone(), "\u{0}".to_owned())];
            let problems = RawParams::from_pairs(pairs)
                .into_query(vocabularies)
                .err()
                .unwrap_or_default();
            assert!(
                problems
                    .iter()
                    .all(|problem| problem.code != "unknown_parameter"),
                "{}",
                parameter.name
            );
        }
    }
}
