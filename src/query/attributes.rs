//! What the one pass over the matches sees of a resource: sixteen small numbers.
//!
//! A facet's values occur in few distinct sets (some hundreds for subjects), so a resource carries the *number* of its
//! set for each facet. A filter, a signal or a count is then a look-up by that number; what a set contains is only
//! asked once a set, never once a match.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::facet::{Facet, Relation};
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};

/// One resource's attributes, one cache line: a set number for each facet, its merit's number, its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub struct Row([u32; 16]);

const MERIT: usize = Facet::COUNT;
const COST: usize = Facet::COUNT + 1;

/// Stands for a cost that is not known.
const UNKNOWN_COST: u32 = u32::MAX;

impl Row {
    pub fn new(sets: [u32; Facet::COUNT], merit: u32, cost_cents: Option<u64>) -> Self {
        let mut row = [0; 16];
        row[..Facet::COUNT].copy_from_slice(&sets);
        row[MERIT] = merit;
        row[COST] = cost_cents.map_or(UNKNOWN_COST, |cents| {
            cents.min(u64::from(UNKNOWN_COST - 1)) as u32
        });
        Row(row)
    }

    #[inline]
    pub fn set(&self, facet: Facet) -> u32 {
        self.0[facet.column()]
    }

    #[inline]
    pub fn merit(&self) -> u32 {
        self.0[MERIT]
    }

    /// In Canadian cents.
    #[inline]
    pub fn cost_cents(&self) -> Option<u64> {
        (self.0[COST] != UNKNOWN_COST).then_some(u64::from(self.0[COST]))
    }
}

/// What a record offers to trust it by, whoever asks. Few combinations occur, so they are numbered like sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Merit {
    /// 0 none, 1 benefits stated, 2 research or testimonials.
    pub evidence: u8,
    /// How many of tutorial, guide and technical support are known to exist: 0 to 3.
    pub support: u8,
    /// How much of what a teacher wants to know is filled in: 0 to 20 twentieths.
    pub completeness: u8,
    /// How many facts carry the date of their check, at most 5.
    pub verified: u8,
    /// Months since January 1970 of the last update; 0 when unknown.
    pub updated_month: u16,
    /// Whether there is a title or description in French (bit 0), in English (bit 1).
    pub speaks: u8,
}

/// The numbered sets of a catalogue. Number 0 is the empty set in every facet.
#[derive(Debug, Clone)]
pub struct Sets {
    /// Which numbering this is: a clone goes on with it, a new one shares no number with it.
    numbering: u64,
    facets: [FacetSets; Facet::COUNT],
    merits: Vec<Merit>,
    merit_numbers: HashMap<Merit, u32>,
}

#[derive(Debug, Clone)]
struct FacetSets {
    declared: Vec<Box<[Ordinal]>>,
    counted: Vec<Box<[Ordinal]>>,
    numbers: HashMap<Box<[Ordinal]>, u32>,
}

impl Sets {
    pub fn new() -> Self {
        static NUMBERINGS: AtomicU64 = AtomicU64::new(0);
        let empty = || FacetSets {
            declared: vec![Box::default()],
            counted: vec![Box::default()],
            numbers: HashMap::from([(Box::default(), 0)]),
        };
        Sets {
            numbering: NUMBERINGS.fetch_add(1, Ordering::Relaxed),
            facets: std::array::from_fn(|_| empty()),
            merits: Vec::new(),
            merit_numbers: HashMap::new(),
        }
    }

    /// The number of a set of declared values (sorted, each once), which is added when it is new.
    pub fn number(
        &mut self,
        facet: Facet,
        declared: &[Ordinal],
        vocabularies: &Vocabularies,
    ) -> u32 {
        let sets = &mut self.facets[facet.column()];
        if let Some(number) = sets.numbers.get(declared) {
            return *number;
        }
        let number = sets.declared.len() as u32;
        sets.declared.push(declared.into());
        sets.counted.push(counted(
            facet.relation(),
            declared,
            vocabularies.get(facet.name()),
        ));
        sets.numbers.insert(declared.into(), number);
        number
    }

    /// The number of a merit, which is added when it is new.
    pub fn merit_number(&mut self, merit: Merit) -> u32 {
        *self.merit_numbers.entry(merit).or_insert_with(|| {
            self.merits.push(merit);
            (self.merits.len() - 1) as u32
        })
    }

    /// How many sets there are for a facet.
    pub fn len(&self, facet: Facet) -> usize {
        self.facets[facet.column()].declared.len()
    }

    /// The values that the records of a set declare.
    pub fn declared(&self, facet: Facet, set: u32) -> &[Ordinal] {
        &self.facets[facet.column()].declared[set as usize]
    }

    /// The values of a filter that the records of a set satisfy, and so the values they count for.
    pub fn counted(&self, facet: Facet, set: u32) -> &[Ordinal] {
        &self.facets[facet.column()].counted[set as usize]
    }

    /// Which numbering the numbers belong to. Within one, a number never changes its meaning; what is kept by number, such
    /// as a table of points, is only good for sets of the same numbering.
    pub fn numbering(&self) -> u64 {
        self.numbering
    }

    pub fn merits(&self) -> &[Merit] {
        &self.merits
    }

    /// Which sets satisfy the values of a filter, by set number.
    pub fn passing(&self, facet: Facet, values: &[Ordinal]) -> Vec<bool> {
        let sets = self.facets[facet.column()].counted.iter();
        let passes = |set: &[Ordinal]| {
            if facet.wants_all() {
                values.iter().all(|value| set.contains(value))
            } else {
                values.iter().any(|value| set.contains(value))
            }
        };
        sets.map(|set| passes(set)).collect()
    }
}

impl Default for Sets {
    fn default() -> Self {
        Sets::new()
    }
}

/// Every value that a set of declared values satisfies under the facet's relation, sorted, each once.
fn counted(relation: Relation, declared: &[Ordinal], vocabulary: &Vocabulary) -> Box<[Ordinal]> {
    let mut values: Vec<Ordinal> = declared
        .iter()
        .flat_map(|value| vocabulary.lineage(*value))
        .collect();
    if relation == Relation::Lineage {
        values.extend(
            declared
                .iter()
                .flat_map(|value| vocabulary.descendants(*value)),
        );
    }
    values.sort_unstable();
    values.dedup();
    values.into()
}
