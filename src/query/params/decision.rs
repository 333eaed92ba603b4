//! What a decision is about: the need, which resources, and for how many.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::Reader;
use crate::domain::cost::Buyers;
use crate::domain::resource::ResourceId;
use crate::query::need::{Need, Topic};
use crate::query::page::Page;
use crate::query::search_query::Query;

/// More students or classes than any school board has.
const MOST_BUYERS: usize = 1_000_000;

impl Reader<'_> {
    /// What a person who wants guidance has said so far.
    pub fn need(&mut self) -> Need {
        let filters = self.nested("answers", "such as {\"level\": [\"/primary\"]}", |nested| {
            nested.filters()
        });
        let limit = self.integer("limit", 0..=Page::MAX_LIMIT);
        let vocabularies = self.vocabularies;
        Need {
            query: Query {
                text: self.text("q").unwrap_or_default(),
                language: self.language(),
                filters: filters.unwrap_or_default(),
                profile: self.profile(),
                facets: Vec::new(),
                page: Page {
                    limit: limit.unwrap_or(Need::SHORTLIST),
                    offset: 0,
                },
                explain: true,
                ..Query::default()
            },
            skipped: self.names("skipped", |name| Topic::from_name(name, vocabularies)),
        }
    }

    /// Whether a parameter is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.params.values.contains_key(name)
    }

    /// A text that is shown again as it is, without what cannot be seen; nothing when it says nothing.
    pub fn words(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        let is_seen = |c: &char| !c.is_control() || *c == '\n' || *c == '\t';
        let text: String = text.chars().filter(is_seen).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The ids of so many different resources, repeated or separated by commas.
    pub fn ids(&mut self, name: &str, many: RangeInclusive<usize>) -> Vec<ResourceId> {
        let texts = self.texts(name);
        let mut ids: Vec<ResourceId> = Vec::new();
        for id in texts.iter().flat_map(|text| text.split(',')) {
            match ResourceId::parse(id) {
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(reason) => self.problem(name, "unknown_value", reason),
            }
        }
        if !many.contains(&ids.len()) {
            let detail = format!(
                "{} to {} different resources, not {}",
                many.start(),
                many.end(),
                ids.len()
            );
            self.problem(name, "out_of_range", detail);
        }
        ids
    }

    /// For how many a resource is bought.
    pub fn buyers(&mut self) -> Buyers {
        Buyers {
            students: self.integer("students", 0..=MOST_BUYERS).map(|n| n as u64),
            classes: self.integer("classes", 0..=MOST_BUYERS).map(|n| n as u64),
        }
    }

    /// A day of the calendar.
    pub fn day(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name)?;
        let day = text.parse().ok();
        if day.is_none() {
            let detail = "this is a day such as 2026-01-31";
            self.problem(name, "unknown_value", detail);
        }
        day
    }
}
