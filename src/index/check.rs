//! Whether the index on disk is sound: its pointer, its files, how far it knows the journal.

use std::path::Path;
use std::sync::Arc;

use tantivy::Index as Engine;

use super::IndexError;
use super::generation::{GenerationState, Generations};
use super::writer::sequence_of;
use crate::index_schema::IndexSchema;

/// How often a generation that moves is looked at.
const ATTEMPTS: usize = 5;

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

/// A file of a generation whose checksum does not fit: the engine reads flipped bytes as if they were meant.
///
/// The generation may go on being written: files that were merged away meanwhile are no damage.
pub fn damaged_file(
    index_folder: &Path,
    schema: &Arc<IndexSchema>,
    generation: &str,
) -> Option<String> {
    let path = Generations::new(index_folder, schema).path(generation);
    for _ in 0..ATTEMPTS {
        match Engine::open_in_dir(&path).and_then(|engine| engine.validate_checksum()) {
            Ok(damaged) => return damaged.iter().next().map(|file| file.display().to_string()),
            Err(error) => {
                tracing::debug!(%error, generation, "the files moved while they were read")
            }
        }
    }
    None
}

/// How many resources a generation has, and how far it knows the journal, once all its checksums fit.
fn read(path: &Path) -> Result<(u64, u64), IndexError> {
    let engine = Engine::open_in_dir(path)?;
    let damaged = engine.validate_checksum()?;
    if let Some(file) = damaged.iter().next() {
        return Err(IndexError::Damaged(format!(
            "the checksum of {} does not fit",
            file.display()
        )));
    }
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
