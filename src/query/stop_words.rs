//! Words that carry no meaning of their own.

use std::collections::HashSet;

/// The stop words of both languages together; data of `index-schema/stopwords/`.
///
/// Words that mean something in the other language (French "or", "but", "pour"; English "on", "son") are left out of
/// the lists rather than told apart: a wrong stop word hides results, a missing one only costs a little noise.
#[derive(Debug, Clone, Default)]
pub struct StopWords(HashSet<String>);

impl StopWords {
    /// Reads lists of one word a line; `#` starts a comment.
    pub fn new(french: &str, english: &str) -> Self {
        let lines = french.lines().chain(english.lines());
        let words = lines.map(|line| line.split('#').next().unwrap_or_default().trim());
        StopWords(
            words
                .filter(|word| !word.is_empty())
                .map(crate::domain::text::key)
                .collect(),
        )
    }

    /// All of them, folded, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub fn contains(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}
