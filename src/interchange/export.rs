//! Writes resources in the formats that others read.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;

use super::lrmi;
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
const COLUMNS: [&str; 36] = [
    "id",
    "title.fr",
    "title.en",
    "title.und",
    "description.fr",
    "description.en",
    "description.und",
    "keywords.fr",
    "keywords.en",
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
        let record = serde_json::to_value(resource)?;
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

/// A value as a cell. A text that a spreadsheet would take for a formula gets an apostrophe, as spreadsheets do.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(BETWEEN),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
