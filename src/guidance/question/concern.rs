//! How likely it is that this asker cares about what a question is about.
//!
//! Some want what matters to them, and pass over the rest: of them each entry of the list of questions says to how many it
//! matters. Others have a resource in mind, and answer nearly whatever they are asked. Which of the two somebody is shows
//! in what was answered and what was skipped so far: who tells the platform, which matters to few, will tell the system.

use super::Asking;
use crate::guidance::topics::{self, Entry};
use crate::query::need::{Source, Topic};

/// How likely somebody has a resource in mind, before anything is answered.
const IN_MIND: f64 = 0.5;

/// How likely they answer then; no more than the largest concern of an entry, so that a skip never speaks for them.
const ANSWERS: f64 = 0.9;

pub(super) struct Concern {
    /// How likely the asker has a resource in mind.
    in_mind: f64,
}

impl Concern {
    /// By what was asked so far.
    pub fn of(asking: &Asking) -> Self {
        let entry = |topic: Topic| {
            let mut entries = topics::ALL.iter();
            entries.find(|entry| entry.about.topic(asking.vocabularies) == Some(topic))
        };
        let answers = asking.wishes.iter();
        let answers = answers.filter(|wish| wish.source == Source::Answers);
        let (mut in_mind, mut by_wishes) = (IN_MIND, 1.0 - IN_MIND);
        for answered in answers.filter_map(|wish| entry(wish.limit.topic())) {
            in_mind *= ANSWERS;
            by_wishes *= answered.concern;
        }
        for skipped in asking.skipped.iter().filter_map(|topic| entry(*topic)) {
            in_mind *= 1.0 - ANSWERS;
            by_wishes *= 1.0 - skipped.concern;
        }
        Concern {
            in_mind: in_mind / (in_mind + by_wishes),
        }
    }

    /// The chance that a question is answered.
    pub fn about(&self, entry: &Entry) -> f64 {
        self.in_mind * ANSWERS + (1.0 - self.in_mind) * entry.concern
    }
}
