//! The gate of a reindex: what would rank worse is not switched to.
//!
//! An operator keeps judged questions in the data folder. They are asked of the generation in use, with the weights it
//! was last accepted with, and of the fresh one with the weights of now; the catalogue is the same. A loss beyond the
//! budget that is more than chance refuses the switch. Weights that are learned from the same judgments will have to pass
//! here, too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::ServiceError;
use super::evaluation::folder::collections;
use super::evaluation::{Collection, JudgedQuery};
use super::search::Search;
use crate::domain::actor::Actor;
use crate::index::Snapshot;
use crate::index_schema::IndexSchema;
use crate::query::page::Page;
use crate::query::search_query::Query;
use crate::ranking::weights::GateSettings;
use crate::relevance::comparison::{Difference, differences};
use crate::relevance::measured::Measured;

/// How one collection of judged questions fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RelevanceChange {
    pub collection: String,
    /// Judged questions.
    pub questions: usize,
    /// Mean nDCG@10.
    pub before: f64,
    pub after: f64,
    /// Between these, with a confidence of 95 %, lies the loss; it is below 0 where the fresh one ranks better.
    pub loss_low: f64,
    pub loss_high: f64,
    /// Whether it is beyond the budget, and more than chance.
    pub is_too_large: bool,
    /// The questions that lose, the largest loss first.
    pub lost: Vec<LostQuestion>,
}

/// A question that is answered worse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LostQuestion {
    pub question: String,
    pub before: f64,
    pub after: f64,
}

/// A ranking to be measured: who ranks, in which moment of which generation.
pub struct Ranking<'a> {
    pub search: &'a Search,
    pub snapshot: &'a Arc<Snapshot>,
}

/// How deep lists are measured.
const K: usize = 10;

/// Lost questions that a report lists, and that a refusal names.
const LISTED: usize = 50;
const NAMED: usize = 5;

/// The interval is drawn at random; the same judgments give the same verdict.
const SEED: u64 = 1;

/// Where a data folder keeps judged questions.
pub fn folder(data: &Path) -> PathBuf {
    data.join("index-schema/judgments")
}

/// Measures both rankings on every collection of a folder; none when there is no folder.
///
/// # Errors
/// [`ServiceError::Conflict`] when the judgments cannot be read.
pub fn measure(
    folder: &Path,
    schema: &IndexSchema,
    settings: &GateSettings,
    old: &Ranking,
    new: &Ranking,
) -> Result<Vec<RelevanceChange>, ServiceError> {
    let collections = collections(folder, schema).map_err(|reason| {
        ServiceError::Conflict(format!("The judgments cannot be read: {reason}."))
    })?;
    let change = |collection: &Collection| {
        let (before, after) = (old.measured(collection)?, new.measured(collection)?);
        Ok(RelevanceChange::of(
            &collection.name,
            &before,
            &after,
            settings,
        ))
    };
    collections.iter().map(change).collect()
}

impl Ranking<'_> {
    fn measured(&self, collection: &Collection) -> Result<Measured, ServiceError> {
        let answer = |JudgedQuery { id, query }: &JudgedQuery| {
            let page = Page {
                limit: K,
                offset: 0,
            };
            let query = Query {
                page,
                ..query.clone()
            };
            let snapshot = Arc::clone(self.snapshot);
            let ranked = self.search.ranking_in(snapshot, &Actor::Console, &query)?;
            Ok((id.clone(), ranked.into_iter().map(|(id, _)| id).collect()))
        };
        let lists = collection.queries.par_iter().map(answer);
        let lists = lists.collect::<Result<_, ServiceError>>()?;
        let questions: Vec<&str> = collection
            .queries
            .iter()
            .map(|query| query.id.as_str())
            .collect();
        let name = self.snapshot.generation().to_owned();
        Ok(Measured::of(
            name,
            lists,
            &questions,
            &collection.judgments,
            K,
            None,
        ))
    }
}

impl RelevanceChange {
    fn of(name: &str, before: &Measured, after: &Measured, settings: &GateSettings) -> Self {
        let metric = format!("ndcg@{K}");
        let losses = differences(&before.per_query, &after.per_query, &metric);
        let loss = Difference::of(&losses.values().copied().collect::<Vec<f64>>(), SEED);
        let value = |measured: &Measured, id: &str| measured.per_query[id][&metric];
        let mut lost: Vec<LostQuestion> = losses
            .iter()
            .filter(|(_, loss)| **loss > 0.0)
            .map(|(id, _)| LostQuestion {
                question: id.clone(),
                before: value(before, id),
                after: value(after, id),
            })
            .collect();
        lost.sort_by(|one, other| {
            (other.before - other.after).total_cmp(&(one.before - one.after))
        });
        lost.truncate(LISTED);
        let mean = |measured: &Measured| measured.metrics.get(&metric).copied().unwrap_or(0.0);
        RelevanceChange {
            collection: name.to_owned(),
            questions: losses.len(),
            before: mean(before),
            after: mean(after),
            loss_low: loss.interval.low,
            loss_high: loss.interval.high,
            is_too_large: loss.mean > settings.budget && loss.interval.low > 0.0,
            lost,
        }
    }

    /// Why a generation with this change is not switched to.
    pub fn refusal(&self, settings: &GateSettings) -> String {
        let named = self.lost.iter().take(NAMED).map(|lost| {
            format!(
                "{} ({:.2}, before {:.2})",
                lost.question, lost.after, lost.before
            )
        });
        format!(
            "The fresh generation is not used: on the {} judged questions of {} nDCG@{K} would fall from {:.3} to {:.3}, more than \
             the budget of {}. Those that lose most: {}. Force it if that is meant.",
            self.questions,
            self.collection,
            self.before,
            self.after,
            settings.budget,
            named.collect::<Vec<_>>().join(", ")
        )
    }
}
