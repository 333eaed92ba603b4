//! `classo reindex` and `classo rollback`: a fresh index beside the one in use, and the way back.

use clap::Args;

use super::output::say;
use super::{open, remote::Remote, watch};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::task::TaskKind;
use crate::services::reindex::{ReindexReport, RollbackReport};

#[derive(Debug, Args)]
pub struct ReindexArgs {
    /// Switch even when the count of a facet's value changes by more than a quarter, or judged questions are answered worse
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

/// Changes of facets that a report for people lists.
const SHOWN_CHANGES: usize = 10;

pub fn run(args: &ReindexArgs) -> anyhow::Result<()> {
    let CommonArgs { json, data, server } = &args.common;
    let task = match &server.server {
        Some(url) => {
            let remote = Remote::new(url, server.token.as_ref())?;
            let id = remote.reindex(args.force)?.id;
            watch::to_the_end("reindexing", || remote.task(id))?
        }
        None => {
            let app = open::app_to_rebuild(data)?;
            let (reindex, force) = (app.reindex.clone(), args.force);
            let task = app.tasks.start(TaskKind::Reindex, move |work| {
                reindex.rebuild(&Actor::Console, force, work)
            })?;
            let look = || Ok(app.tasks.find(&Actor::Console, task.id)?);
            let task = watch::to_the_end("reindexing", look)?;
            app.close()?;
            task
        }
    };
    let report: ReindexReport = watch::outcome(task, "the index in use stays")?;
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
            open::close_once_findable(app)?;
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
    for change in &report.relevance {
        say(format!(
            "{}: nDCG@10 {:.3}, before {:.3}, on {} judged questions",
            change.collection, change.after, change.before, change.questions
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
