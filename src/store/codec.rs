//! How records lie in the store: a version byte, then the rest.
//!
//! Old versions stay readable: a new one is a new arm of the `match`, and a sample of each lives in `tests/stored/`.

use super::StoreError;
use crate::domain::resource::{Resource, ResourceId};

/// Values stay under this size, with room for the header: larger ones go to files that sled never syncs.
pub const CHUNK_BYTES: usize = 60_000;

/// The newest version this program writes and reads.
const VERSION: u8 = 2;

/// Where a catalogue entry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record as JSON, whole.
    Whole { sequence: u64, json: Vec<u8> },
    /// A record whose JSON lies in this many chunks.
    Chunked { sequence: u64, chunks: u32 },
    /// A resource that was removed.
    Removed { sequence: u64 },
    /// A resource that was merged into another.
    Moved { sequence: u64, to: ResourceId },
}

impl Entry {
    pub fn sequence(&self) -> u64 {
        match self {
            Entry::Whole { sequence, .. }
            | Entry::Chunked { sequence, .. }
            | Entry::Removed { sequence }
            | Entry::Moved { sequence, .. } => *sequence,
        }
    }

    /// Version, kind, sequence (8 bytes, big-endian), then JSON, the number of chunks (4 bytes) or an id. An entry has the
    /// version that first knew its kind, so that an older program reads all but what it does not understand.
    pub fn encode(&self) -> Vec<u8> {
        let (version, kind, rest): (u8, u8, &[u8]) = match self {
            Entry::Whole { json, .. } => (1, 0, json),
            Entry::Chunked { chunks, .. } => (1, 1, &chunks.to_be_bytes()),
            Entry::Removed { .. } => (1, 2, &[]),
            Entry::Moved { to, .. } => (2, 3, to.as_str().as_bytes()),
        };
        let mut bytes = Vec::with_capacity(10 + rest.len());
        bytes.extend([version, kind]);
        bytes.extend(self.sequence().to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    /// Whether bytes are those of an id that leads to another.
    pub fn is_moved(bytes: &[u8]) -> bool {
        matches!(bytes, [2, 3, ..])
    }

    pub fn decode(key: &str, bytes: &[u8]) -> Result<Entry, StoreError> {
        let damaged = |reason: &str| StoreError::Damaged {
            key: key.to_owned(),
            reason: reason.to_owned(),
        };
        match bytes {
            [1..=VERSION, kind, sequence @ ..] if sequence.len() >= 8 => {
                let (sequence, rest) = sequence.split_at(8);
                let sequence =
                    u64::from_be_bytes(sequence.try_into().expect("eight bytes were split off"));
                match kind {
                    0 => Ok(Entry::Whole {
                        sequence,
                        json: rest.to_vec(),
                    }),
                    1 => {
                        let chunks = rest
                            .try_into()
                            .map_err(|_| damaged("the number of chunks is cut"))?;
                        Ok(Entry::Chunked {
                            sequence,
                            chunks: u32::from_be_bytes(chunks),
                        })
                    }
                    2 => Ok(Entry::Removed { sequence }),
                    3 => {
                        let to = std::str::from_utf8(rest).map_err(|_| damaged("not UTF-8"))?;
                        let to = ResourceId::parse(to).map_err(|reason| damaged(&reason))?;
                        Ok(Entry::Moved { sequence, to })
                    }
                    _ => Err(damaged("unknown kind")),
                }
            }
            [version, ..] if *version > VERSION => Err(damaged("written by a newer classo")),
            _ => Err(damaged("cut short")),
        }
    }
}

/// A resource's JSON: the same resource always gives the same bytes, so that "nothing changed" is a comparison.
pub fn resource_json(resource: &Resource) -> Vec<u8> {
    serde_json::to_vec(resource).expect("a resource has text keys and finite numbers")
}

pub fn read_resource(key: &str, json: &[u8]) -> Result<Resource, StoreError> {
    serde_json::from_slice(json).map_err(|error| StoreError::Damaged {
        key: key.to_owned(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_version_1_stay_readable() {
        let removed = std::fs::read("tests/stored/entry-v1-removed.bin").expect("the sample");
        assert_eq!(
            Entry::decode("x", &removed).expect("readable"),
            Entry::Removed { sequence: 258 }
        );
        let whole = std::fs::read("tests/stored/entry-v1-whole.bin").expect("the sample");
        let Entry::Whole { sequence: 7, json } = Entry::decode("x", &whole).expect("readable")
        else {
            panic!("a whole record with sequence 7");
        };
        assert_eq!(
            read_resource("x", &json)
                .expect("a resource")
                .title
                .get("fr"),
            Some("Élan")
        );
    }

    #[test]
    fn a_redirect_comes_back_and_older_programs_know_that_it_is_newer() {
        let moved = Entry::Moved {
            sequence: 9,
            to: ResourceId::parse("é:b").expect("an id"),
        };
        let bytes = moved.encode();
        assert_eq!(bytes[0], 2);
        assert_eq!(Entry::decode("x", &bytes).expect("readable"), moved);
    }

    #[test]
    fn damage_is_an_error_not_a_panic() {
        for bytes in [
            &[][..],
            &[1],
            &[1, 0, 0],
            &[9, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            &[1, 7, 0, 0, 0, 0, 0, 0, 0, 1],
        ] {
            assert!(Entry::decode("x", bytes).is_err());
        }
    }
}
