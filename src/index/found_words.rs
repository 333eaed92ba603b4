//! What the dictionaries of a snapshot say of words, kept for the next question that has them. A word and what stands for it
//! are looked up in seven dictionaries of each segment, and questions repeat words.
//!
//! Only words that some resource has are kept. What was typed and no resource says, a slip or a name, is forgotten with its
//! question.

use std::sync::Arc;

use moka::sync::Cache;

use super::lookup::{FoundWord, Variant};
use crate::domain::language::Language;

/// The words of one snapshot: as it does not move, neither do they.
pub struct FoundWords {
    /// In one language, or in all.
    words: Cache<(String, Option<Language>), Arc<FoundWord>>,
    /// What begins like an unfinished word.
    beginnings: Cache<String, Variant>,
}

/// How much memory each of the two may take, in bytes: thousands of words, and hundreds of beginnings.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

impl FoundWords {
    pub fn new() -> Self {
        FoundWords {
            words: Cache::builder()
                .max_capacity(MOST_BYTES)
                .weigher(|_, found: &Arc<FoundWord>| found.variant.bytes())
                .build(),
            beginnings: Cache::builder()
                .max_capacity(MOST_BYTES)
                .weigher(|_, begun: &Variant| begun.bytes())
                .build(),
        }
    }

    /// What is kept of a word, else what `find` finds.
    pub fn word<E>(
        &self,
        word: &str,
        language: Option<Language>,
        find: impl FnOnce() -> Result<FoundWord, E>,
    ) -> Result<Arc<FoundWord>, E> {
        let key = (word.to_owned(), language);
        if let Some(kept) = self.words.get(&key) {
            return Ok(kept);
        }
        let found = Arc::new(find()?);
        if found.variant.in_documents > 0 {
            self.words.insert(key, Arc::clone(&found));
        }
        Ok(found)
    }

    /// What is kept of the words that begin so, else what `find` finds.
    pub fn beginning<E>(
        &self,
        begin: &str,
        find: impl FnOnce() -> Result<Variant, E>,
    ) -> Result<Variant, E> {
        if let Some(kept) = self.beginnings.get(begin) {
            return Ok(kept);
        }
        let found = find()?;
        if found.in_documents > 0 {
            self.beginnings.insert(begin.to_owned(), found.clone());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_resources_are_kept_and_nothing_else_that_is_typed() {
        let words = FoundWords::new();
        for (word, in_documents, looks) in [("fraction", 3, 1), ("frcation", 0, 2)] {
            let mut looked = 0;
            for _ in 0..2 {
                let found = words.word(word, None, || {
                    looked += 1;
                    Ok::<_, ()>(FoundWord::in_documents(in_documents))
                });
                assert_eq!(found.unwrap().variant.in_documents, in_documents);
            }
            assert_eq!(looked, looks, "{word}");
            assert_eq!(
                words.words.contains_key(&(word.to_owned(), None)),
                looks == 1
            );
        }
    }
}
