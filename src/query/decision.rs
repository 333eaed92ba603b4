//! A decision that is to be written down: the need, the resources in the last round, and what the asker says of it.

use jiff::civil::Date;

use super::need::Need;
use super::params::{RawParams, Reader};
use crate::domain::cost::Buyers;
use crate::domain::problem::Problem;
use crate::domain::resource::ResourceId;
use crate::domain::vocabulary::Vocabularies;

/// What a dossier is asked to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub need: Need,
    /// The resources that are compared; the first of the short list when none is named.
    pub finalists: Vec<ResourceId>,
    pub buyers: Buyers,
    /// The asker's own words.
    pub title: Option<String>,
    pub note: Option<String>,
    /// The day the dossier is of. A dossier without one is of no day, and never changes.
    pub day: Option<Date>,
}

impl Decision {
    /// How many finalists there are when nobody names them.
    pub const FINALISTS: usize = 3;

    /// No more than are compared.
    pub const MOST_FINALISTS: usize = 4;

    /// Reads the body of a request: that of guidance, and what a dossier has besides.
    ///
    /// # Errors
    /// Every problem in it.
    pub fn read(params: RawParams, vocabularies: &Vocabularies) -> Result<Decision, Vec<Problem>> {
        let mut reader = Reader::new(params, vocabularies);
        let decision = Decision {
            need: reader.need(),
            finalists: match reader.has("ids") {
                true => reader.ids("ids", 1..=Decision::MOST_FINALISTS),
                false => Vec::new(),
            },
            buyers: reader.buyers(),
            title: reader.words("title"),
            note: reader.words("note"),
            day: reader.day("date"),
        };
        reader.finish().map(|()| decision)
    }
}
