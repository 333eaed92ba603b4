//! What the columns or members of a foreign source mean, as data: `index-schema/mappings/sources/`.
//!
//! A mapping turns a foreign record into one of ours ([`Mapping::apply`]). Its words are also known in records that have
//! our shape already but come from that source, which their id tells ([`Mappings::localise`]): « collège » of the French
//! GAR is not the one of Québec.

mod known;
mod rule;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::csv::Layout;
use super::encoding::Encoding;
use super::usable_id;
use crate::domain::draft::{listed, meanings, vocabulary_of};
use crate::domain::language::UNDETERMINED;
use crate::domain::text;
use crate::domain::vocabulary::Vocabularies;
pub use known::Mappings;
use rule::Rule;

/// How to read one source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The name of its file.
    #[serde(skip)]
    name: String,
    /// What `provenance.source` says.
    source: Option<String>,
    /// Ids begin with it and a colon.
    id_prefix: Option<String>,
    /// Columns or members by which a file of this source is recognised: all of them are there.
    #[serde(default)]
    recognise: Vec<String>,
    /// What stands between two cells of a table; found out when not said.
    separator: Option<char>,
    #[serde(default)]
    encoding: Encoding,
    /// The column with which the cells beyond the header begin again.
    repeat_from: Option<String>,
    /// Whether a cell that looks like a formula has an apostrophe in front of it, which is not its text's.
    #[serde(default)]
    escaped: bool,
    /// Where in a JSON document the records may lie: names of members with dots between them.
    #[serde(default)]
    pub records: Vec<String>,
    /// The member that holds the whole record, as a text in XML or JSON-LD.
    pub payload: Option<String>,
    /// Whether its records complete those of the catalogue instead of taking their place.
    #[serde(default)]
    pub completes: bool,
    /// The language of title and description.
    language: Option<Rule>,
    /// What is not kept.
    #[serde(default)]
    drop: Vec<String>,
    /// Our fields, and where they come from.
    #[serde(default)]
    fields: BTreeMap<String, Rule>,
    /// The source's words in our fields, and what they mean there; nothing when they have no counterpart.
    #[serde(default)]
    words: BTreeMap<String, BTreeMap<String, Meaning>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Meaning {
    One(String),
    Several(Vec<String>),
}

/// The meaning of every word that is not named.
const OTHERWISE: &str = "*";

/// A list of ours, in which each value stands for itself.
const LISTS: [&str; 12] = [
    "type",
    "languages",
    "keywords",
    "devices",
    "os",
    "platforms",
    "subjects",
    "levels",
    "skills",
    "strategies",
    "student_types",
    "accessibility",
];

/// What may be wrong with a mapping.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("the mapping {name} cannot be read")]
    Read {
        name: String,
        source: std::io::Error,
    },
    #[error("the mapping {name} is not readable as TOML")]
    Toml {
        name: String,
        source: Box<toml::de::Error>,
    },
    #[error("the mapping {name}: {reason}")]
    Content { name: String, reason: String },
}

impl Mapping {
    fn parse(name: &str, file: &str) -> Result<Self, MappingError> {
        let mut mapping: Mapping = toml::from_str(file).map_err(|source| MappingError::Toml {
            name: name.to_owned(),
            source: Box::new(source),
        })?;
        mapping.name = name.to_owned();
        for words in mapping.words.values_mut() {
            let folded = std::mem::take(words).into_iter().map(|(word, meaning)| {
                let is_rest = word == OTHERWISE;
                (if is_rest { word } else { text::key(&word) }, meaning)
            });
            *words = folded.collect();
        }
        if mapping.payload.is_none()
            && !mapping.fields.contains_key("id")
            && !mapping.fields.is_empty()
        {
            return Err(MappingError::Content {
                name: name.to_owned(),
                reason: "no field gives the id".into(),
            });
        }
        Ok(mapping)
    }

    /// A mapping file of the caller's.
    pub fn open(file: &Path) -> Result<Self, MappingError> {
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|source| MappingError::Read {
            name: path.clone(),
            source,
        })?;
        let mut mapping = Mapping::parse(&path, &text)?;
        let name = file
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        mapping.name = name.unwrap_or(path);
        Ok(mapping)
    }

    /// How a table of this source is laid out.
    pub fn layout(&self) -> Layout {
        Layout {
            separator: self
                .separator
                .and_then(|separator| u8::try_from(separator).ok()),
            encoding: self.encoding,
            repeat_from: self.repeat_from.clone(),
            is_escaped: self.escaped,
        }
    }

    /// Whether records with these columns or members are this source's.
    fn knows(&self, names: &[String]) -> bool {
        !self.recognise.is_empty() && self.recognise.iter().all(|name| names.contains(name))
    }

    /// A foreign record as one of ours. What no rule uses goes to `provenance.raw`.
    pub fn apply(&self, record: Value, vocabularies: &Vocabularies) -> Result<Value, String> {
        let Value::Object(foreign) = record else {
            return Err("a record is an object".into());
        };
        let language = self.language(&foreign, vocabularies);
        let mut ours = Map::new();
        for (field, rule) in &self.fields {
            let vocabulary = vocabulary_of(field).map(|name| vocabularies.get(name));
            let values = rule.values(&foreign, vocabulary);
            if !values.is_empty() {
                self.put(&mut ours, field, values, &language);
            }
        }
        let is_used = |name: &String| {
            let mut rules = self.fields.values().chain(&self.language);
            rules.any(|rule| rule.uses_up(name)) || self.drop.contains(name)
        };
        let raw: Map<String, Value> = foreign
            .into_iter()
            .filter(|(name, _)| !is_used(name))
            .collect();
        set(&mut ours, "provenance.format", self.name.as_str().into());
        set(&mut ours, "provenance.raw", raw.into());
        if let Some(source) = &self.source {
            set(&mut ours, "provenance.source", source.as_str().into());
        }
        self.localise(&mut ours, vocabularies);
        Ok(Value::Object(ours))
    }

    /// The tag under which texts are kept, when the record names exactly one language.
    fn language(&self, foreign: &Map<String, Value>, vocabularies: &Vocabularies) -> String {
        let languages = vocabularies.get("language");
        let named = self
            .language
            .as_ref()
            .map(|rule| rule.values(foreign, None))
            .unwrap_or_default();
        let [Value::String(word)] = named.as_slice() else {
            return UNDETERMINED.into();
        };
        match meanings(languages, word).as_deref() {
            Some([tag]) => tag.clone(),
            _ => UNDETERMINED.into(),
        }
    }

    fn put(
        &self,
        ours: &mut Map<String, Value>,
        field: &str,
        mut values: Vec<Value>,
        language: &str,
    ) {
        if LISTS.contains(&field) {
            let value = match field {
                "keywords" => json!({ language: values }),
                _ => Value::Array(values),
            };
            ours.insert(field.to_owned(), value);
            return;
        }
        if field.starts_with("keywords.") {
            return set(ours, field, values.into());
        }
        let mut value = values.swap_remove(0);
        if let Some(kind) = field.strip_prefix("links.") {
            if let Value::Array(links) = ours.entry("links").or_insert_with(|| json!([])) {
                links.push(json!({"kind": kind, "url": value}));
            }
            return;
        }
        match (field, &value) {
            ("id", Value::String(id)) => value = self.id(id).into(),
            ("title" | "description", _) => value = json!({ language: value }),
            _ => {}
        }
        set(ours, field, value);
    }

    /// The source's id as one of ours, with its prefix.
    fn id(&self, id: &str) -> String {
        match &self.id_prefix {
            Some(prefix) => usable_id(&format!("{prefix}:{id}")),
            None => usable_id(id),
        }
    }

    fn localise(&self, record: &mut Map<String, Value>, vocabularies: &Vocabularies) {
        let mut kept = Vec::new();
        for (field, words) in &self.words {
            let Some(value) = place(record, field) else {
                continue;
            };
            let vocabulary = vocabulary_of(field).map(|name| vocabularies.get(name));
            let was_list = value.is_array();
            let mut meant = Vec::new();
            for word in listed(value.take()) {
                let name = word.as_str().unwrap_or_default();
                if vocabulary.is_some_and(|vocabulary| vocabulary.ordinal(name).is_some()) {
                    meant.push(word);
                    continue;
                }
                let key = text::key(name);
                match words.get(&key).or_else(|| words.get(OTHERWISE)) {
                    Some(Meaning::One(own)) => meant.push(own.clone().into()),
                    Some(Meaning::Several(own)) if own.is_empty() => {
                        kept.push((field.clone(), word))
                    }
                    Some(Meaning::Several(own)) => {
                        meant.extend(own.iter().cloned().map(Value::from))
                    }
                    None => meant.push(word),
                }
            }
            *value = if was_list || meant.len() > 1 {
                Value::Array(meant)
            } else {
                meant.pop().unwrap_or(Value::Null)
            };
        }
        for (field, word) in kept {
            keep(record, &field, word);
        }
    }
}

/// Puts a word into `provenance.raw`, where an earlier import may have left it already.
fn keep(record: &mut Map<String, Value>, field: &str, word: Value) {
    let provenance = record.entry("provenance").or_insert_with(|| json!({}));
    let Value::Object(provenance) = provenance else {
        return;
    };
    if let Value::Object(raw) = provenance.entry("raw").or_insert_with(|| json!({}))
        && let Value::Array(words) = raw.entry(field).or_insert_with(|| json!([]))
        && !words.contains(&word)
    {
        words.push(word);
    }
}

/// The value at a path of members, when it is there.
fn place<'a>(record: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Value> {
    match path.split_once('.') {
        None => record.get_mut(path),
        Some((first, rest)) => match record.get_mut(first)? {
            Value::Object(inner) => place(inner, rest),
            _ => None,
        },
    }
}

/// Puts a value at a path of members, making the objects on the way.
fn set(record: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            record.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            if let Value::Object(inner) = record.entry(first).or_insert_with(|| json!({})) {
                set(inner, rest, value);
            }
        }
    }
}
