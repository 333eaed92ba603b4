//! `classo analytics`: what the catalogue is asked for, as counts without persons.

use clap::Args;
use jiff::civil::Date;

use super::open;
use super::output::say;
use super::remote::Remote;
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::services::analytics::{NameCount, UsageReport, UsageWindow};

#[derive(Debug, Args)]
pub struct AnalyticsArgs {
    /// The first day, such as 2026-09-01; thirty days up to the last one when left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// The last day; today when left out
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Date>,
    /// How long each list may be
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    limit: u32,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

fn day(text: &str) -> Result<Date, String> {
    let day = text.parse();
    day.map_err(|_| "this is a day of the calendar, such as 2026-09-01".into())
}

pub fn run(args: &AnalyticsArgs) -> anyhow::Result<()> {
    let report = match &args.server.server {
        Some(url) => {
            let remote = Remote::new(url, args.server.token.as_ref())?;
            remote.analytics(args.from, args.to, args.limit)?
        }
        None => {
            let app = open::existing(&args.data)?;
            let window = UsageWindow {
                from: args.from,
                to: args.to,
                limit: args.limit as usize,
            };
            let report = app.analytics.report(&Actor::Console, window)?;
            app.close()?;
            report
        }
    };
    if args.json {
        say(serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(())
}

fn print(report: &UsageReport) {
    let least = report.least;
    let told = |count: Option<u64>| {
        count.map_or_else(|| format!("fewer than {least}"), |count| count.to_string())
    };
    say(format!(
        "{} to {}: {} searches, {} without result; nothing below {least} is counted by name",
        report.from,
        report.to,
        told(report.searches),
        told(report.without_result)
    ));
    for (head, list) in [
        ("questions", &report.questions),
        ("questions without result", &report.questions_without_result),
        ("facets used", &report.facets),
        ("values used", &report.values),
        ("languages", &report.languages),
    ] {
        if !list.is_empty() {
            say(format!("\n{head}"));
        }
        for NameCount { name, count } in list {
            say(format!("{count:>8}  {name}"));
        }
    }
}
