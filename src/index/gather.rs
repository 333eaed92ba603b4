//! What the one pass collects: counts for every facet, the total, and the best of each segment.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tantivy::DocId;
use tantivy::columnar::Column;

use crate::domain::vocabulary::{Ordinal, Vocabularies};
use crate::query::attributes::{Row, Sets};
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::FacetCount;
use crate::query::rank::Rank;

/// A filter as a table: whether a set passes, by set number.
struct SetFilter {
    facet: Facet,
    passes: Vec<bool>,
}

/// The filters and counts of one search, over all segments.
pub struct Counts<'a> {
    sets: &'a Sets,
    filters: Vec<SetFilter>,
    max_cost_cents: Option<u64>,
    /// For each facet that is counted, matches by set number.
    tallies: [Option<Vec<u64>>; Facet::COUNT],
    counted: Vec<Facet>,
    pub total: u64,
}

impl<'a> Counts<'a> {
    pub fn new(filters: &Filters, facets: &[Facet], sets: &'a Sets) -> Self {
        let as_table = |facet| SetFilter {
            facet,
            passes: sets.passing(facet, filters.values(facet)),
        };
        let mut tallies = [const { None }; Facet::COUNT];
        for facet in facets {
            tallies[facet.column()] = Some(vec![0; sets.len(*facet)]);
        }
        Counts {
            sets,
            filters: filters.facets().map(as_table).collect(),
            max_cost_cents: filters.max_cost_cents,
            tallies,
            counted: facets.to_vec(),
            total: 0,
        }
    }

    /// Counts a match of the words; says whether it passes every filter.
    ///
    /// One that fails exactly one facet's filter still counts for that facet: its counts leave its own filter out.
    #[inline]
    pub fn take(&mut self, row: &Row) -> bool {
        if let Some(max) = self.max_cost_cents
            && row.cost_cents().is_none_or(|cost| cost > max)
        {
            return false;
        }
        let mut failed = None;
        for filter in &self.filters {
            if !filter.passes[row.set(filter.facet) as usize]
                && failed.replace(filter.facet).is_some()
            {
                return false;
            }
        }
        match failed {
            None => {
                self.total += 1;
                for facet in &self.counted {
                    if let Some(tally) = &mut self.tallies[facet.column()] {
                        tally[row.set(*facet) as usize] += 1;
                    }
                }
                true
            }
            Some(facet) => {
                if let Some(tally) = &mut self.tallies[facet.column()] {
                    tally[row.set(facet) as usize] += 1;
                }
                false
            }
        }
    }

    /// Expands sets to values: a resource counts once for every value that a filter on it would find it by.
    pub fn facet_counts(&self, vocabularies: &Vocabularies) -> Vec<FacetCount> {
        let of_facet = |facet: &Facet| {
            let tally = self.tallies[facet.column()].as_ref()?;
            let mut counts = vec![0; vocabularies.get(facet.name()).terms().len()];
            for (set, matches) in tally
                .iter()
                .enumerate()
                .filter(|(_, matches)| **matches > 0)
            {
                let values: &[Ordinal] = self.sets.counted(*facet, set as u32);
                values
                    .iter()
                    .for_each(|value| counts[usize::from(*value)] += matches);
            }
            Some(FacetCount {
                facet: *facet,
                counts,
                unknown: tally[0],
            })
        };
        self.counted.iter().filter_map(of_facet).collect()
    }
}

/// What decides the order before points do; larger comes first.
pub enum SortKey {
    /// Points alone.
    None,
    /// Seconds since 1970, the latest first, unknown last.
    Newest(Column<i64>),
    /// The place in the alphabet among the segment's titles, unknown last.
    Title(Column<u64>),
    /// The cost of the row, the lowest first, unknown last.
    Price,
}

impl SortKey {
    #[inline]
    fn of(&self, document: DocId, row: &Row) -> u64 {
        match self {
            SortKey::None => 0,
            // Flipping the sign bit keeps the order of signed numbers; 0 is below every date there is.
            SortKey::Newest(column) => column
                .first(document)
                .map_or(0, |seconds| (seconds as u64) ^ (1 << 63)),
            SortKey::Title(column) => column
                .first(document)
                .map_or(0, |ordinal| u64::MAX - ordinal),
            SortKey::Price => row.cost_cents().map_or(0, |cents| u64::MAX - cents),
        }
    }
}

/// A match that is among the best of its segment so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    pub key: u64,
    pub points: i64,
    /// The id's place among the segment's ids.
    pub id_order: u64,
    pub document: DocId,
    pub text: f32,
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    /// The worse entry is the greater one, so that a heap gives up its worst first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.key, other.points)
            .cmp(&(self.key, self.points))
            .then(self.id_order.cmp(&other.id_order))
    }
}

/// The best of one segment, and the neutral points of all its matches where they are wanted.
pub struct Best<'a, R> {
    rank: &'a R,
    neutral: Option<&'a R>,
    key: SortKey,
    ids: &'a Column<u64>,
    depth: usize,
    heap: BinaryHeap<Entry>,
    pub neutral_points: Vec<(i64, DocId)>,
}

impl<'a, R: Rank> Best<'a, R> {
    pub fn new(
        rank: &'a R,
        neutral: Option<&'a R>,
        key: SortKey,
        ids: &'a Column<u64>,
        depth: usize,
    ) -> Self {
        Best {
            rank,
            neutral,
            key,
            ids,
            depth,
            heap: BinaryHeap::new(),
            neutral_points: Vec::new(),
        }
    }

    #[inline]
    pub fn take(&mut self, document: DocId, text: f32, row: &Row) {
        if let Some(neutral) = self.neutral {
            self.neutral_points
                .push((neutral.points(text, row), document));
        }
        if self.depth == 0 {
            return;
        }
        let (key, points) = (self.key.of(document, row), self.rank.points(text, row));
        let full = self.heap.len() == self.depth;
        if full
            && self
                .heap
                .peek()
                .is_some_and(|worst| (key, points) < (worst.key, worst.points))
        {
            return;
        }
        let id_order = self.ids.first(document).unwrap_or(u64::MAX);
        let entry = Entry {
            key,
            points,
            id_order,
            document,
            text,
        };
        if !full {
            self.heap.push(entry);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        }
    }

    /// The best entries in no particular order, and the neutral points.
    pub fn into_parts(self) -> (Vec<Entry>, Vec<(i64, DocId)>) {
        (self.heap.into_vec(), self.neutral_points)
    }
}
