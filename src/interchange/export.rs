//! Writes resources in the formats that others read.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::lrmi;
use crate::domain::draft::listed;
use crate::domain::language::UNDETERMINED;
use crate::domain::resource::{Resource, ResourceId};

/// The formats that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object a line, complete: an import of it gives the same catalogue
    Jsonl,
    /// A table of the fields that fit in one
    Csv,
    /// JSON-LD of schema.org with LRMI, one document a line
    Lrmi,
}

/// The columns of a table, each the place of a value in a record; the mapping `classo` reads them back.
const COLUMNS: [&str; 37] = [
    "id",
    "title.fr",
    "title.en",
    "title.und",
    "description.fr",
    "description.en",
    "description.und",
    "keywords.fr",
    "keywords.en",
    "keywords.und",
    "url",
    "publisher.name",
    "publisher.headquarters",
    "type",
    "languages",
    "price.model",
    "price.amount",
    "price.currency",
    "licence",
    "access",
    "advertising",
    "internet",
    "devices",
    "os",
    "platforms",
    "subjects",
    "levels",
    "skills",
    "strategies",
    "student_types",
    "age.min",
    "age.max",
    "downloadable",
    "accessibility",
    "created_at",
    "updated_at",
    "provenance.source",
];

/// The member of a line that is no record, but says where an id leads to.
const MOVED_TO: &str = "moved_to";

/// Which id leads to which, when a record says nothing else.
///
/// # Errors
/// When one of the two is no id.
pub fn redirect_of(record: &Value) -> Result<Option<(ResourceId, ResourceId)>, String> {
    let Some((old, to)) = record["id"].as_str().zip(record[MOVED_TO].as_str()) else {
        return Ok(None);
    };
    if record.as_object().is_none_or(|fields| fields.len() != 2) {
        return Ok(None);
    }
    let (old, to) = (ResourceId::parse(old)?, ResourceId::parse(to)?);
    if old == to {
        return Err(format!("{old} cannot lead to itself"));
    }
    Ok(Some((old, to)))
}

/// What stands between several values of a cell.
const BETWEEN: &str = "|";

/// Writes resources one after the other.
pub struct Export<W: Write> {
    format: ExportFormat,
    into: W,
    has_begun: bool,
}

impl<W: Write> Export<W> {
    pub fn new(format: ExportFormat, into: W) -> Self {
        Export {
            format,
            into,
            has_begun: false,
        }
    }

    /// Writes one resource.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn write(&mut self, resource: &Resource) -> io::Result<()> {
        match self.format {
            ExportFormat::Jsonl => serde_json::to_writer(&mut self.into, resource)?,
            ExportFormat::Lrmi => serde_json::to_writer(&mut self.into, &lrmi::document(resource))?,
            ExportFormat::Csv => return self.write_row(resource),
        }
        self.into.write_all(b"\n")
    }

    /// Writes that an id leads to another resource, in the one format that can say so.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn write_redirect(&mut self, old: &ResourceId, to: &ResourceId) -> io::Result<()> {
        if self.format != ExportFormat::Jsonl {
            return Ok(());
        }
        let line = serde_json::json!({"id": old, MOVED_TO: to});
        serde_json::to_writer(&mut self.into, &line)?;
        self.into.write_all(b"\n")
    }

    /// Ends the output; of a table without rows the header stays.
    ///
    /// # Errors
    /// When the output takes no more.
    pub fn finish(mut self) -> io::Result<W> {
        self.begin()?;
        self.into.flush()?;
        Ok(self.into)
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.format == ExportFormat::Csv && !std::mem::replace(&mut self.has_begun, true) {
            self.into
                .write_all(&row(COLUMNS.iter().map(|column| (*column).to_owned()))?)?;
        }
        Ok(())
    }

    fn write_row(&mut self, resource: &Resource) -> io::Result<()> {
        self.begin()?;
        let mut record = serde_json::to_value(resource)?;
        use_columns_of_languages(&mut record);
        let cells = COLUMNS.iter().map(|column| {
            let value = column
                .split('.')
                .try_fold(&record, |value, name| value.get(name));
            value.map(cell).unwrap_or_default()
        });
        self.into.write_all(&row(cells)?)
    }
}

fn row(cells: impl Iterator<Item = String>) -> io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells)?;
    writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))
}

/// The languages that have columns of their own.
const OWN_COLUMNS: [&str; 3] = ["fr", "en", UNDETERMINED];

/// Moves texts of languages without columns to those of no language, where nothing else would be left of a title or a
/// description, and nobody lists keywords.
fn use_columns_of_languages(record: &mut Value) {
    for field in ["title", "description", "keywords"] {
        let Some(Value::Object(map)) = record.get_mut(field) else {
            continue;
        };
        let (own, others): (Map<_, _>, Map<_, _>) = std::mem::take(map)
            .into_iter()
            .partition(|(tag, _)| OWN_COLUMNS.contains(&tag.as_str()));
        *map = own;
        if field == "keywords" {
            let elsewhere = map.entry(UNDETERMINED).or_insert_with(|| json!([]));
            if let Value::Array(words) = elsewhere {
                words.extend(others.into_values().flat_map(listed));
            }
        } else if let (true, Some(text)) = (map.is_empty(), others.into_values().next()) {
            map.insert(UNDETERMINED.into(), text);
        }
    }
}

/// A value as a cell.
fn cell(value: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    escaped(match value {
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(BETWEEN),
        Value::Null => String::new(),
        other => text(other),
    })
}

/// A text that a spreadsheet would take for a formula gets an apostrophe, as spreadsheets do; so does one that has such an
/// apostrophe of its own.
fn escaped(text: String) -> String {
    match is_like_a_formula(&text) {
        true => format!("{ESCAPE}{text}"),
        false => text,
    }
}

/// The text of a cell that [`Export`] wrote.
pub fn unescaped(cell: String) -> String {
    match cell.strip_prefix(ESCAPE) {
        Some(text) if is_like_a_formula(text) => text.to_owned(),
        _ => cell,
    }
}

const ESCAPE: char = '\'';

fn is_like_a_formula(text: &str) -> bool {
    text.trim_start_matches(ESCAPE)
        .starts_with(['=', '+', '-', '@', '\t'])
}
