//! Orders candidates for a profile and says why, without reading anything from disk.
//!
//! A score is a sum of named signals, so the score *is* its explanation: the same contributions that order the results
//! are the ones that are told. This room knows no engine and no store, and of a person only a
//! [`ProfileView`](crate::domain::profile::ProfileView). Start with [`signal`] (what a reason is) and [`rank`] (how reasons
//! become a few table look-ups a match).

pub mod explanation;
pub mod rank;
pub mod signal;
mod signals;
pub mod similar;
pub mod weights;
