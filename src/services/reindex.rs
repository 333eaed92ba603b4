//! Builds the index anew beside the one in use, switches to it, and goes back when it was no good.
//!
//! A fresh generation takes in the whole journal while searches go on with the old one; it is checked; the indexing
//! thread takes it over. The generation before is kept as it is: going back to it takes a moment, and it then learns
//! from the journal what it has missed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::gate::{self, RelevanceChange};
use super::indexing::follow::{Taken, Watcher, follow_to_the_end};
use super::indexing::{Indexing, Switch};
use super::search::Search;
use super::tasks::Work;
use super::{ServiceError, must_operate, priority};
use crate::domain::actor::Actor;
use crate::index::generation::{GenerationInfo, Generations};
use crate::index::writer::{self, Index, Writer};
use crate::index::{IndexError, Snapshot};
use crate::index_schema::IndexSchema;
use crate::query::facet::Facet;
use crate::ranking::weights::Weights;
use crate::store::{Store, room};

/// Rebuilds, rolls back, and tells which generations there are.
pub struct Reindex {
    store: Arc<Store>,
    index: Arc<Index>,
    indexing: Arc<Indexing>,
    search: Arc<Search>,
    folder: PathBuf,
    /// Where judged questions are kept.
    judgments: PathBuf,
    schema: Arc<IndexSchema>,
    /// One at a time: two builds would only slow each other down.
    busy: Mutex<()>,
}

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReindexReport {
    pub generation: String,
    pub before: String,
    pub resources: u64,
    pub resources_before: u64,
    /// Records of the store that cannot be read, and are not findable.
    pub unreadable: u64,
    pub sequence: u64,
    pub seconds: f64,
    /// Resources taken in for each second of building.
    pub per_second: f64,
    /// Values of facets that more or fewer resources have now, the largest change first.
    pub facet_changes: Vec<FacetChange>,
    /// How the judged questions of the data folder fare, collection by collection.
    #[serde(default)]
    pub relevance: Vec<RelevanceChange>,
    /// Whether such a change was beyond the limit, or a loss beyond its budget, and went through because it was forced.
    pub forced: bool,
}

/// How the count of one value of a facet changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetChange {
    pub facet: String,
    pub value: String,
    pub before: u64,
    pub after: u64,
}

/// What a rollback did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackReport {
    pub generation: String,
    pub before: String,
    /// Where the generation knew the journal when it came back; what came later it learns now.
    pub sequence: u64,
    /// Changes that it had missed.
    pub missed: u64,
    pub milliseconds: u64,
}

/// A generation is refused when it would change the count of a value that at least so many resources have...
const COUNTS_FROM: u64 = 20;

/// ...by more than this share.
const LARGEST_CHANGE: f64 = 0.25;

/// The file of a generation that says which weights it was accepted with.
const ACCEPTED_RANKING: &str = "accepted-ranking.toml";

/// Changes that a report lists.
const LISTED_CHANGES: usize = 50;

/// A fresh generation is committed once, at the end: nobody looks at it before, and fewer segments come of it.
const NO_COMMIT_BETWEEN: Duration = Duration::MAX;

/// How often a count is compared while the catalogue goes on changing.
const COMPARISONS: usize = 10;

/// How long a comparison waits for the generation in use to know as much.
const COMPARABLE: Duration = Duration::from_secs(30);

/// The build of a generation, as the one who watches over it sees it.
struct Building<'a> {
    work: &'a Work,
    folder: &'a Path,
}

impl Watcher for Building<'_> {
    fn must_stop(&self) -> bool {
        self.work.is_cancelled()
    }

    fn taken(&self, changes: u64) {
        self.work.add(changes);
    }

    fn must_have_room(&self) -> Result<(), ServiceError> {
        Ok(room::must_be_free(self.folder, room::FOR_THE_INDEX)?)
    }
}

impl Reindex {
    pub fn new(
        store: Arc<Store>,
        index: Arc<Index>,
        indexing: Arc<Indexing>,
        search: Arc<Search>,
        data: &Path,
        schema: Arc<IndexSchema>,
    ) -> Self {
        Reindex {
            store,
            index,
            indexing,
            search,
            folder: data.join("index"),
            judgments: gate::folder(data),
            schema,
            busy: Mutex::new(()),
        }
    }

    /// Every generation on disk.
    pub fn generations(&self, actor: &Actor) -> Result<Vec<GenerationInfo>, ServiceError> {
        must_operate(actor)?;
        Ok(self.on_disk().list())
    }

    /// Builds a fresh generation and switches to it.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when another one is being built, or when this one differs too much from the one in use
    /// and it is not forced; then the one in use stays.
    pub fn rebuild(
        &self,
        actor: &Actor,
        force: bool,
        work: &Work,
    ) -> Result<ReindexReport, ServiceError> {
        must_operate(actor)?;
        let _alone = self.alone()?;
        room::must_be_free(&self.folder, room::FOR_THE_INDEX)?;
        // Threads of its own, which searches go before. Those of the engine are started by one of them, and are like it.
        let threads = rayon::ThreadPoolBuilder::new()
            .thread_name(|number| format!("reindex-{number}"))
            .start_handler(|_| priority::give_way())
            .build()
            .map_err(std::io::Error::other)?;
        threads.install(|| {
            let (index, writer) = writer::create(&self.folder, &self.schema)?;
            let name = writer.generation().to_owned();
            let built = self.build(index, writer, force, work);
            if built.is_err() {
                self.on_disk().discard(&name);
            }
            built
        })
    }

    fn build(
        &self,
        index: Index,
        mut writer: Writer,
        force: bool,
        work: &Work,
    ) -> Result<ReindexReport, ServiceError> {
        let started = Instant::now();
        // The journal has an entry for each resource, and is read in a moment where the records take long.
        work.at(0, Some(self.store.count_changes_after(0) as u64));
        let taken = self.take_in(&mut writer, &index, work)?;
        let seconds = started.elapsed().as_secs_f64();
        let unreadable = self.compare_count(&mut writer, &index, taken.unreadable, work)?;
        if self.on_disk().outdated().is_none() {
            // What the one in use has yet to learn would look like a difference.
            self.indexing.wait_for(writer.sequence(), COMPARABLE);
        }
        let (old, new) = (self.index.snapshot(), index.snapshot());
        let changes = self.facet_changes(&old, &new)?;
        let too_large = changes.iter().find(|change| change.is_too_large());
        if let (Some(change), false) = (too_large, force) {
            return Err(ServiceError::Conflict(change.refusal()));
        }
        let relevance = self.relevance(&old, &new)?;
        let budget = &self.search.weights().gate;
        let loss = relevance.iter().find(|change| change.is_too_large);
        if let (Some(loss), false) = (loss, force) {
            return Err(ServiceError::Conflict(loss.refusal(budget)));
        }
        let forced = too_large.is_some() || loss.is_some();
        let report = ReindexReport {
            generation: writer.generation().to_owned(),
            before: old.generation().to_owned(),
            resources: new.resources(),
            resources_before: old.resources(),
            unreadable,
            sequence: writer.sequence(),
            seconds,
            per_second: taken.changes as f64 / seconds.max(0.001),
            forced,
            relevance,
            facet_changes: changes.iter().take(LISTED_CHANGES).cloned().collect(),
        };
        if work.is_cancelled() {
            return Err(ServiceError::Cancelled);
        }
        // With which weights it was accepted: the next one is measured against them.
        self.on_disk()
            .keep(writer.generation(), ACCEPTED_RANKING, &self.schema.ranking)
            .map_err(IndexError::from)?;
        self.indexing.adopt(index, writer, Switch::WhenCaughtUp)?;
        Ok(report)
    }

    /// How judged questions fare in the fresh generation with the weights of now, against the one in use with the weights
    /// it was accepted with.
    fn relevance(
        &self,
        old: &Arc<Snapshot>,
        new: &Arc<Snapshot>,
    ) -> Result<Vec<RelevanceChange>, ServiceError> {
        let accepted = self.on_disk().kept(old.generation(), ACCEPTED_RANKING);
        // Weights of another version of Classo may not be readable any more; then only the generations are compared.
        let accepted = accepted.and_then(|file| {
            let (texts, vocabularies) = (&self.schema.text_fields, &self.schema.vocabularies);
            Weights::parse(&file, texts, vocabularies).ok()
        });
        let before = accepted.map(|weights| self.search.with(weights));
        let before = gate::Ranking {
            search: before.as_ref().unwrap_or(&self.search),
            snapshot: old,
        };
        let after = gate::Ranking {
            search: &self.search,
            snapshot: new,
        };
        let settings = &self.search.weights().gate;
        gate::measure(&self.judgments, &self.schema, settings, &before, &after)
    }

    /// Notes with which weights the generation in use answered first.
    pub fn note_ranking(&self) {
        let (generations, name) = (
            self.on_disk(),
            self.index.snapshot().generation().to_owned(),
        );
        if generations.kept(&name, ACCEPTED_RANKING).is_none()
            && let Err(error) = generations.keep(&name, ACCEPTED_RANKING, &self.schema.ranking)
        {
            tracing::debug!(%error, "the weights of the generation in use could not be noted");
        }
    }

    fn take_in(
        &self,
        writer: &mut Writer,
        index: &Index,
        work: &Work,
    ) -> Result<Taken, ServiceError> {
        let building = Building {
            work,
            folder: &self.folder,
        };
        let taken = follow_to_the_end(&self.store, writer, index, NO_COMMIT_BETWEEN, &building)?;
        if work.is_cancelled() {
            return Err(ServiceError::Cancelled);
        }
        Ok(taken)
    }

    /// The generation has as many resources as the store. What changes while they are counted is taken in, and they are
    /// counted again; a catalogue that never stands still may differ by what is still to come.
    fn compare_count(
        &self,
        writer: &mut Writer,
        index: &Index,
        mut unreadable: u64,
        work: &Work,
    ) -> Result<u64, ServiceError> {
        let (mut has, mut wants, mut late) = (0, 0, 0);
        for _ in 0..COMPARISONS {
            unreadable += self.take_in(writer, index, work)?.unreadable;
            wants = self.store.count_live()?;
            late = self.store.count_changes_after(writer.sequence()) as u64;
            has = index.snapshot().resources() + unreadable;
            if late == 0 {
                break;
            }
        }
        if has.abs_diff(wants) > late {
            let difference = format!("a fresh generation has {has} resources, the store {wants}");
            return Err(IndexError::Damaged(difference).into());
        }
        Ok(unreadable)
    }

    fn facet_changes(
        &self,
        old: &Arc<Snapshot>,
        new: &Arc<Snapshot>,
    ) -> Result<Vec<FacetChange>, ServiceError> {
        let (old, new) = (self.search.counts(old)?, self.search.counts(new)?);
        let mut changes = Vec::new();
        for (old, new) in old.iter().zip(&new) {
            let vocabulary = self.schema.vocabularies.get(old.facet.name());
            let value = |ordinal: usize| vocabulary.term(ordinal as u16).id.as_str();
            let pairs = old.counts.iter().zip(&new.counts).enumerate();
            let values = pairs.map(|(ordinal, (before, after))| (value(ordinal), *before, *after));
            let values = values.chain([("unknown", old.unknown, new.unknown)]);
            changes.extend(
                values.filter(|(_, before, after)| before != after).map(
                    |(value, before, after)| FacetChange::new(old.facet, value, before, after),
                ),
            );
        }
        changes.sort_by_key(|change| std::cmp::Reverse(change.before.abs_diff(change.after)));
        Ok(changes)
    }

    /// Goes back to the generation before the one in use; the two change places.
    ///
    /// # Errors
    /// [`ServiceError::Conflict`] when there is none, or it was made from another index-schema.
    pub fn rollback(&self, actor: &Actor) -> Result<RollbackReport, ServiceError> {
        must_operate(actor)?;
        let _alone = self.alone()?;
        let started = Instant::now();
        let generations = self.on_disk();
        let Some(name) = generations.previous() else {
            return Err(ServiceError::Conflict(
                "There is no generation to go back to; the first reindex leaves one.".into(),
            ));
        };
        if !generations.is_usable(&name) {
            return Err(ServiceError::Conflict(
                "The generation before was made from another index-schema; put that one back and start again, or reindex."
                    .into(),
            ));
        }
        let (index, writer) = writer::open_named(&self.folder, &self.schema, &name)?;
        let (sequence, before) = (
            writer.sequence(),
            self.index.snapshot().generation().to_owned(),
        );
        self.indexing.adopt(index, writer, Switch::Now)?;
        Ok(RollbackReport {
            generation: name,
            before,
            sequence,
            missed: self.store.count_changes_after(sequence) as u64,
            milliseconds: started.elapsed().as_millis() as u64,
        })
    }

    fn alone(&self) -> Result<MutexGuard<'_, ()>, ServiceError> {
        match self.busy.try_lock() {
            Ok(alone) => Ok(alone),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(ServiceError::Conflict(
                "A reindex or a rollback is running; wait for it, or cancel it.".into(),
            )),
        }
    }

    fn on_disk(&self) -> Generations {
        Generations::new(&self.folder, &self.schema)
    }
}

impl FacetChange {
    fn new(facet: Facet, value: &str, before: u64, after: u64) -> Self {
        FacetChange {
            facet: facet.name().to_owned(),
            value: value.to_owned(),
            before,
            after,
        }
    }

    fn is_too_large(&self) -> bool {
        self.before >= COUNTS_FROM
            && self.before.abs_diff(self.after) as f64 > self.before as f64 * LARGEST_CHANGE
    }

    fn refusal(&self) -> String {
        format!(
            "The fresh generation is not used: {} {} would go from {} resources to {}, more than {:.0} %. Force it if that is meant.",
            self.facet,
            self.value,
            self.before,
            self.after,
            LARGEST_CHANGE * 100.0
        )
    }
}
