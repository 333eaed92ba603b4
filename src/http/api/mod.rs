//! The JSON API, one file for each noun of its paths.

pub mod accounts;
pub mod admin;
pub mod analytics;
pub mod backup;
pub mod compare;
pub mod consents;
pub mod dossier;
pub mod duplicates;
pub mod export;
pub mod facets;
pub mod generations;
pub mod guidance;
pub mod health;
pub mod links;
pub mod people;
pub mod profile;
pub mod resources;
pub mod search;
pub mod session;
pub mod suggest;
pub mod tasks;
pub mod vocabularies;
pub mod why;
