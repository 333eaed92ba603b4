//! What stands around an expression and tells a constraint from content.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Match;
use super::forms::{self, File, Form, Forms, Place};
use super::numbers::Numbers;
use super::part::{Part, keys};
use crate::domain::language::Language;
use crate::query::facet::Facet;

/// Words that introduce, qualify, negate or only accompany a filter.
#[derive(Debug)]
pub struct Context {
    pub numbers: Numbers,
    pub determiners: HashSet<String>,
    negations: HashSet<String>,
    /// Expressions that only lead up to a filter.
    lead: Phrases,
    /// Words that only end one.
    trail: HashSet<String>,
    introducing: Vec<Introducing>,
    /// Single words that introduce a filter of any facet.
    introducers: HashSet<String>,
    /// What an attribute of a facet stands beside.
    beside: HashMap<Facet, HashSet<String>>,
    /// The words that filters start with.
    starts: HashSet<String>,
}

#[derive(Debug)]
struct Introducing {
    facets: Vec<Facet>,
    language: Option<Language>,
    phrases: Phrases,
    determiners: bool,
    closing: bool,
}

/// After these, an expression completes what stands before.
const COMPLEMENT: [&str; 4] = ["de", "du", "des", "of"];

impl Context {
    pub fn new(file: &File, forms: &Forms) -> Result<Self, String> {
        let set = |words: &[String]| words.iter().flat_map(|word| keys(word)).collect();
        let mut introducing: Vec<Introducing> = Vec::new();
        for section in &file.introducing {
            let facets = section.facets.iter().map(|name| forms::filter(name));
            introducing.push(Introducing {
                facets: facets.collect::<Result<_, _>>()?,
                language: section.language,
                phrases: Phrases::new(&section.words),
                determiners: section.determiners,
                closing: section.closing,
            });
        }
        let mut beside = HashMap::new();
        for (name, nouns) in &file.beside {
            beside.insert(forms::filter(name)?, set(nouns));
        }
        let texts = file.introducing.iter().flat_map(|section| &section.words);
        let single = texts
            .map(|text| keys(text))
            .filter(|phrase| phrase.len() == 1);
        Ok(Context {
            introducers: single.flatten().collect(),
            numbers: Numbers::new(&file.numbers),
            determiners: set(&file.words.determiners),
            negations: set(&file.words.negations),
            lead: Phrases::new(&file.words.lead),
            trail: set(&file.words.trail),
            introducing,
            beside,
            starts: forms.filter_starts(),
        })
    }

    /// Where a filter that is meant as one starts, with the words that introduce it; nothing when it is content.
    pub fn constraint(
        &self,
        facet: Facet,
        form: &Form,
        part: &Part,
        words: &Range<usize>,
        last: Option<(Facet, usize)>,
    ) -> Option<usize> {
        let introduced = self
            .introduction(facet, form, part, words)
            .or_else(|| self.joined(facet, part, words, last));
        let holds = |place: &Place| match place {
            Place::Anywhere => true,
            Place::Introduced => introduced.is_some(),
            Place::Beside => self.is_beside_noun(facet, part, words),
            Place::Start => words.start == 0,
            Place::Edge => words.start == 0 || self.ends(part, words.end),
            Place::Standing => {
                let is_complement = |word| COMPLEMENT.contains(&word);
                let before = words.start.checked_sub(1).map(|before| part.key(before));
                let governor = self.governor(part, words.start).map(|at| part.key(at));
                !before.into_iter().chain(governor).any(is_complement)
            }
            Place::End => {
                let follows = words.start.checked_sub(1);
                let is_alone = words.len() == part.len();
                self.ends(part, words.end)
                    && (is_alone || follows.is_some_and(|before| !part.is_stop(before)))
            }
        };
        let from = introduced.unwrap_or(words.start);
        let is_negated = self.negation(part, from).is_some();
        (form.when.iter().any(holds) && !is_negated).then_some(from)
    }

    /// The word that makes what starts at a word mean the contrary.
    fn negation(&self, part: &Part, from: usize) -> Option<usize> {
        let governor = self.governor(part, from)?;
        self.negations
            .contains(part.key(governor))
            .then_some(governor)
    }

    /// Whether a signal is what is not wanted ("jeux sauf les mathématiques"). A negation that is also a word with a meaning
    /// says nothing of it: « pas de danse » are steps.
    pub fn is_unwanted(&self, part: &Part, from: usize) -> bool {
        self.negation(part, from)
            .is_some_and(|negation| part.is_stop(negation))
    }

    /// Where what introduces the words starts.
    fn introduction(
        &self,
        facet: Facet,
        form: &Form,
        part: &Part,
        words: &Range<usize>,
    ) -> Option<usize> {
        let speaks = |language: Option<Language>| {
            language.is_none() || form.language.is_none() || language == form.language
        };
        let entries = self
            .introducing
            .iter()
            .filter(|entry| entry.facets.contains(&facet) && speaks(entry.language));
        for entry in entries {
            if entry.closing && !self.closes(part, words.end) {
                continue;
            }
            let mut before = words.start;
            for _ in 0..3 {
                if let Some(from) = entry.phrases.before(part, before) {
                    return Some(from);
                }
                if !entry.determiners
                    || before == 0
                    || !self.determiners.contains(part.key(before - 1))
                {
                    break;
                }
                before -= 1;
            }
        }
        None
    }

    /// The place of the word before some words and their determiners.
    fn governor(&self, part: &Part, from: usize) -> Option<usize> {
        let mut before = (0..from).rev().take(3);
        before.find(|at| !self.determiners.contains(part.key(*at)))
    }

    /// "iPad et Chromebook": the second is introduced with the first.
    fn joined(
        &self,
        facet: Facet,
        part: &Part,
        words: &Range<usize>,
        last: Option<(Facet, usize)>,
    ) -> Option<usize> {
        let (joined_to, end) = last.filter(|(_, end)| *end <= words.start)?;
        let is_hardware = |facet| matches!(facet, Facet::Device | Facet::Os);
        if joined_to != facet && !(is_hardware(joined_to) && is_hardware(facet)) {
            return None;
        }
        let joins = |at: usize| {
            let word = part.key(at);
            self.numbers.is_and(word)
                || self.determiners.contains(word)
                || self.introducers.contains(word)
        };
        let is_listed = end == words.start && part.between(end).contains([',', '/', '&', '+']);
        let is_joined = (1..=3).contains(&(words.start - end))
            && self.numbers.is_and(part.key(end))
            && (end..words.start).all(joins);
        (is_listed || is_joined).then_some(words.start)
    }

    fn is_beside_noun(&self, facet: Facet, part: &Part, words: &Range<usize>) -> bool {
        let Some(nouns) = self.beside.get(&facet) else {
            return false;
        };
        let is_noun = |at: &usize| nouns.contains(part.key(*at));
        let means = |at: &usize| !part.is_stop(*at);
        let before = (0..words.start).rev().take(2).take_while(means);
        let after = (words.end..part.len()).take(4).take_while(means);
        before.chain(after).any(|at| is_noun(&at))
    }

    /// Whether what is said ends here: with the text or its last word with a meaning ("gratuit, s'il vous plaît"), or before
    /// something that is introduced or joined.
    fn ends(&self, part: &Part, end: usize) -> bool {
        let is_joined = |next| self.introducers.contains(next) || self.numbers.is_and(next);
        part.get(end).is_some_and(is_joined) || (end..part.len()).all(|at| part.is_stop(at))
    }

    /// Whether a noun ends here: nothing follows that it could be an adjective of.
    fn closes(&self, part: &Part, end: usize) -> bool {
        part.get(end)
            .is_none_or(|next| part.is_stop(end) || self.starts_filter(next))
    }

    fn is_little(&self, part: &Part, at: usize) -> bool {
        part.is_stop(at) || self.determiners.contains(part.key(at))
    }

    /// The words of a filter with those that only lead up to it or end it.
    pub fn with_little_words(&self, found: &Match, part: &Part, used: &[bool]) -> Range<usize> {
        let (mut from, mut to) = (found.from, found.words.end);
        let is_free = |words: Range<usize>| !used[words].contains(&true);
        while from > 0 {
            from = match self.lead.before(part, from) {
                Some(lead) if is_free(lead..from) => lead,
                _ if self.is_little(part, from - 1) && is_free(from - 1..from) => from - 1,
                _ => break,
            };
        }
        if to < part.len() && self.trail.contains(part.key(to)) && is_free(to..to + 1) {
            to += 1;
        }
        from..to
    }

    /// Whether a filter may start with a word.
    fn starts_filter(&self, word: &str) -> bool {
        word.starts_with(|c: char| c.is_ascii_digit()) || self.starts.contains(word)
    }

    /// Whether what stands between two expressions makes them the ends of a range ("de la maternelle à la 2e année").
    pub fn is_range(&self, part: &Part, between: &Range<usize>) -> bool {
        if between.is_empty() {
            return part.between(between.start).contains(['-', '–', '—']);
        }
        self.numbers.is_through(part.key(between.start))
            && between.len() <= 3
            && between
                .clone()
                .skip(1)
                .all(|at| self.determiners.contains(part.key(at)))
    }
}

/// Phrases by their last word.
#[derive(Debug)]
struct Phrases(HashMap<String, Vec<Vec<String>>>);

impl Phrases {
    fn new(texts: &[String]) -> Self {
        let mut phrases: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        for mut phrase in texts.iter().map(|text| keys(text)) {
            if let Some(last) = phrase.pop() {
                phrases.entry(last).or_default().push(phrase);
            }
        }
        Phrases(phrases)
    }

    /// Where the longest of them starts that ends before a word.
    fn before(&self, part: &Part, end: usize) -> Option<usize> {
        let last = end.checked_sub(1)?;
        let starts = self.0.get(part.key(last))?.iter().filter_map(|others| {
            let from = last.checked_sub(others.len())?;
            let mut pairs = others.iter().zip(from..last);
            pairs.all(|(word, at)| part.key(at) == word).then_some(from)
        });
        starts.min()
    }
}
