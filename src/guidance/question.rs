//! The next question: the one whose answer is expected to do most for the short list.
//!
//! The asker looks for something that is probably near the top, so the best few hundred matches are a distribution over
//! what it may be: each weighs the more, the more points it has (`pool`). An answer keeps what its filter keeps, in the
//! same order, so it is known for each of them whether it would stand on the short list then. Who goes on answering has
//! not found it among those shown. A question is worth the chance that what is sought is shown after its answer or after
//! the one that follows, and a little for every bit it tells (`foresight`); all of it as often as the asker is likely to
//! care about it (`concern`).
//!
//! What may be answered is found in `options`. A facet with a hierarchy may be asked about again, one floor down, as
//! long as that tells something.

mod concern;
mod foresight;
mod options;
mod pool;

use self::concern::Concern;
use self::foresight::Prospect;
use self::options::Choice;
use self::pool::Pool;
use super::topics::{self, About, BUDGETS, Entry};
use crate::domain::language::Bilingual;
use crate::domain::vocabulary::{Ordinal, Vocabularies};
use crate::query::attributes::Sets;
use crate::query::facet::Facet;
use crate::query::found::Surveyed;
use crate::query::need::{Limit, Topic, Wish};

pub use super::topics::costs;
pub use pool::POOL;

/// A question to ask, with what it is worth.
#[derive(Debug, Clone)]
pub struct Question {
    pub topic: Topic,
    pub text: Bilingual,
    /// How much the answer is expected to tell about what is sought.
    pub gain_bits: f64,
    /// Whether several options may be chosen together.
    pub multiple: bool,
    pub options: Vec<AnswerOption>,
}

/// One of the answers, and what would be left.
#[derive(Debug, Clone)]
pub struct AnswerOption {
    pub label: Bilingual,
    pub count: u64,
    pub answer: Limit,
}

/// What has been said of a topic already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Nothing,
    /// These values, which may have finer ones.
    Roughly(Vec<Ordinal>),
    Enough,
}

/// What is asked about: the survey of a need, and what it was made with.
pub struct Asking<'a> {
    pub surveyed: &'a Surveyed,
    pub sets: &'a Sets,
    pub vocabularies: &'a Vocabularies,
    /// What has to hold, the answers among it.
    pub wishes: &'a [Wish],
    /// What was declared not to matter.
    pub skipped: &'a [Topic],
    /// How long the short list is.
    pub shown: usize,
}

/// The facets that must be tallied for the questions that may still be asked.
pub fn counted(vocabularies: &Vocabularies, told: impl Fn(Topic) -> Told) -> Vec<Facet> {
    let mut facets = Vec::new();
    for entry in &topics::ALL {
        let facet = match entry.about.topic(vocabularies) {
            Some(topic) if told(topic) == Told::Enough => continue,
            Some(Topic::Facet(facet)) => facet,
            Some(Topic::Feature(_)) => Facet::Has,
            Some(Topic::Budget) | None => continue,
        };
        if !facets.contains(&facet) {
            facets.push(facet);
        }
    }
    facets
}

/// The best question; nothing when no answer would change the list.
pub fn next(asking: &Asking, told: impl Fn(Topic) -> Told) -> Option<Question> {
    let best = worth_asking(asking, told).into_iter().next();
    best.map(|asked| asked.question(asking))
}

/// Every question worth asking, the best first: those whose answer is not known yet and could change what is shown.
pub fn questions(asking: &Asking, told: impl Fn(Topic) -> Told) -> Vec<Question> {
    let asked = worth_asking(asking, told).into_iter();
    asked.map(|asked| asked.question(asking)).collect()
}

/// Less than this is a rounding error.
const LEAST_GAIN: f64 = 1e-6;

/// What a bit is worth beside the chance of being shown: far from the end bits decide, near it the chance does.
const WORTH_OF_A_BIT: f64 = 0.06;

/// A question with its options, before their matches are counted.
struct Asked<'e> {
    entry: &'e Entry,
    topic: Topic,
    is_finer: bool,
    gain_bits: f64,
    /// How likely the asker cares about it at all.
    concern: f64,
    choices: Vec<Choice>,
}

fn worth_asking<'a>(asking: &'a Asking, told: impl Fn(Topic) -> Told) -> Vec<Asked<'a>> {
    let pool = Pool::new(asking);
    let concern = Concern::of(asking);
    let ask = |entry: &'static Entry| {
        let topic = entry.about.topic(asking.vocabularies)?;
        let within = match (told(topic), entry.about) {
            (Told::Nothing, _) => None,
            (Told::Roughly(values), About::Content(facet)) => {
                let vocabulary = asking.vocabularies.get(facet.name());
                (!vocabulary.has_one_within_another(&values)).then_some(Some(values))?
            }
            _ => return None,
        };
        let choices = options::choices(&pool, asking, entry.about, within.as_deref());
        let masks = pool.masks(&choices);
        let gain_bits = pool.gain(&masks, choices.len());
        let changes = choices.iter().any(|choice| pool.excludes_one_shown(choice));
        let asked = Asked {
            entry,
            topic,
            is_finer: within.is_some(),
            gain_bits,
            concern: concern.about(entry),
            choices,
        };
        (changes && gain_bits > LEAST_GAIN).then_some((asked, masks))
    };
    let (asked, masks): (Vec<Asked>, Vec<Vec<u32>>) = topics::ALL.iter().filter_map(ask).unzip();
    let prospects: Vec<Prospect> = asked
        .iter()
        .zip(masks)
        .map(|(asked, masks)| Prospect::new(asked.concern, masks))
        .collect();
    let worth = |(place, asked): (usize, &Asked)| {
        let bits = asked.concern * asked.gain_bits;
        foresight::chance(&pool, &prospects, place) + WORTH_OF_A_BIT * bits
    };
    let worths: Vec<f64> = asked.iter().enumerate().map(worth).collect();
    let mut ranked: Vec<(f64, Asked)> = worths.into_iter().zip(asked).collect();
    ranked.sort_by(|one, other| other.0.total_cmp(&one.0));
    ranked.into_iter().map(|(_, asked)| asked).collect()
}

impl Asked<'_> {
    fn question(self, asking: &Asking) -> Question {
        let limits: Vec<&Limit> = self.choices.iter().map(|choice| &choice.answer).collect();
        let counts = counts(asking, &limits);
        let options = self.choices.into_iter().zip(counts);
        let options = options.map(|(choice, count)| AnswerOption {
            label: choice.label,
            count,
            answer: choice.answer,
        });
        Question {
            topic: self.topic,
            text: self.entry.text(self.is_finer),
            gain_bits: self.gain_bits,
            multiple: matches!(self.entry.about, About::Content(_)),
            options: options.collect(),
        }
    }
}

/// How many matches each of some limits on one topic would leave.
fn counts(asking: &Asking, limits: &[&Limit]) -> Vec<u64> {
    let facet = limits.iter().find_map(|limit| match limit {
        Limit::Facet(facet, _) => Some(*facet),
        Limit::MaxCost(_) => None,
    });
    let mut counts = vec![0; limits.len()];
    let tallies = &asking.surveyed.tallies;
    let tally = tallies.iter().find(|tally| Some(tally.facet) == facet);
    let matches = tally.iter().flat_map(|tally| tally.matches.iter());
    for (set, matches) in matches.enumerate().filter(|(_, matches)| **matches > 0) {
        for (limit, count) in limits.iter().zip(&mut counts) {
            if let Limit::Facet(facet, values) = limit {
                let counted = asking.sets.counted(*facet, set as u32);
                if values.iter().any(|value| counted.contains(value)) {
                    *count += u64::from(*matches);
                }
            }
        }
    }
    for (limit, count) in limits.iter().zip(&mut counts) {
        if let Limit::MaxCost(max) = limit {
            let costs = BUDGETS.iter().zip(&asking.surveyed.within_cost);
            let within = costs.filter(|(cents, _)| *cents == max);
            *count = within.map(|(_, count)| *count).sum();
        }
    }
    counts
}

impl About {
    /// What an answer is about; nothing when the catalogue's vocabularies do not know it.
    fn topic(self, vocabularies: &Vocabularies) -> Option<Topic> {
        match self {
            About::Content(facet) => Some(Topic::Facet(facet)),
            About::Access => Some(Topic::Facet(Facet::Access)),
            About::Budget => Some(Topic::Budget),
            About::Feature(feature) => {
                let value = vocabularies.get(Facet::Has.name()).ordinal(feature);
                value.map(Topic::Feature)
            }
        }
    }
}
