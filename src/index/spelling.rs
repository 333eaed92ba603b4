//! What a misspelled word probably stands for, looked up among the words that the catalogue really has.

use std::collections::BTreeMap;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::IndexError;
use super::snapshot::Snapshot;

/// Shorter words are never corrected: too many others are one letter away.
const SHORTEST_CORRECTED: usize = 4;

/// From this length on two edits are tried where one finds nothing.
const SHORTEST_TWICE_CORRECTED: usize = 9;

impl Snapshot {
    /// What a word that the catalogue has in no form probably stands for: a word of the catalogue that is one edit away
    /// (a letter more, less, mistaken, or two swapped), or two from nine letters; among several the most frequent.
    /// Short words, digits and codes are never corrected.
    pub(super) fn correction(&self, word: &str) -> Result<Option<String>, IndexError> {
        let letters = word.chars().count();
        if letters < SHORTEST_CORRECTED || !word.chars().all(char::is_alphabetic) {
            return Ok(None);
        }
        let most = if letters >= SHORTEST_TWICE_CORRECTED {
            2
        } else {
            1
        };
        let term = Term::from_field_text(self.fields.exact, word);
        for edits in 1..=most {
            let query = FuzzyTermQuery::new(term.clone(), edits, true);
            let mut forms: BTreeMap<String, u64> = BTreeMap::new();
            for segment in &self.segments {
                let dictionary = segment.reader.inverted_index(self.fields.exact)?;
                let mut near = dictionary
                    .terms()
                    .search(query.automaton()?)
                    .into_stream()?;
                while let Some((form, info)) = near.next() {
                    if let Ok(form) = std::str::from_utf8(form) {
                        *forms.entry(form.to_owned()).or_default() += u64::from(info.doc_freq);
                    }
                }
            }
            // People seldom mistake a first letter: among near words, those that begin alike come first.
            let alike = |form: &str| form.chars().next() == word.chars().next();
            let best = forms
                .into_iter()
                .max_by_key(|(form, frequency)| (alike(form), *frequency));
            if let Some((form, _)) = best {
                return Ok(Some(form));
            }
        }
        Ok(None)
    }
}
