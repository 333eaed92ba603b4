//! Two to four resources side by side, what differs first.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::address::{Address, step};
use super::card::best;
use super::frame::Frame;
use super::search::is_of_search;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::resource::ResourceId;
use crate::domain::typography::points;
use crate::guidance::comparison::{Cell, Criterion};
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::decision::Decision;
use crate::query::params::Reader;
use crate::query::search_query::Query;
use crate::services::compare::{ComparisonOutcome, Standing};

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    ui: Ui,
    frame: Frame,
    /// How many were chosen, where that is too few to compare.
    too_few: bool,
    columns: Vec<Column>,
    differing: Vec<Row>,
    same: Vec<Row>,
    preferences: Vec<PreferenceView>,
    students: String,
    classes: String,
    carried: Vec<(String, String)>,
    back: String,
    /// What the dossier is made from, beside what its form asks.
    of_dossier: Vec<(String, String)>,
    dossier: DossierView,
}

/// What the form of the dossier has so far.
struct DossierView {
    title: String,
    note: String,
    date: String,
}

/// What the form of the dossier asks.
const ASKED: [&str; 3] = ["title", "note", "date"];

struct Column {
    title: Html,
    lang: Option<String>,
    url: String,
    score: String,
    without: Option<String>,
}

struct Row {
    label: Html,
    cells: Vec<CellView>,
}

struct CellView {
    text: Option<Html>,
    /// A price beside what is said of it.
    amount: Option<String>,
    verdict: &'static str,
    checked: Option<Html>,
}

struct PreferenceView {
    heading: Html,
    reasons: Vec<Html>,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let chosen = chosen(&visit.address);
    if chosen < 2 {
        return visit
            .show(server, |_, visit| written(&ComparePage::empty(visit)))
            .await;
    }
    let asked = visit.address.clone();
    let asked = asked.keeping(|name, _| name != "lang" && !ASKED.contains(&name));
    let mut reader = Reader::new(asked.raw(), &server.app.schema.vocabularies);
    let ids = reader.ids("ids", 2..=Decision::MOST_FINALISTS);
    let buyers = reader.buyers();
    let search = reader.query();
    reader.finish().map_err(ApiError::Invalid)?;
    let query = Query {
        language: visit.language(),
        profile: search.profile,
        explain: true,
        ..Query::default()
    };
    let answer = move |server: &Server, visit: &Visit| {
        let compare = &server.app.compare;
        let today = server.app.clock.now().strftime("%F").to_string();
        let outcome = compare.compare(&Actor::Visitor, &ids, &query, buyers)?;
        let mut page = ComparePage::new(visit, outcome);
        if page.dossier.date.is_empty() {
            page.dossier.date = today;
        }
        written(&page)
    };
    visit.show(server, answer).await
}

/// How many resources an address names.
fn chosen(address: &Address) -> usize {
    let ids = address.all("ids").flat_map(|ids| ids.split(','));
    let mut ids: Vec<&str> = ids.filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

impl ComparePage {
    fn empty(visit: &Visit) -> Self {
        let ui = visit.ui;
        let (title, text) = (
            ui.t("compare.title").clone(),
            ui.t("compare.description").clone(),
        );
        let search = visit.address.clone().keeping(is_of_search);
        ComparePage {
            frame: Frame::new(visit, "compare", title, text).unlisted(),
            too_few: true,
            columns: Vec::new(),
            differing: Vec::new(),
            same: Vec::new(),
            preferences: Vec::new(),
            students: visit
                .address
                .first("students")
                .unwrap_or_default()
                .to_owned(),
            classes: visit
                .address
                .first("classes")
                .unwrap_or_default()
                .to_owned(),
            carried: Vec::new(),
            back: search.on("search").to_string(),
            of_dossier: {
                let others = visit.address.clone();
                let others = others.keeping(|name, _| !ASKED.contains(&name));
                others.params().to_vec()
            },
            dossier: {
                let said = |name| visit.address.first(name).unwrap_or_default().to_owned();
                DossierView {
                    title: said("title"),
                    note: said("note"),
                    date: said("date"),
                }
            },
            ui,
        }
    }

    fn new(visit: &Visit, outcome: ComparisonOutcome) -> Self {
        let ui = visit.ui;
        let columns = outcome.resources.iter();
        let columns: Vec<Column> = columns.map(|one| column(visit, &outcome, one)).collect();
        // The best one before each of the others.
        let of_best = outcome.preferences.iter().take(columns.len() - 1);
        let of_best = of_best.filter(|preference| preference.points > 0);
        let preferences = of_best.map(|preference| PreferenceView {
            heading: Html::of_trusted(format!(
                "<strong>{}</strong>, {} <strong>{}</strong>",
                columns[preference.better].title,
                ui.t("compare.than"),
                columns[preference.other].title
            )),
            reasons: preference
                .reasons
                .iter()
                .filter(|reason| reason.points > 0)
                .take(3)
                .map(|reason| ui.label(&reason.text))
                .collect(),
        });
        let preferences: Vec<PreferenceView> = preferences.collect();
        let (differing, same): (Vec<Criterion>, Vec<Criterion>) = outcome
            .criteria
            .into_iter()
            .partition(|criterion| criterion.differs);
        let is_known =
            |criterion: &Criterion| criterion.cells.iter().any(|cell| cell.text.is_some());
        let not_here = |name: &str, _: &str| name != "students" && name != "classes";
        ComparePage {
            too_few: false,
            differing: differing
                .into_iter()
                .map(|criterion| row(ui, criterion))
                .collect(),
            same: same
                .into_iter()
                .filter(is_known)
                .map(|criterion| row(ui, criterion))
                .collect(),
            preferences,
            carried: visit.address.clone().keeping(not_here).params().to_vec(),
            columns,
            ..ComparePage::empty(visit)
        }
    }
}

fn column(visit: &Visit, outcome: &ComparisonOutcome, one: &Standing) -> Column {
    let (ui, address) = (visit.ui, &visit.address);
    let (title, lang) = match best(&one.resource.title, ui.language) {
        Some((title, lang)) => (ui.set(title), lang.map(str::to_owned)),
        None => (ui.set(one.resource.id.as_str()), None),
    };
    let search = address.clone().keeping(is_of_search);
    let others = |id: &&ResourceId| **id != one.resource.id;
    let ids = outcome.resources.iter().map(|one| &one.resource.id);
    let without = ids
        .filter(others)
        .fold(address.clone().without("ids"), |address, id| {
            address.with("ids", id.as_str())
        });
    Column {
        url: search
            .carried()
            .on(&format!("resources/{}", step(one.resource.id.as_str())))
            .to_string(),
        score: one
            .points()
            .map(|sum| points(sum, ui.language))
            .unwrap_or_default(),
        without: (outcome.resources.len() > 2).then(|| without.to_string()),
        title,
        lang,
    }
}

fn row(ui: Ui, criterion: Criterion) -> Row {
    let is_price = criterion.name == "price";
    let cell = |cell: Cell| CellView {
        text: cell.text.map(|text| match criterion.name.as_str() {
            "updated" => ui.date(&text.fr),
            _ => ui.label(&text),
        }),
        amount: cell
            .cents
            .filter(|cents| is_price && *cents > 0)
            .map(|cents| ui.money(cents)),
        verdict: match cell.verdict {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        },
        checked: cell
            .verified
            .map(|date| ui.fill("resource.checked", &ui.date(&date))),
    };
    Row {
        label: ui.label(&criterion.label),
        cells: criterion.cells.into_iter().map(cell).collect(),
    }
}
