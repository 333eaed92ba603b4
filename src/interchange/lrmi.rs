//! Resources as JSON-LD in schema.org's terms for learning resources (LRMI).

use serde_json::{Map, Value, json};

use crate::domain::language::LanguageMap;
use crate::domain::resource::Resource;

/// The JSON-LD document of a resource. What is not known is left out.
pub fn document(resource: &Resource) -> Value {
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            document.insert(name.to_owned(), value);
        }
    };
    put("@context", json!("https://schema.org"));
    put("@type", json!("LearningResource"));
    put("identifier", json!(resource.id));
    put("name", texts(&resource.title));
    put("description", texts(&resource.description));
    put("url", json!(resource.url));
    put(
        "keywords",
        json!(resource.keywords.values().flatten().collect::<Vec<_>>()),
    );
    put("inLanguage", json!(resource.languages));
    put("learningResourceType", json!(resource.types));
    put("educationalLevel", json!(resource.levels));
    put("about", json!(resource.subjects));
    put("teaches", json!(resource.skills));
    put("license", json!(resource.licence));
    if let Some(name) = resource
        .publisher
        .as_ref()
        .and_then(|publisher| publisher.name.as_ref())
    {
        put("publisher", json!({"@type": "Organization", "name": name}));
    }
    if let Some(age) = resource.age {
        let bound = |age: Option<u32>| age.map(|age| age.to_string()).unwrap_or_default();
        put(
            "typicalAgeRange",
            json!(format!("{}-{}", bound(age.min), bound(age.max))),
        );
    }
    put("accessibilityFeature", json!(resource.accessibility));
    put("dateCreated", json!(resource.created_at));
    put("dateModified", json!(resource.updated_at));
    if let Some(price) = &resource.price {
        let is_for_sale = price.amount.is_some_and(|amount| amount > 0.0);
        let free = match price.model.as_deref() {
            Some("free") => Some(true),
            // Free, with something more for a price; without the price it would read as free and no more.
            Some("freemium") if is_for_sale => Some(true),
            Some("paid" | "trial" | "quote") => Some(false),
            _ => None,
        };
        put("isAccessibleForFree", json!(free));
        if let Some(amount) = price.amount {
            put(
                "offers",
                json!({"@type": "Offer", "price": amount, "priceCurrency": price.currency.as_deref().unwrap_or("CAD")}),
            );
        }
    }
    Value::Object(document)
}

/// A text by language as JSON-LD has it; a text of unknown language is a plain value.
fn texts(map: &LanguageMap) -> Value {
    let text = |(tag, text): (&String, &String)| match tag.as_str() {
        "und" => json!(text),
        tag => json!({"@language": tag, "@value": text}),
    };
    Value::Array(map.0.iter().map(text).collect())
}
