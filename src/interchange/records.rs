//! The records of a file, whatever its format, and what they mean in our fields.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde_json::Value;

use super::jsonl::{self, Lines};
use super::mapping::{Mapping, Mappings};
use super::record::{Raw, Record, Source};
use super::xml::{Element, Elements};
use super::{dublin_core, jsonld, language, lom};
use crate::domain::vocabulary::Vocabularies;

/// An open file of records.
pub struct Records<'a> {
    source: Box<dyn Source + 'a>,
    shape: Shape,
}

/// How the records of a file are to be understood.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Ours: design section 2, or close to it.
    Native,
    /// A foreign one, with what it means.
    Mapped(Arc<Mapping>),
    /// JSON-LD: schema.org with LRMI, or AMB.
    Lrmi,
    /// LOM or Dublin Core.
    Xml,
}

impl<'a> Records<'a> {
    pub fn new(source: impl Source + 'a, shape: Shape) -> Self {
        Records {
            source: Box::new(source),
            shape,
        }
    }

    /// Records of our own shape, one a line.
    pub fn native(lines: impl BufRead + 'a) -> Self {
        Records::new(Lines::new(lines), Shape::Native)
    }

    /// The next record, in the words of its file.
    ///
    /// # Errors
    /// Only when the file itself cannot be read.
    pub fn next_record(&mut self) -> io::Result<Option<Record>> {
        self.source.next_record()
    }

    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

impl Shape {
    /// A record in our fields.
    ///
    /// # Errors
    /// Why it is none.
    pub fn read(
        &self,
        raw: Raw,
        mappings: &Mappings,
        vocabularies: &Vocabularies,
    ) -> Result<Value, String> {
        let value = match raw {
            Raw::Json(text) => jsonl::parse(&text)?,
            Raw::Value(value) => value,
            Raw::Element(element) => of_element(&element, vocabularies),
        };
        let mut record = match self {
            Shape::Native | Shape::Xml => value,
            Shape::Lrmi => jsonld::record(value, vocabularies)?,
            Shape::Mapped(mapping) => match &mapping.payload {
                Some(member) => payload(&value, member, vocabularies)?,
                None => mapping.apply(value, vocabularies)?,
            },
        };
        mappings.localise(&mut record, vocabularies);
        language::recognise(&mut record, vocabularies);
        Ok(record)
    }

    /// Whether records complete those of the same id instead of taking their place.
    pub fn completes(&self) -> bool {
        matches!(self, Shape::Mapped(mapping) if mapping.completes)
    }
}

fn of_element(element: &Element, vocabularies: &Vocabularies) -> Value {
    match element.name.as_str() {
        "lom" => lom::record(element, vocabularies),
        _ => dublin_core::record(element),
    }
}

/// The record in an envelope: one of XML, else JSON-LD.
fn payload(envelope: &Value, member: &str, vocabularies: &Vocabularies) -> Result<Value, String> {
    let document = match &envelope[member] {
        Value::String(text) if text.trim_start().starts_with('<') => {
            let record = Elements::new(text.as_bytes()).next_record().ok().flatten();
            return match record.map(|record| record.content) {
                Some(Ok(Raw::Element(element))) => Ok(of_element(&element, vocabularies)),
                Some(Err(reason)) => Err(format!("{member}: {reason}")),
                _ => Err(format!("{member} holds no record")),
            };
        }
        Value::String(text) => jsonl::parse(text.as_bytes())?,
        other => other.clone(),
    };
    match jsonld::resources(document).into_iter().next() {
        Some(node) => jsonld::record(node, vocabularies),
        None => Err(format!(
            "{member} holds no record in LOM, Dublin Core or JSON-LD"
        )),
    }
}
