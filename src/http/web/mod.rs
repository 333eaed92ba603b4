//! The pages for the visitor: find, understand, decide.
//!
//! Rendered here, without a script; a small one makes them nicer (`assets/site.js`). A page's handler reads its
//! `visit`, calls the services that the API calls, and lays their answer out in a view of plain fields for its template.
//! The words are data (`texts`), set by `typography`; every state of a page is its `address`.
//!
//! | page | file |
//! |---|---|
//! | `/fr/`, `/en/` | `home` |
//! | `search` | `search`, with `facets`, `my_class` and `card` |
//! | `guidance` | `guidance` |
//! | `resources/ID` | `resource` |
//! | `compare` | `compare` |
//! | `dossier` | `dossier`, the page of the API's |
//! | `browse` | `browse` |
//! | `about`, `accessibility` | `about` |
//! | `privacy` | `privacy` |
//! | `confirm`, `confirm-address`, `new-password`, `reset` | `letter` |
//! | feed, sitemap and the like | `feeds` |

mod about;
mod address;
mod assets;
mod browse;
mod card;
mod compare;
mod dossier;
mod errors;
mod facets;
mod facts;
mod feeds;
mod frame;
mod guidance;
mod home;
mod labels;
mod letter;
mod manners;
mod my_class;
mod privacy;
mod prose;
mod resource;
mod search;
mod texts;
mod typography;
mod visit;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router, middleware};
use tower_http::compression::CompressionLayer;

use super::Server;
use crate::domain::language::Language;
use visit::PublicOrigin;

pub use errors::friendly;
pub use labels::Labels;
pub use texts::MISSING;

/// Every page and what belongs to them.
pub fn routes(server: &Arc<Server>) -> Router {
    let kept = middleware::from_fn_with_state(Arc::clone(server), manners::keep);
    let pages = Language::ALL
        .into_iter()
        .fold(Router::new(), |all, language| {
            all.merge(pages(language).layer(Extension(language)))
        });
    let routes = pages
        .route("/sitemap.xml", get(feeds::sitemap_index))
        .route("/sitemap/{part}", get(feeds::sitemap))
        .layer(kept)
        .route("/", get(manners::choose_language))
        .route("/robots.txt", get(feeds::robots))
        .route("/favicon.svg", get(assets::icon))
        .route("/assets/{hash}/{name}", get(assets::serve))
        .layer(middleware::map_response(manners::security_headers))
        // No page has a secret on it, so that none can be guessed from its length.
        .layer(CompressionLayer::new())
        .with_state(Arc::clone(server));
    match server.settings.public_origin() {
        Some(origin) => routes.layer(Extension(PublicOrigin(origin.to_owned()))),
        None => routes,
    }
}

/// The pages of one language.
fn pages(language: Language) -> Router<Arc<Server>> {
    let at = |page: &str| format!("/{}/{page}", language.tag());
    let letters = letter::Kind::ALL.into_iter();
    letters
        .fold(Router::new(), |pages, kind| {
            pages.route(&at(kind.path()), letter::routes(kind))
        })
        .route(&at("")[..3], get(manners::to_home))
        .route(&at(""), get(home::page))
        .route(&at("search"), get(search::page))
        .route(&at("guidance"), get(guidance::page))
        .route(&at("resources/{id}"), get(resource::page))
        .route(&at("compare"), get(compare::page))
        .route(&at("dossier"), get(dossier::page))
        .route(&at("browse"), get(browse::page))
        .route(&at("about"), get(about::page))
        .route(&at("accessibility"), get(about::accessibility))
        .route(&at("privacy"), get(privacy::page))
        .route(&at("feed.atom"), get(feeds::atom))
        .route(&at("opensearch.xml"), get(feeds::open_search))
}
