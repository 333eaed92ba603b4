//! Guidance: one question at a time, the short list beside it. Every answer is a part of the address, in the order given,
//! so that going back is taking the last one away.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::address::{Address, Room};
use super::card::{self, Card, Cards};
use super::frame::Frame;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::vocabulary::Vocabularies;
use crate::guidance::relaxation::told;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::facet::Facet;
use crate::query::need::{Limit, Need, Source, Wish};
use crate::query::params::RawParams;
use crate::services::guidance::GuidanceOutcome;

#[derive(Template)]
#[template(path = "guidance.html")]
struct GuidancePage<'a> {
    ui: Ui,
    frame: Frame,
    /// Whether the need is still to be told.
    is_start: bool,
    question_text: String,
    class: Html,
    total: Html,
    question: Option<QuestionView>,
    back: Option<String>,
    restart: String,
    wishes: Vec<WishView>,
    cards: Vec<Card<'a>>,
    hidden: Vec<Offer>,
    concessions: Vec<Offer>,
    results: String,
    compared_with: Vec<(String, String)>,
}

struct QuestionView {
    text: Html,
    skip: String,
    options: Vec<OptionView>,
}

struct OptionView {
    label: Html,
    count: String,
    url: String,
}

/// What had to hold, and the need without it.
struct WishView {
    text: Html,
    url: Option<String>,
}

/// What giving up some wishes would show.
struct Offer {
    text: Html,
    count: Html,
    best: Option<Html>,
    url: String,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let vocabularies = &server.app.schema.vocabularies;
    let body = body(&visit.address, visit.ui.tag());
    let need = Need::read(RawParams::from_json(body), vocabularies).map_err(ApiError::Invalid)?;
    visit
        .show(server, move |server, visit| {
            written(&answer(server, visit, &need)?)
        })
        .await
}

/// The need of an address, in the form of the API's body: answers and the class apart.
pub fn body(address: &Address, language: &str) -> Value {
    let mut body = Map::new();
    let (mut answers, mut profile) = (Map::new(), Map::new());
    for (name, text) in address.params() {
        let value = match name.as_str() {
            "max_price" | "my_budget" | "students" | "classes" => number(text),
            _ => json!(text),
        };
        let (place, name) = match name.strip_prefix("my_") {
            Some(of_class) => (&mut profile, of_class),
            None if name == "max_price" || Facet::from_name(name).is_some() => {
                (&mut answers, name.as_str())
            }
            None => (&mut body, name.as_str()),
        };
        let list = place.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(value);
        }
    }
    body.insert("lang".into(), json!(language));
    for (name, part) in [("answers", answers), ("profile", profile)] {
        if !part.is_empty() {
            body.insert(name.into(), Value::Object(part));
        }
    }
    Value::Object(body)
}

fn number(text: &str) -> Value {
    let whole = text.parse::<u64>().map(|number| json!(number));
    let number = whole.or_else(|_| text.parse::<f64>().map(|number| json!(number)));
    number.unwrap_or_else(|_| json!(text))
}

fn answer<'a>(server: &'a Server, visit: &Visit, need: &Need) -> ApiResult<GuidancePage<'a>> {
    let app = &server.app;
    let (ui, vocabularies) = (visit.ui, &app.schema.vocabularies);
    let outcome = app.guidance.guide(&Actor::Visitor, need)?;
    let is_step = |name: &str| is_answer(name) || name == "skipped" || name == "q";
    let asks = Asks {
        ui,
        vocabularies,
        state: &visit.address,
        room: Room::default(),
    };
    let trail = visit.address.clone().without("skipped");
    let cards = Cards::new(ui, &server.labels, &trail);
    let view = GuidancePage {
        frame: Frame::new(
            visit,
            "guidance",
            ui.t("guidance.title").clone(),
            ui.t("guidance.description").clone(),
        ),
        is_start: !visit
            .address
            .params()
            .iter()
            .any(|(name, _)| is_step(name) || name.starts_with("my_")),
        question_text: need.query.text.clone(),
        class: server.labels.class(ui, &visit.address),
        total: ui.n("search.total", outcome.total),
        question: asks.question(&outcome),
        back: asks.back(),
        restart: visit
            .address
            .clone()
            .keeping(|name, _| !is_step(name))
            .to_string(),
        wishes: outcome.wishes.iter().map(|wish| asks.wish(wish)).collect(),
        hidden: asks.hidden(&outcome),
        concessions: asks.concessions(&outcome),
        cards: Vec::new(),
        results: trail.on("search").to_string(),
        compared_with: trail.params().to_vec(),
        ui,
    };
    Ok(GuidancePage {
        cards: cards.of(outcome.shortlist)?,
        ..view
    })
}

fn is_answer(name: &str) -> bool {
    name == "max_price" || Facet::from_name(name).is_some()
}

struct Asks<'a> {
    ui: Ui,
    vocabularies: &'a Vocabularies,
    state: &'a Address,
    room: Room,
}

impl Asks<'_> {
    fn question(&self, outcome: &GuidanceOutcome) -> Option<QuestionView> {
        let question = outcome.question.as_ref()?;
        let skipped = question.topic.name(self.vocabularies);
        let option = |option: &crate::guidance::question::AnswerOption| OptionView {
            label: self.ui.label(&option.label),
            count: self.ui.number(option.count),
            url: self.answered(&option.answer).to_string(),
        };
        Some(QuestionView {
            text: self.ui.label(&question.text),
            skip: self.state.clone().with("skipped", skipped).to_string(),
            options: question.options.iter().map(option).collect(),
        })
    }

    fn params(&self, limit: &Limit) -> Vec<(&'static str, String)> {
        match limit {
            Limit::Facet(facet, values) => {
                let vocabulary = self.vocabularies.get(facet.name());
                let id = |value: &u16| (facet.name(), vocabulary.term(*value).id.clone());
                values.iter().map(id).collect()
            }
            Limit::MaxCost(cents) => vec![("max_price", (*cents as f64 / 100.0).to_string())],
        }
    }

    fn answered(&self, answer: &Limit) -> Address {
        let params = self.params(answer).into_iter();
        params.fold(self.state.clone(), |state, (name, value)| {
            state.with(name, value)
        })
    }

    /// The need before the last answer: that may have had several values.
    fn back(&self) -> Option<String> {
        let params = self.state.params();
        let (last, _) = params.last()?;
        if !is_answer(last) && last != "skipped" {
            return None;
        }
        let is_alone = last == "skipped" || last == Facet::Has.name();
        let values = params
            .iter()
            .rev()
            .take_while(|(name, _)| name == last)
            .count();
        let values = if is_alone { 1 } else { values };
        let before = (0..values).fold(self.state.clone(), |state, _| state.without_last());
        Some(before.to_string())
    }

    fn wish(&self, wish: &Wish) -> WishView {
        WishView {
            text: self.ui.label(&told(&wish.limit, self.vocabularies)),
            url: self.room.link(self.given_up(self.state.clone(), wish)),
        }
    }

    /// An answer is taken back; what the words or the class say is declared not to matter.
    fn given_up(&self, state: Address, wish: &Wish) -> Address {
        match wish.source {
            Source::Answers if matches!(wish.limit, Limit::MaxCost(_)) => {
                state.without("max_price")
            }
            Source::Answers => {
                let params = self.params(&wish.limit).into_iter();
                params.fold(state, |state, (name, value)| {
                    state.without_value(name, &value)
                })
            }
            Source::Words | Source::Profile => {
                let topic = wish.limit.topic().name(self.vocabularies);
                state.with("skipped", topic)
            }
        }
    }

    fn hidden(&self, outcome: &GuidanceOutcome) -> Vec<Offer> {
        let offer = |hidden: &crate::guidance::relaxation::Hidden| {
            Some(Offer {
                text: self.told_all(outcome, &hidden.by),
                count: self.ui.n("guidance.hidden", hidden.count),
                best: None,
                url: self.without(outcome, &hidden.by)?,
            })
        };
        outcome.hidden.iter().filter_map(offer).collect()
    }

    /// For an empty list, the smallest sets to give up; else what each wish keeps out.
    fn concessions(&self, outcome: &GuidanceOutcome) -> Vec<Offer> {
        if outcome.total == 0 && !outcome.minimal.is_empty() {
            let offer = |places: &Vec<usize>| {
                Some(Offer {
                    text: self.told_all(outcome, places),
                    count: Html::default(),
                    best: None,
                    url: match outcome.drops_words {
                        true => self.without_words(outcome, places),
                        false => self.without(outcome, places),
                    }?,
                })
            };
            return outcome.minimal.iter().filter_map(offer).collect();
        }
        let single = outcome.relaxations.iter().map(|(relaxation, newcomer)| {
            Some(Offer {
                text: self.told_all(outcome, &[relaxation.wish]),
                count: self.ui.n("search.adds", relaxation.adds),
                best: card::newcomer(self.ui, relaxation.adds, &newcomer.title),
                url: self.without(outcome, &[relaxation.wish])?,
            })
        });
        single.flatten().collect()
    }

    fn told_all(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Html {
        let told = outcome
            .limits(places)
            .map(|limit| self.ui.label(&told(limit, self.vocabularies)).to_string());
        let mut told: Vec<String> = told.collect();
        if outcome.drops_words {
            told.insert(0, self.ui.t("guidance.words").to_string());
        }
        Html::of_trusted(told.join(", "))
    }

    fn without(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Option<String> {
        self.room.link(self.all_given_up(outcome, places))
    }

    fn without_words(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Option<String> {
        let state = self.all_given_up(outcome, places);
        self.room.link(state.without("q"))
    }

    fn all_given_up(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Address {
        let wishes = places.iter().map(|place| &outcome.wishes[*place]);
        wishes.fold(self.state.clone(), |state, wish| self.given_up(state, wish))
    }
}
