//! A few resources side by side: their facts, their fit to the asker, and why one stands before another.

use std::cmp::Reverse;
use std::sync::Arc;

use super::ServiceError;
use super::catalogue::Catalogue;
use super::search::{Prepared, Search};
use crate::domain::actor::Actor;
use crate::domain::cost::Buyers;
use crate::domain::language::LanguageMap;
use crate::domain::profile::Profile;
use crate::domain::resource::ResourceId;
use crate::guidance::comparison::{Compared, Compares, Criterion};
use crate::query::found::Candidate;
use crate::query::search_query::Query;
use crate::ranking::explanation::{Contribution, Difference, differences};

/// Compares resources of the catalogue.
pub struct Compare {
    search: Arc<Search>,
    catalogue: Arc<Catalogue>,
}

/// Everything a door needs to answer.
pub struct ComparisonOutcome {
    /// In the order they were asked for.
    pub resources: Vec<Standing>,
    pub criteria: Vec<Criterion>,
    /// For every two, the better one first.
    pub preferences: Vec<Preference>,
}

/// One of the compared, with its fit to the asker.
pub struct Standing {
    pub id: ResourceId,
    pub title: LanguageMap,
    /// Its reasons; nothing as long as the index has yet to learn of it.
    pub reasons: Option<Vec<Contribution>>,
}

/// Why one stands before another: places among the resources.
pub struct Preference {
    pub better: usize,
    pub other: usize,
    pub points: i64,
    pub reasons: Vec<Difference>,
}

impl Compare {
    pub fn new(search: Arc<Search>, catalogue: Arc<Catalogue>) -> Self {
        Compare { search, catalogue }
    }

    /// Sets resources side by side for an asker.
    ///
    /// # Errors
    /// When one of them is not in the catalogue.
    pub fn compare(
        &self,
        actor: &Actor,
        ids: &[ResourceId],
        query: &Query,
        buyers: Buyers,
    ) -> Result<ComparisonOutcome, ServiceError> {
        let found = ids.iter().map(|id| self.catalogue.find(actor, id));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let compared: Vec<Compared> = found
            .iter()
            .map(|(resource, runs_on)| Compared { resource, runs_on })
            .collect();
        let prepared = self.search.prepare(actor, query, |_, _| true)?;
        let standing = |one: &Compared| {
            let resource = one.resource;
            Ok(Standing {
                id: resource.id.clone(),
                title: resource.title.clone(),
                reasons: self.search.report(reasons(&prepared, &resource.id))?,
            })
        };
        let resources = compared.iter().map(standing);
        let resources = resources.collect::<Result<Vec<_>, ServiceError>>()?;
        let schema = self.search.schema();
        let no_profile = Profile::default();
        let compares = Compares {
            vocabularies: &schema.vocabularies,
            currencies: &schema.currencies,
            profile: query.profile.as_ref().unwrap_or(&no_profile),
            buyers,
        };
        Ok(ComparisonOutcome {
            criteria: compares.criteria(&compared),
            preferences: preferences(&resources),
            resources,
        })
    }
}

fn reasons(
    prepared: &Prepared,
    id: &ResourceId,
) -> Result<Option<Vec<Contribution>>, ServiceError> {
    let place = prepared.snapshot.find(id)?;
    Ok(place.map(|place| {
        prepared.explain(&Candidate {
            row: prepared.snapshot.row(place),
            place,
            text: 0.0,
            points: 0,
            neutral_rank: None,
        })
    }))
}

fn preferences(resources: &[Standing]) -> Vec<Preference> {
    let mut ranked: Vec<(usize, i64, &Vec<Contribution>)> = resources
        .iter()
        .enumerate()
        .filter_map(|(place, one)| Some((place, one.points()?, one.reasons.as_ref()?)))
        .collect();
    ranked.sort_by_key(|(place, points, _)| (Reverse(*points), resources[*place].id.clone()));
    let mut preferences = Vec::new();
    for (at, (better, points, reasons)) in ranked.iter().enumerate() {
        for (other, fewer, others) in &ranked[at + 1..] {
            preferences.push(Preference {
                better: *better,
                other: *other,
                points: points - fewer,
                reasons: differences(reasons, others),
            });
        }
    }
    preferences
}

impl Standing {
    /// Its fit and quality, in ten-thousandths of a point.
    pub fn points(&self) -> Option<i64> {
        let reasons = self.reasons.as_ref()?.iter();
        Some(reasons.map(|reason| reason.points).sum())
    }
}
