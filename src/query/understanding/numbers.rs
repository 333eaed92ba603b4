//! Ranks and numbers as people write them: "4e", "4 ème", "quatrième", "4th", "IV", "four", and lists of them.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::part::{Part, keys};

/// The `[numbers]` of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumbersSection {
    endings: Vec<String>,
    ranks: Vec<Vec<String>>,
    names: Vec<Vec<String>>,
    and: Vec<String>,
    through: Vec<String>,
}

/// Lists are cut here, so that reading one from every word of a text takes no more than linear time.
const LONGEST_LIST: usize = 12;

/// How numbers are written.
#[derive(Debug, Default)]
pub struct Numbers {
    endings: HashSet<String>,
    ranks: HashMap<String, u8>,
    names: HashMap<String, u8>,
    and: HashSet<String>,
    through: HashSet<String>,
}

/// What a form counts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// "4e", "fourth".
    Rank,
    /// "4", "IV", "four".
    Number,
}

/// How the items of a list hang together.
enum Link {
    And,
    Through,
}

impl Numbers {
    pub fn new(section: &NumbersSection) -> Self {
        let set = |words: &[String]| words.iter().flat_map(|word| keys(word)).collect();
        let numbered = |lists: &[Vec<String>]| {
            let numbered = lists.iter().zip(1..).flat_map(|(words, number)| {
                let words = words.iter().flat_map(|word| keys(word));
                words.map(move |word| (word, number))
            });
            numbered.collect()
        };
        Numbers {
            endings: set(&section.endings),
            ranks: numbered(&section.ranks),
            names: numbered(&section.names),
            and: set(&section.and),
            through: set(&section.through),
        }
    }

    /// The numbers of the longest list that starts at a word, and the word after it.
    pub fn list(
        &self,
        part: &Part,
        at: usize,
        counter: Counter,
        determiners: &HashSet<String>,
    ) -> Option<(Vec<u8>, usize)> {
        let (first, mut end) = self.item(part, at, counter)?;
        let mut numbers = vec![first];
        while numbers.len() < LONGEST_LIST
            && let Some((link, mut next)) = self.link(part, end)
        {
            let linked = next;
            while next < part.len() && next < linked + 2 && determiners.contains(part.key(next)) {
                next += 1;
            }
            let Some((number, after)) = self.item(part, next, counter) else {
                break;
            };
            let last = numbers.last().copied().unwrap_or(number);
            match link {
                Link::Through if last < number => numbers.extend(last + 1..=number),
                _ => numbers.push(number),
            }
            end = after;
        }
        // "3 et 4e": the last says that all are ranks.
        let is_ranked = counter == Counter::Number || self.is_rank(part, end - 1);
        is_ranked.then_some((numbers, end))
    }

    /// Whether a word is one that joins ("et", "or").
    pub fn is_and(&self, word: &str) -> bool {
        self.and.contains(word)
    }

    /// Whether a word goes from one thing to another ("à", "to").
    pub fn is_through(&self, word: &str) -> bool {
        self.through.contains(word)
    }

    /// The place after what goes from the word before `at` to another one, a word or a dash.
    pub fn after_through(&self, part: &Part, at: usize) -> Option<usize> {
        let (link, next) = self.link(part, at)?;
        matches!(link, Link::Through).then_some(next)
    }

    /// What links the word before `at` to what follows: a word, or a sign between the words.
    fn link(&self, part: &Part, at: usize) -> Option<(Link, usize)> {
        let word = part.get(at)?;
        if self.and.contains(word) {
            return Some((Link::And, at + 1));
        }
        if self.through.contains(word) {
            return Some((Link::Through, at + 1));
        }
        let between = part.between(at);
        if between.contains([',', '/', '&', '+']) {
            Some((Link::And, at))
        } else if between.contains(['-', '–', '—', '‑']) {
            Some((Link::Through, at))
        } else {
            None
        }
    }

    /// A number of a list; among ranks a bare number may stand for one.
    fn item(&self, part: &Part, at: usize, counter: Counter) -> Option<(u8, usize)> {
        let item = self.one(part, at, counter);
        item.or_else(|| Some((small(part.get(at)?)?, at + 1)))
    }

    /// Whether a word ends a rank.
    fn is_rank(&self, part: &Part, at: usize) -> bool {
        self.one(part, at, Counter::Rank).is_some() || self.endings.contains(part.key(at))
    }

    fn one(&self, part: &Part, at: usize, counter: Counter) -> Option<(u8, usize)> {
        let word = part.get(at)?;
        let digits = word
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(word.len());
        let (digits, ending) = word.split_at(digits);
        match counter {
            Counter::Number if ending.is_empty() && !digits.is_empty() => {
                Some((small(digits)?, at + 1))
            }
            Counter::Number => Some((*self.names.get(word)?, at + 1)),
            Counter::Rank if digits.is_empty() => Some((*self.ranks.get(word)?, at + 1)),
            Counter::Rank if self.endings.contains(ending) => Some((small(digits)?, at + 1)),
            // "4 ème": the ending is a word of its own.
            Counter::Rank if ending.is_empty() && self.endings.contains(part.get(at + 1)?) => {
                Some((small(digits)?, at + 2))
            }
            Counter::Rank => None,
        }
    }
}

/// No list of levels goes further.
fn small(digits: &str) -> Option<u8> {
    digits
        .parse()
        .ok()
        .filter(|number| (1..=20).contains(number))
}
