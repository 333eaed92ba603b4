//! Ranked lists in the TREC form: `question Q0 resource rank score name`.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Ranked ids by question, the best first.
pub type Lists = BTreeMap<String, Vec<String>>;

/// The lines of one question's list. The scores fall strictly, so that every tool reads the same order.
pub fn lines(query: &str, ranking: &[(String, i64)], name: &str) -> String {
    let mut lines = String::new();
    let mut last = i64::MAX;
    for (place, (id, points)) in ranking.iter().enumerate() {
        last = (*points).min(last - 1);
        let score = last as f64 / 10_000.0;
        writeln!(lines, "{query} Q0 {id} {} {score:.4} {name}", place + 1)
            .expect("writing to a string");
    }
    lines
}

/// Reads what any engine wrote, in the order of trec_eval: by score (of single precision, as there), the highest first,
/// equal ones by resource id, the last first. The column of ranks is not looked at.
///
/// # Errors
/// The number of the line that is not of this form, or that names a resource again.
pub fn parse(text: &str) -> Result<Lists, String> {
    let mut scored: BTreeMap<String, BTreeMap<String, f32>> = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (question, resource, score) = match *fields.as_slice() {
            [] => continue,
            [question, _, resource, _, score, _] => (question, resource, score),
            _ => {
                return Err(format!(
                    "line {number}: expected `query Q0 resource rank score name`"
                ));
            }
        };
        let score: f32 = match score.parse() {
            Ok(score) if !f32::is_nan(score) => score,
            _ => {
                return Err(format!(
                    "line {number}: the score {score:?} is not a number"
                ));
            }
        };
        let list = scored.entry(question.to_owned()).or_default();
        if list.insert(resource.to_owned(), score).is_some() {
            return Err(format!(
                "line {number}: {resource} is there twice for {question}"
            ));
        }
    }
    Ok(scored
        .into_iter()
        .map(|(question, list)| (question, ordered(list)))
        .collect())
}

fn ordered(list: BTreeMap<String, f32>) -> Vec<String> {
    let mut list: Vec<(String, f32)> = list.into_iter().collect();
    list.sort_by(|(id, score), (other_id, other_score)| {
        other_score.total_cmp(score).then_with(|| other_id.cmp(id))
    });
    list.into_iter().map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_are_written_falling() {
        let ranking = [
            ("a".to_owned(), 5),
            ("b".to_owned(), 5),
            ("c".to_owned(), 4),
        ];
        let written = lines("q1", &ranking, "classo");
        assert_eq!(
            written,
            "q1 Q0 a 1 0.0005 classo\nq1 Q0 b 2 0.0004 classo\nq1 Q0 c 3 0.0003 classo\n"
        );
        assert_eq!(parse(&written).unwrap()["q1"], ["a", "b", "c"]);
    }

    #[test]
    fn a_foreign_run_is_read_by_score_then_by_id_whatever_its_ranks_say() {
        let read = parse("q Q0 a 1 1.0 x\nq Q0 b 2 1.0 x\nq Q0 c 3 7e0 x\n").unwrap();
        assert_eq!(read["q"], ["c", "b", "a"]);
    }

    #[test]
    fn a_line_of_another_form_or_a_resource_twice_is_named() {
        for (text, said) in [
            ("q Q0 a 1 1.0\n", "line 1: expected"),
            ("q Q0 a 1 high x\n", "line 1: the score"),
            ("q Q0 a 1 2 x\nq Q0 a 2 1 x\n", "line 2: a is there twice"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
