//! What makes a search.

use super::Reader;
use crate::domain::language::Language;
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::page::{Page, Sort};
use crate::query::search_query::Query;

impl Reader<'_> {
    /// Reads what makes a search, leaving other parameters.
    pub fn query(&mut self) -> Query {
        let defaults = Query::default();
        let profile = self.profile();
        Query {
            text: self.text("q").unwrap_or_default(),
            language: self.language(),
            filters: self.filters(),
            profile,
            personal: self.flag("personal").unwrap_or(true),
            understand: self.flag("understand").unwrap_or(true),
            literal: self.texts("literal"),
            facets: self.facets().unwrap_or(defaults.facets),
            sort: self
                .choice("sort", "relevance, newest, title or price", Sort::from_name)
                .unwrap_or_default(),
            page: Page {
                limit: self
                    .integer("limit", 0..=Page::MAX_LIMIT)
                    .unwrap_or(Page::DEFAULT_LIMIT),
                offset: self.integer("offset", 0..=Page::MAX_OFFSET).unwrap_or(0),
            },
            explain: self.flag("explain").unwrap_or(false),
        }
    }

    /// The language of the answer.
    pub fn language(&mut self) -> Language {
        self.choice("lang", "fr or en", Language::from_tag)
            .unwrap_or_default()
    }

    pub(in crate::query) fn filters(&mut self) -> Filters {
        let mut filters = Filters::default();
        filters.max_cost_cents = self.cents("max_price");
        for facet in Facet::ALL {
            let vocabulary = self.vocabularies.get(facet.name());
            for id in self.terms(facet.name(), facet.name()) {
                if let Some(value) = vocabulary.ordinal(&id) {
                    filters.add(facet, value);
                }
            }
        }
        filters
    }

    /// Facets to count: repeated, or separated by commas.
    fn facets(&mut self) -> Option<Vec<Facet>> {
        if !self.params.values.contains_key("facets") {
            return None;
        }
        let mut facets = Vec::new();
        for text in self.texts("facets") {
            for name in text
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
            {
                match Facet::from_name(name) {
                    Some(facet) if facets.contains(&facet) => {}
                    Some(facet) => facets.push(facet),
                    None => {
                        let shown: String = name.chars().take(60).collect();
                        let known: Vec<_> = Facet::ALL.into_iter().map(Facet::name).collect();
                        self.problem(
                            "facets",
                            "unknown_value",
                            format!("{shown:?} is not a facet; there are {}", known.join(", ")),
                        );
                    }
                }
            }
        }
        Some(facets)
    }
}
