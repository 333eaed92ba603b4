//! One file of the keyring: the sealed keys of the persons whose id begins with its byte.
//!
//! A header (what it is, which master key wraps it), entries of 89 bytes (person, kind, a sealed value of 32 bytes), and
//! the SHA-256 of all before. Every entry is bound to its bucket, person and kind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Entries, Erasure, KeyError, MasterKey, MasterKeyId, PlainKey, replace};
use crate::domain::account::PersonId;
use crate::store::seal;

/// What an entry seals.
pub type Plain = [u8; 32];

/// How it lies in the file: nonce, ciphertext, tag.
pub type Sealed = [u8; 32 + seal::OVERHEAD];

/// What a bucket file begins with; the last digit is the version of the format.
const MAGIC: &[u8; 16] = b"classo keyring 1";

const ENTRY_BYTES: usize = 16 + 1 + size_of::<Sealed>();

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    Life = 1,
    Proof = 2,
    /// The service's own key for looking addresses up.
    Lookup = 3,
    /// No key: when the person's `life` key was destroyed, and when the `proof` key goes.
    Erasure = 4,
}

impl EntryKind {
    fn from_byte(byte: u8) -> Option<Self> {
        use EntryKind::{Erasure, Life, Lookup, Proof};
        [Life, Proof, Lookup, Erasure]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// A bucket in memory; its keys stay sealed.
#[derive(Clone)]
pub struct Bucket {
    pub number: u8,
    /// Nothing as long as there is no file.
    pub wrapped_by: Option<MasterKeyId>,
    entries: Entries,
}

impl Bucket {
    pub fn path(folder: &Path, number: u8) -> PathBuf {
        folder.join(format!("{number:02x}"))
    }

    /// The bucket of a folder; an empty one when it has no file.
    pub fn read(folder: &Path, number: u8) -> Result<Bucket, KeyError> {
        let path = Bucket::path(folder, number);
        match fs::read(&path) {
            Ok(bytes) => Bucket::decode(number, &bytes).map_err(|reason| KeyError::Damaged {
                path,
                reason: reason.to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Bucket {
                number,
                wrapped_by: None,
                entries: Entries::new(),
            }),
            Err(error) => Err(replace::told(&path, error)),
        }
    }

    pub fn write(&self, folder: &Path) -> Result<(), KeyError> {
        replace::replace(&Bucket::path(folder, self.number), &self.encode())
    }

    /// Writes the bucket to a copy, unless it is there as it is.
    pub fn bring_in_line(&self, copy: &Path) -> Result<(), KeyError> {
        let path = Bucket::path(copy, self.number);
        let is_same = fs::read(&path).is_ok_and(|bytes| bytes == self.encode());
        match !is_same && (!self.is_empty() || path.exists()) {
            true => self.write(copy),
            false => Ok(()),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.wrapped_by.map_or([0; 8], |id| id.0));
        for ((person, kind), sealed) in &self.entries {
            bytes.extend(person.as_bytes());
            bytes.push(*kind as u8);
            bytes.extend(sealed);
        }
        bytes.extend(Sha256::digest(&bytes));
        bytes
    }

    fn decode(number: u8, bytes: &[u8]) -> Result<Bucket, &'static str> {
        let (content, sum) = bytes.split_last_chunk::<32>().ok_or("it is cut short")?;
        if <[u8; 32]>::from(Sha256::digest(content)) != *sum {
            return Err("its checksum does not fit");
        }
        let rest = content
            .strip_prefix(MAGIC)
            .ok_or("it is no keyring that this classo reads")?;
        let (id, rest) = rest.split_first_chunk::<8>().ok_or("it is cut short")?;
        let mut entries = Entries::new();
        let parts = rest.chunks_exact(ENTRY_BYTES);
        if !parts.remainder().is_empty() {
            return Err("an entry is cut short");
        }
        for part in parts {
            let (person, part) = part
                .split_first_chunk::<16>()
                .ok_or("an entry is cut short")?;
            let (kind, sealed) = part.split_first().ok_or("an entry is cut short")?;
            let kind = EntryKind::from_byte(*kind).ok_or("an entry is of an unknown kind")?;
            let sealed = sealed.try_into().map_err(|_| "an entry is cut short")?;
            entries.insert((PersonId::from_bytes(*person), kind), sealed);
        }
        Ok(Bucket {
            number,
            wrapped_by: Some(MasterKeyId(*id)),
            entries,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn has(&self, person: PersonId, kind: EntryKind) -> bool {
        self.entries.contains_key(&(person, kind))
    }

    pub fn entries(&self) -> impl Iterator<Item = (PersonId, EntryKind)> {
        self.entries.keys().copied()
    }

    pub fn persons(&self, wanted: EntryKind) -> impl Iterator<Item = PersonId> {
        self.entries()
            .filter(move |(_, kind)| *kind == wanted)
            .map(|(person, _)| person)
    }

    pub fn drop_entry(&mut self, person: PersonId, kind: EntryKind) {
        self.entries.remove(&(person, kind));
    }

    pub fn seal(
        &mut self,
        master: &MasterKey,
        person: PersonId,
        kind: EntryKind,
        plain: &Plain,
    ) -> Result<(), KeyError> {
        let sealed = seal::seal(master.bytes(), &self.place(person, kind), plain)?;
        let sealed = sealed.try_into().expect("32 bytes and the overhead");
        self.entries.insert((person, kind), sealed);
        Ok(())
    }

    /// What an entry seals; nothing when there is no such entry.
    pub fn open(
        &self,
        master: &MasterKey,
        person: PersonId,
        kind: EntryKind,
    ) -> Result<Option<PlainKey>, String> {
        let Some(sealed) = self.entries.get(&(person, kind)) else {
            return Ok(None);
        };
        let opened = seal::open(master.bytes(), &self.place(person, kind), sealed);
        let opened = opened.ok_or("the master key does not open an entry")?;
        let plain = opened
            .as_slice()
            .try_into()
            .map_err(|_| "an entry has a wrong length")?;
        Ok(Some(Zeroizing::new(plain)))
    }

    /// Wraps every entry by another master key.
    pub fn rewrap(&mut self, from: &MasterKey, to: &MasterKey) -> Result<(), KeyError> {
        let entries: Vec<_> = self.entries().collect();
        for (person, kind) in entries {
            let opened = self
                .open(from, person, kind)
                .map_err(|reason| KeyError::Damaged {
                    path: Bucket::path(Path::new("ring"), self.number),
                    reason,
                })?;
            if let Some(plain) = opened {
                self.seal(to, person, kind, &plain)?;
            }
        }
        self.wrapped_by = Some(to.id());
        Ok(())
    }

    fn place(&self, person: PersonId, kind: EntryKind) -> Vec<u8> {
        [
            MAGIC.as_slice(),
            &[self.number],
            person.as_bytes(),
            &[kind as u8],
        ]
        .concat()
    }
}

/// An erasure in the room of a key: two times in seconds.
pub fn erasure_bytes(erasure: &Erasure) -> Plain {
    let mut plain = [0; 32];
    plain[..8].copy_from_slice(&erasure.at.as_second().to_be_bytes());
    plain[8..16].copy_from_slice(&erasure.proof_until.as_second().to_be_bytes());
    plain
}

pub fn erasure_from(person: PersonId, plain: &Plain) -> Erasure {
    let second = |bytes: &[u8]| {
        let bytes = bytes.try_into().expect("eight bytes were taken");
        Timestamp::from_second(i64::from_be_bytes(bytes)).unwrap_or(Timestamp::UNIX_EPOCH)
    };
    Erasure {
        person,
        at: second(&plain[..8]),
        proof_until: second(&plain[8..16]),
    }
}
