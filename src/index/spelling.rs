//! What a misspelled word probably stands for, looked up among the words of the catalogue, and among those we know that
//! find something there: in another form, as a synonym, or in the other language.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tantivy::Term;
use tantivy::query::{DfaWrapper, FuzzyTermQuery};

use super::IndexError;
use super::lookup::Sought;
use super::snapshot::Snapshot;
use crate::domain::text;
use crate::index_schema::IndexSchema;

/// Shorter words are never corrected: too many others are one letter away.
const SHORTEST_CORRECTED: usize = 4;

/// From this length on two edits are tried where one finds nothing.
const SHORTEST_TWICE_CORRECTED: usize = 9;

/// Shorter words stand beside others too often for what is written together, or apart, to be a slip.
const SHORTEST_PART: usize = 3;
const SHORTEST_JOINED: usize = 6;

impl Snapshot {
    /// What is meant by a word of a question that the catalogue has in no form, and by the word beside it where both are one
    /// ("geo gebra" is "geogebra" and nothing): each word with what stands in its place.
    pub(super) fn corrected(
        &self,
        words: &[String],
        place: usize,
        schema: &IndexSchema,
    ) -> Result<Vec<(String, String)>, IndexError> {
        for first in [place.checked_sub(1), Some(place)].into_iter().flatten() {
            if let Some([one, other]) = words.get(first..first + 2)
                && let joined = format!("{one}{other}")
                && joined.chars().count() >= SHORTEST_JOINED
                && is_plain(&joined)
                && self.documents_with(std::slice::from_ref(&joined))? > 0
            {
                return Ok(vec![(one.clone(), joined), (other.clone(), String::new())]);
            }
        }
        let word = &words[place];
        let correction = self.correction(word, schema)?;
        Ok(correction
            .into_iter()
            .map(|correction| (word.clone(), correction))
            .collect())
    }

    /// The two words that stand next to one another in some resource and are written as one here ("bookcreator"): those that
    /// most resources have.
    fn apart(&self, word: &str) -> Result<Option<String>, IndexError> {
        let mut best: Option<(u64, String)> = None;
        let cuts = word.char_indices().map(|(at, _)| word.split_at(at));
        let is_long = |part: &str| part.chars().count() >= SHORTEST_PART;
        for (one, other) in cuts.filter(|(one, other)| is_long(one) && is_long(other)) {
            let words = [one.to_owned(), other.to_owned()];
            let found = self.documents_with(&words)?;
            if found > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((found, words.join(" ")));
            }
        }
        Ok(best.map(|(_, words)| words))
    }

    /// How many documents have words next to one another in their exact form.
    fn documents_with(&self, words: &[String]) -> Result<u64, IndexError> {
        let mut found = 0;
        for segment in &self.segments {
            let dictionary = segment.columns.exact.terms();
            let mut least = u64::MAX;
            for word in words {
                let info = dictionary.get(word)?;
                least = least.min(info.map_or(0, |info| u64::from(info.doc_freq)));
            }
            found += match words {
                _ if least == 0 => 0,
                [_] => least,
                _ => u64::from(self.phrase(words)?.count(&segment.reader)?),
            };
        }
        Ok(found)
    }

    /// What a word that the catalogue has in no form probably stands for: a word that finds something and is one edit away
    /// (a letter more, less, mistaken, or two swapped), or two from nine letters; among several the most frequent.
    /// Short words, digits, codes and words that we know are never corrected.
    pub(super) fn correction(
        &self,
        word: &str,
        schema: &IndexSchema,
    ) -> Result<Option<String>, IndexError> {
        let letters = word.chars().count();
        if letters < SHORTEST_CORRECTED || !is_plain(word) || schema.known_words.contains(word) {
            return Ok(None);
        }
        let most = if letters >= SHORTEST_TWICE_CORRECTED {
            2
        } else {
            1
        };
        let term = Term::from_field_text(self.fields.exact, word);
        for edits in 1..=most {
            let automaton = FuzzyTermQuery::new(term.clone(), edits, true).automaton()?;
            // People seldom mistake a first letter: among near words, those that begin alike come first, and they are found in
            // a quarter of the time.
            for begin in [first_letter(word), ""] {
                let nearest = self.nearest(&automaton, begin, schema)?;
                if nearest.is_some() {
                    return Ok(nearest);
                }
            }
            if edits == 1
                && let Some(words) = self.apart(word)?
            {
                return Ok(Some(words));
            }
        }
        Ok(None)
    }

    /// Of the words that begin so and that an automaton accepts, the one that finds most.
    fn nearest(
        &self,
        automaton: &DfaWrapper,
        begin: &str,
        schema: &IndexSchema,
    ) -> Result<Option<String>, IndexError> {
        let mut forms: BTreeMap<String, u64> = BTreeMap::new();
        for segment in &self.segments {
            let near = segment.columns.exact.terms().search(automaton);
            let mut near = near.ge(begin).lt(text::after_all(begin)).into_stream()?;
            while let Some((form, info)) = near.next() {
                if let Ok(form) = std::str::from_utf8(form) {
                    *forms.entry(form.to_owned()).or_default() += u64::from(info.doc_freq);
                }
            }
        }
        for known in schema.known_words.matching(automaton, begin) {
            if let Entry::Vacant(form) = forms.entry(known) {
                let frequency = self.documents_about(form.key(), schema)?;
                form.insert(frequency);
            }
        }
        forms.retain(|_, frequency| *frequency > 0);
        let most = forms.into_iter().max_by_key(|(_, frequency)| *frequency);
        Ok(most.map(|(form, _)| form))
    }

    /// How many documents have a word in any form, or else a word that it stands for.
    fn documents_about(&self, word: &str, schema: &IndexSchema) -> Result<u64, IndexError> {
        let mut most = self.find_word(word, Sought::Whole)?.variant.in_documents;
        for other in schema.expansions.of(&[word.to_owned()], &schema.stop_words) {
            let found = self.find_word(&other.word, Sought::In(other.language))?;
            most = most.max(found.variant.in_documents);
        }
        Ok(most)
    }
}

fn first_letter(word: &str) -> &str {
    let end = word
        .char_indices()
        .nth(1)
        .map_or(word.len(), |(end, _)| end);
    &word[..end]
}

/// Whether a word is one of language: codes and numbers are meant as they are.
fn is_plain(word: &str) -> bool {
    word.chars().all(char::is_alphabetic)
}
