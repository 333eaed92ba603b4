//! A catalogue in memory, as far as teachers know it without asking Classo, and Classo on top of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use classo::app;
use classo::domain::clock::SystemClock;
use classo::domain::resource::Resource;
use classo::domain::text;
use classo::domain::vocabulary::Ordinal;
use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::query::facet::Facet;
use classo::query::need::Limit;
use classo::services::guidance::Guidance;
use classo::services::search::Search;
use tempfile::TempDir;

pub struct Catalogue {
    pub resources: Vec<Known>,
    /// In how many resources a word is.
    pub having: HashMap<String, usize>,
    pub guidance: Guidance,
    pub search: Arc<Search>,
    pub schema: Arc<IndexSchema>,
    /// Of the index; gone once the catalogue is.
    _folder: TempDir,
}

/// What a teacher can know of a resource.
pub struct Known {
    pub id: String,
    pub words: HashSet<String>,
    pub cost_cents: Option<u64>,
    values: Vec<Vec<Ordinal>>,
}

impl Known {
    /// The values that the record declares.
    pub fn values(&self, facet: Facet) -> &[Ordinal] {
        &self.values[place(facet)]
    }
}

fn place(facet: Facet) -> usize {
    let known = Facet::ALL.into_iter().position(|known| known == facet);
    known.expect("every facet is one of all")
}

impl Catalogue {
    pub fn of(resources: Vec<Resource>) -> Self {
        let none = std::path::Path::new("no overrides");
        let schema = Arc::new(IndexSchema::load(none).expect("the embedded schema"));
        let folder = tempfile::tempdir().expect("a folder");
        let (index, mut writer) = writer::create(folder.path(), &schema).expect("an index");
        for resource in &resources {
            writer.put(resource).expect("indexed");
        }
        writer.commit(1, &index).expect("committed");
        writer.merge_all(&index).expect("merged");
        let weights = app::weights(&schema).expect("valid weights");
        let search = Arc::new(Search::new(
            Arc::new(index),
            Arc::clone(&schema),
            weights,
            Arc::new(SystemClock),
        ));
        let resources: Vec<Known> = resources.iter().map(|one| known(one, &schema)).collect();
        let mut having = HashMap::new();
        for word in resources.iter().flat_map(|one| &one.words) {
            *having.entry(word.clone()).or_insert(0) += 1;
        }
        Catalogue {
            resources,
            having,
            guidance: Guidance::new(Arc::clone(&search)),
            search,
            schema,
            _folder: folder,
        }
    }

    /// Whether a resource is what a limit asks for, by its record alone.
    pub fn suits(&self, resource: &Known, limit: &Limit) -> bool {
        match limit {
            Limit::MaxCost(max) => resource.cost_cents.is_some_and(|cost| cost <= *max),
            Limit::Facet(facet, values) => {
                let vocabulary = self.schema.vocabularies.get(facet.name());
                let suits = |value| {
                    resource.values(*facet).iter().any(|own| {
                        let above = *facet == Facet::Level && vocabulary.is_within(value, *own);
                        vocabulary.is_within(*own, value) || above
                    })
                };
                values.iter().any(|value| suits(*value))
            }
        }
    }
}

fn known(resource: &Resource, schema: &IndexSchema) -> Known {
    let runs_on = schema
        .compatibility
        .runs_on(&resource.devices, &resource.os);
    let values = |facet: Facet| {
        let vocabulary = schema.vocabularies.get(facet.name());
        let declared = facet.values(resource, &runs_on, &schema.licences);
        declared
            .iter()
            .filter_map(|id| vocabulary.ordinal(id))
            .collect()
    };
    let texts = resource
        .title
        .0
        .values()
        .chain(resource.description.0.values());
    Known {
        id: resource.id.to_string(),
        words: texts
            .flat_map(|text| text::words(text).map(|word| word.text))
            .collect(),
        cost_cents: schema.currencies.cost_cents(resource),
        values: Facet::ALL.into_iter().map(values).collect(),
    }
}
