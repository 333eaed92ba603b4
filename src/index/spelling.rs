//! What a misspelled word probably stands for, looked up among the words that the catalogue really has.

use std::collections::BTreeMap;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::IndexError;
use super::analysis::Stems;
use super::snapshot::Snapshot;
use crate::domain::language::Language;

/// Shorter words are never corrected: too many others are one letter away.
const SHORTEST_CORRECTED: usize = 4;

/// From this length on two edits are tried where one finds nothing.
const SHORTEST_TWICE_CORRECTED: usize = 9;

impl Snapshot {
    /// The words that the catalogue has in no form, each with what it probably stands for.
    ///
    /// A word is corrected by one edit (a letter more, less, mistaken, or two swapped), by two from nine letters; among
    /// several the most frequent wins. Digits and codes are never corrected.
    pub fn corrections(&self, words: &[String]) -> Result<Vec<(String, String)>, IndexError> {
        let mut corrections = Vec::new();
        for word in words {
            let long = word.chars().count() >= SHORTEST_CORRECTED;
            if long && word.chars().all(char::is_alphabetic) && !self.has_word(word)? {
                corrections.extend(
                    self.correction(word)?
                        .map(|correction| (word.clone(), correction)),
                );
            }
        }
        Ok(corrections)
    }

    fn correction(&self, word: &str) -> Result<Option<String>, IndexError> {
        let most = if word.chars().count() >= SHORTEST_TWICE_CORRECTED {
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

    /// Whether any text has a form of the word.
    fn has_word(&self, word: &str) -> Result<bool, IndexError> {
        let stems = Language::ALL.map(|language| Stems::new(language).stem(word));
        let by_group = self
            .fields
            .texts
            .iter()
            .flat_map(|group| group.iter().zip(&stems));
        for (field, stem) in by_group {
            if self
                .searcher()
                .doc_freq(&Term::from_field_text(*field, stem))?
                > 0
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
