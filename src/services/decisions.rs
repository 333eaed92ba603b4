//! A record of each search that somebody's profile ranked: what the person can read, and contest.
//!
//! Searches hand their records over and go on; a thread writes them in batches. When it cannot keep up, searches wait for it.
//! What was handed over in the last moments before a crash may be lost; ending well writes everything.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::background::Background;
use super::search::SearchOutcome;
use crate::domain::account::PersonId;
use crate::domain::clock::Clock;
use crate::domain::decision::{
    ContestStatus, DecidedContribution, DecidedExclusion, DecidedResult, RankingDecision,
};
use crate::domain::language::Bilingual;
use crate::domain::permit::Permit;
use crate::domain::profile::ProfileView;
use crate::domain::vocabulary::Vocabularies;
use crate::query::facet::Facet;
use crate::query::search_query::Query;
use crate::store::vault::{Vault, record_name};

/// Records that may wait.
const WAITING: usize = 1_000;

/// Records that are written in one transaction.
const BATCH: usize = 200;

/// Results whose reasons are kept: a page. Further down, rank and points are.
const EXPLAINED_RESULTS: usize = 20;

type Waiting = (PersonId, String, RankingDecision);

/// The decisions, and the thread that writes them.
pub struct Decisions {
    queue: Mutex<Option<SyncSender<Waiting>>>,
    thread: Background,
    clock: Arc<dyn Clock>,
}

impl Decisions {
    /// # Errors
    /// When the thread cannot start.
    pub fn start(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::sync_channel(WAITING);
        let thread = Background::start("decisions", move || write(&vault, &waiting))?;
        Ok(Decisions {
            queue: Mutex::new(Some(queue)),
            thread,
            clock,
        })
    }

    /// Hands over the record of a search; `over_cost` is how many matches its highest cost alone kept off.
    pub fn record(
        &self,
        permit: &Permit,
        view: &ProfileView,
        query: &Query,
        outcome: &SearchOutcome,
        over_cost: Option<u64>,
        vocabularies: &Vocabularies,
    ) {
        let decision = RankingDecision {
            at: self.clock.now(),
            consent: permit.consent().map(str::to_owned),
            query: query.text.clone(),
            filters: filters(outcome, vocabularies),
            profile: used(view),
            generation: outcome.generation.clone(),
            ranking: outcome.ranking.clone(),
            total: outcome.total,
            excluded: excluded(outcome, over_cost),
            contest_status: ContestStatus::None,
            ..results(outcome)
        };
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(queue) = queue {
            let _ = queue.send((permit.person(), record_name(), decision));
        }
    }

    /// Writes what waits, and ends.
    pub fn stop(&self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.thread.join();
    }
}

impl Drop for Decisions {
    fn drop(&mut self) {
        self.stop();
    }
}

fn write(vault: &Vault, waiting: &Receiver<Waiting>) {
    while let Ok(first) = waiting.recv() {
        let batch: Vec<Waiting> = std::iter::once(first)
            .chain(waiting.try_iter().take(BATCH - 1))
            .collect();
        let records = batch.len();
        if let Err(error) = vault.append(batch) {
            tracing::error!(%error, records, "records of rankings could not be written");
        }
    }
}

fn filters(outcome: &SearchOutcome, vocabularies: &Vocabularies) -> Map<String, Value> {
    let named = |facet: Facet| {
        let vocabulary = vocabularies.get(facet.name());
        let values = outcome.filters.values(facet).iter();
        values
            .map(|value| vocabulary.term(*value).id.clone())
            .collect::<Vec<_>>()
    };
    let facets = outcome.filters.facets();
    let mut filters: Map<String, Value> = facets
        .map(|facet| (facet.name().to_owned(), named(facet).into()))
        .collect();
    if let Some(cents) = outcome.filters.max_cost_cents {
        filters.insert("max_price".into(), (cents as f64 / 100.0).into());
    }
    filters
}

/// What the filters kept off, as far as their facets were counted.
fn excluded(outcome: &SearchOutcome, over_cost: Option<u64>) -> Vec<DecidedExclusion> {
    let is_filtered = |facet: Facet| !outcome.filters.values(facet).is_empty();
    let counts = outcome.facets.iter();
    let counts = counts.filter(|count| is_filtered(count.facet));
    let by_facet = counts.map(|count| (count.facet.name(), count.excluded));
    let all = by_facet.chain(over_cost.map(|count| ("max_price", count)));
    all.map(|(reason, count)| DecidedExclusion {
        reason: reason.to_owned(),
        count,
    })
    .collect()
}

/// The fields that said something.
fn used(view: &ProfileView) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(view.get()) else {
        return Map::new();
    };
    fields.retain(|_, value| {
        !value.is_null() && value.as_array().is_none_or(|values| !values.is_empty())
    });
    fields
}

/// The page, each sentence of its reasons once.
fn results(outcome: &SearchOutcome) -> RankingDecision {
    let mut sentences: Vec<Bilingual> = Vec::new();
    let mut place = |text: &Bilingual| {
        let known = sentences.iter().position(|sentence| sentence == text);
        known.unwrap_or_else(|| {
            sentences.push(text.clone());
            sentences.len() - 1
        })
    };
    let mut results = Vec::with_capacity(outcome.hits.len());
    for (number, hit) in outcome.hits.iter().enumerate() {
        let told = hit
            .explanation
            .iter()
            .flatten()
            .filter(|reason| reason.points != 0);
        let told = told.take(if number < EXPLAINED_RESULTS {
            usize::MAX
        } else {
            0
        });
        let contributions = told.map(|reason| DecidedContribution {
            factor: reason.signal.to_owned(),
            value: reason.value,
            weight: reason.weight,
            effect: reason.points,
            sentence: place(&reason.text),
        });
        results.push(DecidedResult {
            resource: hit.id.clone(),
            rank: hit.rank,
            neutral_rank: hit.neutral_rank,
            points: hit.points,
            contributions: contributions.collect(),
        });
    }
    RankingDecision {
        at: jiff::Timestamp::UNIX_EPOCH,
        consent: None,
        query: String::new(),
        filters: Map::new(),
        profile: Map::new(),
        generation: String::new(),
        ranking: String::new(),
        total: 0,
        results,
        excluded: Vec::new(),
        sentences,
        contest_status: ContestStatus::None,
    }
}
