//! What may be answered to a question.

use super::pool::Pool;
use super::{Asking, LEAST_GAIN, counts};
use crate::domain::language::Bilingual;
use crate::domain::typography::short_money;
use crate::domain::vocabulary::{Ordinal, Vocabulary};
use crate::guidance::topics::{self, ACCESS, About, BUDGETS};
use crate::query::facet::Facet;
use crate::query::need::Limit;

/// The last may stand for all others. Who is asked for a level or a subject knows it before reading, and finds it in one
/// list of thirty, in the vocabulary's order, sooner than in a rough one and the finer one that would follow. No more than
/// the bits of a mask.
const MOST_OPTIONS: usize = 30;

/// Values below this share of the likely targets stand together as the others.
const LEAST_SHARE: f64 = 0.005;

/// How many of the heaviest values are tried for finer ones at each step.
const TRIED: usize = 3;

/// An option, and which of the pool it keeps.
pub(super) struct Choice {
    pub label: Bilingual,
    pub answer: Limit,
    pub keeps: Vec<bool>,
}

/// The options of a question that tell most; those that nothing in the list has are left out. What was told before is
/// asked more finely.
pub(super) fn choices(
    pool: &Pool,
    asking: &Asking,
    about: About,
    within: Option<&[Ordinal]>,
) -> Vec<Choice> {
    let answers: Vec<(Bilingual, Limit)> = match about {
        About::Content(facet) => return Content::new(pool, asking, facet).choices(within),
        About::Access => access(asking),
        About::Feature(feature) => {
            let vocabulary = asking.vocabularies.get(Facet::Has.name());
            let yes = vocabulary.ordinal(feature).map(|value| {
                let answer = Limit::Facet(Facet::Has, vec![value]);
                (Bilingual::new("Oui", "Yes"), answer)
            });
            yes.into_iter().collect()
        }
        About::Budget => {
            let budget = |cents: &u64| (budget_label(*cents), Limit::MaxCost(*cents));
            BUDGETS.iter().map(budget).collect()
        }
    };
    let limits: Vec<&Limit> = answers.iter().map(|(_, limit)| limit).collect();
    let counts = counts(asking, &limits);
    let mut before = 0;
    let mut choices = Vec::new();
    // Each option holds the one before: one that brings nothing more is none.
    for ((label, answer), count) in answers.into_iter().zip(counts) {
        if count > before {
            before = count;
            choices.push(Choice {
                keeps: pool.kept(&answer),
                label,
                answer,
            });
        }
    }
    choices
}

fn access(asking: &Asking) -> Vec<(Bilingual, Limit)> {
    let vocabulary = asking.vocabularies.get(Facet::Access.name());
    let option = |(fr, en, ids): &(&str, &str, &[&str])| {
        let values = ids.iter().filter_map(|id| vocabulary.ordinal(id));
        let answer = Limit::Facet(Facet::Access, values.collect());
        (Bilingual::new(*fr, *en), answer)
    };
    ACCESS.iter().map(option).collect()
}

fn budget_label(cents: u64) -> Bilingual {
    if cents == 0 {
        return Bilingual::new("Gratuit seulement", "Free only");
    }
    let Bilingual { fr, en } = short_money(cents);
    Bilingual::new(format!("Jusqu’à {fr}"), format!("Up to {en}"))
}

/// The values of a facet as options.
struct Content<'a> {
    pool: &'a Pool<'a>,
    facet: Facet,
    vocabulary: &'a Vocabulary,
    /// For each value, which of the pool have it, one value after the other.
    having: Vec<bool>,
    /// For each value, the share of the likely targets that have it.
    shares: Vec<f64>,
    /// For each value, whether anything in the list has it.
    present: Vec<bool>,
}

impl<'a> Content<'a> {
    fn new(pool: &'a Pool, asking: &'a Asking, facet: Facet) -> Self {
        let vocabulary = asking.vocabularies.get(facet.name());
        let size = pool.candidates.len();
        let mut having = vec![false; vocabulary.terms().len() * size];
        let mut shares = vec![0.0; vocabulary.terms().len()];
        for (at, candidate) in pool.candidates.iter().enumerate() {
            for value in pool.sets.counted(facet, candidate.row.set(facet)) {
                having[usize::from(*value) * size + at] = true;
                shares[usize::from(*value)] += pool.shares[at];
            }
        }
        let mut present = vec![false; vocabulary.terms().len()];
        let tallies = asking.surveyed.tallies.iter();
        let tally = tallies.filter(|tally| tally.facet == facet);
        let sets = tally.flat_map(|tally| tally.matches.iter().enumerate());
        for (set, _) in sets.filter(|(_, matches)| **matches > 0) {
            for value in pool.sets.counted(facet, set as u32) {
                present[usize::from(*value)] = true;
            }
        }
        Content {
            pool,
            facet,
            vocabulary,
            having,
            shares,
            present,
        }
    }

    /// Which of the pool have a value.
    fn having(&self, value: Ordinal) -> &[bool] {
        let size = self.pool.candidates.len();
        &self.having[usize::from(value) * size..][..size]
    }

    /// From the roots of the vocabulary, or from what was told, down as far as finer values tell more.
    fn choices(&self, within: Option<&[Ordinal]>) -> Vec<Choice> {
        let values = match within {
            None => self.below(None),
            Some([value]) => self.below(Some(*value)),
            Some(values) => {
                let present = values
                    .iter()
                    .filter(|value| self.present[usize::from(**value)]);
                present.copied().collect()
            }
        };
        let (mut nodes, mut others) = self.parted(values);
        while nodes.len() > MOST_OPTIONS - usize::from(!others.is_empty()) {
            others.extend(nodes.pop());
        }
        let mut gain = self.gain(&nodes, &others);
        while let Some((finer, finer_others, better)) = self.finer(&nodes, &others)
            && better > gain + LEAST_GAIN
        {
            (nodes, others, gain) = (finer, finer_others, better);
        }
        nodes.sort_unstable();
        others.sort_unstable();
        let own = nodes.into_iter().map(|value| self.choice(vec![value]));
        let mut choices: Vec<Choice> = own.collect();
        if !others.is_empty() {
            choices.push(self.choice(others));
        }
        choices
    }

    /// The values below one, or the roots, that something in the list has.
    fn below(&self, parent: Option<Ordinal>) -> Vec<Ordinal> {
        let terms = (0..self.vocabulary.terms().len()).map(|value| value as Ordinal);
        let own = terms.filter(|value| self.vocabulary.parent(*value) == parent);
        own.filter(|value| self.present[usize::from(*value)])
            .collect()
    }

    fn share(&self, value: Ordinal) -> f64 {
        self.shares[usize::from(value)]
    }

    /// Values that are worth an option of their own, the heaviest first, and the others.
    fn parted(&self, mut values: Vec<Ordinal>) -> (Vec<Ordinal>, Vec<Ordinal>) {
        values.sort_by(|one, other| self.share(*other).total_cmp(&self.share(*one)));
        let is_light = |value: &Ordinal| self.share(*value) < LEAST_SHARE;
        let heavy = values.iter().position(is_light).unwrap_or(values.len());
        let others = values.split_off(heavy);
        (values, others)
    }

    /// The same options with one of the heaviest in its finer values, the best way of it.
    fn finer(
        &self,
        nodes: &[Ordinal],
        others: &[Ordinal],
    ) -> Option<(Vec<Ordinal>, Vec<Ordinal>, f64)> {
        let mut heaviest = nodes.to_vec();
        heaviest.retain(|value| self.vocabulary.has_children(*value));
        heaviest.sort_by(|one, other| self.share(*other).total_cmp(&self.share(*one)));
        let tried = heaviest.into_iter().take(TRIED).filter_map(|value| {
            let (children, lighter) = self.parted(self.below(Some(value)));
            let others: Vec<Ordinal> = others.iter().copied().chain(lighter).collect();
            let fits = nodes.len() - 1 + children.len() + usize::from(!others.is_empty());
            if children.is_empty() || fits > MOST_OPTIONS {
                return None;
            }
            let kept = nodes.iter().copied().filter(|other| *other != value);
            let nodes: Vec<Ordinal> = kept.chain(children).collect();
            let gain = self.gain(&nodes, &others);
            Some((nodes, others, gain))
        });
        tried.max_by(|one, other| one.2.total_cmp(&other.2))
    }

    fn gain(&self, nodes: &[Ordinal], others: &[Ordinal]) -> f64 {
        let mut masks = vec![0_u32; self.pool.candidates.len()];
        let own = nodes.iter().enumerate();
        let others = others.iter().map(|value| (nodes.len(), value));
        for (option, value) in own.chain(others) {
            for (mask, has) in masks.iter_mut().zip(self.having(*value)) {
                *mask |= u32::from(*has) << option;
            }
        }
        self.pool.gain(&masks, nodes.len() + 1)
    }

    /// An option that stands for one value, or for several others.
    fn choice(&self, values: Vec<Ordinal>) -> Choice {
        let label = match values.as_slice() {
            [only] => self.vocabulary.term(*only).label.clone(),
            _ => topics::others(self.facet),
        };
        let answer = Limit::Facet(self.facet, values);
        Choice {
            keeps: self.pool.kept(&answer),
            label,
            answer,
        }
    }
}
