//! Resources in Dublin Core: `oai_dc`, and the `nsdl_dc` of the National Science Digital Library.

use serde_json::{Map, Value, json};

use super::xml::Element;
use super::{licence, usable_id};
use crate::domain::draft::is_web_address;
use crate::domain::language::UNDETERMINED;

/// Elements whose values stand for themselves, and our lists of them.
const LISTS: [(&str, &str); 4] = [
    ("subject", "subjects"),
    ("type", "type"),
    ("educationLevel", "levels"),
    ("language", "languages"),
];

/// Elements that a field of ours takes; persons are named as the creators and contributors of a work.
const TAKEN: [&str; 9] = [
    "title",
    "description",
    "identifier",
    "subject",
    "type",
    "educationLevel",
    "language",
    "publisher",
    "rights",
];

/// The name of NSDL's own records, and the beginning of their ids.
const NSDL: (&str, &str) = ("nsdl_dc", "nsdl");

/// An element of Dublin Core as a record of ours.
pub fn record(dc: &Element) -> Value {
    let mut ours = Map::new();
    let identifiers = dc.texts_at("identifier");
    let url = identifiers
        .iter()
        .find(|identifier| is_web_address(identifier))
        .cloned();
    ours.insert("id".into(), id(dc, &identifiers, url.as_deref()).into());
    ours.insert("url".into(), url.into());
    ours.insert("title".into(), texts(dc, "title"));
    ours.insert("description".into(), texts(dc, "description"));
    for (element, field) in LISTS {
        ours.insert(field.into(), dc.texts_at(element).into());
    }
    ours.insert("publisher".into(), dc.text_at("publisher").into());
    let licences = dc.texts_at("rights");
    let address = licences.iter().find_map(|text| licence::find_in(text));
    ours.insert(
        "licence".into(),
        address.or_else(|| licences.into_iter().next()).into(),
    );
    let raw = dc.as_json("", &|path| TAKEN.contains(&path));
    let mut provenance = json!({"format": "dublin-core", "raw": raw.unwrap_or_else(|| json!({}))});
    if dc.name == NSDL.0 {
        provenance["source"] = "NSDL".into();
    }
    ours.insert("provenance".into(), provenance);
    ours.into()
}

/// The identifier that its own collection gave it, else its address.
fn id(dc: &Element, identifiers: &[String], url: Option<&str>) -> Option<String> {
    let own = identifiers
        .iter()
        .find(|identifier| !is_web_address(identifier));
    let id = usable_id(own.map(String::as_str).or(url)?);
    Some(if dc.name == NSDL.0 {
        format!("{}:{id}", NSDL.1)
    } else {
        id
    })
}

fn texts(dc: &Element, name: &str) -> Value {
    let mut by_tag = Map::new();
    for element in dc.all(name) {
        let tag = element.attribute("lang").unwrap_or(UNDETERMINED);
        let text = element.text.trim();
        if !text.is_empty() {
            by_tag.entry(tag).or_insert_with(|| text.into());
        }
    }
    by_tag.into()
}
