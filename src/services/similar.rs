//! What resembles a resource, and in what.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::ServiceError;
use super::search::Hit;
use crate::domain::actor::Actor;
use crate::domain::compatibility::RunsOn;
use crate::domain::language::Language;
use crate::domain::resource::Resource;
use crate::domain::vocabulary::Ordinal;
use crate::index::writer::Index;
use crate::index::{IndexError, Snapshot};
use crate::index_schema::IndexSchema;
use crate::query::expansions::Expansions;
use crate::query::facet::Facet;
use crate::query::found::Candidate;
use crate::query::page::Page;
use crate::query::plan::Plan;
use crate::query::search_query::Query;
use crate::query::stop_words::StopWords;
use crate::ranking::rank::ProfileRank;
use crate::ranking::weights::Weights;

/// The most similar resources that are told.
pub const MOST: usize = 20;

/// How many there are when nobody says.
pub const DEFAULT: usize = 5;

/// Words that others are found by: more would cost a longer search, and add what many resources have.
const MOST_WORDS: usize = 10;

/// What one occurrence of a word weighs by where it stands.
const TITLE_WEIGHT: f32 = 4.0;
const KEYWORD_WEIGHT: f32 = 2.0;
const DESCRIPTION_WEIGHT: f32 = 1.0;

/// Finds resources by their likeness to one, in the current snapshot of the index.
pub struct Similar {
    index: Arc<Index>,
    schema: Arc<IndexSchema>,
    weights: Weights,
}

impl Similar {
    pub fn new(index: Arc<Index>, schema: Arc<IndexSchema>, weights: Weights) -> Self {
        Similar {
            index,
            schema,
            weights,
        }
    }

    /// The resources that share most with one, itself left out: those that have its telling words, and those that have
    /// its attributes. Each comes with what it shares, the weightiest first; what shares nothing is not there.
    ///
    /// `language` chooses the texts that are marked. Costs about as much as one search.
    ///
    /// # Errors
    /// When the index cannot be read; it is reported, to be built anew.
    pub fn similar(
        &self,
        _actor: &Actor,
        resource: &Resource,
        runs_on: &RunsOn,
        language: Language,
        limit: usize,
    ) -> Result<Vec<Hit>, ServiceError> {
        let snapshot = self.index.snapshot();
        let hits = self.find(&snapshot, resource, runs_on, language, limit);
        hits.inspect_err(|_| self.index.report_damage())
            .map_err(ServiceError::from)
    }

    fn find(
        &self,
        snapshot: &Snapshot,
        resource: &Resource,
        runs_on: &RunsOn,
        language: Language,
        limit: usize,
    ) -> Result<Vec<Hit>, IndexError> {
        let (schema, weights) = (&self.schema, &self.weights);
        let words = snapshot.telling_words(texts(resource), &schema.stop_words, MOST_WORDS)?;
        let declared = declared(resource, runs_on, schema);
        let sets = snapshot.sets();
        let rank = ProfileRank::of_similar(&declared, weights, sets, &schema.vocabularies);
        let highlighter = snapshot.highlighter(words.iter().map(String::as_str), None);
        let mut hits = Vec::with_capacity(limit);
        for candidate in self.candidates(snapshot, &words, &rank, limit)? {
            let number = hits.len() as u64 + 1;
            let hit = Hit::read(snapshot, &candidate, number, Some(&highlighter), language)?;
            if hits.len() == limit || hit.id == resource.id.as_str() {
                continue;
            }
            let mut explanation = rank.explain(&candidate, sets);
            explanation.sort_by_key(|contribution| Reverse(contribution.points));
            hits.push(Hit {
                explanation: Some(explanation),
                ..hit
            });
        }
        Ok(hits)
    }

    /// The best of all resources, one more than is wanted: the resource itself may be among them.
    ///
    /// Those that have none of the words are ranked by attributes alone. Who has a word is found there as well, with
    /// fewer points than it has; so the best of both lists together are the best there are.
    fn candidates(
        &self,
        snapshot: &Snapshot,
        words: &[String],
        rank: &ProfileRank,
        limit: usize,
    ) -> Result<Vec<Candidate>, IndexError> {
        let found = |text: String| {
            let query = Query {
                text,
                facets: Vec::new(),
                page: Page {
                    limit: limit + 1,
                    offset: 0,
                },
                ..Query::default()
            };
            let plan = Plan::new(&query, &StopWords::default(), &Expansions::default());
            let words = snapshot.look_up(&plan, &self.weights.text, &self.schema)?;
            snapshot.search(&plan, &words, &self.weights.text, rank, false)
        };
        let mut all = match words.is_empty() {
            true => Vec::new(),
            // The space says that the last word is whole.
            false => found(words.join(" ") + " ")?.candidates,
        };
        for candidate in found(String::new())?.candidates {
            if !all.iter().any(|other| other.place == candidate.place) {
                all.push(candidate);
            }
        }
        all.retain(|candidate| candidate.points > 0);
        let mut by_id = Vec::with_capacity(all.len());
        for candidate in all {
            by_id.push((
                Reverse(candidate.points),
                snapshot.id(candidate.place)?,
                candidate,
            ));
        }
        by_id.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
        by_id.truncate(limit + 1);
        Ok(by_id.into_iter().map(|(.., candidate)| candidate).collect())
    }
}

/// The texts that say what a resource is about, with what a word in them weighs.
fn texts(resource: &Resource) -> impl Iterator<Item = (&str, f32)> {
    let titles = resource.title.0.values().map(|text| (text, TITLE_WEIGHT));
    let keywords = resource.keywords.values().flatten();
    let descriptions = resource.description.0.values();
    titles
        .chain(keywords.map(|text| (text, KEYWORD_WEIGHT)))
        .chain(descriptions.map(|text| (text, DESCRIPTION_WEIGHT)))
        .map(|(text, weight)| (text.as_str(), weight))
}

/// The values that a resource has in each facet.
fn declared(
    resource: &Resource,
    runs_on: &RunsOn,
    schema: &IndexSchema,
) -> BTreeMap<Facet, Vec<Ordinal>> {
    let of_facet = |facet: Facet| {
        let vocabulary = schema.vocabularies.get(facet.name());
        let ids = facet
            .values(resource, runs_on, &schema.licences)
            .into_iter();
        let mut values: Vec<Ordinal> = ids.filter_map(|id| vocabulary.ordinal(id)).collect();
        values.sort_unstable();
        values.dedup();
        (facet, values)
    };
    Facet::ALL.into_iter().map(of_facet).collect()
}
