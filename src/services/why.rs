//! Where a resource stands in a search, or what keeps it out of it.

use std::sync::Arc;

use super::ServiceError;
use super::catalogue::Catalogue;
use super::search::{Prepared, Search};
use crate::domain::actor::Actor;
use crate::domain::compatibility::RunsOn;
use crate::domain::language::LanguageMap;
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::text;
use crate::index::record;
use crate::query::found::{Candidate, Place};
use crate::query::need::{Limit, Need};
use crate::query::page::Sort;
use crate::query::parse::{self, ParsedText};
use crate::query::plan::Plan;
use crate::query::search_query::Query;
use crate::ranking::explanation::{Contribution, Difference, differences};

/// Answers why a resource is, or is not, among the results.
pub struct Why {
    search: Arc<Search>,
    catalogue: Arc<Catalogue>,
}

/// Everything a door needs to answer.
pub struct WhyOutcome {
    pub resource: Resource,
    pub runs_on: RunsOn,
    /// How many results the search has.
    pub total: u64,
    pub standing: Standing,
}

/// Where a resource stands.
pub enum Standing {
    /// Among the results.
    Ranked {
        rank: u64,
        points: i64,
        reasons: Vec<Contribution>,
        /// The one just above.
        above: Option<Above>,
    },
    /// Not among them.
    Out {
        /// The filters it does not pass.
        filters: Vec<Limit>,
        words: Option<WordTrouble>,
        /// The place it would have without these filters; known when the words are no trouble.
        would_rank: Option<u64>,
    },
    /// The catalogue has it, the index has yet to learn of it.
    NotYet,
}

/// The result above one, and what it has more.
pub struct Above {
    pub id: String,
    pub title: LanguageMap,
    pub points: i64,
    /// What it has more, and less where negative.
    pub reasons: Vec<Difference>,
}

/// What of the text keeps a resource out, and the text that would let it in.
pub struct WordTrouble {
    pub kind: TroubleKind,
    /// The words, as they are looked up.
    pub words: Vec<String>,
    /// The same question with the least change.
    pub instead: String,
}

/// In which way the words are in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// It has none of the words.
    NoWord,
    /// It does not have a phrase word for word.
    NoPhrase,
    /// It has a word that was excluded.
    Excluded,
}

impl Why {
    pub fn new(search: Arc<Search>, catalogue: Arc<Catalogue>) -> Self {
        Why { search, catalogue }
    }

    /// Where a resource stands in the results of a question, by relevance, or what keeps it out.
    ///
    /// # Errors
    /// When it is not in the catalogue.
    pub fn why(
        &self,
        actor: &Actor,
        id: &ResourceId,
        query: &Query,
    ) -> Result<WhyOutcome, ServiceError> {
        let (resource, runs_on) = self.catalogue.find(actor, &self.catalogue.resolve(id)?)?;
        let (total, standing) = self.search.report(self.standing(actor, &resource, query))?;
        Ok(WhyOutcome {
            resource,
            runs_on,
            total,
            standing,
        })
    }

    fn standing(
        &self,
        actor: &Actor,
        resource: &Resource,
        query: &Query,
    ) -> Result<(u64, Standing), ServiceError> {
        let mut prepared = self.search.prepare(actor, query, |_, _| true)?;
        let need = Need {
            query: Query {
                profile: None,
                ..query.clone()
            },
            skipped: Vec::new(),
        };
        let filters = std::mem::take(&mut prepared.plan.filters);
        prepared.plan.sort = Sort::Relevance;
        let wishes = need.wishes(&filters, &self.search.schema().vocabularies);
        let sets = prepared.snapshot.sets();
        let passes = |row| wishes.iter().all(|wish| wish.limit.passes(row, sets));
        let matches = prepared.everything(&prepared.plan, self.search.weights())?;
        let total = matches.iter().filter(|match_| passes(&match_.row)).count() as u64;
        let Some(place) = prepared.snapshot.find(&resource.id)? else {
            return Ok((total, Standing::NotYet));
        };
        let row = prepared.snapshot.row(place);
        let failed = wishes.iter().filter(|wish| !wish.limit.passes(&row, sets));
        let failed: Vec<Limit> = failed.map(|wish| wish.limit.clone()).collect();
        if !matches.iter().any(|match_| match_.place == place) {
            let words = self.word_trouble(&prepared, &query.text, place, resource)?;
            let out = Standing::Out {
                filters: failed,
                words: Some(words),
                would_rank: None,
            };
            return Ok((total, out));
        }
        let holds = |match_: &Candidate| {
            let limits = wishes.iter().map(|wish| &wish.limit);
            limits
                .filter(|limit| !failed.contains(limit))
                .all(|limit| limit.passes(&match_.row, sets))
        };
        let held = matches.into_iter().filter(holds).collect();
        let held = prepared.with_nearness(held)?;
        let at = held.iter().position(|match_| match_.place == place);
        let at = at.expect("it fails none but the filters that are left out");
        let rank = at as u64 + 1;
        if !failed.is_empty() {
            let out = Standing::Out {
                filters: failed,
                words: None,
                would_rank: Some(rank),
            };
            return Ok((total, out));
        }
        let above = held[..at].last();
        let reasons = prepared.explain(&held[at]);
        Ok((
            total,
            Standing::Ranked {
                rank,
                points: held[at].points,
                above: above
                    .map(|above| above_of(&prepared, above, &reasons))
                    .transpose()?,
                reasons,
            },
        ))
    }

    fn word_trouble(
        &self,
        prepared: &Prepared,
        typed: &str,
        place: Place,
        resource: &Resource,
    ) -> Result<WordTrouble, ServiceError> {
        let plan = &prepared.plan;
        let finds = |plan: &Plan| -> Result<bool, ServiceError> {
            let matches = prepared.everything(plan, self.search.weights())?;
            Ok(matches.iter().any(|match_| match_.place == place))
        };
        let without_exclusions = Plan {
            exclusions: Vec::new(),
            ..plan.clone()
        };
        let without_phrases = Plan {
            phrases: Vec::new(),
            ..plan.clone()
        };
        let bare = Plan {
            phrases: Vec::new(),
            ..without_exclusions.clone()
        };
        let typed = Typed::new(typed);
        let (kind, words, instead) = if finds(&without_exclusions)? {
            (
                TroubleKind::Excluded,
                plan.exclusions.concat(),
                typed.text(false, true),
            )
        } else if finds(&without_phrases)? {
            (
                TroubleKind::NoPhrase,
                plan.phrases.concat(),
                typed.text(true, false),
            )
        } else if finds(&bare)? {
            (
                TroubleKind::NoPhrase,
                plan.phrases.concat(),
                typed.text(false, false),
            )
        } else {
            let own = self.telling_word(prepared, resource);
            let instead = format!("{} {own}", typed.text(false, false));
            (
                TroubleKind::NoWord,
                plan.words.clone(),
                instead.trim().to_owned(),
            )
        };
        Ok(WordTrouble {
            kind,
            words,
            instead,
        })
    }

    /// The longest word of its title: one that finds it.
    fn telling_word(&self, prepared: &Prepared, resource: &Resource) -> String {
        let title = resource.title.best(prepared.plan.language);
        let words = text::words(title.unwrap_or_default()).map(|word| word.text);
        let stop_words = &self.search.schema().stop_words;
        let telling = words.filter(|word| !stop_words.contains(word));
        telling
            .max_by_key(|word| word.chars().count())
            .unwrap_or_default()
    }
}

/// The text of a question, to be said again with less.
struct Typed<'t> {
    text: &'t str,
    parsed: ParsedText,
}

impl<'t> Typed<'t> {
    fn new(text: &'t str) -> Self {
        Typed {
            parsed: parse::parse(text),
            text,
        }
    }

    /// The words, with exclusions and with the quotation marks of phrases as far as they stay.
    fn text(&self, with_exclusions: bool, with_phrases: bool) -> String {
        let plain = self
            .parsed
            .plain
            .iter()
            .map(|range| &self.text[range.clone()]);
        let mut parts: Vec<String> = plain.map(|part| part.trim().to_owned()).collect();
        for phrase in &self.parsed.phrases {
            let words = phrase.join(" ");
            parts.push(if with_phrases {
                format!("\"{words}\"")
            } else {
                words
            });
        }
        if with_exclusions {
            let exclusions = self.parsed.exclusions.iter();
            parts.extend(exclusions.map(|words| format!("-\"{}\"", words.join(" "))));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" ")
    }
}

fn above_of(
    prepared: &Prepared,
    above: &Candidate,
    reasons: &[Contribution],
) -> Result<Above, ServiceError> {
    let head = record::head(&prepared.snapshot.record(above.place)?).unwrap_or_default();
    Ok(Above {
        id: head.id,
        title: head.title,
        points: above.points,
        reasons: differences(&prepared.explain(above), reasons),
    })
}
