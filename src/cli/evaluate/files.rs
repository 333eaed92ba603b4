//! Collections from files, and results into files.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use rayon::prelude::*;
use serde_json::Value;

use super::EvaluateArgs;
use crate::cli::WrongUse;
use crate::cli::output::tell;
use crate::domain::draft::Draft;
use crate::index_schema::IndexSchema;
use crate::interchange::jsonl::{self, Line, Lines};
use crate::relevance::judgment::Judgments;
use crate::relevance::run;
use crate::services::evaluation::documents::read_document;
use crate::services::evaluation::{Answers, Collection, folder};

/// The names under which a collection's folder may have its documents.
const DOCUMENTS: [&str; 3] = ["docs.jsonl", "documents.jsonl", "catalogue.jsonl"];

/// The files of one collection.
pub struct Sources {
    pub name: String,
    pub catalogue: Option<PathBuf>,
    pub queries: Option<PathBuf>,
    pub qrels: PathBuf,
    /// The runs of other engines: the name to tell them by, and the file.
    pub runs: Vec<(String, PathBuf)>,
}

impl Sources {
    /// Everything that is read.
    pub fn files(&self) -> Vec<PathBuf> {
        let optional = self.catalogue.iter().chain(&self.queries);
        let runs = self.runs.iter().map(|(_, file)| file);
        optional.chain([&self.qrels]).chain(runs).cloned().collect()
    }
}

/// A file for one collection, a folder with a file of each for several.
pub enum Output {
    File(PathBuf),
    Folder(PathBuf),
}

impl Output {
    /// Where the run of a collection goes.
    pub fn of(&self, collection: &str) -> PathBuf {
        match self {
            Output::File(file) => file.clone(),
            Output::Folder(folder) => folder.join(format!("{collection}.run")),
        }
    }
}

/// The collections that the arguments name.
///
/// # Errors
/// Wrong use, when they do not make whole collections.
pub fn sources(args: &EvaluateArgs) -> anyhow::Result<Vec<Sources>> {
    let (catalogues, queries, qrels) = (&args.catalogue, &args.queries, &args.qrels);
    let runs_alone = catalogues.is_empty() && !args.read_run.is_empty();
    let whole = catalogues.len() == qrels.len() && queries.len() == qrels.len();
    let judged_runs = runs_alone && (queries.is_empty() || queries.len() == qrels.len());
    if !whole && !judged_runs {
        bail!(WrongUse(format!(
            "each collection needs --catalogue, --queries and --qrels, in the same order; there are {}, {} and {}",
            catalogues.len(),
            queries.len(),
            qrels.len()
        )));
    }
    let mut sources: Vec<Sources> = (0..qrels.len())
        .map(|place| Sources {
            name: folder_name(&qrels[place]),
            catalogue: catalogues.get(place).cloned(),
            queries: queries.get(place).cloned(),
            qrels: qrels[place].clone(),
            runs: Vec::new(),
        })
        .collect();
    for folder in &args.collection {
        sources.push(in_folder(folder)?);
    }
    if sources.is_empty() {
        bail!(WrongUse(
            "nothing to measure: give --catalogue, --queries and --qrels, or --collection DIR"
                .into()
        ));
    }
    tell_apart(&mut sources);
    let several = sources.len() > 1;
    for source in &mut sources {
        for run in &args.read_run {
            let file = match several {
                true => Output::Folder(run.clone()).of(&source.name),
                false => run.clone(),
            };
            source.runs.push((run_name(run, &args.read_run), file));
        }
    }
    Ok(sources)
}

fn in_folder(path: &Path) -> anyhow::Result<Sources> {
    let find = |names: &[&str]| {
        folder::find(path, names).ok_or_else(|| {
            WrongUse(format!(
                "the folder {} has no {}",
                path.display(),
                names.join(" or ")
            ))
        })
    };
    let qrels = find(&folder::JUDGMENTS)?;
    Ok(Sources {
        name: folder_name(&qrels),
        catalogue: Some(find(&DOCUMENTS)?),
        queries: Some(find(&folder::QUERIES)?),
        qrels,
        runs: Vec::new(),
    })
}

/// The name to tell a file or folder by.
pub fn short_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The short name of a run, or its whole path when others have the same.
fn run_name(run: &Path, all: &[PathBuf]) -> String {
    let name = short_name(run);
    match all.iter().filter(|other| short_name(other) == name).count() {
        1 => name,
        _ => run.display().to_string(),
    }
}

/// The name of the folder that a file is in.
fn folder_name(file: &Path) -> String {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = real.parent().and_then(Path::file_name);
    folder.map_or_else(
        || "collection".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Numbers the collections of the same name.
fn tell_apart(sources: &mut [Sources]) {
    let mut names = HashSet::new();
    for source in sources {
        let plain = source.name.clone();
        let mut number = 1;
        while !names.insert(source.name.clone()) {
            number += 1;
            source.name = format!("{plain}-{number}");
        }
    }
}

/// The documents, when there is a catalogue, and the rest of a collection.
pub fn read(
    source: &Sources,
    schema: &IndexSchema,
) -> anyhow::Result<(Option<Vec<Draft>>, Collection)> {
    let documents = match &source.catalogue {
        Some(file) => Some(read_documents(file, schema)?),
        None => None,
    };
    let queries = match &source.queries {
        Some(file) => folder::read_queries(file, schema).map_err(|reason| anyhow!(reason))?,
        None => Vec::new(),
    };
    let of_file = |file: &Path, reason: String| anyhow!("{}: {reason}", file.display());
    let judgments = Judgments::parse(&read_text(&source.qrels)?)
        .map_err(|reason| of_file(&source.qrels, reason))?;
    let foreign = source.runs.iter().map(|(name, file)| {
        let lists = run::parse(&read_text(file)?).map_err(|reason| of_file(file, reason))?;
        Ok((name.clone(), lists))
    });
    let collection = Collection {
        name: source.name.clone(),
        queries,
        judgments,
        foreign: foreign.collect::<anyhow::Result<_>>()?,
    };
    Ok((documents, collection))
}

pub fn read_text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

/// The documents that can be indexed; how many cannot is said, some collections have empty ones.
fn read_documents(file: &Path, schema: &IndexSchema) -> anyhow::Result<Vec<Draft>> {
    let mut documents = Vec::new();
    let mut left_out = Vec::new();
    for entry in read_lines(file, |value| read_document(value, schema))? {
        match entry {
            Ok(document) => documents.push(document),
            Err(error) => left_out.push(error),
        }
    }
    if let Some(first) = left_out.first() {
        tell(format!(
            "{} documents are left out; the first: {first:#}",
            left_out.len()
        ));
    }
    Ok(documents)
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

/// Writes ranked lists in TREC form.
pub fn write_run(out: &Path, answers: &Answers) -> anyhow::Result<()> {
    let cannot = || format!("{} cannot be written", out.display());
    let mut file = BufWriter::new(File::create(out).with_context(cannot)?);
    for (query, ranking) in answers {
        file.write_all(run::lines(query, ranking, "classo").as_bytes())
            .with_context(cannot)?;
    }
    file.flush().with_context(cannot)
}

/// Writes judgments in the form that the file's name asks for.
pub fn write_judgments(out: &Path, judgments: &Judgments) -> anyhow::Result<()> {
    let csv = out
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let text = if csv {
        judgments.to_csv()
    } else {
        judgments.to_trec()
    };
    write(out, text.as_bytes())
}

pub fn write(out: &Path, content: &[u8]) -> anyhow::Result<()> {
    fs::write(out, content).with_context(|| format!("{} cannot be written", out.display()))
}
