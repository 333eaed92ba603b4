//! Long work of the server: what it is, how far it is, how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A piece of long work, running or ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub id: u64,
    pub kind: TaskKind,
    pub state: TaskState,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Items that are done, of how many when that is known.
    pub done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What it came to, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a task does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    Import,
    Reindex,
    Rollback,
    Backup,
    Links,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    Running,
    Done,
    Failed,
    Cancelled,
    /// The process ended before it.
    Interrupted,
}

impl Task {
    /// A task that has just begun.
    pub fn begin(id: u64, kind: TaskKind, now: Timestamp) -> Self {
        Task {
            id,
            kind,
            state: TaskState::Running,
            started_at: now,
            ended_at: None,
            done: 0,
            total: None,
            outcome: None,
            error: None,
        }
    }

    /// Whether it still goes on.
    pub fn is_running(&self) -> bool {
        self.state == TaskState::Running
    }
}
