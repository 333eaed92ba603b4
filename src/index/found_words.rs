//! What the dictionaries of a snapshot say of words, kept for the next question that has them. A word and what stands for it
//! are looked up in seven dictionaries of each segment, and questions repeat words.
//!
//! Only words that some resource has are kept. What was typed and no resource says, a slip or a name, is forgotten with its
//! question.

use std::sync::Arc;

use moka::sync::Cache;

use super::lookup::{FoundWord, Sought};

/// The words of one snapshot: as it does not move, neither do they.
pub struct FoundWords(Cache<(String, Sought), Arc<FoundWord>>);

/// How much memory they may take, in bytes: thousands of words.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

impl FoundWords {
    pub fn new() -> Self {
        let cache = Cache::builder().max_capacity(MOST_BYTES);
        let weighed = cache.weigher(|_, found: &Arc<FoundWord>| found.variant.bytes());
        FoundWords(weighed.build())
    }

    /// What is kept of a word, else what `find` finds.
    pub fn get_or<E>(
        &self,
        word: &str,
        sought: Sought,
        find: impl FnOnce() -> Result<FoundWord, E>,
    ) -> Result<Arc<FoundWord>, E> {
        let key = (word.to_owned(), sought);
        if let Some(kept) = self.0.get(&key) {
            return Ok(kept);
        }
        let found = Arc::new(find()?);
        if found.variant.in_documents > 0 {
            self.0.insert(key, Arc::clone(&found));
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
                let found = words.get_or(word, Sought::Whole, || {
                    looked += 1;
                    Ok::<_, ()>(FoundWord::in_documents(in_documents))
                });
                assert_eq!(found.unwrap().variant.in_documents, in_documents);
            }
            assert_eq!(looked, looks, "{word}");
            let is_kept = words.0.contains_key(&(word.to_owned(), Sought::Whole));
            assert_eq!(is_kept, looks == 1, "{word}");
        }
    }
}
