//! What an import did, and what it could not take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::draft::{Unmapped, vocabulary_of};
use crate::domain::vocabulary::Vocabularies;

/// A record that is not in the catalogue, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    pub file: String,
    pub line: u64,
    pub reason: String,
}

/// Counts of one import. Every record read is in exactly one of the first five.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    pub added: u64,
    pub replaced: u64,
    pub unchanged: u64,
    /// Records that a later one of the same id, read together with them, took the place of.
    pub superseded: u64,
    pub rejected: u64,
    /// The sequence number the catalogue stands at.
    pub sequence: u64,
    /// Values kept in `provenance.raw` because their meaning is not known: field, value, how often.
    pub unmapped: Vec<UnmappedCount>,
    /// Values that were unmapped too, but found no place in the list above.
    #[serde(default)]
    pub unmapped_others: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmappedCount {
    pub field: String,
    pub value: String,
    pub count: u64,
    /// The term whose name is most like it, when one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<String>,
}

impl ImportReport {
    pub fn records(&self) -> u64 {
        self.added + self.replaced + self.unchanged + self.superseded + self.rejected
    }
}

/// Distinct unmapped values that are listed; a catalogue of free words must not fill the memory.
const MOST_UNMAPPED: usize = 2_000;

/// Unmapped values for which the nearest term is looked for: each is compared with every name of a vocabulary.
const MOST_NEAREST: usize = 200;

/// Counts unmapped values while an import runs.
#[derive(Debug, Default)]
pub struct UnmappedTally {
    counts: BTreeMap<Unmapped, u64>,
    others: u64,
}

impl UnmappedTally {
    pub fn add(&mut self, unmapped: Unmapped) {
        if let Some(count) = self.counts.get_mut(&unmapped) {
            *count += 1;
        } else if self.counts.len() < MOST_UNMAPPED {
            self.counts.insert(unmapped, 1);
        } else {
            self.others += 1;
        }
    }

    /// The most frequent first, these with the nearest term we know.
    pub fn finish(self, report: &mut ImportReport, vocabularies: &Vocabularies) {
        let counts = self
            .counts
            .into_iter()
            .map(|(Unmapped { field, value }, count)| UnmappedCount {
                field,
                value,
                count,
                nearest: None,
            });
        report.unmapped = counts.collect();
        report
            .unmapped
            .sort_by_key(|value| std::cmp::Reverse(value.count));
        for value in report.unmapped.iter_mut().take(MOST_NEAREST) {
            let vocabulary = vocabulary_of(&value.field).map(|name| vocabularies.get(name));
            let nearest = vocabulary.and_then(|vocabulary| vocabulary.nearest(&value.value));
            value.nearest = nearest.map(|term| term.id.clone());
        }
        report.unmapped_others = self.others;
    }
}
