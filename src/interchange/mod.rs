//! Turns foreign catalogue formats into drafts, and resources into foreign formats.
//!
//! A [`Source`](record::Source) takes a file and gives records with the line they stand on; it never stops at a bad one and
//! holds one record in memory. A [`Shape`](records::Shape) then says what a record means in our fields. This room writes
//! nothing and refuses nothing that has an id and a text: the rest is the draft's business. Start with
//! [`recognition`], which finds out what a file is.

mod concept;
pub mod csv;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod licence;
pub mod lrmi;
pub mod mapping;
pub mod recognition;
pub mod record;
pub mod records;
pub mod report;
