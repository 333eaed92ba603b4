//! The master key: it wraps every other key, and is itself in a file of its own.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{KeyError, replace};
use crate::store::random;

/// 32 random bytes, wiped from memory when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Which master key it is, without telling it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MasterKeyId(pub [u8; 8]);

impl fmt::Display for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl MasterKey {
    pub fn id(&self) -> MasterKeyId {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"classo master key 1")
            .chain_update(self.0.as_slice())
            .finalize()
            .into();
        let (first, _) = digest.split_first_chunk().expect("32 bytes have 8");
        MasterKeyId(*first)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads a key file: 64 hexadecimal digits and white space.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| replace::told(path, error))?;
        let digits = text.trim().as_bytes();
        let mut key = Zeroizing::new([0; 32]);
        let pairs = digits.chunks_exact(2);
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(KeyError::NoMasterKey(path.to_owned()));
        }
        for (byte, pair) in key.iter_mut().zip(pairs) {
            let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
            *byte = value(pair[0]) << 4 | value(pair[1]);
        }
        Ok(MasterKey(key))
    }

    /// Makes a key and writes its file, for its owner alone.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let key = MasterKey(Zeroizing::new(random::bytes()?));
        key.write(path)?;
        Ok(key)
    }

    fn write(&self, path: &Path) -> Result<(), KeyError> {
        let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = Zeroizing::new(digits + "\n");
        replace::replace(path, text.as_bytes())
    }
}

fn path(keys: &Path) -> PathBuf {
    keys.join("master")
}

/// The key that is to come, while a rotation goes on.
fn next_path(keys: &Path) -> PathBuf {
    keys.join("master.next")
}

/// The key of a folder; made when it wraps nothing yet.
pub fn of_the_folder(keys: &Path, wraps_nothing: bool) -> Result<MasterKey, KeyError> {
    let path = path(keys);
    match MasterKey::read(&path) {
        Err(KeyError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            if wraps_nothing {
                MasterKey::create(&path)
            } else {
                Err(KeyError::MasterMissing(path))
            }
        }
        read => read,
    }
}

/// Puts the key of a file into a folder.
pub fn keep(file: &Path, keys: &Path) -> Result<(), KeyError> {
    MasterKey::read(file)?.write(&path(keys))
}

pub fn next(keys: &Path) -> Result<Option<MasterKey>, KeyError> {
    let path = next_path(keys);
    path.exists().then(|| MasterKey::read(&path)).transpose()
}

pub fn begin_rotation(keys: &Path) -> Result<(), KeyError> {
    MasterKey::create(&next_path(keys)).map(drop)
}

pub fn finish_rotation(keys: &Path) -> Result<(), KeyError> {
    replace::rename_over(&next_path(keys), &path(keys))
}
