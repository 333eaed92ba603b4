//! 1. Records are found with their letters and lines.
//! 2. A bad record is refused, and the next one is read.
//! 3. Bombs and broken files end, with a reason.
//! 4. Latin-1 is read when it is declared.

use super::*;

fn read(xml: &[u8]) -> Vec<(u64, Result<Option<String>, String>)> {
    let mut elements = Elements::new(xml);
    let mut records = Vec::new();
    while let Some(record) = elements.next_record().expect("readable") {
        assert!(records.len() < 100, "it ends");
        let title = record.content.map(|raw| match raw {
            Raw::Element(element) => element.text_at("general/title/string"),
            _ => unreachable!("XML gives elements"),
        });
        records.push((record.place.line, title));
    }
    records
}

fn lom(title: &str) -> String {
    format!(
        "<l:lom xmlns:l=\"x\"><l:general><l:title><l:string>{title}</l:string></l:title></l:general></l:lom>\n"
    )
}

fn titles(xml: &str) -> Vec<Result<Option<String>, String>> {
    read(xml.as_bytes())
        .into_iter()
        .map(|(_, title)| title)
        .collect()
}

#[test]
fn records_are_found_in_lists_with_their_letters_and_lines() {
    let list = format!(
        "<?xml version=\"1.0\"?>\n<all>\n{}{}</all>",
        lom("A &amp; &#233;<![CDATA[<b>]]>"),
        lom("Two")
    );
    assert_eq!(
        read(list.as_bytes()),
        [
            (3, Ok(Some("A & é<b>".into()))),
            (4, Ok(Some("Two".into())))
        ]
    );
}

#[test]
fn a_bad_record_is_refused_and_the_next_one_read() {
    for bad in [
        lom("&lol;"),
        lom("x").replace("</l:title>", "</l:other>"),
        lom("x").replace("xmlns:l=\"x\"", "a=\"&boo;\""),
        lom(&format!("{}{}", "<i>".repeat(100), "</i>".repeat(100))),
        lom(&"x".repeat(LONGEST_LINE_BYTES)),
    ] {
        let found = titles(&format!("<all>{bad}{}</all>", lom("Two")));
        assert_eq!(found.len(), 2, "{}", &bad[..100]);
        assert!(
            found[0].is_err() && found[1] == Ok(Some("Two".into())),
            "{found:?}"
        );
    }
}

#[test]
fn bombs_and_broken_files_end_with_a_reason() {
    let bomb = format!(
        "<!DOCTYPE a [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><a>{}</a>",
        lom("&lol2;")
    );
    assert!(
        titles(&bomb)[0]
            .as_ref()
            .is_err_and(|reason| reason.contains("entities are not expanded"))
    );
    for xml in [
        "<lom><general>",
        "<lom",
        "<a></a>",
        "<lom>&#xffffffff;</lom>",
        "<!DOCTYPE a [",
        "<vdex/>",
        "\u{0}",
        "<<<>>>",
    ] {
        let found = titles(xml);
        assert!(
            found.iter().all(Result::is_err) && !found.is_empty(),
            "{xml}: {found:?}"
        );
    }
    let deep = format!("<lom>{}", "<i a='1'>".repeat(300_000));
    assert!(titles(&deep)[0].is_err());
    let endless = format!("<lom><!--{}", "x".repeat(3 * LONGEST_LINE_BYTES));
    assert!(titles(&endless)[0].is_err());
}

#[test]
fn latin_1_is_read_when_it_is_said_and_refused_when_not() {
    let with = |start: &str| {
        [
            start.as_bytes(),
            b"<lom><general><title><string>caf\xe9</string></title></general></lom>",
        ]
        .concat()
    };
    assert_eq!(
        read(&with("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"))[0].1,
        Ok(Some("café".into()))
    );
    assert!(read(&with(""))[0].1.is_err());
}
