//! A record on its way in: where it stands, and what its file says there.

use std::io;

use serde_json::Value;

use super::report::Reject;
use super::xml::Element;

/// Gives the records of a file, one at a time, and never more of it than one record in memory.
pub trait Source {
    /// The next record, a readable one or a refused one; `None` at the end.
    ///
    /// # Errors
    /// Only when the file itself cannot be read.
    fn next_record(&mut self) -> io::Result<Option<Record>>;
}

/// What stands at one place of a file, or why it cannot be read.
pub struct Record {
    pub place: Place,
    pub content: Result<Raw, String>,
    /// How many bytes of the file it took.
    pub bytes: u64,
}

/// What a file says, as far as its reader takes it apart; the rest is done for many records at once.
pub enum Raw {
    /// The text of a JSON value.
    Json(Vec<u8>),
    Value(Value),
    Element(Element),
}

/// Where a record begins: its line, and in formats without lines its number too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub line: u64,
    pub number: Option<u64>,
}

impl Place {
    pub fn line(line: u64) -> Self {
        Place { line, number: None }
    }

    /// The refusal of the record that stands here.
    pub fn reject(self, file: &str, reason: String) -> Reject {
        let reason = match self.number {
            Some(number) => format!("record {number}: {reason}"),
            None => reason,
        };
        Reject {
            file: file.to_owned(),
            line: self.line,
            reason,
        }
    }
}
