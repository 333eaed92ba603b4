//! The seam between looking up and ranking.

use super::attributes::Row;

/// What a match is worth to the asker, in ten-thousandths of a point.
///
/// The lookup calls it once a match and knows nothing else of ranking; `ranking` implements it and knows nothing of
/// the lookup. Points are integers so that their sum is exact and their order total.
pub trait Rank: Sync {
    /// `text` is how well the words match, 0 to 1.
    fn points(&self, text: f32, row: &Row) -> i64;
}
