//! A resource in a list: what tells whether it is worth a look, and why it stands where it does.

use serde::Deserialize;

use super::address::{Address, step};
use super::frame::named_icon;
use super::texts::{Html, Ui};
use crate::domain::language::{Language, LanguageMap};
use crate::domain::resource::{Price, Publisher, TermId};
use crate::domain::typography::points;
use crate::domain::vocabulary::Vocabularies;
use crate::http::error::{ApiError, ApiResult};
use crate::ranking::explanation::Contribution;
use crate::services::search::Hit;

/// The fields of the template of a card.
pub struct Card {
    pub id: String,
    pub rank: u64,
    /// Its page, with the question that led there.
    pub url: String,
    pub title: Text,
    pub publisher: Option<Html>,
    pub excerpt: Option<Text>,
    pub price: Option<PriceView>,
    /// Kind, account, advertising: a few words each.
    pub facts: Vec<Html>,
    pub levels: Html,
    /// Drawings with names.
    pub devices: Vec<Html>,
    pub reasons: Vec<Reason>,
    /// Its place without the visitor's class, where that is another.
    pub neutral_rank: Option<u64>,
    pub is_chosen: bool,
}

/// A text and its language, where that is not the page's.
pub struct Text {
    pub html: Html,
    pub lang: Option<String>,
}

/// What it costs in a word, and the kind of that for the style.
pub struct PriceView {
    pub label: Html,
    pub kind: String,
}

/// One part of a score.
pub struct Reason {
    pub text: Html,
    pub points: String,
    /// Of 100, beside the largest part.
    pub width: u32,
}

/// What a card reads of a record.
#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    title: LanguageMap,
    #[serde(default)]
    description: LanguageMap,
    publisher: Option<Publisher>,
    #[serde(default, rename = "type")]
    types: Vec<TermId>,
    #[serde(default)]
    levels: Vec<TermId>,
    price: Option<Price>,
    access: Option<TermId>,
    advertising: Option<bool>,
    runs_on: RunsOn,
}

#[derive(Deserialize)]
struct RunsOn {
    #[serde(default)]
    devices: Vec<TermId>,
}

/// How much of a description is shown where nothing is marked in it.
const EXCERPT_CHARS: usize = 240;

/// A page has many links; one longer than this goes without the search.
const LONGEST_URL: usize = 800;

/// How many levels, kinds and devices are told before "and more".
const LEVELS: usize = 3;
const KINDS: usize = 2;
const DEVICES: usize = 5;

/// What cards are made with.
pub struct Cards<'a> {
    pub ui: Ui,
    pub vocabularies: &'a Vocabularies,
    /// The search they stand in.
    pub trail: &'a Address,
}

impl Cards<'_> {
    pub fn of(&self, hits: Vec<Hit>) -> ApiResult<Vec<Card>> {
        hits.into_iter().map(|hit| self.card(hit)).collect()
    }

    fn card(&self, hit: Hit) -> ApiResult<Card> {
        let ui = self.ui;
        let record: Record = serde_json::from_str(&hit.record)
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        let reasons = hit.explanation.unwrap_or_default();
        Ok(Card {
            url: self.url(&hit.id),
            title: text(ui, &record.title, hit.highlights.title).unwrap_or_else(|| Text {
                html: ui.set(&hit.id),
                lang: None,
            }),
            publisher: record
                .publisher
                .and_then(|publisher| Some(ui.set(&publisher.name?))),
            excerpt: text(ui, &record.description, hit.highlights.description),
            price: self.price(record.price.as_ref()),
            facts: self.facts(&record.types, record.access.as_deref(), record.advertising),
            levels: self.levels(&record.levels),
            devices: self.devices(&record.runs_on.devices),
            reasons: told(ui, &reasons),
            neutral_rank: hit.neutral_rank.filter(|neutral| *neutral != hit.rank),
            is_chosen: false,
            rank: hit.rank,
            id: hit.id,
        })
    }

    /// Its page, with the search it stands in unless that is very long.
    fn url(&self, id: &str) -> String {
        let page = self.trail.on(&format!("resources/{}", step(id)));
        let url = page.to_string();
        match url.len() <= LONGEST_URL {
            true => url,
            false => page.path,
        }
    }

    fn price(&self, price: Option<&Price>) -> Option<PriceView> {
        let model = price?.model.as_ref()?;
        let label = self.vocabularies.get("price").label(model)?;
        Some(PriceView {
            label: self.ui.label(label),
            kind: model.clone(),
        })
    }

    fn facts(
        &self,
        types: &[TermId],
        access: Option<&str>,
        advertising: Option<bool>,
    ) -> Vec<Html> {
        let label = |vocabulary: &str, id: &str| {
            let label = self.vocabularies.get(vocabulary).label(id)?;
            Some(self.ui.label(label))
        };
        let kinds = types.iter().take(KINDS).filter_map(|id| label("type", id));
        let access = access.and_then(|id| label("access", id));
        let quiet = (advertising == Some(false)).then(|| self.ui.t("card.no_ads").clone());
        kinds.chain(access).chain(quiet).collect()
    }

    /// The levels in few words: a whole order stands for what it holds.
    fn levels(&self, ids: &[TermId]) -> Html {
        let vocabulary = self.vocabularies.get("level");
        let ordinals: Vec<_> = ids.iter().filter_map(|id| vocabulary.ordinal(id)).collect();
        let is_covered = |at: &u16| {
            let mut above = vocabulary.lineage(*at).skip(1);
            above.any(|ancestor| ordinals.contains(&ancestor))
        };
        let told: Vec<_> = ordinals.iter().filter(|at| !is_covered(at)).collect();
        let labels = told.iter().take(LEVELS);
        let labels: Vec<_> = labels
            .map(|at| self.ui.label(&vocabulary.term(**at).label).to_string())
            .collect();
        let mut levels = labels.join(", ");
        if told.len() > LEVELS {
            let more = self.ui.n("card.more_levels", told.len() - LEVELS);
            levels.push_str(&format!(" {more}"));
        }
        Html::of_trusted(levels)
    }

    fn devices(&self, ids: &[TermId]) -> Vec<Html> {
        let vocabulary = self.vocabularies.get("device");
        let named = |id: &TermId| Some(named_icon(id, &self.ui.plain(vocabulary.label(id)?)));
        ids.iter().filter_map(named).take(DEVICES).collect()
    }
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
        points: match reason.points {
            given @ 0.. => format!("+{}", points(given, ui.language)),
            taken => format!("−{}", points(-taken, ui.language)),
        },
        width: (reason.points.abs() * 100 / most).max(1) as u32,
    };
    heard.iter().map(reason).collect()
}
