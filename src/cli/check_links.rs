//! `classo check-links`: which addresses of resources still answer.

use std::time::Duration;

use clap::Args;

use super::output::say;
use super::remote::Remote;
use super::{open, watch};
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::domain::task::TaskKind;
use crate::services::links::{RoundReport, RoundSettings};

#[derive(Debug, Args)]
pub struct CheckLinksArgs {
    /// Leave out addresses that were visited within so many days; failing ones are visited every day
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(0..=3_650))]
    older_than: u32,
    /// Visit so many addresses at most, those first that were not visited for the longest time
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Seconds between two visits to a site
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    delay: Duration,
    /// Seconds that an address may take to answer
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    patience: Duration,
    /// How the owner of a site reaches you: an address of the web or of mail, told at each visit
    #[arg(long, value_name = "ADDRESS", env = "CLASSO_CONTACT", value_parser = contact)]
    contact: Option<String>,
    /// Visit addresses of private networks and of this machine as well
    #[arg(long, conflicts_with = "server")]
    allow_private: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    let seconds = seconds.filter(|seconds| (0.0..=3_600.0).contains(seconds));
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "this is a number of seconds between 0 and 3600".into())
}

fn contact(text: &str) -> Result<String, String> {
    let is_header = text.len() <= 200 && text.chars().all(|c| c.is_ascii_graphic());
    match is_header {
        true => Ok(text.to_owned()),
        false => Err("at most 200 visible characters, without spaces".into()),
    }
}

pub fn run(args: &CheckLinksArgs) -> anyhow::Result<()> {
    let task = match &args.server.server {
        Some(url) => {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            let contact = args.contact.as_deref();
            let task =
                remote.check_links(args.older_than, args.limit, args.delay.as_secs(), contact)?;
            watch::to_the_end("visiting links", || remote.task(task.id))?
        }
        None => {
            let app = open::existing(&args.data)?;
            let (links, settings) = (app.links.clone(), settings(args));
            let task = app.tasks.start(TaskKind::Links, move |work| {
                links.check(&Actor::Console, &settings, work)
            })?;
            let look = || Ok(app.tasks.find(&Actor::Console, task.id)?);
            let task = watch::to_the_end("visiting links", look)?;
            open::close_once_findable(app)?;
            task
        }
    };
    let report: RoundReport = watch::outcome(task, "what was found so far stays")?;
    if args.json {
        say(serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn settings(args: &CheckLinksArgs) -> RoundSettings {
    RoundSettings {
        older_than_days: args.older_than,
        limit: args.limit,
        delay: args.delay,
        patience: args.patience,
        allow_private: args.allow_private,
        contact: args.contact.clone(),
    }
}

fn print(report: &RoundReport) {
    let states = &report.states;
    say(format!(
        "{} visited: {} answer, {} moved for good, {} failing, {} dead, {} answer again, {} do not let us see",
        report.visited,
        states.ok,
        states.redirected,
        states.failing,
        states.dead,
        states.recovered,
        states.unclear
    ));
    say(format!(
        "{} left out, visited lately; {} left for another round; {} resources have no address",
        report.recent, report.postponed, report.without_address
    ));
}
