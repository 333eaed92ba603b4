//! Resources in JSON-LD: schema.org with LRMI, and AMB, which writes `id` and `type` for `@id` and `@type`.

mod node;

use serde_json::{Map, Value, json};

use super::concept::texts;
use super::{age_range, licence, usable_id};
use crate::domain::draft::{is_web_address, listed};
use crate::domain::vocabulary::Vocabularies;
use node::{Node, label, name};

/// Kinds of things that are resources to find.
const RESOURCES: [&str; 18] = [
    "LearningResource",
    "CreativeWork",
    "Course",
    "SoftwareApplication",
    "WebApplication",
    "MobileApplication",
    "VideoObject",
    "AudioObject",
    "ImageObject",
    "Book",
    "Quiz",
    "HowTo",
    "Dataset",
    "Game",
    "VideoGame",
    "Map",
    "PresentationDigitalDocument",
    "MathSolver",
];

/// Kinds that say nothing of what a resource is.
const GENERAL: [&str; 4] = ["LearningResource", "CreativeWork", "Thing", "MediaObject"];

/// The nodes of a document that are resources: of a list, of a graph, or the document itself.
pub fn resources(document: Value) -> Vec<Value> {
    match document {
        Value::Array(nodes) => nodes.into_iter().flat_map(resources).collect(),
        Value::Object(mut node) => match node.remove("@graph") {
            Some(graph) => {
                let context = node.remove("@context");
                let mut nodes = resources(graph);
                for node in nodes.iter_mut().filter_map(Value::as_object_mut) {
                    if let Some(context) = &context {
                        node.entry("@context").or_insert_with(|| context.clone());
                    }
                }
                nodes
            }
            None => {
                let node = Value::Object(node);
                if is_resource(&node) {
                    vec![node]
                } else {
                    Vec::new()
                }
            }
        },
        _ => Vec::new(),
    }
}

/// Whether a node is of a kind that can be a resource.
pub fn is_resource(node: &Value) -> bool {
    kinds(node)
        .iter()
        .any(|kind| RESOURCES.contains(&kind.as_str()))
}

fn kinds(node: &Value) -> Vec<String> {
    let kinds = node
        .get("@type")
        .or_else(|| node.get("type"))
        .map(texts)
        .unwrap_or_default();
    let bare = |kind: String| {
        kind.rsplit(['/', '#', ':'])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    kinds.into_iter().map(bare).collect()
}

/// A node as a record of ours. What has no field here goes to `provenance.raw`.
///
/// # Errors
/// When it is no resource.
pub fn record(node: Value, vocabularies: &Vocabularies) -> Result<Value, String> {
    let kinds = kinds(&node);
    if !is_resource(&node) {
        return Err(format!(
            "its type ({}) is none of a resource",
            kinds.join(", ")
        ));
    }
    let Value::Object(members) = node else {
        return Err("a resource is an object".into());
    };
    let mut node = Node::new(members, vocabularies);
    let mut ours = Map::new();
    let id = node.id();
    let url = node.take("url").iter().flat_map(texts).next();
    let url = url.or_else(|| id.clone().filter(|id| is_web_address(id)));
    ours.insert(
        "id".into(),
        id.or_else(|| url.clone()).map(|id| usable_id(&id)).into(),
    );
    ours.insert("url".into(), url.into());
    let title = node.take_first(&["name", "headline"]);
    ours.insert("title".into(), node.by_language(title));
    let description = node.take_first(&["description", "abstract"]);
    ours.insert("description".into(), node.by_language(description));
    ours.insert("keywords".into(), node.keywords());
    let alignments = node.alignments();
    for (field, property) in [
        ("type", "learningResourceType"),
        ("levels", "educationalLevel"),
        ("subjects", "about"),
        ("skills", "teaches"),
        ("languages", "inLanguage"),
        ("os", "operatingSystem"),
        ("devices", "availableOnDevice"),
        ("accessibility", "accessibilityFeature"),
    ] {
        let mut terms = node.terms(property, field);
        terms.extend(
            alignments
                .iter()
                .filter(|(known, _)| *known == field)
                .map(|(_, term)| term.clone()),
        );
        ours.insert(field.into(), terms.into());
    }
    if ours["type"] == json!([]) {
        let telling = kinds
            .iter()
            .filter(|kind| !GENERAL.contains(&kind.as_str()));
        ours.insert("type".into(), telling.cloned().collect::<Vec<_>>().into());
    }
    let access = node
        .terms("conditionsOfAccess", "access")
        .into_iter()
        .next();
    ours.insert("access".into(), access.into());
    ours.insert("price".into(), node.price());
    let licence = node.take("license").and_then(|value| name(&value));
    ours.insert(
        "licence".into(),
        licence.map(|licence| licence::id(&licence)).into(),
    );
    let publisher = node.take_first(&["publisher", "provider"]);
    let publisher = publisher.and_then(|value| listed(value).first().and_then(label));
    ours.insert("publisher".into(), publisher.into());
    let age = node.take("typicalAgeRange").iter().flat_map(texts).next();
    ours.insert("age".into(), age.map_or(Value::Null, |age| age_range(&age)));
    ours.insert("links".into(), node.links());
    ours.insert(
        "created_at".into(),
        node.take_first(&["dateCreated", "datePublished"])
            .unwrap_or_default(),
    );
    ours.insert(
        "updated_at".into(),
        node.take("dateModified").unwrap_or_default(),
    );
    let raw = node.rest();
    ours.insert("provenance".into(), json!({"format": "lrmi", "raw": raw}));
    Ok(ours.into())
}
