//! Documents and questions of a test collection, read with the rules of an import and of a search.

use serde_json::Value;

use super::JudgedQuery;
use crate::domain::draft::Draft;
use crate::domain::problem::{Problem, sentence};
use crate::index_schema::IndexSchema;
use crate::query::params::RawParams;

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
    query.facets = Vec::new();
    Ok(JudgedQuery { id, query })
}
