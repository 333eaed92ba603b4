//! A node of JSON-LD, whose properties are taken one by one.

use serde_json::{Map, Value, json};

use crate::domain::draft::{listed, meanings, vocabulary_of};
use crate::domain::language::UNDETERMINED;
use crate::domain::vocabulary::Vocabularies;
use crate::interchange::concept::{known_name, texts};

/// Where schema.org's terms may be written in full.
const SPELLINGS: [&str; 4] = ["", "schema:", "https://schema.org/", "http://schema.org/"];

/// Data of people, which are not kept.
const PERSONAL: [&str; 5] = ["email", "telephone", "faxNumber", "address", "birthDate"];

/// A node whose members are taken one by one.
pub struct Node<'a> {
    members: Map<String, Value>,
    /// The tag of texts that name no language.
    language: String,
    vocabularies: &'a Vocabularies,
}

impl<'a> Node<'a> {
    pub fn new(mut members: Map<String, Value>, vocabularies: &'a Vocabularies) -> Self {
        let context = members.remove("@context").map(listed).unwrap_or_default();
        let mut languages = context.iter().filter_map(|part| part["@language"].as_str());
        let language = languages.next_back().unwrap_or(UNDETERMINED).to_owned();
        for name in ["@type", "type"] {
            members.remove(name);
        }
        Node {
            members,
            language,
            vocabularies,
        }
    }

    pub fn take(&mut self, property: &str) -> Option<Value> {
        let mut spellings = SPELLINGS.iter().map(|start| format!("{start}{property}"));
        spellings
            .find_map(|name| self.members.remove(&name))
            .filter(|value| !value.is_null())
    }

    pub fn take_first(&mut self, properties: &[&str]) -> Option<Value> {
        properties.iter().find_map(|property| self.take(property))
    }

    /// The node's own address, unless it is blank; else what identifies it.
    pub fn id(&mut self) -> Option<String> {
        let own = ["@id", "id"]
            .iter()
            .find_map(|name| self.members.remove(*name));
        let own = own
            .and_then(|id| id.as_str().map(str::to_owned))
            .filter(|id| !id.starts_with(['_', '#']));
        own.or_else(|| {
            let identifiers = listed(self.take("identifier")?);
            identifiers
                .iter()
                .find_map(|identifier| name(identifier.get("value").unwrap_or(identifier)))
        })
    }

    /// A text, or texts in several languages, by language.
    pub fn by_language(&self, value: Option<Value>) -> Value {
        let mut by_tag = Map::new();
        for text in value.map(listed).unwrap_or_default() {
            match text {
                Value::String(text) => {
                    by_tag
                        .entry(self.language.as_str())
                        .or_insert_with(|| text.into());
                }
                Value::Object(mut tagged) => {
                    match (tagged.remove("@value"), tagged.remove("@language")) {
                        (Some(text), Some(Value::String(tag))) => {
                            by_tag.entry(tag).or_insert(text);
                        }
                        (Some(text), _) => {
                            by_tag.entry(self.language.as_str()).or_insert(text);
                        }
                        (None, _) => {
                            by_tag.extend(tagged.into_iter().filter(|(_, text)| text.is_string()))
                        }
                    }
                }
                _ => {}
            }
        }
        by_tag.into()
    }

    pub fn keywords(&mut self) -> Value {
        let mut words = Vec::new();
        for value in self.take("keywords").map(listed).unwrap_or_default() {
            match value {
                Value::String(line) => {
                    words.extend(line.split(',').map(|word| word.trim().to_owned()))
                }
                other => words.extend(label(&other)),
            }
        }
        json!({ self.language.as_str(): words })
    }

    /// The words of a property, each the one of its concept's names that we know.
    pub fn terms(&mut self, property: &str, field: &str) -> Vec<Value> {
        let concepts = self.take(property).map(listed).unwrap_or_default();
        let terms = concepts
            .iter()
            .flat_map(|concept| self.term(concept, field));
        terms.map(Value::from).collect()
    }

    fn term(&self, concept: &Value, field: &str) -> Vec<String> {
        let vocabulary = vocabulary_of(field).map(|name| self.vocabularies.get(name));
        if let Value::String(words) = concept {
            let is_known = vocabulary.is_none_or(|known| meanings(known, words).is_some());
            return match is_known {
                true => vec![words.clone()],
                false => words
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .collect(),
            };
        }
        let names = names(concept);
        known_name(vocabulary, &names)
            .or_else(|| label(concept))
            .into_iter()
            .collect()
    }

    /// What `educationalAlignment` says, by our field.
    pub fn alignments(&mut self) -> Vec<(&'static str, Value)> {
        let mut terms = Vec::new();
        for alignment in self
            .take("educationalAlignment")
            .map(listed)
            .unwrap_or_default()
        {
            let field = match alignment["alignmentType"].as_str() {
                Some("educationalSubject") => "subjects",
                Some("educationalLevel" | "educationLevel") => "levels",
                _ => "skills",
            };
            terms.extend(
                self.term(&alignment, field)
                    .into_iter()
                    .map(|term| (field, term.into())),
            );
        }
        terms
    }

    pub fn price(&mut self) -> Value {
        let is_free = self
            .take("isAccessibleForFree")
            .and_then(|value| match value {
                Value::Bool(free) => Some(free),
                other => other
                    .as_str()
                    .and_then(|text| text.to_lowercase().parse().ok()),
            });
        let offers = self.take("offers").map(listed).unwrap_or_default();
        let amount = |offer: &Value| {
            let price = offer.get("price").or_else(|| offer.get("lowPrice"))?;
            price
                .as_f64()
                .or_else(|| price.as_str()?.trim().replace(',', ".").parse().ok())
        };
        let priced = offers
            .iter()
            .find_map(|offer| Some((amount(offer)?, offer["priceCurrency"].clone())));
        let model = match (is_free, &priced) {
            (Some(true), Some((amount, _))) if *amount > 0.0 => Some("freemium"),
            (Some(true), _) => Some("free"),
            (_, Some((amount, _))) if *amount == 0.0 => Some("free"),
            (Some(false), _) | (None, Some(_)) => Some("paid"),
            (None, None) => None,
        };
        match (model, priced) {
            (None, _) => Value::Null,
            (model, Some((amount, currency))) => {
                json!({"model": model, "amount": amount, "currency": currency})
            }
            (model, None) => json!({ "model": model }),
        }
    }

    pub fn links(&mut self) -> Value {
        let mut links = Vec::new();
        for encoding in self.take("encoding").map(listed).unwrap_or_default() {
            if let Some(url) = encoding["contentUrl"].as_str() {
                links.push(json!({"kind": "file", "url": url}));
            }
        }
        for (property, kind) in [("downloadUrl", "download"), ("installUrl", "install")] {
            let urls = self
                .take(property)
                .map(|value| texts(&value))
                .unwrap_or_default();
            links.extend(
                urls.into_iter()
                    .map(|url| json!({"kind": kind, "url": url})),
            );
        }
        links.into()
    }

    pub fn rest(mut self) -> Value {
        for value in self.members.values_mut() {
            forget_personal(value);
        }
        self.members.into()
    }
}

/// The names of a concept, the surest first: its address, its code, its labels.
fn names(concept: &Value) -> Vec<String> {
    const MEMBERS: [&str; 9] = [
        "@id",
        "id",
        "url",
        "targetUrl",
        "termCode",
        "name",
        "targetName",
        "alternateName",
        "prefLabel",
    ];
    let values = MEMBERS.iter().filter_map(|member| concept.get(*member));
    values
        .flat_map(|value| match value {
            Value::Object(labels) => labels.values().flat_map(texts).collect(),
            other => texts(other),
        })
        .collect()
}

/// The name of a concept to show when nobody knows it: a label in one of our languages, else any name.
pub fn label(concept: &Value) -> Option<String> {
    let labels = &concept["prefLabel"];
    let own = ["fr", "en"]
        .iter()
        .find_map(|tag| labels[tag].as_str().map(str::to_owned));
    own.or_else(|| concept["name"].as_str().map(str::to_owned))
        .or_else(|| concept["targetName"].as_str().map(str::to_owned))
        .or_else(|| concept.as_str().map(str::to_owned))
        .or_else(|| names(concept).into_iter().next_back())
}

/// A text, or the address or name of an object.
pub fn name(value: &Value) -> Option<String> {
    texts(value)
        .into_iter()
        .next()
        .or_else(|| names(value).into_iter().next())
}

fn forget_personal(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !PERSONAL.contains(&name.as_str()));
            members.values_mut().for_each(forget_personal);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_personal),
        _ => {}
    }
}
