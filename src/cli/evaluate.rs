//! `classo evaluate`: measures the ranking on judged questions.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::import::refuse_overwriting;
use super::output::{Progress, say};
use crate::app;
use crate::config::DataSettings;
use crate::domain::clock::SystemClock;
use crate::domain::draft::Draft;
use crate::domain::problem::sentence;
use crate::index_schema::IndexSchema;
use crate::interchange::jsonl::{self, Line, Lines};
use crate::ranking::weights::Weights;
use crate::relevance::judgment::Judgments;
use crate::relevance::run;
use crate::services::evaluation::{JudgedQuery, evaluate, read_document, read_query};

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// Resources or documents, one JSON object a line
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Questions, one JSON object {id, text, lang} a line, with filters and profile as in POST search
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Judgments in TREC form: query 0 resource grade
    #[arg(long, value_name = "FILE")]
    qrels: PathBuf,
    /// Weights to measure, in the form of index-schema/ranking.toml
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Write the ranked lists here, in TREC form, a thousand deep
    #[arg(long, value_name = "OUT")]
    run: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
}

pub fn run(args: &EvaluateArgs) -> anyhow::Result<()> {
    if let Some(out) = &args.run {
        let inputs = [&args.catalogue, &args.queries, &args.qrels].map(PathBuf::clone);
        refuse_overwriting(out, &inputs)?;
    }
    let schema = Arc::new(IndexSchema::load(&args.data.folder.join("index-schema"))?);
    let weights = match &args.weights {
        Some(file) => Weights::parse(&read(file)?, &schema.text_fields, &schema.vocabularies)
            .map_err(|reason| anyhow!("{}: {reason}", file.display()))?,
        None => app::weights(&schema)?,
    };
    let (documents, left_out) = read_documents(&args.catalogue, &schema)?;
    if let Some(first) = left_out.first() {
        eprintln!(
            "{} documents are left out; the first: {first:#}",
            left_out.len()
        );
    }
    let queries = read_lines(&args.queries, |value| {
        read_query(value, &schema).map_err(|problems| sentence(&problems))
    })?;
    let queries: Vec<JudgedQuery> = queries.into_iter().collect::<Result<_, _>>()?;
    let mut ids = HashSet::new();
    if let Some(twice) = queries.iter().find(|query| !ids.insert(&query.id)) {
        bail!(
            "{}: two questions have the id {:?}",
            args.queries.display(),
            twice.id
        );
    }
    let judgments = Judgments::parse(&read(&args.qrels)?)
        .map_err(|reason| anyhow!("{}: {reason}", args.qrels.display()))?;
    let progress = Mutex::new((Progress::of_items("questions", queries.len() as u64), 0));
    let evaluation = evaluate(
        documents,
        &queries,
        &judgments,
        &schema,
        weights,
        Arc::new(SystemClock),
        || {
            let mut progress = progress
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            progress.1 += 1;
            let done = progress.1;
            progress
                .0
                .at(done, || format!("{done} of {}", queries.len()));
        },
    )?;
    if let Ok((progress, _)) = progress.into_inner() {
        progress.finish();
    }
    if let Some(out) = &args.run {
        let mut file = BufWriter::new(
            File::create(out).with_context(|| format!("{} cannot be written", out.display()))?,
        );
        for (query, ranking) in &evaluation.run {
            file.write_all(run::lines(query, ranking, "classo").as_bytes())?;
        }
        file.flush()?;
    }
    if evaluation.per_query.is_empty() {
        bail!(
            "none of the {} questions has a judgment: do the ids of {} and {} agree?",
            queries.len(),
            args.queries.display(),
            args.qrels.display()
        );
    }
    let measured = evaluation.per_query.len();
    if args.json {
        say(format!(
            "{}",
            json!({"metrics": evaluation.metrics, "queries": measured, "per_query": evaluation.per_query})
        ));
    } else {
        let named: BTreeMap<_, _> = evaluation.metrics.iter().collect();
        say(format!("{measured} judged questions"));
        for (name, value) in named {
            say(format!("{name:<12} {value:.4}"));
        }
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The documents that can be indexed, and why the others cannot: some collections have empty ones.
fn read_documents(
    file: &Path,
    schema: &IndexSchema,
) -> anyhow::Result<(Vec<Draft>, Vec<anyhow::Error>)> {
    let mut documents = Vec::new();
    let mut left_out = Vec::new();
    for entry in read_lines(file, |value| read_document(value, schema))? {
        match entry {
            Ok(document) => documents.push(document),
            Err(error) => left_out.push(error),
        }
    }
    Ok((documents, left_out))
}

/// Every line of a file read, in parallel; an entry that cannot be read says its line.
fn read_lines<T: Send>(
    file: &Path,
    read: impl Fn(Value) -> Result<T, String> + Sync,
) -> anyhow::Result<Vec<anyhow::Result<T>>> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut lines = Lines::new(BufReader::new(opened));
    let mut contents = Vec::new();
    while let Some(line) = lines.next_line()? {
        contents.push(line);
    }
    let entry = |line: Line| {
        let entry = line
            .content
            .and_then(|content| jsonl::parse(&content))
            .and_then(&read);
        entry.map_err(|reason| anyhow!("{} line {}: {reason}", file.display(), line.number))
    };
    Ok(contents.into_par_iter().map(entry).collect())
}
