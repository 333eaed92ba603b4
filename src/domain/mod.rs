//! Values that cannot be wrong once they exist.
//!
//! The nouns of Classo and their rules: what a resource is, which terms describe it, what a teacher tells us.
//! This room knows no file, no network and no engine; every other room may lean on it.
//! Start with [`resource`], then [`draft`] (how raw input becomes a resource) and [`vocabulary`].

pub mod account;
pub mod actor;
pub mod clock;
pub mod compatibility;
pub mod consent;
pub mod cost;
pub mod decision;
pub mod draft;
pub mod grade_range;
pub mod language;
pub mod letter;
pub mod licence;
pub mod link;
pub mod markup;
pub mod merge;
pub mod password;
pub mod permit;
pub mod problem;
pub mod profile;
pub mod resource;
pub mod session;
pub mod task;
pub mod text;
pub mod totp;
pub mod typed;
pub mod typography;
pub mod usage;
pub mod vocabulary;
