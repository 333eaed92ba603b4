//! How a change becomes findable: the one writer of a generation, and the snapshots it publishes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tantivy::directory::MmapDirectory;
use tantivy::indexer::{LogMergePolicy, MergePolicy, NoMergePolicy};
use tantivy::store::Compressor;
use tantivy::{Index as Engine, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Term};

use super::IndexError;
use super::check::Reading;
use super::document::DocumentMaker;
use super::generation::{Generations, made_from};
use super::merging::Merging;
use super::schema::{Fields, tokenizers};
use super::snapshot::{Identity, Snapshot};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::vocabulary::Vocabularies;
use crate::index_schema::IndexSchema;
use crate::query::attributes::Address;

/// The index in use: whoever searches takes its current snapshot and keeps to it.
pub struct Index {
    current: ArcSwap<Snapshot>,
    /// Whether a search met something that it could not read.
    damaged: AtomicBool,
}

impl Index {
    fn new(snapshot: Snapshot) -> Self {
        Index {
            current: ArcSwap::from_pointee(snapshot),
            damaged: AtomicBool::new(false),
        }
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Notes that a search could not read the index: whoever writes it then builds it anew.
    pub fn report_damage(&self) {
        self.damaged.store(true, Ordering::SeqCst);
    }

    /// Whether damage was reported since the last call.
    pub fn take_damage(&self) -> bool {
        self.damaged.swap(false, Ordering::SeqCst)
    }
}

/// Writes to a generation. There is one at a time; nothing it does is seen before [`Writer::commit`].
pub struct Writer {
    engine: IndexWriter,
    reader: IndexReader,
    fields: Arc<Fields>,
    schema: Arc<IndexSchema>,
    vocabularies: Arc<Vocabularies>,
    generation: String,
    sequence: u64,
    /// Those that no thread is using: as many as put resources at once.
    makers: Mutex<Vec<DocumentMaker>>,
    /// While what was found on disk is still being read. Nothing is merged before it is known to be sound.
    reading: Option<Reading>,
    merging: Merging,
}

/// What a commit carries: up to where it knows the journal.
#[derive(Serialize, Deserialize)]
struct Payload {
    sequence: u64,
}

/// Memory for documents that are not written yet, of all indexing threads together: the more, the fewer segments a build
/// has to write and to merge.
const WRITER_BYTES: usize = 192 * 1024 * 1024;

/// Records lie in blocks of about this size as they are, so that a page's twenty are read with little beside them.
/// Compressed as the engine would, an index of 100,000 resources is a third smaller, and unpacking them takes a tenth of
/// a search.
const RECORD_BLOCK_BYTES: usize = 1024;

/// A segment is rewritten when more than this share of it was deleted.
const DELETED_SHARE: f32 = 0.3;

/// An index as it was found on disk.
pub struct Opened {
    pub index: Index,
    /// None for a generation that was made from another index-schema: it still answers, until a fresh one is built.
    pub writer: Option<Writer>,
}

/// Opens the generation in use, or the one before it, or makes a new, empty one where there is none that can be used.
///
/// # Errors
/// When no generation can be made: the disk is full, or the folder cannot be written.
pub fn open(index_folder: &Path, schema: &Arc<IndexSchema>) -> Result<Opened, IndexError> {
    let generations = Generations::new(index_folder, schema);
    generations.sweep();
    for name in generations.usable() {
        match caught(|| open_named(index_folder, schema, &name)) {
            Ok((index, writer)) => {
                generations.switch_to(&name)?;
                let writer = Some(writer);
                return Ok(Opened { index, writer });
            }
            Err(error) => {
                tracing::warn!(generation = name, %error, "a generation of the index cannot be used");
            }
        }
    }
    if let Some(name) = generations.outdated() {
        tracing::warn!(
            generation = name,
            "the index was made from another index-schema and has to be built anew"
        );
        match caught(|| read_only(&generations.path(&name), &name, schema)) {
            Ok(index) => {
                return Ok(Opened {
                    index,
                    writer: None,
                });
            }
            Err(error) => tracing::warn!(%error, "it cannot answer meanwhile"),
        }
    }
    tracing::info!("the index is built from the store");
    let (index, writer) = create(index_folder, schema)?;
    generations.start_over_with(writer.generation())?;
    let writer = Some(writer);
    Ok(Opened { index, writer })
}

/// The engine trusts its files: where a damaged one leads it past an end it panics, which is damage like any other.
fn caught<T>(open: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(open));
    opened.unwrap_or_else(|_| Err(IndexError::Damaged("a file leads past its end".into())))
}

/// Opens a generation of this index-schema to go on writing it.
pub fn open_named(
    index_folder: &Path,
    schema: &Arc<IndexSchema>,
    name: &str,
) -> Result<(Index, Writer), IndexError> {
    let path = Generations::new(index_folder, schema).path(name);
    let directory = MmapDirectory::open(path).map_err(tantivy::TantivyError::from)?;
    Writer::open(directory, name.to_owned(), schema)
}

/// Makes a new, empty generation, which is not in use before somebody switches to it.
pub fn create(
    index_folder: &Path,
    schema: &Arc<IndexSchema>,
) -> Result<(Index, Writer), IndexError> {
    let name = Generations::new(index_folder, schema).create()?;
    open_named(index_folder, schema, &name)
}

/// Opens a generation of another index-schema to answer from it. That works as long as the engine's fields are the same:
/// values lie in the index by their ids, and one that is not known any more is passed over.
fn read_only(path: &Path, name: &str, schema: &Arc<IndexSchema>) -> Result<Index, IndexError> {
    let fields = Arc::new(Fields::new(schema));
    let mut engine = Engine::open_in_dir(path)?;
    if engine.schema() != fields.schema {
        return Err(IndexError::Damaged("its fields are others".into()));
    }
    engine.set_tokenizers(tokenizers());
    let reader: IndexReader = engine
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    let identity = Identity {
        generation: name.to_owned(),
        sequence: sequence_of(&engine)?,
    };
    let vocabularies = Arc::new(schema.vocabularies.clone());
    let snapshot = Snapshot::new(reader.searcher(), fields, vocabularies, identity, None)?;
    Ok(Index::new(snapshot))
}

/// How far the last commit knows the journal.
pub(super) fn sequence_of(engine: &Engine) -> Result<u64, IndexError> {
    let Some(payload) = engine.load_metas()?.payload else {
        return Ok(0);
    };
    let payload = serde_json::from_str::<Payload>(&payload);
    Ok(payload
        .map_err(|error| IndexError::Damaged(error.to_string()))?
        .sequence)
}

/// An index that lives in memory alone: for evaluations and tests.
pub fn in_memory(schema: &Arc<IndexSchema>) -> Result<(Index, Writer), IndexError> {
    Writer::open(
        tantivy::directory::RamDirectory::create(),
        format!("{}-memory", made_from(schema)),
        schema,
    )
}

impl Writer {
    fn open(
        directory: impl Into<Box<dyn tantivy::Directory>>,
        generation: String,
        schema: &Arc<IndexSchema>,
    ) -> Result<(Index, Writer), IndexError> {
        let fields = Arc::new(Fields::new(schema));
        let mut engine = Engine::builder()
            .schema(fields.schema.clone())
            .settings(IndexSettings {
                docstore_compression: Compressor::None,
                // A thread of their own would be woken for each block, to do nothing but write it.
                docstore_compress_dedicated_thread: false,
                docstore_blocksize: RECORD_BLOCK_BYTES,
                ..IndexSettings::default()
            })
            .open_or_create(directory)?;
        engine.set_tokenizers(tokenizers());
        let sequence = sequence_of(&engine)?;
        let reader = engine
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()?;
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(4));
        let writer = engine.writer_with_num_threads(threads, WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let reading = match sequence {
            // Nobody searches it before its first commit: until then its segments are but written.
            0 => None,
            _ => Some(Reading::start(writer.index().clone())?),
        };
        let vocabularies = Arc::new(schema.vocabularies.clone());
        let identity = Identity {
            generation: generation.clone(),
            sequence,
        };
        let snapshot = Snapshot::new(
            reader.searcher(),
            Arc::clone(&fields),
            Arc::clone(&vocabularies),
            identity,
            None,
        )?;
        let schema = Arc::clone(schema);
        Ok((
            Index::new(snapshot),
            Writer {
                engine: writer,
                reader,
                fields,
                schema,
                vocabularies,
                generation,
                sequence,
                makers: Mutex::default(),
                reading,
                merging: Merging::default(),
            },
        ))
    }

    /// The last change of the journal that is committed.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The generation that is written.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// Takes a resource in, in the place of the document of the same id.
    pub fn put(&self, resource: &Resource) -> Result<(), IndexError> {
        self.remove(&resource.id);
        self.add(resource, Address::default())
    }

    /// Takes a resource in that the generation does not have, with how its address stands.
    pub fn add(&self, resource: &Resource, address: Address) -> Result<(), IndexError> {
        let idle = || self.makers.lock().unwrap_or_else(PoisonError::into_inner);
        let maker = idle().pop();
        let mut maker = maker.unwrap_or_else(|| DocumentMaker::new(&self.fields));
        let document = maker.document(resource, address, &self.fields, &self.schema);
        idle().push(maker);
        self.engine.add_document(document)?;
        Ok(())
    }

    pub fn remove(&self, id: &ResourceId) {
        self.engine
            .delete_term(Term::from_field_text(self.fields.id, id.as_str()));
    }

    /// Makes everything since the last commit durable and findable, together with how far it goes in the journal.
    ///
    /// # Errors
    /// When the disk is full, or a file of the generation turned out to be damaged.
    pub fn commit(&mut self, sequence: u64, index: &Index) -> Result<(), IndexError> {
        self.see_what_was_read()?;
        if self.sequence == 0 {
            self.engine.set_merge_policy(merge_policy());
        }
        let mut commit = self.engine.prepare_commit()?;
        commit.set_payload(&serde_json::to_string(&Payload { sequence }).expect("a number"));
        commit.commit()?;
        self.sequence = sequence;
        self.publish(index)
    }

    /// What to do while nothing is new: brings segments together in the background, where the disk has room for so many
    /// bytes more, and lets searches see what has become of it.
    ///
    /// # Errors
    /// When a file of the generation turned out to be damaged.
    pub fn rest(
        &mut self,
        index: &Index,
        has_room: impl FnOnce(u64) -> bool,
    ) -> Result<(), IndexError> {
        self.see_what_was_read()?;
        self.publish(index)?;
        match self.reading {
            Some(_) => Ok(()),
            None => self.merging.go_on(&mut self.engine, &self.reader, has_room),
        }
    }

    /// Lets segments be merged once all of them are known to be sound.
    fn see_what_was_read(&mut self) -> Result<(), IndexError> {
        if let Some(reading) = self.reading.take_if(|reading| reading.is_over()) {
            reading.verdict()?;
            self.engine.set_merge_policy(merge_policy());
        }
        Ok(())
    }

    /// Lets searches see what the engine has merged or committed.
    pub fn publish(&self, index: &Index) -> Result<(), IndexError> {
        self.reader.reload()?;
        let identity = Identity {
            generation: self.generation.clone(),
            sequence: self.sequence,
        };
        let before = index.snapshot();
        let searcher = self.reader.searcher();
        if before.is_of(&searcher, &identity) {
            return Ok(());
        }
        let (fields, vocabularies) = (Arc::clone(&self.fields), Arc::clone(&self.vocabularies));
        let same = (before.generation() == self.generation).then_some(&*before);
        let snapshot = Snapshot::new(searcher, fields, vocabularies, identity, same)?;
        index.current.store(Arc::new(snapshot));
        Ok(())
    }

    /// Brings everything into one segment: what a bench does to measure a settled index. Merges that run by themselves
    /// take segments away meanwhile; they are waited for.
    pub fn merge_all(&mut self, index: &Index) -> Result<(), IndexError> {
        loop {
            self.publish(index)?;
            let searcher = self.reader.searcher();
            let segments: Vec<_> = searcher
                .segment_readers()
                .iter()
                .map(|reader| reader.segment_id())
                .collect();
            if segments.len() <= 1 {
                return Ok(());
            }
            match self.engine.merge(&segments).wait() {
                Ok(_) => {}
                Err(tantivy::TantivyError::InvalidArgument(_)) => {
                    std::thread::sleep(Duration::from_millis(50))
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits for running merges; what a command does before it ends. One that was begun at rest is given up: it is large,
    /// and nothing is lost.
    pub fn finish(mut self) -> Result<(), IndexError> {
        match self.merging.is_running() {
            true => Ok(()),
            false => Ok(self.engine.wait_merging_threads()?),
        }
    }
}

/// When segments that are in use become one.
fn merge_policy() -> Box<dyn MergePolicy> {
    let mut merges = LogMergePolicy::default();
    merges.set_del_docs_ratio_before_merge(DELETED_SHARE);
    Box::new(merges)
}

impl Index {
    /// Takes over the snapshot of a freshly built index, so that those who hold this one see the new generation.
    pub fn replace_with(&self, other: Index) {
        self.current.store(other.current.into_inner());
    }
}
