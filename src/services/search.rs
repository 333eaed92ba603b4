//! A search, from the question to the explained answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use serde::Deserialize;

use super::ServiceError;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::language::{Language, LanguageMap};
use crate::domain::profile::ProfileView;
use crate::index::Snapshot;
use crate::index::highlight::Highlighter;
use crate::index::writer::Index;
use crate::index_schema::IndexSchema;
use crate::query::found::{Candidate, FacetCount};
use crate::query::page::Sort;
use crate::query::plan::Plan;
use crate::query::search_query::Query;
use crate::ranking::explanation::Contribution;
use crate::ranking::rank::{NeutralRank, ProfileRank};
use crate::ranking::weights::Weights;

/// Answers questions from the current snapshot of the index.
pub struct Search {
    index: Arc<Index>,
    schema: Arc<IndexSchema>,
    weights: Weights,
    clock: Arc<dyn Clock>,
    /// The last neutral ranking of each language: it changes with the catalogue and the day, not with the question.
    neutral: [Mutex<Option<DatedRank>>; 2],
}

struct DatedRank {
    generation: String,
    merits: usize,
    day: Date,
    rank: Arc<NeutralRank>,
}

/// Everything a door needs to answer.
pub struct SearchOutcome {
    pub total: u64,
    pub took: Duration,
    pub generation: String,
    pub ranking: String,
    pub hits: Vec<Hit>,
    pub facets: Vec<FacetCount>,
}

/// A result with what a person wants to know about it.
pub struct Hit {
    pub id: String,
    /// 1 for the first.
    pub rank: u64,
    /// Ten-thousandths of a point.
    pub points: i64,
    /// The place it would have without the profile; only with reasons.
    pub neutral_rank: Option<u64>,
    /// The record as JSON, without `provenance.raw`, with `runs_on`.
    pub record: String,
    pub highlights: Highlights,
    /// Only when asked for; its points add up to the hit's.
    pub explanation: Option<Vec<Contribution>>,
}

/// HTML with the question's words marked; absent where the record has no such text or nothing was asked.
#[derive(Default)]
pub struct Highlights {
    pub title: Option<String>,
    pub description: Option<String>,
}

/// How much of a description a highlight shows.
const EXCERPT_CHARS: usize = 240;

impl Search {
    pub fn new(
        index: Arc<Index>,
        schema: Arc<IndexSchema>,
        weights: Weights,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Search {
            index,
            schema,
            weights,
            clock,
            neutral: Default::default(),
        }
    }

    /// Answers a question.
    pub fn search(&self, actor: &Actor, query: &Query) -> Result<SearchOutcome, ServiceError> {
        let started = Instant::now();
        let snapshot = self.index.snapshot();
        let plan = Plan::new(query, &self.schema.stop_words);
        let view = self.view_for_ranking(actor, query);
        let neutral = self.neutral_rank(&snapshot, query.language);
        let rank = |view: &ProfileView| {
            ProfileRank::new(
                Arc::clone(&neutral),
                view,
                &self.weights,
                snapshot.sets(),
                &self.schema.vocabularies,
            )
        };
        let (personal, impersonal) = (rank(&view), rank(&ProfileView::anonymous()));
        // Without a profile, or in an order that points do not decide, both ranks are the same.
        let differs = query.explain && !view.is_anonymous() && query.sort == Sort::Relevance;
        let found = snapshot.search(
            &plan,
            &self.weights.text,
            &personal,
            differs.then_some(&impersonal),
        )?;
        let highlighter = (!plan.words.is_empty()).then(|| Highlighter::new(&plan.words));
        let hits = found
            .candidates
            .iter()
            .enumerate()
            .map(|(place, candidate)| {
                let rank = (query.page.offset + place + 1) as u64;
                let record = snapshot.record(candidate.place)?;
                Ok(Hit {
                    id: candidate.id.clone(),
                    rank,
                    points: candidate.points,
                    neutral_rank: query
                        .explain
                        .then(|| candidate.neutral_rank.unwrap_or(rank)),
                    highlights: highlighter
                        .as_ref()
                        .map(|h| highlights(h, &record, query.language))
                        .unwrap_or_default(),
                    record,
                    explanation: query
                        .explain
                        .then(|| explain(&personal, candidate, &snapshot)),
                })
            });
        Ok(SearchOutcome {
            hits: hits.collect::<Result<_, ServiceError>>()?,
            total: found.total,
            facets: found.facets,
            generation: snapshot.generation().to_owned(),
            ranking: self.schema.ranking_hash.clone(),
            took: started.elapsed(),
        })
    }

    /// The ids of the best results with their points: what measuring relevance needs, at any depth.
    pub fn ranking(
        &self,
        actor: &Actor,
        query: &Query,
    ) -> Result<Vec<(String, i64)>, ServiceError> {
        let snapshot = self.index.snapshot();
        let plan = Plan::new(query, &self.schema.stop_words);
        let view = self.view_for_ranking(actor, query);
        let neutral = self.neutral_rank(&snapshot, query.language);
        let rank = ProfileRank::new(
            neutral,
            &view,
            &self.weights,
            snapshot.sets(),
            &self.schema.vocabularies,
        );
        let found = snapshot.search(&plan, &self.weights.text, &rank, None)?;
        Ok(found
            .candidates
            .into_iter()
            .map(|candidate| (candidate.id, candidate.points))
            .collect())
    }

    /// A profile that came with the question is used for it and forgotten; nothing else is known of a visitor.
    fn view_for_ranking(&self, _actor: &Actor, query: &Query) -> ProfileView {
        match &query.profile {
            Some(profile) if query.personal => ProfileView::of_the_question(profile.clone()),
            _ => ProfileView::anonymous(),
        }
    }

    fn neutral_rank(&self, snapshot: &Snapshot, language: Language) -> Arc<NeutralRank> {
        let day = self
            .clock
            .now()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date();
        let merits = snapshot.sets().merits().len();
        let mut kept = self.neutral[language as usize]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(dated) = &*kept
            && dated.generation == snapshot.generation()
            && dated.merits >= merits
            && dated.day == day
        {
            return Arc::clone(&dated.rank);
        }
        let rank = Arc::new(NeutralRank::new(
            &self.weights,
            snapshot.sets(),
            language,
            day,
        ));
        *kept = Some(DatedRank {
            generation: snapshot.generation().to_owned(),
            merits,
            day,
            rank: Arc::clone(&rank),
        });
        rank
    }
}

fn explain(rank: &ProfileRank, candidate: &Candidate, snapshot: &Snapshot) -> Vec<Contribution> {
    rank.explain(candidate.text, &candidate.row, snapshot.sets())
}

/// The texts of a record that highlights show.
#[derive(Deserialize)]
struct Texts {
    #[serde(default)]
    title: LanguageMap,
    #[serde(default)]
    description: LanguageMap,
}

fn highlights(highlighter: &Highlighter, record: &str, language: Language) -> Highlights {
    let Ok(texts) = serde_json::from_str::<Texts>(record) else {
        return Highlights::default();
    };
    Highlights {
        title: texts
            .title
            .best(language)
            .map(|title| highlighter.mark(title)),
        description: texts
            .description
            .best(language)
            .map(|text| highlighter.excerpt(text, EXCERPT_CHARS)),
    }
}
