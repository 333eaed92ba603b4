//! Recognises the language of texts whose origin does not state it.

use serde_json::{Value, json};

use crate::domain::draft::meanings;
use crate::domain::language::UNDETERMINED;
use crate::domain::vocabulary::Vocabularies;

/// Shorter texts do not tell their language: a title may be a name.
const SHORTEST_CHARS: usize = 80;

/// The texts that are looked at.
const FIELDS: [&str; 2] = ["title", "description"];

/// Gives title and description the tag of the language they are written in, when neither has one and together they leave
/// no doubt. That it was recognised rather than stated is kept in `provenance.raw`.
pub fn recognise(record: &mut Value, vocabularies: &Vocabularies) {
    let mut whole = String::new();
    for field in FIELDS {
        match untagged(&record[field]) {
            Some(text) => {
                whole.push_str(text);
                whole.push(' ');
            }
            None if record[field].is_null() => {}
            None => return,
        }
    }
    let Some(tag) = language_of(&whole, vocabularies) else {
        return;
    };
    for field in FIELDS {
        if let Some(text) = untagged(&record[field]).map(str::to_owned) {
            record[field] = json!({ tag.as_str(): text });
        }
    }
    let Value::Object(fields) = record else {
        return;
    };
    let provenance = fields.entry("provenance").or_insert_with(|| json!({}));
    if let Value::Object(provenance) = provenance
        && let Value::Object(raw) = provenance.entry("raw").or_insert_with(|| json!({}))
    {
        raw.insert("recognised_language".into(), tag.into());
    }
}

/// The text of a field that has one, without a language.
fn untagged(value: &Value) -> Option<&str> {
    let text = match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(texts) if texts.len() == 1 => texts.get(UNDETERMINED)?.as_str(),
        _ => None,
    };
    text.filter(|text| !text.trim().is_empty())
}

/// The language that a text and both its halves are in: a text in a language that nobody taught the program looks now like
/// one, now like another.
fn language_of(text: &str, vocabularies: &Vocabularies) -> Option<String> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < SHORTEST_CHARS {
        return None;
    }
    let (first, second) = letters.split_at(letters.len() / 2);
    let language = |part: &[char]| whichlang::detect_language(&part.iter().collect::<String>());
    let found = language(first);
    if found != language(second) || found != whichlang::detect_language(text) {
        return None;
    }
    match meanings(vocabularies.get("language"), found.three_letter_code()).as_deref() {
        Some([tag]) => Some(tag.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index_schema::IndexSchema;

    fn recognised(record: Value) -> Value {
        let mut record = record;
        recognise(&mut record, &IndexSchema::embedded().vocabularies);
        record
    }

    #[test]
    fn long_texts_tell_their_language_and_short_or_tagged_ones_are_left_alone() {
        let french = "Les élèves découvrent les volcans du monde et comprennent pourquoi la lave monte à la surface.";
        let record = recognised(json!({"title": "Volcans", "description": {"und": french}}));
        assert_eq!(record["title"], json!({"fr": "Volcans"}));
        assert_eq!(record["description"], json!({"fr": french}));
        assert_eq!(record["provenance"]["raw"]["recognised_language"], "fr");
        let english = "Pupils discover the volcanoes of the world and learn why lava rises to the surface there.";
        assert_eq!(
            recognised(json!({"description": english}))["description"],
            json!({"en": english})
        );
        for record in [
            json!({"title": "Scratch"}),
            json!({"title": {"de": "Vulkane"}, "description": english}),
            json!({"description": [french]}),
        ] {
            assert_eq!(recognised(record.clone()), record);
        }
    }
}
