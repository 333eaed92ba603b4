//! What was found for questions without words, kept for the next who asks the same.
//!
//! Such a question goes through every resource that passes its filters, so its cost grows with the catalogue; the home page
//! and the browsing pages ask few of them again and again. Nothing here is about a person: a question with a profile is
//! never kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::civil::Date;

use crate::index::Snapshot;
use crate::query::found::Found;
use crate::query::plan::Plan;

/// How many answers are kept; the oldest goes first.
const MOST: usize = 256;

/// Answers of one snapshot on one day (freshness falls with the date).
#[derive(Default)]
pub struct KeptAnswers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    of: Option<(String, u64, Date)>,
    answers: VecDeque<(Plan, Arc<Found>)>,
}

impl KeptAnswers {
    /// What is kept for a plan, or what `look_up` finds, which is then kept.
    pub fn get_or<E>(
        &self,
        plan: &Plan,
        snapshot: &Snapshot,
        day: Date,
        look_up: impl FnOnce() -> Result<Found, E>,
    ) -> Result<Arc<Found>, E> {
        let now = (snapshot.generation().to_owned(), snapshot.sequence(), day);
        {
            let kept = self
                .0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            let same = kept.answers.iter().find(|(known, _)| known == plan);
            if let Some((_, found)) = same.filter(|_| kept.of.as_ref() == Some(&now)) {
                metrics::counter!("classo_kept_answers_total", "result" => "hit").increment(1);
                return Ok(Arc::clone(found));
            }
        }
        metrics::counter!("classo_kept_answers_total", "result" => "miss").increment(1);
        let found = Arc::new(look_up()?);
        let mut kept = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.of.as_ref() != Some(&now) {
            kept.answers.clear();
            kept.of = Some(now);
        }
        if kept.answers.len() >= MOST {
            kept.answers.pop_front();
        }
        kept.answers.push_back((plan.clone(), Arc::clone(&found)));
        Ok(found)
    }
}
