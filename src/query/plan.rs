//! How a question will be looked up, still free of any engine.

use super::expansions::{Expansion, Expansions, Kind};
use super::facet::Facet;
use super::filter::Filters;
use super::page::{Page, Sort};
use super::parse;
use super::search_query::Query;
use super::stop_words::StopWords;
use crate::domain::language::Language;
use crate::domain::text;

/// Words, filters and counts: all that a lookup needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// A match has at least one of these words, when there are any.
    pub words: Vec<String>,
    /// How often each of these words was typed.
    pub times: Vec<u32>,
    /// The one of these words that a person may still be typing: it also stands for the words it begins.
    pub unfinished: Option<String>,
    /// Words that count for one of these, at a lower weight.
    pub expansions: Vec<Expansion>,
    /// A match has every one of these phrases.
    pub phrases: Vec<Vec<String>>,
    /// A match has none of these.
    pub exclusions: Vec<Vec<String>>,
    pub filters: Filters,
    pub facets: Vec<Facet>,
    pub language: Language,
    pub sort: Sort,
    pub page: Page,
}

impl Plan {
    /// Stop words are dropped, unless there is nothing else: then they count as words.
    pub fn new(query: &Query, stop_words: &StopWords, glossary: &Expansions) -> Plan {
        let parsed = parse::parse(&query.text);
        let mut expansions = glossary.of(&parsed.words, stop_words);
        for (of, word) in text::compounds(&query.text) {
            expansions.extend(Language::ALL.map(|language| Expansion {
                of: of.clone(),
                word: word.clone(),
                parts: 1,
                kind: Kind::Synonym,
                language,
            }));
        }
        let (stops, mut words): (Vec<_>, Vec<_>) = parsed
            .words
            .into_iter()
            .partition(|word| stop_words.contains(word));
        if words.is_empty() {
            words = stops;
        }
        let times = words.iter().map(|word| {
            let typed = text::words(&query.text).filter(|typed| typed.text == *word);
            typed.count().max(1) as u32
        });
        Plan {
            times: times.collect(),
            expansions,
            words,
            unfinished: parsed.unfinished,
            phrases: parsed.phrases,
            exclusions: parsed.exclusions,
            filters: query.filters.clone(),
            facets: query.facets.clone(),
            language: query.language,
            sort: query.sort,
            page: query.page,
        }
    }

    /// Whether every resource that passes the filters is a match.
    pub fn is_textless(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty() && self.exclusions.is_empty()
    }
}

/// A typed text with its misspelled words replaced, the rest as it was typed; nothing when there was nothing to correct.
///
/// ```
/// use classo::query::plan::corrected_text;
/// let corrections = [("frcations".to_owned(), "fractions".to_owned())];
/// assert_eq!(corrected_text("Jeu de Frcations !", &corrections).as_deref(), Some("Jeu de fractions !"));
/// assert_eq!(corrected_text("Jeu", &[]), None);
/// // Two words that are one: the second goes.
/// let joined = [("geo".to_owned(), "geogebra".to_owned()), ("gebra".to_owned(), String::new())];
/// assert_eq!(corrected_text("le geo gebra!", &joined).as_deref(), Some("le geogebra!"));
/// ```
pub fn corrected_text(typed: &str, corrections: &[(String, String)]) -> Option<String> {
    let mut corrected = String::new();
    let mut at = 0;
    for word in text::words(typed) {
        if let Some((_, correction)) = corrections.iter().find(|(wrong, _)| *wrong == word.text) {
            if !correction.is_empty() {
                corrected.push_str(&typed[at..word.from]);
                corrected.push_str(correction);
            }
            at = word.to;
        }
    }
    corrected.push_str(&typed[at..]);
    (at > 0).then_some(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn words(text: &str) -> Vec<String> {
        let query = Query {
            text: text.into(),
            ..Query::default()
        };
        {
            let schema = IndexSchema::embedded();
            Plan::new(&query, &schema.stop_words, &schema.expansions).words
        }
    }

    #[test]
    fn stop_words_of_both_languages_are_dropped_unless_there_is_nothing_else() {
        assert_eq!(
            words("un jeu de fractions pour les élèves"),
            ["jeu", "fractions", "eleves"]
        );
        assert_eq!(words("a game of the fractions"), ["game", "fractions"]);
        assert_eq!(words("de la"), ["de", "la"]);
        assert_eq!(words("histoire d'or"), ["histoire", "or"]);
    }
}
