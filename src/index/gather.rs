//! What the one pass collects: counts for every facet, the total, and the best of each segment.
//!
//! Matches come in batches of some thousands, so that each step (filters, counts, points) is a short loop of its own over
//! numbers that stay in the cache.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

use tantivy::DocId;
use tantivy::columnar::Column;

use super::bits::Bits;
use super::segment::{Columns, Ids};
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::{PackedBits, Rows, Sets};
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::{FacetCount, SetTally};
use crate::query::need::Limit;
use crate::query::rank::{Matches, Rank};

/// How many matches are looked at together: their places, texts and points stay within a first-level cache.
pub const BATCH: usize = 2_048;

/// Some matches of a segment, in order.
#[derive(Default)]
pub struct Batch {
    pub places: Vec<DocId>,
    /// How well the words match each, 0 to 1.
    pub texts: Vec<f32>,
    first_words: Vec<u64>,
    points: Vec<i64>,
    /// Room for those that are ranked, see [`Best::take`].
    hopeful: Option<Box<Batch>>,
}

impl Batch {
    #[inline]
    pub fn push(&mut self, document: DocId, text: f32) {
        self.places.push(document);
        self.texts.push(text);
    }

    #[inline]
    pub fn extend(&mut self, documents: &[DocId], texts: impl Iterator<Item = f32>) {
        self.places.extend_from_slice(documents);
        self.texts.extend(texts);
    }

    /// Whether it is time to look at them: some more may have come with the last.
    pub fn is_full(&self) -> bool {
        self.places.len() >= BATCH
    }

    pub fn clear(&mut self) {
        self.places.clear();
        self.texts.clear();
    }

    /// Keeps those of which `failed` says that they passed, each told by one number.
    pub fn keep_passed<T: Copy + PartialEq + Default>(&mut self, failed: &[T]) {
        let mut kept = 0;
        for (at, failed) in failed.iter().enumerate() {
            self.places[kept] = self.places[at];
            self.texts[kept] = self.texts[at];
            self.first_words[kept] = self.first_words[at];
            kept += usize::from(*failed == T::default());
        }
        self.places.truncate(kept);
        self.texts.truncate(kept);
        self.first_words.truncate(kept);
    }

    /// Becomes what a part of another one has of matches with at least so much text.
    fn take_over(&mut self, other: &Batch, part: Range<usize>, least_text: f32) {
        self.places.resize(part.len(), 0);
        self.texts.resize(part.len(), 0.0);
        self.first_words.resize(part.len(), 0);
        let mut kept = 0;
        for at in part {
            let text = other.texts[at];
            self.places[kept] = other.places[at];
            self.texts[kept] = text;
            self.first_words[kept] = other.first_words[at];
            kept += usize::from(text >= least_text);
        }
        self.places.truncate(kept);
        self.texts.truncate(kept);
        self.first_words.truncate(kept);
        self.points.resize(kept, 0);
    }

    /// Keeps those that have at least so many points.
    fn keep_reaching(&mut self, least: i64, points: &mut Vec<i64>) {
        let mut kept = 0;
        for at in 0..points.len() {
            let reached = points[at];
            points[kept] = reached;
            self.places[kept] = self.places[at];
            self.texts[kept] = self.texts[at];
            self.first_words[kept] = self.first_words[at];
            kept += usize::from(reached >= least);
        }
        points.truncate(kept);
        self.places.truncate(kept);
        self.texts.truncate(kept);
        self.first_words.truncate(kept);
    }

    /// Reads the first word of each row, for [`Batch::matches`].
    pub fn gather_first_words(&mut self, rows: &Rows) {
        rows.gather_first_words(&self.places, &mut self.first_words);
    }

    pub fn matches<'a>(&'a self, rows: &'a Rows) -> Matches<'a> {
        Matches {
            rows,
            places: &self.places,
            first_words: &self.first_words,
            texts: &self.texts,
        }
    }
}

/// Columns of one word that are counted together: the facets of a page.
const COUNTED_TOGETHER: usize = 5;

/// Counts the numbers of some columns of each word, each from a place of its own among the tallies.
fn count_columns<const N: usize>(
    words: &[u64],
    columns: [(PackedBits, usize); N],
    tallies: &mut [u32],
) {
    for word in words {
        for (bits, begin) in columns {
            tallies[begin + bits.of(*word)] += 1;
        }
    }
}

/// Adds what a segment has of some sets of a facet.
fn add_tally(sums: &mut [u32], tally: &[u32], is_counted: impl Fn(usize) -> bool) {
    for (set, (sum, documents)) in sums.iter_mut().zip(tally).enumerate() {
        if is_counted(set) {
            *sum += documents;
        }
    }
}

/// The filters and counts of one search, over all segments.
pub struct Counts<'a> {
    sets: &'a Sets,
    filters: &'a Filters,
    counted: Vec<Facet>,
    /// For each facet that is counted, one after another: matches by set number.
    tallies: Vec<u32>,
    /// Where each counted facet's tallies begin.
    begins: Vec<usize>,
    pub total: u64,
}

/// What the filters say of a segment's documents.
pub struct Filtered {
    /// What passes all of them.
    pub passing: Bits,
    /// For each filter on a facet: it, and what fails it but passes the others. None where it is the only one.
    failing_one: Vec<(Facet, Option<Bits>)>,
}

impl Filtered {
    /// Nothing where there is no filter.
    pub fn new(filters: &Filters, sets: &Sets, columns: &Columns) -> Option<Filtered> {
        let facets: Vec<Facet> = filters.facets().collect();
        let on_facets = facets
            .iter()
            .map(|facet| Limit::Facet(*facet, filters.values(*facet).to_vec()));
        let on_cost = filters.max_cost_cents.map(Limit::MaxCost);
        let limits = on_facets.chain(on_cost);
        let rows: Vec<Arc<Bits>> = limits.map(|limit| columns.passing(&limit, sets)).collect();
        let without = |left_out: Option<usize>| {
            let others = (0..rows.len()).filter(|number| left_out != Some(*number));
            let mut both: Option<Bits> = None;
            for number in others {
                match &mut both {
                    Some(both) => both.intersect(&rows[number]),
                    None => both = Some(Bits::clone(&rows[number])),
                }
            }
            both
        };
        let failing_one = facets.iter().enumerate().map(|(number, facet)| {
            let failing = without(Some(number)).map(|mut others| {
                others.subtract(&rows[number]);
                others
            });
            (*facet, failing)
        });
        Some(Filtered {
            passing: without(None)?,
            failing_one: failing_one.collect(),
        })
    }
}

impl<'a> Counts<'a> {
    pub fn new(filters: &'a Filters, facets: &[Facet], sets: &'a Sets) -> Self {
        let mut begins = Vec::with_capacity(facets.len());
        let mut tallies = 0;
        for facet in facets {
            begins.push(tallies);
            tallies += sets.len(*facet);
        }
        Counts {
            sets,
            filters,
            counted: facets.to_vec(),
            tallies: vec![0; tallies],
            begins,
            total: 0,
        }
    }

    /// Counts matches that pass every filter, their first words gathered.
    pub fn take(&mut self, batch: &Batch, rows: &Rows) {
        self.total += batch.places.len() as u64;
        let matches = batch.matches(rows);
        let columns = self.counted.iter().zip(&self.begins);
        let columns = columns.map(|(facet, begin)| (rows.sets(*facet), *begin));
        let (first, others): (Vec<_>, Vec<_>) = columns.partition(|(column, _)| column.is_first);
        let first: Vec<(PackedBits, usize)> = first
            .into_iter()
            .map(|(column, begin)| (column.bits, begin))
            .collect();
        for columns in first.chunks(COUNTED_TOGETHER) {
            let words = matches.first_words;
            match *columns {
                [a] => count_columns(words, [a], &mut self.tallies),
                [a, b] => count_columns(words, [a, b], &mut self.tallies),
                [a, b, c] => count_columns(words, [a, b, c], &mut self.tallies),
                [a, b, c, d] => count_columns(words, [a, b, c, d], &mut self.tallies),
                [a, b, c, d, e] => count_columns(words, [a, b, c, d, e], &mut self.tallies),
                _ => unreachable!("chunks of five at most"),
            }
        }
        for (column, begin) in others {
            for place in matches.places {
                self.tallies[begin + column.get(*place)] += 1;
            }
        }
    }

    /// Counts all that a segment has.
    pub fn take_everything(&mut self, columns: &Columns) {
        self.total += columns.rows.len() as u64;
        for (facet, begin) in self.counted.iter().zip(&self.begins) {
            add_tally(&mut self.tallies[*begin..], columns.tally(*facet), |_| true);
        }
    }

    /// Counts what fails exactly one facet's filter, for that facet: its counts leave its own filter out. `matched` has what
    /// a segment has of the words; without it, everything counts.
    pub fn take_failing(&mut self, filtered: &Filtered, matched: Option<&Bits>, columns: &Columns) {
        for (facet, failing) in &filtered.failing_one {
            let Some(place) = self.counted.iter().position(|counted| counted == facet) else {
                continue;
            };
            let tallies = &mut self.tallies[self.begins[place]..];
            let failing = match (matched.cloned(), failing) {
                (None, None) => {
                    let values = self.filters.values(*facet);
                    let fails = |set| !self.sets.passes(*facet, set as u32, values);
                    add_tally(tallies, columns.tally(*facet), fails);
                    continue;
                }
                (None, Some(failing)) => Cow::Borrowed(failing),
                (Some(mut matched), None) => {
                    matched.subtract(&filtered.passing);
                    Cow::Owned(matched)
                }
                (Some(mut matched), Some(failing)) => {
                    matched.intersect(failing);
                    Cow::Owned(matched)
                }
            };
            let column = columns.rows.sets(*facet);
            for document in failing.iter() {
                tallies[column.get(document)] += 1;
            }
        }
    }

    /// Matches by set, for each facet that is counted.
    pub fn tallies(&self) -> Vec<SetTally> {
        let of_facet = |(facet, begin): (&Facet, &usize)| SetTally {
            facet: *facet,
            matches: self.tallies[*begin..*begin + self.sets.len(*facet)].to_vec(),
        };
        self.counted
            .iter()
            .zip(&self.begins)
            .map(of_facet)
            .collect()
    }

    /// Expands sets to values: a resource counts once for every value that a filter on it would find it by.
    pub fn facet_counts(&self, vocabularies: &Vocabularies) -> Vec<FacetCount> {
        let of_facet = |(facet, begin): (&Facet, &usize)| {
            let tally = &self.tallies[*begin..*begin + self.sets.len(*facet)];
            let mut counts = vec![0; vocabularies.get(facet.name()).terms().len()];
            let values = self.filters.values(*facet);
            let fails = |set| !values.is_empty() && !self.sets.passes(*facet, set, values);
            let mut excluded = 0;
            let met = tally
                .iter()
                .enumerate()
                .filter(|(_, matches)| **matches > 0);
            for (set, matches) in met {
                let matches = u64::from(*matches);
                for value in self.sets.counted(*facet, set as u32) {
                    counts[usize::from(*value)] += matches;
                }
                if fails(set as u32) {
                    excluded += matches;
                }
            }
            FacetCount {
                facet: *facet,
                counts,
                unknown: u64::from(tally[0]),
                excluded,
            }
        };
        self.counted
            .iter()
            .zip(&self.begins)
            .map(of_facet)
            .collect()
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
    fn of(&self, document: DocId, rows: &Rows) -> u64 {
        match self {
            SortKey::None => 0,
            // Flipping the sign bit keeps the order of signed numbers; 0 is below every date there is.
            SortKey::Newest(column) => column
                .first(document)
                .map_or(0, |seconds| (seconds as u64) ^ (1 << 63)),
            SortKey::Title(column) => column
                .first(document)
                .map_or(0, |ordinal| u64::MAX - ordinal),
            SortKey::Price => rows
                .cost_cents(document)
                .map_or(0, |cents| u64::MAX - cents),
        }
    }
}

/// A match that is among the best of its segment so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    pub key: u64,
    pub points: i64,
    /// The id's place among the segment's ids.
    pub id_place: u32,
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
            .then(self.id_place.cmp(&other.id_place))
    }
}

/// The best entries so far, as many as are wanted.
pub struct Top {
    most: usize,
    heap: BinaryHeap<Entry>,
}

impl Top {
    pub fn new(most: usize) -> Self {
        Top {
            most,
            heap: BinaryHeap::new(),
        }
    }

    pub fn take(&mut self, entry: Entry) {
        if self.heap.len() < self.most {
            self.heap.push(entry);
        } else if let Some(mut worst) = self.heap.peek_mut()
            && entry < *worst
        {
            *worst = entry;
        }
    }

    /// What an entry must be better than; nothing while there is room.
    pub fn worst(&self) -> Option<&Entry> {
        self.heap.peek().filter(|_| self.heap.len() == self.most)
    }

    /// All of them, in no particular order.
    pub fn drain(&mut self) -> impl Iterator<Item = Entry> {
        self.heap.drain()
    }
}

/// How many matches are ranked together: what was kept of those before decides which of them are worth a look.
const RANKED_TOGETHER: usize = 256;

/// The best of one segment, and the neutral points that a neutral place can be told by, where it is wanted.
pub struct Best<'a, R> {
    rank: &'a R,
    with_neutral: bool,
    key: SortKey,
    ids: &'a Ids,
    top: Top,
    /// Below this key and these points nothing is kept any more.
    worst: (u64, i64),
    neutral_points: Vec<(i64, DocId)>,
}

impl<'a, R: Rank> Best<'a, R> {
    pub fn new(rank: &'a R, with_neutral: bool, key: SortKey, ids: &'a Ids, depth: usize) -> Self {
        Best {
            rank,
            with_neutral,
            key,
            ids,
            top: Top::new(depth),
            worst: (0, i64::MIN),
            neutral_points: Vec::new(),
        }
    }

    /// Keeps nothing that has fewer points: enough others have as many.
    pub fn reaching(mut self, points: i64) -> Self {
        self.worst.1 = points;
        self
    }

    /// Takes matches that pass every filter.
    ///
    /// Ranking goes step by step, and after each one those that can no longer reach the worst one kept are left out: what
    /// a profile adds is bounded, and most matches have too little text for it.
    pub fn take(&mut self, batch: &mut Batch, rows: &Rows) {
        if self.top.most == 0 {
            return;
        }
        let mut hopeful = batch.hopeful.take().unwrap_or_default();
        let mut from = 0;
        while from < batch.places.len() {
            let to = (from + RANKED_TOGETHER).min(batch.places.len());
            // Points decide only where no key comes first.
            let worst = match self.key {
                SortKey::None => self.worst.1,
                _ => i64::MIN,
            };
            let least_text = self.rank.least_text(worst);
            hopeful.take_over(batch, from..to, least_text);
            from = to;
            self.rank_hopeful(&mut hopeful, worst, rows);
        }
        batch.hopeful = Some(hopeful);
    }

    fn rank_hopeful(&mut self, hopeful: &mut Batch, worst: i64, rows: &Rows) {
        let mut points = std::mem::take(&mut hopeful.points);
        self.rank
            .neutral_points(&hopeful.matches(rows), &mut points);
        hopeful.keep_reaching(worst.saturating_sub(self.rank.most_from(0)), &mut points);
        // What is left out here is neutrally below every candidate, too: it has no say in their neutral places.
        if self.with_neutral {
            let neutral = points.iter().copied().zip(hopeful.places.iter().copied());
            self.neutral_points.extend(neutral);
        }
        for step in 0..self.rank.personal_steps() {
            let matches = hopeful.matches(rows);
            self.rank.add_personal_step(step, &matches, &mut points);
            let least = worst.saturating_sub(self.rank.most_from(step + 1));
            hopeful.keep_reaching(least, &mut points);
        }
        let texts = hopeful.places.iter().zip(&hopeful.texts);
        for ((document, text), points) in texts.zip(&points) {
            let key = self.key.of(*document, rows);
            if (key, *points) >= self.worst {
                self.keep(key, *points, *document, *text);
            }
        }
        hopeful.points = points;
    }

    /// Keeps a match that is not below the worst one kept: it may still lose the tie by its id.
    fn keep(&mut self, key: u64, points: i64, document: DocId, text: f32) {
        self.top.take(Entry {
            key,
            points,
            id_place: self.ids.place(document),
            document,
            text,
        });
        if let Some(worst) = self.top.worst() {
            self.worst = (worst.key, worst.points);
        }
    }

    /// The best entries in no particular order, and the neutral points of every match that may be neutrally better than
    /// one of them.
    pub fn into_parts(mut self) -> (Vec<Entry>, Vec<(i64, DocId)>) {
        (self.top.drain().collect(), self.neutral_points)
    }
}
