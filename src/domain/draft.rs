//! Raw JSON becomes a resource: the lenient door of every import.
//!
//! A record is refused only when it has no usable id, or neither a title nor a description. Everything else that
//! does not fit is kept word for word in `provenance.raw` and reported, so that nothing is lost and nothing is guessed.

mod reader;

use std::collections::BTreeMap;

use serde_json::Value;

use super::language::{LanguageMap, UNDETERMINED};
use super::problem::Problem;
use super::resource::{
    Age, Evidence, Internet, Link, Offer, Price, Provenance, Publisher, Research, Resource,
    ResourceId, StudentPrivacy, Support, Testimonial,
};
use super::vocabulary::Vocabularies;
use reader::{Reader, is_deeper_than, language_map, push_new};
pub use reader::{is_web_address, listed, meanings};

/// A checked resource, and what of the record found no place in it.
#[derive(Debug)]
pub struct Draft {
    pub resource: Resource,
    pub unmapped: Vec<Unmapped>,
}

/// A value that is kept in `provenance.raw` because we do not know what it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unmapped {
    pub field: String,
    pub value: String,
}

/// The fields whose values are terms of a vocabulary.
const TERM_FIELDS: [(&str, &str); 13] = [
    ("type", "type"),
    ("languages", "language"),
    ("access", "access"),
    ("devices", "device"),
    ("os", "os"),
    ("platforms", "platform"),
    ("subjects", "subject"),
    ("levels", "level"),
    ("skills", "skill"),
    ("strategies", "strategy"),
    ("student_types", "student_type"),
    ("headquarters", "headquarters"),
    ("model", "price"),
];

/// The vocabulary of a field's values, for fields within others too: `price.model`.
pub fn vocabulary_of(field: &str) -> Option<&'static str> {
    let name = field.rsplit('.').next()?;
    let known = TERM_FIELDS.iter().find(|(field, _)| *field == name);
    known.map(|(_, vocabulary)| *vocabulary)
}

/// Lists and objects within one another that a record may have; what is kept must be readable again, some levels deeper.
const DEEPEST: usize = 64;

impl Draft {
    /// Reads a record of design section 2, or of any shape close to it.
    ///
    /// # Errors
    /// Every problem that keeps it from being a resource.
    pub fn read(record: Value, vocabularies: &Vocabularies) -> Result<Draft, Vec<Problem>> {
        if is_deeper_than(&record, DEEPEST) {
            let detail =
                format!("its lists and objects lie more than {DEEPEST} deep within one another");
            return Err(vec![Problem::new("record", "too_deep", detail)]);
        }
        let Value::Object(fields) = record else {
            let detail = "a record is a JSON object, like {\"id\": \"...\"}";
            return Err(vec![Problem::new("record", "not_an_object", detail)]);
        };
        let mut reader = Reader::new(fields, vocabularies);
        let provenance = reader.provenance();
        let (title, description) = (
            reader.language_map("title"),
            reader.language_map("description"),
        );
        let id = check(reader.id(), &title, &description)?;
        let mut resource = Resource {
            id,
            title,
            description,
            keywords: reader.keywords(),
            url: reader.url("url"),
            links: reader.links(),
            publisher: reader.publisher(),
            types: reader.terms("type"),
            languages: reader.terms("languages"),
            price: reader.price(),
            offers: reader.offers(),
            licence: reader.text("licence"),
            access: reader.term("access"),
            advertising: reader.flag("advertising"),
            internet: reader.typed::<Internet>("internet"),
            devices: reader.terms("devices"),
            os: reader.terms("os"),
            platforms: reader.terms("platforms"),
            subjects: reader.terms("subjects"),
            levels: reader.terms("levels"),
            skills: reader.terms("skills"),
            strategies: reader.terms("strategies"),
            student_types: reader.terms("student_types"),
            age: reader.age(),
            support: reader.support(),
            downloadable: reader.flag("downloadable"),
            evidence: reader.evidence(),
            accessibility: reader.texts("accessibility"),
            privacy: reader.privacy(),
            verified: reader.verified(),
            created_at: reader.date("created_at"),
            updated_at: reader.date("updated_at"),
            provenance: None,
        };
        reader.keep_the_rest();
        resource.provenance = reader.with_raw(provenance);
        Ok(Draft {
            resource,
            unmapped: reader.unmapped,
        })
    }
}

/// What a record cannot do without.
fn check(
    id: Result<ResourceId, Problem>,
    title: &LanguageMap,
    description: &LanguageMap,
) -> Result<ResourceId, Vec<Problem>> {
    let no_text = title.is_empty() && description.is_empty();
    let text = no_text.then(|| {
        Problem::new(
            "title",
            "missing",
            "a record needs a title or a description",
        )
    });
    match (id, text) {
        (Ok(id), None) => Ok(id),
        (id, text) => Err(id.err().into_iter().chain(text).collect()),
    }
}

/// The fields that are more than a text, a flag or a list of terms.
impl Reader<'_> {
    fn id(&mut self) -> Result<ResourceId, Problem> {
        let id = match self.fields.remove("id") {
            Some(Value::String(id)) => id,
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Problem::new("id", "wrong_type", "an id is a text")),
            None => return Err(Problem::new("id", "missing", "a record needs an id")),
        };
        ResourceId::parse(&id).map_err(|detail| Problem::new("id", "invalid", detail))
    }

    /// A provenance that an earlier export wrote: its raw part is where this reading goes on.
    fn provenance(&mut self) -> Provenance {
        match self.fields.remove("provenance") {
            Some(value @ Value::Object(_)) => {
                match serde_json::from_value::<Provenance>(value.clone()) {
                    Ok(mut provenance) => {
                        self.raw = std::mem::take(&mut provenance.raw);
                        if let Value::Object(mut rest) = value {
                            rest.retain(|name, _| {
                                !["source", "format", "raw"].contains(&name.as_str())
                            });
                            if !rest.is_empty() {
                                self.keep("provenance", Value::Object(rest));
                            }
                        }
                        provenance
                    }
                    Err(_) => {
                        self.keep("provenance", value);
                        Provenance::default()
                    }
                }
            }
            Some(Value::Null) | None => Provenance::default(),
            Some(other) => {
                self.keep("provenance", other);
                Provenance::default()
            }
        }
    }

    fn keywords(&mut self) -> BTreeMap<String, Vec<String>> {
        let Some(value) = self.take("keywords") else {
            return Default::default();
        };
        let by_tag: Vec<(String, Value)> = match value {
            Value::Object(map) => map.into_iter().collect(),
            Value::String(line) => vec![(
                UNDETERMINED.to_owned(),
                Value::from(line.split(',').map(str::trim).collect::<Vec<_>>()),
            )],
            list @ Value::Array(_) => vec![(UNDETERMINED.to_owned(), list)],
            other => {
                self.keep_and_report("keywords", other);
                return Default::default();
            }
        };
        let mut keywords: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (tag, words) in by_tag {
            for word in listed(words) {
                match word {
                    Value::String(word) if word.trim().is_empty() => {}
                    Value::Null => {}
                    Value::String(word) => {
                        let known = keywords.entry(tag.to_lowercase()).or_default();
                        push_new(known, word.trim().to_owned());
                    }
                    other => self.keep_and_report("keywords", Value::Array(vec![other])),
                }
            }
        }
        keywords
    }

    fn links(&mut self) -> Vec<Link> {
        self.list_of("links", |value| {
            serde_json::from_value::<Link>(value.clone())
                .ok()
                .filter(|link| is_web_address(&link.url))
        })
    }

    fn offers(&mut self) -> Vec<Offer> {
        self.list_of("offers", |value| {
            let offer: Offer = serde_json::from_value(value.clone()).ok()?;
            let amount_ok = offer.amount.is_none_or(is_amount);
            let url_ok = offer.url.as_deref().is_none_or(is_web_address);
            (amount_ok && url_ok).then_some(offer)
        })
    }

    fn publisher(&mut self) -> Option<Publisher> {
        let value = match self.take("publisher")? {
            Value::String(name) => {
                return Some(Publisher {
                    name: Some(name.trim().to_owned()),
                    headquarters: None,
                });
            }
            value => value,
        };
        let mut fields = self.object("publisher", value)?;
        let name = fields.text("name");
        let headquarters = fields.term("headquarters");
        self.take_back("publisher", fields);
        (name.is_some() || headquarters.is_some()).then_some(Publisher { name, headquarters })
    }

    fn price(&mut self) -> Option<Price> {
        let value = match self.take("price")? {
            Value::String(model) => serde_json::json!({ "model": model }),
            value => value,
        };
        let mut fields = self.object("price", value)?;
        let model = fields.term("model");
        let amount = match fields.typed::<f64>("amount") {
            Some(amount) if !is_amount(amount) => {
                fields.keep_and_report("amount", amount.into());
                None
            }
            amount => amount,
        };
        let currency = fields.text("currency").map(|code| code.to_uppercase());
        let details = fields.language_map("details");
        self.take_back("price", fields);
        let empty = model.is_none() && amount.is_none() && currency.is_none() && details.is_empty();
        (!empty).then_some(Price {
            model,
            amount,
            currency,
            details,
        })
    }

    fn age(&mut self) -> Option<Age> {
        let value = self.take("age")?;
        let mut fields = self.object("age", value)?;
        let (min, max) = (fields.typed("min"), fields.typed("max"));
        self.take_back("age", fields);
        (min.is_some() || max.is_some()).then_some(Age { min, max })
    }

    fn support(&mut self) -> Option<Support> {
        let value = self.take("support")?;
        let mut fields = self.object("support", value)?;
        let support = Support {
            tutorial: fields.flag("tutorial"),
            guide: fields.flag("guide"),
            technical_support: fields.flag("technical_support"),
        };
        self.take_back("support", fields);
        (support != Support::default()).then_some(support)
    }

    fn evidence(&mut self) -> Option<Evidence> {
        let value = self.take("evidence")?;
        let mut fields = self.object("evidence", value)?;
        let evidence = Evidence {
            benefits: fields.language_map("benefits"),
            research: fields.list_of("research", |value| {
                let study = match value {
                    Value::String(title) => Research {
                        title: title.clone(),
                        url: None,
                    },
                    other => serde_json::from_value::<Research>(other.clone()).ok()?,
                };
                study
                    .url
                    .as_deref()
                    .is_none_or(is_web_address)
                    .then_some(study)
            }),
            testimonials: fields.list_of("testimonials", |value| {
                let (text, rest) = language_map(value.get("text").unwrap_or(value).clone());
                if text.is_empty() || rest.is_some() {
                    return None;
                }
                let by = value.get("by").and_then(Value::as_str).map(str::to_owned);
                Some(Testimonial { text, by })
            }),
        };
        self.take_back("evidence", fields);
        (evidence != Evidence::default()).then_some(evidence)
    }

    fn privacy(&mut self) -> Option<StudentPrivacy> {
        let value = self.take("privacy")?;
        let mut fields = self.object("privacy", value)?;
        let privacy = StudentPrivacy {
            student_data: fields.flag("student_data"),
            hosting_country: fields.text("hosting_country"),
            policy_url: fields.url("policy_url"),
        };
        self.take_back("privacy", fields);
        (privacy != StudentPrivacy::default()).then_some(privacy)
    }

    fn verified(&mut self) -> BTreeMap<String, String> {
        let Some(value) = self.take("verified") else {
            return Default::default();
        };
        let Some(mut fields) = self.object("verified", value) else {
            return Default::default();
        };
        let names: Vec<String> = fields.fields.keys().cloned().collect();
        let dates = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), fields.date(&name)?)))
            .collect();
        self.take_back("verified", fields);
        dates
    }
}

fn is_amount(amount: f64) -> bool {
    amount.is_finite() && (0.0..1e9).contains(&amount)
}

/// Seconds since 1970 of an ISO 8601 date, or date and time.
pub fn seconds(date: &str) -> Option<i64> {
    if let Ok(timestamp) = date.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second());
    }
    let day = date.parse::<jiff::civil::Date>().ok().or_else(|| {
        date.parse::<jiff::civil::DateTime>()
            .ok()
            .map(jiff::civil::DateTime::date)
    })?;
    Some(
        day.to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_second(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    fn read(record: Value) -> Draft {
        Draft::read(record, &IndexSchema::embedded().vocabularies).expect("a resource")
    }

    #[test]
    fn foreign_words_are_mapped_or_kept_and_reported() {
        let draft = read(
            json!({"id": "x", "title": "Fractions!", "levels": ["Grades 3-4", "kindergarden?"],
            "subjects": ["Mathématique"], "languages": ["fr-CA", "English"], "colour": "red"}),
        );
        assert_eq!(
            draft.resource.levels,
            ["/primary/cycle-2/grade-3", "/primary/cycle-2/grade-4"]
        );
        assert_eq!(
            draft.resource.subjects,
            ["/math-science-technology/mathematics"]
        );
        assert_eq!(draft.resource.languages, ["fr", "en"]);
        assert_eq!(draft.resource.title.get("und"), Some("Fractions!"));
        assert_eq!(
            draft.unmapped,
            [Unmapped {
                field: "levels".into(),
                value: "kindergarden?".into()
            }]
        );
        let raw = draft.resource.provenance.expect("something was kept").raw;
        assert_eq!(
            Value::Object(raw),
            json!({"levels": ["kindergarden?"], "colour": "red"})
        );
    }

    #[test]
    fn what_was_written_is_read_again_unchanged() {
        let first = read(
            json!({"id": "x", "description": {"fr": "Un jeu"}, "levels": ["K-2", "odd"], "age": {"min": "six"},
            "price": {"model": "paid", "amount": -1, "note": "?"}, "publisher": {"name": "A", "size": 3}, "source": {"a": 1},
            "evidence": {"research": ["A study", {"title": "B", "url": "javascript:alert(1)"}]}, "updated_at": "2026-01-31"}),
        );
        let again = read(serde_json::to_value(&first.resource).expect("serialisable"));
        assert_eq!(first.resource, again.resource);
        assert!(again.unmapped.is_empty(), "{:?}", again.unmapped);
    }

    #[test]
    fn nothing_that_a_record_says_is_lost() {
        for (one, other) in [
            (json!({"keywords": ["a", 3]}), json!({"keywords": ["a", 4]})),
            (
                json!({"keywords": {"fr": ["a"], "FR": ["b"]}}),
                json!({"keywords": {"fr": ["a"]}}),
            ),
            (
                json!({"title": {"fr": "x", "FR": "b"}}),
                json!({"title": {"fr": "x", "FR": "c"}}),
            ),
            (
                json!({"links": [{"kind": "web", "url": "https://a.org", "n": 1}]}),
                json!({"links": [{"kind": "web", "url": "https://a.org", "n": 2}]}),
            ),
            (
                json!({"evidence": {"testimonials": [{"text": "x", "by": 3}]}}),
                json!({"evidence": {"testimonials": [{"text": "x", "by": 4}]}}),
            ),
            (
                json!({"price": {"currency": "CAD"}}),
                json!({"price": {"currency": "USD"}}),
            ),
            (
                json!({"provenance": {"raw": {"foo": "x"}}, "foo": 3}),
                json!({"foo": 3}),
            ),
            (
                json!({"provenance": {"raw": {"price": "?"}}, "price": {"x": 1}}),
                json!({"price": {"x": 1}}),
            ),
            (
                json!({"provenance": {"source": "a", "n": 1}}),
                json!({"provenance": {"source": "a", "n": 2}}),
            ),
        ] {
            let with = |fields: &Value| {
                let mut record = json!({"id": "x", "description": "d"});
                record
                    .as_object_mut()
                    .expect("an object")
                    .extend(fields.as_object().expect("an object").clone());
                let first = read(record).resource;
                let again = read(serde_json::to_value(&first).expect("serialisable")).resource;
                assert_eq!(first, again, "{fields}");
                first
            };
            assert_ne!(with(&one), with(&other), "{one} and {other}");
        }
    }

    #[test]
    fn one_odd_text_does_not_take_the_others_along() {
        let draft =
            read(json!({"id": "x", "title": {"fr": "Bonjour", "en": null, "de": ["Hallo"]}}));
        assert_eq!(draft.resource.title.get("fr"), Some("Bonjour"));
        assert_eq!(draft.unmapped.len(), 1);
    }

    #[test]
    fn a_record_deeper_than_can_be_read_again_is_refused() {
        let nested = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        let vocabularies = &IndexSchema::embedded().vocabularies;
        let record = |depth| json!({"id": "x", "title": "x", "foo": nested(depth)});
        assert!(Draft::read(record(DEEPEST - 1), vocabularies).is_ok());
        assert!(Draft::read(record(DEEPEST + 1), vocabularies).is_err());
    }

    #[test]
    fn a_record_without_id_or_any_text_is_refused_with_every_reason() {
        let vocabularies = &IndexSchema::embedded().vocabularies;
        let fields = |record| -> Vec<String> {
            Draft::read(record, vocabularies)
                .expect_err("refused")
                .into_iter()
                .map(|p| p.field)
                .collect()
        };
        assert_eq!(
            fields(json!({"url": "https://example.org"})),
            ["id", "title"]
        );
        assert_eq!(fields(json!({"id": "a,b", "title": "x"})), ["id"]);
        assert_eq!(fields(json!(["no", "object"])), ["record"]);
    }

    #[test]
    fn only_web_addresses_become_links() {
        for bad in [
            "javascript:alert(1)",
            "ftp://example.org",
            "https://",
            "https://a b",
            "https://x\"onclick",
        ] {
            let draft = read(json!({"id": "x", "title": "x", "url": bad}));
            assert_eq!(draft.resource.url, None, "{bad}");
            assert_eq!(draft.unmapped.len(), 1);
        }
    }
}
