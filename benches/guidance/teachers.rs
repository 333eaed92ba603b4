//! Who looks for something, by rules that never ask Classo's ranking. All begin with one resource of the catalogue, drawn
//! evenly; every second teacher has a word of its texts in mind as well, and types it at the start. One time in ten a
//! question does not matter to them.
//!
//! [`Rule::Recognises`]: a teacher has seen the resource once and looks for no other. Asked, they choose the narrowest option
//! that it satisfies.
//!
//! [`Rule::Resembles`]: a teacher would take whatever has the word and two to four attributes of the resource, drawn evenly
//! from [`ATTRIBUTES`]; who would take more than [`MOST_TARGETS`] is drawn anew. Asked, they choose the option that keeps most
//! targets, the narrowest of these.
//!
//! [`Rule::Wishes`]: a teacher wants what the resource is, as far as that matters to them: each attribute matters with the
//! chance of [`MATTERS`]. They teach one grade: a level is one of the leaves under
//! the level that the resource declares. Of conditions, they want those that a school wants: no account, nothing to pay, no
//! advertising and the like. Every resource that has all of this, the word included, is a target; a teacher with more than
//! [`MOST_TARGETS`] is drawn anew. Asked, they choose the narrowest option that holds what they want; what is not among the
//! options, or what they do not care about, does not matter.

use classo::query::facet::Facet;
use classo::query::need::{Limit, Topic};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use crate::catalogue::{Catalogue, Known};

const MOST_TARGETS: usize = 8;

/// How often an attribute of the resource in mind matters.
const MATTERS: [(Facet, f64); 10] = [
    (Facet::Subject, 1.0),
    (Facet::Level, 0.9),
    (Facet::Language, 0.7),
    (Facet::Type, 0.6),
    (Facet::Device, 0.4),
    (Facet::Strategy, 0.3),
    (Facet::Access, 0.3),
    (Facet::StudentType, 0.2),
    (Facet::Platform, 0.2),
    (Facet::Has, 0.4),
];

/// What may be the same.
const ATTRIBUTES: [Facet; 12] = [
    Facet::Subject,
    Facet::Level,
    Facet::Language,
    Facet::Type,
    Facet::Device,
    Facet::Os,
    Facet::Strategy,
    Facet::Access,
    Facet::StudentType,
    Facet::Platform,
    Facet::Has,
    Facet::Headquarters,
];

/// How often nothing may be paid, when the resource in mind is free.
const NOTHING_TO_PAY: f64 = 0.5;

#[derive(Clone, Copy)]
pub enum Rule {
    Wishes,
    Recognises,
    Resembles,
}

impl Rule {
    pub const ALL: [Rule; 3] = [Rule::Wishes, Rule::Recognises, Rule::Resembles];

    pub fn name(self) -> &'static str {
        match self {
            Rule::Wishes => "who have wishes",
            Rule::Recognises => "who have one resource in mind",
            Rule::Resembles => "who would take what resembles one",
        }
    }
}

pub struct Teacher {
    rule: Rule,
    pub words: String,
    wants: Vec<Limit>,
    /// Ids, and the places of these resources.
    pub targets: Vec<String>,
    places: Vec<usize>,
    /// Draws their replies, the same whoever asks.
    seed: u64,
}

impl Teacher {
    pub fn draw(rule: Rule, catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        match rule {
            Rule::Wishes => Teacher::with_wishes(catalogue, rng),
            Rule::Recognises => Teacher::with_one_in_mind(catalogue, rng),
            Rule::Resembles => Teacher::with_attributes(catalogue, rng),
        }
    }

    fn with_one_in_mind(catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        let place = rng.random_range(0..catalogue.resources.len());
        let model = &catalogue.resources[place];
        let word = rng
            .random_bool(0.5)
            .then(|| word_in_mind(catalogue, model, rng));
        Teacher {
            rule: Rule::Recognises,
            words: word.flatten().unwrap_or_default(),
            wants: Vec::new(),
            targets: vec![model.id.clone()],
            places: vec![place],
            seed: rng.random(),
        }
    }

    fn with_attributes(catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        loop {
            let model = catalogue.resources.choose(rng).expect("a resource");
            let mut facets = ATTRIBUTES.to_vec();
            facets.shuffle(rng);
            facets.retain(|facet| !model.values(*facet).is_empty());
            facets.truncate(rng.random_range(2..=4));
            let value = |facet: &Facet| model.values(*facet).choose(rng).copied();
            let values: Vec<_> = facets.iter().filter_map(value).collect();
            let each = facets.into_iter().zip(values);
            let wants = each.map(|(facet, value)| Limit::Facet(facet, vec![value]));
            let word = rng
                .random_bool(0.5)
                .then(|| word_in_mind(catalogue, model, rng));
            let drawn = Teacher::with_targets(
                Rule::Resembles,
                word.flatten(),
                wants.collect(),
                catalogue,
                rng,
            );
            if let Some(teacher) = drawn {
                return teacher;
            }
        }
    }

    fn with_wishes(catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        loop {
            let place = rng.random_range(0..catalogue.resources.len());
            let model = &catalogue.resources[place];
            let mut wants: Vec<Limit> = MATTERS
                .iter()
                .filter(|(_, chance)| rng.random_bool(*chance))
                .map(|(facet, _)| *facet)
                .collect::<Vec<_>>()
                .into_iter()
                .filter_map(|facet| want(catalogue, model, facet, rng))
                .collect();
            if model.cost_cents == Some(0) && rng.random_bool(NOTHING_TO_PAY) {
                wants.push(Limit::MaxCost(0));
            }
            let word = rng
                .random_bool(0.5)
                .then(|| word_in_mind(catalogue, model, rng))
                .flatten();
            let drawn = Teacher::with_targets(Rule::Wishes, word, wants, catalogue, rng);
            if let Some(teacher) = drawn {
                return teacher;
            }
        }
    }

    /// Whoever looks for what has a word and all that is wanted; nobody when that is too much.
    fn with_targets(
        rule: Rule,
        word: Option<String>,
        wants: Vec<Limit>,
        catalogue: &Catalogue,
        rng: &mut StdRng,
    ) -> Option<Teacher> {
        let is_target = |resource: &Known| {
            let mentions = word
                .as_ref()
                .is_none_or(|word| resource.words.contains(word));
            mentions && wants.iter().all(|want| catalogue.suits(resource, want))
        };
        let resources = catalogue.resources.iter().enumerate();
        let targets = resources.filter(|(_, resource)| is_target(resource));
        let (places, targets): (Vec<usize>, Vec<String>) = targets
            .take(MOST_TARGETS + 1)
            .map(|(place, resource)| (place, resource.id.clone()))
            .unzip();
        (1..=MOST_TARGETS)
            .contains(&targets.len())
            .then(|| Teacher {
                rule,
                words: word.unwrap_or_default(),
                wants,
                targets,
                places,
                seed: rng.random(),
            })
    }

    /// What they reply to question after question.
    pub fn replies(&self) -> StdRng {
        StdRng::seed_from_u64(self.seed)
    }

    /// The answer they choose, or nothing when it does not matter to them.
    pub fn reply<'a>(
        &self,
        topic: Topic,
        answers: &[&'a Limit],
        catalogue: &Catalogue,
        rng: &mut StdRng,
    ) -> Option<&'a Limit> {
        if rng.random_bool(0.1) {
            return None;
        }
        let wanted = self.wants.iter().find(|want| want.topic() == topic);
        let lost = |answer: &Limit| match self.rule {
            Rule::Wishes => {
                let suits = wanted.is_some_and(|wanted| holds(catalogue, answer, wanted));
                if suits { 0 } else { self.places.len() }
            }
            Rule::Recognises | Rule::Resembles => {
                let suits = |place: &&usize| catalogue.suits(&catalogue.resources[**place], answer);
                self.places.len() - self.places.iter().filter(suits).count()
            }
        };
        let suiting = answers.iter().copied();
        let suiting = suiting.filter(|answer| lost(answer) < self.places.len());
        suiting.min_by_key(|answer| (lost(answer), breadth(catalogue, answer)))
    }
}

/// Whether what is wanted lies within an answer.
fn holds(catalogue: &Catalogue, answer: &Limit, wanted: &Limit) -> bool {
    match (answer, wanted) {
        (Limit::MaxCost(offered), Limit::MaxCost(wanted)) => offered >= wanted,
        (Limit::Facet(facet, offered), Limit::Facet(_, wanted)) => {
            let vocabulary = catalogue.schema.vocabularies.get(facet.name());
            let is_within = |value| {
                offered
                    .iter()
                    .any(|other| vocabulary.is_within(value, *other))
            };
            wanted.iter().all(|value| is_within(*value))
        }
        _ => false,
    }
}

/// How much an answer holds.
fn breadth(catalogue: &Catalogue, answer: &Limit) -> u64 {
    match answer {
        Limit::MaxCost(cents) => *cents,
        Limit::Facet(facet, values) => {
            let vocabulary = catalogue.schema.vocabularies.get(facet.name());
            let held = values
                .iter()
                .map(|value| 1 + vocabulary.descendants(*value).count() as u64);
            held.sum()
        }
    }
}

fn want(catalogue: &Catalogue, model: &Known, facet: Facet, rng: &mut StdRng) -> Option<Limit> {
    let vocabulary = catalogue.schema.vocabularies.get(facet.name());
    let value = *model.values(facet).choose(rng)?;
    match facet {
        Facet::Level => {
            let below: Vec<_> = vocabulary.descendants(value).collect();
            let leaves: Vec<_> = below
                .into_iter()
                .filter(|value| !vocabulary.has_children(*value))
                .collect();
            let grade = leaves.choose(rng).copied().unwrap_or(value);
            Some(Limit::Facet(facet, vec![grade]))
        }
        Facet::Access => {
            let without = ["no-account", "account-optional"].map(|id| vocabulary.ordinal(id));
            let without: Vec<_> = without.into_iter().flatten().collect();
            without
                .contains(&value)
                .then_some(Limit::Facet(facet, without))
        }
        _ => Some(Limit::Facet(facet, vec![value])),
    }
}

/// A word that says something: of five letters or more, in five resources at least and in one of a hundred at most (in a
/// small catalogue, in sixty).
fn word_in_mind(catalogue: &Catalogue, model: &Known, rng: &mut StdRng) -> Option<String> {
    let most = (catalogue.resources.len() / 100).max(60);
    let stop_words = &catalogue.schema.stop_words;
    let mut own: Vec<&String> = model.words.iter().collect();
    own.sort_unstable();
    own.retain(|word| word.chars().count() >= 5 && !stop_words.contains(word));
    own.shuffle(rng);
    let says = own
        .into_iter()
        .find(|word| (5..=most).contains(&catalogue.having[*word]));
    says.cloned()
}
