//! The values of a facet with their counts: in the answer of a search, and looked up by a name.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::search::{AskerParams, SearchParams};
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::typed::{Closeness, Typed};
use crate::domain::vocabulary::{Term, Vocabularies};
use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::query::facet::Facet;
use crate::query::filter::Filters;
use crate::query::found::FacetCount;
use crate::query::page::Page;
use crate::query::search_query::Query;

#[derive(Serialize, ToSchema)]
pub struct FacetResponse {
    values: Vec<FacetValueResponse>,
    /// How many values are listed, at most 100.
    returned: usize,
    /// How many have a count or are selected; in a look-up, of those that are found.
    total_values: usize,
    /// Results of which the facet is not known.
    unknown: u64,
}

#[derive(Serialize, ToSchema)]
struct FacetValueResponse {
    value: String,
    label: String,
    parent: Option<String>,
    count: u64,
    selected: bool,
}

/// Which values are looked up.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct FindParams {
    /// Words of a label, a synonym or an acronym in either language; the last may be the start of one. Empty for all.
    find: Option<String>,
}

/// Looks up a facet's values, with their counts for the current search.
///
/// Takes every parameter of a search; those that choose and order its page have no say in counts. With `find`, names that
/// are the typed words come first, then those that begin with them, then the others, each by count; without it, values
/// come in the vocabulary's order.
#[utoipa::path(get, path = "/facets/{facet}", tag = "find",
    params(("facet" = String, Path, description = "such as subject"), FindParams, SearchParams, AskerParams),
    responses((status = OK, body = FacetResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = NOT_FOUND, description = "names the facets there are")))]
pub async fn one(
    State(server): State<Arc<Server>>,
    name: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let facet = name.ok().and_then(|Path(name)| Facet::from_name(&name));
    let facet = facet.ok_or_else(|| {
        let known = Facet::ALL.map(Facet::name).join(", ");
        ApiError::NotFound(format!("facet of this name; there are {known}"))
    })?;
    let mut reader = server.reader(query);
    let find = Typed::new(&reader.text("find").unwrap_or_default());
    let query = Query {
        facets: vec![facet],
        page: Page {
            limit: 0,
            offset: 0,
        },
        explain: false,
        ..reader.query()
    };
    reader.finish().map_err(ApiError::Invalid)?;
    let answer = server.answer(move |app| {
        let outcome = app.search.search(&Actor::Visitor, &query)?;
        let counts = outcome.facets.first();
        let counts = counts.ok_or_else(|| ApiError::Internal("a facet was not counted".into()))?;
        let (language, vocabularies) = (query.language, &app.schema.vocabularies);
        Ok(match find.is_empty() {
            true => response(counts, &outcome.filters, language, vocabularies),
            false => matching(&find, counts, &outcome.filters, language, vocabularies),
        })
    });
    answer.await
}

/// The most values of one facet that an answer lists.
const MOST_VALUES: usize = 100;

/// Values with a count or selected, in the vocabulary's order; beyond the most, those with the smallest counts are left out.
pub fn response(
    counts: &FacetCount,
    filters: &Filters,
    language: Language,
    vocabularies: &Vocabularies,
) -> FacetResponse {
    let mut terms = listed(counts, filters, vocabularies);
    let total_values = terms.len();
    if total_values > MOST_VALUES {
        let selected = filters.values(counts.facet);
        terms.sort_by_key(|term| {
            let count = Reverse(counts.count(term.order));
            (!selected.contains(&term.order), count, term.order)
        });
        terms.truncate(MOST_VALUES);
        terms.sort_by_key(|term| term.order);
    }
    in_response(terms, total_values, counts, filters, language)
}

/// The same values as far as they have a name that is looked for, the closest first.
fn matching(
    find: &Typed,
    counts: &FacetCount,
    filters: &Filters,
    language: Language,
    vocabularies: &Vocabularies,
) -> FacetResponse {
    let closeness = |term: &Term| -> Option<Closeness> {
        let keys = term.names().map(crate::domain::text::key);
        keys.filter_map(|key| find.closeness(&key)).min()
    };
    let listed = listed(counts, filters, vocabularies).into_iter();
    let mut found: Vec<_> = listed
        .filter_map(|term| Some((closeness(term)?, term)))
        .collect();
    found.sort_by_key(|(closeness, term)| {
        (*closeness, Reverse(counts.count(term.order)), term.order)
    });
    let total_values = found.len();
    let best = found.into_iter().take(MOST_VALUES).map(|(_, term)| term);
    in_response(best.collect(), total_values, counts, filters, language)
}

fn listed<'a>(
    counts: &FacetCount,
    filters: &Filters,
    vocabularies: &'a Vocabularies,
) -> Vec<&'a Term> {
    let selected = filters.values(counts.facet);
    let terms = vocabularies.get(counts.facet.name()).terms().iter();
    terms
        .filter(|term| counts.count(term.order) > 0 || selected.contains(&term.order))
        .collect()
}

fn in_response(
    terms: Vec<&Term>,
    total_values: usize,
    counts: &FacetCount,
    filters: &Filters,
    language: Language,
) -> FacetResponse {
    let selected = filters.values(counts.facet);
    let value = |term: &&Term| FacetValueResponse {
        value: term.id.clone(),
        label: term.label.get(language).to_owned(),
        parent: term.parent.clone(),
        count: counts.count(term.order),
        selected: selected.contains(&term.order),
    };
    FacetResponse {
        returned: terms.len(),
        values: terms.iter().map(value).collect(),
        total_values,
        unknown: counts.unknown,
    }
}
