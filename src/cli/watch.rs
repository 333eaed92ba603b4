//! Long work that runs as a task, here or at a server: how far it is, and what it came to.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::de::DeserializeOwned;

use super::output::Progress;
use crate::domain::task::{Task, TaskState};

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Shows how far a task is until it ends.
pub fn to_the_end(what: &str, look: impl Fn() -> anyhow::Result<Task>) -> anyhow::Result<Task> {
    let (started, mut progress) = (Instant::now(), None);
    loop {
        let task = look()?;
        if !task.is_running() {
            progress.iter().for_each(Progress::finish);
            return Ok(task);
        }
        if let Some(total) = task.total {
            let shown = progress.get_or_insert_with(|| Progress::of_items(what, total));
            shown.at(task.done, || so_far(task.done, total, started.elapsed()));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn so_far(done: u64, total: u64, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = total.saturating_sub(done) as f64 / rate.max(0.001);
    format!("{done} of {total} resources, {rate:.0} a second, about {left:.0} s left")
}

/// The report of a task that is done; `otherwise` says how things stand when it is not.
pub fn outcome<T: DeserializeOwned>(task: Task, otherwise: &str) -> anyhow::Result<T> {
    match task.state {
        TaskState::Done => serde_json::from_value(task.outcome.unwrap_or_default())
            .context("the report of the task cannot be read"),
        TaskState::Failed => bail!("{}", task.error.unwrap_or_default()),
        TaskState::Cancelled => bail!("it was cancelled; {otherwise}"),
        TaskState::Running | TaskState::Interrupted => {
            bail!("the server stopped before the end; {otherwise}")
        }
    }
}
