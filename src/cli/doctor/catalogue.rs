//! `classo doctor --catalogue`: what a catalogue covers, and how complete it is.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use serde_json::json;

use crate::cli::output::{say, tell};
use crate::domain::draft::Draft;
use crate::domain::problem::sentence;
use crate::index_schema::IndexSchema;
use crate::interchange::export::redirect_of;
use crate::interchange::jsonl::{self, Lines};
use crate::services::coverage::{COLUMNS, Coverage, measure};

/// Heads of the columns, short enough for a terminal.
const HEADS: [&str; COLUMNS.len()] = [
    "presch", "prim 1", "prim 2", "prim 3", "sec 1", "sec 2", "adult", "vocat", "college", "univ",
];

pub fn run(catalogue: &Path, json: bool) -> anyhow::Result<()> {
    let schema = IndexSchema::embedded();
    let file = File::open(catalogue);
    let file = file.with_context(|| format!("{} cannot be read", catalogue.display()))?;
    let mut lines = Lines::new(BufReader::new(file));
    let mut resources = Vec::new();
    let mut refused = 0;
    while let Some(line) = lines.next_line()? {
        let record = line.content.and_then(|content| jsonl::parse(&content));
        if matches!(record.as_ref().map(redirect_of), Ok(Ok(Some(_)))) {
            continue;
        }
        let draft = record.and_then(|record| {
            Draft::read(record, &schema.vocabularies).map_err(|problems| sentence(&problems))
        });
        match draft {
            Ok(draft) => resources.push(draft.resource),
            Err(reason) => {
                refused += 1;
                tell(format!(
                    "{} line {}: {reason}",
                    catalogue.display(),
                    line.number
                ));
            }
        }
    }
    let coverage = measure(&resources, schema);
    if json {
        say(format!("{}", as_json(&coverage, refused, schema)));
    } else {
        print(&coverage, refused, schema);
    }
    Ok(())
}

fn as_json(coverage: &Coverage, refused: usize, schema: &IndexSchema) -> serde_json::Value {
    let tables = coverage.tables.iter().map(|(facet, rows)| {
        let vocabulary = schema.vocabularies.get(facet.name());
        let row = |(value, row): (&u16, &crate::services::coverage::Row)| {
            let levels = COLUMNS
                .iter()
                .zip(row.columns)
                .map(|(level, count)| ((*level).to_owned(), json!(count)));
            let levels: serde_json::Map<_, _> = levels.collect();
            (
                vocabulary.term(*value).id.clone(),
                json!({"total": row.total, "levels": levels}),
            )
        };
        (facet.name().to_owned(), rows.iter().map(row).collect())
    });
    let tables: serde_json::Map<_, _> = tables.collect();
    json!({"resources": coverage.resources, "refused": refused, "completeness": coverage.completeness,
        "least_complete": coverage.least_complete, "coverage": tables})
}

fn print(coverage: &Coverage, refused: usize, schema: &IndexSchema) {
    say(format!(
        "{} resources, {refused} refused",
        coverage.resources
    ));
    say(format!(
        "completeness: {:.1} of 20 facts known on average",
        coverage.completeness
    ));
    for (id, known) in &coverage.least_complete {
        say(format!("  least complete: {id} ({known} of 20)"));
    }
    for (facet, rows) in &coverage.tables {
        say(format!(
            "\n{:<34} {:>6} {}",
            facet.name(),
            "all",
            HEADS.map(|head| format!("{head:>8}")).concat()
        ));
        for (value, row) in rows {
            let label: String = schema
                .vocabularies
                .get(facet.name())
                .term(*value)
                .label
                .en
                .chars()
                .take(34)
                .collect();
            let counts = row.columns.map(|count| format!("{count:>8}")).concat();
            say(format!("{label:<34} {:>6} {counts}", row.total));
        }
    }
}
