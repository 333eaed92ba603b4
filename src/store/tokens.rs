//! Operator tokens: random, shown once, kept as hashes with an end date.
//!
//! They lie as small files in `keys/operators/`, not in sled, so that the console can make one while a server holds
//! the store: whoever may write the data folder may operate. A lookup goes by the token's SHA-256, so its time tells
//! nothing about the tokens there are.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rand::TryRngCore;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::account::PersonId;

/// What a token begins with, so that people and secret scanners recognise one.
const PREFIX: &str = "classo_op_";

pub struct OperatorTokens {
    folder: PathBuf,
}

/// A token as it is kept; its file is named by the hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OperatorToken {
    pub label: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The account that made it, if it was none at the console: it is good for as long as that one operates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<PersonId>,
}

/// Why a presented token opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenRefusal {
    Unknown,
    Expired,
    /// The account that made it is gone, or operates no more.
    Orphaned,
}

impl OperatorTokens {
    pub fn new(data_folder: &Path) -> Self {
        OperatorTokens {
            folder: data_folder.join("keys").join("operators"),
        }
    }

    /// Makes a token and returns it; only its hash is kept, in a file that only the owner reads.
    pub fn create(
        &self,
        label: &str,
        made_by: Option<PersonId>,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> io::Result<String> {
        let mut secret = [0u8; 32];
        rand::rngs::OsRng
            .try_fill_bytes(&mut secret)
            .map_err(io::Error::other)?;
        let token = format!("{PREFIX}{}", hex(&secret));
        let expires_at = now.checked_add(lifetime).map_err(io::Error::other)?;
        let record = OperatorToken {
            label: label.to_owned(),
            created_at: now,
            expires_at,
            made_by,
        };
        fs::create_dir_all(&self.folder)?;
        let path = self.path(&token);
        let unfinished = path.with_extension("new");
        let mut file = private_file(&unfinished)?;
        file.write_all(&serde_json::to_vec_pretty(&record)?)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(token)
    }

    /// The record of a presented token.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<OperatorToken, TokenRefusal> {
        let bytes = fs::read(self.path(token)).map_err(|_| TokenRefusal::Unknown)?;
        let record: OperatorToken =
            serde_json::from_slice(&bytes).map_err(|_| TokenRefusal::Unknown)?;
        if record.expires_at <= now {
            Err(TokenRefusal::Expired)
        } else {
            Ok(record)
        }
    }

    /// Takes every token of a label out of use; says how many there were.
    pub fn revoke(&self, label: &str) -> io::Result<usize> {
        self.remove(|token| token.label == label)
    }

    /// Takes every token that an account made out of use.
    pub fn revoke_made_by(&self, person: PersonId) -> io::Result<usize> {
        self.remove(|token| token.made_by == Some(person))
    }

    fn remove(&self, which: impl Fn(&OperatorToken) -> bool) -> io::Result<usize> {
        let mut removed = 0;
        for (path, token) in self.records()? {
            if which(&token) {
                fs::remove_file(path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Every token there is, without its secret, oldest first.
    pub fn list(&self) -> io::Result<Vec<OperatorToken>> {
        let mut tokens: Vec<_> = self
            .records()?
            .into_iter()
            .map(|(_, token)| token)
            .collect();
        tokens.sort_by_key(|token| token.created_at);
        Ok(tokens)
    }

    fn records(&self) -> io::Result<Vec<(PathBuf, OperatorToken)>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut records = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let is_token = path
                .extension()
                .is_some_and(|extension| extension == "json");
            if let (true, Ok(token)) = (is_token, serde_json::from_slice(&fs::read(&path)?)) {
                records.push((path, token));
            }
        }
        Ok(records)
    }

    fn path(&self, token: &str) -> PathBuf {
        self.folder
            .join(hex(&Sha256::digest(token.as_bytes())))
            .with_extension("json")
    }
}

fn private_file(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_until_it_expires_or_is_revoked_and_is_not_kept_in_clear() {
        let folder = tempfile::tempdir().expect("a folder");
        let tokens = OperatorTokens::new(folder.path());
        let now = Timestamp::now();
        let token = tokens
            .create("nightly", None, now, SignedDuration::from_hours(1))
            .expect("made");
        assert_eq!(tokens.check(&token, now).expect("valid").label, "nightly");
        assert_eq!(
            tokens.check("classo_op_0", now).unwrap_err(),
            TokenRefusal::Unknown
        );
        let later = now + SignedDuration::from_hours(2);
        assert_eq!(
            tokens.check(&token, later).unwrap_err(),
            TokenRefusal::Expired
        );
        for (path, _) in tokens.records().expect("listed") {
            let kept = fs::read_to_string(&path).expect("readable") + &path.display().to_string();
            assert!(!kept.contains(&token[PREFIX.len()..]));
        }
        assert_eq!(tokens.revoke("nightly").expect("revoked"), 1);
        assert_eq!(
            tokens.check(&token, now).unwrap_err(),
            TokenRefusal::Unknown
        );
    }
}
