//! Takes parameters one by one, each as the type it has to be; what is left at the end is not known.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::{LONGEST_TEXT_CHARS, MOST_VALUES, RawParams};
use crate::domain::problem::Problem;
use crate::domain::resource::TermId;
use crate::domain::vocabulary::Vocabularies;

/// Takes parameters one by one; what is left at the end is not known.
pub struct Reader<'a> {
    pub(super) params: RawParams,
    pub(super) vocabularies: &'a Vocabularies,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub fn new(mut params: RawParams, vocabularies: &'a Vocabularies) -> Self {
        let problems = std::mem::take(&mut params.problems);
        Reader {
            params,
            vocabularies,
            problems,
        }
    }

    /// Says what was wrong, names that nobody asked for included.
    pub fn finish(mut self) -> Result<(), Vec<Problem>> {
        for name in self.params.values.keys() {
            let shown: String = name.chars().take(60).collect();
            self.problems.push(Problem::new(
                shown.clone(),
                "unknown_parameter",
                format!("{shown:?} is not a parameter here"),
            ));
        }
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(self.problems)
        }
    }

    /// How much is wrong so far.
    pub fn problem_count(&self) -> usize {
        self.problems.len()
    }

    /// Notes that a parameter is wrong.
    pub fn problem(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.problems.push(Problem::new(field, code, detail));
    }

    pub(in crate::query) fn list(&mut self, name: &str) -> Vec<Value> {
        let values = self.params.values.remove(name).unwrap_or_default();
        if values.len() > MOST_VALUES {
            self.problem(
                name,
                "too_many_values",
                format!("at most {MOST_VALUES} values, not {}", values.len()),
            );
            return Vec::new();
        }
        values
    }

    pub(in crate::query) fn single(&mut self, name: &str) -> Option<Value> {
        let mut values = self.list(name);
        if values.len() > 1 {
            self.problem(name, "repeated", "this takes one value");
            return None;
        }
        values.pop()
    }

    /// A text, at most [`LONGEST_TEXT_CHARS`] long.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.single(name)? {
            Value::String(text) => self.short_enough(name, text),
            _ => {
                self.problem(name, "wrong_type", "this is a text");
                None
            }
        }
    }

    /// Texts, each at most [`LONGEST_TEXT_CHARS`] long.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for value in self.list(name) {
            match value {
                Value::String(text) => texts.extend(self.short_enough(name, text)),
                _ => self.problem(name, "wrong_type", "these are texts"),
            }
        }
        texts
    }

    fn short_enough(&mut self, name: &str, text: String) -> Option<String> {
        if text.chars().count() > LONGEST_TEXT_CHARS {
            self.problem(
                name,
                "too_long",
                format!("at most {LONGEST_TEXT_CHARS} characters"),
            );
            return None;
        }
        Some(text)
    }

    /// A yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.single(name)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) if self.params.textual && (text == "true" || text == "false") => {
                Some(text == "true")
            }
            _ => {
                self.problem(name, "wrong_type", "this is true or false");
                None
            }
        }
    }

    /// A whole number of a range.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<usize>) -> Option<usize> {
        let value = self.single(name)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if self.params.textual => text.parse().ok(),
            _ => None,
        };
        let (min, max) = (range.start(), range.end());
        match number {
            Some(number) if (*min as i64..=*max as i64).contains(&number) => Some(number as usize),
            Some(_) => {
                self.problem(
                    name,
                    "out_of_range",
                    format!("this is between {min} and {max}"),
                );
                None
            }
            None => {
                self.problem(
                    name,
                    "wrong_type",
                    format!("this is a whole number between {min} and {max}"),
                );
                None
            }
        }
    }

    /// An amount of Canadian dollars, as cents.
    pub(in crate::query) fn cents(&mut self, name: &str) -> Option<u64> {
        let value = self.single(name)?;
        let amount = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if self.params.textual => text.parse().ok(),
            _ => None,
        };
        match amount {
            Some(amount) if (0.0..=1e9).contains(&amount) => Some((amount * 100.0).round() as u64),
            Some(_) => {
                self.problem(
                    name,
                    "out_of_range",
                    "this is an amount between 0 and 1,000,000,000 dollars",
                );
                None
            }
            None => {
                self.problem(
                    name,
                    "wrong_type",
                    "this is an amount in Canadian dollars, such as 4.99",
                );
                None
            }
        }
    }

    pub(in crate::query) fn choice<T>(
        &mut self,
        name: &str,
        choices: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.single(name)?;
        let chosen = value.as_str().and_then(read);
        if chosen.is_none() {
            let code = if value.is_string() {
                "unknown_value"
            } else {
                "wrong_type"
            };
            self.problem(name, code, format!("this is {choices}"));
        }
        chosen
    }

    /// Ids of a vocabulary; others are problems.
    pub(in crate::query) fn terms(&mut self, name: &str, vocabulary: &str) -> Vec<TermId> {
        let mut ids = Vec::new();
        for value in self.list(name) {
            match value {
                Value::String(id) if self.vocabularies.get(vocabulary).ordinal(&id).is_some() => {
                    ids.push(id)
                }
                Value::String(id) => {
                    let shown: String = id.chars().take(60).collect();
                    let detail = format!(
                        "{shown:?} is not a value of {vocabulary}; see /api/v1/vocabularies/{vocabulary}"
                    );
                    self.problem(name, "unknown_value", detail);
                }
                _ => self.problem(
                    name,
                    "wrong_type",
                    "these are ids of a vocabulary, as texts",
                ),
            }
        }
        ids
    }

    /// An object within the body, read by itself; its problems name their field inside it.
    pub(in crate::query) fn nested<T>(
        &mut self,
        name: &str,
        example: &str,
        read: impl FnOnce(&mut Reader) -> T,
    ) -> Option<T> {
        let value = self.single(name)?;
        if !value.is_object() {
            self.problem(name, "wrong_type", format!("this is an object, {example}"));
            return None;
        }
        let mut nested = Reader::new(RawParams::from_json(value), self.vocabularies);
        let inner = read(&mut nested);
        if let Err(problems) = nested.finish() {
            self.problems.extend(problems.into_iter().map(|p| Problem {
                field: format!("{name}.{}", p.field),
                ..p
            }));
        }
        Some(inner)
    }

    /// A list of names, each of which must mean something.
    pub(in crate::query) fn names<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let mut meant = Vec::new();
        for text in self.texts(name) {
            match read(&text) {
                Some(known) => meant.push(known),
                None => {
                    let shown: String = text.chars().take(60).collect();
                    self.problem(
                        name,
                        "unknown_value",
                        format!("{shown:?} is not known here"),
                    );
                }
            }
        }
        meant
    }
}
