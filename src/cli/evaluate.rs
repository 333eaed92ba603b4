//! `classo evaluate`: measures the ranking on judged questions.

mod figures;
mod files;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{anyhow, bail};
use clap::Args;

use super::WrongUse;
use super::import::refuse_overwriting;
use super::output::{Progress, tell};
use crate::config::DataSettings;
use crate::domain::clock::{Clock, SystemClock};
use crate::index_schema::IndexSchema;
use crate::relevance::report::Report;
use crate::services::evaluation::configuration::Configuration;
use crate::services::evaluation::{Bench, Collection, Evaluation, evaluate, report};
use files::{Output, Sources};

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Resources or documents, one JSON object a line; repeat, with --queries and --qrels in the same order, for several
    /// collections
    #[arg(long, value_name = "FILE")]
    catalogue: Vec<PathBuf>,
    /// Questions, one JSON object {id, text, lang} a line, with filters and profile as in POST search
    #[arg(long, value_name = "FILE")]
    queries: Vec<PathBuf>,
    /// Judgments in TREC form (query 0 resource grade), or CSV with the columns
    /// query,profile,resource,grade,reason,who,when
    #[arg(long, value_name = "FILE")]
    qrels: Vec<PathBuf>,
    /// A folder with docs.jsonl or catalogue.jsonl, queries.jsonl, and qrels.tsv or judgments.csv; repeat for several
    #[arg(long, value_name = "DIR")]
    collection: Vec<PathBuf>,
    /// Weights to measure, in the form of index-schema/ranking.toml
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Weights to compare them with, question by question
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// Judge this TREC run of any engine beside ours, or alone without a catalogue; repeat to compare several. With
    /// several collections, a folder with NAME.run for each
    #[arg(long, value_name = "FILE")]
    read_run: Vec<PathBuf>,
    /// Write the ranked lists here, in TREC form, a thousand deep; with several collections, into this folder
    #[arg(long, value_name = "OUT")]
    run: Option<PathBuf>,
    /// Write the judgments here: as CSV when the name ends in .csv, else in TREC form
    #[arg(long, value_name = "OUT")]
    write_qrels: Option<PathBuf>,
    /// The depth of nDCG, precision, recall, ERR, coverage and of the share of unjudged results
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    k: u16,
    /// What intervals and significance tests draw from: the same seed, the same figures
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write a page with plots, the worst questions and what each weight is worth
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
}

pub fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    let sources = files::sources(args)?;
    let outputs = check_outputs(args, &sources)?;
    let schema = Arc::new(IndexSchema::load(&args.data.folder.join("index-schema"))?);
    let configurations = configurations(args, &sources, &schema)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = (usize::from(args.k), args.seed);
    let mut shown = Report {
        made_on: clock
            .now()
            .to_zoned_datetime(jiff::tz::TimeZone::UTC)
            .date()
            .to_string(),
        k: settings.0,
        ..Report::default()
    };
    let mut evaluated = Vec::new();
    for source in &sources {
        let (documents, collection) = files::read(source, &schema)?;
        let unasked = collection.unasked();
        if unasked > 0 {
            tell(format!(
                "{}: {unasked} judged questions are not asked, and left out",
                collection.name
            ));
        }
        let asked = collection.queries.len() * rounds(args, &configurations);
        let progress = Counter::new(&collection.name, asked);
        let bench = match documents {
            Some(documents) => Some(Bench::new(documents, &schema, Arc::clone(&clock))?),
            None => None,
        };
        let done = || progress.one_more();
        let evaluation = evaluate(
            &collection,
            bench.as_ref(),
            &configurations,
            settings.0,
            &done,
        )?;
        if let Some(out) = &outputs.run {
            files::write_run(&out.of(&collection.name), &evaluation.answers)?;
        }
        refuse_unjudged(&collection, &evaluation, source)?;
        if args.report.is_some() {
            shown.collections.push(report::section(
                &collection,
                bench.as_ref(),
                &configurations,
                &evaluation,
                settings,
                &done,
            )?);
        }
        progress.finish();
        evaluated.push((collection, evaluation));
    }
    if let Some(out) = &args.write_qrels {
        files::write_judgments(out, &evaluated[0].0.judgments)?;
    }
    if let Some(out) = &args.report {
        let measured = evaluated[0].1.measured.iter();
        shown.systems = measured.map(|measured| measured.name.clone()).collect();
        shown.languages = report::languages(&evaluated, settings);
        files::write(out, shown.to_html().as_bytes())?;
    }
    figures::print(&evaluated, args.seed, args.json);
    Ok(())
}

/// Where results go, each checked before the work begins.
struct Outputs {
    run: Option<Output>,
}

fn check_outputs(args: &EvaluateArgs, sources: &[Sources]) -> anyhow::Result<Outputs> {
    let mut inputs: Vec<PathBuf> = sources.iter().flat_map(Sources::files).collect();
    inputs.extend(args.weights.iter().chain(&args.against).cloned());
    let run = args.run.as_ref().map(|out| match sources.len() {
        1 => Output::File(out.clone()),
        _ => Output::Folder(out.clone()),
    });
    if run.is_some() && sources.iter().any(|source| source.catalogue.is_none()) {
        bail!(WrongUse(
            "--run writes what a catalogue answers; give --catalogue and --queries too".into()
        ));
    }
    if args.write_qrels.is_some() && sources.len() > 1 {
        bail!(WrongUse(
            "--write-qrels takes the judgments of one collection".into()
        ));
    }
    let written = run
        .iter()
        .flat_map(|out| sources.iter().map(|source| out.of(&source.name)));
    let files = written
        .chain(args.write_qrels.clone())
        .chain(args.report.clone());
    for file in files {
        refuse_overwriting(&file, &inputs)?;
    }
    let parents = [&args.write_qrels, &args.report].into_iter().flatten();
    for parent in parents.filter_map(|file| file.parent()) {
        if !parent.as_os_str().is_empty() && !parent.is_dir() {
            bail!(WrongUse(format!(
                "there is no folder {} to write into",
                parent.display()
            )));
        }
    }
    if let Some(Output::Folder(folder)) = &run {
        std::fs::create_dir_all(folder)
            .map_err(|error| anyhow!("the folder {} cannot be made: {error}", folder.display()))?;
    }
    Ok(Outputs { run })
}

/// What to measure first, and what to measure beside it.
fn configurations(
    args: &EvaluateArgs,
    sources: &[Sources],
    schema: &IndexSchema,
) -> anyhow::Result<Vec<Configuration>> {
    if sources.iter().any(|source| source.catalogue.is_none()) {
        if args.weights.is_some() || args.against.is_some() {
            bail!(WrongUse(
                "weights rank a catalogue; give --catalogue and --queries too".into()
            ));
        }
        return Ok(Vec::new());
    }
    let read = |file: &Path| {
        Configuration::read(files::short_name(file), &files::read_text(file)?, schema)
            .map_err(|reason| anyhow!("{}: {reason}", file.display()))
    };
    let first = match &args.weights {
        Some(file) => read(file)?,
        None => Configuration::read("classo".into(), &schema.ranking, schema)
            .map_err(|reason| anyhow!("index-schema/ranking.toml: {reason}"))?,
    };
    let mut configurations = vec![first];
    if let Some(file) = &args.against {
        let mut other = read(file)?;
        if other.name == configurations[0].name {
            other.name = file.display().to_string();
        }
        configurations.push(other);
    }
    Ok(configurations)
}

/// How often each question will be asked.
fn rounds(args: &EvaluateArgs, configurations: &[Configuration]) -> usize {
    let dials = configurations
        .first()
        .map_or(0, |first| first.dials().len());
    configurations.len() + if args.report.is_some() { dials } else { 0 }
}

fn refuse_unjudged(
    collection: &Collection,
    evaluation: &Evaluation,
    source: &Sources,
) -> anyhow::Result<()> {
    let measured = evaluation.measured.first();
    if measured.is_none_or(|measured| measured.per_query.is_empty()) {
        bail!(
            "none of the {} questions has a judgment: do the ids of {} and {} agree?",
            collection.queries.len(),
            source
                .queries
                .as_deref()
                .unwrap_or(Path::new("the questions"))
                .display(),
            source.qrels.display()
        );
    }
    Ok(())
}

/// Progress that many threads report to.
struct Counter {
    progress: Mutex<(Progress, u64)>,
    total: usize,
}

impl Counter {
    fn new(what: &str, total: usize) -> Self {
        let progress = Progress::of_items(what, total as u64);
        Counter {
            progress: Mutex::new((progress, 0)),
            total,
        }
    }

    fn one_more(&self) {
        let mut progress = self
            .progress
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        progress.1 += 1;
        let done = progress.1;
        progress
            .0
            .at(done, || format!("{done} of {} questions", self.total));
    }

    fn finish(self) {
        let progress = self.progress.into_inner();
        progress
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .0
            .finish();
    }
}
