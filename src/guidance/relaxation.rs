//! What giving up a wish would bring: the concessions, the smallest ones when nothing is left, and what wishes hide.

use std::cmp::Reverse;

use super::topics;
use crate::domain::language::Bilingual;
use crate::domain::typography::short_money;
use crate::domain::vocabulary::Vocabularies;
use crate::query::facet::Facet;
use crate::query::found::{Candidate, Failing, Surveyed, WishSet};
use crate::query::need::{Limit, Source, Wish};

/// What giving up one wish would add.
#[derive(Debug, Clone)]
pub struct Relaxation {
    /// Which of the wishes.
    pub wish: usize,
    pub adds: u64,
    /// How many there would be then.
    pub total: u64,
    /// The best of those that would come.
    pub best: Candidate,
}

/// Good matches that wishes leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// One wish; or those that tell what the fleet can run.
    pub by: Vec<usize>,
    pub count: u64,
}

/// The wishes that tell what the school's devices can run: they hide together.
pub fn fleet(wishes: &[Wish]) -> WishSet {
    let is_fleet = |wish: &Wish| {
        let devices = matches!(wish.limit, Limit::Facet(Facet::Device | Facet::Os, _));
        devices && wish.source == Source::Profile
    };
    let of_fleet = (0..wishes.len()).filter(|number| is_fleet(&wishes[*number]));
    of_fleet.map(|number| 1 << number).sum()
}

/// What giving up each wish alone would add, the most first; wishes that would add nothing are left out.
pub fn relaxations(surveyed: &Surveyed) -> Vec<Relaxation> {
    let alone = |failing: &&Failing| failing.wishes.count_ones() == 1;
    let relaxation = |failing: &Failing| {
        let adds = failing.points.len() as u64;
        Relaxation {
            wish: failing.wishes.trailing_zeros() as usize,
            adds,
            total: surveyed.found.total + adds,
            best: failing.best.clone(),
        }
    };
    let alone = surveyed.failing.iter().filter(alone);
    let mut relaxations: Vec<Relaxation> = alone.map(relaxation).collect();
    relaxations.sort_by_key(|relaxation| (Reverse(relaxation.adds), relaxation.wish));
    relaxations
}

/// For a list that is empty: every smallest set of wishes whose dropping gives a result, all of one size.
pub fn minimal(surveyed: &Surveyed) -> Vec<Vec<usize>> {
    let sets = surveyed.smallest.iter().filter(|set| **set != 0);
    let mut minimal: Vec<Vec<usize>> = sets.map(|set| numbers(*set)).collect();
    minimal.sort();
    minimal
}

/// How many good matches each wish leaves out by itself, and the fleet by what it cannot run. A match is good when it would
/// stand on the short list, nearness of the words aside: `shown` is how long that is.
pub fn hidden(surveyed: &Surveyed, fleet: WishSet, shown: usize) -> Vec<Hidden> {
    let last = shown.checked_sub(1);
    let last = last.and_then(|last| surveyed.points_apart.get(last));
    let good = |failing: &Failing| {
        let points = failing.points.iter();
        let good = points.filter(|points| last.is_none_or(|last| *points >= last));
        good.count() as u64
    };
    let mut hidden: Vec<Hidden> = Vec::new();
    for failing in &surveyed.failing {
        let is_fleet = failing.wishes & !fleet == 0;
        let by = numbers(if is_fleet { fleet } else { failing.wishes });
        let count = good(failing);
        match hidden.iter_mut().find(|hidden| hidden.by == by) {
            Some(known) => known.count += count,
            None => hidden.push(Hidden { by, count }),
        }
    }
    hidden.retain(|hidden| hidden.count > 0);
    hidden.sort_by(|one, other| {
        (Reverse(one.count), &one.by).cmp(&(Reverse(other.count), &other.by))
    });
    hidden
}

/// A wish as a teacher would name it.
pub fn told(limit: &Limit, vocabularies: &Vocabularies) -> Bilingual {
    let (facet, values) = match limit {
        // What a resource comes with says so by itself: "no advertising".
        Limit::Facet(Facet::Has, values) => {
            let vocabulary = vocabularies.get(Facet::Has.name());
            return vocabulary.term(values[0]).label.clone();
        }
        Limit::Facet(facet, values) => (*facet, values),
        Limit::MaxCost(0) => return Bilingual::new("Gratuit", "Free"),
        Limit::MaxCost(cents) => {
            let Bilingual { fr, en } = short_money(*cents);
            return Bilingual::new(format!("Au plus {fr}"), format!("At most {en}"));
        }
    };
    let Bilingual { fr, en } = topics::facet_name(facet);
    let vocabulary = vocabularies.get(facet.name());
    let labels = values.iter().map(|value| &vocabulary.term(*value).label);
    let within = |(place, label): (usize, &Bilingual)| match place {
        0 => (label.fr.clone(), label.en.clone()),
        _ => (inner(facet, &label.fr), inner(facet, &label.en)),
    };
    let (all_fr, all_en): (Vec<_>, Vec<_>) = labels.enumerate().map(within).unzip();
    Bilingual::new(
        format!("{fr} : {}", all_fr.join(" ou ")),
        format!("{en}: {}", all_en.join(" or ")),
    )
}

/// A label within a sentence: common nouns lose their capital, names and acronyms keep it.
fn inner(facet: Facet, label: &str) -> String {
    let of_nouns = matches!(
        facet,
        Facet::Type | Facet::Strategy | Facet::StudentType | Facet::Access | Facet::Price
    );
    let mut letters = label.chars();
    match letters.next() {
        Some(first) if of_nouns && letters.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => label.to_owned(),
    }
}

fn numbers(set: WishSet) -> Vec<usize> {
    let bits = 0..WishSet::BITS as usize;
    bits.filter(|number| set & (1 << number) != 0).collect()
}
