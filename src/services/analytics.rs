//! What the catalogue is asked for, without anybody who asks: counts of a day, none below ten.
//!
//! A search is counted by its text, its filters and whether it found something; its profile, its sender and its hour are
//! not looked at. Counts of searches are not counts of persons: one person may ask ten times. A thread writes what may be
//! written every minute; a crash loses the counts since then, and nothing else.

mod question;
mod tally;

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use self::tally::LEAST;
use self::tally::Tally;
use super::background::Background;
use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::usage::{Usage, UsageKind};
use crate::domain::vocabulary::Vocabularies;
use crate::index_schema::IndexSchema;
use crate::query::search_query::Query;
use crate::store::{Store, StoreError};

/// How often counts are written.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// Days that counts are kept: a school year and the one before.
const KEPT_DAYS: i64 = 800;

/// Counts searches.
pub struct Analytics {
    shared: Arc<Shared>,
    thread: Background,
}

struct Shared {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    schema: Arc<IndexSchema>,
    days: Mutex<Days>,
    stopped: Condvar,
}

#[derive(Default)]
struct Days {
    today: Option<Tally>,
    /// Days that ended and are not all written.
    ended: Vec<Tally>,
    is_stopping: bool,
}

/// What was asked for between two days. Every count is at least `least`; what came less often is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageReport {
    pub from: Date,
    pub to: Date,
    pub least: u64,
    /// Searches in all, on the days that had enough of them.
    pub searches: Option<u64>,
    /// Searches that found nothing.
    pub without_result: Option<u64>,
    pub questions: Vec<NameCount>,
    pub questions_without_result: Vec<NameCount>,
    /// Facets that were filtered by.
    pub facets: Vec<NameCount>,
    /// Values that were filtered by, as `facet=value`.
    pub values: Vec<NameCount>,
    /// Languages of the answers.
    pub languages: Vec<NameCount>,
    /// Searches by day.
    pub days: Vec<DayCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCount {
    pub name: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayCount {
    pub day: Date,
    pub count: u64,
}

/// Which days a report is about, and how long its lists may be.
#[derive(Debug, Clone, Copy)]
pub struct UsageWindow {
    /// Thirty days up to `to` when not said.
    pub from: Option<Date>,
    /// Today when not said.
    pub to: Option<Date>,
    pub limit: usize,
}

impl UsageWindow {
    pub const DEFAULT_LIMIT: usize = 50;
    pub const MOST: usize = 1_000;
}

impl Analytics {
    /// Begins to count, with a thread that writes.
    pub fn start(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        schema: Arc<IndexSchema>,
    ) -> std::io::Result<Analytics> {
        let shared = Arc::new(Shared {
            store,
            clock,
            schema,
            days: Mutex::default(),
            stopped: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        let thread = Background::start("analytics", move || for_thread.run())?;
        Ok(Analytics { shared, thread })
    }

    /// Counts an answered search. Another page of the same results is no search of its own.
    pub fn count(&self, query: &Query, total: u64) {
        if query.page.offset > 0 {
            return;
        }
        let question = question::countable(&query.text);
        let vocabularies = &self.shared.schema.vocabularies;
        let mut days = self.shared.lock();
        let Ok(tally) = self.shared.today(&mut days) else {
            return;
        };
        tally.count(UsageKind::Searches, "");
        tally.count(UsageKind::Language, query.language.tag());
        if total == 0 {
            tally.count(UsageKind::Unanswered, "");
        }
        if let Some(question) = question {
            tally.count(UsageKind::Question, &question);
            if total == 0 {
                tally.count(UsageKind::UnansweredQuestion, &question);
            }
        }
        count_filters(tally, query, vocabularies);
    }

    /// What was asked for.
    ///
    /// # Errors
    /// When the first day comes after the last.
    pub fn report(&self, actor: &Actor, window: UsageWindow) -> Result<UsageReport, ServiceError> {
        must_operate(actor)?;
        let to = window.to.unwrap_or_else(|| self.shared.day());
        let from = match window.from {
            Some(from) => from,
            None => to.checked_sub(29.days()).unwrap_or(to),
        };
        if from > to {
            let detail = format!("{from} is after {to}");
            return Err(ServiceError::Invalid(vec![
                crate::domain::problem::Problem::new("from", "out_of_range", detail),
            ]));
        }
        let mut days = self.shared.lock();
        self.shared.today(&mut days)?;
        let in_memory: Vec<&Tally> = days.ended.iter().chain(&days.today).collect();
        let mut counts = self.shared.store.usage(from, to)?;
        counts.retain(|usage| !in_memory.iter().any(|tally| tally.day == usage.day));
        let recent = in_memory
            .iter()
            .filter(|tally| (from..=to).contains(&tally.day));
        counts.extend(recent.flat_map(|tally| tally.shown()));
        Ok(report(&counts, from, to, window.limit))
    }

    /// Writes what may be written.
    pub fn write(&self) -> Result<(), StoreError> {
        self.shared.write()
    }

    /// Writes for the last time, and ends the thread.
    pub fn stop(&self) {
        self.shared.lock().is_stopping = true;
        self.shared.stopped.notify_all();
        self.thread.join();
    }
}

impl Drop for Analytics {
    fn drop(&mut self) {
        self.stop();
    }
}

fn count_filters(tally: &mut Tally, query: &Query, vocabularies: &Vocabularies) {
    for facet in query.filters.facets() {
        tally.count(UsageKind::Facet, facet.name());
        let vocabulary = vocabularies.get(facet.name());
        for value in query.filters.values(facet) {
            let name = format!("{}={}", facet.name(), vocabulary.term(*value).id);
            tally.count(UsageKind::Value, &name);
        }
    }
    if query.filters.max_cost_cents.is_some() {
        tally.count(UsageKind::Facet, "max_price");
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let days = self.lock();
            let waited = self
                .stopped
                .wait_timeout_while(days, WRITE_EVERY, |days| !days.is_stopping);
            let (days, _) = waited.unwrap_or_else(PoisonError::into_inner);
            let is_stopping = days.is_stopping;
            drop(days);
            if let Err(error) = self.write() {
                tracing::warn!(%error, "counts of searches could not be written; trying again later");
            }
            if is_stopping {
                return;
            }
        }
    }

    fn write(&self) -> Result<(), StoreError> {
        let mut days = self.lock();
        let unwritten: Vec<Usage> = days
            .ended
            .iter()
            .chain(&days.today)
            .flat_map(Tally::unwritten)
            .collect();
        let has_ended = !days.ended.is_empty();
        drop(days);
        // Nothing waits for the disk while it holds the counts.
        if !unwritten.is_empty() {
            self.store.put_usage(&unwritten)?;
        }
        days = self.lock();
        for tally in &mut days.ended {
            tally.written(&unwritten);
        }
        if let Some(today) = &mut days.today {
            let own: Vec<Usage> = unwritten
                .into_iter()
                .filter(|usage| usage.day == today.day)
                .collect();
            today.written(&own);
        }
        days.ended.retain(|tally| !tally.unwritten().is_empty());
        drop(days);
        if has_ended && let Ok(first) = self.day().checked_sub(KEPT_DAYS.days()) {
            self.store.forget_usage_before(first)?;
        }
        Ok(())
    }

    fn day(&self) -> Date {
        let now = self.clock.now();
        now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()
    }

    /// The counts of today; those of another day are put aside to be written.
    fn today<'a>(&self, days: &'a mut Days) -> Result<&'a mut Tally, StoreError> {
        let day = self.day();
        if days.today.as_ref().is_none_or(|tally| tally.day != day) {
            // A clock that was set back finds its day again.
            let again = days.ended.iter().position(|tally| tally.day == day);
            let next = match again {
                Some(place) => days.ended.swap_remove(place),
                None => Tally::new(day, self.store.usage(day, day)?),
            };
            days.ended.extend(days.today.replace(next));
        }
        Ok(days.today.as_mut().expect("it was put there"))
    }

    fn lock(&self) -> MutexGuard<'_, Days> {
        self.days.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(counts: &[Usage], from: Date, to: Date, limit: usize) -> UsageReport {
    let of = |kind| counts.iter().filter(move |usage| usage.kind == kind);
    let total = |kind| {
        of(kind)
            .map(|usage| usage.count)
            .reduce(|sum, count| sum + count)
    };
    let list = |kind| {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for usage in of(kind) {
            *sums.entry(&usage.name).or_default() += usage.count;
        }
        let mut list: Vec<NameCount> = sums
            .into_iter()
            .map(|(name, count)| NameCount {
                name: name.to_owned(),
                count,
            })
            .collect();
        list.sort_by_key(|entry| std::cmp::Reverse(entry.count));
        list.truncate(limit);
        list
    };
    let mut days: Vec<DayCount> = of(UsageKind::Searches)
        .map(|usage| DayCount {
            day: usage.day,
            count: usage.count,
        })
        .collect();
    days.sort_by_key(|entry| entry.day);
    UsageReport {
        from,
        to,
        least: LEAST,
        searches: total(UsageKind::Searches),
        without_result: total(UsageKind::Unanswered),
        questions: list(UsageKind::Question),
        questions_without_result: list(UsageKind::UnansweredQuestion),
        facets: list(UsageKind::Facet),
        values: list(UsageKind::Value),
        languages: list(UsageKind::Language),
        days,
    }
}
