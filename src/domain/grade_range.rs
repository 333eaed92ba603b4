//! Grade ranges as North America writes them ("K-12", "Grades 3–5", "PreK to 2"), as our levels.

use super::resource::TermId;

/// Our levels by North American grade, pre-kindergarten first; grade 12 is the first year of CEGEP in Québec.
const GRADES: [(&str, &str); 14] = [
    ("prek", "/preschool/age-4"),
    ("k", "/preschool/age-5"),
    ("1", "/primary/cycle-1/grade-1"),
    ("2", "/primary/cycle-1/grade-2"),
    ("3", "/primary/cycle-2/grade-3"),
    ("4", "/primary/cycle-2/grade-4"),
    ("5", "/primary/cycle-3/grade-5"),
    ("6", "/primary/cycle-3/grade-6"),
    ("7", "/secondary/cycle-1/secondary-1"),
    ("8", "/secondary/cycle-1/secondary-2"),
    ("9", "/secondary/cycle-2/secondary-3"),
    ("10", "/secondary/cycle-2/secondary-4"),
    ("11", "/secondary/cycle-2/secondary-5"),
    ("12", "/college/pre-university"),
];

/// The levels that a range spans, in order; `None` when the words are no range of grades.
///
/// ```
/// use classo::domain::grade_range::levels;
/// assert_eq!(levels("Grades 3-4").unwrap(), ["/primary/cycle-2/grade-3", "/primary/cycle-2/grade-4"]);
/// assert_eq!(levels("PreK-12").unwrap().len(), 14);
/// assert_eq!(levels("ages 3-4"), None);
/// ```
pub fn levels(words: &str) -> Option<Vec<TermId>> {
    let words = words
        .trim()
        .to_lowercase()
        .replace(['–', '—', '‑'], "-")
        .replace(" to ", "-");
    let words = words
        .replace("pre-k", "prek")
        .replace("grades", "")
        .replace("grade", "")
        .replace("gr.", "");
    let (first, last) = words.split_once('-')?;
    let (first, last) = (position(first)?, position(last)?);
    (first <= last).then(|| {
        GRADES[first..=last]
            .iter()
            .map(|(_, level)| (*level).to_owned())
            .collect()
    })
}

fn position(grade: &str) -> Option<usize> {
    let grade = grade.trim().trim_start_matches('0');
    let grade = match grade {
        "kindergarten" => "k",
        "pk" | "prekindergarten" => "prek",
        other => other,
    };
    GRADES.iter().position(|(name, _)| *name == grade)
}
