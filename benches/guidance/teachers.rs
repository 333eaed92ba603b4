//! Who looks for something, by rules that never ask Classo's ranking. Both begin with one resource of the catalogue, drawn
//! evenly; every second teacher has a word of its texts in mind as well, and types it at the start. One time in ten a
//! question does not matter to them.
//!
//! [`Rule::Recognises`]: a teacher has seen the resource once and looks for no other. Asked, they choose the narrowest option
//! that it satisfies.
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

/// How often nothing may be paid, when the resource in mind is free.
const NOTHING_TO_PAY: f64 = 0.5;

#[derive(Clone, Copy)]
pub enum Rule {
    Wishes,
    Recognises,
}

impl Rule {
    pub const ALL: [Rule; 2] = [Rule::Wishes, Rule::Recognises];

    pub fn name(self) -> &'static str {
        match self {
            Rule::Wishes => "who have wishes",
            Rule::Recognises => "who have one resource in mind",
        }
    }
}

pub struct Teacher {
    rule: Rule,
    pub words: String,
    /// The place of the resource in mind.
    model: usize,
    wants: Vec<Limit>,
    pub targets: Vec<String>,
    /// Draws their replies, the same whoever asks.
    seed: u64,
}

impl Teacher {
    pub fn draw(rule: Rule, catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        match rule {
            Rule::Wishes => Teacher::with_wishes(catalogue, rng),
            Rule::Recognises => Teacher::with_one_in_mind(catalogue, rng),
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
            model: place,
            wants: Vec::new(),
            targets: vec![model.id.clone()],
            seed: rng.random(),
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
            let is_target = |resource: &&Known| {
                let mentions = word
                    .as_ref()
                    .is_none_or(|word| resource.words.contains(word));
                mentions && wants.iter().all(|want| catalogue.suits(resource, want))
            };
            let targets = catalogue.resources.iter().filter(is_target);
            let targets: Vec<String> = targets
                .take(MOST_TARGETS + 1)
                .map(|one| one.id.clone())
                .collect();
            if (1..=MOST_TARGETS).contains(&targets.len()) {
                return Teacher {
                    rule: Rule::Wishes,
                    words: word.unwrap_or_default(),
                    model: place,
                    wants,
                    targets,
                    seed: rng.random(),
                };
            }
        }
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
        let suits = |answer: &&Limit| match self.rule {
            Rule::Wishes => wanted.is_some_and(|wanted| holds(catalogue, answer, wanted)),
            Rule::Recognises => catalogue.suits(&catalogue.resources[self.model], answer),
        };
        let suiting = answers.iter().copied().filter(suits);
        suiting.min_by_key(|answer| breadth(catalogue, answer))
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
