//! What was found for questions without words, kept for the next who asks the same.
//!
//! Such a question goes through every resource that passes its filters, so its cost grows with the catalogue; the home page
//! and the browsing pages ask few of them again and again. Nothing here is about a person: a question with a profile is
//! never kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use jiff::civil::Date;

use crate::index::Snapshot;

/// How many answers are kept; the oldest goes first.
const MOST: usize = 256;

/// Answers `A` to questions `Q` of one snapshot on one day (freshness falls with the date).
pub struct KeptAnswers<Q, A>(Mutex<Kept<Q, A>>);

struct Kept<Q, A> {
    of: Option<(u64, Date)>,
    answers: VecDeque<(Q, Arc<A>)>,
}

impl<Q, A> Default for KeptAnswers<Q, A> {
    fn default() -> Self {
        KeptAnswers(Mutex::new(Kept {
            of: None,
            answers: VecDeque::new(),
        }))
    }
}

impl<Q: PartialEq + Clone, A> KeptAnswers<Q, A> {
    /// What is kept for a question, or what `look_up` finds, which is then kept.
    pub fn get_or<E>(
        &self,
        question: &Q,
        snapshot: &Snapshot,
        day: Date,
        look_up: impl FnOnce() -> Result<A, E>,
    ) -> Result<Arc<A>, E> {
        let now = (snapshot.number(), day);
        {
            let kept = self
                .0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            let same = kept.answers.iter().find(|(known, _)| known == question);
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
        kept.answers
            .push_back((question.clone(), Arc::clone(&found)));
        Ok(found)
    }
}
