//! A decision written down: the need, the short list, the finalists side by side, and what has to be asked before.

use std::sync::Arc;

use jiff::civil::Date;

use super::ServiceError;
use super::catalogue::Catalogue;
use super::compare::{Compare, ComparisonOutcome};
use super::guidance::{Guidance, GuidanceOutcome};
use super::search::{Moment, Search};
use crate::domain::actor::Actor;
use crate::domain::profile::Profile;
use crate::domain::resource::ResourceId;
use crate::guidance::comparison::{Compared, Compares};
use crate::guidance::dossier::{self, Dated, OpenQuestion};
use crate::query::decision::Decision;
use crate::query::need::Wish;

/// Writes decisions down, from one snapshot of the index. The same decision gives the same dossier as long as the
/// catalogue stands still, whatever the clock says: freshness is reckoned from the day of the decision, or from the
/// latest update in the catalogue when it has none.
pub struct Dossiers {
    search: Arc<Search>,
    guidance: Guidance,
    compare: Compare,
}

/// Everything a door needs to answer.
pub struct DossierOutcome {
    pub made_from: MadeFrom,
    pub guidance: GuidanceOutcome,
    /// The finalists in their order.
    pub comparison: ComparisonOutcome,
    /// What is said of each besides.
    pub checks: Vec<Check>,
}

/// What a dossier can be made again from.
pub struct MadeFrom {
    pub generation: String,
    pub ranking: String,
    /// The last change of the catalogue that is in it.
    pub sequence: u64,
    /// What freshness is reckoned from.
    pub as_of: Date,
}

/// One finalist held against the need.
pub struct Check {
    /// For each wish of the guidance whether it is met; nothing when it is not known.
    pub meets: Vec<Option<bool>>,
    pub open_questions: Vec<OpenQuestion>,
    pub dates: Vec<Dated>,
}

impl Dossiers {
    pub fn new(search: Arc<Search>, catalogue: Arc<Catalogue>) -> Self {
        Dossiers {
            guidance: Guidance::new(Arc::clone(&search)),
            compare: Compare::new(Arc::clone(&search), catalogue),
            search,
        }
    }

    /// The dossier of a decision.
    ///
    /// # Errors
    /// When a finalist is not in the catalogue, or the index cannot be read.
    pub fn write(
        &self,
        actor: &Actor,
        decision: &Decision,
    ) -> Result<DossierOutcome, ServiceError> {
        let now = self.search.now();
        let day = decision.day;
        let moment = Moment {
            day: day.map_or_else(|| now.snapshot.latest_update(), Ok)?,
            snapshot: now.snapshot,
        };
        let need = &decision.need;
        let guidance = self.guidance.guide_at(moment.clone(), actor, need)?;
        let finalists = finalists(decision, &guidance)?;
        let buyers = decision.buyers;
        let comparison =
            self.compare
                .compare_at(moment.clone(), actor, &finalists, &need.query, buyers)?;
        let schema = self.search.schema();
        let no_profile = Profile::default();
        let compares = Compares {
            vocabularies: &schema.vocabularies,
            currencies: &schema.currencies,
            profile: need.query.profile.as_ref().unwrap_or(&no_profile),
            buyers,
        };
        let resources = comparison.resources.iter();
        let checks = resources.map(|standing| {
            let one = standing.compared();
            Ok(Check {
                meets: self.meets(&moment, &guidance.wishes, &one)?,
                open_questions: dossier::open_questions(&compares, &one),
                dates: dossier::dates(one.resource),
            })
        });
        let checks = checks.collect::<Result<Vec<_>, ServiceError>>()?;
        Ok(DossierOutcome {
            made_from: MadeFrom {
                generation: moment.snapshot.generation().to_owned(),
                ranking: schema.ranking_hash.clone(),
                sequence: moment.snapshot.sequence(),
                as_of: moment.day,
            },
            guidance,
            comparison,
            checks,
        })
    }

    fn meets(
        &self,
        moment: &Moment,
        wishes: &[Wish],
        one: &Compared,
    ) -> Result<Vec<Option<bool>>, ServiceError> {
        let snapshot = &moment.snapshot;
        let Some(place) = snapshot.find(&one.resource.id)? else {
            return Ok(vec![None; wishes.len()]);
        };
        let row = snapshot.row(place);
        let vocabularies = &self.search.schema().vocabularies;
        let meets = |wish: &Wish| {
            let sets = snapshot.sets();
            dossier::meets(&wish.limit, one.resource, &row, sets, vocabularies)
        };
        Ok(wishes.iter().map(meets).collect())
    }
}

/// Those that were named; else the first of the short list.
fn finalists(
    decision: &Decision,
    guidance: &GuidanceOutcome,
) -> Result<Vec<ResourceId>, ServiceError> {
    if !decision.finalists.is_empty() {
        return Ok(decision.finalists.clone());
    }
    let best = guidance.shortlist.iter().take(Decision::FINALISTS);
    let id = |id: &str| {
        let damaged = |reason| crate::index::IndexError::Damaged(format!("{id:?}: {reason}"));
        ResourceId::parse(id).map_err(|reason| damaged(reason).into())
    };
    best.map(|hit| id(&hit.id)).collect()
}
