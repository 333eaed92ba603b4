//! Why a resource is where it is in a search, or not in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::compare::{DifferenceResponse, difference_responses};
use super::search::{AskerParams, ContributionResponse, SearchParams, TextResponse, in_points};
use crate::domain::actor::Actor;
use crate::domain::language::Bilingual;
use crate::domain::resource::ResourceId;
use crate::domain::typography::{listed, money};
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;
use crate::query::need::Limit;
use crate::services::why::{Above, Standing, TroubleKind, WhyOutcome, WordTrouble};

/// Which resource is asked about.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct WhyParams {
    /// The resource.
    id: String,
}

#[derive(Serialize, ToSchema)]
pub struct WhyResponse {
    id: String,
    title: BTreeMap<String, String>,
    /// How many results the search has.
    total: u64,
    /// Its place by relevance; nothing when it is not among the results.
    rank: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Vec<ContributionResponse>>,
    /// The result just above, and what it has more.
    above: Option<AboveResponse>,
    /// What keeps it out.
    kept_out_by: Vec<ObstacleResponse>,
    /// The smallest change that would bring it in.
    change: Option<ChangeResponse>,
}

#[derive(Serialize, ToSchema)]
struct AboveResponse {
    id: String,
    title: BTreeMap<String, String>,
    score: f64,
    /// What each signal gives it more, less where negative; they add up to the difference of the scores.
    reasons: Vec<DifferenceResponse>,
}

#[derive(Serialize, ToSchema)]
struct ObstacleResponse {
    /// `filter`; `incompatibility` when it is a device or a system; `missing_word`, `missing_phrase` or `excluded_word`; `not_indexed_yet`.
    kind: &'static str,
    /// The filter as parameters, or the words.
    #[schema(value_type = Object)]
    what: Value,
    text: TextResponse,
}

#[derive(Serialize, ToSchema)]
struct ChangeResponse {
    /// Filters to take away.
    #[schema(value_type = Vec<Object>)]
    drop: Vec<Value>,
    /// The text to ask with instead.
    q: Option<String>,
    /// Its place after that, when only filters are in the way.
    rank: Option<u64>,
}

/// Why a resource stands where it does in a search, or what keeps it out and what would bring it in.
#[utoipa::path(get, path = "/why", tag = "decide", params(WhyParams, SearchParams, AskerParams),
    responses((status = OK, body = WhyResponse),
        (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = NOT_FOUND, description = "never was in the catalogue"),
        (status = GONE, description = "was removed")))]
pub async fn why(
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let mut reader = server.reader(query);
    let id = match reader.text("id").as_deref().map(ResourceId::parse) {
        Some(Ok(id)) => Some(id),
        Some(Err(reason)) => {
            reader.problem("id", "unknown_value", reason);
            None
        }
        None => {
            reader.problem(
                "id",
                "missing",
                "this names the resource that is asked about",
            );
            None
        }
    };
    let query = reader.query();
    reader.finish().map_err(ApiError::Invalid)?;
    let id = id.ok_or_else(|| ApiError::Internal("an id without a problem".into()))?;
    let answer = server.answer(move |app| {
        let outcome = app.why.why(&Actor::Visitor, &id, &query)?;
        Ok(response(outcome, &app.schema))
    });
    answer.await
}

fn response(outcome: WhyOutcome, schema: &IndexSchema) -> WhyResponse {
    let mut response = WhyResponse {
        id: outcome.resource.id.to_string(),
        title: outcome.resource.title.0.clone(),
        total: outcome.total,
        rank: None,
        score: None,
        explanation: None,
        above: None,
        kept_out_by: Vec::new(),
        change: None,
    };
    match &outcome.standing {
        Standing::Ranked {
            rank,
            points,
            reasons,
            above,
        } => {
            response.rank = Some(*rank);
            response.score = Some(in_points(*points));
            let reasons = reasons.iter().cloned().map(Into::into);
            response.explanation = Some(reasons.collect());
            response.above = above.as_ref().map(above_response);
        }
        Standing::Out {
            filters,
            words,
            would_rank,
        } => {
            let drop = filters
                .iter()
                .map(|limit| limit.as_json(&schema.vocabularies));
            response.change = Some(ChangeResponse {
                drop: drop.collect(),
                q: words.as_ref().map(|trouble| trouble.instead.clone()),
                rank: *would_rank,
            });
            let by_filter = filters
                .iter()
                .map(|limit| obstacle(limit, &outcome, schema));
            let by_words = words.iter().map(word_obstacle);
            response.kept_out_by = by_words.chain(by_filter).collect();
        }
        Standing::NotYet => {
            let text = Bilingual::new(
                "Elle vient d’être ajoutée; elle sera trouvable dans un instant.",
                "It has just been added and will be findable in a moment.",
            );
            response.kept_out_by.push(ObstacleResponse {
                kind: "not_indexed_yet",
                what: Value::Null,
                text: text.into(),
            });
        }
    }
    response
}

fn above_response(above: &Above) -> AboveResponse {
    AboveResponse {
        id: above.id.clone(),
        title: above.title.0.clone(),
        score: in_points(above.points),
        reasons: difference_responses(&above.reasons),
    }
}

/// What a filter wants, and what the record says instead.
fn obstacle(limit: &Limit, outcome: &WhyOutcome, schema: &IndexSchema) -> ObstacleResponse {
    let what = limit.as_json(&schema.vocabularies);
    let (kind, text) = match limit {
        Limit::MaxCost(_) => ("filter", cost_text(outcome, schema)),
        Limit::Facet(Facet::Has, values) => {
            let label = &schema
                .vocabularies
                .get(Facet::Has.name())
                .term(values[0])
                .label;
            let text = Bilingual::new(
                format!("Rien dans sa fiche ne confirme ceci : {}.", label.fr),
                format!("Nothing in its record confirms this: {}.", label.en),
            );
            ("filter", text)
        }
        Limit::Facet(facet, values) => {
            let vocabulary = schema.vocabularies.get(facet.name());
            let wanted = values.iter().map(|value| &vocabulary.term(*value).label);
            let declared = facet.values(&outcome.resource, &outcome.runs_on, &schema.licences);
            let declared = declared.iter().filter_map(|id| vocabulary.label(id));
            let is_device = matches!(facet, Facet::Device | Facet::Os);
            let kind = if is_device {
                "incompatibility"
            } else {
                "filter"
            };
            (kind, facet_text(wanted, declared, is_device))
        }
    };
    ObstacleResponse {
        kind,
        what,
        text: text.into(),
    }
}

fn facet_text<'a>(
    wanted: impl Iterator<Item = &'a Bilingual>,
    declared: impl Iterator<Item = &'a Bilingual>,
    is_device: bool,
) -> Bilingual {
    let wanted = listed(wanted);
    let Bilingual { fr, en } = listed(declared);
    let [says_fr, says_en] = match is_device {
        _ if fr.is_empty() => [
            "Sa fiche ne le précise pas".to_owned(),
            "Its record does not say".to_owned(),
        ],
        true => [
            format!("Elle fonctionne sur : {fr}"),
            format!("It runs on: {en}"),
        ],
        false => [
            format!("Sa fiche indique : {fr}"),
            format!("Its record says: {en}"),
        ],
    };
    Bilingual::new(
        format!("Vous demandez : {}. {says_fr}.", wanted.fr),
        format!("You ask for: {}. {says_en}.", wanted.en),
    )
}

fn cost_text(outcome: &WhyOutcome, schema: &IndexSchema) -> Bilingual {
    match schema.currencies.cost_cents(&outcome.resource) {
        Some(cents) => {
            let Bilingual { fr, en } = money(cents);
            Bilingual::new(
                format!("Elle coûte {fr}, plus que votre budget."),
                format!("It costs {en}, more than your budget."),
            )
        }
        None => Bilingual::new(
            "Son coût n’est pas connu; il ne peut donc pas respecter un budget.",
            "Its cost is not known, so it cannot meet a budget.",
        ),
    }
}

fn word_obstacle(trouble: &WordTrouble) -> ObstacleResponse {
    let words = trouble.words.join(", ");
    let (kind, fr, en) = match trouble.kind {
        TroubleKind::NoWord => (
            "missing_word",
            format!("Elle ne contient aucun de vos mots : {words}."),
            format!("It has none of your words: {words}."),
        ),
        TroubleKind::NoPhrase => (
            "missing_phrase",
            "Elle ne contient pas, mot pour mot, ce que vous avez mis entre guillemets.".to_owned(),
            "It does not have, word for word, what you put in quotation marks.".to_owned(),
        ),
        TroubleKind::Excluded => (
            "excluded_word",
            format!("Elle contient un mot que vous excluez : {words}."),
            format!("It has a word that you exclude: {words}."),
        ),
    };
    ObstacleResponse {
        kind,
        what: json!({ "words": trouble.words }),
        text: Bilingual::new(fr, en).into(),
    }
}
