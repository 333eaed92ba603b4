//! The seam between looking up and ranking.

use super::attributes::Rows;

/// What matches are worth to the asker, in ten-thousandths of a point.
///
/// The lookup calls it once for some thousands of matches and knows nothing else of ranking; `ranking` implements it and
/// knows nothing of the lookup. Points are integers so that their sum is exact and their order total.
pub trait Rank: Sync {
    /// Puts what each match is worth to anybody into `points`, which has one number for each.
    fn neutral_points(&self, matches: &Matches, points: &mut [i64]);

    /// Adds what each match is worth to the asker besides.
    fn add_personal_points(&self, matches: &Matches, points: &mut [i64]);
}

/// A run of matches of one segment.
pub struct Matches<'a> {
    pub rows: &'a Rows,
    /// Their places among the rows, growing.
    pub places: &'a [u32],
    /// How well the words match each, 0 to 1.
    pub texts: &'a [f32],
}
