//! Turns foreign catalogue formats into drafts, and resources into foreign formats.
//!
//! A [`Source`](record::Source) takes a file and gives records with the line they stand on; it never stops at a bad one and
//! holds one record in memory. A [`Shape`](records::Shape) then says what a record means in our fields. This room writes
//! nothing and refuses nothing that has an id and a text: the rest is the draft's business. Start with
//! [`recognition`], which finds out what a file is.

mod concept;
pub mod csv;
mod dublin_core;
pub mod duplicates;
pub mod encoding;
pub mod export;
pub mod html;
pub mod json;
pub mod jsonl;
mod jsonld;
mod language;
pub mod licence;
mod lom;
pub mod lrmi;
pub mod mapping;
mod numbers;
pub mod recognition;
pub mod record;
pub mod records;
pub mod report;
pub mod xml;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::domain::resource::ResourceId;

/// A foreign identifier as one of ours: without commas and control characters, and shortened to what an id may have, with
/// a fingerprint of the whole in the place of its end.
pub fn usable_id(identifier: &str) -> String {
    const FINGERPRINT_BYTES: usize = 8;
    let id = identifier
        .trim()
        .replace(|c: char| c == ',' || c.is_control(), "-");
    if id.chars().count() <= ResourceId::LONGEST_CHARS {
        return id;
    }
    let fingerprint = Sha256::digest(identifier.as_bytes());
    let fingerprint = fingerprint
        .iter()
        .take(FINGERPRINT_BYTES)
        .map(|byte| format!("{byte:02x}"));
    let fingerprint: String = fingerprint.collect();
    let kept = ResourceId::LONGEST_CHARS - fingerprint.len() - 1;
    id.chars()
        .take(kept)
        .chain(['~'])
        .chain(fingerprint.chars())
        .collect()
}

/// A range of ages as LOM and schema.org write it: `7-9`, `18-`, `11-15 ans`; the text itself when it is none.
fn age_range(text: &str) -> Value {
    let numbers: Vec<Option<u32>> = text
        .trim_end_matches(|c: char| c.is_alphabetic() || c.is_whitespace())
        .splitn(2, ['-', '–'])
        .map(|age| age.trim().parse().ok())
        .collect();
    match numbers.as_slice() {
        [Some(min), Some(max)] => json!({"min": min, "max": max}),
        [Some(min), None] => json!({ "min": min }),
        [None, Some(max)] if text.starts_with(['-', '–']) => json!({ "max": max }),
        [Some(age)] => json!({"min": age, "max": age}),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_identifier_becomes_an_id() {
        let long = format!("https://example.org/{}", "é".repeat(300));
        for identifier in ["a,b\nc", "gar:ark:/32151/LA.FLE", &long] {
            assert!(
                ResourceId::parse(&usable_id(identifier)).is_ok(),
                "{identifier}"
            );
        }
        assert_ne!(usable_id(&long), usable_id(&format!("{long}x")));
    }

    #[test]
    fn ages_are_read_as_ranges() {
        assert_eq!(age_range("11-15 ans"), json!({"min": 11, "max": 15}));
        assert_eq!(age_range("18-"), json!({"min": 18}));
        assert_eq!(age_range("adultes"), json!("adultes"));
    }
}
