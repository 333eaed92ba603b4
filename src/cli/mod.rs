//! Commands, one file each: words in, words out.
//!
//! Results go to standard output, everything else to standard error. A failed command exits with 1, a wrong use with 2.

mod analytics;
mod backup;
mod check_links;
mod demo;
mod doctor;
mod duplicates;
mod evaluate;
mod export;
mod guide;
mod import;
mod keys;
mod open;
mod operator;
pub mod output;
mod reindex;
mod remote;
mod remove;
mod search;
mod serve;
mod settings;
mod watch;

use clap::{Parser, Subcommand};

/// Finds the digital educational resource that suits a class, and says why.
#[derive(Debug, Parser)]
#[command(name = "classo", version, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fill a fresh data folder with the bundled catalogue, then serve it
    Demo(serve::ServeArgs),
    /// Serve the data folder over HTTP
    Serve(serve::ServeArgs),
    /// Put records of files into the catalogue
    Import(import::ImportArgs),
    /// Write the catalogue to a file
    Export(export::ExportArgs),
    /// Take resources out of the catalogue
    Remove(remove::RemoveArgs),
    /// Build the index anew beside the one in use, and switch to it
    Reindex(reindex::ReindexArgs),
    /// Go back to the index before the last reindex
    Rollback(reindex::CommonArgs),
    /// Write what the store holds to a file, or to a folder of files that go on from each other
    Backup(backup::BackupArgs),
    /// Make a data folder from backups
    Restore(backup::RestoreArgs),
    /// List resources that are about the same thing, or merge them
    Duplicates(duplicates::DuplicatesArgs),
    /// Visit the addresses of resources, politely, and remember which of them still answer
    CheckLinks(check_links::CheckLinksArgs),
    /// Tell what was searched for, as counts without persons
    Analytics(analytics::AnalyticsArgs),
    /// Search the catalogue
    Search(Box<search::SearchArgs>),
    /// Choose a resource in a conversation
    Guide(guide::GuideArgs),
    /// Measure the ranking on judged questions
    Evaluate(evaluate::EvaluateArgs),
    /// Examine a data folder and repair what is safe; or a catalogue: completeness and coverage
    Doctor(doctor::DoctorArgs),
    /// Show what can be set in classo.toml, with comments and defaults
    Settings,
    /// Copy the keyring of accounts, or change the master key that wraps it
    Keys(keys::KeysArgs),
    /// Manage the operators of a server
    Operator(operator::OperatorArgs),
}

/// A command that was used wrongly: it exits with 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUse(pub String);

/// Runs a command.
pub fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Remove(args) => remove::run(&args),
        Command::Reindex(args) => reindex::run(&args),
        Command::Rollback(args) => reindex::roll_back(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Duplicates(args) => duplicates::run(&args),
        Command::CheckLinks(args) => check_links::run(&args),
        Command::Analytics(args) => analytics::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Guide(args) => guide::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Settings => settings::run(),
        Command::Keys(args) => keys::run(&args),
        Command::Operator(args) => operator::run(&args),
    }
}
