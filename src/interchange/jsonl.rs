//! Classo's own format: one JSON object a line.

use std::io::{self, BufRead};

use serde_json::Value;

use super::numbers;
use super::record::{Place, Raw, Record, Source};

/// A longer line is refused unread: no record is that long, and memory must not grow with the file.
pub const LONGEST_LINE_BYTES: usize = 4 * 1024 * 1024;

/// A line with its number, 1 for the first; empty lines are left out.
pub struct Line {
    pub number: u64,
    pub content: Result<Vec<u8>, String>,
}

impl Line {
    pub fn is_empty(&self) -> bool {
        let blank = |content: &Vec<u8>| content.iter().all(u8::is_ascii_whitespace);
        self.content.as_ref().is_ok_and(blank)
    }
}

/// The lines of a source, one at a time.
pub struct Lines<R> {
    source: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub fn new(source: R) -> Self {
        Lines { source, number: 0 }
    }

    /// The next line that is not empty.
    ///
    /// # Errors
    /// Only when the source itself cannot be read.
    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        loop {
            let line = self.next_of_all()?;
            let is_empty = line.as_ref().is_some_and(Line::is_empty);
            if !is_empty {
                return Ok(line);
            }
        }
    }

    /// The next line, empty or not, without its newline and without a byte order mark.
    ///
    /// # Errors
    /// Only when the source itself cannot be read.
    pub fn next_of_all(&mut self) -> io::Result<Option<Line>> {
        let mut content = Vec::new();
        let Some(whole) = self.read_line(&mut content)? else {
            return Ok(None);
        };
        self.number += 1;
        if self.number == 1 && content.starts_with(b"\xef\xbb\xbf") {
            content.drain(..3);
        }
        let too_long = || {
            let most = LONGEST_LINE_BYTES / 1024 / 1024;
            format!("the line is longer than {most} MiB")
        };
        Ok(Some(Line {
            number: self.number,
            content: whole.then_some(content).ok_or_else(too_long),
        }))
    }

    /// Reads up to the next newline; `Some(false)` when the line was too long to keep.
    fn read_line(&mut self, content: &mut Vec<u8>) -> io::Result<Option<bool>> {
        let mut whole = true;
        let mut read_any = false;
        loop {
            let available = match self.source.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                return Ok(read_any.then_some(whole));
            }
            read_any = true;
            let newline = available.iter().position(|byte| *byte == b'\n');
            let part = newline.unwrap_or(available.len());
            if content.len() + part > LONGEST_LINE_BYTES {
                whole = false;
                content.clear();
            }
            if whole {
                content.extend_from_slice(&available[..part]);
            }
            let used = newline.map_or(part, |newline| newline + 1);
            self.source.consume(used);
            if newline.is_some() {
                return Ok(Some(whole));
            }
        }
    }
}

impl<R: BufRead> Source for Lines<R> {
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        let line = self.next_line()?;
        Ok(line.map(|line| Record {
            place: Place::line(line.number),
            bytes: line
                .content
                .as_ref()
                .map_or(0, |content| content.len() as u64 + 1),
            content: line.content.map(Raw::Json),
        }))
    }
}

/// The JSON of a line, or why it is none.
pub fn parse(content: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(content)
        .map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to() + 1))?;
    serde_json::from_str(&numbers::with_long_ones_as_texts(text))
        .map_err(|error| format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_and_a_bad_one_does_not_stop_the_others() {
        let mut source = b"\xef\xbb\xbf{\"id\":1}\n\n\xff\xfe\n".to_vec();
        source.extend(vec![b'x'; LONGEST_LINE_BYTES + 1]);
        source.extend(b"\n{\"id\":2}");
        let mut lines = Lines::new(&source[..]);
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().expect("readable") {
            seen.push((
                line.number,
                line.content.and_then(|content| parse(&content)).is_ok(),
            ));
        }
        assert_eq!(seen, [(1, true), (3, false), (4, false), (5, true)]);
    }
}
