//! Resources of the catalogue that are about the same thing: found, and merged so that the old ids lead to the kept one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::language::LanguageMap;
use crate::domain::merge::completed;
use crate::domain::problem::Problem;
use crate::domain::resource::{Resource, ResourceId};
use crate::index::document::completeness;
use crate::interchange::duplicates::{are_titles_near, features};
use crate::store::{CatalogueChange, Merge, Outcome, Store, Stored};

/// Finds and merges duplicates.
pub struct Duplicates {
    store: Arc<Store>,
}

/// Resources that look like one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TwinGroup {
    /// What they have in common: `address`, or `title` (and publisher).
    pub by: String,
    /// Whether they may be merged unseen: the same address, and titles that hardly differ.
    pub is_certain: bool,
    /// The most complete first: the one to keep.
    pub resources: Vec<Twin>,
}

/// One of them, with what a person wants to see of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Twin {
    pub id: ResourceId,
    pub title: LanguageMap,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Known facts of twenty.
    pub completeness: u8,
}

/// Ids that lead to another resource now.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MergeReport {
    pub merged: Vec<Merged>,
    /// The last change.
    pub sequence: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Merged {
    pub old: ResourceId,
    pub kept: ResourceId,
}

/// How often a merge is tried when one of the two changes meanwhile.
const TRIES: usize = 5;

impl Duplicates {
    pub fn new(store: Arc<Store>) -> Self {
        Duplicates { store }
    }

    /// Every group of twins, by address first, then by title.
    pub fn find(&self, actor: &Actor) -> Result<Vec<TwinGroup>, ServiceError> {
        must_operate(actor)?;
        // Two passes, so that the memory is that of numbers and of the few that are twins.
        let mut times: HashMap<u64, u32> = HashMap::new();
        for resource in self.store.resources() {
            for (by, feature) in features(&resource?) {
                *times.entry(hash(by, &feature)).or_default() += 1;
            }
        }
        times.retain(|_, times| *times > 1);
        let mut groups: BTreeMap<(&'static str, String), Vec<Twin>> = BTreeMap::new();
        for resource in self.store.resources() {
            let resource = resource?;
            for (by, feature) in features(&resource) {
                if times.contains_key(&hash(by, &feature)) {
                    groups
                        .entry((by, feature))
                        .or_default()
                        .push(twin(&resource));
                }
            }
        }
        Ok(told(groups))
    }

    /// Merges old ones into the kept one, one after the other.
    ///
    /// # Errors
    /// When one is not in the catalogue, or leads elsewhere already; those before it stay merged.
    pub fn merge(
        &self,
        actor: &Actor,
        kept: &ResourceId,
        old: &[ResourceId],
    ) -> Result<MergeReport, ServiceError> {
        must_operate(actor)?;
        let mut report = MergeReport {
            sequence: self.store.sequence(),
            ..MergeReport::default()
        };
        // Everything that can be seen to be wrong is said before anything is done.
        for old in old {
            self.pair(kept, old)?;
        }
        for old in old {
            report.sequence = self.merge_one(kept, old)?;
            report.merged.push(Merged {
                old: old.clone(),
                kept: kept.clone(),
            });
        }
        Ok(report)
    }

    /// Merges every group that is certain; with `dry_run`, only says so.
    pub fn merge_certain(&self, actor: &Actor, dry_run: bool) -> Result<MergeReport, ServiceError> {
        let groups = self.find(actor)?;
        let mut report = MergeReport {
            sequence: self.store.sequence(),
            ..MergeReport::default()
        };
        for group in groups.into_iter().filter(|group| group.is_certain) {
            let mut ids = group.resources.into_iter().map(|twin| twin.id);
            let Some(kept) = ids.next() else { continue };
            for old in ids {
                if !dry_run {
                    report.sequence = self.merge_one(&kept, &old)?;
                }
                report.merged.push(Merged {
                    old,
                    kept: kept.clone(),
                });
            }
        }
        Ok(report)
    }

    fn merge_one(&self, kept: &ResourceId, old: &ResourceId) -> Result<u64, ServiceError> {
        for _ in 0..TRIES {
            let Some(merge) = self.pair(kept, old)? else {
                return Ok(self.store.sequence());
            };
            let applied = self
                .store
                .apply(&[CatalogueChange::Merge(Box::new(merge))])?;
            if applied.outcomes != [Outcome::Outdated] {
                return Ok(applied.sequence);
            }
        }
        Err(ServiceError::Conflict(format!(
            "{kept} or {old} keeps changing; try again when the import is over"
        )))
    }

    /// What merging two would write; nothing when it is done already.
    fn pair(&self, kept: &ResourceId, old: &ResourceId) -> Result<Option<Merge>, ServiceError> {
        if kept == old {
            let detail = format!("{old} cannot be merged into itself");
            return Err(ServiceError::Invalid(vec![Problem::new(
                "old", "invalid", detail,
            )]));
        }
        let not_there = |id| ServiceError::NotFound(format!("resource {id}"));
        // The numbers first: a change in between makes the merge fail, not go wrong.
        let seen = (self.store.changed_at(old)?, self.store.changed_at(kept)?);
        let (Some(old_at), Some(kept_at)) = seen else {
            return Err(not_there(if seen.0.is_none() { old } else { kept }));
        };
        let record = match self.store.find_resource(kept)? {
            Some(Stored::Live(record)) => *record,
            Some(Stored::Moved(to)) => {
                let detail = format!("{kept} was itself merged into {to}; keep that one");
                return Err(ServiceError::Conflict(detail));
            }
            _ => return Err(ServiceError::Gone(format!("the resource {kept}"))),
        };
        let kept = match self.store.find_resource(old)? {
            Some(Stored::Live(old)) => completed(&record, &old),
            Some(Stored::Moved(to)) if to == *kept => return Ok(None),
            Some(Stored::Moved(to)) => {
                let detail = format!("{old} was merged into {to} already");
                return Err(ServiceError::Conflict(detail));
            }
            _ => record,
        };
        Ok(Some(Merge {
            old: old.clone(),
            kept,
            seen: (old_at, kept_at),
        }))
    }
}

fn hash(by: &str, feature: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (by, feature).hash(&mut hasher);
    hasher.finish()
}

fn twin(resource: &Resource) -> Twin {
    let publisher = resource.publisher.as_ref();
    Twin {
        id: resource.id.clone(),
        title: resource.title.clone(),
        url: resource.url.clone(),
        publisher: publisher.and_then(|publisher| publisher.name.clone()),
        completeness: completeness(resource),
    }
}

/// Groups of two and more, none within another.
fn told(groups: BTreeMap<(&'static str, String), Vec<Twin>>) -> Vec<TwinGroup> {
    let mut told: Vec<TwinGroup> = Vec::new();
    let mut known: HashSet<(ResourceId, ResourceId)> = HashSet::new();
    for ((by, _), mut twins) in groups {
        if twins.len() < 2 {
            continue;
        }
        twins.sort_by(|a, b| {
            let order = b.completeness.cmp(&a.completeness);
            order.then_with(|| a.id.cmp(&b.id))
        });
        let (first, others) = (&twins[0], &twins[1..]);
        let pairs = others
            .iter()
            .map(|other| (first.id.clone(), other.id.clone()));
        let pairs: Vec<_> = pairs.collect();
        if pairs.iter().all(|pair| known.contains(pair)) {
            continue;
        }
        known.extend(pairs);
        let near = |other: &Twin| are_titles_near(&first.title, &other.title);
        told.push(TwinGroup {
            by: by.to_owned(),
            is_certain: by == "address" && others.iter().all(near),
            resources: twins,
        });
    }
    told
}
