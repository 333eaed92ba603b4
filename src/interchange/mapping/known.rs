//! The mappings there are.

use std::sync::Arc;

use serde_json::Value;

use super::{Mapping, MappingError};
use crate::domain::vocabulary::Vocabularies;
use crate::index_schema::IndexSchema;

/// Every mapping there is: the shipped ones, and those of the data folder.
#[derive(Debug, Default)]
pub struct Mappings(Vec<Arc<Mapping>>);

impl Mappings {
    /// The mappings of a schema.
    ///
    /// # Errors
    /// The first file that is not a mapping.
    pub fn of(schema: &IndexSchema) -> Result<Self, MappingError> {
        let parse = |(name, file): &(String, String)| Mapping::parse(name, file).map(Arc::new);
        let mappings: Result<Vec<_>, _> = schema.source_mappings.iter().map(parse).collect();
        Ok(Mappings(mappings?))
    }

    pub fn find(&self, name: &str) -> Option<Arc<Mapping>> {
        self.0.iter().find(|mapping| mapping.name == name).cloned()
    }

    /// The mapping for records with these columns or members; of several, the one that names most of them.
    pub fn recognise(&self, names: &[String]) -> Option<Arc<Mapping>> {
        let known = self.0.iter().filter(|mapping| mapping.knows(names));
        known.max_by_key(|mapping| mapping.recognise.len()).cloned()
    }

    /// Everywhere in a JSON document that the records of some source lie.
    pub fn places(&self) -> Vec<String> {
        self.0
            .iter()
            .flat_map(|mapping| mapping.records.clone())
            .collect()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|mapping| mapping.name.as_str())
    }

    /// Puts our words in the place of those that the record's source, which its id tells, uses in a sense of its own.
    pub fn localise(&self, record: &mut Value, vocabularies: &Vocabularies) {
        let Value::Object(fields) = record else {
            return;
        };
        let Some((prefix, _)) = fields
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| id.split_once(':'))
        else {
            return;
        };
        let source = self.0.iter().find(|mapping| {
            mapping.id_prefix.as_deref() == Some(prefix) && !mapping.words.is_empty()
        });
        if let Some(source) = source.cloned() {
            source.localise(fields, vocabularies);
        }
    }
}
