//! A few resources side by side: their facts, their fit to the asker, and why one stands before another.

use std::cmp::Reverse;
use std::sync::Arc;

use super::ServiceError;
use super::catalogue::Catalogue;
use super::search::{Moment, Prepared, Search};
use crate::domain::actor::Actor;
use crate::domain::compatibility::RunsOn;
use crate::domain::cost::Buyers;
use crate::domain::profile::Profile;
use crate::domain::resource::{Resource, ResourceId};
use crate::guidance::comparison::{Compared, Compares, Criterion};
use crate::query::found::Candidate;
use crate::query::need::Need;
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
    pub resource: Resource,
    pub runs_on: RunsOn,
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

    /// Sets resources side by side for an asker; words, when there are any, count as they do in a search.
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
        self.compare_at(self.search.now(), actor, ids, query, buyers)
    }

    /// The same at a moment of the caller's.
    pub(super) fn compare_at(
        &self,
        moment: Moment,
        actor: &Actor,
        ids: &[ResourceId],
        query: &Query,
        buyers: Buyers,
    ) -> Result<ComparisonOutcome, ServiceError> {
        let ids = ids.iter().map(|id| self.catalogue.resolve(id));
        let ids = &ids.collect::<Result<Vec<_>, _>>()?;
        let found = ids.iter().map(|id| self.catalogue.find(actor, id));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let prepared = self.search.prepare_at(moment, actor, query, |_, _| true)?;
        let reasons = self.search.report(self.reasons(&prepared, ids))?;
        let resources: Vec<Standing> = found
            .into_iter()
            .zip(reasons)
            .map(|((resource, runs_on), reasons)| Standing {
                resource,
                runs_on,
                reasons,
            })
            .collect();
        let compared: Vec<Compared> = resources.iter().map(Standing::compared).collect();
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

    /// Why each of them has its points; nothing where the index has yet to learn of it.
    fn reasons(
        &self,
        prepared: &Prepared,
        ids: &[ResourceId],
    ) -> Result<Vec<Option<Vec<Contribution>>>, ServiceError> {
        let snapshot = &prepared.snapshot;
        let with_words = match prepared.plan.is_textless() {
            true => Vec::new(),
            false => self.with_words(prepared)?,
        };
        let reasons = ids.iter().map(|id| {
            let Some(place) = snapshot.find(id)? else {
                return Ok(None);
            };
            let known = with_words.iter().find(|match_| match_.place == place);
            Ok(Some(match known {
                Some(candidate) => prepared.explain(candidate),
                None => prepared.explain(&Candidate {
                    row: snapshot.row(place),
                    place,
                    text: 0.0,
                    proximity: 0.0,
                    points: 0,
                    neutral_rank: None,
                }),
            }))
        });
        reasons.collect()
    }

    /// Everything that has the words: first what passes the filters as well, as a search orders it.
    fn with_words(&self, prepared: &Prepared) -> Result<Vec<Candidate>, ServiceError> {
        let vocabularies = &self.search.schema().vocabularies;
        let filters = &prepared.plan.filters;
        let wishes = Need::default().wishes(filters, vocabularies);
        let sets = prepared.snapshot.sets();
        let all = prepared.everything(&prepared.plan, self.search.weights())?;
        let (passing, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(|match_| {
            let mut limits = wishes.iter().map(|wish| &wish.limit);
            limits.all(|limit| limit.passes(&match_.row, sets))
        });
        let mut with_words = prepared.with_nearness(passing)?;
        with_words.append(&mut others);
        Ok(with_words)
    }
}

fn preferences(resources: &[Standing]) -> Vec<Preference> {
    let mut ranked: Vec<(usize, i64, &Vec<Contribution>)> = resources
        .iter()
        .enumerate()
        .filter_map(|(place, one)| Some((place, one.points()?, one.reasons.as_ref()?)))
        .collect();
    ranked.sort_by_key(|(place, points, _)| {
        (Reverse(*points), resources[*place].resource.id.clone())
    });
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
    pub fn compared(&self) -> Compared<'_> {
        Compared {
            resource: &self.resource,
            runs_on: &self.runs_on,
        }
    }

    /// Its fit and quality, in ten-thousandths of a point.
    pub fn points(&self) -> Option<i64> {
        let reasons = self.reasons.as_ref()?.iter();
        Some(reasons.map(|reason| reason.points).sum())
    }
}
