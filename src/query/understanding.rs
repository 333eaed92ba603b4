//! What the expressions of a question mean: "4e année" is a level, "gratuit" a price, "fractions" a subject.
//!
//! Levels, prices, devices, systems and languages become filters. A filter excludes, so it takes more than the words: a
//! preposition ("sur iPad"), a noun beside it ("jeu gratuit"), a form that says nothing else ("4e année"). Subjects, types
//! and student needs become signals, which only lift, so their names are enough. The expressions are data of
//! `index-schema/understanding.toml`: `forms` matches them, `numbers` counts, `context` tells a constraint from content, `part`
//! is the run of words they are looked for in. This file decides which of the matches hold.

mod context;
mod forms;
mod numbers;
mod part;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use super::facet::Facet;
use super::parse;
use super::search_query::Query;
use super::stop_words::StopWords;
use crate::domain::text;
use crate::domain::vocabulary::{Ordinal, Vocabularies};
use context::Context;
use forms::{File, Form, Forms, Meaning, Place};
use part::Part;

/// The facets whose expressions become filters.
pub const FILTERS: [Facet; 5] = [
    Facet::Level,
    Facet::Price,
    Facet::Device,
    Facet::Os,
    Facet::Language,
];

/// The facets whose expressions become signals.
pub const SIGNALS: [Facet; 3] = [Facet::Subject, Facet::Type, Facet::StudentType];

/// Every expression that can be understood, and what tells a constraint from content.
#[derive(Debug)]
pub struct Understanding {
    forms: Forms,
    context: Context,
    /// The levels that pupils climb year by year, for what lies between two of them.
    ladder: Vec<Ordinal>,
}

/// What was understood of a question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Understood {
    /// In the order of the text; an expression that means several values is there for each.
    pub expressions: Vec<Expression>,
    /// The text without the expressions that became filters; nothing when there were none.
    remaining: Option<String>,
}

/// One value that an expression means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// As it was typed.
    pub text: String,
    pub facet: Facet,
    pub value: Ordinal,
}

impl Understood {
    /// Whether nothing was understood that ranking would listen to.
    pub fn is_silent(&self) -> bool {
        SIGNALS.iter().all(|facet| self.values(*facet).is_empty())
    }

    /// The values that were understood of a facet, each once.
    pub fn values(&self, facet: Facet) -> Vec<Ordinal> {
        let mut values = Vec::new();
        for expression in &self.expressions {
            if expression.facet == facet && !values.contains(&expression.value) {
                values.push(expression.value);
            }
        }
        values
    }

    /// The question that is looked up: the understood filters beside the asked ones, and the words that remain.
    pub fn in_place_of<'q>(&self, query: &'q Query) -> Cow<'q, Query> {
        let Some(remaining) = &self.remaining else {
            return Cow::Borrowed(query);
        };
        let mut query = Query {
            text: remaining.clone(),
            ..query.clone()
        };
        for facet in FILTERS {
            for value in self.values(facet) {
                query.filters.add(facet, value);
            }
        }
        Cow::Owned(query)
    }
}

/// A form found in a part.
struct Match<'u> {
    form: &'u Form,
    words: Range<usize>,
    /// Where the words that introduce it start.
    from: usize,
    values: Vec<Ordinal>,
}

impl Match<'_> {
    fn facet(&self) -> Option<Facet> {
        match &self.form.meaning {
            Meaning::Content | Meaning::Compound => None,
            Meaning::Filter(facet, _) | Meaning::Signal(facet, _) => Some(*facet),
        }
    }

    fn is_filter(&self) -> bool {
        matches!(self.form.meaning, Meaning::Filter(..))
    }

    /// The longest first; of those as long, content before a filter, a filter before a signal.
    fn precedence(&self) -> (Reverse<usize>, u8, usize, Option<Facet>) {
        let class = match self.form.meaning {
            Meaning::Content | Meaning::Compound => 0,
            Meaning::Filter(..) => 1,
            Meaning::Signal(..) => 2,
        };
        (
            Reverse(self.words.len()),
            class,
            self.words.start,
            self.facet(),
        )
    }
}

impl Understanding {
    /// Reads the file, and the names of the vocabularies.
    ///
    /// # Errors
    /// One sentence: what is wrong with the file.
    pub fn parse(file: &str, vocabularies: &Vocabularies) -> Result<Self, String> {
        let file: File = toml::from_str(file).map_err(|error| error.to_string())?;
        let forms = Forms::new(&file, vocabularies)?;
        Ok(Understanding {
            context: Context::new(&file, &forms)?,
            ladder: forms::ordinals(Facet::Level.name(), &file.ladder, vocabularies)?,
            forms,
        })
    }

    /// What a question means besides its words.
    ///
    /// Nothing inside quotes or after a minus means anything but itself; nor does what the asker wants taken literally, nor
    /// a filter on a facet that is filtered already or that the catalogue `knows` nothing of.
    ///
    /// ```
    /// use classo::index_schema::IndexSchema;
    /// use classo::query::search_query::Query;
    ///
    /// let schema = IndexSchema::embedded();
    /// let query = Query { text: "la photosynthèse pour ma 4e année".into(), ..Query::default() };
    /// let understood = schema.understanding.read(&query, &schema.stop_words, |_| true);
    /// assert_eq!(understood.expressions[0].text, "4e année");
    /// assert_eq!(understood.in_place_of(&query).text, "la photosynthèse _");
    /// ```
    pub fn read(
        &self,
        query: &Query,
        stop_words: &StopWords,
        knows: impl Fn(Facet) -> bool,
    ) -> Understood {
        let mut understood = Understood::default();
        if !query.understand {
            return understood;
        }
        let parsed = parse::parse(&query.text);
        let literal: HashSet<String> = query.literal.iter().map(|words| text::key(words)).collect();
        let mut taken: Vec<Range<usize>> = Vec::new();
        let mut something_remains = !parsed.phrases.is_empty();
        for range in &parsed.plain {
            let part = Part::new(&query.text, range, stop_words);
            let mut chosen = self.choose(&part);
            let mut used = vec![false; part.len()];
            chosen
                .iter()
                .for_each(|found| used[found.words.clone()].fill(true));
            chosen.retain(|found| {
                let typed = [found.words.start, found.from].map(|from| from..found.words.end);
                let is_literal = !literal.is_empty()
                    && typed
                        .iter()
                        .any(|words| literal.contains(&text::key(part.typed(words))));
                let may_filter = |facet| query.filters.values(facet).is_empty() && knows(facet);
                !is_literal && (!found.is_filter() || found.facet().is_some_and(may_filter))
            });
            let mut left_out = vec![false; part.len()];
            for found in &chosen {
                if found.is_filter() {
                    let words = self.context.with_little_words(found, &part, &used);
                    left_out[words.clone()].fill(true);
                    taken.push(part.bytes(&words));
                }
                understood.add(found, &part);
            }
            something_remains |= (0..part.len()).any(|at| !left_out[at] && !part.is_stop(at));
        }
        if !taken.is_empty() {
            let out = if something_remains {
                &taken
            } else {
                &parsed.plain
            };
            understood.remaining = Some(without(&query.text, out));
        }
        understood
    }

    /// The matches that hold, in the order of the text. Among filters, and within a facet of signals, none overlaps another.
    fn choose<'u>(&'u self, part: &Part) -> Vec<Match<'u>> {
        let mut matches = self.matches(part);
        matches.sort_by_key(Match::precedence);
        let mut chosen: Vec<Match> = Vec::new();
        // What each word is taken for: a bit for each facet, and one for content.
        let mut taken = vec![0_u32; part.len()];
        let bits = |facets: &[Facet]| facets.iter().map(|facet| 1 << facet.column()).sum::<u32>();
        const CONTENT: u32 = 1 << Facet::COUNT;
        for found in matches {
            let words = found.words.clone();
            let (own, barred) = match &found.form.meaning {
                Meaning::Content => (CONTENT, 0),
                Meaning::Compound => (bits(&[Facet::Type, Facet::StudentType]), 0),
                // Who wants videos in English does not look for English, nor who has a Chrome book for books.
                Meaning::Filter(facet @ (Facet::Language | Facet::Device), _) => {
                    (bits(&[*facet]) | bits(&SIGNALS), u32::MAX)
                }
                Meaning::Filter(facet, _) => (bits(&[*facet]), u32::MAX),
                Meaning::Signal(facet, _) => (bits(&[*facet]), bits(&[*facet])),
            };
            let is_barred = taken[words.clone()].iter().any(|taken| taken & barred != 0);
            // The same words may be names of several values.
            let again = |last: &Match| last.words == words && last.facet() == found.facet();
            if is_barred && !chosen.last().is_some_and(again) {
                continue;
            }
            taken[words].iter_mut().for_each(|taken| *taken |= own);
            if found.facet().is_some() {
                chosen.push(found);
            }
        }
        chosen.sort_by_key(|found| found.words.start);
        self.with_ranges(chosen, part)
    }

    /// Two levels that are the ends of a range become one expression for all levels between them.
    fn with_ranges<'u>(&self, chosen: Vec<Match<'u>>, part: &Part) -> Vec<Match<'u>> {
        let mut joined: Vec<Match> = Vec::with_capacity(chosen.len());
        for found in chosen {
            let is_level = |found: &Match| found.is_filter() && found.facet() == Some(Facet::Level);
            let Some(first) = joined.last_mut().filter(|first| {
                let between = first.words.end..found.words.start;
                is_level(first)
                    && is_level(&found)
                    && between.start <= between.end
                    && self.context.is_range(part, &between)
            }) else {
                joined.push(found);
                continue;
            };
            let ends = first.values.iter().max().zip(found.values.iter().min());
            let between =
                |level: &&Ordinal| ends.is_some_and(|(from, to)| from < level && level < &to);
            let between: Vec<Ordinal> = self.ladder.iter().filter(between).copied().collect();
            first.values.extend(between.into_iter().chain(found.values));
            first.words.end = found.words.end;
        }
        joined
    }

    /// Every form that is found, a filter only where it is a constraint.
    fn matches<'u>(&'u self, part: &Part) -> Vec<Match<'u>> {
        let mut matches = Vec::new();
        // The facet and the end of the last filter that was introduced: what is joined to it is introduced as well.
        let mut last: Option<(Facet, usize)> = None;
        for at in 0..part.len() {
            let mut introduced = last;
            let found = |form: &'u Form, end: usize, numbers: &[u8]| {
                let words = at..end;
                let mut found = Match {
                    form,
                    from: at,
                    values: Vec::new(),
                    words,
                };
                match &form.meaning {
                    Meaning::Content | Meaning::Compound => matches.push(found),
                    Meaning::Signal(_, value) => {
                        // Acronyms that fold to stop words ("LES", "AI") are taken for these unless in capitals.
                        let means = (at..end).any(|word| !part.is_stop(word));
                        if (means || part.is_in_capitals(&found.words))
                            && !self.context.is_unwanted(part, at)
                        {
                            found.values.push(*value);
                            matches.push(found);
                        }
                    }
                    Meaning::Filter(facet, values) => {
                        let Some(values) = values.of(numbers) else {
                            return;
                        };
                        let Some(from) =
                            self.context
                                .constraint(*facet, form, part, &found.words, last)
                        else {
                            return;
                        };
                        if form.when.contains(&Place::Introduced)
                            && introduced.is_none_or(|(_, e)| e < end)
                        {
                            introduced = Some((*facet, end));
                        }
                        matches.push(Match {
                            from,
                            values,
                            ..found
                        });
                    }
                }
            };
            self.forms.at(part, at, &self.context, found);
            last = introduced;
        }
        matches
    }
}

impl Understood {
    fn add(&mut self, found: &Match, part: &Part) {
        let Some(facet) = found.facet() else { return };
        for value in &found.values {
            let expression = Expression {
                text: part.typed(&found.words).to_owned(),
                facet,
                value: *value,
            };
            if !self.expressions.contains(&expression) {
                self.expressions.push(expression);
            }
        }
    }
}

/// The text with a sign in the place of each range. The sign is neither a letter nor a space, so that what stood apart
/// still does, and no hyphen comes to stand at the start of a word.
fn without(typed: &str, ranges: &[Range<usize>]) -> String {
    let mut remaining = String::with_capacity(typed.len());
    let mut at = 0;
    for range in ranges {
        if range.end > at {
            remaining.push_str(&typed[at..range.start.max(at)]);
            remaining.push('_');
            at = range.end;
        }
    }
    remaining + &typed[at..]
}
