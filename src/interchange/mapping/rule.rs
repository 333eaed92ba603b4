//! How one field of ours is made from columns or members of a foreign record.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::domain::draft::listed;
use crate::domain::vocabulary::Vocabulary;
use crate::interchange::concept::{known_name, texts};
use crate::interchange::{html, licence};

/// How a field is made: columns or members, and what is done with their texts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Steps {
    #[serde(deserialize_with = "names")]
    from: Vec<String>,
    /// The same for every record.
    value: Option<Value>,
    /// The members that name a concept, the surest first.
    concept: Vec<String>,
    /// What stands between several values of a cell.
    split: Option<String>,
    /// Only what follows this.
    after: Option<String>,
    /// Only what precedes this.
    before: Option<String>,
    replace: Vec<(String, String)>,
    /// What is put before it.
    prefix: String,
    /// What is put between the texts of several columns; without it the first text is taken.
    join: Option<String>,
    kind: Kind,
}

/// A rule as a mapping file writes it: a column, several columns, or a table of steps.
#[derive(Debug)]
pub struct Rule(Steps);

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Rule;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a column, a list of columns, or a table with `from`")
            }

            fn visit_str<E>(self, column: &str) -> Result<Rule, E> {
                Ok(Rule::of(vec![column.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, columns: A) -> Result<Rule, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(columns)).map(Rule::of)
            }

            fn visit_map<A: MapAccess<'de>>(self, steps: A) -> Result<Rule, A::Error> {
                Steps::deserialize(MapAccessDeserializer::new(steps)).map(Rule)
            }
        }
        deserializer.deserialize_any(Written)
    }
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Rule::deserialize(deserializer).map(|rule| rule.0.from)
}

/// What a text is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Text,
    /// With tags and entities, of which the words remain.
    Html,
    Number,
    Flag,
    /// A name to make an id of.
    Slug,
    /// The address of a licence, or its name.
    Licence,
}

impl Rule {
    fn of(from: Vec<String>) -> Self {
        Rule(Steps {
            from,
            ..Steps::default()
        })
    }

    /// The values of a record, in order.
    pub fn values(
        &self,
        record: &Map<String, Value>,
        vocabulary: Option<&Vocabulary>,
    ) -> Vec<Value> {
        if let Some(value) = &self.0.value {
            return listed(value.clone());
        }
        let found = self.0.from.iter().flat_map(|path| at(record, path));
        let cells = found.flat_map(|value| self.cells(value, vocabulary));
        let words = cells.flat_map(|cell| self.parts(&cell));
        match &self.0.join {
            None => words.filter_map(|word| self.0.kind.read(word)).collect(),
            Some(between) => {
                let words: Vec<String> = words.collect();
                let whole = (!words.is_empty()).then(|| words.join(between));
                whole
                    .and_then(|whole| self.0.kind.read(whole))
                    .into_iter()
                    .collect()
            }
        }
    }

    /// Whether nothing is left of a column or member once this rule was applied.
    pub fn uses_up(&self, name: &str) -> bool {
        self.0.from.iter().any(|path| path == name)
    }

    fn cells(&self, value: &Value, vocabulary: Option<&Vocabulary>) -> Vec<String> {
        if self.0.concept.is_empty() {
            return texts(value);
        }
        let concepts: &[Value] = match value {
            Value::Array(concepts) => concepts,
            single => std::slice::from_ref(single),
        };
        let name = |concept: &Value| {
            let names = self
                .0
                .concept
                .iter()
                .flat_map(|member| texts(&concept[member]));
            let names: Vec<String> = names.collect();
            known_name(vocabulary, &names).or_else(|| names.last().cloned())
        };
        concepts.iter().filter_map(name).collect()
    }

    /// The values in a cell.
    fn parts(&self, cell: &str) -> Vec<String> {
        match &self.0.split {
            Some(between) => cell
                .split(between.as_str())
                .filter_map(|part| self.cut(part))
                .collect(),
            None => self.cut(cell).into_iter().collect(),
        }
    }

    /// What matters of a value, without white space around it.
    fn cut(&self, value: &str) -> Option<String> {
        let mut part = value;
        if let Some(after) = &self.0.after {
            part = part.split_once(after.as_str())?.1;
        }
        if let Some(before) = &self.0.before {
            part = part
                .split_once(before.as_str())
                .map_or(part, |(part, _)| part);
        }
        let mut part = part.trim().to_owned();
        for (old, new) in &self.0.replace {
            part = part.replace(old, new);
        }
        (!part.is_empty()).then(|| format!("{}{part}", self.0.prefix))
    }
}

impl Kind {
    fn read(self, text: String) -> Option<Value> {
        let value = match self {
            Kind::Text => text.into(),
            Kind::Html => html::words(&text).into(),
            Kind::Licence => licence::id(&text).into(),
            Kind::Slug => crate::domain::text::key(&text).replace(' ', "-").into(),
            // What is no number or no yes is passed on as it is, to be reported.
            Kind::Number => match text.parse::<i64>() {
                Ok(number) => number.into(),
                Err(_) => match text.replace(',', ".").parse::<f64>() {
                    Ok(number) => number.into(),
                    Err(_) => text.into(),
                },
            },
            Kind::Flag => match crate::domain::text::key(&text).as_str() {
                "true" | "yes" | "oui" | "vrai" | "1" | "y" => true.into(),
                "false" | "no" | "non" | "faux" | "0" | "n" => false.into(),
                _ => text.into(),
            },
        };
        (value != Value::String(String::new())).then_some(value)
    }
}

/// The values at a path: a column of that very name, else members with dots between them, through lists.
fn at<'a>(record: &'a Map<String, Value>, path: &str) -> Vec<&'a Value> {
    if let Some(value) = record.get(path) {
        return vec![value];
    }
    let Some((first, rest)) = path.split_once('.') else {
        return Vec::new();
    };
    let inner = match record.get(first) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    let objects = inner.into_iter().filter_map(Value::as_object);
    objects.flat_map(|object| at(object, rest)).collect()
}
