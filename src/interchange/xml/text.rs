//! The bytes of an XML file as UTF-8, with a limit on what one tag or text may take.

use std::io::{self, BufRead, Read};

use crate::interchange::encoding::windows_1252;
use crate::interchange::jsonl::LONGEST_LINE_BYTES;

/// Stands where bytes were no text. XML itself has no such letter.
pub const BROKEN: char = '\u{fffe}';

/// A longer tag, text or comment ends the reading: memory must not grow with the file.
const LONGEST_EVENT_BYTES: usize = 2 * LONGEST_LINE_BYTES;

/// Where the declaration of the encoding is looked for.
const DECLARATION_BYTES: usize = 200;

/// UTF-8 out of a file in UTF-8 or Latin-1.
pub struct Text<R> {
    source: R,
    ready: Vec<u8>,
    at: usize,
    /// The beginning of a letter whose end has not been read yet.
    rest: Vec<u8>,
    is_latin_1: Option<bool>,
    line: u64,
    spent: usize,
}

impl<R: BufRead> Text<R> {
    pub fn new(source: R) -> Self {
        Text {
            source,
            ready: Vec::new(),
            at: 0,
            rest: Vec::new(),
            is_latin_1: None,
            line: 1,
            spent: 0,
        }
    }

    /// Begins to count anew.
    pub fn begin_event(&mut self) {
        self.spent = 0;
    }

    /// The line of what is read next.
    pub fn line(&self) -> u64 {
        self.line
    }

    fn refill(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        while self.ready.is_empty() {
            let bytes = self.source.fill_buf()?;
            if bytes.is_empty() {
                if !self.rest.is_empty() {
                    self.rest.clear();
                    self.ready.extend(BROKEN.to_string().bytes());
                }
                return Ok(());
            }
            let length = bytes.len();
            let is_latin_1 = *self.is_latin_1.get_or_insert_with(|| says_latin_1(bytes));
            if is_latin_1 {
                let letters: String = bytes.iter().copied().map(windows_1252).collect();
                self.ready.extend(letters.bytes());
            } else {
                self.rest.extend_from_slice(bytes);
                take_letters(&mut self.rest, &mut self.ready);
            }
            self.source.consume(length);
        }
        Ok(())
    }
}

fn says_latin_1(start: &[u8]) -> bool {
    let start = &start[..start.len().min(DECLARATION_BYTES)];
    let start = String::from_utf8_lossy(start).to_lowercase();
    let declaration = start
        .split_once("?>")
        .map_or("", |(declaration, _)| declaration);
    ["iso-8859-1", "iso-8859-15", "latin1", "windows-1252"]
        .iter()
        .any(|name| declaration.contains(name))
}

/// Moves whole letters over; what is no letter becomes [`BROKEN`], what may become one stays.
fn take_letters(rest: &mut Vec<u8>, ready: &mut Vec<u8>) {
    let mut from = 0;
    loop {
        match std::str::from_utf8(&rest[from..]) {
            Ok(text) => {
                ready.extend(text.bytes());
                rest.clear();
                return;
            }
            Err(error) => {
                let to = from + error.valid_up_to();
                ready.extend_from_slice(&rest[from..to]);
                let Some(broken) = error.error_len() else {
                    rest.drain(..to);
                    return;
                };
                ready.extend(BROKEN.to_string().bytes());
                from = to + broken;
            }
        }
    }
}

impl<R: BufRead> BufRead for Text<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.spent > LONGEST_EVENT_BYTES {
            let most = LONGEST_EVENT_BYTES / 1024 / 1024;
            let reason = format!(
                "a tag, text or comment is longer than {most} MiB; the rest of the file is left out"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        if self.at == self.ready.len() {
            self.refill()?;
        }
        Ok(&self.ready[self.at..])
    }

    fn consume(&mut self, count: usize) {
        let taken = &self.ready[self.at..self.at + count];
        self.line += taken.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at += count;
        self.spent += count;
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let count = ready.len().min(into.len());
        into[..count].copy_from_slice(&ready[..count]);
        self.consume(count);
        Ok(count)
    }
}
