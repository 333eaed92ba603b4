//! Tables: a header that names columns, then a record a row.
//!
//! A quotation mark that is never closed would swallow the rest of the file. Rows are therefore gathered line by line;
//! when one does not come out as a row of the table, its first line is refused and reading goes on with the next.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::encoding::Encoding;
use super::export;
use super::jsonl::{LONGEST_LINE_BYTES, Line, Lines};
use super::record::{Place, Raw, Record, Source};

/// The rows of a table, as objects whose members are the columns.
pub struct Table<R> {
    lines: Lines<R>,
    /// Lines that were read and given back.
    waiting: VecDeque<Line>,
    layout: Layout,
    columns: Vec<String>,
    has_no_header: bool,
}

/// What is known of a table before it is read.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// What stands between two cells; the header tells when nobody does.
    pub separator: Option<u8>,
    pub encoding: Encoding,
    /// Cells beyond the header belong to its columns again, from this one on.
    pub repeat_from: Option<String>,
    /// Whether a cell that looks like a formula has an apostrophe in front of it.
    pub is_escaped: bool,
}

/// What may stand between two cells.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl<R: BufRead> Table<R> {
    pub fn new(source: R, layout: Layout) -> Self {
        Table {
            lines: Lines::new(source),
            waiting: VecDeque::new(),
            layout,
            columns: Vec::new(),
            has_no_header: false,
        }
    }

    fn separator(&self) -> u8 {
        self.layout.separator.unwrap_or(SEPARATORS[0])
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        match self.waiting.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_of_all(),
        }
    }

    /// The lines of the next row, and whether all its quotation marks are closed.
    fn gather(&mut self, first: Line) -> io::Result<(Vec<Line>, bool)> {
        let mut quotes = Quotes::default();
        let mut size = 0;
        let mut lines = vec![first];
        loop {
            let last = lines.last().expect("there is a first line");
            let Ok(content) = &last.content else {
                return Ok((lines, false));
            };
            size += content.len();
            quotes.follow(content, self.separator());
            // Within one line, text after a closing mark is sloppy; over several it was another row's opening mark.
            let is_another_row = quotes.text_follows && lines.len() > 1;
            if !quotes.are_open || is_another_row || size > LONGEST_LINE_BYTES {
                return Ok((lines, !quotes.are_open && !is_another_row));
            }
            match self.next_line()? {
                Some(line) => lines.push(line),
                None => return Ok((lines, false)),
            }
        }
    }

    fn row(&self, lines: &[Line], is_closed: bool) -> Result<Value, String> {
        if let [
            Line {
                content: Err(reason),
                ..
            },
        ] = lines
        {
            return Err(reason.clone());
        }
        if !is_closed {
            return Err("a quotation mark that opens a cell here is not closed".into());
        }
        let cells = cells(lines, self.separator())?;
        let columns = self.columns_of(cells.len())?;
        let mut row: Map<String, Value> = Map::new();
        for (column, cell) in columns.into_iter().zip(cells) {
            let text = self.layout.encoding.decode(cell).map_err(|byte| {
                format!(
                    "column {column:?} is not UTF-8 at byte {byte}; if the file is in Latin-1, a mapping can say \
                     encoding = \"windows-1252\""
                )
            })?;
            if text.trim().is_empty() {
                continue;
            }
            let text = match self.layout.is_escaped {
                true => export::unescaped(text),
                false => text,
            };
            match row.get_mut(column) {
                None => {
                    row.insert(column.clone(), Value::String(text));
                }
                Some(Value::Array(several)) => several.push(text.into()),
                Some(one) => *one = vec![one.take(), text.into()].into(),
            }
        }
        Ok(Value::Object(row))
    }

    /// The column of each cell of a row.
    fn columns_of(&self, cells: usize) -> Result<Vec<&String>, String> {
        let repeated = self.layout.repeat_from.as_ref().and_then(|first| {
            let from = self.columns.iter().position(|column| column == first)?;
            Some(&self.columns[from..])
        });
        let beyond = cells.checked_sub(self.columns.len());
        match (beyond, repeated) {
            (Some(0), _) => Ok(self.columns.iter().collect()),
            (Some(beyond), Some(repeated)) if beyond % repeated.len() == 0 => Ok(self
                .columns
                .iter()
                .chain(repeated.iter().cycle())
                .take(cells)
                .collect()),
            _ => Err(format!(
                "{cells} cells where the header names {} columns",
                self.columns.len()
            )),
        }
    }

    fn read_header(&mut self) -> io::Result<Option<Record>> {
        let Some(line) = self.lines.next_line()? else {
            return Ok(None);
        };
        let place = Place::line(line.number);
        let header = line
            .content
            .and_then(|content| header(&content, self.layout.separator, self.layout.encoding));
        match header {
            Ok((separator, columns)) => {
                (self.layout.separator, self.columns) = (Some(separator), columns);
                self.next_record()
            }
            Err(reason) => {
                self.has_no_header = true;
                Ok(Some(Record {
                    place,
                    content: Err(format!("the header cannot be read: {reason}")),
                    bytes: 0,
                }))
            }
        }
    }
}

impl<R: BufRead> Source for Table<R> {
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        if self.has_no_header {
            return Ok(None);
        }
        if self.columns.is_empty() {
            return self.read_header();
        }
        let first = loop {
            match self.next_line()? {
                Some(line) if line.is_empty() => {}
                Some(line) => break line,
                None => return Ok(None),
            }
        };
        let place = Place::line(first.number);
        let (mut lines, is_closed) = self.gather(first)?;
        let row = self.row(&lines, is_closed);
        if row.is_err() {
            for line in lines.drain(1..).rev() {
                self.waiting.push_front(line);
            }
        }
        let length = |line: &Line| {
            line.content
                .as_ref()
                .map_or(0, |content| content.len() as u64 + 1)
        };
        Ok(Some(Record {
            place,
            bytes: lines.iter().map(length).sum(),
            content: row.map(Raw::Value),
        }))
    }
}

/// The separator and the columns that a header line names.
///
/// # Errors
/// What keeps it from being a header.
pub fn header(
    line: &[u8],
    separator: Option<u8>,
    encoding: Encoding,
) -> Result<(u8, Vec<String>), String> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let count = |separator: &u8| line.iter().filter(|byte| *byte == separator).count();
    let likeliest = || {
        *SEPARATORS
            .iter()
            .rev()
            .max_by_key(|separator| count(separator))
            .expect("there are some")
    };
    let separator = separator.unwrap_or_else(likeliest);
    let line = Line {
        number: 1,
        content: Ok(line.to_vec()),
    };
    let mut columns: Vec<String> = Vec::new();
    for cell in cells(&[line], separator)? {
        let name = encoding
            .decode(cell)
            .map_err(|byte| format!("not UTF-8 at byte {byte}"))?;
        let name = match name.trim() {
            "" => format!("column {}", columns.len() + 1),
            name => name.to_owned(),
        };
        let is_taken = columns.contains(&name);
        columns.push(if is_taken {
            format!("{name} {}", columns.len() + 1)
        } else {
            name
        });
    }
    Ok((separator, columns))
}

fn cells(lines: &[Line], separator: u8) -> Result<Vec<Vec<u8>>, String> {
    let contents: Vec<&[u8]> = lines
        .iter()
        .filter_map(|line| line.content.as_deref().ok())
        .collect();
    let text = contents.join(&b'\n');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len().max(64))
        .from_reader(&text[..]);
    let mut row = csv::ByteRecord::new();
    reader
        .read_byte_record(&mut row)
        .map_err(|error| format!("not a row: {error}"))?;
    Ok(row.iter().map(<[u8]>::to_vec).collect())
}

/// Follows quotation marks through the lines of a row: one opens a cell only at its beginning.
#[derive(Default)]
struct Quotes {
    are_open: bool,
    /// A closing mark was not followed by the end of its cell.
    text_follows: bool,
}

impl Quotes {
    fn follow(&mut self, line: &[u8], separator: u8) {
        let mut at_start = !self.are_open;
        let mut bytes = line.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if self.are_open {
                if byte == b'"' && bytes.next_if_eq(&b'"').is_none() {
                    self.are_open = false;
                    let next = bytes.peek().copied().unwrap_or(separator);
                    self.text_follows |= next != separator && next != b'\r';
                }
            } else if byte == b'"' && at_start {
                self.are_open = true;
            }
            at_start = byte == separator && !self.are_open;
        }
    }
}

#[cfg(test)]
mod tests;
