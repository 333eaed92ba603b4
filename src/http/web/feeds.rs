//! For readers that are programs: the feed of new resources, the sitemap, the description for browsers' search fields.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::address::step;
use super::card::best;
use super::texts::Ui;
use super::visit::{Visit, written};
use crate::domain::actor::Actor;
use crate::domain::language::LanguageMap;
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::page::{Page, Sort};
use crate::query::search_query::Query;

/// How many resources the feed has.
const IN_THE_FEED: usize = 30;

/// How many resources one part of the sitemap has: each is there in two languages, and 50,000 addresses are allowed.
const IN_A_PART: usize = 10_000;

/// The pages that are always there.
const PAGES: [&str; 6] = [
    "",
    "guidance",
    "browse",
    "about",
    "privacy",
    "accessibility",
];

#[derive(Template)]
#[template(path = "feed.xml")]
struct Feed {
    ui: Ui,
    origin: String,
    updated: String,
    entries: Vec<Entry>,
}

struct Entry {
    title: String,
    summary: String,
    url: String,
    updated: String,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    title: LanguageMap,
    #[serde(default)]
    description: LanguageMap,
    updated_at: Option<String>,
}

/// The resources that were written or changed last.
pub async fn atom(State(server): State<Arc<Server>>, visit: Visit) -> ApiResult<Response> {
    let answer = |server: &Server, visit: &Visit| {
        let query = Query {
            language: visit.language(),
            facets: Vec::new(),
            sort: Sort::Newest,
            page: Page {
                limit: IN_THE_FEED,
                offset: 0,
            },
            ..Query::default()
        };
        let outcome = server.app.search.search(&Actor::Visitor, &query)?;
        let entries = outcome
            .hits
            .iter()
            .map(|hit| entry(visit, &hit.id, &hit.record));
        let entries = entries.collect::<ApiResult<Vec<Entry>>>()?;
        let latest = entries.first().map(|entry| entry.updated.clone());
        written(&Feed {
            ui: visit.ui,
            origin: visit.origin.clone(),
            updated: latest.unwrap_or_else(|| moment(None)),
            entries,
        })
    };
    let response = visit.show(server, answer).await?;
    Ok((
        [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")],
        response,
    )
        .into_response())
}

fn entry(visit: &Visit, id: &str, record: &str) -> ApiResult<Entry> {
    let record: Record =
        serde_json::from_str(record).map_err(|error| ApiError::Internal(error.to_string()))?;
    let text = |map: &LanguageMap| {
        let (text, _) = best(map, visit.language())?;
        Some(text.chars().filter(|c| !c.is_control()).collect::<String>())
    };
    Ok(Entry {
        title: text(&record.title).unwrap_or_else(|| id.to_owned()),
        summary: text(&record.description).unwrap_or_default(),
        url: format!(
            "{}{}",
            visit.origin,
            visit.to(&format!("resources/{}", step(id)))
        ),
        updated: moment(record.updated_at.as_deref()),
    })
}

/// A date of a record as a moment; the beginning of time where there is none.
fn moment(date: Option<&str>) -> String {
    let day = date.and_then(|date| date.get(..10)?.parse::<jiff::civil::Date>().ok());
    match day {
        Some(day) => format!("{day}T00:00:00Z"),
        None => "1970-01-01T00:00:00Z".to_owned(),
    }
}

/// Where the parts of the sitemap are.
pub async fn sitemap_index(State(server): State<Arc<Server>>, visit: Visit) -> Response {
    let resources = server.app.index.snapshot().resources() as usize;
    let parts = (1..=resources.div_ceil(IN_A_PART)).map(|part| part.to_string());
    let parts = std::iter::once("pages".to_owned()).chain(parts);
    let parts = parts.map(|part| {
        format!(
            "<sitemap><loc>{}/sitemap/{part}.xml</loc></sitemap>\n",
            visit.origin
        )
    });
    xml(format!(
        "<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{}</sitemapindex>\n",
        parts.collect::<String>()
    ))
}

/// One part of the sitemap.
pub async fn sitemap(
    State(server): State<Arc<Server>>,
    Path(part): Path<String>,
    visit: Visit,
) -> ApiResult<Response> {
    let unknown = || ApiError::NotFound("part of the sitemap of this name".into());
    let part = part.strip_suffix(".xml").ok_or_else(unknown)?;
    if part == "pages" {
        return Ok(urls(&visit, PAGES.iter().map(|page| (*page).to_owned())));
    }
    let part = part
        .parse::<usize>()
        .ok()
        .and_then(|part| part.checked_sub(1));
    let part = part.ok_or_else(unknown)?;
    let at = Arc::clone(&server);
    let ids = server.bridge.ask(move || {
        let query = Query {
            page: Page {
                limit: usize::MAX,
                offset: 0,
            },
            ..Query::default()
        };
        at.app.search.ranking(&Actor::Visitor, &query)
    });
    let mut ids: Vec<String> = ids.await??.into_iter().map(|(id, _)| id).collect();
    ids.sort_unstable();
    let of_part = ids.chunks(IN_A_PART).nth(part).ok_or_else(unknown)?;
    Ok(urls(
        &visit,
        of_part.iter().map(|id| format!("resources/{}", step(id))),
    ))
}

/// Pages with their addresses in both languages.
fn urls(visit: &Visit, pages: impl Iterator<Item = String>) -> Response {
    let mut list = String::from(
        "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:xhtml=\"http://www.w3.org/1999/xhtml\">\n",
    );
    let origin = &visit.origin;
    for page in pages {
        let links: String = ["fr", "en"]
            .iter()
            .map(|tag| format!("<xhtml:link rel=\"alternate\" hreflang=\"{tag}\" href=\"{origin}/{tag}/{page}\"/>"))
            .collect();
        for tag in ["fr", "en"] {
            list.push_str(&format!(
                "<url><loc>{origin}/{tag}/{page}</loc>{links}</url>\n"
            ));
        }
    }
    list.push_str("</urlset>\n");
    xml(list)
}

fn xml(body: String) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/xml; charset=utf-8")];
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    (kind, body).into_response()
}

/// How a browser asks from its own search field.
pub async fn open_search(visit: Visit) -> Response {
    let (origin, tag) = (&visit.origin, visit.ui.tag());
    let description = visit.ui.t("home.description");
    let body = format!(
        "<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n<ShortName>Classo</ShortName>\n\
         <Description>{description}</Description>\n<InputEncoding>UTF-8</InputEncoding>\n\
         <Image width=\"32\" height=\"32\" type=\"image/svg+xml\">{origin}/favicon.svg</Image>\n\
         <Url type=\"text/html\" template=\"{origin}/{tag}/search?q={{searchTerms}}\"/>\n</OpenSearchDescription>\n"
    );
    let kind = [(
        header::CONTENT_TYPE,
        "application/opensearchdescription+xml; charset=utf-8",
    )];
    (
        kind,
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"),
    )
        .into_response()
}

/// What crawlers may read: pages, not the endless states of a search.
pub async fn robots(visit: Visit) -> String {
    format!(
        "User-agent: *\nDisallow: /api/\nDisallow: /*/search?\nDisallow: /*/guidance?\nDisallow: /*/compare\n\
         Disallow: /*/dossier\n\nSitemap: {}/sitemap.xml\n",
        visit.origin
    )
}
