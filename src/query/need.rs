//! What a person who wants guidance has said so far, and the wishes that follow from it.
//!
//! A wish excludes: it is an answer, an expression of the words, or, unlike in a search, a profile's devices, systems and
//! budget. Each facet has one wish at most (each value of `has` is one of its own), so that each can be given up alone.

use serde_json::{Value, json};

use super::attributes::{Row, Sets};
use super::facet::Facet;
use super::filter::Filters;
use super::params::{RawParams, Reader};
use super::search_query::Query;
use crate::domain::problem::Problem;
use crate::domain::vocabulary::{Ordinal, Vocabularies};

/// A need as far as it is known: the question with the answers as its filters, and what does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Need {
    /// Its filters are the answers; its page is the short list.
    pub query: Query,
    pub skipped: Vec<Topic>,
}

/// What can be asked about, answered, or declared not to matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Facet(Facet),
    /// One value of `has`.
    Feature(Ordinal),
    /// The highest acceptable cost.
    Budget,
}

/// What a wish demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// One of the values (for `has`, all).
    Facet(Facet, Vec<Ordinal>),
    /// In Canadian cents; an unknown cost does not pass.
    MaxCost(u64),
}

/// Where a wish comes from, and so how it is given up: an answer is taken back, the others are skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Answers,
    Words,
    Profile,
}

/// One thing that a match must satisfy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub limit: Limit,
    pub source: Source,
}

/// The parameter of the highest acceptable cost.
const BUDGET: &str = "max_price";

impl Topic {
    /// Its name among what may be skipped: a parameter, or a value of `has`.
    pub fn name(self, vocabularies: &Vocabularies) -> &str {
        match self {
            Topic::Facet(facet) => facet.name(),
            Topic::Feature(feature) => &vocabularies.get(Facet::Has.name()).term(feature).id,
            Topic::Budget => BUDGET,
        }
    }

    /// The parameter that answers it.
    pub fn parameter(self) -> &'static str {
        match self {
            Topic::Facet(facet) => facet.name(),
            Topic::Feature(_) => Facet::Has.name(),
            Topic::Budget => BUDGET,
        }
    }

    /// The topic of a name; a budget may also be called so.
    pub fn from_name(name: &str, vocabularies: &Vocabularies) -> Option<Topic> {
        let feature = || vocabularies.get(Facet::Has.name()).ordinal(name);
        match name {
            BUDGET | "budget" => Some(Topic::Budget),
            _ => Facet::from_name(name)
                .map(Topic::Facet)
                .or_else(|| feature().map(Topic::Feature)),
        }
    }
}

impl Limit {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        match self {
            Limit::Facet(Facet::Has, values) => Topic::Feature(values[0]),
            Limit::Facet(facet, _) => Topic::Facet(*facet),
            Limit::MaxCost(_) => Topic::Budget,
        }
    }

    /// Whether a resource with these attributes satisfies it.
    pub fn passes(&self, row: &Row, sets: &Sets) -> bool {
        match self {
            Limit::Facet(facet, values) => sets.passes(*facet, row.set(*facet), values),
            Limit::MaxCost(max) => row.cost_cents().is_some_and(|cost| cost <= *max),
        }
    }

    /// As the parameters of a question: what `answers` takes.
    pub fn as_json(&self, vocabularies: &Vocabularies) -> Value {
        match self {
            Limit::Facet(facet, values) => {
                let vocabulary = vocabularies.get(facet.name());
                let ids = values.iter().map(|value| &vocabulary.term(*value).id);
                json!({ facet.name(): ids.collect::<Vec<_>>() })
            }
            Limit::MaxCost(cents) => json!({ BUDGET: *cents as f64 / 100.0 }),
        }
    }
}

impl Need {
    /// How many are on a short list when nobody says.
    pub const SHORTLIST: usize = 5;

    /// Reads the body of a guidance request.
    ///
    /// # Errors
    /// Every problem in it, those of `answers` with their field inside it.
    pub fn read(params: RawParams, vocabularies: &Vocabularies) -> Result<Need, Vec<Problem>> {
        let mut reader = Reader::new(params, vocabularies);
        let need = reader.need();
        reader.finish().map(|()| need)
    }

    /// What must hold, given the filters that answers and words make. On one topic an answer stands before the words, and
    /// these before the profile; what is skipped binds no more, unless it is answered.
    pub fn wishes(&self, filters: &Filters, vocabularies: &Vocabularies) -> Vec<Wish> {
        let mut wishes = Vec::new();
        let mut add = |limit: Limit, source| {
            if source == Source::Answers || !self.is_skipped(limit.topic()) {
                wishes.push(Wish { limit, source });
            }
        };
        for facet in filters.facets() {
            let source = match self.query.filters.values(facet).is_empty() {
                true => Source::Words,
                false => Source::Answers,
            };
            let values = filters.values(facet);
            if facet == Facet::Has {
                let each = values.iter().map(|value| vec![*value]);
                each.for_each(|value| add(Limit::Facet(facet, value), source));
            } else {
                add(Limit::Facet(facet, values.to_vec()), source);
            }
        }
        if let Some(max) = filters.max_cost_cents {
            add(Limit::MaxCost(max), Source::Answers);
        }
        if let Some(profile) = &self.query.profile {
            for (facet, ids) in [(Facet::Device, &profile.devices), (Facet::Os, &profile.os)] {
                let vocabulary = vocabularies.get(facet.name());
                let values: Vec<_> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
                if filters.values(facet).is_empty() && !values.is_empty() {
                    add(Limit::Facet(facet, values), Source::Profile);
                }
            }
            if let (Some(budget), None) = (profile.budget_cents, filters.max_cost_cents) {
                add(Limit::MaxCost(budget), Source::Profile);
            }
        }
        wishes
    }

    /// An answer as it takes the place of the answers of its parameter: what is demanded of `has` adds up.
    pub fn with_answer(&self, answer: Limit) -> Limit {
        match answer {
            Limit::Facet(Facet::Has, values) => {
                let known = self.query.filters.values(Facet::Has).iter().copied();
                Limit::Facet(Facet::Has, known.chain(values).collect())
            }
            other => other,
        }
    }

    /// Whether a topic was declared not to matter.
    pub fn is_skipped(&self, topic: Topic) -> bool {
        let whole = match topic {
            Topic::Feature(_) => Topic::Facet(Facet::Has),
            topic => topic,
        };
        self.skipped.contains(&topic) || self.skipped.contains(&whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn wishes(body: Value) -> Vec<(Value, Source)> {
        let vocabularies = &IndexSchema::embedded().vocabularies;
        let need = Need::read(RawParams::from_json(body), vocabularies).expect("valid");
        let wishes = need.wishes(&need.query.filters, vocabularies).into_iter();
        wishes
            .map(|wish| (wish.limit.as_json(vocabularies), wish.source))
            .collect()
    }

    #[test]
    fn answers_stand_before_the_profile_and_what_is_skipped_binds_no_more() {
        let profile = json!({"devices": ["ipad"], "os": ["ipados"], "budget": 20});
        assert_eq!(
            wishes(
                json!({"profile": profile, "answers": {"device": ["chromebook"], "has": ["guide", "tutorial"]},
                "skipped": ["os", "guide"]})
            ),
            [
                (json!({"device": ["chromebook"]}), Source::Answers),
                (json!({"has": ["guide"]}), Source::Answers),
                (json!({"has": ["tutorial"]}), Source::Answers),
                (json!({"max_price": 20.0}), Source::Profile),
            ]
        );
        let skipped = json!({"profile": profile, "skipped": ["device", "os", "budget"]});
        assert_eq!(wishes(skipped), []);
    }
}
