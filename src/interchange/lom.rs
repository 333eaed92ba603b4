//! Resources in LOM: IEEE 1484.12.3, its French form ScoLOMFR, and the Normetic profile of Québec.

use serde_json::{Map, Value, json};

use super::concept::known_name;
use super::xml::Element;
use super::{age_range, licence, usable_id};
use crate::domain::draft::{is_web_address, meanings, vocabulary_of};
use crate::domain::language::UNDETERMINED;
use crate::domain::vocabulary::Vocabularies;

/// What a field of ours took, so that it is not kept twice; and what is about people, which is not kept at all.
const TAKEN: [&str; 22] = [
    "general/identifier",
    "general/title",
    "general/language",
    "general/description",
    "general/keyword",
    "general/documentType",
    "general/generalResourceType",
    "lifeCycle/contribute",
    "metaMetadata/contribute",
    "technical/location",
    "technical/requirement",
    "educational/learningResourceType",
    "educational/context",
    "educational/typicalAgeRange",
    "educational/educationalMethod",
    "educational/tool",
    "rights/cost",
    "rights/description",
    "classification",
    "annotation",
    "technical/extendedLocation/location",
    "metaMetadata/metadataSchema",
];

/// The longest text of rights that names a licence rather than explaining one.
const LONGEST_LICENCE_CHARS: usize = 200;

/// What a classification is about, by a part of its purpose, and our field for it.
const PURPOSES: [(&str, &str); 8] = [
    ("discipline", "subjects"),
    ("domaine d'enseignement", "subjects"),
    ("educational level", "levels"),
    ("educational_level", "levels"),
    ("niveau", "levels"),
    ("competency", "skills"),
    ("educational objective", "skills"),
    ("accessibility", "accessibility"),
];

/// A `lom` element as a record of ours.
pub fn record(lom: &Element, vocabularies: &Vocabularies) -> Value {
    let reading = Reading { lom, vocabularies };
    let mut ours = Map::new();
    let url = reading.url();
    ours.insert(
        "id".into(),
        reading
            .id()
            .or_else(|| url.clone())
            .map(|id| usable_id(&id))
            .into(),
    );
    ours.insert("url".into(), url.into());
    ours.insert("title".into(), reading.texts("general/title"));
    ours.insert("description".into(), reading.texts("general/description"));
    ours.insert("keywords".into(), reading.keywords());
    ours.insert("languages".into(), lom.texts_at("general/language").into());
    let kinds = [
        "educational/learningResourceType",
        "general/generalResourceType",
        "general/documentType",
    ];
    let mut kinds = reading.terms(&kinds, "type");
    if kinds.is_empty() {
        kinds.extend(reading.media_type());
    }
    ours.insert("type".into(), kinds.into());
    ours.insert(
        "strategies".into(),
        reading
            .terms(&["educational/educationalMethod"], "strategies")
            .into(),
    );
    ours.insert(
        "os".into(),
        reading
            .terms(&["technical/requirement/orComposite/name"], "os")
            .into(),
    );
    ours.insert(
        "devices".into(),
        reading.known_terms("educational/tool", "devices"),
    );
    ours.insert(
        "platforms".into(),
        reading.known_terms("educational/tool", "platforms"),
    );
    for (field, terms) in reading.classifications() {
        let known = ours.entry(field).or_insert_with(|| json!([]));
        if let Value::Array(known) = known {
            known.extend(terms.into_iter().map(Value::from));
        }
    }
    if !ours.contains_key("levels") {
        ours.insert(
            "levels".into(),
            reading.terms(&["educational/context"], "levels").into(),
        );
    }
    let age = lom.text_at("educational/typicalAgeRange/string");
    ours.insert("age".into(), age.map_or(Value::Null, |age| age_range(&age)));
    ours.insert("price".into(), reading.price());
    ours.insert("licence".into(), reading.licence().into());
    ours.insert("publisher".into(), reading.organisation("publisher").into());
    ours.insert(
        "created_at".into(),
        reading
            .date("author")
            .or_else(|| reading.date("publisher"))
            .into(),
    );
    let raw = lom.as_json("", &|path| TAKEN.contains(&path));
    ours.insert(
        "provenance".into(),
        json!({"format": "lom", "raw": raw.unwrap_or_else(|| json!({}))}),
    );
    ours.into()
}

struct Reading<'a> {
    lom: &'a Element,
    vocabularies: &'a Vocabularies,
}

impl Reading<'_> {
    /// The entry of the record's identifier, with its catalogue when it is no address.
    fn id(&self) -> Option<String> {
        let identifiers = ["general/identifier", "metaMetadata/identifier"];
        let found = identifiers.iter().flat_map(|path| self.lom.all(path));
        found.into_iter().find_map(|identifier| {
            let entry = identifier.text_at("entry")?;
            match identifier.text_at("catalog") {
                Some(catalogue) if !entry.contains(':') => Some(format!("{catalogue}:{entry}")),
                _ => Some(entry),
            }
        })
    }

    fn url(&self) -> Option<String> {
        let places = [
            "technical/location",
            "technical/extendedLocation/location",
            "general/identifier/entry",
        ];
        let mut addresses = places.iter().flat_map(|path| self.lom.texts_at(path));
        addresses.find(|address| is_web_address(address))
    }

    /// Texts in several languages, by language.
    fn texts(&self, path: &str) -> Value {
        let mut by_tag = Map::new();
        for (tag, text) in self.tagged(path) {
            by_tag.entry(tag).or_insert_with(|| text.into());
        }
        by_tag.into()
    }

    fn keywords(&self) -> Value {
        let mut by_tag = Map::new();
        for (tag, word) in self.tagged("general/keyword") {
            if let Value::Array(words) = by_tag.entry(tag).or_insert_with(|| json!([])) {
                words.push(word.into());
            }
        }
        by_tag.into()
    }

    fn tagged(&self, path: &str) -> Vec<(String, String)> {
        let strings = self.lom.all(&format!("{path}/string"));
        let said = strings
            .into_iter()
            .filter(|string| !string.text.trim().is_empty());
        said.map(|string| {
            let word = string
                .attribute("language")
                .or_else(|| string.attribute("lang"));
            let known = word.and_then(|word| meanings(self.vocabularies.get("language"), word));
            let tag = match known.as_deref() {
                Some([tag]) => tag.clone(),
                _ => word.unwrap_or(UNDETERMINED).to_owned(),
            };
            (tag, string.text.trim().to_owned())
        })
        .collect()
    }

    /// The names of a vocabulary's value, the surest first.
    fn names(element: &Element) -> Vec<String> {
        ["value", "label"]
            .iter()
            .filter_map(|name| element.text_at(name))
            .collect()
    }

    fn terms(&self, paths: &[&str], field: &str) -> Vec<String> {
        let vocabulary = vocabulary_of(field).map(|name| self.vocabularies.get(name));
        let elements = paths.iter().flat_map(|path| self.lom.all(path));
        let term = |element: &Element| {
            let names = Self::names(element);
            known_name(vocabulary, &names).or_else(|| names.last().cloned())
        };
        elements.filter_map(term).collect()
    }

    /// The first media type that tells the kind of a record.
    fn media_type(&self) -> Option<String> {
        known_name(
            Some(self.vocabularies.get("type")),
            &self.lom.texts_at("technical/format"),
        )
    }

    /// Of words that belong to several of our fields, those of one.
    fn known_terms(&self, path: &str, field: &str) -> Value {
        let vocabulary = vocabulary_of(field).map(|name| self.vocabularies.get(name));
        let elements = self.lom.all(path).into_iter();
        let known: Vec<String> = elements
            .filter_map(|element| known_name(vocabulary, &Self::names(element)))
            .collect();
        known.into()
    }

    /// What the classifications say, by our field: of each path the narrowest concept that we know.
    fn classifications(&self) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        for classification in self.lom.all("classification") {
            let purpose = classification
                .all("purpose")
                .into_iter()
                .flat_map(Self::names);
            let purpose = purpose.collect::<Vec<_>>().join(" ").to_lowercase();
            let Some((_, field)) = PURPOSES.iter().find(|(part, _)| purpose.contains(part)) else {
                continue;
            };
            let vocabulary = vocabulary_of(field).map(|name| self.vocabularies.get(name));
            let term = |path: &Element| {
                let mut taxons = path.all("taxon");
                taxons.reverse();
                let label = |taxon: &&Element| {
                    taxon
                        .text_at("entry/string")
                        .or_else(|| taxon.text_at("id"))
                };
                let names = taxons.iter().flat_map(|taxon| {
                    let mut names = taxon.texts_at("id");
                    names.extend(taxon.texts_at("entry/string"));
                    names
                });
                known_name(vocabulary, &names.collect::<Vec<_>>())
                    .or_else(|| taxons.first().and_then(label))
            };
            let terms = classification
                .all("taxonPath")
                .into_iter()
                .filter_map(term)
                .collect();
            found.push(((*field).to_owned(), terms));
        }
        found
    }

    /// LOM's own answer is whether there is a cost.
    fn price(&self) -> Value {
        let names = self
            .lom
            .all("rights/cost")
            .into_iter()
            .flat_map(Self::names);
        for name in names {
            let last = name.rsplit('/').next().unwrap_or_default().to_lowercase();
            match last.as_str() {
                "no" | "non" => return json!({"model": "free"}),
                "yes" | "oui" => return json!({"model": "paid"}),
                _ if meanings(self.vocabularies.get("price"), &name).is_some() => {
                    return json!({"model": name});
                }
                _ => {}
            }
        }
        Value::Null
    }

    fn licence(&self) -> Option<String> {
        let texts = self.lom.texts_at("rights/description/string");
        let address = texts.iter().find_map(|text| licence::find_in(text));
        address.or_else(|| {
            texts
                .into_iter()
                .find(|text| text.chars().count() <= LONGEST_LICENCE_CHARS)
        })
    }

    fn contributions(&self, role: &str) -> impl Iterator<Item = &Element> {
        let contributions = self.lom.all("lifeCycle/contribute").into_iter();
        contributions.filter(move |contribution| {
            let roles = contribution.all("role").into_iter().flat_map(Self::names);
            roles
                .into_iter()
                .any(|name| name.rsplit('/').next() == Some(role))
        })
    }

    /// The organisation on the visiting card of a role; people's names and addresses are left where they are.
    fn organisation(&self, role: &str) -> Option<String> {
        let cards = self
            .contributions(role)
            .flat_map(|contribution| contribution.texts_at("entity"));
        let line = |card: String| {
            let is_organisation = |line: &&str| line.to_uppercase().starts_with("ORG");
            let line = card
                .lines()
                .map(str::trim)
                .find(is_organisation)?
                .to_owned();
            let (_, name) = line.split_once(':')?;
            Some(
                name.trim_end_matches(';')
                    .replace(';', ", ")
                    .trim()
                    .to_owned(),
            )
        };
        cards.filter_map(line).find(|name| !name.is_empty())
    }

    fn date(&self, role: &str) -> Option<String> {
        self.contributions(role)
            .find_map(|contribution| contribution.text_at("date/dateTime"))
    }
}
