//! How one field of ours is made from columns or members of a foreign record.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::draft::listed;
use crate::domain::vocabulary::Vocabulary;
use crate::interchange::concept::{known_name, texts};
use crate::interchange::{html, licence};

/// A rule as a mapping file writes it: a column, several columns, or a column and what is done with its text.
#[derive(Debug, Deserialize)]
#[serde(from = "Written")]
pub struct Rule {
    from: Vec<String>,
    value: Option<Value>,
    concept: Vec<String>,
    split: Option<String>,
    after: Option<String>,
    before: Option<String>,
    replace: Vec<(String, String)>,
    prefix: String,
    join: Option<String>,
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Column(String),
    Columns(Vec<String>),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    #[serde(default)]
    from: Names,
    /// The same for every record.
    value: Option<Value>,
    /// The members that name a concept, the surest first.
    #[serde(default)]
    concept: Vec<String>,
    /// What stands between several values of a cell.
    split: Option<String>,
    /// Only what follows this.
    after: Option<String>,
    /// Only what precedes this.
    before: Option<String>,
    #[serde(default)]
    replace: Vec<(String, String)>,
    /// What is put before it.
    #[serde(default)]
    prefix: String,
    /// What is put between the texts of several columns; without it the first text is taken.
    join: Option<String>,
    #[serde(default)]
    kind: Kind,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Names {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
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

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let full = match written {
            Written::Full(full) => full,
            Written::Column(column) => Full::of(Names::One(column)),
            Written::Columns(columns) => Full::of(Names::Several(columns)),
        };
        let from = match full.from {
            Names::None => Vec::new(),
            Names::One(column) => vec![column],
            Names::Several(columns) => columns,
        };
        Rule {
            from,
            value: full.value,
            concept: full.concept,
            split: full.split,
            after: full.after,
            before: full.before,
            replace: full.replace,
            prefix: full.prefix,
            join: full.join,
            kind: full.kind,
        }
    }
}

impl Full {
    fn of(from: Names) -> Self {
        Full {
            from,
            value: None,
            concept: Vec::new(),
            split: None,
            after: None,
            before: None,
            replace: Vec::new(),
            prefix: String::new(),
            join: None,
            kind: Kind::Text,
        }
    }
}

impl Rule {
    /// The values of a record, in order.
    pub fn values(
        &self,
        record: &Map<String, Value>,
        vocabulary: Option<&Vocabulary>,
    ) -> Vec<Value> {
        if let Some(value) = &self.value {
            return listed(value.clone());
        }
        let found = self.from.iter().flat_map(|path| at(record, path));
        let cells = found.flat_map(|value| self.cells(value, vocabulary));
        let words = cells.flat_map(|cell| self.parts(&cell));
        match &self.join {
            None => words.filter_map(|word| self.kind.read(word)).collect(),
            Some(between) => {
                let words: Vec<String> = words.collect();
                let whole = (!words.is_empty()).then(|| words.join(between));
                whole
                    .and_then(|whole| self.kind.read(whole))
                    .into_iter()
                    .collect()
            }
        }
    }

    /// Whether nothing is left of a column or member once this rule was applied.
    pub fn uses_up(&self, name: &str) -> bool {
        self.from.iter().any(|path| path == name)
    }

    fn cells(&self, value: &Value, vocabulary: Option<&Vocabulary>) -> Vec<String> {
        if self.concept.is_empty() {
            return texts(value);
        }
        let concepts: &[Value] = match value {
            Value::Array(concepts) => concepts,
            single => std::slice::from_ref(single),
        };
        let name = |concept: &Value| {
            let names = self
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
        match &self.split {
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
        if let Some(after) = &self.after {
            part = part.split_once(after.as_str())?.1;
        }
        if let Some(before) = &self.before {
            part = part
                .split_once(before.as_str())
                .map_or(part, |(part, _)| part);
        }
        let mut part = part.trim().to_owned();
        for (old, new) in &self.replace {
            part = part.replace(old, new);
        }
        (!part.is_empty()).then(|| format!("{}{part}", self.prefix))
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
