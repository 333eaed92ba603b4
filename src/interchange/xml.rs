//! Records in XML: LOM and Dublin Core, alone, in lists, or in answers of OAI-PMH.
//!
//! The file is streamed; one record at a time becomes a tree. Entities are never expanded beyond the five of XML itself and
//! numbered letters, so a document cannot grow while it is read.

mod element;
mod text;

use std::io::{self, BufRead};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::jsonl::LONGEST_LINE_BYTES;
use super::record::{Place, Raw, Record, Source};
pub use element::Element;
use text::{BROKEN, Text};

/// The elements that are records.
const RECORDS: [&str; 3] = ["lom", "nsdl_dc", "dc"];

/// The outermost elements of vocabularies, which people import by mistake.
const VOCABULARIES: [&str; 3] = ["NOMENCLATURE", "vdex", "RDF"];

/// Elements within one another that a record may have.
const DEEPEST: usize = 64;

/// The records of an XML file.
pub struct Elements<R> {
    reader: Reader<Text<R>>,
    buffer: Vec<u8>,
    /// The open elements of the record that is being read, the record first.
    open: Vec<Element>,
    /// Elements that are open deeper than any is kept.
    beyond: usize,
    size: usize,
    /// What is wrong with that record.
    problem: Option<String>,
    begins: u64,
    outermost: Option<String>,
    number: u64,
    read: u64,
    is_over: bool,
}

impl<R: BufRead> Elements<R> {
    pub fn new(source: R) -> Self {
        let mut reader = Reader::from_reader(Text::new(source));
        let config = reader.config_mut();
        // Wrong closing tags are told with the record they spoil.
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Elements {
            reader,
            buffer: Vec::new(),
            open: Vec::new(),
            beyond: 0,
            size: 0,
            problem: None,
            begins: 1,
            outermost: None,
            number: 0,
            read: 0,
            is_over: false,
        }
    }

    fn begin(&mut self, tag: &BytesStart, line: u64) {
        let name = tag.local_name().as_ref().to_owned();
        if self.open.is_empty() && !RECORDS.contains(&name.as_str()) {
            self.outermost.get_or_insert(name);
            return;
        }
        if self.open.is_empty() {
            (self.begins, self.size, self.beyond, self.problem) = (line, 0, 0, None);
        }
        self.size += tag.len();
        if self.size > LONGEST_LINE_BYTES {
            self.refuse(too_long());
        }
        if self.open.len() >= DEEPEST {
            self.beyond += 1;
            self.refuse(format!(
                "its elements lie more than {DEEPEST} deep within one another"
            ));
            return;
        }
        let mut element = Element {
            name,
            ..Element::default()
        };
        // Whether an attribute comes twice matters to nobody, and finding out takes the square of their number.
        for attribute in tag.attributes().with_checks(false) {
            match attribute {
                Ok(attribute) => {
                    let name = attribute.key.local_name().as_ref().to_owned();
                    let value = quick_xml::escape::unescape(&attribute.value);
                    match value {
                        Ok(value) => element.attributes.push((name, value.into_owned())),
                        Err(error) => {
                            self.refuse(format!("an attribute of <{}>: {error}", element.name))
                        }
                    }
                }
                Err(error) => self.refuse(format!("an attribute of <{}>: {error}", element.name)),
            }
        }
        self.open.push(element);
    }

    /// Closes an element; the whole record when it was the outermost one.
    fn end(&mut self, name: &str) -> Option<Result<Element, String>> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        let innermost = self.open.last()?;
        if innermost.name != name {
            self.refuse(format!("</{name}> where </{}> is expected", innermost.name));
            let is_open = self.open.iter().any(|element| element.name == name);
            if !is_open {
                return None;
            }
            while self.open.last().is_some_and(|element| element.name != name) {
                self.open.pop();
            }
        }
        let closed = self.open.pop()?;
        match self.open.last_mut() {
            Some(around) => {
                // Of a record that is refused nothing needs to be kept.
                if self.problem.is_none() {
                    around.children.push(closed);
                }
                None
            }
            None => Some(self.problem.take().map_or(Ok(closed), Err)),
        }
    }

    fn say(&mut self, text: &str) {
        if self.open.is_empty() {
            return;
        }
        self.size += text.len();
        if text.contains(BROKEN) {
            self.refuse("it has bytes that are not UTF-8; if they are Latin-1, the first line has to say encoding=\"ISO-8859-1\"".into());
        }
        if self.size > LONGEST_LINE_BYTES {
            self.refuse(too_long());
        } else if let Some(innermost) = self.open.last_mut() {
            innermost.text.push_str(text);
        }
    }

    fn refer(&mut self, entity: &BytesRef) {
        let name: &str = entity;
        match entity.resolve_char_ref() {
            Ok(Some(letter)) => self.say(letter.encode_utf8(&mut [0; 4])),
            Ok(None) => match quick_xml::escape::resolve_predefined_entity(name) {
                Some(letter) => self.say(letter),
                None => self.refuse(format!(
                    "it uses the entity &{name}; and entities are not expanded"
                )),
            },
            Err(error) => self.refuse(error.to_string()),
        }
    }

    /// Keeps the first thing that is wrong with the record.
    fn refuse(&mut self, reason: String) {
        self.problem.get_or_insert(reason);
    }

    fn record(&mut self, content: Result<Element, String>) -> Record {
        self.number += 1;
        let position = self.reader.buffer_position();
        let bytes = position - self.read;
        self.read = position;
        Record {
            place: Place {
                line: self.begins,
                number: Some(self.number),
            },
            content: content.map(Raw::Element),
            bytes,
        }
    }

    /// What is said at the end of the file.
    fn finish(&mut self) -> Option<Record> {
        self.is_over = true;
        if !self.open.is_empty() {
            self.open.clear();
            return Some(self.record(Err("the file ends within this record".into())));
        }
        if self.number > 0 {
            return None;
        }
        let outermost = self.outermost.take().unwrap_or_default();
        let reason = if VOCABULARIES.contains(&outermost.as_str()) {
            format!("the file holds a vocabulary (<{outermost}>), not resources")
        } else {
            format!(
                "the file holds no record in LOM or Dublin Core; its outermost element is <{outermost}>"
            )
        };
        Some(self.record(Err(reason)))
    }
}

impl<R: BufRead> Source for Elements<R> {
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let record = loop {
            if self.is_over {
                break None;
            }
            buffer.clear();
            self.reader.get_mut().begin_event();
            let before = self.reader.buffer_position();
            let event = self.reader.read_event_into(&mut buffer);
            let closed = match event {
                Ok(Event::Start(tag)) => {
                    let line = self.reader.get_ref().line();
                    self.begin(&tag, line);
                    None
                }
                Ok(Event::Empty(tag)) => {
                    let line = self.reader.get_ref().line();
                    self.begin(&tag, line);
                    self.end(tag.local_name().as_ref())
                }
                Ok(Event::End(tag)) => self.end(tag.local_name().as_ref()),
                Ok(Event::Text(text)) => {
                    self.say(&text.xml10_content());
                    None
                }
                Ok(Event::CData(text)) => {
                    self.say(&text.xml10_content());
                    None
                }
                Ok(Event::GeneralRef(entity)) => {
                    self.refer(&entity);
                    None
                }
                Ok(Event::Eof) => break self.finish(),
                Ok(_) => None,
                Err(quick_xml::Error::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
                    return Err(io::Error::new(error.kind(), error.to_string()));
                }
                Err(error) => {
                    if self.open.is_empty() {
                        self.begins = self.reader.get_ref().line();
                    }
                    self.open.clear();
                    // What stands still would be met for ever.
                    self.is_over = self.reader.buffer_position() == before;
                    Some(Err(self
                        .problem
                        .take()
                        .unwrap_or_else(|| format!("not XML: {error}"))))
                }
            };
            if let Some(content) = closed {
                break Some(self.record(content));
            }
        };
        self.buffer = buffer;
        Ok(record)
    }
}

fn too_long() -> String {
    format!("it is longer than {} MiB", LONGEST_LINE_BYTES / 1024 / 1024)
}

#[cfg(test)]
mod tests;
