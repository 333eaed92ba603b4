//! The tasks of the server: the running ones, and how the last ones ended.

use super::{Store, StoreError, count, read_error, write_error};
use crate::domain::task::Task;

/// Ended tasks are kept up to this number; older ones are forgotten.
const KEPT: usize = 200;

/// The version this program writes: a byte in front of the JSON.
const VERSION: u8 = 1;

impl Store {
    /// Writes a task down, in the place of what was known of it, and returns when it is on disk.
    pub fn put_task(&self, task: &Task) -> Result<(), StoreError> {
        self.must_be_sound()?;
        let json = serde_json::to_vec(task).map_err(write_error)?;
        self.tasks
            .insert(
                task.id.to_be_bytes(),
                [&[VERSION], json.as_slice()].concat(),
            )
            .map_err(|error| self.unwritten(error))?;
        while count(self.tasks.iter()) > KEPT {
            let oldest = self.tasks.pop_min();
            oldest.map_err(|error| self.unwritten(error))?;
        }
        self.committer.wait()
    }

    /// What is known of a task.
    pub fn find_task(&self, id: u64) -> Result<Option<Task>, StoreError> {
        let bytes = self.tasks.get(id.to_be_bytes()).map_err(read_error)?;
        bytes.map(|bytes| decode(id, &bytes)).transpose()
    }

    /// Every task that is known, the oldest first.
    pub fn tasks(&self) -> Result<Vec<Task>, StoreError> {
        let entries = self.tasks.iter().map(|entry| {
            let (key, bytes) = entry.map_err(read_error)?;
            let id = key.as_ref().try_into().map_or(0, u64::from_be_bytes);
            decode(id, &bytes)
        });
        entries.collect()
    }
}

fn decode(id: u64, bytes: &[u8]) -> Result<Task, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        key: format!("task {id}"),
        reason,
    };
    match bytes {
        [VERSION, json @ ..] => {
            serde_json::from_slice(json).map_err(|error| damaged(error.to_string()))
        }
        _ => Err(damaged("unknown version".into())),
    }
}
