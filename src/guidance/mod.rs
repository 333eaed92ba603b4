//! Helps to decide: chooses the next question, the smallest concession, the differences that matter.
//!
//! It works on candidates and their packed attributes, reads nothing from disk, and knows neither engine nor store. Start
//! with [`question`] (what to ask next) and [`relaxation`] (what to give up).

pub mod comparison;
pub mod dossier;
mod facts;
pub mod question;
pub mod relaxation;
pub mod topics;
