//! Graded pairs of question and resource.
//!
//! Two forms are read and written. TREC, `question 0 resource grade`, is what every tool of the field understands. CSV
//! keeps what a person needs in order to trust or contest a grade: for which profile, why, who said so and when.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// Grades by resource id. 0 or less means judged and not relevant.
pub type Grades = HashMap<String, i32>;

/// What somebody found about a resource as the answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Judgment {
    pub query: String,
    /// The name of the situation it was judged for; empty when it holds for everybody.
    #[serde(default)]
    pub profile: String,
    pub resource: String,
    pub grade: i32,
    #[serde(default)]
    pub reason: String,
    /// A role, never a person's name.
    #[serde(default)]
    pub who: String,
    /// A date, `2026-01-31`.
    #[serde(default)]
    pub when: String,
}

impl Judgment {
    /// The id that files of questions and TREC know the pair of query and profile by: `query@profile`, or the query alone.
    pub fn question(&self) -> String {
        if self.profile.is_empty() {
            self.query.clone()
        } else {
            format!("{}@{}", self.query, self.profile)
        }
    }
}

/// Judgments by question, then by resource. One that comes later takes the place of an earlier one.
#[derive(Debug, Clone, Default)]
pub struct Judgments {
    grades: BTreeMap<String, Grades>,
    known: BTreeMap<(String, String), Judgment>,
}

impl Judgments {
    /// Reads either form; CSV is known by its first line, which names `query` among its columns.
    ///
    /// # Errors
    /// The number of the line that is not of its form, and why.
    pub fn parse(text: &str) -> Result<Judgments, String> {
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or_default();
        if first.split(',').any(|column| column.trim() == "query") {
            Judgments::parse_csv(text)
        } else {
            Judgments::parse_trec(text)
        }
    }

    fn parse_trec(text: &str) -> Result<Judgments, String> {
        let mut judgments = Judgments::default();
        for (number, line) in (1..).zip(text.lines()) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (question, resource, grade) = match *fields.as_slice() {
                [] => continue,
                [question, _, resource, grade] => (question, resource, grade),
                _ => return Err(format!("line {number}: expected `query 0 resource grade`")),
            };
            let grade = grade
                .parse()
                .map_err(|_| format!("line {number}: the grade {grade:?} is not a whole number"))?;
            let (query, profile) = question.split_once('@').unwrap_or((question, ""));
            judgments.add(Judgment {
                query: query.to_owned(),
                profile: profile.to_owned(),
                resource: resource.to_owned(),
                grade,
                ..Judgment::default()
            });
        }
        Ok(judgments)
    }

    fn parse_csv(text: &str) -> Result<Judgments, String> {
        let mut judgments = Judgments::default();
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        for row in reader.deserialize() {
            let judgment: Judgment = row.map_err(|error| match error.position() {
                Some(at) => format!("line {}: {error}", at.line()),
                None => error.to_string(),
            })?;
            judgments.add(judgment);
        }
        Ok(judgments)
    }

    /// Takes one in.
    pub fn add(&mut self, judgment: Judgment) {
        let question = judgment.question();
        self.grades
            .entry(question.clone())
            .or_default()
            .insert(judgment.resource.clone(), judgment.grade);
        self.known
            .insert((question, judgment.resource.clone()), judgment);
    }

    /// The grades of a question, if it has any.
    pub fn of(&self, question: &str) -> Option<&Grades> {
        self.grades.get(question)
    }

    /// The questions that have judgments.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.grades.keys().map(String::as_str)
    }

    /// Every judgment, by question and resource.
    pub fn all(&self) -> impl Iterator<Item = &Judgment> {
        self.known.values()
    }

    /// What is known of a pair.
    pub fn find(&self, question: &str, resource: &str) -> Option<&Judgment> {
        self.known.get(&(question.to_owned(), resource.to_owned()))
    }

    /// The highest grade that was given, at least 1: what a perfect answer gets.
    pub fn highest_grade(&self) -> i32 {
        let grades = self.all().map(|judgment| judgment.grade);
        grades.max().unwrap_or(1).max(1)
    }

    /// The TREC form; reasons, authors and dates have no place in it.
    pub fn to_trec(&self) -> String {
        let mut lines = String::new();
        for judgment in self.all() {
            let (question, resource) = (judgment.question(), &judgment.resource);
            writeln!(lines, "{question} 0 {resource} {}", judgment.grade)
                .expect("writing to a string");
        }
        lines
    }

    /// The CSV form, with a first line that names the columns.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for judgment in self.all() {
            writer.serialize(judgment).expect("writing to memory");
        }
        let bytes = writer.into_inner().expect("writing to memory");
        String::from_utf8(bytes).expect("made of strings")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "query,profile,resource,grade,reason,who,when\n\
        fractions,grade-4,slice,3,\"Made for it, and \"\"wordless\"\"\",editor,2026-11-23\n\
        fractions,grade-4,typing,0,Another subject,editor,2026-11-23\n";

    #[test]
    fn csv_keeps_everything_and_trec_keeps_the_grades() {
        let read = Judgments::parse(CSV).unwrap();
        assert_eq!(read.of("fractions@grade-4").unwrap()["slice"], 3);
        let known = read.find("fractions@grade-4", "slice").unwrap();
        assert_eq!(known.reason, "Made for it, and \"wordless\"");
        assert_eq!(read.to_csv(), CSV);
        assert_eq!(
            read.to_trec(),
            "fractions@grade-4 0 slice 3\nfractions@grade-4 0 typing 0\n"
        );
        let through_trec = Judgments::parse(&read.to_trec()).unwrap();
        let pairs = |judgments: &Judgments| -> Vec<(String, String, i32)> {
            let all = judgments.all();
            all.map(|j| (j.query.clone(), j.profile.clone(), j.grade))
                .collect()
        };
        assert_eq!(pairs(&through_trec), pairs(&read));
    }

    #[test]
    fn a_line_of_another_form_is_named() {
        for (text, said) in [
            ("q1 0 a 1\nq1 0 a\n", "line 2: expected"),
            ("q1 0 a much\n", "line 1: the grade \"much\""),
            ("query,resource,grade\nq1,a,much\n", "line 2"),
            ("query,resource\nq1,a\n", "grade"),
        ] {
            let error = Judgments::parse(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
