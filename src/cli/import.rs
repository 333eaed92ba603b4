//! `classo import`: records of files into the catalogue.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;

use super::WrongUse;
use super::output::{Progress, say, tell};
use super::{open, remote::Remote};
use crate::app::App;
use crate::config::{DataSettings, ServerSettings};
use crate::domain::actor::Actor;
use crate::index_schema::IndexSchema;
use crate::interchange::mapping::{Mapping, Mappings};
use crate::interchange::recognition::{self, Format, Known};
use crate::interchange::records::Shape;
use crate::interchange::report::{ImportReport, Reject};
use crate::services::catalogue::{ImportListener, ImportSource};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Files of records; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The format of the files
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// What the columns or members mean: a mapping file, or the name of a shipped mapping
    #[arg(long, value_name = "FILE")]
    mapping: Option<String>,
    /// Report what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write refused records here, one JSON object {file, line, reason} a line
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    server: ServerSettings,
}

pub fn run(args: &ImportArgs) -> anyhow::Result<()> {
    if let Some(rejects) = &args.rejects {
        refuse_overwriting(rejects, &args.files)?;
    }
    // What cannot be read is said before a data folder is made for it.
    args.files.iter().try_for_each(|file| readable(file))?;
    let target = match &args.server.server {
        Some(url) => Target::Remote(Box::new(Through::open(url, args)?)),
        None => Target::Local(Box::new(open::app(&args.data)?)),
    };
    let mappings = target.mappings();
    let mapping = args
        .mapping
        .as_deref()
        .map(|name| find_mapping(name, mappings))
        .transpose()?;
    let mut rejects = Rejects::new(args.rejects.as_deref())?;
    let mut total = ImportReport::default();
    for file in &args.files {
        let name = file.display().to_string();
        let (source, bytes) = open_source(file)?;
        let known = Known {
            name: &name,
            format: args.format,
            mapping: mapping.clone(),
        };
        let records = recognition::open(source, &known, mappings).with_context(|| name.clone())?;
        if records.shape().completes() && matches!(target, Target::Remote(_)) {
            bail!(WrongUse(format!(
                "{name} completes records; this needs the data folder itself, without --server"
            )));
        }
        let mut listener = Listener {
            rejects: &mut rejects,
            progress: Progress::of_bytes(&name, bytes),
        };
        let report = match &target {
            Target::Local(app) => {
                let source_name = ImportSource {
                    name: &name,
                    dry_run: args.dry_run,
                };
                app.catalogue
                    .import(&Actor::Console, records, &source_name, &mut listener)
                    .with_context(|| format!("{name}: the import stopped"))?
            }
            Target::Remote(through) => {
                let read = |raw, shape: &Shape| {
                    shape.read(raw, &through.mappings, &through.schema.vocabularies)
                };
                through
                    .server
                    .import(records, &read, &name, args.dry_run, &mut listener)?
            }
        };
        listener.progress.finish();
        total.add(report);
    }
    rejects.finish()?;
    let findable = match target {
        Target::Local(app) => open::close_once_findable(*app),
        Target::Remote(_) => Ok(()),
    };
    print_report(&total, args);
    findable?;
    if total.is_refused_whole() {
        bail!("nothing was taken in: every record was refused");
    }
    Ok(())
}

enum Target {
    Local(Box<App>),
    Remote(Box<Through>),
}

/// A server, and what the records mean: they are read here and sent in our shape.
struct Through {
    server: Remote,
    schema: IndexSchema,
    mappings: Mappings,
}

impl Through {
    fn open(url: &str, args: &ImportArgs) -> anyhow::Result<Self> {
        let schema = IndexSchema::load(&args.data.folder.join("index-schema"))?;
        Ok(Through {
            server: Remote::new(url, args.server.token.as_ref())?,
            mappings: Mappings::of(&schema)?,
            schema,
        })
    }
}

impl Target {
    fn mappings(&self) -> &Mappings {
        match self {
            Target::Local(app) => &app.mappings,
            Target::Remote(through) => &through.mappings,
        }
    }
}

/// The mapping of a name: a shipped one, else a file.
fn find_mapping(name: &str, mappings: &Mappings) -> anyhow::Result<Arc<Mapping>> {
    if let Some(known) = mappings.find(name) {
        return Ok(known);
    }
    let file = Path::new(name);
    if !file.is_file() {
        let known: Vec<&str> = mappings.names().collect();
        bail!(WrongUse(format!(
            "there is no mapping {name}; name a file, or one of {}",
            known.join(", ")
        )));
    }
    Ok(Arc::new(Mapping::open(file)?))
}

/// A file that is written must not be one that is read.
pub fn refuse_overwriting(output: &Path, inputs: &[PathBuf]) -> anyhow::Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    if real(output).is_some_and(|output| {
        inputs
            .iter()
            .any(|input| real(input).as_ref() == Some(&output))
    }) {
        bail!(WrongUse(format!(
            "{} is read by this command and would be overwritten",
            output.display()
        )));
    }
    Ok(())
}

/// A file that is there, and no folder; standard input always is.
fn readable(file: &Path) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return Ok(());
    }
    let metadata = file
        .metadata()
        .with_context(|| format!("{} cannot be read", file.display()))?;
    if metadata.is_dir() {
        bail!("{} is a folder; name the files in it", file.display());
    }
    Ok(())
}

fn open_source(file: &Path) -> anyhow::Result<(BufReader<Box<dyn Read>>, u64)> {
    if file == Path::new("-") {
        return Ok((BufReader::new(Box::new(io::stdin())), 0));
    }
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let metadata = opened
        .metadata()
        .with_context(|| format!("{} cannot be read", file.display()))?;
    Ok((
        BufReader::with_capacity(1 << 20, Box::new(opened)),
        metadata.len(),
    ))
}

struct Listener<'a> {
    rejects: &'a mut Rejects,
    progress: Progress,
}

impl ImportListener for Listener<'_> {
    fn rejected(&mut self, reject: Reject) -> io::Result<()> {
        self.rejects.write(&reject)
    }

    fn progress(&mut self, report: &ImportReport, bytes: u64) {
        self.progress
            .at(bytes, || format!("{} records", report.records()));
    }
}

/// Where refused records go: the file that was named, else the first few to standard error.
struct Rejects {
    file: Option<BufWriter<File>>,
    shown: usize,
}

/// Refused records that are shown when no file was named for them.
const SHOWN_REJECTS: usize = 10;

impl Rejects {
    fn new(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = path
            .map(|path| {
                File::create(path).with_context(|| format!("{} cannot be written", path.display()))
            })
            .transpose()?;
        Ok(Rejects {
            file: file.map(BufWriter::new),
            shown: 0,
        })
    }

    fn write(&mut self, reject: &Reject) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            serde_json::to_writer(&mut *file, reject)?;
            return file.write_all(b"\n");
        }
        self.shown += 1;
        if self.shown <= SHOWN_REJECTS {
            tell(format!(
                "{} line {}: {}",
                reject.file, reject.line, reject.reason
            ));
        } else if self.shown == SHOWN_REJECTS + 1 {
            tell("... more refused records are not shown; --rejects FILE keeps them all");
        }
        Ok(())
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        if let Some(file) = &mut self.file {
            file.flush().context("the rejects could not be written")?;
        }
        Ok(())
    }
}

/// Unmapped values that a report for people lists.
const SHOWN_UNMAPPED: usize = 10;

/// Duplicates that a report for people lists.
const SHOWN_DUPLICATES: usize = 5;

fn print_report(report: &ImportReport, args: &ImportArgs) {
    if args.json {
        say(serde_json::to_string(report).expect("a report is plain data"));
        return;
    }
    let mood = if args.dry_run { "would be " } else { "" };
    say(format!(
        "{} records: {} {mood}added, {} {mood}replaced, {} unchanged, {} superseded by a later record, {} refused",
        report.records(),
        report.added,
        report.replaced,
        report.unchanged,
        report.superseded,
        report.rejected
    ));
    if report.merged > 0 {
        say(format!(
            "{} left aside: their ids were merged into others; `classo remove ID` undoes a merge",
            report.merged
        ));
    }
    if !report.changed.is_empty() {
        let fields = report
            .changed
            .iter()
            .map(|(field, count)| format!("{field} {count}"));
        let fields: Vec<String> = fields.collect();
        say(format!(
            "fields {mood}changed, in how many records: {}",
            fields.join(", ")
        ));
    }
    for (field, examples) in &report.examples {
        if let Some(example) = examples.first() {
            let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
            say(format!(
                "  {field} of {}: {} {mood}replaced by {}",
                example.id,
                shown(&example.before),
                shown(&example.after)
            ));
        }
    }
    if report.completeness.records > 0 {
        let least = report.completeness.least.iter();
        let least: Vec<String> = least
            .map(|known| format!("{} ({})", known.id, known.facts))
            .collect();
        say(format!(
            "completeness: {:.1} of 20 facts known on average; the least: {}",
            report.completeness.mean,
            least.join(", ")
        ));
    }
    for twin in report.duplicates.iter().take(SHOWN_DUPLICATES) {
        say(format!(
            "{} looks like {}{}: the same {}",
            twin.id,
            twin.twin,
            if twin.in_catalogue {
                " of the catalogue"
            } else {
                ""
            },
            twin.by
        ));
    }
    let twins = report.duplicates.len() as u64 + report.duplicates_others;
    if twins > SHOWN_DUPLICATES as u64 {
        say(format!(
            "... {twins} records look like others in all; --json lists them"
        ));
    }
    let others = report.unmapped.len().saturating_sub(SHOWN_UNMAPPED);
    for value in report.unmapped.iter().take(SHOWN_UNMAPPED) {
        let nearest = value
            .nearest
            .as_ref()
            .map(|id| format!("; the nearest is {id}"));
        say(format!(
            "not in our vocabularies, kept as it is: {} {:?}, {} times{}",
            value.field,
            value.value,
            value.count,
            nearest.unwrap_or_default()
        ));
    }
    if others > 0 {
        say(format!("... and {others} more values; --json lists them"));
    }
}
