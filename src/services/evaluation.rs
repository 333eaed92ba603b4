//! Measures how good the ranking is on judged questions.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value;

use super::ServiceError;
use super::search::Search;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::draft::Draft;
use crate::domain::problem::{Problem, sentence};
use crate::index::writer;
use crate::index_schema::IndexSchema;
use crate::query::page::Page;
use crate::query::params::RawParams;
use crate::query::search_query::Query;
use crate::ranking::weights::Weights;
use crate::relevance::judgment::Judgments;
use crate::relevance::metrics::{Metrics, mean, measure};

/// How deep a ranked list is measured and written.
pub const DEPTH: usize = 1_000;

/// A question with the id that judgments know it by.
pub struct JudgedQuery {
    pub id: String,
    pub query: Query,
}

/// The figures, and the lists they were measured on.
pub struct Evaluation {
    pub metrics: Metrics,
    pub per_query: BTreeMap<String, Metrics>,
    /// By query, in the order of the questions: ids with points, the best first.
    pub run: Vec<(String, Vec<(String, i64)>)>,
}

/// A document of a test collection, or a record of the catalogue, as a draft.
///
/// # Errors
/// One sentence: what is wrong with it.
pub fn read_document(record: Value, schema: &IndexSchema) -> Result<Draft, String> {
    Draft::read(as_record(record), &schema.vocabularies).map_err(|problems| sentence(&problems))
}

/// `{"id", "title", "text", "lang"}` as a record with its texts in that language; anything else stays as it is.
fn as_record(record: Value) -> Value {
    let Value::Object(mut fields) = record else {
        return record;
    };
    let Some(text) = fields.remove("text") else {
        return Value::Object(fields);
    };
    let lang = fields
        .remove("lang")
        .and_then(|lang| lang.as_str().map(str::to_owned))
        .unwrap_or_else(|| "und".into());
    let in_language = |text: Value| Value::Object([(lang.clone(), text)].into_iter().collect());
    if let Some(title) = fields.remove("title") {
        fields.insert(
            "title".into(),
            if title.is_string() {
                in_language(title)
            } else {
                title
            },
        );
    }
    fields.insert("description".into(), in_language(text));
    Value::Object(fields)
}

/// A line of a file of queries: `{"id", "text", "lang"?}` with the filters and the profile of a search.
///
/// # Errors
/// Every problem in it.
pub fn read_query(line: Value, schema: &IndexSchema) -> Result<JudgedQuery, Vec<Problem>> {
    let Value::Object(mut fields) = line else {
        return Err(vec![Problem::new(
            "query",
            "not_an_object",
            "a query is a JSON object with id and text",
        )]);
    };
    let id = match fields.remove("id") {
        Some(Value::String(id)) => id,
        Some(Value::Number(id)) => id.to_string(),
        _ => return Err(vec![Problem::new("id", "missing", "a query needs an id")]),
    };
    if let Some(text) = fields.remove("text") {
        fields.insert("q".into(), text);
    }
    let mut query = RawParams::from_json(Value::Object(fields)).into_query(&schema.vocabularies)?;
    query.page = Page {
        limit: DEPTH,
        offset: 0,
    };
    query.facets = Vec::new();
    Ok(JudgedQuery { id, query })
}

/// Indexes the documents in memory, asks every question on all cores, and measures the judged ones.
///
/// `done` hears of each question that was answered. A judged question without results counts 0; questions without
/// judgments are asked but not measured.
pub fn evaluate(
    documents: Vec<Draft>,
    queries: &[JudgedQuery],
    judgments: &Judgments,
    schema: &Arc<IndexSchema>,
    weights: Weights,
    clock: Arc<dyn Clock>,
    done: impl Fn() + Sync,
) -> Result<Evaluation, ServiceError> {
    let (index, mut writer) = writer::in_memory(schema)?;
    // As in an import, a later document takes the place of an earlier one of the same id.
    let by_id = documents
        .into_iter()
        .map(|draft| (draft.resource.id.clone(), draft));
    let documents: Vec<Draft> = by_id.collect::<BTreeMap<_, _>>().into_values().collect();
    documents
        .par_iter()
        .try_for_each(|draft| writer.put(&draft.resource))?;
    writer.commit(documents.len() as u64, &index)?;
    let search = Search::new(Arc::new(index), Arc::clone(schema), weights, clock);
    let answers: Result<Vec<_>, ServiceError> = queries
        .par_iter()
        .map(|JudgedQuery { id, query }| {
            let ranking = search.ranking(&Actor::Console, query)?;
            done();
            Ok((id.clone(), ranking))
        })
        .collect();
    let run = answers?;
    let measured = run.iter().filter_map(|(id, ranking)| {
        let grades = judgments.of(id)?;
        let ids: Vec<String> = ranking.iter().map(|(id, _)| id.clone()).collect();
        Some((id.clone(), measure(&ids, grades)))
    });
    let per_query: BTreeMap<String, Metrics> = measured.collect();
    Ok(Evaluation {
        metrics: mean(&per_query),
        per_query,
        run,
    })
}
