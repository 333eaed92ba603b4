//! Guidance: a need so far, and in answer a short list, the next question, and what could be given up.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::search::{
    HitResponse, TextResponse, UnderstoodResponse, hit_response, in_points, understood_response,
};
use crate::domain::actor::Actor;
use crate::domain::vocabulary::Vocabularies;
use crate::guidance::question::Question;
use crate::guidance::relaxation::told;
use crate::http::Server;
use crate::http::body::JsonBody;
use crate::http::error::{ApiError, ApiResult};
use crate::query::need::{Limit, Need, Source};
use crate::query::params::RawParams;
use crate::services::guidance::GuidanceOutcome;

/// A need as far as it is known. The caller keeps it: an option's `answer` is merged into `answers` as it is, its names in
/// place of the same names there; what does not matter is named in `skipped`.
#[derive(Serialize, ToSchema)]
#[allow(dead_code, reason = "describes what query::need reads")]
pub struct GuidanceBody {
    /// As in a search; what is understood of it counts as answers.
    q: Option<String>,
    /// As in a search. Its devices, systems and budget are wishes here, unless skipped.
    #[schema(value_type = Object)]
    profile: Option<Value>,
    /// The filters of a search, `has`, `access` and `max_price` included.
    #[schema(value_type = Object, example = json!({"level": ["/primary"], "max_price": 10}))]
    answers: Option<Value>,
    /// What does not matter: names of filters, `max_price`, values of `has`. Wishes of the profile and of the words end; an answer stays.
    skipped: Option<Vec<String>>,
    lang: Option<String>,
    /// How long the short list is: 0 to 100, default 5.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct GuidanceResponse {
    /// How many satisfy every wish.
    total: u64,
    corrected: Option<String>,
    understood: Vec<UnderstoodResponse>,
    wishes: Vec<WishResponse>,
    /// As the hits of a search, with reasons.
    shortlist: Vec<HitResponse>,
    /// Nothing when no answer would change the list.
    next_question: Option<QuestionResponse>,
    /// What giving up each wish alone would add, the most first.
    relaxations: Vec<RelaxationResponse>,
    /// Only for an empty list: every smallest set of wishes whose dropping gives a result, all of one size. `{"q": ...}` is
    /// among them when no resource has any of the words.
    #[schema(value_type = Vec<Vec<Object>>)]
    minimal: Vec<Vec<Value>>,
    /// How many matches as good as those on the list each wish leaves out by itself; the devices and systems of the
    /// profile together.
    hidden: Vec<HiddenResponse>,
}

#[derive(Serialize, ToSchema)]
struct WishResponse {
    #[schema(value_type = Object)]
    wish: Value,
    text: TextResponse,
    /// `answers`, `words` or `profile`: an answer is taken back, the others are given up by naming them in `skipped`.
    source: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct QuestionResponse {
    /// The filter that the answer belongs to.
    facet: &'static str,
    /// What to add to `skipped` when it does not matter.
    skip: String,
    text: TextResponse,
    /// How much the answer is expected to tell about what will be on the list.
    gain_bits: f64,
    /// Whether several options may be chosen together: their lists are joined.
    multiple: bool,
    options: Vec<OptionResponse>,
}

#[derive(Serialize, ToSchema)]
struct OptionResponse {
    label: String,
    /// How many would remain.
    count: u64,
    #[schema(value_type = Object)]
    answer: Value,
}

#[derive(Serialize, ToSchema)]
struct RelaxationResponse {
    #[schema(value_type = Object)]
    drop: Value,
    adds: u64,
    total: u64,
    best: NewcomerResponse,
}

/// The best of what would come.
#[derive(Serialize, ToSchema)]
struct NewcomerResponse {
    id: String,
    title: BTreeMap<String, String>,
    score: f64,
}

#[derive(Serialize, ToSchema)]
struct HiddenResponse {
    #[schema(value_type = Object)]
    by: Value,
    count: u64,
}

/// The short list of a need, the question that helps most, and what giving up a wish would bring. Nothing is kept.
#[utoipa::path(post, path = "/guidance", tag = "decide", request_body = GuidanceBody,
    responses((status = OK, body = GuidanceResponse), (status = BAD_REQUEST, description = "names every field that is wrong")))]
pub async fn guide(
    State(server): State<Arc<Server>>,
    JsonBody(body): JsonBody,
) -> ApiResult<Response> {
    let vocabularies = &server.app.schema.vocabularies;
    let need = Need::read(RawParams::from_json(body), vocabularies).map_err(ApiError::Invalid)?;
    let answer = server.answer(move |app| {
        let outcome = app.guidance.guide(&Actor::Visitor, &need)?;
        response(outcome, &need, &app.schema.vocabularies)
    });
    answer.await
}

/// The answer of design section 3.
pub fn response(
    outcome: GuidanceOutcome,
    need: &Need,
    vocabularies: &Vocabularies,
) -> ApiResult<GuidanceResponse> {
    let as_json = |limit: &Limit| limit.as_json(vocabularies);
    let minimal = outcome.minimal.iter().map(|places| {
        let words = outcome.drops_words.then(|| json!({"q": need.query.text}));
        words
            .into_iter()
            .chain(outcome.limits(places).map(as_json))
            .collect()
    });
    let minimal: Vec<Vec<Value>> = minimal.collect();
    let hidden = outcome.hidden.iter().map(|hidden| HiddenResponse {
        by: merged(outcome.limits(&hidden.by).map(as_json)),
        count: hidden.count,
    });
    let hidden = hidden.collect();
    let relaxations = outcome
        .relaxations
        .into_iter()
        .map(|(relaxation, newcomer)| RelaxationResponse {
            drop: as_json(&outcome.wishes[relaxation.wish].limit),
            adds: relaxation.adds,
            total: relaxation.total,
            best: NewcomerResponse {
                id: newcomer.id,
                title: newcomer.title.0,
                score: in_points(newcomer.points),
            },
        });
    let wishes = outcome.wishes.iter().map(|wish| WishResponse {
        wish: as_json(&wish.limit),
        text: told(&wish.limit, vocabularies).into(),
        source: match wish.source {
            Source::Answers => "answers",
            Source::Words => "words",
            Source::Profile => "profile",
        },
    });
    let understood = outcome.understood.into_iter();
    let shortlist = outcome.shortlist.into_iter().map(hit_response);
    Ok(GuidanceResponse {
        total: outcome.total,
        corrected: outcome.corrected,
        understood: understood
            .map(|expression| understood_response(expression, vocabularies))
            .collect(),
        wishes: wishes.collect(),
        shortlist: shortlist.collect::<ApiResult<_>>()?,
        next_question: outcome
            .question
            .map(|question| question_response(question, need, vocabularies)),
        relaxations: relaxations.collect(),
        minimal,
        hidden,
    })
}

fn question_response(
    question: Question,
    need: &Need,
    vocabularies: &Vocabularies,
) -> QuestionResponse {
    let options = question.options.into_iter().map(|option| OptionResponse {
        label: option.label.get(need.query.language).to_owned(),
        count: option.count,
        answer: need.with_answer(option.answer).as_json(vocabularies),
    });
    QuestionResponse {
        facet: question.topic.parameter(),
        skip: question.topic.name(vocabularies).to_owned(),
        text: TextResponse::from(question.text),
        gain_bits: (question.gain_bits * 1_000.0).round() / 1_000.0,
        multiple: question.multiple,
        options: options.collect(),
    }
}

/// Objects of different names as one.
fn merged(objects: impl Iterator<Item = Value>) -> Value {
    let fields = objects.filter_map(|object| match object {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect())
}
