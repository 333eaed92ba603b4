//! What a misspelled word probably stands for, looked up among the words of the catalogue, and among those we know that
//! find something there: in another form, as a synonym, or in the other language.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tantivy::Term;
use tantivy::query::FuzzyTermQuery;

use super::IndexError;
use super::snapshot::Snapshot;
use crate::domain::language::Language;
use crate::index_schema::IndexSchema;

/// Shorter words are never corrected: too many others are one letter away.
const SHORTEST_CORRECTED: usize = 4;

/// From this length on two edits are tried where one finds nothing.
const SHORTEST_TWICE_CORRECTED: usize = 9;

impl Snapshot {
    /// What a word that the catalogue has in no form probably stands for: a word that finds something and is one edit away
    /// (a letter more, less, mistaken, or two swapped), or two from nine letters; among several the most frequent.
    /// Short words, digits, codes and words that we know are never corrected.
    pub(super) fn correction(
        &self,
        word: &str,
        schema: &IndexSchema,
    ) -> Result<Option<String>, IndexError> {
        let letters = word.chars().count();
        if letters < SHORTEST_CORRECTED
            || !word.chars().all(char::is_alphabetic)
            || schema.known_words.contains(word)
        {
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
            for known in schema.known_words.matching(query.automaton()?) {
                if let Entry::Vacant(form) = forms.entry(known) {
                    let frequency = self.documents_about(form.key(), schema)?;
                    form.insert(frequency);
                }
            }
            forms.retain(|_, frequency| *frequency > 0);
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

    /// How many documents have a word in any form, or else a word that it stands for.
    fn documents_about(&self, word: &str, schema: &IndexSchema) -> Result<u64, IndexError> {
        let mut most = self.find_word(word, &Language::ALL)?.in_documents;
        for other in schema.expansions.of(&[word.to_owned()], &schema.stop_words) {
            let found = self.find_word(&other.word, &[other.language])?;
            most = most.max(found.in_documents);
        }
        Ok(most)
    }
}
