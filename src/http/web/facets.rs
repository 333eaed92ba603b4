//! The facets beside the results: values with the counts they would have, chosen ones first in sight.

use super::frame::icon;
use super::texts::{Html, Ui};
use crate::domain::vocabulary::{Ordinal, Term, Vocabularies, Vocabulary};
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::FacetCount;

/// What a results page counts, in the order it shows them.
pub const SHOWN: [Facet; 11] = [
    Facet::Level,
    Facet::Subject,
    Facet::Device,
    Facet::Price,
    Facet::Type,
    Facet::Language,
    Facet::Access,
    Facet::Has,
    Facet::StudentType,
    Facet::Platform,
    Facet::Os,
];

/// Those that are open before anybody chose anything.
const OPEN: [Facet; 4] = [Facet::Level, Facet::Subject, Facet::Device, Facet::Price];

/// How many values of a flat facet are in sight; the others are behind "more".
const IN_SIGHT: usize = 7;

/// How many are behind "more" at most.
const MOST_MORE: usize = 30;

pub struct FacetView {
    pub name: &'static str,
    pub title: &'static Html,
    pub is_open: bool,
    pub chosen: usize,
    pub values: Vec<ValueView>,
    pub more: Vec<ValueView>,
    /// How many, the rarest, are in neither.
    pub left_out: u64,
}

pub struct ValueView {
    pub value: String,
    pub label: Html,
    pub count: String,
    pub is_chosen: bool,
    /// Chosen by the words of the question: it is given up there.
    pub is_understood: bool,
    pub icon: Option<Html>,
    pub children: Vec<ValueView>,
    /// Whether something below is chosen.
    pub is_open: bool,
}

/// What facets are laid out with.
pub struct Facets<'a> {
    pub ui: Ui,
    pub vocabularies: &'a Vocabularies,
    /// Those that held, and those that were asked for; the others were understood.
    pub held: &'a Filters,
    pub asked: &'a Filters,
}

impl Facets<'_> {
    /// The facets that have anything to choose.
    pub fn views(&self, counts: &[FacetCount]) -> Vec<FacetView> {
        let views = counts.iter().map(|counts| self.view(counts));
        views.filter(|view| !view.values.is_empty()).collect()
    }

    fn view(&self, counts: &FacetCount) -> FacetView {
        let facet = counts.facet;
        let chosen = self.held.values(facet).len();
        let mut values = self.below(None, counts);
        let mut more = Vec::new();
        let is_flat = values.iter().all(|value| value.children.is_empty());
        if is_flat && values.len() > IN_SIGHT + 1 {
            let mut numbers: Vec<u64> = self.counted(counts).map(|(_, count)| count).collect();
            numbers.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
            let least = numbers[IN_SIGHT - 1];
            let vocabulary = self.vocabularies.get(facet.name());
            let mut places = IN_SIGHT;
            let is_in_sight = |value: &ValueView| {
                let ordinal = vocabulary.ordinal(&value.value).unwrap_or_default();
                let is_seen = value.is_chosen || counts.count(ordinal) >= least && places > 0;
                places = places.saturating_sub(usize::from(is_seen));
                is_seen
            };
            (values, more) = values.into_iter().partition(is_in_sight);
        }
        let left_out = more.len().saturating_sub(MOST_MORE);
        if left_out > 0 {
            let vocabulary = self.vocabularies.get(facet.name());
            let count = |value: &ValueView| {
                let ordinal = vocabulary.ordinal(&value.value).unwrap_or_default();
                std::cmp::Reverse(counts.count(ordinal))
            };
            more.sort_by_key(count);
            more.truncate(MOST_MORE);
        }
        FacetView {
            name: facet.name(),
            title: self.ui.t(&format!("facet.{}", facet.name())),
            is_open: chosen > 0 || OPEN.contains(&facet),
            chosen,
            values,
            more,
            left_out: left_out as u64,
        }
    }

    /// The terms that have a count or are chosen, with it.
    fn counted<'c>(&'c self, counts: &'c FacetCount) -> impl Iterator<Item = (&'c Term, u64)> {
        let held = self.held.values(counts.facet);
        let terms = self.vocabularies.get(counts.facet.name()).terms().iter();
        terms
            .map(|term| (term, counts.count(term.order)))
            .filter(|(term, count)| *count > 0 || held.contains(&term.order))
    }

    fn below(&self, parent: Option<Ordinal>, counts: &FacetCount) -> Vec<ValueView> {
        let vocabulary = self.vocabularies.get(counts.facet.name());
        let listed = self.counted(counts);
        let own = listed.filter(|(term, _)| nearest_parent(vocabulary, term.order) == parent);
        own.map(|(term, count)| self.value(term, count, counts))
            .collect()
    }

    fn value(&self, term: &Term, count: u64, counts: &FacetCount) -> ValueView {
        let facet = counts.facet;
        let children = self.below(Some(term.order), counts);
        let has_icon = matches!(facet, Facet::Device | Facet::Os);
        let is_chosen = self.held.values(facet).contains(&term.order);
        ValueView {
            value: term.id.clone(),
            label: self.ui.label(&term.label),
            count: self.ui.number(count),
            is_chosen,
            is_understood: is_chosen && !self.asked.values(facet).contains(&term.order),
            icon: has_icon.then(|| icon(&term.id)),
            is_open: children
                .iter()
                .any(|child| child.is_chosen || child.is_open),
            children,
        }
    }
}

/// The place in a tree of two floors: everything below a root stands directly under it, in the vocabulary's order.
fn nearest_parent(vocabulary: &Vocabulary, ordinal: Ordinal) -> Option<Ordinal> {
    vocabulary.lineage(ordinal).skip(1).last()
}
