//! How much room a disk must have left before something is written to it.
//!
//! sled stops for good when a write fails half way, and an index that fills the disk takes the room the store needs. So
//! both stop before that, with a clear error, while everything is whole; the index first, since it can be built again.

use std::path::Path;

use super::StoreError;

/// Room for a batch of records with its journal, and for sled to tidy up.
pub const FOR_THE_STORE: u64 = 32 * MIB;

/// Room for what an indexing step writes, and for the merges that follow.
pub const FOR_THE_INDEX: u64 = 64 * MIB;

const MIB: u64 = 1024 * 1024;

/// # Errors
/// [`StoreError::Full`] when less is free where a folder lies. A disk that does not tell is taken to have room.
pub fn must_be_free(path: &Path, bytes: u64) -> Result<(), StoreError> {
    match fs4::available_space(path) {
        Ok(free) if free < bytes => Err(StoreError::Full {
            path: path.to_owned(),
            free_mib: free / MIB,
            needed_mib: bytes / MIB,
        }),
        _ => Ok(()),
    }
}
