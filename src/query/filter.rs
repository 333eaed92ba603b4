//! What a match must satisfy.

use super::facet::Facet;
use crate::domain::vocabulary::Ordinal;

/// The chosen values by facet: one of them is enough within a facet (all of them for `has`), every facet must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    values: [Vec<Ordinal>; Facet::COUNT],
    /// The highest acceptable cost, in Canadian cents; an unknown cost does not pass.
    pub max_cost_cents: Option<u64>,
}

impl Filters {
    pub fn add(&mut self, facet: Facet, value: Ordinal) {
        let values = &mut self.values[facet.column()];
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// Puts values in place of those that a facet has.
    pub fn replace(&mut self, facet: Facet, values: Vec<Ordinal>) {
        self.values[facet.column()] = values;
    }

    pub fn values(&self, facet: Facet) -> &[Ordinal] {
        &self.values[facet.column()]
    }

    /// The facets that have a filter.
    pub fn facets(&self) -> impl Iterator<Item = Facet> + '_ {
        Facet::ALL
            .into_iter()
            .filter(|facet| !self.values(*facet).is_empty())
    }
}
