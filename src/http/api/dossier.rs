//! A decision as a document: JSON for programs, a page to print for people.

pub mod page;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::compare::{ComparisonResponse, response as comparison_response};
use super::guidance::{GuidanceBody, GuidanceResponse, response as guidance_response};
use super::search::{ContributionResponse, TextResponse, in_points};
use crate::domain::actor::Actor;
use crate::domain::language::Bilingual;
use crate::domain::vocabulary::Vocabularies;
use crate::guidance::dossier::situation;
use crate::guidance::relaxation::told;
use crate::guidance::topics;
use crate::http::Server;
use crate::http::body::{JsonBody, json};
use crate::http::error::{ApiError, ApiResult};
use crate::query::decision::Decision;
use crate::query::params::RawParams;
use crate::services::compare::Standing;
use crate::services::dossier::{Check, DossierOutcome};
use crate::services::guidance::GuidanceOutcome;

/// What guidance takes, and what a dossier has besides.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what query::decision reads")]
pub struct DossierBody {
    #[serde(flatten)]
    guidance: GuidanceBody,
    /// The finalists, one to four; the first three of the short list when none is named.
    ids: Option<Vec<String>>,
    /// For how many students the cost of a year is reckoned.
    students: Option<u32>,
    /// For how many classes; one when nobody says.
    classes: Option<u32>,
    /// A title and a note in the asker's own words.
    title: Option<String>,
    note: Option<String>,
    /// The day the dossier is of, such as 2026-01-31: it is printed, and freshness is reckoned from it. Without one the
    /// dossier is of no day, and stays the same as long as the catalogue does.
    date: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct DossierResponse {
    title: Option<String>,
    note: Option<String>,
    date: Option<String>,
    made_from: MadeFromResponse,
    need: NeedResponse,
    guidance: GuidanceResponse,
    /// The finalists side by side, in the order of `finalists`.
    comparison: ComparisonResponse,
    finalists: Vec<FinalistResponse>,
}

/// What the same dossier can be made from again.
#[derive(Serialize, ToSchema)]
struct MadeFromResponse {
    generation: String,
    ranking: String,
    /// The last change of the catalogue that is in it.
    sequence: u64,
    /// What freshness is reckoned from: the date, or the month of the latest update in the catalogue.
    as_of: String,
}

/// What was asked, told. What had to hold is `guidance.wishes`.
#[derive(Serialize, ToSchema)]
struct NeedResponse {
    q: String,
    /// The class, from the profile.
    profile: Vec<ToldResponse>,
    /// What does not matter.
    skipped: Vec<ToldResponse>,
    students: Option<u64>,
    classes: Option<u64>,
}

#[derive(Serialize, ToSchema)]
struct ToldResponse {
    name: String,
    text: TextResponse,
}

#[derive(Serialize, ToSchema)]
struct FinalistResponse {
    id: String,
    title: BTreeMap<String, String>,
    description: BTreeMap<String, String>,
    publisher: Option<String>,
    url: Option<String>,
    /// Its place on the short list, when it is there.
    rank: Option<u64>,
    score: Option<f64>,
    explanation: Option<Vec<ContributionResponse>>,
    meets: Vec<MeetsResponse>,
    /// What its record does not say: to be asked of the publisher.
    open_questions: Vec<OpenQuestionResponse>,
    /// When its facts were last checked; the last change of the record comes last.
    dates: Vec<DateResponse>,
}

/// Whether a wish is met.
#[derive(Serialize, ToSchema)]
struct MeetsResponse {
    #[schema(value_type = Object)]
    wish: Value,
    text: TextResponse,
    /// Null when the record does not say.
    meets: Option<bool>,
}

#[derive(Serialize, ToSchema)]
struct OpenQuestionResponse {
    /// The criterion of the comparison that is not known.
    fact: &'static str,
    text: TextResponse,
}

#[derive(Serialize, ToSchema)]
struct DateResponse {
    field: String,
    label: TextResponse,
    date: String,
}

/// A decision as a document, made again byte for byte from the same inputs and catalogue: JSON, or to who accepts
/// `text/html` a page to print in the language `lang`, which needs nothing from elsewhere. Nothing is kept.
#[utoipa::path(post, path = "/dossier", tag = "decide", request_body = DossierBody,
    responses(
        (status = OK, content((DossierResponse = "application/json"), (String = "text/html"))),
        (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = NOT_FOUND, description = "a finalist never was in the catalogue"),
        (status = GONE, description = "a finalist was removed")))]
pub async fn write(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let vocabularies = &server.app.schema.vocabularies;
    let decision = Decision::read(RawParams::from_json(body), vocabularies);
    let decision = decision.map_err(ApiError::Invalid)?;
    let as_page = prefers_html(&headers);
    let at = Arc::clone(&server);
    let written = server.bridge.ask(move || -> ApiResult<Response> {
        let outcome = at.app.dossiers.write(&Actor::Visitor, &decision)?;
        let vocabularies = &at.app.schema.vocabularies;
        Ok(match as_page {
            true => html(page::page(&outcome, &decision, vocabularies, None)?),
            false => json(&response(outcome, &decision, vocabularies)?)?,
        })
    });
    let mut response = written.await??;
    let vary = header::HeaderValue::from_static("accept");
    response.headers_mut().insert(header::VARY, vary);
    Ok(response)
}

/// A page that may load nothing, and has no style but the one it comes with.
pub fn html(page: String) -> Response {
    let style = page
        .split_once("<style>")
        .and_then(|(_, rest)| rest.split_once("</style>"));
    let style = Sha256::digest(style.map_or("", |(style, _)| style).as_bytes());
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        BASE64_STANDARD.encode(style)
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, page).into_response()
}

/// Whether a caller would rather have a page than JSON.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter();
    let accepts: Vec<&str> = accepts.filter_map(|accept| accept.to_str().ok()).collect();
    let quality = |wanted: &[&str]| {
        let ranges = accepts.iter().flat_map(|accept| accept.split(','));
        let quality = ranges.filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_wanted = wanted.contains(&parts.next()?.to_ascii_lowercase().as_str());
            let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
            is_wanted.then(|| quality.unwrap_or(1.0_f64))
        });
        quality.fold(0.0, f64::max)
    };
    quality(&["text/html", "text/*"]) > quality(&["application/json", "application/*", "*/*"])
}

/// The dossier as JSON.
pub fn response(
    outcome: DossierOutcome,
    decision: &Decision,
    vocabularies: &Vocabularies,
) -> ApiResult<DossierResponse> {
    let DossierOutcome {
        made_from,
        guidance,
        comparison,
        checks,
    } = outcome;
    let finalists = comparison.resources.iter().zip(checks);
    let finalists = finalists
        .map(|(standing, check)| finalist_response(standing, check, &guidance, vocabularies))
        .collect();
    Ok(DossierResponse {
        title: decision.title.clone(),
        note: decision.note.clone(),
        date: decision.day.map(|day| day.to_string()),
        made_from: MadeFromResponse {
            generation: made_from.generation,
            ranking: made_from.ranking,
            sequence: made_from.sequence,
            as_of: made_from.as_of.to_string(),
        },
        need: need_response(decision, vocabularies),
        finalists,
        comparison: comparison_response(comparison),
        guidance: guidance_response(guidance, &decision.need, vocabularies)?,
    })
}

fn need_response(decision: &Decision, vocabularies: &Vocabularies) -> NeedResponse {
    let told = |name: &str, text: Bilingual| ToldResponse {
        name: name.to_owned(),
        text: text.into(),
    };
    let query = &decision.need.query;
    let profile = query.profile.iter();
    let profile = profile.flat_map(|profile| situation(profile, vocabularies));
    let skipped = decision.need.skipped.iter();
    NeedResponse {
        q: query.text.clone(),
        profile: profile.map(|(name, text)| told(name, text)).collect(),
        skipped: skipped
            .map(|topic| told(topic.name(vocabularies), topics::name(*topic, vocabularies)))
            .collect(),
        students: decision.buyers.students,
        classes: decision.buyers.classes,
    }
}

fn finalist_response(
    standing: &Standing,
    check: Check,
    guidance: &GuidanceOutcome,
    vocabularies: &Vocabularies,
) -> FinalistResponse {
    let resource = &standing.resource;
    let id = resource.id.to_string();
    let listed = guidance.shortlist.iter().find(|hit| hit.id == id);
    let wishes = guidance.wishes.iter().zip(check.meets);
    let meets = wishes.map(|(wish, meets)| MeetsResponse {
        wish: wish.limit.as_json(vocabularies),
        text: told(&wish.limit, vocabularies).into(),
        meets,
    });
    let open_questions = check.open_questions.into_iter();
    let dates = check.dates.into_iter();
    let reasons = standing.reasons.clone();
    let explanation = reasons.map(|reasons| reasons.into_iter().map(Into::into).collect());
    FinalistResponse {
        rank: listed.map(|hit| hit.rank),
        title: resource.title.0.clone(),
        description: resource.description.0.clone(),
        publisher: resource.publisher.as_ref().and_then(|it| it.name.clone()),
        url: resource.url.clone(),
        score: standing.points().map(in_points),
        explanation,
        meets: meets.collect(),
        open_questions: open_questions
            .map(|question| OpenQuestionResponse {
                fact: question.fact,
                text: question.text.into(),
            })
            .collect(),
        dates: dates
            .map(|dated| DateResponse {
                field: dated.field,
                label: dated.label.into(),
                date: dated.date,
            })
            .collect(),
        id,
    }
}
