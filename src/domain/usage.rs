//! What the catalogue is asked for, as counts of a day: nothing here is about a person.

use jiff::civil::Date;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UsageKind {
    /// Searches in all; without a name.
    Searches,
    /// Searches that found nothing; without a name.
    Unanswered,
    /// A question, by its text.
    Question,
    /// A question that found nothing, by its text.
    UnansweredQuestion,
    /// A facet that was filtered by.
    Facet,
    /// A value that was filtered by: `facet=value`.
    Value,
    /// The language of the answer.
    Language,
}

impl UsageKind {
    pub const ALL: [UsageKind; 7] = [
        UsageKind::Searches,
        UsageKind::Unanswered,
        UsageKind::Question,
        UsageKind::UnansweredQuestion,
        UsageKind::Facet,
        UsageKind::Value,
        UsageKind::Language,
    ];

    /// Its place in [`UsageKind::ALL`], which is also how the store knows it: entries are added, never moved.
    pub fn number(self) -> usize {
        self as usize
    }
}

/// How often something was asked for on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    pub day: Date,
    pub kind: UsageKind,
    pub name: String,
    pub count: u64,
}
