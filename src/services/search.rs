//! A search, from the question to the explained answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::ServiceError;
use super::kept_answers::KeptAnswers;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::language::{Language, UNDETERMINED};
use crate::domain::profile::ProfileView;
use crate::index::highlight::Highlighter;
use crate::index::record::{self, Head};
use crate::index::writer::Index;
use crate::index::{IndexError, Snapshot};
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::{Candidate, FacetCount};
use crate::query::page::{Page, Sort};
use crate::query::plan::{Plan, corrected_text};
use crate::query::search_query::Query;
use crate::query::understanding::{Expression, Understood};
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
    kept: KeptAnswers,
}

struct DatedRank {
    numbering: u64,
    merits: usize,
    day: Date,
    rank: Arc<NeutralRank>,
}

/// Everything a door needs to answer.
pub struct SearchOutcome {
    pub total: u64,
    /// What expressions of the text were taken for, in the order of the text.
    pub understood: Vec<Expression>,
    /// The filters that held, asked and understood.
    pub filters: Filters,
    /// The typed text with its misspelled words replaced by those that were looked up.
    pub corrected: Option<String>,
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
    /// Whether its texts are all in other languages than the question's.
    pub across_languages: bool,
    /// Only when asked for; its points add up to the hit's.
    pub explanation: Option<Vec<Contribution>>,
}

/// HTML with the question's words marked; absent where the record has no such text or nothing was asked.
#[derive(Default)]
pub struct Highlights {
    pub title: Option<String>,
    pub description: Option<String>,
}

/// How much of a description a highlight shows, about so many letters.
const EXCERPT_BYTES: usize = 260;

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
            kept: KeptAnswers::default(),
        }
    }

    /// Answers a question. An index that cannot be read is reported, to be built anew.
    pub fn search(&self, actor: &Actor, query: &Query) -> Result<SearchOutcome, ServiceError> {
        self.answer(actor, query).inspect_err(|error| {
            if matches!(error, ServiceError::Index(_)) {
                self.index.report_damage();
            }
        })
    }

    fn answer(&self, actor: &Actor, query: &Query) -> Result<SearchOutcome, ServiceError> {
        let started = Instant::now();
        let snapshot = self.index.snapshot();
        let understood = self.understand(query, |_| true);
        let mut plan = self.plan(&understood.in_place_of(query));
        let words = snapshot.look_up(&plan, &self.weights.text)?;
        plan.correct(&words.corrections);
        let view = self.view_for_ranking(actor, query);
        let rank = ProfileRank::new(
            self.neutral_rank(&snapshot, query.language),
            &understood,
            &view,
            &self.weights,
            snapshot.sets(),
            &self.schema.vocabularies,
        );
        // Without a profile, or in an order that points do not decide, the neutral place is the same.
        let differs = query.explain && !view.is_anonymous() && query.sort == Sort::Relevance;
        let look_up = || snapshot.search(&plan, &words, &self.weights.text, &rank, differs);
        // Without words and without a profile, many ask the same, and every resource would have to be looked at.
        let everybodys = plan.is_textless() && view.is_anonymous() && understood.is_silent();
        let found = match everybodys {
            true => self.kept.get_or(&plan, &snapshot, self.today(), look_up)?,
            false => Arc::new(look_up()?),
        };
        let highlighter = (!plan.words.is_empty()).then(|| {
            let others = plan.expansions.iter().map(|expansion| &expansion.word);
            let words = plan.words.iter().chain(others).map(String::as_str);
            snapshot.highlighter(words, plan.unfinished.as_deref())
        });
        let hits = found
            .candidates
            .iter()
            .enumerate()
            .map(|(place, candidate)| {
                let number = (query.page.offset + place + 1) as u64;
                let marked = highlighter.as_ref();
                let hit = Hit::read(&snapshot, candidate, number, marked, query.language)?;
                Ok(Hit {
                    neutral_rank: query
                        .explain
                        .then(|| candidate.neutral_rank.unwrap_or(number)),
                    explanation: query.explain.then(|| explain(&rank, candidate, &snapshot)),
                    ..hit
                })
            });
        Ok(SearchOutcome {
            hits: hits.collect::<Result<_, ServiceError>>()?,
            corrected: corrected_text(&query.text, &words.corrections),
            understood: understood.expressions,
            filters: plan.filters,
            total: found.total,
            facets: found.facets.clone(),
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
        // A test collection of bare texts has no levels to filter by: there an expression is but its words.
        let understood = self.understand(query, |facet| snapshot.sets().len(facet) > 1);
        let plan = self.plan(&understood.in_place_of(query));
        let words = snapshot.look_up(&plan, &self.weights.text)?;
        let view = self.view_for_ranking(actor, query);
        let rank = ProfileRank::new(
            self.neutral_rank(&snapshot, query.language),
            &understood,
            &view,
            &self.weights,
            snapshot.sets(),
            &self.schema.vocabularies,
        );
        let found = snapshot.search(&plan, &words, &self.weights.text, &rank, false)?;
        let ranked = found
            .candidates
            .iter()
            .map(|candidate| Ok((snapshot.id(candidate.place)?, candidate.points)));
        ranked.collect()
    }

    /// How many resources a snapshot has for each value of each facet, whichever snapshot it is.
    pub fn counts(&self, snapshot: &Snapshot) -> Result<Vec<FacetCount>, ServiceError> {
        let query = Query {
            facets: Facet::ALL.to_vec(),
            page: Page {
                limit: 0,
                offset: 0,
            },
            ..Query::default()
        };
        let plan = self.plan(&query);
        let words = snapshot.look_up(&plan, &self.weights.text)?;
        let rank = ProfileRank::new(
            self.neutral_rank(snapshot, query.language),
            &Understood::default(),
            &ProfileView::anonymous(),
            &self.weights,
            snapshot.sets(),
            &self.schema.vocabularies,
        );
        Ok(snapshot
            .search(&plan, &words, &self.weights.text, &rank, false)?
            .facets)
    }

    fn understand(&self, query: &Query, knows: impl Fn(Facet) -> bool) -> Understood {
        let IndexSchema {
            understanding,
            stop_words,
            ..
        } = &*self.schema;
        understanding.read(query, stop_words, knows)
    }

    fn plan(&self, query: &Query) -> Plan {
        Plan::new(query, &self.schema.stop_words, &self.schema.expansions)
    }

    /// A profile that came with the question is used for it and forgotten; nothing else is known of a visitor.
    fn view_for_ranking(&self, _actor: &Actor, query: &Query) -> ProfileView {
        match &query.profile {
            Some(profile) if query.personal => ProfileView::of_the_question(profile.clone()),
            _ => ProfileView::anonymous(),
        }
    }

    fn today(&self) -> Date {
        let now = self.clock.now();
        now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
    }

    fn neutral_rank(&self, snapshot: &Snapshot, language: Language) -> Arc<NeutralRank> {
        let day = self.today();
        let merits = snapshot.sets().merits().len();
        let mut kept = self.neutral[language as usize]
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(dated) = &*kept
            && dated.numbering == snapshot.sets().numbering()
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
            numbering: snapshot.sets().numbering(),
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

impl Hit {
    /// A candidate with its record, without reasons; its texts are marked where there is something to mark.
    pub(super) fn read(
        snapshot: &Snapshot,
        candidate: &Candidate,
        rank: u64,
        highlighter: Option<&Highlighter>,
        language: Language,
    ) -> Result<Hit, IndexError> {
        let record = snapshot.record(candidate.place)?;
        let head = record::head(&record)
            .ok_or_else(|| IndexError::Damaged("a record without an id".into()))?;
        let highlights = highlighter.map(|highlighter| highlights(highlighter, &head, language));
        Ok(Hit {
            id: head.id,
            rank,
            points: candidate.points,
            neutral_rank: None,
            highlights: highlights.unwrap_or_default(),
            across_languages: [&head.title, &head.description].iter().all(|texts| {
                texts.get(language.tag()).is_none() && texts.get(UNDETERMINED).is_none()
            }),
            explanation: None,
            record,
        })
    }
}

fn highlights(highlighter: &Highlighter, head: &Head, language: Language) -> Highlights {
    let (title, description) = (head.title.best(language), head.description.best(language));
    Highlights {
        title: title.map(|title| highlighter.mark(title)),
        description: description.map(|text| highlighter.excerpt(text, EXCERPT_BYTES)),
    }
}
