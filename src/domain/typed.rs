//! What a person is typing, and how it meets a label or a title.
//!
//! Typing is not finished: every word but the last is whole, the last may be the start of one. Words are folded as
//! everywhere (see [`text`]), so accents and capitals play no part.

use super::text;

/// The words typed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    key: String,
    words: Vec<String>,
}

/// How closely a text answers what is typed, the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The typed words are the whole text.
    Whole,
    /// The text begins with them.
    Start,
    /// They stand in the text, in any order.
    Inside,
}

impl Typed {
    pub fn new(typed: &str) -> Self {
        let words: Vec<String> = text::words(typed).map(|word| word.text).collect();
        Typed {
            key: words.join(" "),
            words,
        }
    }

    /// Whether no word is typed yet: then nothing is meant.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words in the form of [`text::key`].
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The words in order; the last may be the start of one.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// How closely a text answers, given in the form of [`text::key`]; nothing when a typed word is not in it.
    ///
    /// ```
    /// use classo::domain::text::key;
    /// use classo::domain::typed::{Closeness, Typed};
    /// let title = key("Jeu de fractions");
    /// let meets = |typed: &str| Typed::new(typed).closeness(&title);
    /// assert_eq!(meets("jeu de FRACTIONS"), Some(Closeness::Whole));
    /// assert_eq!(meets("jeu d"), Some(Closeness::Start));
    /// assert_eq!(meets("fractions jeu"), Some(Closeness::Inside));
    /// assert_eq!(meets("fra jeu"), None);
    /// ```
    pub fn closeness(&self, key: &str) -> Option<Closeness> {
        let (last, whole) = self.words.split_last()?;
        if let Some(rest) = key.strip_prefix(self.key.as_str()) {
            return Some(match rest {
                "" => Closeness::Whole,
                _ => Closeness::Start,
            });
        }
        let words = || key.split(' ');
        let has_last = words().any(|word| word.starts_with(last.as_str()));
        let has_whole = whole.iter().all(|typed| words().any(|word| word == typed));
        (has_last && has_whole).then_some(Closeness::Inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_meets_nothing_and_elision_is_no_part_of_a_word() {
        assert!(Typed::new(" ?! ").is_empty());
        assert_eq!(Typed::new("").closeness("carte"), None);
        assert_eq!(Typed::new("carte").closeness(""), None);
        let title = text::key("L’harmonie du monde");
        for typed in ["l'har", "harm", "HARMONIE du m"] {
            assert_eq!(
                Typed::new(typed).closeness(&title),
                Some(Closeness::Start),
                "{typed}"
            );
        }
    }
}
