//! The catalogue's writes: import and removal; and reading one resource.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use serde_json::Value;

use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::compatibility::RunsOn;
use crate::domain::draft::Draft;
use crate::domain::problem::sentence;
use crate::domain::resource::{Resource, ResourceId};
use crate::index::document::completeness;
use crate::index_schema::IndexSchema;
use crate::interchange::duplicates::{Duplicate, Twins, features};
use crate::interchange::export;
use crate::interchange::mapping::Mappings;
use crate::interchange::record::{Place, Raw, Record};
use crate::interchange::records::{Records, Shape};
use crate::interchange::report::{FieldChange, ImportReport, Reject, Tally};
use crate::store::{CatalogueChange, Outcome, Store, Stored};

pub struct Catalogue {
    store: Arc<Store>,
    schema: Arc<IndexSchema>,
    mappings: Arc<Mappings>,
    /// What the catalogue has, by what makes records twins; made when the first import needs it.
    known: Mutex<Option<Twins>>,
}

/// A record of a source, understood.
enum Reading {
    Resource(Box<Draft>),
    /// The line of an export that says which id leads to which.
    Redirect {
        old: ResourceId,
        to: ResourceId,
    },
}

/// What an import is told.
pub struct ImportSource<'a> {
    /// The name that rejects carry.
    pub name: &'a str,
    /// Nothing is written; the report says what would be.
    pub dry_run: bool,
}

/// Who hears of an import while it runs.
pub trait ImportListener {
    /// A record that was refused.
    fn rejected(&mut self, reject: Reject) -> std::io::Result<()>;

    /// A batch is durable; `bytes` of the source are done.
    fn progress(&mut self, report: &ImportReport, bytes: u64);

    /// Whether it should end before the next batch.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Records of a batch: one transaction, one wait for the disk.
const BATCH_RECORDS: usize = 512;

/// A batch of long records is closed earlier, so that memory stays bounded.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;

impl Catalogue {
    pub fn new(store: Arc<Store>, schema: Arc<IndexSchema>, mappings: Arc<Mappings>) -> Self {
        Catalogue {
            store,
            schema,
            mappings,
            known: Mutex::default(),
        }
    }

    /// Reads records and puts them into the catalogue, batch by batch; each is durable when progress is told.
    ///
    /// A second import of the same records changes nothing. A record that is refused is told to the listener.
    ///
    /// # Errors
    /// When the source cannot be read or the store cannot write, or the listener cancelled; what was told as done stays.
    pub fn import(
        &self,
        actor: &Actor,
        mut records: Records,
        source: &ImportSource,
        listener: &mut dyn ImportListener,
    ) -> Result<ImportReport, ServiceError> {
        must_operate(actor)?;
        let shape = records.shape().clone();
        let mut report = ImportReport {
            sequence: self.store.sequence(),
            ..ImportReport::default()
        };
        let mut tally = Tally::default();
        let mut bytes = 0;
        loop {
            if listener.is_cancelled() {
                return Err(ServiceError::Cancelled);
            }
            let batch = read_batch(&mut records)?;
            if batch.is_empty() {
                break;
            }
            bytes += batch.iter().map(|record| record.bytes).sum::<u64>();
            let drafts = self.drafts(batch, &shape);
            self.import_batch(drafts, source, &mut report, &mut tally, listener)?;
            listener.progress(&report, bytes);
        }
        if !source.dry_run {
            measure(&report);
        }
        tally.finish(&mut report, &self.schema.vocabularies);
        Ok(report)
    }

    fn import_batch(
        &self,
        drafts: Vec<(Place, Result<Reading, String>)>,
        source: &ImportSource,
        report: &mut ImportReport,
        tally: &mut Tally,
        listener: &mut dyn ImportListener,
    ) -> Result<(), ServiceError> {
        let mut resources: Vec<Resource> = Vec::with_capacity(drafts.len());
        let mut redirects = Vec::new();
        let mut places: HashMap<ResourceId, usize> = HashMap::new();
        for (place, draft) in drafts {
            match draft {
                Ok(Reading::Redirect { old, to }) => redirects.push((old, to)),
                Ok(Reading::Resource(draft)) => {
                    draft
                        .unmapped
                        .into_iter()
                        .for_each(|value| tally.unmapped(value));
                    tally.meet(&draft.resource, self.twin_in_catalogue(&draft.resource)?);
                    if let Some(place) = places.get(&draft.resource.id) {
                        report.superseded += 1;
                        resources[*place] = draft.resource;
                    } else {
                        places.insert(draft.resource.id.clone(), resources.len());
                        resources.push(draft.resource);
                    }
                }
                Err(reason) => {
                    report.rejected += 1;
                    listener.rejected(place.reject(source.name, reason))?;
                }
            }
        }
        for change in self.changed_fields(&resources)? {
            tally.changed(change);
        }
        for resource in &resources {
            tally.complete(&resource.id, completeness(resource));
        }
        let outcomes = if source.dry_run {
            let redirected = redirects
                .iter()
                .map(|(old, to)| self.store.compare_redirect(old, to));
            resources
                .iter()
                .map(|resource| self.store.compare(resource))
                .chain(redirected)
                .collect::<Result<Vec<_>, _>>()?
        } else {
            self.remember(&resources)?;
            let redirects = redirects
                .into_iter()
                .map(|(old, to)| CatalogueChange::Redirect { old, to });
            let changes: Vec<_> = resources
                .into_iter()
                .map(|resource| CatalogueChange::Put(Box::new(resource)))
                .chain(redirects)
                .collect();
            let applied = self.store.apply(&changes)?;
            report.sequence = applied.sequence;
            applied.outcomes
        };
        for outcome in outcomes {
            match outcome {
                Outcome::Added => report.added += 1,
                Outcome::Replaced => report.replaced += 1,
                Outcome::Merged => report.merged += 1,
                Outcome::Unchanged | Outcome::Removed | Outcome::NotThere | Outcome::Outdated => {
                    report.unchanged += 1
                }
            }
        }
        Ok(())
    }

    /// A resource of the catalogue, of another id, that this one looks like.
    fn twin_in_catalogue(&self, resource: &Resource) -> Result<Option<Duplicate>, ServiceError> {
        let mut known = self.known()?;
        let Some(known) = &mut *known else {
            return Ok(None);
        };
        let alike: Vec<Duplicate> = known.like(resource).collect();
        for found in alike {
            // It was remembered once; what counts is what the catalogue has now.
            match self.store.find_resource(&found.twin)? {
                Some(Stored::Live(twin)) => {
                    let theirs = features(&twin);
                    let mut own = features(resource).into_iter();
                    if own.any(|(by, feature)| by == found.by && theirs.contains(&(by, feature))) {
                        return Ok(Some(Duplicate {
                            in_catalogue: true,
                            ..found
                        }));
                    }
                }
                _ => known.forget(resource),
            }
        }
        Ok(None)
    }

    fn remember(&self, resources: &[Resource]) -> Result<(), ServiceError> {
        if let Some(known) = &mut *self.known()? {
            resources
                .iter()
                .for_each(|resource| known.remember(resource));
        }
        Ok(())
    }

    /// What the catalogue has, read when it is first asked for.
    fn known(&self) -> Result<MutexGuard<'_, Option<Twins>>, ServiceError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            let mut twins = Twins::default();
            for resource in self.store.resources() {
                twins.remember(&resource?);
                if twins.is_full() {
                    break;
                }
            }
            *known = Some(twins);
        }
        Ok(known)
    }

    /// The fields in which resources differ from those of the catalogue that they take the place of.
    fn changed_fields(&self, resources: &[Resource]) -> Result<Vec<FieldChange>, ServiceError> {
        let fields = resources.par_iter().map(|resource| {
            let changed = match self.store.find_resource(&resource.id)? {
                Some(Stored::Live(old)) if *old != *resource => differing_fields(&old, resource),
                _ => Vec::new(),
            };
            Ok::<_, ServiceError>(changed)
        });
        let fields: Result<Vec<_>, _> = fields.collect();
        Ok(fields?.into_iter().flatten().collect())
    }

    /// What the records of a batch mean, found out for many at once.
    fn drafts(&self, batch: Vec<Record>, shape: &Shape) -> Vec<(Place, Result<Reading, String>)> {
        let draft = |record: Record| {
            (
                record.place,
                record.content.and_then(|raw| self.draft(raw, shape)),
            )
        };
        batch.into_par_iter().map(draft).collect()
    }

    fn draft(&self, raw: Raw, shape: &Shape) -> Result<Reading, String> {
        let vocabularies = &self.schema.vocabularies;
        let mut record = shape.read(raw, &self.mappings, vocabularies)?;
        if let Some((old, to)) = export::redirect_of(&record)? {
            return Ok(Reading::Redirect { old, to });
        }
        if shape.completes() {
            record = self.completed(record)?;
        }
        let draft = Draft::read(record, vocabularies).map_err(|problems| sentence(&problems))?;
        Ok(Reading::Resource(Box::new(draft)))
    }

    /// A record that completes what the catalogue knows: its fields, and the others as they are.
    fn completed(&self, record: Value) -> Result<Value, String> {
        let id = record["id"]
            .as_str()
            .and_then(|id| ResourceId::parse(id).ok());
        let stored = id.map(|id| self.store.find_resource(&id)).transpose();
        let Ok(Some(Some(Stored::Live(stored)))) = stored else {
            return Ok(record);
        };
        let mut whole = serde_json::to_value(&stored).map_err(|error| error.to_string())?;
        if let (Value::Object(whole), Value::Object(mut record)) = (&mut whole, record) {
            // Where it came from is told by the record that it completes.
            record.remove("provenance");
            whole.extend(record);
        }
        Ok(whole)
    }

    /// Takes a resource out of the catalogue; returns the sequence number of the change.
    pub fn remove(&self, actor: &Actor, id: &ResourceId) -> Result<u64, ServiceError> {
        must_operate(actor)?;
        let applied = self.store.apply(&[CatalogueChange::Remove(id.clone())])?;
        match applied.outcomes.as_slice() {
            [Outcome::Removed] => Ok(applied.sequence),
            _ => Err(self.absence(id)?),
        }
    }

    /// A resource as the catalogue has it now, and what it runs on.
    pub fn find(
        &self,
        _actor: &Actor,
        id: &ResourceId,
    ) -> Result<(Resource, RunsOn), ServiceError> {
        match self.store.find_resource(id)? {
            Some(Stored::Live(resource)) => {
                let runs_on = self
                    .schema
                    .compatibility
                    .runs_on(&resource.devices, &resource.os);
                Ok((*resource, runs_on))
            }
            _ => Err(self.absence(id)?),
        }
    }

    /// The resource that an id stands for: itself, or the one it was merged into.
    pub fn resolve(&self, id: &ResourceId) -> Result<ResourceId, ServiceError> {
        Ok(self.store.resolve(id)?)
    }

    fn absence(&self, id: &ResourceId) -> Result<ServiceError, ServiceError> {
        Ok(match self.store.find_resource(id)? {
            Some(Stored::Removed) => ServiceError::Gone(format!("the resource {id}")),
            Some(Stored::Moved(_)) => ServiceError::Moved {
                from: id.clone(),
                to: self.store.resolve(id)?,
            },
            _ => ServiceError::NotFound(format!("resource {id}")),
        })
    }
}

/// Counts what an import did, for those who watch over the server.
fn measure(report: &ImportReport) {
    metrics::counter!("classo_imports_total").increment(1);
    for (outcome, count) in [
        ("added", report.added),
        ("replaced", report.replaced),
        ("unchanged", report.unchanged),
        ("superseded", report.superseded),
        ("merged", report.merged),
        ("rejected", report.rejected),
    ] {
        metrics::counter!("classo_import_records_total", "outcome" => outcome).increment(count);
    }
}

/// A field in which a resource differs from the one that it takes the place of.
fn differing_fields(old: &Resource, new: &Resource) -> Vec<FieldChange> {
    let fields = |resource| match serde_json::to_value(resource) {
        Ok(Value::Object(fields)) => fields,
        _ => Default::default(),
    };
    let id = &new.id;
    let (old, new) = (fields(old), fields(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    differing
        .map(|name| FieldChange {
            field: name.clone(),
            id: id.clone(),
            before: old.get(name).cloned(),
            after: new.get(name).cloned(),
        })
        .collect()
}

fn read_batch(records: &mut Records) -> std::io::Result<Vec<Record>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_RECORDS && bytes < BATCH_BYTES {
        let Some(record) = records.next_record()? else {
            break;
        };
        bytes += record.bytes;
        batch.push(record);
    }
    Ok(batch)
}
