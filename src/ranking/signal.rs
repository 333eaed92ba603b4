//! One reason to prefer a resource.

use crate::domain::language::Bilingual;
use crate::domain::vocabulary::Ordinal;
use crate::query::attributes::Merit;
use crate::query::facet::Facet;

/// Every signal of a search, in the order in which reasons are told.
pub const NAMES: [&str; 21] = [
    "text",
    "proximity",
    "reading-language",
    "asked_subject",
    "asked_type",
    "asked_need",
    "role",
    "subject",
    "level",
    "student_type",
    "device",
    "os",
    "platform",
    "language",
    "budget",
    "evidence",
    "support",
    "completeness",
    "freshness",
    "verified",
    "dead_link",
];

/// What a signal looks at. Ranking turns all but text, proximity and cost into tables, so a signal is asked once a set, not once a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    Text,
    Proximity,
    Facet(Facet),
    Merit,
    Cost,
}

/// What a signal is shown of a resource: what its input says.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// How well the words match, 0 to 1.
    Text(f32),
    /// How near to one another the words stand, 0 to 1.
    Proximity(f32),
    /// The values that the record declares for the facet.
    Terms(&'a [Ordinal]),
    Merit(&'a Merit),
    /// In Canadian cents.
    Cost(Option<u64>),
}

/// One reason: bounded, monotone, and able to say itself.
pub trait Signal: Sync + Send {
    /// One of [`NAMES`]; of a likeness, `text` or the name of its facet.
    fn name(&self) -> &'static str;

    fn input(&self) -> Input;

    /// Whether it speaks against a resource: its points are taken away.
    fn is_against(&self) -> bool {
        false
    }

    /// Between 0 (nothing speaks for it) and 1 (nothing could speak more for it).
    fn value(&self, seen: Seen) -> f64;

    /// What it cannot exceed for any record that declares some of these values of its facet, or none.
    fn most(&self, _values: &[Ordinal]) -> f64 {
        1.0
    }

    /// The reason as a teacher would accept it.
    fn sentence(&self, seen: Seen) -> Bilingual;
}

/// Points in ten-thousandths: the only place where a value and a weight become a number to add. Adding a half away
/// from zero and cutting rounds, without a call into the mathematics library for every match.
#[inline]
pub fn points(weight: f64, value: f64) -> i64 {
    (weight * value * 10_000.0 + 0.5_f64.copysign(weight)) as i64
}
