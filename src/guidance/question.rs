//! The next question: the one whose answer is expected to tell most about what would be on the short list.
//!
//! The asker looks for something that is probably near the top, so the best few hundred matches are a distribution over
//! what it may be: each weighs the more, the more points it has. A question is worth the entropy of this distribution less the
//! entropy that is expected to remain after its answers. What an answer keeps is what its filter keeps, so values that
//! nearly everything has are worth little, however many resources have them. Of questions that tell as much, the one that
//! matters to more people is asked first.

use super::topics::{self, ACCESS, About, BUDGETS, Entry};
use crate::domain::language::Bilingual;
use crate::domain::vocabulary::{Ordinal, Vocabularies, Vocabulary};
use crate::query::attributes::Sets;
use crate::query::facet::Facet;
use crate::query::found::{Candidate, Surveyed};
use crate::query::need::{Limit, Topic};

pub use super::topics::costs;

/// How many of the best matches a target is looked for among.
pub const POOL: usize = 256;

/// By how many points a match is e times less likely to be the target than another.
const TEMPERATURE: f64 = 3.0;

/// More options than this are not read.
const MOST_OPTIONS: usize = 8;

/// A question to ask, with what it is worth.
#[derive(Debug, Clone)]
pub struct Question {
    pub topic: Topic,
    pub text: Bilingual,
    pub gain_bits: f64,
    pub options: Vec<AnswerOption>,
}

/// One of the answers, and what would be left.
#[derive(Debug, Clone)]
pub struct AnswerOption {
    pub label: Bilingual,
    pub count: u64,
    pub answer: Limit,
}

/// The facets that must be counted for the questions that may still be asked.
pub fn counted(vocabularies: &Vocabularies, is_known: impl Fn(Topic) -> bool) -> Vec<Facet> {
    let mut facets = Vec::new();
    for entry in &topics::ALL {
        let facet = match entry.about.topic(vocabularies) {
            Some(topic) if is_known(topic) => continue,
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

/// Every question worth asking, the best first: those whose answer is not known yet and could change the first `shown`.
pub fn questions(
    surveyed: &Surveyed,
    sets: &Sets,
    vocabularies: &Vocabularies,
    shown: usize,
    is_known: impl Fn(Topic) -> bool,
) -> Vec<Question> {
    let pool = Pool::new(surveyed, sets, vocabularies);
    let question = |entry: &Entry| {
        let topic = entry.about.topic(vocabularies)?;
        if is_known(topic) {
            return None;
        }
        let (choices, gain) = pool.best_choices(entry.about);
        let changes = choices
            .iter()
            .any(|choice| choice.excludes_one_of(shown.max(1).min(pool.shares.len())));
        let question = Question {
            topic,
            text: entry.text(),
            gain_bits: gain,
            options: choices.into_iter().map(|choice| choice.option).collect(),
        };
        (changes && gain > LEAST_GAIN).then_some((entry.concern * gain, question))
    };
    let mut questions: Vec<(f64, Question)> = topics::ALL.iter().filter_map(question).collect();
    questions.sort_by(|one, other| other.0.total_cmp(&one.0));
    questions
        .into_iter()
        .map(|(_, question)| question)
        .collect()
}

/// Less than this is a rounding error.
const LEAST_GAIN: f64 = 1e-6;

/// The likely targets, as shares of one.
struct Pool<'a> {
    surveyed: &'a Surveyed,
    sets: &'a Sets,
    vocabularies: &'a Vocabularies,
    shares: Vec<f64>,
    /// What each adds to the entropy: its share times the logarithm of that.
    logs: Vec<f64>,
    entropy: f64,
}

/// An option, and which of the pool it keeps.
struct Choice {
    option: AnswerOption,
    keeps: Vec<bool>,
}

impl Choice {
    fn excludes_one_of(&self, first: usize) -> bool {
        self.keeps[..first].iter().any(|keeps| !keeps)
    }
}

impl<'a> Pool<'a> {
    fn new(surveyed: &'a Surveyed, sets: &'a Sets, vocabularies: &'a Vocabularies) -> Self {
        let candidates = &surveyed.found.candidates[..surveyed.found.candidates.len().min(POOL)];
        let best = candidates.first().map_or(0, |best| best.points);
        let weight = |points: i64| ((points - best) as f64 / (10_000.0 * TEMPERATURE)).exp();
        let weights: Vec<f64> = candidates.iter().map(|c| weight(c.points)).collect();
        let sum: f64 = weights.iter().sum();
        let shares: Vec<f64> = weights.into_iter().map(|weight| weight / sum).collect();
        let log = |share: &f64| {
            if *share > 0.0 {
                share * share.log2()
            } else {
                0.0
            }
        };
        let logs: Vec<f64> = shares.iter().map(log).collect();
        Pool {
            surveyed,
            sets,
            vocabularies,
            entropy: -logs.iter().sum::<f64>(),
            shares,
            logs,
        }
    }

    /// The options that tell most, and what they are expected to tell, in bits.
    fn best_choices(&self, about: About) -> (Vec<Choice>, f64) {
        match about {
            About::Content(facet) => self.content(facet),
            About::Access => {
                let options = ACCESS
                    .iter()
                    .map(|(fr, en, ids)| self.access_option(Bilingual::new(*fr, *en), ids));
                self.demand(options.collect())
            }
            About::Feature(feature) => {
                let vocabulary = self.vocabularies.get(Facet::Has.name());
                let options = vocabulary.ordinal(feature).map(|value| AnswerOption {
                    label: Bilingual::new("Oui", "Yes"),
                    count: self.count(Facet::Has, value),
                    answer: Limit::Facet(Facet::Has, vec![value]),
                });
                self.demand(options.into_iter().collect())
            }
            About::Budget => {
                let costs = BUDGETS.iter().zip(&self.surveyed.within_cost);
                let mut options: Vec<AnswerOption> = Vec::new();
                for (cents, count) in costs {
                    // A higher budget that brings nothing more is no option.
                    if options.last().is_none_or(|last| last.count < *count) {
                        options.push(AnswerOption {
                            label: budget_label(*cents),
                            count: *count,
                            answer: Limit::MaxCost(*cents),
                        });
                    }
                }
                self.demand(options)
            }
        }
    }

    fn access_option(&self, label: Bilingual, ids: &[&str]) -> AnswerOption {
        let vocabulary = self.vocabularies.get(Facet::Access.name());
        let values: Vec<Ordinal> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
        AnswerOption {
            label,
            // A resource has one condition of access: their counts add up.
            count: values
                .iter()
                .map(|value| self.count(Facet::Access, *value))
                .sum(),
            answer: Limit::Facet(Facet::Access, values),
        }
    }

    /// Facts of which one option or another holds.
    fn demand(&self, options: Vec<AnswerOption>) -> (Vec<Choice>, f64) {
        let choices: Vec<Choice> = options
            .into_iter()
            .filter(|option| option.count > 0)
            .map(|option| self.choice(option))
            .collect();
        let gain = self.gain(&choices);
        (choices, gain)
    }

    /// The values of a facet that tell most: from the roots of its vocabulary down, as far as finer values tell more.
    fn content(&self, facet: Facet) -> (Vec<Choice>, f64) {
        let vocabulary = self.vocabularies.get(facet.name());
        let mut shares = vec![0.0; vocabulary.terms().len()];
        for (candidate, share) in self.candidates() {
            for value in self.sets.counted(facet, candidate.row.set(facet)) {
                shares[usize::from(*value)] += share;
            }
        }
        let below = |parent: Option<Ordinal>| {
            let terms = (0..vocabulary.terms().len()).map(|value| value as Ordinal);
            let own = terms.filter(|value| vocabulary.parent(*value) == parent);
            let present = own.filter(|value| shares[usize::from(*value)] > 0.0);
            present
                .map(|value| self.value(facet, value, vocabulary))
                .collect::<Vec<_>>()
        };
        let weight = |choice: &Choice| match &choice.option.answer {
            Limit::Facet(_, values) => shares[usize::from(values[0])],
            Limit::MaxCost(_) => 0.0,
        };
        let mut choices = below(None);
        choices.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
        choices.truncate(MOST_OPTIONS);
        let mut gain = self.gain(&choices);
        loop {
            let finer = (0..choices.len()).filter_map(|place| {
                let children = below(choices[place].value());
                let fits = choices.len() - 1 + children.len() <= MOST_OPTIONS;
                if children.is_empty() || !fits {
                    return None;
                }
                let kept = (0..choices.len()).filter(|other| *other != place);
                let kept = kept.map(|other| &choices[other]);
                let gain = self.gain_of(kept.chain(&children));
                Some((gain, place, children))
            });
            match finer.max_by(|one, other| one.0.total_cmp(&other.0)) {
                Some((better, place, children)) if better > gain + LEAST_GAIN => {
                    choices.splice(place..=place, children);
                    gain = better;
                }
                _ => break,
            }
        }
        choices.sort_by_key(Choice::value);
        (choices, gain)
    }

    fn value(&self, facet: Facet, value: Ordinal, vocabulary: &Vocabulary) -> Choice {
        self.choice(AnswerOption {
            label: vocabulary.term(value).label.clone(),
            count: self.count(facet, value),
            answer: Limit::Facet(facet, vec![value]),
        })
    }

    fn choice(&self, option: AnswerOption) -> Choice {
        let passes =
            |(candidate, _): (&Candidate, f64)| option.answer.passes(&candidate.row, self.sets);
        Choice {
            keeps: self.candidates().map(passes).collect(),
            option,
        }
    }

    fn count(&self, facet: Facet, value: Ordinal) -> u64 {
        let mut facets = self.surveyed.found.facets.iter();
        let counts = facets.find(|counts| counts.facet == facet);
        counts.map_or(0, |counts| counts.count(value))
    }

    fn candidates(&self) -> impl Iterator<Item = (&'a Candidate, f64)> + '_ {
        let candidates = self.surveyed.found.candidates.iter();
        candidates.zip(self.shares.iter().copied())
    }

    fn gain(&self, choices: &[Choice]) -> f64 {
        self.gain_of(choices.iter())
    }

    /// The bits that an answer is expected to tell. Who looks for something that several options keep may give any of these
    /// answers; for what none keeps, because it is not known, there is none, and nothing is told.
    fn gain_of<'c>(&self, choices: impl Iterator<Item = &'c Choice> + Clone) -> f64 {
        let mut options = vec![0_u32; self.shares.len()];
        for choice in choices.clone() {
            for (options, keeps) in options.iter_mut().zip(&choice.keeps) {
                *options += u32::from(*keeps);
            }
        }
        let mut gain = 0.0;
        for choice in choices {
            let (mut chance, mut share, mut logs) = (0.0, 0.0, 0.0);
            let kept = (0..choice.keeps.len()).filter(|at| choice.keeps[*at]);
            for at in kept {
                chance += self.shares[at] / f64::from(options[at]);
                share += self.shares[at];
                logs += self.logs[at];
            }
            if share > 0.0 {
                let remaining = share.log2() - logs / share;
                gain += chance * (self.entropy - remaining);
            }
        }
        gain
    }
}

impl Choice {
    fn value(&self) -> Option<Ordinal> {
        match &self.option.answer {
            Limit::Facet(_, values) => values.first().copied(),
            Limit::MaxCost(_) => None,
        }
    }
}

fn budget_label(cents: u64) -> Bilingual {
    match cents / 100 {
        0 => Bilingual::new("Rien : gratuit seulement", "Nothing: free only"),
        dollars => Bilingual::new(format!("Jusqu’à {dollars} $"), format!("Up to ${dollars}")),
    }
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
