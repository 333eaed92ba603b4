//! The bundled catalogue: real resources that a teacher in Québec recognises, one a line.

/// The catalogue as JSONL.
pub const CATALOGUE: &str = include_str!("catalogue.jsonl");
