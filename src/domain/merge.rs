//! Two records of one thing become one: what is kept stands, and what it lacks comes from the other.

use serde_json::{Map, Value};

use super::resource::{Link, Resource};

/// Fields that tell of the record itself, not of the thing.
const OWN: [&str; 5] = ["id", "provenance", "created_at", "updated_at", "verified"];

/// Fields of texts by language: each language is looked at by itself.
const BY_LANGUAGE: [&str; 3] = ["title", "description", "keywords"];

/// The kept record with what the other has more: fields, languages of texts, and its address when it is another one.
pub fn completed(kept: &Resource, other: &Resource) -> Resource {
    let (Some(mut whole), Some(more)) = (fields(kept), fields(other)) else {
        return kept.clone();
    };
    let mut verified = match whole.remove("verified") {
        Some(Value::Object(dates)) => dates,
        _ => Map::new(),
    };
    for (name, value) in more {
        if OWN.contains(&name.as_str()) {
            continue;
        }
        match (whole.get_mut(&name), value) {
            (Some(Value::Object(texts)), Value::Object(others))
                if BY_LANGUAGE.contains(&name.as_str()) =>
            {
                for (tag, text) in others {
                    texts.entry(tag).or_insert(text);
                }
            }
            (Some(_), _) => {}
            (None, value) => {
                if let Some(date) = other.verified.get(&name) {
                    verified.insert(name.clone(), date.clone().into());
                }
                whole.insert(name, value);
            }
        }
    }
    if !verified.is_empty() {
        whole.insert("verified".into(), Value::Object(verified));
    }
    let mut merged: Resource =
        serde_json::from_value(Value::Object(whole)).unwrap_or_else(|_| kept.clone());
    if let Some(url) = other
        .url
        .as_ref()
        .filter(|url| Some(*url) != merged.url.as_ref())
        && !merged.links.iter().any(|link| link.url == *url)
    {
        merged.links.push(Link {
            kind: "web".into(),
            url: url.clone(),
        });
    }
    merged
}

fn fields(resource: &Resource) -> Option<Map<String, Value>> {
    match serde_json::to_value(resource) {
        Ok(Value::Object(fields)) => Some(fields),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_kept_stands_and_what_it_lacks_is_taken_over() {
        let read = |value: Value| serde_json::from_value::<Resource>(value).expect("a resource");
        let kept = read(
            json!({"id": "k", "title": {"fr": "Étoiles"}, "url": "https://a.org", "type": ["game"],
            "verified": {"type": "2026-01-01"}, "updated_at": "2026-01-01"}),
        );
        let other = read(
            json!({"id": "o", "title": {"fr": "Autre", "en": "Stars"}, "url": "https://b.org", "type": ["video"],
            "price": {"model": "free"}, "licence": "CC0-1.0", "verified": {"price": "2025-05-05", "type": "2025-05-05"},
            "updated_at": "2020-01-01", "provenance": {"source": "x"}}),
        );
        let expected = read(
            json!({"id": "k", "title": {"fr": "Étoiles", "en": "Stars"}, "url": "https://a.org", "type": ["game"],
            "links": [{"kind": "web", "url": "https://b.org"}], "price": {"model": "free"}, "licence": "CC0-1.0",
            "verified": {"type": "2026-01-01", "price": "2025-05-05"}, "updated_at": "2026-01-01"}),
        );
        assert_eq!(completed(&kept, &other), expected);
        assert_eq!(completed(&expected, &other), expected);
    }
}
