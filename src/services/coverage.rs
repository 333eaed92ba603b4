//! What a catalogue covers, and how complete its records are.

use std::collections::BTreeMap;

use crate::domain::resource::Resource;
use crate::domain::vocabulary::{Ordinal, Vocabulary};
use crate::index::document::completeness;
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;

/// Levels that a coverage table has a column for: the orders, and the cycles within them.
pub const COLUMNS: [&str; 10] = [
    "/preschool",
    "/primary/cycle-1",
    "/primary/cycle-2",
    "/primary/cycle-3",
    "/secondary/cycle-1",
    "/secondary/cycle-2",
    "/adult",
    "/vocational",
    "/college",
    "/university",
];

/// The facets that a coverage table has rows for.
pub const ROWS: [Facet; 5] = [
    Facet::Subject,
    Facet::Type,
    Facet::Price,
    Facet::Device,
    Facet::Language,
];

/// What a catalogue covers.
#[derive(Debug, Default)]
pub struct Coverage {
    pub resources: usize,
    /// Mean completeness, 0 to 20 twentieths.
    pub completeness: f64,
    /// The least complete records: id and twentieths.
    pub least_complete: Vec<(String, u8)>,
    /// For each facet of [`ROWS`], by top-level value: resources in all, then for each of [`COLUMNS`].
    pub tables: Vec<(Facet, BTreeMap<Ordinal, Row>)>,
}

/// Counts of one value.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub total: usize,
    pub columns: [usize; COLUMNS.len()],
}

/// How many of the least complete records are named.
const NAMED: usize = 5;

/// Measures a catalogue. A resource counts for a level as a filter on it would find it.
pub fn measure(resources: &[Resource], schema: &IndexSchema) -> Coverage {
    let levels = schema.vocabularies.get("level");
    let mut coverage = Coverage {
        resources: resources.len(),
        ..Coverage::default()
    };
    coverage.tables = ROWS.iter().map(|facet| (*facet, BTreeMap::new())).collect();
    for resource in resources {
        let reached = COLUMNS.map(|column| suits(resource, column, levels));
        let runs_on = schema
            .compatibility
            .runs_on(&resource.devices, &resource.os);
        for (facet, rows) in &mut coverage.tables {
            let vocabulary = schema.vocabularies.get(facet.name());
            let ids = facet.values(resource, &runs_on, &schema.licences);
            let tops = ids
                .iter()
                .filter_map(|id| vocabulary.lineage(vocabulary.ordinal(id)?).last());
            let mut tops: Vec<Ordinal> = tops.collect();
            tops.sort_unstable();
            tops.dedup();
            for top in tops {
                let row: &mut Row = rows.entry(top).or_default();
                row.total += 1;
                row.columns
                    .iter_mut()
                    .zip(reached)
                    .for_each(|(count, reached)| *count += usize::from(reached));
            }
        }
    }
    let mut complete: Vec<(String, u8)> = resources
        .iter()
        .map(|resource| (resource.id.to_string(), completeness(resource)))
        .collect();
    let sum: u64 = complete
        .iter()
        .map(|(_, twentieths)| u64::from(*twentieths))
        .sum();
    coverage.completeness = sum as f64 / complete.len().max(1) as f64;
    complete.sort_by_key(|(_, twentieths)| *twentieths);
    complete.truncate(NAMED);
    coverage.least_complete = complete;
    coverage
}

fn suits(resource: &Resource, level: &str, levels: &Vocabulary) -> bool {
    let Some(level) = levels.ordinal(level) else {
        return false;
    };
    let declared = resource.levels.iter().filter_map(|id| levels.ordinal(id));
    declared
        .into_iter()
        .any(|own| levels.is_within(own, level) || levels.is_within(level, own))
}
