//! The closed lists: what filters and profiles may say.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::problem::Problem;
use crate::domain::vocabulary::Term;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};

#[derive(Serialize, ToSchema)]
pub struct VocabulariesResponse {
    vocabularies: Vec<VocabularySummary>,
}

#[derive(Serialize, ToSchema)]
pub struct VocabularySummary {
    name: String,
    /// How many terms it has.
    terms: usize,
}

#[derive(Serialize, ToSchema)]
pub struct VocabularyResponse {
    name: String,
    /// In display order: id, parent, label, synonyms and acronyms in both languages, order.
    #[schema(value_type = Vec<Object>)]
    terms: Vec<Term>,
}

/// The vocabularies there are.
#[utoipa::path(get, path = "/vocabularies", tag = "find", responses((status = OK, body = VocabulariesResponse)))]
pub async fn all(State(server): State<Arc<Server>>) -> Json<VocabulariesResponse> {
    let vocabularies = server.app.schema.vocabularies.all();
    let summary = |vocabulary: &crate::domain::vocabulary::Vocabulary| VocabularySummary {
        name: vocabulary.name().to_owned(),
        terms: vocabulary.terms().len(),
    };
    Json(VocabulariesResponse {
        vocabularies: vocabularies.map(summary).collect(),
    })
}

/// One vocabulary with its terms.
#[utoipa::path(get, path = "/vocabularies/{name}", tag = "find", params(("name" = String, Path, description = "such as level")),
    responses((status = OK, body = VocabularyResponse), (status = NOT_FOUND, description = "no vocabulary of this name")))]
pub async fn one(
    State(server): State<Arc<Server>>,
    name: Result<Path<String>, PathRejection>,
) -> ApiResult<Json<VocabularyResponse>> {
    let Path(name) = name.map_err(|error| {
        ApiError::Invalid(vec![Problem::new("name", "not_utf8", error.body_text())])
    })?;
    let found = server.app.schema.vocabularies.find(&name);
    let vocabulary = found.ok_or_else(|| ApiError::NotFound("vocabulary of this name".into()))?;
    Ok(Json(VocabularyResponse {
        terms: vocabulary.terms().to_vec(),
        name,
    }))
}
