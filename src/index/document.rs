//! A resource becomes a document of the index.

use tantivy::TantivyDocument;

use super::analysis::{TextReader, Tokens};
use super::record;
use super::schema::Fields;
use crate::domain::compatibility::RunsOn;
use crate::domain::draft;
use crate::domain::language::Language;
use crate::domain::resource::Resource;
use crate::domain::text;
use crate::index_schema::IndexSchema;
use crate::query::attributes::{Address, Merit};
use crate::query::facet::Facet;
use crate::query::text_field::TextSource;

/// What a document has besides its words and its record, in bytes: mostly no more than this.
const OTHER_BYTES: usize = 1024;

/// Makes documents of resources; keeps from one to the next what it need not make anew.
pub struct DocumentMaker {
    reader: TextReader,
    exact: Tokens,
    /// For each group of texts, the stems in each language.
    stems: Vec<[Tokens; 2]>,
}

impl DocumentMaker {
    pub fn new(fields: &Fields) -> Self {
        DocumentMaker {
            reader: TextReader::new(&fields.stems),
            exact: Tokens::default(),
            stems: vec![Default::default(); fields.texts.len()],
        }
    }

    /// The document of a resource, given how its address stands.
    pub fn document(
        &mut self,
        resource: &Resource,
        address: Address,
        fields: &Fields,
        schema: &IndexSchema,
    ) -> TantivyDocument {
        let runs_on = schema
            .compatibility
            .runs_on(&resource.devices, &resource.os);
        self.read(resource, &runs_on, schema);
        let record = record::shown(resource, &runs_on);
        let read = self.stems.iter().flatten().chain([&self.exact]);
        let bytes: usize = read.map(|tokens| tokens.as_str().len()).sum();
        let mut document = TantivyDocument::with_capacity(bytes + record.len() + OTHER_BYTES);
        document.add_text(fields.id, resource.id.as_str());
        document.add_text(fields.exact, self.exact.as_str());
        for (field, tokens) in fields
            .texts
            .iter()
            .flatten()
            .zip(self.stems.iter().flatten())
        {
            document.add_text(*field, tokens.as_str());
        }
        for facet in Facet::ALL {
            let values = facet.values(resource, &runs_on, &schema.licences);
            if !values.is_empty() {
                document.add_text(fields.facets[facet.column()], values.join("\n"));
            }
        }
        document.add_text(fields.merit, encode_merit(&merit(resource, address)));
        if let Some(cents) = schema.currencies.cost_cents(resource) {
            document.add_u64(fields.cost, cents);
        }
        if let Some(seconds) = resource.updated_at.as_deref().and_then(draft::seconds) {
            document.add_i64(fields.updated, seconds);
        }
        for (language, field) in Language::ALL.into_iter().zip(fields.title_order) {
            if let Some(title) = resource.title.best(language) {
                document.add_text(field, title_order(title));
            }
        }
        document.add_text(fields.record, record);
        document
    }

    fn read(&mut self, resource: &Resource, runs_on: &RunsOn, schema: &IndexSchema) {
        let DocumentMaker {
            reader,
            exact,
            stems,
        } = self;
        exact.clear();
        stems.iter_mut().flatten().for_each(Tokens::clear);
        texts(resource, runs_on, schema, |group, language, text| {
            reader.read(text, language, exact, &mut stems[group]);
        });
    }
}

/// Tells every text of a resource that words are looked up in, with the place of its group and its language: none where
/// it is neither of ours, or not known, so that readers of both may meet it.
pub fn texts(
    resource: &Resource,
    runs_on: &RunsOn,
    schema: &IndexSchema,
    mut tell: impl FnMut(usize, Option<Language>, &str),
) {
    for (place, group) in schema.text_fields.groups.iter().enumerate() {
        for language in Language::ALL {
            for source in &group.from {
                let mut tell = |language, text: &str| tell(place, language, text);
                source_texts(resource, *source, language, &mut tell);
            }
        }
        for name in &group.labels {
            label_texts(resource, runs_on, schema, name, &mut |language, text| {
                tell(place, Some(language), text)
            });
        }
    }
}

/// Tells the texts of a source in a language, with the first language those in neither.
fn source_texts(
    resource: &Resource,
    source: TextSource,
    language: Language,
    tell: &mut impl FnMut(Option<Language>, &str),
) {
    let (own, elsewhere) = (Some(language), language == Language::ALL[0]);
    let map = match source {
        TextSource::Title => Some(&resource.title),
        TextSource::Description => Some(&resource.description),
        TextSource::Benefits => resource
            .evidence
            .as_ref()
            .map(|evidence| &evidence.benefits),
        TextSource::PriceDetails => resource.price.as_ref().map(|price| &price.details),
        TextSource::Keywords => {
            for (tag, words) in &resource.keywords {
                if tag == language.tag() {
                    words.iter().for_each(|word| tell(own, word));
                } else if elsewhere && Language::from_tag(tag).is_none() {
                    words.iter().for_each(|word| tell(None, word));
                }
            }
            None
        }
        TextSource::Publisher => {
            let publisher = resource.publisher.as_ref().filter(|_| elsewhere);
            if let Some(name) = publisher.and_then(|publisher| publisher.name.as_deref()) {
                tell(None, name);
            }
            None
        }
    };
    if let Some(map) = map {
        map.get(language.tag())
            .into_iter()
            .for_each(|text| tell(own, text));
        if elsewhere {
            map.elsewhere().for_each(|text| tell(None, text));
        }
    }
}

/// Tells the labels of a vocabulary's terms, each in its language, with the parent's where there is one between the term
/// and the root: what is about fractions is about mathematics too.
fn label_texts(
    resource: &Resource,
    runs_on: &RunsOn,
    schema: &IndexSchema,
    name: &str,
    tell: &mut impl FnMut(Language, &str),
) {
    let vocabulary = schema.vocabularies.get(name);
    let ids: Vec<&str> = match Facet::from_name(name) {
        Some(facet) => facet.values(resource, runs_on, &schema.licences),
        None => resource.skills.iter().map(String::as_str).collect(),
    };
    let mut terms: Vec<_> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
    let parents: Vec<_> = terms
        .iter()
        .filter_map(|term| vocabulary.parent(*term))
        .collect();
    terms.extend(
        parents
            .into_iter()
            .filter(|parent| vocabulary.parent(*parent).is_some()),
    );
    terms.sort_unstable();
    terms.dedup();
    for term in terms {
        let label = &vocabulary.term(term).label;
        for language in Language::ALL {
            tell(language, label.get(language));
        }
    }
}

/// What the record offers to trust it by.
fn merit(resource: &Resource, address: Address) -> Merit {
    let support = ["tutorial", "guide", "support"]
        .into_iter()
        .filter(|feature| resource.has(feature))
        .count() as u8;
    let benefits = resource
        .evidence
        .as_ref()
        .is_some_and(|evidence| !evidence.benefits.is_empty());
    let evidence = if resource.has("evidence") {
        2
    } else {
        u8::from(benefits)
    };
    let updated = resource.updated_at.as_deref().and_then(draft::seconds);
    let speaks = |(place, language): (usize, Language)| {
        let tag = language.tag();
        u8::from(resource.title.get(tag).is_some() || resource.description.get(tag).is_some())
            << place
    };
    Merit {
        evidence,
        support,
        completeness: completeness(resource),
        verified: resource.verified.len().min(5) as u8,
        updated_month: updated.map_or(0, month),
        speaks: Language::ALL.into_iter().enumerate().map(speaks).sum(),
        address,
    }
}

/// How many of the twenty things that teachers compare by are known.
pub fn completeness(resource: &Resource) -> u8 {
    let price = resource.price.as_ref();
    let known = [
        resource.title.get("fr").is_some(),
        resource.title.get("en").is_some(),
        resource.description.get("fr").is_some(),
        resource.description.get("en").is_some(),
        resource.url.is_some(),
        resource.publisher.is_some(),
        !resource.types.is_empty(),
        !resource.languages.is_empty(),
        price.is_some_and(|price| price.model.is_some()),
        resource.licence.is_some(),
        resource.access.is_some(),
        resource.advertising.is_some(),
        resource.internet.is_some(),
        !resource.devices.is_empty() || !resource.os.is_empty(),
        !resource.subjects.is_empty(),
        !resource.levels.is_empty(),
        !resource.skills.is_empty(),
        !resource.strategies.is_empty(),
        resource.support.is_some(),
        resource.privacy.is_some() || !resource.accessibility.is_empty(),
    ];
    known.into_iter().filter(|known| *known).count() as u8
}

/// Whole months since January 1970.
pub fn month(seconds: i64) -> u16 {
    let Ok(timestamp) = jiff::Timestamp::from_second(seconds) else {
        return 0;
    };
    let date = timestamp.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let months = (i32::from(date.year()) - 1970) * 12 + i32::from(date.month()) - 1;
    months.clamp(0, i32::from(u16::MAX)) as u16
}

fn encode_merit(merit: &Merit) -> String {
    let Merit {
        evidence,
        support,
        completeness,
        verified,
        updated_month,
        speaks,
        address,
    } = merit;
    let is_dead = u8::from(*address == Address::Dead);
    format!("{evidence} {support} {completeness} {verified} {updated_month} {speaks} {is_dead}")
}

/// The merit that `encode_merit` wrote.
pub fn decode_merit(text: &str) -> Option<Merit> {
    let mut numbers = text.split(' ').map(str::parse::<u16>);
    let mut next = || numbers.next()?.ok();
    Some(Merit {
        evidence: next()? as u8,
        support: next()? as u8,
        completeness: next()? as u8,
        verified: next()? as u8,
        updated_month: next()?,
        speaks: next()? as u8,
        // An index that was made before addresses were visited does not say.
        address: match next() {
            Some(1) => Address::Dead,
            _ => Address::Unopposed,
        },
    })
}

/// How much of a title its place in the alphabet carries.
pub const TITLE_CHARS: usize = 80;

/// A title's place in the alphabet: its folded words, then the title itself, so that accents decide between equals.
fn title_order(title: &str) -> String {
    let mut order = text::key(title);
    order.push('\u{1}');
    order.extend(title.chars().take(TITLE_CHARS));
    order
}
