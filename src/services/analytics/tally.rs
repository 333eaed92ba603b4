//! The counts of one day: what was asked often enough by its name, all else as anonymous numbers in memory.
//!
//! A name (a question's text, a value) that came fewer than [`LEAST`] times is known by a keyed hash alone, whose key
//! lives as long as the day and is never written. With the time that makes it [`LEAST`], the name is in hand, and only
//! then is it kept. So a rare text is in no file, and nobody can look for one.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use jiff::civil::Date;

use crate::domain::text;
use crate::domain::usage::{Usage, UsageKind};

/// Nothing that came less often is shown or written.
pub const LEAST: u64 = 10;

/// Names a day keeps of one kind. What comes later is not counted by its name.
const MOST_NAMES: usize = 10_000;

/// Hashes that are waited for, some 16 bytes each. Beyond, those that came least are given up.
const MOST_WAITING: usize = 100_000;

/// The counts of one day.
pub struct Tally {
    pub day: Date,
    /// By kind, then by the folded name.
    known: [HashMap<String, Counted>; UsageKind::ALL.len()],
    waiting: HashMap<u64, u32>,
    hashes: RandomState,
}

struct Counted {
    /// As it was typed the time that made it known.
    name: String,
    count: u64,
    /// Whether the store has this count.
    is_written: bool,
}

impl Tally {
    /// A day, with what the store has of it already.
    pub fn new(day: Date, written: Vec<Usage>) -> Self {
        let mut tally = Tally {
            day,
            known: Default::default(),
            waiting: HashMap::new(),
            hashes: RandomState::new(),
        };
        for usage in written {
            let counted = Counted {
                count: usage.count,
                is_written: true,
                name: usage.name,
            };
            tally.known[usage.kind.number()].insert(text::fold(&counted.name), counted);
        }
        tally
    }

    /// Counts something once more.
    pub fn count(&mut self, kind: UsageKind, name: &str) {
        let folded = text::fold(name);
        let known = &mut self.known[kind.number()];
        if let Some(counted) = known.get_mut(&folded) {
            counted.count += 1;
            counted.is_written = false;
            return;
        }
        let hash = self.hashes.hash_one((kind, &folded));
        let times = self.waiting.entry(hash).or_default();
        *times += 1;
        if u64::from(*times) < LEAST {
            if self.waiting.len() > MOST_WAITING {
                self.give_up_the_rarest();
            }
            return;
        }
        self.waiting.remove(&hash);
        if known.len() < MOST_NAMES {
            let counted = Counted {
                name: name.to_owned(),
                count: LEAST,
                is_written: false,
            };
            known.insert(folded, counted);
        }
    }

    fn give_up_the_rarest(&mut self) {
        let mut rarest = 1;
        while self.waiting.len() > MOST_WAITING / 2 {
            self.waiting.retain(|_, times| *times > rarest);
            rarest += 1;
        }
    }

    /// Everything that may be shown.
    pub fn shown(&self) -> impl Iterator<Item = Usage> + '_ {
        self.named(|_| true)
    }

    /// What the store does not have yet.
    pub fn unwritten(&self) -> Vec<Usage> {
        self.named(|counted| !counted.is_written).collect()
    }

    /// Notes that the store has these.
    pub fn written(&mut self, counts: &[Usage]) {
        for usage in counts {
            let known = &mut self.known[usage.kind.number()];
            if let Some(counted) = known.get_mut(&text::fold(&usage.name)) {
                counted.is_written = counted.count == usage.count;
            }
        }
    }

    fn named(&self, wanted: impl Fn(&Counted) -> bool) -> impl Iterator<Item = Usage> {
        let kinds = UsageKind::ALL.into_iter().zip(&self.known);
        kinds.flat_map(move |(kind, known)| {
            let wanted = known.values().filter(|counted| wanted(counted));
            let usages = wanted.map(|counted| Usage {
                day: self.day,
                kind,
                name: counted.name.clone(),
                count: counted.count,
            });
            usages.collect::<Vec<_>>()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> Date {
        "2026-03-01".parse().expect("a day")
    }

    #[test]
    fn nothing_has_a_name_before_its_tenth_time() {
        let mut tally = Tally::new(day(), Vec::new());
        for _ in 0..9 {
            tally.count(UsageKind::Question, "volcan");
        }
        assert_eq!(tally.shown().count(), 0);
        tally.count(UsageKind::UnansweredQuestion, "volcan");
        assert_eq!(tally.shown().count(), 0, "each kind is counted by itself");
        tally.count(UsageKind::Question, "Volcan");
        tally.count(UsageKind::Question, "volcán");
        let shown: Vec<_> = tally
            .shown()
            .map(|usage| (usage.name, usage.count))
            .collect();
        assert_eq!(shown, [("Volcan".to_owned(), 11)]);
    }

    #[test]
    fn what_is_written_is_written_once_and_goes_on_from_there() {
        let mut tally = Tally::new(day(), Vec::new());
        (0..10).for_each(|_| tally.count(UsageKind::Question, "été"));
        let unwritten = tally.unwritten();
        assert_eq!(unwritten.len(), 1);
        tally.written(&unwritten);
        assert!(tally.unwritten().is_empty());
        let mut later = Tally::new(day(), unwritten);
        later.count(UsageKind::Question, "ete");
        assert_eq!(later.unwritten()[0].count, 11);
    }

    #[test]
    fn a_flood_of_odd_texts_fills_no_memory() {
        let mut tally = Tally::new(day(), Vec::new());
        (0..9).for_each(|_| tally.count(UsageKind::Question, "fractions"));
        for number in 0..MOST_WAITING + 1_000 {
            tally.count(UsageKind::Question, &format!("odd {number}"));
        }
        assert!(tally.waiting.len() <= MOST_WAITING);
        tally.count(UsageKind::Question, "fractions");
        assert_eq!(tally.shown().count(), 1, "what comes often survives it");
    }
}
