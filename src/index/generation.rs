//! Built indexes on disk, and which of them is in use.
//!
//! A generation is named by what it was made from (the index hash and how words are read) and when; `current` names
//! the one in use and is replaced by a rename, so it always names a whole one. Everything here may be deleted: the
//! store has the truth.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::analysis;
use super::schema::Fields;
use crate::index_schema::IndexSchema;

pub struct Generations {
    folder: PathBuf,
    /// What the name of a generation begins with that this program can use.
    made_from: String,
}

impl Generations {
    pub fn new(index_folder: &Path, schema: &IndexSchema) -> Self {
        Generations {
            folder: index_folder.to_owned(),
            made_from: made_from(schema),
        }
    }

    /// The generation in use, if there is one that was made from the schema as it is now.
    pub fn current(&self) -> Option<String> {
        let name = fs::read_to_string(self.folder.join("current")).ok()?;
        let name = name.trim();
        (name.starts_with(&self.made_from) && self.path(name).is_dir()).then(|| name.to_owned())
    }

    /// Whether a generation is in use that was made from another schema.
    pub fn is_outdated(&self) -> bool {
        fs::read_to_string(self.folder.join("current"))
            .is_ok_and(|name| !name.starts_with(&self.made_from))
    }

    /// Makes the folder of a new generation.
    pub fn create(&self) -> io::Result<String> {
        let name = format!("{}-{}", self.made_from, uuid::Uuid::now_v7().simple());
        // A file where a folder should be is nothing we made; the index is ours to build anew.
        for folder in [&self.folder, &self.folder.join("generations")] {
            if folder.is_file() {
                fs::remove_file(folder)?;
            }
        }
        fs::create_dir_all(self.path(&name))?;
        Ok(name)
    }

    /// Puts a generation into use: the pointer names the old one or the new one, whatever happens.
    pub fn switch_to(&self, name: &str) -> io::Result<()> {
        let (unfinished, current) = (self.folder.join("current.new"), self.folder.join("current"));
        if current.is_dir() {
            fs::remove_dir_all(&current)?;
        }
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(name.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &current)?;
        fs::File::open(&self.folder)?.sync_all()
    }

    /// Removes every generation but one. What cannot be removed is left for the next time.
    pub fn remove_others(&self, name: &str) {
        let Ok(entries) = fs::read_dir(self.folder.join("generations")) else {
            return;
        };
        for entry in entries.flatten().filter(|entry| entry.file_name() != name) {
            if let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::warn!(generation = %entry.path().display(), %error, "an old generation could not be removed");
            }
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join("generations").join(name)
    }
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
