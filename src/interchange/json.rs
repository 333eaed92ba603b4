//! JSON documents that hold records: a list, a list within objects, one object, or several of these after one another.
//!
//! The document is never read whole: what lies between the records is passed over by counting brackets, and each record
//! is handed on as text. A record is read on its own, so a bad one spoils no other.

mod scan;

use std::io::{self, BufRead};

use serde_json::{Map, Value};

use super::jsonl::LONGEST_LINE_BYTES;
use super::record::{Place, Raw, Record, Source};
use scan::Scan;

/// The records of a JSON document.
pub struct Documents<R> {
    source: R,
    /// Where the list of records lies in an object: names of members, from the outside in.
    paths: Vec<Vec<String>>,
    /// A member that a record takes over from the object around its list.
    inherited: Option<&'static str>,
    /// Which values of a list within an object are records; the others stand there to be referred to.
    is_record: fn(&Value) -> bool,
    /// What the object around the list said before it.
    around: Map<String, Value>,
    at: At,
    line: u64,
    number: u64,
    read: u64,
    told: u64,
}

/// Where in the document the next record is looked for.
enum At {
    /// Before a value at the top.
    Top,
    /// In a list with so many objects around it.
    List(usize),
    End,
}

/// What an object turned out to be.
enum Object {
    Whole(Map<String, Value>),
    /// It holds the list of records, which begins here.
    Entered(usize),
    /// It holds one record, which begins here.
    Single(usize),
}

type Reading<T> = io::Result<Result<T, String>>;

impl<R: BufRead> Documents<R> {
    pub fn new(source: R, paths: &[String]) -> Self {
        let path = |path: &String| path.split('.').map(str::to_owned).collect();
        Documents {
            source,
            paths: paths.iter().map(path).collect(),
            inherited: None,
            is_record: |_| true,
            around: Map::new(),
            at: At::Top,
            line: 1,
            number: 0,
            read: 0,
            told: 0,
        }
    }

    /// Reads a graph: of the list within an object those that are records, each with this member of the object around it
    /// where it has none of its own.
    pub fn of_graph(mut self, inherited: &'static str, is_record: fn(&Value) -> bool) -> Self {
        self.inherited = Some(inherited);
        self.is_record = is_record;
        self
    }

    fn record(&mut self, line: u64, content: Result<Raw, String>) -> Record {
        self.number += 1;
        let bytes = self.read - self.told;
        self.told = self.read;
        let place = Place {
            line,
            number: Some(self.number),
        };
        Record {
            place,
            content,
            bytes,
        }
    }

    /// The record at the top, or nothing when a list begins there.
    fn at_top(&mut self) -> io::Result<Option<Record>> {
        let line = self.line;
        match self.peek()? {
            None => self.at = At::End,
            Some(b'[') => {
                self.bump();
                self.at = At::List(0);
            }
            Some(b'{') => {
                let object = self.object(&mut Vec::new(), 0)?;
                return match object {
                    Ok(Object::Entered(depth)) => {
                        self.at = At::List(depth);
                        Ok(None)
                    }
                    Ok(Object::Single(depth)) => {
                        let record = self.listed_record()?;
                        self.pass_over(depth)?;
                        Ok(Some(record))
                    }
                    Ok(Object::Whole(members)) => {
                        Ok(Some(self.record(line, Ok(Raw::Value(members.into())))))
                    }
                    Err(reason) => {
                        self.at = At::End;
                        Ok(Some(self.record(line, Err(reason))))
                    }
                };
            }
            Some(_) => {
                self.at = At::End;
                let reason =
                    "here stands neither a list nor an object; the rest of the file is left out";
                return Ok(Some(self.record(line, Err(reason.into()))));
            }
        }
        Ok(None)
    }

    /// The next record of the list, or nothing at its end.
    fn in_list(&mut self, depth: usize) -> io::Result<Option<Record>> {
        while self.peek()? == Some(b',') {
            self.bump();
        }
        match self.peek()? {
            Some(b']') => {
                self.bump();
                self.pass_over(depth)?;
                self.around.clear();
                self.at = At::Top;
                Ok(None)
            }
            Some(b'}' | b':') => {
                let (line, reason) = (
                    self.line,
                    "the list is broken here; the rest of the file is left out",
                );
                self.at = At::End;
                Ok(Some(self.record(line, Err(reason.into()))))
            }
            Some(_) => {
                let record = self.listed_record()?;
                let is_other = matches!(&record.content, Ok(Raw::Value(value)) if depth > 0 && !(self.is_record)(value));
                Ok((!is_other).then_some(record))
            }
            None => {
                let (line, reason) = (self.line, "the file ends within its list of records");
                self.at = At::End;
                Ok(Some(self.record(line, Err(reason.into()))))
            }
        }
    }

    fn listed_record(&mut self) -> io::Result<Record> {
        let line = self.line;
        let content = self.value()?;
        if content.is_err() && self.next_byte()?.is_none() {
            self.at = At::End;
        }
        let inherited = self
            .inherited
            .and_then(|name| Some((name, self.around.get(name)?.clone())));
        let content = match (content, inherited) {
            (Ok(text), None) => Ok(Raw::Json(text)),
            (Ok(text), Some((name, value))) => super::jsonl::parse(&text).map(|mut record| {
                if let Value::Object(fields) = &mut record {
                    fields.entry(name).or_insert(value);
                }
                Raw::Value(record)
            }),
            (Err(reason), _) => Err(reason),
        };
        Ok(self.record(line, content))
    }

    /// Reads the members of the object that begins here, until the list of records is found among them.
    fn object(&mut self, path: &mut Vec<String>, outside: usize) -> Reading<Object> {
        self.bump();
        let mut members = Map::new();
        let mut size = 0;
        loop {
            while self.peek()? == Some(b',') {
                self.bump();
            }
            match self.peek()? {
                Some(b'}') => {
                    self.bump();
                    return Ok(Ok(Object::Whole(members)));
                }
                Some(b'"') => {}
                _ => {
                    return Ok(Err(
                        "an object is broken; the rest of the file is left out".into()
                    ));
                }
            }
            let name = match self.value()?.and_then(|name| parsed(&name)) {
                Ok(Value::String(name)) => name,
                Ok(_) => return Ok(Err("a member of an object has no name".into())),
                Err(reason) => return Ok(Err(reason)),
            };
            if self.peek()? != Some(b':') {
                return Ok(Err(format!("the member {name:?} has no value")));
            }
            self.bump();
            path.push(name.clone());
            let is_place = self.paths.contains(path);
            let leads_there = self.paths.iter().any(|place| place.starts_with(path));
            let value = match self.peek()? {
                Some(b'[') if is_place => {
                    self.bump();
                    self.around.extend(members);
                    return Ok(Ok(Object::Entered(outside + 1)));
                }
                Some(b'{') if is_place => return Ok(Ok(Object::Single(outside + 1))),
                Some(b'{') if leads_there => match self.object(path, outside + 1)? {
                    Ok(Object::Whole(inner)) => Ok(Value::Object(inner)),
                    entered => return Ok(entered),
                },
                _ => self.value()?.and_then(|text| {
                    size += text.len();
                    parsed(&text)
                }),
            };
            path.pop();
            match value {
                Ok(value) if size <= LONGEST_LINE_BYTES => members.insert(name, value),
                Ok(_) => return Ok(Err(too_long())),
                Err(reason) => return Ok(Err(format!("{name}: {reason}"))),
            };
        }
    }

    /// The text of the value that begins here.
    fn value(&mut self) -> Reading<Vec<u8>> {
        let mut text = Vec::new();
        let mut scan = Scan::default();
        self.peek()?;
        loop {
            let Some(byte) = self.next_byte()? else {
                return Ok(if scan.is_within() {
                    Err("the file ends within this record".into())
                } else {
                    fitting(text)
                });
            };
            if !scan.takes(byte) {
                return Ok(fitting(text));
            }
            self.bump();
            if text.len() <= LONGEST_LINE_BYTES {
                text.push(byte);
            }
            if scan.is_complete {
                return Ok(fitting(text));
            }
        }
    }

    /// Passes over what is left of so many objects.
    fn pass_over(&mut self, depth: usize) -> io::Result<()> {
        let mut scan = Scan::within(depth);
        while scan.depth > 0 {
            let Some(byte) = self.next_byte()? else {
                return Ok(());
            };
            scan.takes(byte);
            self.bump();
        }
        Ok(())
    }

    /// The next byte that is not white space, left where it is.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.next_byte()? {
                Some(byte) if byte.is_ascii_whitespace() => self.bump(),
                Some(0xef) if self.read == 0 => (0..3).for_each(|_| self.bump()),
                byte => return Ok(byte),
            }
        }
    }

    fn next_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.source.fill_buf() {
                Ok(available) => return Ok(available.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Goes past the byte that was looked at.
    fn bump(&mut self) {
        if let Ok([byte, ..]) = self.source.fill_buf() {
            self.line += u64::from(*byte == b'\n');
            self.source.consume(1);
            self.read += 1;
        }
    }
}

impl<R: BufRead> Source for Documents<R> {
    fn next_record(&mut self) -> io::Result<Option<Record>> {
        loop {
            let record = match self.at {
                At::Top => self.at_top()?,
                At::List(depth) => self.in_list(depth)?,
                At::End => return Ok(None),
            };
            if record.is_some() {
                return Ok(record);
            }
        }
    }
}

fn fitting(text: Vec<u8>) -> Result<Vec<u8>, String> {
    if text.len() > LONGEST_LINE_BYTES {
        Err(too_long())
    } else {
        Ok(text)
    }
}

fn too_long() -> String {
    let most = LONGEST_LINE_BYTES / 1024 / 1024;
    format!("the record is longer than {most} MiB")
}

fn parsed(text: &[u8]) -> Result<Value, String> {
    super::jsonl::parse(text)
}

#[cfg(test)]
mod tests;
