//! `classo reindex` and `classo rollback`: a fresh index beside the one in use, and the way back.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde::de::DeserializeOwned;

use super::output::{Progress, say};
use super::{open, remote::Remote};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::services::reindex::{ReindexReport, RollbackReport};

#[derive(Debug, Args)]
pub struct ReindexArgs {
    /// Switch even when the count of a facet's value changes by more than a quarter
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Args)]
pub struct CommonArgs {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Changes of facets that a report for people lists.
const SHOWN_CHANGES: usize = 10;

pub fn run(args: &ReindexArgs) -> anyhow::Result<()> {
    let CommonArgs { json, data, server } = &args.common;
    let task = match &server.server {
        Some(url) => {
            let remote = Remote::new(url, server.token.as_ref())?;
            let id = remote.reindex(args.force)?.id;
            watch(|| remote.task(id))?
        }
        None => {
            let app = open::app_to_rebuild(data)?;
            let (reindex, force) = (app.reindex.clone(), args.force);
            let task = app.tasks.start(TaskKind::Reindex, move |work| {
                reindex.rebuild(&Actor::Console, force, work)
            })?;
            let task = watch(|| Ok(app.tasks.find(&Actor::Console, task.id)?))?;
            app.close()?;
            task
        }
    };
    let report: ReindexReport = outcome(task)?;
    if *json {
        say(serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

pub fn roll_back(args: &CommonArgs) -> anyhow::Result<()> {
    let report = match &args.server.server {
        Some(url) => Remote::new(url, args.server.token.as_ref())?.roll_back()?,
        None => {
            let app = open::app_to_rebuild(&args.data)?;
            let report = app.tasks.run(TaskKind::Rollback, |_| {
                app.reindex.rollback(&Actor::Console)
            })?;
            open::wait_for_index(&app);
            app.close()?;
            report
        }
    };
    if args.json {
        say(serde_json::to_string(&report)?);
    } else {
        let RollbackReport {
            generation,
            before,
            missed,
            milliseconds,
            ..
        } = report;
        say(format!(
            "back from {before} to {generation} in {milliseconds} ms; it had {missed} changes to catch up with"
        ));
    }
    Ok(())
}

/// Shows how far a task is until it ends.
fn watch(look: impl Fn() -> anyhow::Result<Task>) -> anyhow::Result<Task> {
    let (started, mut progress) = (Instant::now(), None);
    loop {
        let task = look()?;
        if !task.is_running() {
            progress.iter().for_each(Progress::finish);
            return Ok(task);
        }
        if let Some(total) = task.total {
            let shown = progress.get_or_insert_with(|| Progress::of_items("reindexing", total));
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

fn outcome<T: DeserializeOwned>(task: Task) -> anyhow::Result<T> {
    match task.state {
        TaskState::Done => serde_json::from_value(task.outcome.unwrap_or_default())
            .context("the report of the task cannot be read"),
        TaskState::Failed => bail!("{}", task.error.unwrap_or_default()),
        TaskState::Cancelled => bail!("it was cancelled; the index in use stays"),
        TaskState::Running | TaskState::Interrupted => {
            bail!("the server stopped before the end; the index in use stays")
        }
    }
}

fn print(report: &ReindexReport) {
    say(format!(
        "generation {} is in use: {} resources (before: {}), {:.1} s, {:.0} a second",
        report.generation,
        report.resources,
        report.resources_before,
        report.seconds,
        report.per_second
    ));
    if report.unreadable > 0 {
        say(format!(
            "{} records cannot be read; `classo doctor` names them",
            report.unreadable
        ));
    }
    for change in report.facet_changes.iter().take(SHOWN_CHANGES) {
        say(format!(
            "{} {}: {} resources, before {}",
            change.facet, change.value, change.after, change.before
        ));
    }
    if report.facet_changes.len() > SHOWN_CHANGES {
        say("... and more values changed; --json lists them");
    }
}
