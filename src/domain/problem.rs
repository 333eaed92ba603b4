//! One thing wrong with an input.

use std::fmt;

use serde::Serialize;

/// A field, a stable code that programs may test, and a sentence for a person.
///
/// Checks collect every problem of an input before answering, so that nobody mends them one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub field: String,
    pub code: &'static str,
    pub detail: String,
}

impl Problem {
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Problem {
            field: field.into(),
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)
    }
}

/// Several problems on one line, for the command line and for rejects.
pub fn sentence(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}
