//! Takes a record apart, field by field; what is left, or does not fit, is kept as its origin wrote it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Unmapped, seconds, vocabulary_of};
use crate::domain::grade_range;
use crate::domain::language::{LanguageMap, UNDETERMINED};
use crate::domain::resource::{Provenance, TermId};
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};

/// The fields that were not taken yet, and what goes to `raw`.
pub struct Reader<'a> {
    pub fields: Map<String, Value>,
    pub raw: Map<String, Value>,
    pub unmapped: Vec<Unmapped>,
    vocabularies: &'a Vocabularies,
}

/// How much of a value a report shows.
const SHOWN_CHARS: usize = 120;

impl<'a> Reader<'a> {
    pub fn new(fields: Map<String, Value>, vocabularies: &'a Vocabularies) -> Self {
        Reader {
            fields,
            raw: Map::new(),
            unmapped: Vec::new(),
            vocabularies,
        }
    }

    pub fn with_raw(&mut self, mut provenance: Provenance) -> Option<Provenance> {
        provenance.raw = std::mem::take(&mut self.raw);
        (!provenance.is_empty()).then_some(provenance)
    }

    /// The field's value, when it is there and not null.
    pub fn take(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field).filter(|value| !value.is_null())
    }

    /// Keeps a value as its origin wrote it, beside what an earlier import kept of the same field.
    pub fn keep(&mut self, field: &str, value: Value) {
        let Some(kept) = self.raw.get_mut(field) else {
            self.raw.insert(field.to_owned(), value);
            return;
        };
        if *kept == value {
            return;
        }
        let mut values = listed(kept.take());
        listed(value)
            .into_iter()
            .for_each(|value| push_new(&mut values, value));
        *kept = Value::Array(values);
    }

    /// Keeps a value that should have fitted, and says so.
    pub fn keep_and_report(&mut self, field: &str, value: Value) {
        let shown = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.unmapped.push(Unmapped {
            field: field.to_owned(),
            value: shown.chars().take(SHOWN_CHARS).collect(),
        });
        self.keep(field, value);
    }

    pub fn keep_the_rest(&mut self) {
        for (field, value) in std::mem::take(&mut self.fields) {
            self.keep(&field, value);
        }
    }

    pub fn text(&mut self, field: &str) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.trim().to_owned()),
            other => {
                self.keep_and_report(field, other);
                None
            }
        }
    }

    pub fn flag(&mut self, field: &str) -> Option<bool> {
        self.typed(field)
    }

    /// A value of a Rust type, else it is kept and reported.
    pub fn typed<T: DeserializeOwned>(&mut self, field: &str) -> Option<T> {
        let value = self.take(field)?;
        match serde_json::from_value(value.clone()) {
            Ok(typed) => Some(typed),
            Err(_) => {
                self.keep_and_report(field, value);
                None
            }
        }
    }

    pub fn texts(&mut self, field: &str) -> Vec<String> {
        let Some(value) = self.take(field) else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        let mut others = Vec::new();
        for value in listed(value) {
            match value {
                Value::String(text) if !text.trim().is_empty() => {
                    push_new(&mut texts, text.trim().to_owned())
                }
                Value::String(_) | Value::Null => {}
                other => others.push(other),
            }
        }
        if !others.is_empty() {
            self.keep_and_report(field, Value::Array(others));
        }
        texts
    }

    pub fn language_map(&mut self, field: &str) -> LanguageMap {
        let Some(value) = self.take(field) else {
            return LanguageMap::default();
        };
        let (map, rest) = language_map(value);
        if let Some(rest) = rest {
            self.keep_and_report(field, rest);
        }
        map
    }

    pub fn url(&mut self, field: &str) -> Option<String> {
        let text = self.text(field)?;
        if is_web_address(&text) {
            return Some(text);
        }
        self.keep_and_report(field, Value::String(text));
        None
    }

    /// The entries of a list that can be read; the others are kept and reported. Of an entry that says more than we
    /// understand, the original is kept too.
    pub fn list_of<T: Serialize>(
        &mut self,
        field: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.take(field) else {
            return Vec::new();
        };
        let mut entries = Vec::new();
        for value in listed(value) {
            let Some(entry) = read(&value) else {
                self.keep_and_report(field, Value::Array(vec![value]));
                continue;
            };
            let told_back = serde_json::to_value(&entry).ok();
            if value.is_object() && told_back.as_ref() != Some(&value) {
                self.keep(field, Value::Array(vec![value]));
            }
            entries.push(entry);
        }
        entries
    }

    pub fn date(&mut self, field: &str) -> Option<String> {
        let text = self.text(field)?;
        if seconds(&text).is_some() {
            return Some(text);
        }
        self.keep_and_report(field, Value::String(text));
        None
    }

    pub fn term(&mut self, field: &str) -> Option<TermId> {
        let value = self.take(field)?;
        if let Value::String(word) = &value
            && let Some([id]) = meanings(self.vocabulary(field), word).as_deref()
        {
            return Some(id.clone());
        }
        self.keep_and_report(field, value);
        None
    }

    fn vocabulary(&self, field: &str) -> &'a Vocabulary {
        let name = vocabulary_of(field).expect("a field of terms is in the table of them");
        self.vocabularies.get(name)
    }

    pub fn terms(&mut self, field: &str) -> Vec<TermId> {
        let Some(value) = self.take(field) else {
            return Vec::new();
        };
        let vocabulary = self.vocabulary(field);
        let mut ids = Vec::new();
        for value in listed(value) {
            match value.as_str().and_then(|word| meanings(vocabulary, word)) {
                Some(meant) => meant.into_iter().for_each(|id| push_new(&mut ids, id)),
                None if value.is_null()
                    || value.as_str().is_some_and(|word| word.trim().is_empty()) => {}
                None => {
                    let shown = value
                        .as_str()
                        .map(str::to_owned)
                        .unwrap_or_else(|| value.to_string());
                    self.unmapped.push(Unmapped {
                        field: field.to_owned(),
                        value: shown.chars().take(SHOWN_CHARS).collect(),
                    });
                    self.keep(field, Value::Array(vec![value]));
                }
            }
        }
        ids
    }

    /// A reader for a nested object; anything else in its place is kept and reported.
    pub fn object(&mut self, field: &str, value: Value) -> Option<Reader<'a>> {
        match value {
            Value::Object(fields) => {
                let raw = match self.raw.remove(field) {
                    Some(Value::Object(kept)) => kept,
                    Some(other) => {
                        self.raw.insert(field.to_owned(), other);
                        Map::new()
                    }
                    None => Map::new(),
                };
                Some(Reader {
                    raw,
                    ..Reader::new(fields, self.vocabularies)
                })
            }
            other => {
                self.keep_and_report(field, other);
                None
            }
        }
    }

    /// Takes over what a nested reader kept and reported.
    pub fn take_back(&mut self, field: &str, mut nested: Reader) {
        nested.keep_the_rest();
        if !nested.raw.is_empty() {
            self.keep(field, Value::Object(nested.raw));
        }
        self.unmapped
            .extend(nested.unmapped.into_iter().map(|u| Unmapped {
                field: format!("{field}.{}", u.field),
                value: u.value,
            }));
    }
}

/// The ids that a word means in a vocabulary: its own names, the mapping, an address of a foreign concept, a range of
/// grades, a language with a region.
pub fn meanings(vocabulary: &Vocabulary, word: &str) -> Option<Vec<TermId>> {
    let known = vocabulary
        .resolve(word)
        .or_else(|| of_address(vocabulary, word))
        .or_else(|| match vocabulary.name() {
            "language" => vocabulary.resolve(word.split(['-', '_', '@']).next()?),
            _ => None,
        });
    match known {
        Some(ordinals) => {
            let id = |ordinal| vocabulary.term(ordinal).id.clone();
            Some(ordinals.into_iter().map(id).collect())
        }
        None if vocabulary.name() == "level" => grade_range::levels(word),
        None => None,
    }
}

/// What an address means: the mapping names it without its scheme, else its last part is a word of some length.
fn of_address(vocabulary: &Vocabulary, word: &str) -> Option<Vec<Ordinal>> {
    let address = word.trim();
    let address = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))?;
    let last = address
        .trim_end_matches(['/', '#'])
        .rsplit(['/', '#'])
        .next()?;
    let is_word = last.len() > 2
        && last
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '_'));
    vocabulary
        .resolve(address)
        .or_else(|| is_word.then(|| vocabulary.resolve(last)).flatten())
}

/// The texts by language of a value, and what of it is no such text.
pub fn language_map(value: Value) -> (LanguageMap, Option<Value>) {
    let mut map = LanguageMap::default();
    let mut rest = Map::new();
    match value {
        Value::String(text) => {
            if !text.trim().is_empty() {
                map.0.insert(UNDETERMINED.into(), text.trim().to_owned());
            }
        }
        Value::Object(texts) => {
            for (tag, text) in texts {
                let own_tag = tag.to_lowercase();
                match text {
                    Value::Null => {}
                    Value::String(text) if text.trim().is_empty() => {}
                    Value::String(text) if !map.0.contains_key(&own_tag) => {
                        map.0.insert(own_tag, text.trim().to_owned());
                    }
                    other => {
                        rest.insert(tag, other);
                    }
                }
            }
        }
        other => return (map, Some(other)),
    }
    (map, (!rest.is_empty()).then_some(Value::Object(rest)))
}

/// Whether a value has lists or objects within one another beyond a depth.
pub fn is_deeper_than(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(values) => {
            depth == 0 || values.iter().any(|value| is_deeper_than(value, depth - 1))
        }
        Value::Object(fields) => {
            depth == 0
                || fields
                    .values()
                    .any(|value| is_deeper_than(value, depth - 1))
        }
        _ => false,
    }
}

/// A list as it is, anything else as a list of one.
pub fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        single => vec![single],
    }
}

pub fn push_new<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// An address that is safe to offer as a link: http or https, with a host, without spaces or control characters.
pub fn is_web_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'))
}
