//! 1. Cells hold what cells may hold.
//! 2. A bad row takes no other along.
//! 3. Rows of some sources go on beyond the header.
//! 4. Latin-1 is read when a mapping says so.

use super::*;

fn read(text: &[u8], encoding: Encoding) -> Vec<(u64, Result<Value, String>)> {
    let layout = Layout {
        encoding,
        ..Layout::default()
    };
    read_as(text, layout)
}

fn read_as(text: &[u8], layout: Layout) -> Vec<(u64, Result<Value, String>)> {
    let mut table = Table::new(text, layout);
    let mut rows = Vec::new();
    while let Some(row) = table.next_record().expect("readable") {
        let value = row.content.map(|raw| match raw {
            Raw::Value(value) => value,
            _ => unreachable!("a row is an object"),
        });
        rows.push((row.place.line, value));
    }
    rows
}

fn refused(text: &[u8]) -> Vec<u64> {
    let rows = read(text, Encoding::Utf8);
    rows.iter()
        .filter(|(_, row)| row.is_err())
        .map(|(line, _)| *line)
        .collect()
}

#[test]
fn cells_may_hold_separators_quotation_marks_and_lines() {
    let rows = read(
        b"\xef\xbb\xbfid;name\r\n1;\"a; \"\"b\"\"\n\nc\"\r\n\n2;5\" disk\n",
        Encoding::Utf8,
    );
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|(_, row)| row.expect("a row"))
        .collect();
    assert_eq!(
        rows[0],
        serde_json::json!({"id": "1", "name": "a; \"b\"\n\nc"})
    );
    assert_eq!(rows[1], serde_json::json!({"id": "2", "name": "5\" disk"}));
    assert_eq!(rows.len(), 2);
}

#[test]
fn a_bad_row_takes_no_other_along() {
    assert_eq!(refused(b"id,name\n1,\"open\n2,b\n3,c\n"), [2]);
    assert_eq!(refused(b"id,name\n1,\"open\n2,b\n3,\"c\"\n4,d\n"), [2]);
    assert_eq!(refused(b"id,name\n1,a,b\n2,b\n3\n4,d\n"), [2, 4]);
    assert_eq!(refused(b"id,name\n1,caf\xe9\n2,b\n"), [2]);
    let mut huge = b"id,name\n1,\"".to_vec();
    huge.extend(vec![b'x'; LONGEST_LINE_BYTES + 1]);
    huge.extend(b"\"\n2,b\n");
    assert_eq!(refused(&huge), [2]);
    assert_eq!(refused(b"caf\xe9,name\n1,a\n")[0], 1);
}

#[test]
fn cells_beyond_the_header_belong_to_its_columns_again() {
    let layout = Layout {
        repeat_from: Some("type".into()),
        ..Layout::default()
    };
    let rows = read_as(b"id,type,user\n1,a,x,b,\n2,a\n3,a,x,b\n", layout);
    assert_eq!(
        rows[0].1,
        Ok(serde_json::json!({"id": "1", "type": ["a", "b"], "user": "x"}))
    );
    assert!(rows[1].1.is_err() && rows[2].1.is_err());
}

#[test]
fn latin_1_is_read_when_it_is_named() {
    let rows = read(b"id,name\n1,caf\xe9 \x9cuvre\n", Encoding::Windows1252);
    assert_eq!(rows[0].1.as_ref().expect("a row")["name"], "café œuvre");
}
