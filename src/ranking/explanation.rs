//! The parts of a score, told to a person.

use super::rank::ProfileRank;
use super::signal::{Input, NAMES, Seen, points};
use crate::domain::language::Bilingual;
use crate::query::attributes::{Row, Sets};

/// What one signal gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    pub signal: &'static str,
    /// Between 0 and 1.
    pub value: f64,
    pub weight: f64,
    /// Ten-thousandths of a point.
    pub points: i64,
    pub text: Bilingual,
}

impl ProfileRank {
    /// Every signal that had a say, in the order reasons are told. Their points add up to what ranking gave.
    pub fn explain(&self, text: f32, row: &Row, sets: &Sets) -> Vec<Contribution> {
        let contribution = |weighted: &super::rank::Weighted| {
            let signal = &weighted.signal;
            let seen = match signal.input() {
                Input::Text if text <= 0.0 => return None,
                Input::Text => Seen::Text(text),
                Input::Facet(facet) => Seen::Terms(sets.declared(facet, row.set(facet))),
                Input::Merit => Seen::Merit(&sets.merits()[row.merit() as usize]),
                Input::Cost => Seen::Cost(row.cost_cents()),
            };
            let (value, weight) = (signal.value(seen), weighted.weight);
            Some(Contribution {
                signal: signal.name(),
                value,
                weight,
                points: points(weight, value),
                text: signal.sentence(seen),
            })
        };
        let mut contributions: Vec<Contribution> =
            self.all_signals().filter_map(contribution).collect();
        contributions.sort_by_cached_key(|contribution| {
            NAMES.iter().position(|name| *name == contribution.signal)
        });
        contributions
    }
}
