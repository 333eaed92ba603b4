//! Graded pairs of query and resource.

use std::collections::{BTreeMap, HashMap};

/// Judgments by query id, then by resource id. A grade of 0 or less means judged and not relevant.
#[derive(Debug, Clone, Default)]
pub struct Judgments(pub BTreeMap<String, HashMap<String, i32>>);

impl Judgments {
    /// Reads the TREC form: `query 0 resource grade`, separated by white space.
    ///
    /// # Errors
    /// The number of the line that is not of this form, and why.
    pub fn parse(text: &str) -> Result<Judgments, String> {
        let mut judgments = Judgments::default();
        for (number, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let &[query, _, resource, grade] = fields.as_slice() else {
                return Err(format!(
                    "line {}: expected `query 0 resource grade`",
                    number + 1
                ));
            };
            let grade = grade.parse().map_err(|_| {
                format!(
                    "line {}: the grade {grade:?} is not a whole number",
                    number + 1
                )
            })?;
            judgments
                .0
                .entry(query.to_owned())
                .or_default()
                .insert(resource.to_owned(), grade);
        }
        Ok(judgments)
    }

    pub fn of(&self, query: &str) -> Option<&HashMap<String, i32>> {
        self.0.get(query)
    }
}
