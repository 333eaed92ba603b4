//! Reasons become a few table look-ups a match.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::civil::Date;

use super::signal::{self, Input, Seen, Signal};
use super::signals;
use super::weights::Weights;
use crate::domain::language::Language;
use crate::domain::profile::ProfileView;
use crate::domain::vocabulary::Vocabularies;
use crate::query::attributes::Sets;
use crate::query::facet::Facet;
use crate::query::rank::{Matches, Rank};
use crate::query::understanding::Understood;

/// A signal with its weight.
pub(super) struct Weighted {
    pub signal: Box<dyn Signal>,
    pub weight: f64,
}

/// The ranking that looks at nobody: the words, the language of the screen, and quality.
///
/// It depends on the catalogue, the day and the language alone, so one serves many searches.
pub struct NeutralRank {
    pub(super) signals: Vec<Weighted>,
    text_weight: f64,
    proximity_weight: f64,
    /// Points by merit number.
    merits: Vec<i64>,
    /// The most points that a merit has.
    most_merit: i64,
}

impl NeutralRank {
    pub fn new(weights: &Weights, sets: &Sets, language: Language, today: Date) -> Self {
        NeutralRank::of_signals(
            weighted(signals::neutral(weights, language, today), weights),
            sets,
        )
    }

    /// The ranking by signals that look at the words and at merits.
    pub(super) fn of_signals(signals: Vec<Weighted>, sets: &Sets) -> Self {
        let of_merit = |merit| {
            let on_merit = signals
                .iter()
                .filter(|weighted| weighted.signal.input() == Input::Merit);
            on_merit
                .map(|Weighted { signal, weight }| {
                    signal::points(*weight, signal.value(Seen::Merit(merit)))
                })
                .sum()
        };
        let merits: Vec<i64> = sets.merits().iter().map(of_merit).collect();
        let weight_on = |input| -> f64 {
            let on_input = signals.iter();
            let on_input = on_input.filter(|weighted| weighted.signal.input() == input);
            on_input.map(|weighted| weighted.weight).sum()
        };
        NeutralRank {
            most_merit: merits.iter().copied().max().unwrap_or(0),
            merits,
            text_weight: weight_on(Input::Text),
            proximity_weight: weight_on(Input::Proximity),
            signals,
        }
    }

    fn points(&self, matches: &Matches, points: &mut [i64]) {
        for (text, sum) in matches.texts.iter().zip(&mut *points) {
            *sum = signal::points(self.text_weight, f64::from(*text));
        }
        matches.each_number(matches.rows.merits(), points, |merit, sum| {
            *sum += self.merits[merit];
        });
    }
}

/// The neutral ranking, what the understood question adds to it for anybody, and what a profile adds for the asker.
pub struct ProfileRank {
    neutral: Arc<NeutralRank>,
    asked: Added,
    personal: Added,
    telling_order: OnceLock<Vec<usize>>,
}

impl ProfileRank {
    /// What the question's subjects, types and needs add, and the view of an asker: nothing for the anonymous view.
    pub fn new(
        neutral: Arc<NeutralRank>,
        understood: &Understood,
        view: &ProfileView,
        weights: &Weights,
        sets: &Arc<Sets>,
        vocabularies: &Vocabularies,
    ) -> Self {
        let asked = signals::of_question(understood, weights, vocabularies);
        let personal = signals::of_profile(view.get(), weights, vocabularies);
        ProfileRank {
            neutral,
            asked: Added::new(weighted(asked, weights), sets),
            personal: Added::new(weighted(personal, weights), sets),
            telling_order: OnceLock::new(),
        }
    }

    /// What signals that look at facets and at the cost add.
    pub(super) fn of_signals(
        neutral: Arc<NeutralRank>,
        signals: Vec<Weighted>,
        sets: &Arc<Sets>,
    ) -> Self {
        ProfileRank {
            neutral,
            asked: Added::new(Vec::new(), sets),
            personal: Added::new(signals, sets),
            telling_order: OnceLock::new(),
        }
    }

    pub(super) fn all_signals(&self) -> impl Iterator<Item = &Weighted> {
        let ProfileRank {
            neutral,
            asked,
            personal,
            ..
        } = self;
        let added = asked.signals.iter().chain(&personal.signals);
        neutral.signals.iter().chain(added)
    }

    /// The places of [`ProfileRank::all_signals`] in the order in which reasons are told: the same for a whole page.
    pub(super) fn telling_order(&self) -> &[usize] {
        self.telling_order.get_or_init(|| {
            let place = |weighted: &Weighted| {
                let name = weighted.signal.name();
                signal::NAMES.iter().position(|known| *known == name)
            };
            let places: Vec<_> = self.all_signals().map(place).collect();
            let mut order: Vec<usize> = (0..places.len()).collect();
            order.sort_by_key(|number| places[*number]);
            order
        })
    }
}

impl Rank for ProfileRank {
    fn neutral_points(&self, matches: &Matches, points: &mut [i64]) {
        self.neutral.points(matches, points);
        self.asked.add_points(matches, points);
    }

    fn least_text(&self, points: i64) -> f32 {
        let NeutralRank {
            text_weight,
            most_merit,
            ..
        } = *self.neutral;
        if text_weight <= 0.0 {
            return 0.0;
        }
        let others = most_merit + self.asked.most_from(0) + self.personal.most_from(0);
        // A ten-thousandth for what rounding does.
        let by_text = points.saturating_sub(others).saturating_sub(1);
        (by_text as f64 / (text_weight * 10_000.0)) as f32
    }

    fn personal_steps(&self) -> usize {
        self.personal.steps.len()
    }

    fn most_from(&self, step: usize) -> i64 {
        self.personal.most_from(step)
    }

    fn add_personal_step(&self, step: usize, matches: &Matches, points: &mut [i64]) {
        self.personal.add_step(step, matches, points);
    }

    fn proximity_points(&self, nearness: f32) -> i64 {
        signal::points(self.neutral.proximity_weight, f64::from(nearness))
    }
}

/// Signals on facets and on the cost, made ready for many matches.
struct Added {
    signals: Vec<Weighted>,
    /// What the signals on each input give; those that may give most come first.
    steps: Vec<Step>,
    sets: Arc<Sets>,
}

/// What the signals on one input give.
struct Step {
    /// At most.
    most: i64,
    given: Given,
}

enum Given {
    /// By the set of a facet.
    BySet(PointsBySet),
    /// By a signal that looks at the cost: its place among the signals.
    ByCost(usize),
}

/// What signals on one facet give, by set number: told when a match with the set is first met, and kept. A question meets few
/// of the sets that a great catalogue has.
struct PointsBySet {
    facet: Facet,
    /// Their places among the signals.
    signals: Vec<usize>,
    known: Vec<AtomicI64>,
}

/// In the place of points that were not told yet.
const UNKNOWN: i64 = i64::MIN;

impl Added {
    fn new(signals: Vec<Weighted>, sets: &Arc<Sets>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for (number, Weighted { signal, weight }) in signals.iter().enumerate() {
            let at_most = |value| signal::points(*weight, value).max(0);
            let facet = match signal.input() {
                Input::Facet(facet) => facet,
                Input::Cost => {
                    let (most, given) = (at_most(1.0), Given::ByCost(number));
                    steps.push(Step { most, given });
                    continue;
                }
                _ => continue,
            };
            let most = at_most(signal.most(sets.used(facet)));
            let same_facet = steps.iter_mut().find_map(|step| match &mut step.given {
                Given::BySet(points) if points.facet == facet => Some((&mut step.most, points)),
                _ => None,
            });
            if let Some((sum, points)) = same_facet {
                *sum += most;
                points.signals.push(number);
                continue;
            }
            let unknown = || AtomicI64::new(UNKNOWN);
            let given = Given::BySet(PointsBySet {
                facet,
                signals: vec![number],
                known: std::iter::repeat_with(unknown)
                    .take(sets.len(facet))
                    .collect(),
            });
            steps.push(Step { most, given });
        }
        steps.sort_by_key(|step| Reverse(step.most));
        Added {
            signals,
            steps,
            sets: Arc::clone(sets),
        }
    }

    fn most_from(&self, step: usize) -> i64 {
        let steps = self.steps.get(step..).unwrap_or_default();
        steps.iter().map(|step| step.most).sum()
    }

    fn add_points(&self, matches: &Matches, points: &mut [i64]) {
        (0..self.steps.len()).for_each(|step| self.add_step(step, matches, points));
    }

    fn add_step(&self, step: usize, matches: &Matches, points: &mut [i64]) {
        match &self.steps[step].given {
            Given::BySet(by_set) => {
                matches.each_number(matches.rows.sets(by_set.facet), points, |set, sum| {
                    *sum += match by_set.known[set].load(Ordering::Relaxed) {
                        UNKNOWN => self.tell(by_set, set),
                        known => known,
                    };
                });
            }
            Given::ByCost(number) => {
                let Weighted { signal, weight } = &self.signals[*number];
                for (place, sum) in matches.places.iter().zip(points) {
                    let cost = matches.rows.cost_cents(*place);
                    *sum += signal::points(*weight, signal.value(Seen::Cost(cost)));
                }
            }
        }
    }

    /// What a set gives that was not met before.
    #[cold]
    fn tell(&self, by_set: &PointsBySet, set: usize) -> i64 {
        let seen = Seen::Terms(self.sets.declared(by_set.facet, set as u32));
        let signals = by_set.signals.iter().map(|number| &self.signals[*number]);
        let given = signals.map(|one| signal::points(one.weight, one.signal.value(seen)));
        let points = given.sum();
        by_set.known[set].store(points, Ordering::Relaxed);
        points
    }
}

fn weighted(signals: Vec<Box<dyn Signal>>, weights: &Weights) -> Vec<Weighted> {
    signals
        .into_iter()
        .map(|signal| {
            let weight = weights.of(signal.name());
            Weighted {
                weight: if signal.is_against() { -weight } else { weight },
                signal,
            }
        })
        .collect()
}
