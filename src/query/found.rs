//! What a lookup hands back.

use super::attributes::Row;
use super::facet::Facet;
use crate::domain::vocabulary::Ordinal;

/// The page's matches, how many there are in all, and the counts to refine by.
#[derive(Debug, Clone)]
pub struct Found {
    pub total: u64,
    pub candidates: Vec<Candidate>,
    pub facets: Vec<FacetCount>,
}

/// What one pass tells of a need: the best of what satisfies every wish, and what fails only a few of them.
#[derive(Debug, Clone)]
pub struct Surveyed {
    /// Its facets are not counted by value.
    pub found: Found,
    /// The points of its candidates without nearness of the words, the best first: those of [`Failing`] are without, too.
    pub points_apart: Vec<i64>,
    /// For each facet of the plan, how many matches there are of each set.
    pub tallies: Vec<SetTally>,
    /// For each cost that was asked about, how many matches cost at most that.
    pub within_cost: Vec<u64>,
    /// Matches that fail one wish alone, or wishes that stand together.
    pub failing: Vec<Failing>,
    /// The smallest sets of wishes that some match fails, all of one size; one empty set when a match fails none.
    pub smallest: Vec<WishSet>,
}

/// How many matches have each of a facet's sets.
#[derive(Debug, Clone)]
pub struct SetTally {
    pub facet: Facet,
    /// By set number.
    pub matches: Vec<u32>,
}

/// Some wishes by their number: a bit for each.
pub type WishSet = u32;

/// The matches that fail just these wishes.
#[derive(Debug, Clone)]
pub struct Failing {
    pub wishes: WishSet,
    /// What each is worth, in no order.
    pub points: Vec<i64>,
    pub best: Candidate,
}

/// A match on the page, before it is explained.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Where the lookup finds the record again.
    pub place: Place,
    pub row: Row,
    /// How well the words match, 0 to 1.
    pub text: f32,
    /// How near to one another it has them, 0 to 1.
    pub proximity: f32,
    /// In ten-thousandths.
    pub points: i64,
    /// The place this match would have without a profile, 1 for the first; only when it was asked for.
    pub neutral_rank: Option<u64>,
}

/// A place in the snapshot that found the candidate; it means nothing elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub segment: u32,
    pub document: u32,
}

/// How many matches there are for each value of a facet, with every filter applied but the facet's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    pub facet: Facet,
    /// Counts by the vocabulary's order, one for each term.
    pub counts: Vec<u64>,
    /// Matches of which the facet is not known.
    pub unknown: u64,
    /// Matches that the facet's own filter keeps off the results, and no other.
    pub excluded: u64,
}

impl FacetCount {
    pub fn count(&self, value: Ordinal) -> u64 {
        self.counts[usize::from(value)]
    }
}
