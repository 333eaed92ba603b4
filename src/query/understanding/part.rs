//! A run of plain words of a question, between its quotations and exclusions.

use std::ops::Range;

use crate::domain::text::{self, Word};
use crate::query::stop_words::StopWords;

/// The words of a part, with what is asked of them over and over.
pub struct Part<'a> {
    typed: &'a str,
    words: Vec<Word>,
    keys: Vec<String>,
    stops: Vec<bool>,
    has_small_letters: bool,
}

impl<'a> Part<'a> {
    pub fn new(typed: &'a str, range: &Range<usize>, stop_words: &StopWords) -> Self {
        let place = |word: Word| Word {
            from: word.from + range.start,
            to: word.to + range.start,
            ..word
        };
        let words: Vec<Word> = text::words(&typed[range.clone()]).map(place).collect();
        Part {
            typed,
            has_small_letters: typed.contains(char::is_lowercase),
            keys: words.iter().map(|word| key(&word.text)).collect(),
            stops: words
                .iter()
                .map(|word| stop_words.contains(&word.text))
                .collect(),
            words,
        }
    }

    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The word at a place, without its plural ending.
    pub fn key(&self, at: usize) -> &str {
        &self.keys[at]
    }

    pub fn get(&self, at: usize) -> Option<&str> {
        self.keys.get(at).map(String::as_str)
    }

    pub fn is_stop(&self, at: usize) -> bool {
        self.stops[at]
    }

    /// The signs between a word and the one before it.
    pub fn between(&self, at: usize) -> &str {
        match at.checked_sub(1) {
            Some(before) => &self.typed[self.words[before].to..self.words[at].from],
            None => "",
        }
    }

    /// The words as they were typed.
    pub fn typed(&self, words: &Range<usize>) -> &str {
        &self.typed[self.words[words.start].from..self.words[words.end - 1].to]
    }

    /// The bytes of the text that the words take, what is elided before the first included ("l'iPad").
    pub fn bytes(&self, words: &Range<usize>) -> Range<usize> {
        let from = self.words[words.start].from;
        let floor = words.start.checked_sub(1).map_or(0, |at| self.words[at].to);
        let elided = self.typed[floor..from]
            .rfind(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | 'ʼ' | '‘'));
        let before = &self.typed[floor..from];
        let start = elided.map_or(floor, |at| {
            let sign = before[at..].chars().next().map_or(0, char::len_utf8);
            floor + at + sign
        });
        start..self.words[words.end - 1].to
    }

    /// Whether the words are typed in capitals in a text that is not all capitals.
    pub fn is_in_capitals(&self, words: &Range<usize>) -> bool {
        let own = self.typed(words);
        !own.contains(char::is_lowercase)
            && (own.len() == self.typed.trim().len() || self.has_small_letters)
    }
}

/// A folded word without the plural endings of both languages: good enough to recognise an expression, which is matched whole.
pub fn key(folded: &str) -> String {
    match folded.strip_suffix(['s', 'x']) {
        Some(stem) if stem.len() >= 3 => stem.to_owned(),
        _ => folded.to_owned(),
    }
}

/// The keys of an expression's words.
pub fn keys(expression: &str) -> Vec<String> {
    text::words(expression)
        .map(|word| key(&word.text))
        .collect()
}
