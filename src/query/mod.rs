//! The question, how it will be looked up, and the raw answer.
//!
//! A [`Query`](search_query::Query) is what was asked, already valid; [`understanding`] finds the filters and signals in its text; a [`Plan`](plan::Plan) is how to look it up, still free of any engine;
//! [`found`] is what a lookup hands back. [`rank`] is the one seam through which a lookup learns what a match is
//! worth to the asker. This room knows no engine and reads nothing from disk.

pub mod akin;
pub mod attributes;
pub mod decision;
pub mod expansions;
pub mod facet;
pub mod filter;
pub mod found;
pub mod known_words;
pub mod need;
pub mod page;
pub mod params;
pub mod parse;
pub mod plan;
pub mod rank;
pub mod search_query;
pub mod stop_words;
pub mod text_field;
pub mod understanding;
pub mod word_forms;
