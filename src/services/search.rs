//! A search, from the question to the explained answer.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::civil::Date;

use super::ServiceError;
use super::decisions::Decisions;
use super::kept_answers::KeptAnswers;
use super::profiles::Profiles;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::language::{Language, LanguageMap, UNDETERMINED};
use crate::domain::permit::Permit;
use crate::domain::profile::ProfileView;
use crate::index::highlight::Highlighter;
use crate::index::record::{self, Head};
use crate::index::survey::Scope;
use crate::index::writer::Index;
use crate::index::{IndexError, Lookup, Snapshot};
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::{Candidate, FacetCount, Found};
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
    kept: KeptAnswers<Plan, Found>,
    people: Option<ForPeople>,
}

/// What signed-in people's searches need besides.
struct ForPeople {
    profiles: Arc<Profiles>,
    decisions: Arc<Decisions>,
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
    /// As the record has them.
    pub title: LanguageMap,
    pub description: LanguageMap,
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
            people: None,
        }
    }

    /// Ranks signed-in people's searches by their stored profile, with their consent.
    pub fn for_people(self, profiles: Arc<Profiles>, decisions: Arc<Decisions>) -> Self {
        Search {
            people: Some(ForPeople {
                profiles,
                decisions,
            }),
            ..self
        }
    }

    /// Answers a question. An index that cannot be read is reported, to be built anew.
    pub fn search(&self, actor: &Actor, query: &Query) -> Result<SearchOutcome, ServiceError> {
        self.report(self.answer(actor, query))
    }

    fn answer(&self, actor: &Actor, query: &Query) -> Result<SearchOutcome, ServiceError> {
        let started = Instant::now();
        let prepared = self.prepare(actor, query, |_, _| true)?;
        // A ranking by a stored profile leaves a record with its reasons, whether they are shown or not.
        let leaves_record = prepared.permit.is_some() && query.page.limit > 0;
        let shows_reasons = query.explain;
        let with_reasons = Query {
            explain: true,
            ..query.clone()
        };
        let query = if leaves_record { &with_reasons } else { query };
        // Without a profile, or in an order that points do not decide, the neutral place is the same.
        let differs = query.explain && !prepared.is_neutral && query.sort == Sort::Relevance;
        let look_up = || prepared.found(&self.weights, differs);
        let Prepared { plan, snapshot, .. } = &prepared;
        let found = match prepared.is_everybodys() {
            true => self.kept.get_or(plan, snapshot, prepared.day, look_up)?,
            false => Arc::new(look_up()?),
        };
        let mut hits = prepared.hits(&found.candidates, query)?;
        if query.explain {
            for (hit, candidate) in hits.iter_mut().zip(&found.candidates) {
                hit.neutral_rank = Some(candidate.neutral_rank.unwrap_or(hit.rank));
            }
        }
        let over_cost = match leaves_record {
            true => prepared.over_cost(&self.weights, found.total)?,
            false => None,
        };
        let mut outcome = SearchOutcome {
            hits,
            corrected: prepared.corrected,
            understood: prepared.understood.expressions,
            filters: prepared.plan.filters,
            total: found.total,
            facets: found.facets.clone(),
            generation: prepared.snapshot.generation().to_owned(),
            ranking: self.schema.ranking_hash.clone(),
            took: started.elapsed(),
        };
        if let (true, Some(permit), Some(people)) = (leaves_record, prepared.permit, &self.people) {
            let (view, vocabularies) = (&prepared.view, &self.schema.vocabularies);
            people
                .decisions
                .record(&permit, view, query, &outcome, over_cost, vocabularies);
            if !shows_reasons {
                outcome.hide_reasons();
            }
        }
        Ok(outcome)
    }

    /// The ids of the best results with their points: what measuring relevance needs, at any depth.
    pub fn ranking(
        &self,
        actor: &Actor,
        query: &Query,
    ) -> Result<Vec<(String, i64)>, ServiceError> {
        self.ranking_in(self.index.snapshot(), actor, query)
    }

    /// As [`Search::ranking`], in a snapshot that need not be the one in use.
    pub fn ranking_in(
        &self,
        snapshot: Arc<Snapshot>,
        actor: &Actor,
        query: &Query,
    ) -> Result<Vec<(String, i64)>, ServiceError> {
        // A test collection of bare texts has no levels to filter by: there an expression is but its words.
        let knows = |snapshot: &Snapshot, facet| snapshot.sets().len(facet) > 1;
        let day = self.today();
        let prepared = self.prepare_at(Moment { snapshot, day }, actor, query, knows)?;
        let found = prepared.found(&self.weights, false)?;
        let ranked = found
            .candidates
            .iter()
            .map(|candidate| Ok((prepared.snapshot.id(candidate.place)?, candidate.points)));
        ranked.collect()
    }

    /// The catalogue as it is now.
    pub(super) fn now(&self) -> Moment {
        Moment {
            snapshot: self.index.snapshot(),
            day: self.today(),
        }
    }

    /// Steps 4 to 6 of a search: what the question means, how it is looked up, what a match is worth to the asker.
    pub(super) fn prepare(
        &self,
        actor: &Actor,
        query: &Query,
        knows: impl Fn(&Snapshot, Facet) -> bool,
    ) -> Result<Prepared, ServiceError> {
        self.prepare_at(self.now(), actor, query, knows)
    }

    /// The same at a moment of the caller's, so that several answers are of one.
    pub(super) fn prepare_at(
        &self,
        Moment { snapshot, day }: Moment,
        actor: &Actor,
        query: &Query,
        knows: impl Fn(&Snapshot, Facet) -> bool,
    ) -> Result<Prepared, ServiceError> {
        let knows = |facet| knows(&snapshot, facet);
        let mut reading = self.read(&snapshot, query, knows)?;
        let corrected = corrected_text(&query.text, &reading.words.corrections);
        if let Some(text) = &corrected {
            // It means, and stands for, what it would if it had been typed right.
            let meant = Query {
                text: text.clone(),
                ..query.clone()
            };
            reading = self.read(&snapshot, &meant, knows)?;
        }
        let Reading {
            understood,
            plan,
            words,
        } = reading;
        let (view, permit) = self.view_for_ranking(actor, query)?;
        let rank = ProfileRank::new(
            self.neutral_rank(&snapshot, query.language, day),
            &understood,
            &view,
            &self.weights,
            snapshot.sets(),
            &self.schema.vocabularies,
        );
        Ok(Prepared {
            is_neutral: view.is_anonymous(),
            day,
            view,
            permit,
            snapshot,
            corrected,
            understood,
            plan,
            words,
            rank,
        })
    }

    /// What a text means, and where its words lie.
    fn read(
        &self,
        snapshot: &Snapshot,
        query: &Query,
        knows: impl Fn(Facet) -> bool,
    ) -> Result<Reading, ServiceError> {
        let understood = self.understand(query, knows);
        let plan = self.plan(&understood.in_place_of(query));
        let words = snapshot.look_up(&plan, &self.weights.text, &self.schema)?;
        Ok(Reading {
            understood,
            plan,
            words,
        })
    }

    /// What an index that cannot be read is reported for: to be built anew.
    pub(super) fn report<T>(&self, answer: Result<T, ServiceError>) -> Result<T, ServiceError> {
        answer.inspect_err(|error| {
            if matches!(error, ServiceError::Index(_)) {
                self.index.report_damage();
            }
        })
    }

    /// The same with other weights.
    pub(super) fn with(&self, weights: Weights) -> Search {
        let (index, schema) = (Arc::clone(&self.index), Arc::clone(&self.schema));
        Search::new(index, schema, weights, Arc::clone(&self.clock))
    }

    pub(super) fn schema(&self) -> &IndexSchema {
        &self.schema
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// How many resources a snapshot has for each value of each facet, whichever snapshot it is.
    pub fn counts(&self, snapshot: &Arc<Snapshot>) -> Result<Vec<FacetCount>, ServiceError> {
        let query = Query {
            facets: Facet::ALL.to_vec(),
            page: Page {
                limit: 0,
                offset: 0,
            },
            ..Query::default()
        };
        let moment = Moment {
            snapshot: Arc::clone(snapshot),
            day: self.today(),
        };
        let prepared = self.prepare_at(moment, &Actor::Console, &query, |_, _| true)?;
        Ok(prepared.found(&self.weights, false)?.facets)
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

    /// A profile that came with the question is used for it and forgotten; else what a signed-in person agreed to.
    fn view_for_ranking(
        &self,
        actor: &Actor,
        query: &Query,
    ) -> Result<(ProfileView, Option<Permit>), ServiceError> {
        match (&query.profile, &self.people) {
            (Some(profile), _) if query.personal => {
                Ok((ProfileView::of_the_question(profile.clone()), None))
            }
            (None, Some(people)) if query.personal => people.profiles.for_ranking(actor),
            _ => Ok((ProfileView::anonymous(), None)),
        }
    }

    fn today(&self) -> Date {
        let now = self.clock.now();
        now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
    }

    fn neutral_rank(&self, snapshot: &Snapshot, language: Language, day: Date) -> Arc<NeutralRank> {
        let ranked = || {
            Arc::new(NeutralRank::new(
                &self.weights,
                snapshot.sets(),
                language,
                day,
            ))
        };
        // Only the ranking of today is asked for again and again.
        if day != self.today() {
            return ranked();
        }
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
        let rank = ranked();
        *kept = Some(DatedRank {
            numbering: snapshot.sets().numbering(),
            merits,
            day,
            rank: Arc::clone(&rank),
        });
        rank
    }
}

/// What an answer is of: a snapshot of the index, and the day that freshness is reckoned from.
#[derive(Clone)]
pub(super) struct Moment {
    pub snapshot: Arc<Snapshot>,
    pub day: Date,
}

/// A text as it was understood, and as this snapshot knows its words.
struct Reading {
    understood: Understood,
    plan: Plan,
    words: Lookup,
}

/// A question made ready: everything that one pass over one snapshot needs.
pub(super) struct Prepared {
    pub snapshot: Arc<Snapshot>,
    /// The typed text with its misspelled words replaced, when there were any: all that follows is about this one.
    pub corrected: Option<String>,
    pub understood: Understood,
    pub plan: Plan,
    pub words: Lookup,
    pub rank: ProfileRank,
    /// Whether nothing about the asker ranks.
    pub is_neutral: bool,
    pub day: Date,
    view: ProfileView,
    /// The leave to use what is kept of the asker, where that ranks.
    permit: Option<Permit>,
}

impl Prepared {
    fn found(&self, weights: &Weights, with_neutral: bool) -> Result<Found, IndexError> {
        let Prepared {
            plan, words, rank, ..
        } = self;
        self.snapshot
            .search(plan, words, &weights.text, rank, with_neutral)
    }

    /// How many matches the highest acceptable cost alone keeps off, when there is one: no facet counts them.
    fn over_cost(&self, weights: &Weights, total: u64) -> Result<Option<u64>, IndexError> {
        if self.plan.filters.max_cost_cents.is_none() {
            return Ok(None);
        }
        let mut plan = self.plan.clone();
        plan.filters.max_cost_cents = None;
        plan.facets = Vec::new();
        plan.page.limit = 0;
        plan.page.offset = 0;
        let found = self
            .snapshot
            .search(&plan, &self.words, &weights.text, &self.rank, false)?;
        Ok(Some(found.total - total))
    }

    /// Whether many ask the same, without words and without a profile; every resource would have to be looked at.
    pub fn is_everybodys(&self) -> bool {
        self.plan.is_textless() && self.is_neutral && self.understood.is_silent()
    }

    /// The candidates of a page with their records, marked words and, when they are wanted, reasons.
    pub fn hits(&self, candidates: &[Candidate], query: &Query) -> Result<Vec<Hit>, ServiceError> {
        let plan = &self.plan;
        let highlighter = (!plan.words.is_empty()).then(|| {
            let others = plan.expansions.iter().map(|expansion| &expansion.word);
            let words = plan.words.iter().chain(others).map(String::as_str);
            self.snapshot.highlighter(words, plan.unfinished.as_deref())
        });
        let hits = candidates.iter().enumerate().map(|(place, candidate)| {
            let number = (query.page.offset + place + 1) as u64;
            let marked = highlighter.as_ref();
            let hit = Hit::read(&self.snapshot, candidate, number, marked, query.language)?;
            Ok(Hit {
                explanation: query.explain.then(|| self.explain(candidate)),
                ..hit
            })
        });
        hits.collect()
    }

    /// Everything that has the words of a plan, whatever the filters say, in order but for the nearness of the words.
    pub fn everything(
        &self,
        plan: &Plan,
        weights: &Weights,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let plan = Plan {
            facets: Vec::new(),
            page: Page {
                limit: usize::MAX,
                offset: 0,
            },
            ..plan.clone()
        };
        let Prepared {
            snapshot,
            words,
            rank,
            ..
        } = self;
        let surveyed = snapshot.survey(&plan, words, &weights.text, rank, &Scope::default())?;
        Ok(surveyed.found.candidates)
    }

    /// Candidates that pass the filters, all of them, in the order in which a search gives them.
    pub fn with_nearness(
        &self,
        candidates: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, ServiceError> {
        let Prepared {
            snapshot,
            plan,
            rank,
            ..
        } = self;
        Ok(snapshot.order_with_nearness(plan, rank, candidates)?)
    }

    /// The parts of a candidate's points.
    pub fn explain(&self, candidate: &Candidate) -> Vec<Contribution> {
        let sets = self.snapshot.sets();
        self.rank.explain(candidate, sets)
    }
}

impl SearchOutcome {
    /// Leaves out what nobody asked for.
    fn hide_reasons(&mut self) {
        for hit in &mut self.hits {
            hit.explanation = None;
            hit.neutral_rank = None;
        }
    }
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
            title: head.title,
            description: head.description,
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
