//! The results of a search: what was understood, what can be refined, and why each is where it is.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::address::{Address, Room};
use super::card::{self, Card, Cards};
use super::facets::{self, FacetView, Facets};
use super::frame::Frame;
use super::labels::Labels;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::vocabulary::Vocabularies;
use crate::guidance::relaxation::told as told_of;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::facet::Facet;
use crate::query::need::{Limit, Need, Source, Wish};
use crate::query::page::{Page, Sort};
use crate::query::params::Reader;
use crate::query::search_query::Query;
use crate::query::understanding::Expression;
use crate::services::guidance::GuidanceOutcome;
use crate::services::search::SearchOutcome;

/// Results on one page.
pub const ON_A_PAGE: usize = 10;

/// More ways out than this are not read.
const MOST_CONCESSIONS: usize = 6;

/// More than these are not told above the results; filters are ticked beside them all the same.
const MOST_CHIPS: usize = 20;

/// Fewer results than this, and what could be given up is told.
const FEW: u64 = 4;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    ui: Ui,
    frame: Frame,
    question: String,
    max_price: String,
    /// What the form carries along without a field for it.
    carried: Vec<(String, String)>,
    /// The same for the form of the comparison.
    compared_with: Vec<(String, String)>,
    class: Html,
    has_class: bool,
    is_personal: bool,
    /// The same results for the class, or for anybody.
    other_order: Option<String>,
    facets: Vec<FacetView<'a>>,
    chosen: usize,
    chips: Vec<Chip>,
    /// Without any of them.
    clear: Option<String>,
    total: u64,
    total_text: Html,
    corrected: Option<Html>,
    sorts: Vec<SortView>,
    cards: Vec<Card<'a>>,
    concessions: Vec<Concession>,
    guidance: String,
    previous: Option<String>,
    next: Option<String>,
    place: Html,
}

/// Something that narrows the results, and the address without it.
struct Chip {
    text: Html,
    /// What the link does, for who does not see the cross.
    action: Html,
    url: Option<String>,
    kind: &'static str,
}

struct SortView {
    label: &'static Html,
    url: String,
    is_current: bool,
}

/// What giving something up would bring.
pub struct Concession {
    pub text: Html,
    pub adds: Html,
    pub best: Option<Html>,
    pub url: String,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let query = read(&visit, &server.app.schema.vocabularies)?;
    visit
        .show(server, move |server, visit| {
            written(&answer(server, visit, &query)?)
        })
        .await
}

/// The question of an address, with what a results page counts and shows.
pub fn read(visit: &Visit, vocabularies: &Vocabularies) -> ApiResult<Query> {
    let asked = visit.address.clone();
    let unset = ["lang", "facets", "limit", "explain"];
    let asked = asked.keeping(|name, _| !unset.contains(&name));
    let mut reader = Reader::new(asked.raw(), vocabularies);
    let query = reader.query();
    reader.finish().map_err(ApiError::Invalid)?;
    Ok(Query {
        language: visit.language(),
        facets: facets::SHOWN.to_vec(),
        page: Page {
            limit: ON_A_PAGE,
            ..query.page
        },
        explain: true,
        ..query
    })
}

fn answer<'a>(server: &'a Server, visit: &Visit, query: &Query) -> ApiResult<SearchPage<'a>> {
    let (app, labels) = (&server.app, &server.labels);
    let (ui, vocabularies) = (visit.ui, &app.schema.vocabularies);
    let outcome = app.search.search(&Actor::Visitor, query)?;
    app.analytics.count(query, outcome.total);
    let lays_out = LaysOut {
        ui,
        vocabularies,
        labels,
        state: visit.address.clone().without("offset"),
        room: Room::default(),
    };
    let is_narrowed =
        outcome.filters.facets().next().is_some() || outcome.filters.max_cost_cents.is_some();
    let concessions = match outcome.total < FEW && is_narrowed {
        true => lays_out.concessions(&app.guidance.concessions(&Actor::Visitor, &need(query))?),
        false => Vec::new(),
    };
    let facets = Facets {
        ui,
        labels,
        held: &outcome.filters,
        asked: &query.filters,
    };
    let cards = Cards::new(ui, labels, &lays_out.state);
    let title = match query.text.is_empty() {
        true => ui.t("search.title").clone(),
        false => ui.t1("search.title_of", &query.text),
    };
    let (previous, next, place) = lays_out.pages(query, outcome.total);
    let state = &lays_out.state;
    let facets = facets.views(&outcome.facets);
    Ok(SearchPage {
        frame: Frame::new(visit, "search", title, ui.t("search.description").clone()).unlisted(),
        question: query.text.clone(),
        max_price: state.first("max_price").unwrap_or_default().to_owned(),
        carried: lays_out.carried(),
        compared_with: state.params().to_vec(),
        class: labels.class(ui, state),
        has_class: state
            .params()
            .iter()
            .any(|(name, _)| name.starts_with("my_")),
        is_personal: query.personal && query.profile.is_some(),
        other_order: match query.personal {
            true => lays_out.room.link(state.clone().with("personal", "false")),
            false => lays_out.room.link(state.clone().without("personal")),
        },
        chosen: facets.iter().map(|facet| facet.chosen).sum(),
        facets,
        chips: lays_out.chips(query, &outcome),
        clear: lays_out.room.link(lays_out.clear()),
        total: outcome.total,
        total_text: ui.n("search.total", outcome.total),
        corrected: outcome
            .corrected
            .as_ref()
            .map(|text| ui.t1("search.corrected", text)),
        sorts: lays_out.sorts(query.sort),
        cards: cards.of(outcome.hits)?,
        concessions,
        guidance: state.on("guidance").keeping(is_of_guidance).to_string(),
        previous,
        next,
        place,
        ui,
    })
}

/// The question as a need: what was asked as it is, the class left to rank.
fn need(query: &Query) -> Need {
    Need {
        query: Query {
            profile: None,
            facets: Vec::new(),
            page: Page {
                limit: 1,
                offset: 0,
            },
            ..query.clone()
        },
        skipped: Vec::new(),
    }
}

/// What belongs to a search: on other pages, the way back to it.
pub fn is_of_search(name: &str, value: &str) -> bool {
    let others = ["sort", "offset", "literal", "understand", "personal"];
    is_of_guidance(name, value) || others.contains(&name)
}

/// What of a search guidance goes on with.
pub fn is_of_guidance(name: &str, _: &str) -> bool {
    let is_filter = Facet::from_name(name).is_some() || name == "max_price";
    is_filter || name == "q" || name.starts_with("my_")
}

struct LaysOut<'a> {
    ui: Ui,
    vocabularies: &'a Vocabularies,
    labels: &'a Labels,
    /// The search from its first page.
    state: Address,
    room: Room,
}

impl LaysOut<'_> {
    /// What is in no field of the form: it goes on being part of the search.
    fn carried(&self) -> Vec<(String, String)> {
        let shown = |name: &str| {
            let facet = Facet::from_name(name);
            facet.is_some_and(|facet| facets::SHOWN.contains(&facet))
                || matches!(name, "q" | "max_price")
                || name.starts_with("my_") && name != "my_os"
        };
        let others = self.state.params().iter().filter(|(name, _)| !shown(name));
        others.cloned().collect()
    }

    fn chips(&self, query: &Query, outcome: &SearchOutcome) -> Vec<Chip> {
        let understood = outcome
            .understood
            .iter()
            .map(|expression| self.understood(expression));
        let literal = query.literal.iter().map(|words| Chip {
            text: self.ui.t1("search.literal", words),
            action: self.ui.t1("search.understand_again", words),
            url: self
                .room
                .link(self.state.clone().without_value("literal", words)),
            kind: "literal",
        });
        let filters = self.state.params().iter();
        let filters = filters.filter_map(|(name, value)| self.filter(name, value));
        let chips = understood.chain(literal).chain(filters);
        chips.take(MOST_CHIPS).collect()
    }

    fn understood(&self, expression: &Expression) -> Chip {
        let terms = self.labels.get(self.ui.language, expression.facet.name());
        let meaning = &terms.at(expression.value).label;
        let typed = self.ui.t1("search.understood", &expression.text);
        Chip {
            text: Html::of_trusted(format!("{typed} {meaning}")),
            action: self.ui.t1("search.take_literally", &expression.text),
            url: self
                .room
                .link(self.state.clone().with("literal", &expression.text)),
            kind: "understood",
        }
    }

    fn filter(&self, name: &str, value: &str) -> Option<Chip> {
        let text = match name {
            "max_price" => {
                let amount: f64 = value.parse().ok()?;
                let cents = (amount * 100.0).round() as u64;
                self.ui.t1("class.at_most", self.ui.money(cents))
            }
            _ => {
                let facet = Facet::from_name(name)?;
                let terms = self.labels.get(self.ui.language, facet.name());
                terms.find(value)?.label.clone()
            }
        };
        Some(Chip {
            action: Html::of_trusted(format!("{} {text}", self.ui.t("search.remove"))),
            text,
            url: self
                .room
                .link(self.state.clone().without_value(name, value)),
            kind: "filter",
        })
    }

    /// The question without any filter.
    fn clear(&self) -> Address {
        let is_filter = |name: &str| Facet::from_name(name).is_some() || name == "max_price";
        self.state.clone().keeping(|name, _| !is_filter(name))
    }

    fn sorts(&self, current: Sort) -> Vec<SortView> {
        let view = |(name, sort): (&'static str, Sort)| {
            let default = self.state.clone().without("sort");
            let address = match sort {
                Sort::Relevance => default,
                _ => default.with("sort", name),
            };
            Some(SortView {
                label: self.ui.t(&format!("sort.{}", name)),
                url: self.room.link(address)?,
                is_current: sort == current,
            })
        };
        Sort::NAMES.into_iter().filter_map(view).collect()
    }

    /// The pages before and after, and which this is.
    fn pages(&self, query: &Query, total: u64) -> (Option<String>, Option<String>, Html) {
        let at = |offset: usize| match offset {
            0 => self.state.to_string(),
            offset => self
                .state
                .clone()
                .with("offset", offset.to_string())
                .to_string(),
        };
        let Page { limit, offset } = query.page;
        let previous = (offset > 0).then(|| at(offset.saturating_sub(limit)));
        let next = offset + limit;
        let is_last = next as u64 >= total || next > Page::MAX_OFFSET;
        let place = self
            .ui
            .t1("search.page", self.ui.number((offset / limit + 1) as u64));
        (previous, (!is_last).then(|| at(next)), place)
    }

    /// What giving up one wish would bring; when that is never enough, the smallest sets that are.
    fn concessions(&self, outcome: &GuidanceOutcome) -> Vec<Concession> {
        let single = outcome.relaxations.iter().map(|(relaxation, newcomer)| {
            Some(Concession {
                text: self.told_all(outcome, &[relaxation.wish]),
                adds: self.ui.n("search.adds", relaxation.adds),
                best: card::newcomer(self.ui, relaxation.adds, &newcomer.title),
                url: self.without(outcome, &[relaxation.wish])?,
            })
        });
        let sets = outcome.minimal.iter().filter(|places| places.len() > 1);
        let sets = sets.filter(|_| !outcome.drops_words).map(|places| {
            Some(Concession {
                text: self.told_all(outcome, places),
                adds: Html::default(),
                best: None,
                url: self.without(outcome, places)?,
            })
        });
        let concessions = single.chain(sets).take(MOST_CONCESSIONS);
        concessions.flatten().collect()
    }

    fn told_all(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Html {
        let told = outcome.limits(places);
        let told = told.map(|limit| {
            self.ui
                .label(&told_of(limit, self.vocabularies))
                .to_string()
        });
        Html::of_trusted(told.collect::<Vec<_>>().join(", "))
    }

    fn without(&self, outcome: &GuidanceOutcome, places: &[usize]) -> Option<String> {
        let wishes = places.iter().map(|place| &outcome.wishes[*place]);
        let given_up = |state, wish: &Wish| self.given_up(state, wish, &outcome.understood);
        self.room.link(wishes.fold(self.state.clone(), given_up))
    }

    /// The search without a wish: a filter taken away, an expression taken for its words.
    fn given_up(&self, state: Address, wish: &Wish, understood: &[Expression]) -> Address {
        let Limit::Facet(facet, values) = &wish.limit else {
            return state.without("max_price");
        };
        let vocabulary = self.vocabularies.get(facet.name());
        let without = values.iter().fold(state, |state, value| {
            state.without_value(facet.name(), &vocabulary.term(*value).id)
        });
        if wish.source != Source::Words {
            return without;
        }
        let of_it = understood
            .iter()
            .filter(|expression| expression.facet == *facet);
        of_it.fold(without, |state, expression| {
            state.with("literal", &expression.text)
        })
    }
}
