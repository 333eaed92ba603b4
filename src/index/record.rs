//! The record as answers show it: written when a resource is indexed, read back for the resources of a page.

use std::borrow::Cow;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserializer, Serialize};
use serde_json::Map;
use tantivy::schema::document::{DeserializeError, DocumentDeserialize, DocumentDeserializer};

use crate::domain::compatibility::RunsOn;
use crate::domain::language::LanguageMap;
use crate::domain::resource::{Provenance, Resource};

/// The record as the API shows it: without what its origin said beside, with what it runs on.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    resource: &'a Resource,
    runs_on: &'a RunsOn,
}

/// The JSON of a resource as the API shows it.
pub fn shown(resource: &Resource, runs_on: &RunsOn) -> String {
    let mut resource = Cow::Borrowed(resource);
    let is_shown = |from: &Provenance| from.raw.is_empty() && !from.is_empty();
    if !resource.provenance.as_ref().is_none_or(is_shown) {
        let resource = resource.to_mut();
        let from = resource.provenance.take();
        let shown = from.map(|from| Provenance {
            raw: Map::new(),
            ..from
        });
        resource.provenance = shown.filter(|shown| !shown.is_empty());
    }
    serde_json::to_string(&Shown {
        resource: &resource,
        runs_on,
    })
    .expect("a resource has text keys and finite numbers")
}

/// The record of a document, which the engine keeps as its only stored value.
pub(super) struct StoredRecord(pub String);

impl DocumentDeserialize for StoredRecord {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(
        mut document: D,
    ) -> Result<Self, DeserializeError> {
        let record = document.next_field::<String>()?;
        let (_, record) =
            record.ok_or_else(|| DeserializeError::custom("a document without its record"))?;
        Ok(StoredRecord(record))
    }
}

/// What a page reads of a record; the rest goes out as it is.
#[derive(Debug, Default, PartialEq)]
pub struct Head {
    pub id: String,
    pub title: LanguageMap,
    pub description: LanguageMap,
}

/// Reads the first members of a record that [`shown`] wrote, and no further: `id`, `title`, `description` come first.
/// Nothing when it is no such record.
pub fn head(record: &str) -> Option<Head> {
    let mut head = Head::default();
    let mut json = serde_json::Deserializer::from_str(record);
    // What was read is in `head`; that the rest is missing is what was wanted.
    let _ = json.deserialize_map(HeadReader(&mut head));
    (!head.id.is_empty()).then_some(head)
}

struct HeadReader<'a>(&'a mut Head);

impl<'de> Visitor<'de> for HeadReader<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<(), M::Error> {
        while let Some(member) = members.next_key::<&str>()? {
            match member {
                "id" => self.0.id = members.next_value()?,
                "title" => self.0.title = members.next_value()?,
                "description" => {
                    self.0.description = members.next_value()?;
                    break;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    break;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_record_is_read_with_and_without_texts() {
        let record =
            r#"{"id":"a\"b","title":{"fr":"Été"},"description":{"en":"Summer"},"keywords":{}}"#;
        let read = head(record).expect("a record");
        assert_eq!(
            (read.id.as_str(), read.title.get("fr")),
            ("a\"b", Some("Été"))
        );
        assert_eq!(read.description.get("en"), Some("Summer"));
        let untitled = head(r#"{"id":"a","languages":["fr"],"runs_on":{}}"#).expect("a record");
        assert_eq!(
            (untitled.id.as_str(), untitled.title),
            ("a", LanguageMap::default())
        );
        assert_eq!(head("[]"), None);
    }
}
