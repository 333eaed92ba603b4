//! The facets beside the results: values with the counts they would have, chosen ones first in sight.

use super::labels::{Labels, TermView, Terms};
use super::texts::{Html, Ui};
use crate::domain::vocabulary::Ordinal;
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
const MOST_MORE: usize = 20;

/// More values than this on one page, and what lies below a value is shown once that is chosen, and less is behind "more".
const MOST_VALUES: usize = 160;
const FEWER_MORE: usize = 8;

pub struct FacetView<'a> {
    pub name: &'static str,
    pub title: &'static Html,
    pub is_open: bool,
    pub chosen: usize,
    pub values: Vec<ValueView<'a>>,
    pub more: Vec<ValueView<'a>>,
    /// How many, the rarest, are in neither.
    pub left_out: u64,
}

pub struct ValueView<'a> {
    pub term: &'a TermView,
    pub matches: u64,
    pub count: Html,
    pub is_chosen: bool,
    /// Chosen by the words of the question: it is given up there.
    pub is_understood: bool,
    pub children: Vec<ValueView<'a>>,
    /// Whether something below is chosen.
    pub is_open: bool,
}

impl FacetView<'_> {
    fn shorten(&mut self) {
        let values = self.values.iter_mut();
        for value in values.filter(|value| !value.is_chosen && !value.is_open) {
            value.children.clear();
        }
        self.leave_out(FEWER_MORE);
    }

    /// Leaves the rarest out where more than so many are behind "more".
    fn leave_out(&mut self, most: usize) {
        let left_out = self.more.len().saturating_sub(most);
        if left_out > 0 {
            self.more
                .sort_by_key(|value| std::cmp::Reverse(value.matches));
            self.more.truncate(most);
            self.left_out += left_out as u64;
        }
    }

    /// How many values it lists, with those below others.
    fn listed(&self) -> usize {
        let values = self.values.iter().chain(&self.more);
        values.map(|value| 1 + value.children.len()).sum()
    }
}

/// What facets are laid out with.
pub struct Facets<'a, 'q> {
    pub ui: Ui,
    pub labels: &'a Labels,
    /// Those that held, and those that were asked for; the others were understood.
    pub held: &'q Filters,
    pub asked: &'q Filters,
}

impl<'a> Facets<'a, '_> {
    /// The facets that have anything to choose.
    pub fn views(&self, counts: &[FacetCount]) -> Vec<FacetView<'a>> {
        let views = counts.iter().map(|counts| self.view(counts));
        let mut views: Vec<FacetView> = views.filter(|view| !view.values.is_empty()).collect();
        if views.iter().map(FacetView::listed).sum::<usize>() > MOST_VALUES {
            views.iter_mut().for_each(FacetView::shorten);
        }
        views
    }

    fn view(&self, counts: &FacetCount) -> FacetView<'a> {
        let facet = counts.facet;
        let terms = self.labels.get(self.ui.language, facet.name());
        let chosen = self.held.values(facet).len();
        let mut values = self.values(terms, counts);
        let mut more = Vec::new();
        let is_flat = values.iter().all(|value| value.children.is_empty());
        if is_flat && values.len() > IN_SIGHT + 1 {
            let mut numbers: Vec<u64> = values.iter().map(|value| value.matches).collect();
            numbers.sort_unstable_by_key(|count| std::cmp::Reverse(*count));
            let least = numbers[IN_SIGHT - 1];
            let mut places = IN_SIGHT;
            let is_in_sight = |value: &ValueView| {
                let is_seen = value.is_chosen || value.matches >= least && places > 0;
                places = places.saturating_sub(usize::from(is_seen));
                is_seen
            };
            (values, more) = values.into_iter().partition(is_in_sight);
        }
        let mut view = FacetView {
            name: facet.name(),
            title: self.ui.t(&format!("facet.{}", facet.name())),
            is_open: chosen > 0 || OPEN.contains(&facet),
            chosen,
            values,
            more,
            left_out: 0,
        };
        view.leave_out(MOST_MORE);
        view
    }

    /// The terms that have a count or are chosen, with it.
    fn values(&self, terms: &'a Terms, counts: &FacetCount) -> Vec<ValueView<'a>> {
        let held = self.held.values(counts.facet);
        let is_listed = |at: &Ordinal| counts.count(*at) > 0 || held.contains(at);
        let trees = terms.trees().iter();
        let trees = trees.filter(|tree| is_listed(&tree.root));
        let value = |at: Ordinal, children| self.value(terms.at(at), counts, children);
        let with_below = trees.map(|tree| {
            let below = tree.below.iter().copied().filter(is_listed);
            let below = below.map(|at| value(at, Vec::new())).collect();
            value(tree.root, below)
        });
        with_below.collect()
    }

    fn value(
        &self,
        term: &'a TermView,
        counts: &FacetCount,
        children: Vec<ValueView<'a>>,
    ) -> ValueView<'a> {
        let facet = counts.facet;
        let matches = counts.count(term.order);
        let is_chosen = self.held.values(facet).contains(&term.order);
        ValueView {
            term,
            matches,
            count: Html::of_trusted(self.ui.number(matches)),
            is_chosen,
            is_understood: is_chosen && !self.asked.values(facet).contains(&term.order),
            is_open: children.iter().any(|child| child.is_chosen),
            children,
        }
    }
}
