//! What an import did, and what it could not take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::duplicates::{Duplicate, Twins};
use crate::domain::draft::{Unmapped, vocabulary_of};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::vocabulary::Vocabularies;

/// A record that is not in the catalogue, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    pub file: String,
    pub line: u64,
    pub reason: String,
}

/// Counts of one import. Every record read is in exactly one of the first six.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    pub added: u64,
    pub replaced: u64,
    pub unchanged: u64,
    /// Records that a later one of the same id, read together with them, took the place of.
    pub superseded: u64,
    pub rejected: u64,
    /// Records left aside because their id was merged into another, which stays as it is.
    #[serde(default)]
    pub merged: u64,
    /// The sequence number the catalogue stands at.
    pub sequence: u64,
    /// Values kept in `provenance.raw` because their meaning is not known: field, value, how often.
    pub unmapped: Vec<UnmappedCount>,
    /// Values that were unmapped too, but found no place in the list above.
    #[serde(default)]
    pub unmapped_others: u64,
    /// For each field, in how many replaced records it changed.
    #[serde(default)]
    pub changed: BTreeMap<String, u64>,
    /// For each of these fields, the first records that have it otherwise.
    #[serde(default)]
    pub examples: BTreeMap<String, Vec<Example>>,
    /// How complete the records are that were taken in.
    #[serde(default)]
    pub completeness: Completeness,
    /// Records that look like others of the import, or of the catalogue, under another id.
    #[serde(default)]
    pub duplicates: Vec<Duplicate>,
    /// Such records that found no place in the list above.
    #[serde(default)]
    pub duplicates_others: u64,
}

/// What a field of a record was and is; absent where there is none. Long values are cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub id: ResourceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// How many of the twenty facts that teachers compare by are known (`index-schema/README.md` names them).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    pub records: u64,
    /// Facts known of a record, on average.
    pub mean: f64,
    /// The least complete records.
    pub least: Vec<KnownFacts>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFacts {
    pub id: ResourceId,
    pub facts: u8,
}

impl Completeness {
    /// Adds that of other records.
    fn add(&mut self, other: Completeness) {
        let records = self.records + other.records;
        if records > 0 {
            let sum = self.mean * self.records as f64 + other.mean * other.records as f64;
            self.mean = sum / records as f64;
        }
        self.records = records;
        self.least.extend(other.least);
        self.least.sort_by_key(|known| known.facts);
        self.least.truncate(NAMED_LEAST);
    }
}

/// A field in which a record differs from the one that it takes the place of.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub field: String,
    pub id: ResourceId,
    pub before: Option<Value>,
    pub after: Option<Value>,
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
        self.added + self.replaced + self.unchanged + self.superseded + self.rejected + self.merged
    }

    /// Whether there were records and none could be taken in.
    pub fn is_refused_whole(&self) -> bool {
        self.rejected > 0 && self.rejected == self.records()
    }

    /// Adds the report of another file, or of another part of a file.
    pub fn add(&mut self, other: ImportReport) {
        self.added += other.added;
        self.replaced += other.replaced;
        self.unchanged += other.unchanged;
        self.superseded += other.superseded;
        self.rejected += other.rejected;
        self.merged += other.merged;
        self.sequence = self.sequence.max(other.sequence);
        self.unmapped_others += other.unmapped_others;
        for value in other.unmapped {
            let same = |known: &&mut UnmappedCount| {
                known.field == value.field && known.value == value.value
            };
            match self.unmapped.iter_mut().find(same) {
                Some(known) => known.count += value.count,
                None => self.unmapped.push(value),
            }
        }
        self.unmapped
            .sort_by_key(|value| std::cmp::Reverse(value.count));
        for (field, count) in other.changed {
            *self.changed.entry(field).or_default() += count;
        }
        for (field, examples) in other.examples {
            let known = self.examples.entry(field).or_default();
            known.extend(examples);
            known.truncate(MOST_EXAMPLES);
        }
        self.completeness.add(other.completeness);
        self.duplicates.extend(other.duplicates);
        self.duplicates_others += other.duplicates_others;
    }
}

/// Distinct unmapped values that are listed; a catalogue of free words must not fill the memory.
const MOST_UNMAPPED: usize = 2_000;

/// Unmapped values for which the nearest term is looked for: each is compared with every name of a vocabulary.
const MOST_NEAREST: usize = 200;

/// Records that are named for a field that changed, and how much of a value is shown.
const MOST_EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 120;

/// The least complete records that are named.
const NAMED_LEAST: usize = 5;

/// Duplicates that are listed.
const MOST_DUPLICATES: usize = 1_000;

/// Counts what is told of records while an import runs.
#[derive(Debug, Default)]
pub struct Tally {
    unmapped: BTreeMap<Unmapped, u64>,
    unmapped_others: u64,
    changed: BTreeMap<String, u64>,
    examples: BTreeMap<String, Vec<Example>>,
    completeness: Completeness,
    twins: Twins,
    duplicates: Vec<Duplicate>,
    duplicates_others: u64,
}

impl Tally {
    /// Counts a value whose meaning is not known.
    pub fn unmapped(&mut self, unmapped: Unmapped) {
        if let Some(count) = self.unmapped.get_mut(&unmapped) {
            *count += 1;
        } else if self.unmapped.len() < MOST_UNMAPPED {
            self.unmapped.insert(unmapped, 1);
        } else {
            self.unmapped_others += 1;
        }
    }

    /// Compares a record with those before it, and notes the twin that the catalogue had.
    pub fn meet(&mut self, resource: &Resource, in_catalogue: Option<Duplicate>) {
        let within = self.twins.meet(resource);
        match in_catalogue.or(within) {
            Some(found) if self.duplicates.len() < MOST_DUPLICATES => self.duplicates.push(found),
            Some(_) => self.duplicates_others += 1,
            None => {}
        }
    }

    /// Counts a field that a replaced record has otherwise; the first are kept as examples.
    pub fn changed(&mut self, change: FieldChange) {
        *self.changed.entry(change.field.clone()).or_default() += 1;
        let examples = self.examples.entry(change.field).or_default();
        if examples.len() < MOST_EXAMPLES {
            examples.push(Example {
                id: change.id,
                before: change.before.map(shown),
                after: change.after.map(shown),
            });
        }
    }

    /// Notes how many of the twenty facts are known of a record.
    pub fn complete(&mut self, id: &ResourceId, facts: u8) {
        let least = &self.completeness.least;
        let is_named =
            least.len() < NAMED_LEAST || least.last().is_some_and(|known| facts < known.facts);
        let least = is_named.then(|| KnownFacts {
            id: id.clone(),
            facts,
        });
        self.completeness.add(Completeness {
            records: 1,
            mean: f64::from(facts),
            least: least.into_iter().collect(),
        });
    }

    /// Tells it: of the unmapped values the most frequent first, these with the nearest term we know.
    pub fn finish(self, report: &mut ImportReport, vocabularies: &Vocabularies) {
        let counts = self.unmapped.into_iter();
        let counts = counts.map(|(Unmapped { field, value }, count)| UnmappedCount {
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
            // Addresses are alike without meaning alike.
            let is_word = !value.value.contains("://");
            let vocabulary = vocabulary_of(&value.field).filter(|_| is_word);
            let vocabulary = vocabulary.map(|name| vocabularies.get(name));
            let nearest = vocabulary.and_then(|vocabulary| vocabulary.nearest(&value.value));
            value.nearest = nearest.map(|term| term.id.clone());
        }
        report.unmapped_others = self.unmapped_others;
        report.changed = self.changed;
        report.examples = self.examples;
        report.completeness = self.completeness;
        report.duplicates = self.duplicates;
        report.duplicates_others = self.duplicates_others;
    }
}

/// A value as a person reads it.
fn shown(value: Value) -> String {
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match text.char_indices().nth(EXAMPLE_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
