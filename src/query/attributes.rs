//! What the one pass over the matches sees of a resource: sixteen small numbers.
//!
//! A facet's values occur in few distinct sets (some hundreds for subjects), so a resource carries the *number* of its
//! set for each facet. A filter, a signal or a count is then a look-up by that number; what a set contains is only
//! asked once a set, never once a match.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::facet::{Facet, Relation};
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};

/// One resource's attributes: a set number for each facet, its merit's number, its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    sets: [u32; Facet::COUNT],
    merit: u32,
    cost: u32,
}

/// Stands for a cost that is not known.
const UNKNOWN_COST: u32 = u32::MAX;

impl Row {
    pub fn set(&self, facet: Facet) -> u32 {
        self.sets[facet.column()]
    }

    pub fn merit(&self) -> u32 {
        self.merit
    }

    /// In Canadian cents.
    pub fn cost_cents(&self) -> Option<u64> {
        known_cost(self.cost)
    }
}

#[inline]
fn known_cost(cost: u32) -> Option<u64> {
    (cost != UNKNOWN_COST).then_some(u64::from(cost))
}

/// The attributes of many resources, by place. The numbers are small, so each takes only the bits that the largest of
/// its column needs, and several columns share a word of 64 bits: most searches touch one word a match.
pub struct Rows {
    columns: [Slot; COLUMNS],
    words: Vec<Vec<u64>>,
    /// How many bits of the last word are taken.
    taken: u32,
    costs: Vec<u32>,
}

/// One column a facet, and one for the merit.
const COLUMNS: usize = Facet::COUNT + 1;
const MERIT: usize = Facet::COUNT;

/// Where a column lies. A column that was never packed reads 0 everywhere.
#[derive(Clone, Copy, Default)]
struct Slot {
    word: usize,
    bits: PackedBits,
}

/// One column of the rows.
#[derive(Clone, Copy)]
pub struct Column<'a> {
    words: &'a [u64],
    pub bits: PackedBits,
    /// Whether it lies in the first word.
    pub is_first: bool,
}

/// Which bits of a word a column takes.
#[derive(Clone, Copy, Default)]
pub struct PackedBits {
    shift: u32,
    mask: u64,
}

impl PackedBits {
    /// The column's number in a word.
    #[inline]
    pub fn of(self, word: u64) -> usize {
        ((word >> self.shift) & self.mask) as usize
    }
}

impl<'a> Column<'a> {
    #[inline]
    pub fn get(&self, place: u32) -> usize {
        self.bits.of(self.words[place as usize])
    }
}

impl Rows {
    /// Rows of resources of which nothing is known yet. Columns that are read together are best packed one after another.
    pub fn new(resources: usize) -> Rows {
        Rows {
            columns: [Slot::default(); COLUMNS],
            words: vec![vec![0; resources]],
            taken: 0,
            costs: vec![UNKNOWN_COST; resources],
        }
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.costs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.costs.is_empty()
    }

    /// Packs the set numbers of a facet: `numbers` gives places with their number, each place at most once.
    pub fn pack_sets(
        &mut self,
        facet: Facet,
        largest: u32,
        numbers: impl Iterator<Item = (u32, u32)>,
    ) {
        self.pack(facet.column(), largest, numbers);
    }

    /// Packs the numbers of the merits.
    pub fn pack_merits(&mut self, largest: u32, numbers: impl Iterator<Item = (u32, u32)>) {
        self.pack(MERIT, largest, numbers);
    }

    fn pack(&mut self, column: usize, largest: u32, numbers: impl Iterator<Item = (u32, u32)>) {
        let width = u32::BITS - largest.leading_zeros();
        if self.taken + width > u64::BITS {
            self.words.push(vec![0; self.costs.len()]);
            self.taken = 0;
        }
        let bits = PackedBits {
            // A column of no bits may come after a full word: it takes none, and is not shifted past its end.
            shift: if width == 0 { 0 } else { self.taken },
            mask: (1 << width) - 1,
        };
        let word = self.words.len() - 1;
        numbers.for_each(|(place, number)| {
            self.words[word][place as usize] |= u64::from(number) << bits.shift;
        });
        self.taken += width;
        self.columns[column] = Slot { word, bits };
    }

    pub fn set_cost(&mut self, place: u32, cents: u64) {
        self.costs[place as usize] = cents.min(u64::from(UNKNOWN_COST - 1)) as u32;
    }

    /// The numbers of a facet's sets.
    pub fn sets(&self, facet: Facet) -> Column<'_> {
        self.column(facet.column())
    }

    /// The numbers of the merits.
    pub fn merits(&self) -> Column<'_> {
        self.column(MERIT)
    }

    fn column(&self, column: usize) -> Column<'_> {
        let Slot { word, bits } = self.columns[column];
        Column {
            words: &self.words[word],
            bits,
            is_first: word == 0,
        }
    }

    /// Puts the first word of each place into `words`.
    pub fn gather_first_words(&self, places: &[u32], words: &mut Vec<u64>) {
        words.clear();
        words.extend(places.iter().map(|place| self.words[0][*place as usize]));
    }

    /// In Canadian cents.
    #[inline]
    pub fn cost_cents(&self, place: u32) -> Option<u64> {
        known_cost(self.costs[place as usize])
    }

    /// All attributes of one resource.
    pub fn row(&self, place: u32) -> Row {
        let number = |column| self.column(column).get(place) as u32;
        Row {
            sets: std::array::from_fn(number),
            merit: number(MERIT),
            cost: self.costs[place as usize],
        }
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
    /// Whether the resource can be reached, as far as is known.
    pub address: Address,
}

/// Whether a resource's address answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Address {
    /// It does, or nothing is known against it.
    #[default]
    Unopposed,
    /// It failed several times, days apart.
    Dead,
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
    /// The values that some set has.
    used: Vec<Ordinal>,
}

impl Sets {
    pub fn new() -> Self {
        static NUMBERINGS: AtomicU64 = AtomicU64::new(0);
        let empty = || FacetSets {
            declared: vec![Box::default()],
            counted: vec![Box::default()],
            numbers: HashMap::from([(Box::default(), 0)]),
            used: Vec::new(),
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
        for value in declared {
            if !sets.used.contains(value) {
                sets.used.push(*value);
            }
        }
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

    /// The values that some record declares, each once.
    pub fn used(&self, facet: Facet) -> &[Ordinal] {
        &self.facets[facet.column()].used
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

    /// Whether a set satisfies the values of a filter.
    pub fn passes(&self, facet: Facet, set: u32, values: &[Ordinal]) -> bool {
        let set = &self.facets[facet.column()].counted[set as usize];
        if facet.wants_all() {
            values.iter().all(|value| set.contains(value))
        } else {
            values.iter().any(|value| set.contains(value))
        }
    }

    /// Which sets do, by set number.
    pub fn passing(&self, facet: Facet, values: &[Ordinal]) -> Vec<bool> {
        let sets = 0..self.len(facet) as u32;
        sets.map(|set| self.passes(facet, set, values)).collect()
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
