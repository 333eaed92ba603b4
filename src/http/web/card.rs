//! A resource in a list: what tells whether it is worth a look, and why it stands where it does.

use std::borrow::Cow;

use serde::Deserialize;

use super::address::{Address, step};
use super::labels::{Labels, TermView, Terms};
use super::texts::{Html, Ui};
use crate::domain::language::{Language, LanguageMap};
use crate::domain::markup::escape;
use crate::domain::typography::points;
use crate::http::error::{ApiError, ApiResult};
use crate::ranking::explanation::Contribution;
use crate::services::search::Hit;

/// The fields of the template of a card.
pub struct Card<'a> {
    pub id: String,
    pub rank: u64,
    /// Its page, with the question that led there.
    pub url: Html,
    pub title: Text,
    pub publisher: Option<Html>,
    pub excerpt: Option<Text>,
    /// What it costs in a word.
    pub price: Option<&'a TermView>,
    /// Kind, account, advertising: a few words each.
    pub facts: Vec<&'a Html>,
    pub levels: Html,
    /// Drawings with names.
    pub devices: Vec<&'a Html>,
    pub reasons: Vec<Reason>,
    /// Its place without the visitor's class, where that is another.
    pub neutral_rank: Option<u64>,
}

/// A text and its language, where that is not the page's.
pub struct Text {
    pub html: Html,
    pub lang: Option<String>,
}

/// One part of a score.
pub struct Reason {
    pub text: Html,
    pub points: String,
    /// Of 100, beside the largest part.
    pub width: u32,
}

/// What a card reads of a record besides its texts. Ids of terms are written without escapes.
#[derive(Deserialize)]
struct Record<'r> {
    #[serde(borrow)]
    publisher: Option<Publisher<'r>>,
    #[serde(default, rename = "type")]
    types: Vec<&'r str>,
    #[serde(default)]
    levels: Vec<&'r str>,
    price: Option<Price<'r>>,
    access: Option<&'r str>,
    advertising: Option<bool>,
    runs_on: RunsOn<'r>,
}

#[derive(Deserialize)]
struct Publisher<'r> {
    #[serde(borrow)]
    name: Option<Cow<'r, str>>,
}

#[derive(Deserialize)]
struct Price<'r> {
    model: Option<&'r str>,
}

#[derive(Deserialize)]
struct RunsOn<'r> {
    #[serde(borrow, default)]
    devices: Vec<&'r str>,
}

/// How much of a description is shown where nothing is marked in it.
const EXCERPT_CHARS: usize = 240;

/// How many levels, kinds and devices are told before "and more".
const LEVELS: usize = 3;
const KINDS: usize = 2;
const DEVICES: usize = 5;

/// What cards are made with.
pub struct Cards<'a> {
    pub ui: Ui,
    labels: &'a Labels,
    /// The search they stand in, as links to their pages carry it.
    trail: String,
}

impl<'a> Cards<'a> {
    pub fn new(ui: Ui, labels: &'a Labels, trail: &Address) -> Cards<'a> {
        Cards {
            ui,
            labels,
            trail: match trail.clone().carried().query() {
                query if query.is_empty() => query,
                query => escape(&format!("?{query}")),
            },
        }
    }

    pub fn of(&self, hits: Vec<Hit>) -> ApiResult<Vec<Card<'a>>> {
        hits.into_iter().map(|hit| self.card(hit)).collect()
    }

    fn card(&self, hit: Hit) -> ApiResult<Card<'a>> {
        let ui = self.ui;
        let record: Record = serde_json::from_str(&hit.record)
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        let publisher = record.publisher.and_then(|publisher| publisher.name);
        let price = record.price.and_then(|price| price.model);
        let of_devices = self.terms("device");
        let devices = record.runs_on.devices.iter().take(DEVICES);
        Ok(Card {
            url: self.url(&hit.id),
            title: text(ui, &hit.title, hit.highlights.title).unwrap_or_else(|| Text {
                html: ui.set(&hit.id),
                lang: None,
            }),
            publisher: publisher.map(|name| ui.set(&name)),
            excerpt: text(ui, &hit.description, hit.highlights.description),
            price: price.and_then(|model| self.terms("price").find(model)),
            facts: self.facts(&record.types, record.access, record.advertising),
            levels: self.levels(&record.levels),
            devices: devices
                .filter_map(|id| of_devices.find(id)?.drawings.as_ref())
                .map(|[_, alone]| alone)
                .collect(),
            reasons: told(ui, hit.explanation.as_deref().unwrap_or_default()),
            neutral_rank: hit.neutral_rank.filter(|neutral| *neutral != hit.rank),
            rank: hit.rank,
            id: hit.id,
        })
    }

    fn terms(&self, vocabulary: &str) -> &'a Terms {
        self.labels.get(self.ui.language, vocabulary)
    }

    fn url(&self, id: &str) -> Html {
        let Cards { ui, trail, .. } = self;
        Html::of_trusted(format!("/{}/resources/{}{trail}", ui.tag(), step(id)))
    }

    fn facts(
        &self,
        types: &[&str],
        access: Option<&str>,
        advertising: Option<bool>,
    ) -> Vec<&'a Html> {
        let (of_types, of_access) = (self.terms("type"), self.terms("access"));
        let kinds = types.iter().take(KINDS).filter_map(|id| of_types.find(id));
        let access = access.and_then(|id| of_access.find(id));
        let quiet = (advertising == Some(false)).then(|| self.ui.t("card.no_ads"));
        let labels = kinds.chain(access).map(|term| &term.label);
        labels.chain(quiet).collect()
    }

    /// The levels in few words: a whole order stands for what it holds.
    fn levels(&self, ids: &[&str]) -> Html {
        let terms = self.terms("level");
        let is_covered = |id: &str| {
            let lies_within = |above: &str| {
                let rest = id.strip_prefix(above);
                rest.is_some_and(|rest| rest.starts_with('/'))
            };
            ids.iter().any(|above| lies_within(above))
        };
        let told = ids.iter().filter(|id| !is_covered(id));
        let told: Vec<&TermView> = told.filter_map(|id| terms.find(id)).collect();
        let mut levels = String::new();
        for (place, term) in told.iter().take(LEVELS).enumerate() {
            levels.push_str(if place > 0 { ", " } else { "" });
            levels.push_str(term.label.as_str());
        }
        if told.len() > LEVELS {
            levels.push(' ');
            let more = self.ui.n("card.more_levels", told.len() - LEVELS);
            levels.push_str(more.as_str());
        }
        Html::of_trusted(levels)
    }
}

/// The best of those that giving up a wish would add; one that comes alone is all there is.
pub fn newcomer(ui: Ui, adds: u64, title: &LanguageMap) -> Option<Html> {
    let (title, _) = best(title, ui.language)?;
    Some(match adds {
        1 => ui.t1("search.alone", title),
        _ => ui.t1("search.best", title),
    })
}

/// The text to show to who reads a language, with its own language where that is another.
pub fn best(map: &LanguageMap, language: Language) -> Option<(&str, Option<&str>)> {
    let own = map.get(language.tag()).map(|text| (text, None));
    let other = || {
        let tag = language.other().tag();
        map.get(tag).map(|text| (text, Some(tag)))
    };
    let any = || {
        let (tag, text) = map.0.iter().next()?;
        Some((text.as_str(), (tag != "und").then_some(tag.as_str())))
    };
    own.or_else(other).or_else(any)
}

/// A text of a record, marked where the question's words are in it.
fn text(ui: Ui, map: &LanguageMap, marked: Option<String>) -> Option<Text> {
    let (text, lang) = best(map, ui.language)?;
    Some(Text {
        html: match marked {
            Some(marked) => ui.marked(marked),
            None => ui.set(&excerpt(text)),
        },
        lang: lang.map(str::to_owned),
    })
}

/// The beginning of a text, cut between words.
fn excerpt(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(EXCERPT_CHARS) else {
        return text.to_owned();
    };
    let end = text[..end].rfind(' ').unwrap_or(end);
    format!("{} …", text[..end].trim_end_matches([',', ';', ':', ' ']))
}

/// Reasons with their points, those that weigh most first.
pub fn told(ui: Ui, reasons: &[Contribution]) -> Vec<Reason> {
    let heard = reasons.iter().filter(|reason| reason.points != 0);
    let mut heard: Vec<&Contribution> = heard.collect();
    heard.sort_by_key(|reason| std::cmp::Reverse(reason.points.abs()));
    let most = heard.first().map_or(1, |reason| reason.points.abs());
    let reason = |reason: &&Contribution| Reason {
        text: ui.label(&reason.text),
        points: {
            let sign = if reason.points < 0 { "−" } else { "+" };
            sign.to_owned() + &points(reason.points.abs(), ui.language)
        },
        width: (reason.points.abs() * 100 / most).max(1) as u32,
    };
    heard.iter().map(reason).collect()
}
