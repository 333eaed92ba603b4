//! Ranked lists in the TREC form: `query Q0 resource rank score name`.

use std::fmt::Write;

/// The lines of one query's list. The scores fall strictly, so that every tool reads the same order.
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
    }
}
