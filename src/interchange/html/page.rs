//! Resources in web pages: the JSON-LD that stands in `<script type="application/ld+json">`.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use crate::interchange::jsonl::{self, LONGEST_LINE_BYTES};
use crate::interchange::jsonld;
use crate::interchange::record::{Place, Raw, Record, Source};

/// The resources of a page.
pub struct Page<R> {
    source: R,
    waiting: VecDeque<Record>,
    line: u64,
    number: u64,
    read: u64,
    is_over: bool,
}

/// The longest tag that is looked at.
const LONGEST_TAG_BYTES: usize = 4096;

impl<R: BufRead> Page<R> {
    pub fn new(source: R) -> Self {
        Page {
            source,
            waiting: VecDeque::new(),
            line: 1,
            number: 0,
            read: 0,
            is_over: false,
        }
    }

    /// Reads the next script of data; its resources wait to be asked for.
    fn read_script(&mut self) -> io::Result<()> {
        self.is_over = self.read_to(b"<script", 0)?.is_none();
        if self.is_over {
            return Ok(());
        }
        let tag = self
            .read_to(b">", LONGEST_TAG_BYTES)?
            .unwrap_or_default()
            .unwrap_or_default();
        let line = self.line;
        if !String::from_utf8_lossy(&tag)
            .to_lowercase()
            .contains("ld+json")
        {
            return Ok(());
        }
        let content = match self.read_to(b"</script", LONGEST_LINE_BYTES)? {
            Some(Some(text)) => jsonl::parse(text.trim_ascii()),
            Some(None) => Err(format!(
                "it is longer than {} MiB",
                LONGEST_LINE_BYTES / 1024 / 1024
            )),
            None => Err("the page ends within its data".into()),
        };
        match content {
            Ok(document) => {
                for resource in jsonld::resources(document) {
                    self.wait(line, Ok(Raw::Value(resource)));
                }
            }
            Err(reason) => self.wait(line, Err(reason)),
        }
        Ok(())
    }

    fn wait(&mut self, line: u64, content: Result<Raw, String>) {
        self.number += 1;
        let place = Place {
            line,
            number: Some(self.number),
        };
        self.waiting.push_back(Record {
            place,
            content,
            bytes: std::mem::take(&mut self.read),
        });
    }

    /// What stands before the next such letters, of any case, and goes past them; `None` where they come no more, and
    /// nothing in the place of what is too long to keep. They begin with a letter that they do not have again.
    fn read_to(&mut self, letters: &[u8], longest: usize) -> io::Result<Option<Option<Vec<u8>>>> {
        let mut before = Vec::new();
        let mut met = 0;
        loop {
            let Some(byte) = self.next_byte()? else {
                return Ok(None);
            };
            let is_next = |met: usize| byte.to_ascii_lowercase() == letters[met];
            met = match met {
                _ if is_next(met) => met + 1,
                _ => usize::from(is_next(0)),
            };
            if before.len() <= longest + letters.len() {
                before.push(byte);
            }
            if met == letters.len() {
                let length = before.len().saturating_sub(letters.len());
                let is_whole = length <= longest;
                before.truncate(length);
                return Ok(Some(is_whole.then_some(before)));
            }
        }
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.source.fill_buf() {
                Ok([]) => return Ok(None),
                Ok([byte, ..]) => {
                    let byte = *byte;
                    self.source.consume(1);
                    self.line += u64::from(byte == b'\n');
                    self.read += 1;
                    return Ok(Some(byte));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl<R: BufRead> Source for Page<R> {
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        while self.waiting.is_empty() && !self.is_over {
            self.read_script()?;
            if self.is_over && self.number == 0 {
                self.wait(1, Err("the page describes no resource in JSON-LD".into()));
            }
        }
        Ok(self.waiting.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resources_of_a_page_are_found_among_other_things() {
        let page = r#"<!doctype html><script>let a = "<";</script>
            <SCRIPT type='application/ld+json'>{"@type": "WebSite", "name": "x"}</SCRIPT>
            <script type="application/ld+json">{"@graph": [{"@type": "Organization"},
              {"@type": ["Thing", "schema:Course"], "name": "One"}, {"@type": "Book", "name": "Two"}]}</script>
            <script type="application/ld+json">{oops}</script>"#;
        let mut page = Page::new(page.as_bytes());
        let mut found = Vec::new();
        while let Some(record) = page.next_record().expect("readable") {
            let name = record.content.map(|raw| match raw {
                Raw::Value(value) => value["name"].as_str().map(str::to_owned),
                _ => None,
            });
            found.push((record.place.line, name.ok()));
        }
        let named = |name: &str| Some(Some(name.to_owned()));
        assert_eq!(found, [(3, named("One")), (3, named("Two")), (5, None)]);
        let mut empty = Page::new(&b"<html><script>x"[..]);
        assert!(
            empty
                .next_record()
                .expect("readable")
                .is_some_and(|record| record.content.is_err())
        );
        assert!(empty.next_record().expect("readable").is_none());
    }
}
