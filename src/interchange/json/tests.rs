//! 1. Records are found wherever they lie.
//! 2. A bad record is refused, and the others are read.
//! 3. A broken document ends, with a reason.

use super::*;

fn read(text: &str, paths: &[&str]) -> Vec<(u64, Result<Value, String>)> {
    let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    let mut documents = Documents::new(text.as_bytes(), &paths);
    let mut records = Vec::new();
    while let Some(record) = documents.next_record().expect("readable") {
        let value = record.content.and_then(|raw| match raw {
            Raw::Json(text) => parsed(&text),
            Raw::Value(value) => Ok(value),
            Raw::Element(_) => unreachable!("no XML here"),
        });
        records.push((record.place.line, value));
    }
    records
}

fn ids(text: &str, paths: &[&str]) -> Vec<Option<i64>> {
    let id = |(_, value): (u64, Result<Value, String>)| value.ok()?["id"].as_i64();
    read(text, paths).into_iter().map(id).collect()
}

#[test]
fn records_are_found_wherever_they_lie() {
    let deep = r#"{"count": 2, "list": {"of": [{"id": 1}, {"id": 2, "x": "]}"}], "more": [3]}, "end": {}}"#;
    for (text, paths) in [
        ("\u{feff} [ {\"id\": 1}, {\"id\": 2} ]", &[][..]),
        ("{\"id\": 1}\n{\"id\": 2}", &[]),
        (deep, &["other", "list.of"]),
        (r#"{"a": {"id": 1}}{"a": {"id": 2}}"#, &["a"]),
    ] {
        assert_eq!(ids(text, paths), [Some(1), Some(2)], "{text}");
    }
    assert_eq!(ids("", &[]), []);
    assert_eq!(
        ids(r#"{"id": 5, "list": {"x": 1}}"#, &["list.of"]),
        [Some(5)]
    );
}

#[test]
fn a_bad_record_is_refused_where_it_stands_and_the_others_are_read() {
    let long = format!(
        "[{{\"id\": \"{}\"}},\n{{\"id\": 2}}]",
        "x".repeat(LONGEST_LINE_BYTES)
    );
    assert_eq!(ids(&long, &[]), [None, Some(2)]);
    let records = read(
        "[{\"id\": 1},\n{\"id\": oops},\n\"text\", {\"id\": 4}]",
        &[],
    );
    let lines: Vec<u64> = records.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [1, 2, 3, 3]);
    assert!(records[1].1.is_err() && records[3].1.is_ok());
}

#[test]
fn a_broken_document_ends_with_a_reason() {
    for text in [
        "[{\"id\": 1}",
        "[{\"id\": 1",
        "{\"id\"",
        "{\"id\": }",
        "{1: 2}",
        "[}",
        "oops",
        "[[[[",
    ] {
        let last = read(text, &[]).pop().expect("something is said").1;
        assert!(last.is_err(), "{text}: {last:?}");
    }
}
