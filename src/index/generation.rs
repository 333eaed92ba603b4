//! Built indexes on disk: which of them is in use, and which was before.
//!
//! A generation is named by what it was made from (the index hash and how words are read) and when. `current` names the
//! one in use and, on a second line, the one before it, kept for a rollback; it is replaced by a rename, so it always
//! names a whole one. Every other generation is removed, unless it is being built. Everything here may be deleted: the
//! store has the truth.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::analysis;
use super::schema::Fields;
use crate::index_schema::IndexSchema;

/// The generations of an index folder.
pub struct Generations {
    folder: PathBuf,
    /// What the name of a generation begins with that this program can write.
    made_from: String,
}

/// A generation as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationInfo {
    pub name: String,
    pub state: GenerationState,
    /// Whether it was made from the index-schema as it is now; only then can it be written, or rolled back to.
    pub is_usable: bool,
    pub made_at: Option<Timestamp>,
    pub bytes: u64,
}

/// What a generation is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GenerationState {
    Current,
    Previous,
    /// Being built, or left over by a build that did not end.
    Unfinished,
}

/// What the file `current` says.
struct Pointer {
    current: String,
    previous: Option<String>,
}

/// A generation that is being built has a file of this name, and is not removed as an old one.
const BUILDING: &str = "building";

impl Generations {
    pub fn new(index_folder: &Path, schema: &IndexSchema) -> Self {
        Generations {
            folder: index_folder.to_owned(),
            made_from: made_from(schema),
        }
    }

    /// The generations that may be written, the one in use first, then the one before it.
    pub fn usable(&self) -> Vec<String> {
        let pointer = self.pointer();
        let names = pointer
            .into_iter()
            .flat_map(|pointer| [Some(pointer.current), pointer.previous]);
        names
            .flatten()
            .filter(|name| self.is_usable(name))
            .collect()
    }

    /// The generation in use, when it was made from another index-schema than the one of now.
    pub fn outdated(&self) -> Option<String> {
        let current = self.pointer()?.current;
        (!current.starts_with(&self.made_from) && self.path(&current).is_dir()).then_some(current)
    }

    /// The generation that a rollback would go back to, whatever it was made from.
    pub fn previous(&self) -> Option<String> {
        let previous = self.pointer()?.previous?;
        self.path(&previous).is_dir().then_some(previous)
    }

    /// Whether a generation is there and was made from the index-schema as it is now.
    pub fn is_usable(&self, name: &str) -> bool {
        name.starts_with(&self.made_from) && self.path(name).is_dir()
    }

    /// Makes the folder of a new generation, to be built and then switched to.
    pub fn create(&self) -> io::Result<String> {
        let name = format!("{}-{}", self.made_from, uuid::Uuid::now_v7().simple());
        // A file where a folder should be is nothing we made; the index is ours to build anew.
        for folder in [&self.folder, &self.folder.join("generations")] {
            if folder.is_file() {
                fs::remove_file(folder)?;
            }
        }
        fs::create_dir_all(self.path(&name))?;
        fs::File::create(self.path(&name).join(BUILDING))?;
        Ok(name)
    }

    /// Puts a generation into use and keeps the one before it. The pointer names the old one or the new one, whatever
    /// happens.
    pub fn switch_to(&self, name: &str) -> io::Result<()> {
        match self.pointer().map(|pointer| pointer.current) {
            Some(current) if current == name => Ok(()),
            before => self.point(name, before),
        }
    }

    /// Puts a generation into use, and keeps none of the others: they are damaged, or nothing is known of them.
    pub fn start_over_with(&self, name: &str) -> io::Result<()> {
        self.point(name, None)
    }

    fn point(&self, current: &str, previous: Option<String>) -> io::Result<()> {
        let (unfinished, pointer) = (self.folder.join("current.new"), self.folder.join("current"));
        if pointer.is_dir() {
            fs::remove_dir_all(&pointer)?;
        }
        fs::File::open(self.folder.join("generations"))?.sync_all()?;
        let names: Vec<&str> = [Some(current), previous.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(names.join("\n").as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &pointer)?;
        fs::File::open(&self.folder)?.sync_all()?;
        let marker = self.path(current).join(BUILDING);
        if marker.exists() {
            fs::remove_file(marker)?;
        }
        self.retire();
        Ok(())
    }

    /// Removes what an earlier process left unfinished; called before anything is built.
    pub fn sweep(&self) {
        self.remove(|info| info.state == GenerationState::Unfinished);
    }

    /// Removes a generation that was built and is not wanted.
    pub fn discard(&self, name: &str) {
        self.remove(|info| info.name == name && info.state == GenerationState::Unfinished);
    }

    /// Removes every generation that is neither in use, nor the one before, nor being built.
    fn retire(&self) {
        self.remove(|info| {
            info.state == GenerationState::Unfinished
                && !self.path(&info.name).join(BUILDING).exists()
        });
    }

    /// What cannot be removed is left for the next time.
    fn remove(&self, which: impl Fn(&GenerationInfo) -> bool) {
        for info in self.list().into_iter().filter(which) {
            if let Err(error) = fs::remove_dir_all(self.path(&info.name)) {
                tracing::warn!(generation = info.name, %error, "a generation could not be removed");
            }
        }
    }

    /// Every generation on disk, the latest first.
    pub fn list(&self) -> Vec<GenerationInfo> {
        let Ok(entries) = fs::read_dir(self.folder.join("generations")) else {
            return Vec::new();
        };
        let pointer = self.pointer();
        let names = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        let info = |name: String| GenerationInfo {
            state: match &pointer {
                Some(pointer) if pointer.current == name => GenerationState::Current,
                Some(pointer) if pointer.previous.as_ref() == Some(&name) => {
                    GenerationState::Previous
                }
                _ => GenerationState::Unfinished,
            },
            is_usable: self.is_usable(&name),
            made_at: made_at(&name),
            bytes: bytes_in(&self.path(&name)),
            name,
        };
        let mut generations: Vec<_> = names.map(info).collect();
        generations
            .sort_by(|one, other| (other.made_at, &other.name).cmp(&(one.made_at, &one.name)));
        generations
    }

    /// Keeps a text with a generation, for as long as there is that generation.
    pub fn keep(&self, name: &str, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.path(name).join(file), text)
    }

    /// A text that was kept with a generation.
    pub fn kept(&self, name: &str, file: &str) -> Option<String> {
        fs::read_to_string(self.path(name).join(file)).ok()
    }

    /// The folder of a generation.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join("generations").join(name)
    }

    fn pointer(&self) -> Option<Pointer> {
        let text = fs::read_to_string(self.folder.join("current")).ok()?;
        let mut names = text.lines().map(str::trim).filter(|name| !name.is_empty());
        Some(Pointer {
            current: names.next()?.to_owned(),
            previous: names.next().map(str::to_owned),
        })
    }
}

/// When a generation was begun: its name ends with an id that holds the time.
fn made_at(name: &str) -> Option<Timestamp> {
    let (_, id) = name.rsplit_once('-')?;
    let (seconds, nanoseconds) = uuid::Uuid::parse_str(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(seconds.try_into().ok()?, nanoseconds.try_into().ok()?).ok()
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}

/// Twelve hexadecimal digits over everything that shapes the index.
pub fn made_from(schema: &IndexSchema) -> String {
    let fields = Fields::new(schema);
    let digest = Sha256::digest(format!(
        "{}\n{}\n{}",
        schema.index_hash,
        analysis::fingerprint(&fields.stems),
        serde_json::to_string(&fields.schema).expect("a schema is a list of named fields"),
    ));
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_generations_are_kept_and_older_ones_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let generations = Generations::new(folder.path(), IndexSchema::embedded());
        let mut made = Vec::new();
        for _ in 0..3 {
            let name = generations.create().expect("made");
            generations.switch_to(&name).expect("switched");
            made.push(name);
        }
        assert_eq!(generations.usable(), [made[2].clone(), made[1].clone()]);
        let unfinished = generations.create().expect("made");
        generations.switch_to(&made[1]).expect("rolled back");
        assert_eq!(generations.usable(), [made[1].clone(), made[2].clone()]);
        assert_eq!(
            generations.list().len(),
            3,
            "what is being built stays: {unfinished}"
        );
        generations.sweep();
        assert_eq!(generations.list().len(), 2);
        assert!(
            generations
                .list()
                .iter()
                .all(|info| info.made_at.is_some() && info.is_usable)
        );
    }
}
