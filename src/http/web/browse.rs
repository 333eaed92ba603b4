//! Looking around: every level and every subject, with how many resources each has.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::address::Address;
use super::frame::{self, Frame};
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::vocabulary::{Term, Vocabularies};
use crate::http::Server;
use crate::http::error::ApiResult;
use crate::query::facet::Facet;
use crate::query::found::FacetCount;
use crate::query::page::Page;
use crate::query::search_query::Query;

#[derive(Template)]
#[template(path = "browse.html")]
struct BrowsePage {
    ui: Ui,
    frame: Frame,
    sections: Vec<Section>,
}

/// A vocabulary as a way to look around.
struct Section {
    name: &'static str,
    title: &'static Html,
    branches: Vec<Branch>,
}

/// A term with what is below it.
pub struct Branch {
    pub label: Html,
    pub count: String,
    pub url: String,
    pub below: Vec<Branch>,
}

pub async fn page(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    visit
        .show(server, |server, visit| written(&answer(server, visit)?))
        .await
}

fn answer(server: &Server, visit: &Visit) -> ApiResult<BrowsePage> {
    let ui = visit.ui;
    let branches = Branches::count(server, visit)?;
    let section = |facet: Facet| Section {
        name: facet.name(),
        title: ui.t(&format!("browse.{}", facet.name())),
        branches: branches.trees(facet),
    };
    let title = ui.t("browse.title").clone();
    Ok(BrowsePage {
        frame: Frame::new(visit, "browse", title, ui.t("browse.description").clone()),
        sections: [Facet::Level, Facet::Subject, Facet::Type]
            .map(section)
            .into(),
        ui,
    })
}

/// What the whole catalogue has for each term, and where that is shown.
pub struct Branches<'a> {
    ui: Ui,
    vocabularies: &'a Vocabularies,
    counts: Vec<FacetCount>,
    search: Address,
    pub total: u64,
}

impl Branches<'_> {
    pub fn count<'a>(server: &'a Server, visit: &Visit) -> ApiResult<Branches<'a>> {
        let query = Query {
            language: visit.language(),
            facets: vec![Facet::Level, Facet::Subject, Facet::Type],
            page: Page {
                limit: 0,
                offset: 0,
            },
            ..Query::default()
        };
        let outcome = server.app.search.search(&Actor::Visitor, &query)?;
        Ok(Branches {
            ui: visit.ui,
            vocabularies: &server.app.schema.vocabularies,
            counts: outcome.facets,
            search: frame::class(&visit.address).on("search"),
            total: outcome.total,
        })
    }

    /// The terms that stand at the top, without what is below them.
    pub fn roots(&self, facet: Facet) -> Vec<Branch> {
        let trees = self.trees(facet).into_iter();
        trees
            .map(|branch| Branch {
                below: Vec::new(),
                ..branch
            })
            .collect()
    }

    fn trees(&self, facet: Facet) -> Vec<Branch> {
        self.below(facet, None)
    }

    fn below(&self, facet: Facet, parent: Option<&str>) -> Vec<Branch> {
        let terms = self.vocabularies.get(facet.name()).terms().iter();
        let own = terms.filter(|term| term.parent.as_deref() == parent);
        own.filter_map(|term| self.branch(facet, term)).collect()
    }

    fn branch(&self, facet: Facet, term: &Term) -> Option<Branch> {
        let counts = self.counts.iter().find(|counts| counts.facet == facet)?;
        let count = counts.count(term.order);
        (count > 0).then(|| Branch {
            label: self.ui.label(&term.label),
            count: self.ui.number(count),
            url: self.search.clone().with(facet.name(), &term.id).to_string(),
            below: self.below(facet, Some(&term.id)),
        })
    }
}
