//! `classo doctor`: whether a data folder is sound; or, with --catalogue, what a catalogue covers and how complete it is.

mod catalogue;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;

use super::open;
use super::output::say;
use crate::config::DataSettings;
use crate::domain::clock::{Clock, SystemClock};
use crate::index_schema::IndexSchema;
use crate::services::checkup::{self, Finding, State};
use crate::store::StoreError;

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Examine this catalogue, one JSON object a line, and not the data folder
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Tell what would be repaired, and change nothing
    #[arg(long, conflicts_with = "catalogue")]
    dry_run: bool,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
}

pub fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    match &args.catalogue {
        Some(file) => catalogue::run(file, args.json),
        None => folder(args),
    }
}

fn folder(args: &DoctorArgs) -> anyhow::Result<()> {
    open::must_exist(&args.data)?;
    open::must_be_writable(&args.data)?;
    let data = &args.data.folder;
    let schema = Arc::new(IndexSchema::load(&data.join("index-schema"))?);
    let keys = open::settings(&args.data)?.keys;
    let findings = match checkup::examine(data, &schema, &keys, SystemClock.now(), args.dry_run) {
        Err(StoreError::Locked { .. }) => bail!(
            "the data folder {} is in use by a running classo; stop it first: doctor looks at files that nobody writes",
            data.display()
        ),
        findings => findings.with_context(|| format!("{} cannot be examined", data.display()))?,
    };
    if args.json {
        say(serde_json::to_string(&findings)?);
    } else {
        findings.iter().for_each(print);
    }
    let troubles = findings
        .iter()
        .filter(|finding| finding.state == State::Trouble)
        .count();
    if troubles > 0 {
        bail!("{troubles} troubles are left in {}", data.display());
    }
    Ok(())
}

fn print(finding: &Finding) {
    let state = match finding.state {
        State::Good => "good",
        State::Repaired => "repaired",
        State::Repairable => "could be repaired",
        State::Trouble => "trouble",
    };
    say(format!("{}: {state}: {}", finding.place, finding.says));
}
