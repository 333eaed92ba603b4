//! Turns foreign catalogue formats into drafts.
//!
//! A reader takes bytes and gives records with the line they stand on; it never stops at a bad one. This room writes
//! nothing and decides nothing: what a record means is the draft's business.

pub mod jsonl;
pub mod lrmi;
pub mod report;
