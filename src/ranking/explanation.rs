//! The parts of a score, told to a person.

use super::rank::{ProfileRank, Weighted};
use super::signal::{Input, Seen, points};
use crate::domain::language::Bilingual;
use crate::query::attributes::Sets;
use crate::query::found::Candidate;

/// What one signal gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    pub signal: &'static str,
    /// Between 0 and 1.
    pub value: f64,
    /// Negative for a signal that speaks against a resource.
    pub weight: f64,
    /// Ten-thousandths of a point.
    pub points: i64,
    pub text: Bilingual,
}

/// What a signal gave one of two resources more than the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub signal: &'static str,
    /// Ten-thousandths of a point; negative where the other has more.
    pub points: i64,
    /// The reason of the one that has more.
    pub text: Bilingual,
}

/// Why one resource has more points than another: what each signal gave them differently, the most first. The differences
/// add up to that of their points.
pub fn differences(one: &[Contribution], other: &[Contribution]) -> Vec<Difference> {
    let of = |list: &[Contribution], signal| {
        let own = list
            .iter()
            .filter(|contribution| contribution.signal == signal);
        own.map(|contribution| contribution.points).sum::<i64>()
    };
    let mut differences: Vec<Difference> = Vec::new();
    for Contribution { signal, .. } in one.iter().chain(other) {
        let points = of(one, *signal) - of(other, *signal);
        if points == 0 || differences.iter().any(|known| known.signal == *signal) {
            continue;
        }
        let better = if points > 0 { one } else { other };
        let said = better
            .iter()
            .find(|contribution| contribution.signal == *signal);
        differences.extend(said.map(|said| Difference {
            signal,
            points,
            text: said.text.clone(),
        }));
    }
    differences.sort_by_key(|difference| std::cmp::Reverse(difference.points.abs()));
    differences
}

impl ProfileRank {
    /// Every signal that had a say, in the order reasons are told. Their points add up to what ranking gave.
    pub fn explain(&self, candidate: &Candidate, sets: &Sets) -> Vec<Contribution> {
        let Candidate {
            text,
            proximity,
            row,
            ..
        } = candidate;
        let contribution = |weighted: &Weighted| {
            let signal = &weighted.signal;
            let seen = match signal.input() {
                Input::Text if *text <= 0.0 => return None,
                Input::Text => Seen::Text(*text),
                Input::Proximity if *proximity <= 0.0 => return None,
                Input::Proximity => Seen::Proximity(*proximity),
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
        let signals: Vec<&Weighted> = self.all_signals().collect();
        let told = self.telling_order().iter().map(|place| signals[*place]);
        told.filter_map(contribution).collect()
    }
}
