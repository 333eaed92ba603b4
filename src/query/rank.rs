//! The seam between looking up and ranking.

use super::attributes::{Column, Rows};

/// What matches are worth to the asker, in ten-thousandths of a point.
///
/// The lookup calls it once for some thousands of matches and knows nothing else of ranking; `ranking` implements it and
/// knows nothing of the lookup. Points are integers so that their sum is exact and their order total.
pub trait Rank: Sync {
    /// Puts what each match is worth to anybody into `points`, which has one number for each.
    fn neutral_points(&self, matches: &Matches, points: &mut [i64]);

    /// How well the words must match at least to reach so many points, with everything else at its best.
    fn least_text(&self, points: i64) -> f32;

    /// In how many steps what a match is worth to the asker besides comes, those that may give most first.
    fn personal_steps(&self) -> usize;

    /// What the steps from this one on give a match at most.
    fn most_from(&self, step: usize) -> i64;

    /// Adds what one step gives each match.
    fn add_personal_step(&self, step: usize, matches: &Matches, points: &mut [i64]);

    /// Adds what all of them give.
    fn add_personal_points(&self, matches: &Matches, points: &mut [i64]) {
        (0..self.personal_steps()).for_each(|step| self.add_personal_step(step, matches, points));
    }

    /// What it is worth to anybody to have the words of the question near to one another, 0 to 1.
    fn proximity_points(&self, nearness: f32) -> i64;
}

/// A run of matches of one segment.
pub struct Matches<'a> {
    pub rows: &'a Rows,
    /// Their places among the rows, growing.
    pub places: &'a [u32],
    /// The first word of each row: read once, from wherever it lies in memory, for all the columns in it.
    pub first_words: &'a [u64],
    /// How well the words match each, 0 to 1.
    pub texts: &'a [f32],
}

impl Matches<'_> {
    /// Calls `each` for every match with its number in a column of the rows and its place in `values`.
    #[inline]
    pub fn each_number<T>(
        &self,
        column: Column,
        values: &mut [T],
        mut each: impl FnMut(usize, &mut T),
    ) {
        if column.is_first {
            for (word, value) in self.first_words.iter().zip(values) {
                each(column.bits.of(*word), value);
            }
        } else {
            for (place, value) in self.places.iter().zip(values) {
                each(column.get(*place), value);
            }
        }
    }
}
