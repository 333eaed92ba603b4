//! Whether the index on disk is sound: its pointer, its files, how far it knows the journal.

use std::path::Path;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use tantivy::Index as Engine;
use tantivy::directory::error::OpenReadError;

use super::IndexError;
use super::generation::{GenerationState, Generations};
use super::writer::sequence_of;
use crate::index_schema::IndexSchema;

/// What was found in an index folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexCheck {
    /// The generation in use, when there is one.
    pub generation: Option<String>,
    /// Whether it was made from another index-schema.
    pub is_outdated: bool,
    /// Generations that a build left behind.
    pub unfinished: usize,
    /// Why the generation in use cannot be read.
    pub damage: Option<String>,
    pub resources: u64,
    /// How far it knows the journal.
    pub sequence: u64,
}

/// Looks at an index that no process has open.
pub fn check(index_folder: &Path, schema: &Arc<IndexSchema>) -> IndexCheck {
    let generations = Generations::new(index_folder, schema);
    let list = generations.list();
    let unfinished = list
        .iter()
        .filter(|info| info.state == GenerationState::Unfinished);
    let mut check = IndexCheck {
        unfinished: unfinished.count(),
        ..IndexCheck::default()
    };
    let current = list
        .iter()
        .find(|info| info.state == GenerationState::Current);
    if let Some(current) = current {
        check.generation = Some(current.name.clone());
        check.is_outdated = !current.is_usable;
        match read(&generations.path(&current.name)) {
            Ok((resources, sequence)) => (check.resources, check.sequence) = (resources, sequence),
            Err(error) => check.damage = Some(error.to_string()),
        }
    }
    check
}

/// A reading of every file of a generation, on a thread of its own: the engine reads flipped bytes as if they were meant.
///
/// Until its verdict nothing may be merged: that would copy the damage, with a checksum that fits it.
pub(super) struct Reading(JoinHandle<Result<(), IndexError>>);

impl Reading {
    pub fn start(engine: Engine) -> std::io::Result<Self> {
        let thread = Builder::new().name("index-check".into());
        Ok(Reading(thread.spawn(move || read_every_file(&engine))?))
    }

    pub fn is_over(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits until the reading is over.
    ///
    /// # Errors
    /// When a file is damaged.
    pub fn verdict(self) -> Result<(), IndexError> {
        self.0
            .join()
            .unwrap_or_else(|_| Err(IndexError::Damaged("a file leads past its end".into())))
    }
}

/// The generation may go on being written: a file that was replaced meanwhile is no damage.
fn read_every_file(engine: &Engine) -> Result<(), IndexError> {
    let directory = engine.directory();
    let files = engine.load_metas()?.list_segment_files();
    for file in files.intersection(&directory.list_managed_files()) {
        match directory.validate_checksum(file) {
            Ok(true) | Err(OpenReadError::FileDoesNotExist(_)) => {}
            Ok(false) => return Err(damaged(file)),
            Err(error) => return Err(tantivy::TantivyError::from(error).into()),
        }
    }
    Ok(())
}

fn damaged(file: &Path) -> IndexError {
    IndexError::Damaged(format!("the checksum of {} does not fit", file.display()))
}

/// How many resources a generation has, and how far it knows the journal, once all its checksums fit.
fn read(path: &Path) -> Result<(u64, u64), IndexError> {
    let engine = Engine::open_in_dir(path)?;
    read_every_file(&engine)?;
    let resources = engine.reader()?.searcher().num_docs();
    Ok((resources, sequence_of(&engine)?))
}

/// Removes what builds left behind, and the pointer to a generation that is damaged: the next start builds a fresh one.
pub fn repair(
    index_folder: &Path,
    schema: &Arc<IndexSchema>,
    check: &IndexCheck,
) -> std::io::Result<()> {
    Generations::new(index_folder, schema).sweep();
    if check.damage.is_some() {
        std::fs::remove_file(index_folder.join("current"))?;
    }
    Ok(())
}
