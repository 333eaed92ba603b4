//! Measures result lists against judgments.
//!
//! Works on ids, grades and texts alone: it knows no engine, no store and no resource, and reads no files. Start with
//! [`judgment`] (what is known to be right) and [`metrics`] (how near a list comes to it); [`comparison`] says whether a
//! difference between two rankings is more than chance, and [`report`] shows it all on one page.

pub mod comparison;
pub mod judgment;
pub mod measured;
pub mod metrics;
pub mod report;
pub mod run;
pub mod statistics;
