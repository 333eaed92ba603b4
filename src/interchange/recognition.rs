//! Finds out what a file is: from its name, its first bytes, and the columns or members of its first record.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use clap::ValueEnum;
use serde_json::Value;

use super::csv::{self, Table};
use super::encoding::Encoding;
use super::html::page::Page;
use super::json::Documents;
use super::jsonl::{self, Lines};
use super::jsonld;
use super::mapping::{Mapping, Mappings};
use super::record::{Raw, Source};
use super::records::{Records, Shape};
use super::xml::Elements;

/// The formats that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Recognised by name and content
    Auto,
    /// One JSON object a line
    Jsonl,
    /// A table with a header
    Csv,
    /// JSON documents that hold records
    Json,
    /// JSON-LD of schema.org with LRMI, or AMB: documents, lines, or in web pages
    Lrmi,
    /// XML: LOM, ScoLOMFR, or Dublin Core
    Lom,
}

/// What is known of a file before it is opened.
pub struct Known<'a> {
    pub name: &'a str,
    pub format: Format,
    pub mapping: Option<Arc<Mapping>>,
}

/// A file that cannot be read as records, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("it cannot be read")]
    Read(#[from] io::Error),
    #[error("{0}")]
    Unrecognised(String),
}

/// Where JSON-LD has several nodes, and what they have in common.
const GRAPH: &str = "@graph";
const CONTEXT: &str = "@context";

/// How much of a file is looked at before it is read.
const HEAD_BYTES: u64 = 1024 * 1024;

/// Lines that are looked at to find out whether each is a record.
const HEAD_LINES: usize = 20;

/// Opens a file as records.
///
/// # Errors
/// When it cannot be read, or nothing tells what its records are.
pub fn open<'a>(
    mut source: impl Read + 'a,
    known: &Known,
    mappings: &Mappings,
) -> Result<Records<'a>, OpenError> {
    let mut head = Vec::new();
    source.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    let is_markup = text_of(&head).starts_with(b"<");
    let format = match known.format {
        Format::Auto => guess(known, &head, mappings)?,
        told => told,
    };
    if format == Format::Lrmi && is_markup {
        let page = Page::new(BufReader::new(Cursor::new(head).chain(source)));
        return Ok(Records::new(page, Shape::Lrmi));
    }
    let opening = Opening {
        known,
        mappings,
        format,
    };
    let shape = opening.shape(&head)?;
    let whole = BufReader::new(Cursor::new(head).chain(source));
    Ok(match format {
        Format::Csv => {
            let layout = match &shape {
                Shape::Mapped(mapping) => mapping.layout(),
                _ => Default::default(),
            };
            Records::new(Table::new(whole, layout), shape)
        }
        Format::Json | Format::Lrmi => {
            let records = match &shape {
                Shape::Mapped(mapping) => Documents::new(whole, &mapping.records),
                Shape::Lrmi => Documents::new(whole, &[GRAPH.to_owned()])
                    .of_graph(CONTEXT, jsonld::is_resource),
                _ => Documents::new(whole, &[]),
            };
            Records::new(records, shape)
        }
        Format::Lom => Records::new(Elements::new(whole), Shape::Xml),
        Format::Jsonl | Format::Auto => Records::new(Lines::new(whole), shape),
    })
}

/// A file without a byte order mark and white space before its text.
fn text_of(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii_start()
}

fn guess(known: &Known, head: &[u8], mappings: &Mappings) -> Result<Format, OpenError> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return unrecognised("it is in UTF-16; save it in UTF-8");
    }
    let extension = known
        .name
        .rsplit_once('.')
        .map(|(_, end)| end.to_lowercase());
    match extension.as_deref() {
        Some("jsonl" | "ndjson") => return Ok(Format::Jsonl),
        Some("csv" | "tsv") => return Ok(Format::Csv),
        _ => {}
    }
    let start = text_of(head);
    match start.first() {
        None => Ok(Format::Jsonl),
        Some(b'<') if is_page(start) => Ok(Format::Lrmi),
        Some(b'<') => Ok(Format::Lom),
        _ if is_lines(start) => Ok(Format::Jsonl),
        Some(b'{' | b'[') => Ok(Format::Json),
        _ if first_columns(start).is_ok_and(|columns| {
            known.mapping.is_some() || mapping_of_table(&columns, mappings).is_some()
        }) =>
        {
            Ok(Format::Csv)
        }
        _ => unrecognised(
            "its format is not recognised; Classo reads CSV, JSON, JSON-LD (also in web pages) and XML (LOM, Dublin Core); --format says which",
        ),
    }
}

fn is_page(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&start[..start.len().min(1024)]).to_lowercase();
    start.starts_with("<!doctype html") || start.contains("<html") || start.contains("<script")
}

fn unrecognised<T>(reason: &str) -> Result<T, OpenError> {
    Err(OpenError::Unrecognised(reason.to_owned()))
}

/// Whether most of the first lines are JSON objects of their own.
fn is_lines(head: &[u8]) -> bool {
    let lines = head
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty());
    let lines: Vec<bool> = lines
        .take(HEAD_LINES)
        .map(|line| object(line).is_some())
        .collect();
    let objects = lines.iter().filter(|is_object| **is_object).count();
    lines.len() > 1 && 2 * objects >= lines.len()
}

fn object(text: &[u8]) -> Option<Value> {
    jsonl::parse(text).ok().filter(Value::is_object)
}

fn first_columns(head: &[u8]) -> Result<Vec<String>, String> {
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| !line.trim_ascii().is_empty());
    let line = line.ok_or("the file is empty")?;
    csv::header(line.trim_ascii_end(), None, Encoding::default()).map(|(_, columns)| columns)
}

/// The mapping for a table with these columns: of a source, or our own when it has an id and a title.
fn mapping_of_table(columns: &[String], mappings: &Mappings) -> Option<Arc<Mapping>> {
    let has = |name: &str| {
        columns
            .iter()
            .any(|column| column.split('.').next() == Some(name))
    };
    let own =
        || (has("id") && (has("title") || has("description"))).then(|| mappings.find("classo"))?;
    mappings.recognise(columns).or_else(own)
}

struct Opening<'a> {
    known: &'a Known<'a>,
    mappings: &'a Mappings,
    format: Format,
}

impl Opening<'_> {
    /// What the records of a file with this beginning mean.
    fn shape(&self, head: &[u8]) -> Result<Shape, OpenError> {
        if let Some(mapping) = &self.known.mapping {
            return Ok(Shape::Mapped(Arc::clone(mapping)));
        }
        match self.format {
            Format::Csv => {
                let columns = first_columns(head).or_else(|reason| {
                    unrecognised(&format!("its header cannot be read: {reason}"))
                })?;
                match mapping_of_table(&columns, self.mappings) {
                    Some(mapping) => Ok(Shape::Mapped(mapping)),
                    None => self.nobody_knows("columns", &columns),
                }
            }
            Format::Lrmi => Ok(Shape::Lrmi),
            Format::Lom => Ok(Shape::Xml),
            Format::Json => {
                let mut places = self.mappings.places();
                places.push(GRAPH.into());
                let record =
                    first_record(Documents::new(head, &places).of_graph(CONTEXT, |_| true));
                match record {
                    Some(record) => self.of_object(&record),
                    None => Ok(Shape::Native),
                }
            }
            Format::Jsonl | Format::Auto => match first_record(Lines::new(head)) {
                Some(record) => self.of_object(&record).or(Ok(Shape::Native)),
                None => Ok(Shape::Native),
            },
        }
    }

    fn of_object(&self, record: &Value) -> Result<Shape, OpenError> {
        let members: Vec<String> = record
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        let has = |name: &str| members.iter().any(|member| member == name);
        if [CONTEXT, "@type", GRAPH].into_iter().any(has) {
            Ok(Shape::Lrmi)
        } else if let Some(mapping) = self.mappings.recognise(&members) {
            Ok(Shape::Mapped(mapping))
        } else if has("id") && (has("title") || has("description")) {
            Ok(Shape::Native)
        } else {
            self.nobody_knows("members", &members)
        }
    }

    fn nobody_knows(&self, what: &str, names: &[String]) -> Result<Shape, OpenError> {
        const SHOWN: usize = 8;
        let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
        let more = if names.len() > SHOWN { ", ..." } else { "" };
        let known: Vec<&str> = self.mappings.names().collect();
        unrecognised(&format!(
            "no mapping knows its {what} ({}{more}); name one with --mapping: a file as index-schema/README.md tells, or one of {}",
            shown.join(", "),
            known.join(", ")
        ))
    }
}

/// The first record that is an object, from the beginning of a file.
fn first_record(mut source: impl Source) -> Option<Value> {
    while let Ok(Some(record)) = source.next_record() {
        match record.content {
            Ok(Raw::Json(text)) => {
                if let Some(record) = object(&text) {
                    return Some(record);
                }
            }
            Ok(Raw::Value(record @ Value::Object(_))) => return Some(record),
            _ => {}
        }
    }
    None
}
