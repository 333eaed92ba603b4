//! The words that the data of `index-schema/` is written in: what a misspelled word may stand for although no resource has
//! it in that form.

use tantivy_fst::{Automaton, IntoStreamer, Map, Streamer};

use super::expansions::singular;
use crate::domain::text;

/// The words of some expressions, folded, each once.
pub struct KnownWords(Map<Vec<u8>>);

impl KnownWords {
    pub fn new<'e>(expressions: impl Iterator<Item = &'e str>) -> Self {
        let words =
            expressions.flat_map(|expression| text::words(expression).map(|word| word.text));
        let mut words: Vec<String> = words.collect();
        words.sort_unstable();
        words.dedup();
        let map = Map::from_iter(words.iter().map(|word| (word, 0)));
        KnownWords(map.expect("sorted words, each once"))
    }

    /// Whether a word is one of them, or the plural of one.
    pub fn contains(&self, word: &str) -> bool {
        let is_known = |word: &str| self.0.contains_key(word);
        is_known(word) || singular(word).is_some_and(|singular| is_known(&singular))
    }

    /// The words that begin so and that an automaton accepts.
    pub fn matching(&self, automaton: impl Automaton, begin: &str) -> Vec<String> {
        let mut words = Vec::new();
        let found = self.0.search(automaton);
        let mut found = found.ge(begin).lt(text::after_all(begin)).into_stream();
        while let Some((word, _)) = found.next() {
            words.extend(str::from_utf8(word).map(str::to_owned));
        }
        words
    }
}
