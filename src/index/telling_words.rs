//! The words that tell a text apart from the others of the catalogue.

use std::collections::BTreeMap;

use tantivy::Term;

use super::IndexError;
use super::snapshot::Snapshot;
use crate::domain::text;
use crate::query::stop_words::StopWords;

/// Words of one text that are read; what follows in a long one repeats it.
const MOST_READ: usize = 400;

/// Shorter words tell too little.
const SHORTEST_CHARS: usize = 3;

impl Snapshot {
    /// The words by which other resources like this one are found, the most telling first, folded, one of each stem.
    ///
    /// Each text comes with the weight of one occurrence (1 or more). A word is the more telling the rarer it is among all
    /// resources; one that no second resource has tells nothing.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn telling_words<'t>(
        &self,
        texts: impl Iterator<Item = (&'t str, f32)>,
        stop_words: &StopWords,
        most: usize,
    ) -> Result<Vec<String>, IndexError> {
        let mut occurrences: BTreeMap<String, f32> = BTreeMap::new();
        for (text, weight) in texts {
            for word in text::words(text).take(MOST_READ) {
                *occurrences.entry(word.text).or_default() += weight;
            }
        }
        let mut telling: Vec<(f32, String)> = Vec::with_capacity(occurrences.len());
        for (word, weight) in occurrences {
            if stop_words.contains(&word)
                || word.chars().count() < SHORTEST_CHARS
                || word.chars().all(|c| c.is_ascii_digit())
            {
                continue;
            }
            let term = Term::from_field_text(self.fields.exact, &word);
            let resources = self.searcher().doc_freq(&term)?;
            if resources > 1 {
                let rarity = (self.resources().max(resources) as f32 / resources as f32).ln();
                telling.push(((1.0 + weight.ln()) * rarity, word));
            }
        }
        telling.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        let stems = |word: &str| self.fields.stems.each_ref().map(|stems| stems.stem(word));
        let mut chosen: Vec<(String, [String; 2])> = Vec::with_capacity(most);
        for (_, word) in telling {
            if chosen.len() == most {
                break;
            }
            let own = stems(&word);
            let is_same = |other: &[String; 2]| other.iter().zip(&own).any(|(one, own)| one == own);
            if !chosen.iter().any(|(_, other)| is_same(other)) {
                chosen.push((word, own));
            }
        }
        Ok(chosen.into_iter().map(|(word, _)| word).collect())
    }
}
