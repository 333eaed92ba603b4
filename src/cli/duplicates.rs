//! `classo duplicates`: resources that are about the same thing, and making one of them.

use anyhow::anyhow;
use clap::Args;

use super::output::say;
use super::remote::Remote;
use super::{WrongUse, open};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::resource::ResourceId;
use crate::services::duplicates::{MergeReport, TwinGroup};

#[derive(Debug, Args)]
pub struct DuplicatesArgs {
    /// Merge resources: the first id is kept and takes over what it lacks, the others lead to it
    #[arg(long, num_args = 2.., value_names = ["KEEP", "OLD"], conflicts_with = "merge_certain")]
    merge: Vec<String>,
    /// Merge every group with the same address and titles that hardly differ
    #[arg(long)]
    merge_certain: bool,
    /// With --merge-certain: say what would be merged, and merge nothing
    #[arg(long, requires = "merge_certain")]
    dry_run: bool,
    /// Groups to list
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    limit: u32,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

pub fn run(args: &DuplicatesArgs) -> anyhow::Result<()> {
    let ids = args.merge.iter().map(|id| {
        ResourceId::parse(id).map_err(|reason| anyhow!(WrongUse(format!("{id:?}: {reason}"))))
    });
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    match ids.split_first() {
        None if !args.merge_certain => list(args),
        pair => merge(args, pair),
    }
}

fn list(args: &DuplicatesArgs) -> anyhow::Result<()> {
    let (groups, total) = match &args.server.server {
        Some(url) => {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            let answer = remote.duplicates(args.limit)?;
            (answer.groups, answer.total)
        }
        None => {
            let app = open::existing(&args.data)?;
            let mut groups = app.duplicates.find(&Actor::Console)?;
            app.close()?;
            let total = groups.len();
            groups.truncate(args.limit as usize);
            (groups, total)
        }
    };
    if args.json {
        say(serde_json::to_string(&groups)?);
        return Ok(());
    }
    say(format!("{total} groups of resources look like one"));
    groups.iter().for_each(print);
    Ok(())
}

fn print(group: &TwinGroup) {
    let certain = if group.is_certain { ", certain" } else { "" };
    say(format!("\nthe same {}{certain}:", group.by));
    for twin in &group.resources {
        say(format!(
            "  {}  {:?}  {}  {} facts of 20",
            twin.id,
            twin.title.best(Language::Fr).unwrap_or_default(),
            twin.url.as_deref().unwrap_or("without address"),
            twin.completeness
        ));
    }
}

fn merge(args: &DuplicatesArgs, pair: Option<(&ResourceId, &[ResourceId])>) -> anyhow::Result<()> {
    let report = match &args.server.server {
        Some(url) => {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            match pair {
                Some((kept, old)) => remote.merge(kept, old)?,
                None => remote.merge_certain(args.dry_run)?,
            }
        }
        None => {
            let app = open::existing(&args.data)?;
            let report = match pair {
                Some((kept, old)) => app.duplicates.merge(&Actor::Console, kept, old),
                None => app.duplicates.merge_certain(&Actor::Console, args.dry_run),
            }?;
            open::close_once_findable(app)?;
            report
        }
    };
    if args.json {
        say(serde_json::to_string(&report)?);
    } else {
        told(&report, args.dry_run);
    }
    Ok(())
}

fn told(report: &MergeReport, dry_run: bool) {
    let mood = if dry_run { "would lead" } else { "leads" };
    for merged in &report.merged {
        say(format!("{} {mood} to {}", merged.old, merged.kept));
    }
    say(format!("{} merged", report.merged.len()));
}
