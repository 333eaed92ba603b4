//! Concepts of foreign vocabularies: an address with labels, of which one may mean something to us.

use serde_json::Value;

use crate::domain::draft::meanings;
use crate::domain::vocabulary::Vocabulary;

/// Of the names of a concept, best first, the one that a vocabulary knows.
pub fn known_name(vocabulary: Option<&Vocabulary>, names: &[String]) -> Option<String> {
    let vocabulary = vocabulary?;
    names
        .iter()
        .find(|name| meanings(vocabulary, name).is_some())
        .cloned()
}

/// The texts of a value: itself, or those of a list, in order.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => vec![text.trim().to_owned()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
