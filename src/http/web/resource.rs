//! One resource: everything known of it, with the day it was checked; where it stands in the search that led here; what
//! resembles it.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::address::step;
use super::card::{Card, Cards, Reason, best, told};
use super::facts::{FactView, Facts, Section};
use super::frame::{self, Frame};
use super::search;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::resource::Resource;
use crate::http::Server;
use crate::http::api::resources::resource_id;
use crate::http::error::{ApiError, ApiResult};
use crate::interchange::lrmi;
use crate::query::search_query::Query;
use crate::services::similar;
use crate::services::why::{Standing, WhyOutcome};

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage<'a> {
    ui: Ui,
    frame: Frame,
    title: Html,
    lang: Option<String>,
    publisher: Option<Html>,
    /// The description in the visitor's language first.
    descriptions: Vec<Description>,
    url: Option<String>,
    host: String,
    essentials: Vec<FactView>,
    sections: Vec<Section>,
    why: Option<Why>,
    back: Option<String>,
    compare: Vec<(String, String)>,
    similar: Vec<Card<'a>>,
    /// For machines: JSON-LD that cannot end the element it stands in.
    json_ld: Html,
}

struct Description {
    html: Html,
    lang: String,
    is_own: bool,
}

/// Where the resource stands in the search that led here.
struct Why {
    heading: Html,
    reasons: Vec<Reason>,
    /// What keeps it out, where it is not among the results.
    obstacles: Vec<Html>,
    above: Option<Html>,
}

pub async fn page(
    State(server): State<Arc<Server>>,
    id: Result<Path<String>, PathRejection>,
    visit: Visit,
) -> ApiResult<Response> {
    let id = resource_id(id)?;
    let query = search::read(&visit, &server.app.schema.vocabularies)?;
    let answer = move |server: &Server, visit: &Visit| {
        let (app, actor) = (&server.app, &Actor::Visitor);
        let has_search = visit
            .address
            .params()
            .iter()
            .any(|(name, _)| is_of_question(name));
        let why = match has_search {
            true => Some(app.why.why(actor, &id, &query)?),
            false => None,
        };
        let (resource, runs_on) = app.catalogue.find(actor, &id)?;
        let similar = app.similar.similar(
            actor,
            &resource,
            &runs_on,
            visit.language(),
            similar::DEFAULT,
        )?;
        let facts = Facts {
            ui: visit.ui,
            schema: &app.schema,
            search: frame::class(&visit.address).on("search"),
        };
        let cards = Cards::new(visit.ui, &server.labels, &facts.search).of(similar)?;
        let page = view(visit, &resource, &facts, why, &query, cards, &runs_on);
        written(&page)
    };
    let address = visit.address.clone();
    match visit.show(server, answer).await {
        // Merged into another: that one has its own page, for the same search.
        Err(ApiError::Moved(moved)) => {
            let to = address.on(&format!("resources/{}", step(moved.moved_to.as_str())));
            Ok(Redirect::permanent(&to.to_string()).into_response())
        }
        shown => shown,
    }
}

fn is_of_question(name: &str) -> bool {
    name == "q" || name == "max_price" || crate::query::facet::Facet::from_name(name).is_some()
}

fn view<'a>(
    visit: &Visit,
    resource: &Resource,
    facts: &Facts,
    why: Option<WhyOutcome>,
    query: &Query,
    similar: Vec<Card<'a>>,
    runs_on: &crate::domain::compatibility::RunsOn,
) -> ResourcePage<'a> {
    let ui = visit.ui;
    let (title, lang) = match best(&resource.title, ui.language) {
        Some((title, lang)) => (ui.set(title), lang.map(str::to_owned)),
        None => (ui.set(resource.id.as_str()), None),
    };
    let descriptions = descriptions(ui, resource);
    let summary = descriptions.first().map(|first| first.html.clone());
    let summary = summary.unwrap_or_else(|| ui.t("resource.description").clone());
    let mut frame = Frame::new(visit, "resource", title.clone(), summary);
    // The resource's page is one, whatever search led to it.
    frame.is_unlisted = !visit.address.params().is_empty();
    let back = why
        .is_some()
        .then(|| visit.address.on("search").to_string());
    let mut compare = visit.address.clone().without("ids").params().to_vec();
    compare.push(("ids".to_owned(), resource.id.to_string()));
    let url = resource.url.clone().filter(|url| is_web(url));
    ResourcePage {
        publisher: facts.publisher(resource),
        host: url.as_deref().map(host).unwrap_or_default(),
        essentials: facts.essentials(resource, runs_on),
        sections: facts.sections(resource),
        why: why.map(|why| standing(ui, facts, why, query)),
        json_ld: json_ld(resource),
        frame,
        title,
        lang,
        descriptions,
        url,
        back,
        compare,
        similar,
        ui,
    }
}

fn descriptions(ui: Ui, resource: &Resource) -> Vec<Description> {
    let own = ui.tag();
    let mut all: Vec<Description> = resource
        .description
        .0
        .iter()
        .map(|(lang, text)| Description {
            html: ui.set(text),
            is_own: lang == own || lang == "und",
            lang: lang.clone(),
        })
        .collect();
    all.sort_by_key(|description| !description.is_own);
    all
}

fn standing(ui: Ui, facts: &Facts, why: WhyOutcome, query: &Query) -> Why {
    let mut view = Why {
        heading: ui.t("resource.not_yet").clone(),
        reasons: Vec::new(),
        obstacles: Vec::new(),
        above: None,
    };
    let searched = match query.text.is_empty() {
        true => ui.t("resource.this_search").clone(),
        false => ui.t1("resource.search_for", &query.text),
    };
    match &why.standing {
        Standing::Ranked {
            rank,
            reasons,
            above,
            ..
        } => {
            let total = ui.n("search.total", why.total);
            let place = ui.t1("resource.place", ui.number(*rank));
            view.heading = Html::of_trusted(format!("{place} {searched} ({total})"));
            view.reasons = told(ui, reasons);
            view.above = above.as_ref().and_then(|above| {
                let (title, _) = best(&above.title, ui.language)?;
                let more = above.reasons.iter().find(|reason| reason.points > 0)?;
                let above = ui.t1("resource.above", title);
                Some(Html::of_trusted(format!(
                    "{above} {}",
                    ui.label(&more.text)
                )))
            });
        }
        Standing::Out { filters, words, .. } => {
            view.heading = Html::of_trusted(format!("{} {searched}", ui.t("resource.absent")));
            let told = |limit| facts.told(limit);
            view.obstacles = filters.iter().map(told).collect();
            if let Some(trouble) = words {
                let words = trouble.words.join(", ");
                view.obstacles.push(match trouble.kind {
                    crate::services::why::TroubleKind::NoWord => ui.t1("resource.no_word", words),
                    crate::services::why::TroubleKind::NoPhrase => {
                        ui.t("resource.no_phrase").clone()
                    }
                    crate::services::why::TroubleKind::Excluded => {
                        ui.t1("resource.excluded", words)
                    }
                });
            }
        }
        Standing::NotYet => {}
    }
    view
}

fn json_ld(resource: &Resource) -> Html {
    let document = lrmi::document(resource).to_string();
    Html::of_trusted(document.replace('<', "\\u003c"))
}

/// Only addresses of the web become links.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// What an address shows of itself.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    host.trim_start_matches("www.").to_owned()
}
