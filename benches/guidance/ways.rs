//! Ways of asking. Every one asks the same teachers, filters by their answers and shows the same ranking; they differ in
//! what is asked next.
//!
//! The two baselines ask as a form does: a facet's values on one floor of its vocabulary, all that the list has, and a
//! floor lower when there is nothing else to ask; a question with a single answer is not asked. Yes or no, access and
//! budget are asked as Classo asks them. The one goes through the topics in a fixed order, the other takes the largest
//! entropy of the counts. Two more take Classo's own questions, which are never in vain and with its options, in these orders.
//!
//! [`Way::Hindsight`] is a bound rather than a way: of Classo's questions it asks the one whose reply, known beforehand,
//! brings a target furthest up. No choice by what can be known does better for long.

use classo::domain::actor::Actor;
use classo::domain::vocabulary::Ordinal;
use classo::guidance::question::Question;
use classo::query::facet::Facet;
use classo::query::need::{Limit, Need, Topic};
use classo::query::page::Page;
use classo::query::search_query::Query;
use rand::rngs::StdRng;

use crate::catalogue::Catalogue;
use crate::teachers::Teacher;

/// Nobody answers more questions than this.
pub const PATIENCE: usize = 12;

/// A target must be among so many.
const SEEN: usize = 3;

#[derive(Clone, Copy, PartialEq)]
pub enum Way {
    Classo,
    FixedOrder,
    PlainEntropy,
    OwnInFixedOrder,
    OwnByEntropy,
    Hindsight,
}

/// The order in which a form would ask.
const FIXED: [Topic; 12] = [
    Topic::Facet(Facet::Level),
    Topic::Facet(Facet::Subject),
    Topic::Facet(Facet::Type),
    Topic::Facet(Facet::Device),
    Topic::Facet(Facet::Language),
    Topic::Budget,
    Topic::Facet(Facet::Access),
    Topic::Facet(Facet::Strategy),
    Topic::Facet(Facet::StudentType),
    Topic::Facet(Facet::Platform),
    Topic::Facet(Facet::Os),
    Topic::Facet(Facet::Headquarters),
];

/// What can be asked now.
struct Open {
    topic: Topic,
    answers: Vec<Limit>,
    counts: Vec<u64>,
    /// Whether the topic was answered before, on a higher floor.
    is_lower_floor: bool,
}

impl Way {
    pub const ALL: [Way; 6] = [
        Way::Classo,
        Way::FixedOrder,
        Way::PlainEntropy,
        Way::OwnInFixedOrder,
        Way::OwnByEntropy,
        Way::Hindsight,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Way::Classo => "classo",
            Way::FixedOrder => "fixed order",
            Way::PlainEntropy => "plain entropy",
            Way::OwnInFixedOrder => "classo's questions in fixed order",
            Way::OwnByEntropy => "classo's questions by entropy",
            Way::Hindsight => "classo's questions, with hindsight",
        }
    }

    /// How many questions until a target is seen; nothing when none ever is.
    pub fn converse(self, catalogue: &Catalogue, teacher: &Teacher) -> Option<usize> {
        let mut rng = teacher.replies();
        let page = Page {
            limit: SEEN,
            offset: 0,
        };
        let mut need = Need {
            query: Query {
                text: teacher.words.clone(),
                facets: Vec::new(),
                page,
                ..Query::default()
            },
            skipped: Vec::new(),
        };
        for asked in 0..PATIENCE {
            let found = catalogue
                .search
                .ranking(&Actor::Visitor, &need.query)
                .expect("an answer");
            if found.iter().any(|(id, _)| teacher.targets.contains(id)) {
                return Some(asked);
            }
            let total = match self {
                Way::PlainEntropy | Way::OwnByEntropy => total(catalogue, &need),
                _ => 0,
            };
            let open = self.open(catalogue, &need);
            let standing_after = |open: &Open| {
                let after = replied(&need, open, teacher, catalogue, &mut rng.clone());
                standing(catalogue, &after, teacher)
            };
            let open = self.choose(open, total, standing_after)?;
            need = replied(&need, &open, teacher, catalogue, &mut rng);
        }
        None
    }

    fn open(self, catalogue: &Catalogue, need: &Need) -> Vec<Open> {
        let questions = catalogue
            .guidance
            .questions(&Actor::Visitor, need)
            .expect("an answer");
        let as_open = |question: Question| Open {
            topic: question.topic,
            counts: question.options.iter().map(|option| option.count).collect(),
            is_lower_floor: is_answered(question.topic, need),
            answers: question
                .options
                .into_iter()
                .map(|option| option.answer)
                .collect(),
        };
        let own = questions.into_iter().map(as_open);
        match self {
            Way::FixedOrder | Way::PlainEntropy => {
                let conditions = own.filter(|open| {
                    let by_values =
                        matches!(open.topic, Topic::Facet(facet) if facet != Facet::Access);
                    !by_values
                });
                conditions.chain(floors(catalogue, need)).collect()
            }
            _ => own.collect(),
        }
    }

    fn choose(
        self,
        open: Vec<Open>,
        total: u64,
        standing_after: impl Fn(&Open) -> usize,
    ) -> Option<Open> {
        let mut open = open.into_iter();
        match self {
            Way::Classo => open.next(),
            Way::Hindsight => open.min_by_key(standing_after),
            Way::FixedOrder | Way::OwnInFixedOrder => open.min_by_key(|open| {
                let place = FIXED.iter().position(|topic| *topic == open.topic);
                (open.is_lower_floor, place.unwrap_or(FIXED.len()))
            }),
            Way::PlainEntropy | Way::OwnByEntropy => {
                open.max_by(|one, other| entropy(one, total).total_cmp(&entropy(other, total)))
            }
        }
    }
}

/// The need after a question is answered.
fn replied(
    need: &Need,
    open: &Open,
    teacher: &Teacher,
    catalogue: &Catalogue,
    rng: &mut StdRng,
) -> Need {
    let mut need = need.clone();
    let answers: Vec<&Limit> = open.answers.iter().collect();
    let filters = &mut need.query.filters;
    match teacher.reply(open.topic, &answers, catalogue, rng) {
        None => need.skipped.push(open.topic),
        Some(Limit::MaxCost(max)) => filters.max_cost_cents = Some(*max),
        Some(Limit::Facet(Facet::Has, values)) => filters.add(Facet::Has, values[0]),
        Some(Limit::Facet(facet, values)) => filters.replace(*facet, values.clone()),
    }
    need
}

/// The best place of a target, or how many are found when it is far down.
fn standing(catalogue: &Catalogue, need: &Need, teacher: &Teacher) -> usize {
    let query = Query {
        page: Page {
            limit: 1_000,
            offset: 0,
        },
        ..need.query.clone()
    };
    let found = catalogue.search.ranking(&Actor::Visitor, &query);
    let found = found.expect("an answer");
    let place = found
        .iter()
        .position(|(id, _)| teacher.targets.contains(id));
    place.unwrap_or_else(|| total(catalogue, need) as usize)
}

fn total(catalogue: &Catalogue, need: &Need) -> u64 {
    let outcome = catalogue.search.search(&Actor::Visitor, &need.query);
    outcome.expect("an answer").total
}

fn is_answered(topic: Topic, need: &Need) -> bool {
    matches!(topic, Topic::Facet(facet) if !need.query.filters.values(facet).is_empty())
}

/// The floors of facets that a form would offer: the roots, or what is below the answer.
fn floors(catalogue: &Catalogue, need: &Need) -> Vec<Open> {
    let facets: Vec<Facet> = FIXED
        .iter()
        .filter(|topic| !need.is_skipped(**topic))
        .filter_map(|topic| match topic {
            Topic::Facet(facet) if *facet != Facet::Access => Some(*facet),
            _ => None,
        })
        .collect();
    let query = Query {
        facets: facets.clone(),
        ..need.query.clone()
    };
    let outcome = catalogue
        .search
        .search(&Actor::Visitor, &query)
        .expect("an answer");
    let floor = |facet: Facet| {
        let counted = outcome
            .facets
            .iter()
            .find(|counted| counted.facet == facet)?;
        let vocabulary = catalogue.schema.vocabularies.get(facet.name());
        let above = match need.query.filters.values(facet) {
            [] => None,
            [value] => Some(*value),
            _ => return None,
        };
        let values = (0..vocabulary.terms().len()).map(|value| value as Ordinal);
        let values = values.filter(|value| vocabulary.parent(*value) == above);
        let values: Vec<Ordinal> = values.filter(|value| counted.count(*value) > 0).collect();
        (values.len() > 1).then(|| Open {
            topic: Topic::Facet(facet),
            counts: values.iter().map(|value| counted.count(*value)).collect(),
            answers: values
                .iter()
                .map(|value| Limit::Facet(facet, vec![*value]))
                .collect(),
            is_lower_floor: above.is_some(),
        })
    };
    facets.into_iter().filter_map(floor).collect()
}

/// Of the counts as shares. Options that hold one another, as those of a condition do, part the list by what each has more
/// than the one before; the rest of the list is one more part.
fn entropy(open: &Open, total: u64) -> f64 {
    let parts: Vec<u64> = match open.topic {
        Topic::Facet(facet) if facet != Facet::Access => open.counts.clone(),
        _ => {
            let ends: Vec<u64> = open.counts.iter().copied().chain([total]).collect();
            let begins = [0].into_iter().chain(ends.iter().copied());
            ends.iter()
                .zip(begins)
                .map(|(end, begin)| end.saturating_sub(begin))
                .collect()
        }
    };
    let all = parts.iter().sum::<u64>() as f64;
    let shares = parts.iter().map(|part| *part as f64 / all);
    shares
        .filter(|share| *share > 0.0)
        .map(|share| -share * share.log2())
        .sum()
}
