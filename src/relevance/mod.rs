//! Measures result lists against judgments.
//!
//! Works on ids and grades alone: it knows no engine, no store and no resource. Start with [`metrics`].

pub mod judgment;
pub mod metrics;
pub mod run;
