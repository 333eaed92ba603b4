//! The terms of the facets' vocabularies, by the words of their names.

use std::convert::Infallible;
use std::ops::ControlFlow;

use crate::domain::language::Language;
use crate::domain::text;
use crate::domain::typed::{Closeness, Typed};
use crate::domain::vocabulary::{Ordinal, Vocabularies};
use crate::index::completion::{Guess, Shelf, complete};
use crate::index::word_starts::{Builder, WordStarts};
use crate::query::facet::Facet;
use crate::query::found::FacetCount;

/// Entries that one keystroke looks at, besides those of titles.
pub const TERM_LOOKS: usize = 32;

/// Every term with its names.
pub struct Terms {
    terms: Vec<NamedTerm>,
    words: [WordStarts; 2],
}

struct NamedTerm {
    facet: Facet,
    value: Ordinal,
    /// Whether some resource has it.
    is_used: bool,
    /// By language: folded label, synonyms and acronyms.
    names: [Vec<String>; 2],
}

/// A term that may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermSuggestion {
    pub facet: Facet,
    pub value: Ordinal,
    pub closeness: Closeness,
    /// Whether only a name in the other language fits.
    pub foreign: bool,
    pub is_used: bool,
}

impl Terms {
    /// The terms of every facet; `counts` tells which of them some resource has.
    pub fn new(vocabularies: &Vocabularies, counts: &[FacetCount]) -> Terms {
        let is_used = |facet, value| {
            let of_facet = counts.iter().find(|counts| counts.facet == facet);
            of_facet.is_some_and(|counts| counts.count(value) > 0)
        };
        let named = |facet: Facet| {
            let terms = vocabularies.get(facet.name()).terms().iter();
            terms.map(move |term| NamedTerm {
                facet,
                value: term.order,
                is_used: is_used(facet, term.order),
                names: Language::ALL
                    .map(|language| term.names_in(language).map(text::key).collect()),
            })
        };
        let terms: Vec<NamedTerm> = Facet::ALL.into_iter().flat_map(named).collect();
        let words = [0, 1].map(|language| {
            let quality = terms.iter().map(|term| u8::from(term.is_used));
            let mut builder = Builder::new(quality.collect());
            for (number, term) in terms.iter().enumerate() {
                for (place, name) in term.names[language].iter().enumerate() {
                    builder.add(number as u32, u8::from(place > 0), name);
                }
            }
            builder.finish()
        });
        Terms { terms, words }
    }

    /// The terms that what is typed may mean, each once, likeliest first.
    pub fn suggest(&self, typed: &Typed, language: Language, most: usize) -> Vec<TermSuggestion> {
        let shelves = Language::ALL.map(|own| Shelf {
            words: &self.words[own as usize],
            foreign: own != language,
        });
        let mut found: Vec<TermSuggestion> = Vec::with_capacity(most);
        let mut take = |Guess { shelf, text }| {
            let term = &self.terms[text as usize];
            let names = term.names[shelf].iter();
            let closeness = names.filter_map(|name| typed.closeness(name)).min();
            let is_new = |found: &Vec<TermSuggestion>| {
                let same = |other: &&TermSuggestion| {
                    (other.facet, other.value) == (term.facet, term.value)
                };
                found.iter().find(same).is_none()
            };
            if let Some(closeness) = closeness.filter(|_| is_new(&found)) {
                found.push(TermSuggestion {
                    facet: term.facet,
                    value: term.value,
                    closeness,
                    foreign: shelves[shelf].foreign,
                    is_used: term.is_used,
                });
            }
            Ok::<_, Infallible>(match found.len() < most {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            })
        };
        let Ok(_) = complete(&shelves, typed, TERM_LOOKS, &mut take);
        found.sort_by_key(|term| (term.closeness, term.foreign, !term.is_used));
        found
    }
}
