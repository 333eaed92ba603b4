//! A set of weights to try, and the same with one of them at 0.

use toml::{Table, Value};

use crate::index_schema::IndexSchema;
use crate::ranking::weights::Weights;

/// Weights with the name they are told by.
pub struct Configuration {
    pub name: String,
    pub weights: Weights,
    /// The file they came from, to make variants of.
    file: Table,
}

impl Configuration {
    /// Reads a file in the form of `index-schema/ranking.toml`.
    ///
    /// # Errors
    /// One sentence that names the entry and what is wrong with it.
    pub fn read(name: String, file: &str, schema: &IndexSchema) -> Result<Self, String> {
        let weights = Weights::parse(file, &schema.text_fields, &schema.vocabularies)?;
        let file = file
            .parse()
            .map_err(|error: toml::de::Error| error.to_string())?;
        Ok(Configuration {
            name,
            weights,
            file,
        })
    }

    /// The entries that count for something: every signal, and every group of texts, whose weight is not 0.
    pub fn dials(&self) -> Vec<Dial> {
        let entries = |table: Option<&Value>| -> Vec<(String, Value)> {
            let table = table.and_then(Value::as_table).cloned();
            table.unwrap_or_default().into_iter().collect()
        };
        let counts = |weight: Option<&Value>| {
            weight.is_some_and(|weight| {
                weight.as_float() != Some(0.0) && weight.as_integer() != Some(0)
            })
        };
        let signals = entries(self.file.get("weights"))
            .into_iter()
            .filter(|(_, weight)| counts(Some(weight)))
            .map(|(name, _)| Dial::Signal(name));
        let texts = self.file.get("text").and_then(|text| text.get("fields"));
        let fields = entries(texts)
            .into_iter()
            .filter(|(_, field)| counts(field.get("weight")))
            .map(|(name, _)| Dial::TextField(name));
        signals.chain(fields).collect()
    }

    /// These weights with 0 for one of them.
    ///
    /// # Errors
    /// One sentence, when the others do not do without it.
    pub fn without(&self, dial: &Dial, schema: &IndexSchema) -> Result<Weights, String> {
        let mut file = self.file.clone();
        let path: &[&str] = match dial {
            Dial::Signal(name) => &["weights", name],
            Dial::TextField(name) => &["text", "fields", name, "weight"],
        };
        set(&mut file, path, 0.0);
        Weights::parse(&file.to_string(), &schema.text_fields, &schema.vocabularies)
    }
}

/// One weight that can be turned down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dial {
    Signal(String),
    TextField(String),
}

impl Dial {
    /// As the report tells it.
    pub fn label(&self) -> String {
        match self {
            Dial::Signal(name) => name.clone(),
            Dial::TextField(name) => format!("words in {name}"),
        }
    }
}

fn set(table: &mut Table, path: &[&str], value: f64) {
    match path {
        [] => {}
        [last] => {
            table.insert((*last).to_owned(), Value::Float(value));
        }
        [first, rest @ ..] => {
            if let Some(Value::Table(inner)) = table.get_mut(*first) {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dial_turns_down_its_weight_and_no_other() {
        let schema = IndexSchema::embedded();
        let full = Configuration::read("full".into(), &schema.ranking, schema).unwrap();
        let dials = full.dials();
        assert!(dials.contains(&Dial::Signal("level".into())), "{dials:?}");
        assert!(
            dials.contains(&Dial::TextField("title".into())),
            "{dials:?}"
        );
        let without = full.without(&Dial::Signal("level".into()), schema).unwrap();
        assert_eq!(
            (without.of("level"), without.of("subject")),
            (0.0, full.weights.of("subject"))
        );
        let without = full
            .without(&Dial::TextField("title".into()), schema)
            .unwrap();
        let silent = without.text.weights.iter().filter(|weight| **weight == 0.0);
        assert_eq!(
            (silent.count(), without.of("level")),
            (1, full.weights.of("level"))
        );
    }
}
