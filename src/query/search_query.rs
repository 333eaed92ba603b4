//! What was asked, already valid.

use super::facet::Facet;
use super::filter::Filters;
use super::page::{Page, Sort};
use crate::domain::language::Language;
use crate::domain::profile::Profile;

/// One question to the catalogue. A door builds it from what came in, or says everything that is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// As typed; empty for all resources.
    pub text: String,
    pub language: Language,
    pub filters: Filters,
    /// The asker's situation, when it came with the question.
    pub profile: Option<Profile>,
    /// Whether a known profile may rank; `false` asks for the neutral ranking.
    pub personal: bool,
    /// Whether expressions of the text may become filters and signals.
    pub understand: bool,
    /// Words of the text that stay words whatever they could mean.
    pub literal: Vec<String>,
    /// The facets to count.
    pub facets: Vec<Facet>,
    pub sort: Sort,
    pub page: Page,
    /// Whether the reasons are wanted.
    pub explain: bool,
}

impl Default for Query {
    fn default() -> Self {
        Query {
            text: String::new(),
            language: Language::default(),
            filters: Filters::default(),
            profile: None,
            personal: true,
            understand: true,
            literal: Vec::new(),
            facets: Facet::DEFAULT.to_vec(),
            sort: Sort::default(),
            page: Page::default(),
            explain: false,
        }
    }
}
