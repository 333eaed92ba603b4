//! Notices records of different ids that are about the same thing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::text;

/// A record that looks like an earlier one of the same import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    pub id: ResourceId,
    pub twin: ResourceId,
    /// What they have in common: `address`, or `title` (and publisher).
    pub by: String,
}

/// Records that are remembered; at some 100 bytes each, memory stays bounded. What comes later is not compared.
const MOST_REMEMBERED: usize = 200_000;

/// Remembers records by what makes them the same as others.
#[derive(Debug, Default)]
pub struct Twins {
    by_feature: HashMap<u64, ResourceId>,
}

impl Twins {
    /// The earlier record that this one looks like; else it is remembered.
    pub fn meet(&mut self, resource: &Resource) -> Option<Duplicate> {
        let address = resource.url.as_deref().map(address);
        let title = title(resource);
        for (by, feature) in [("address", address), ("title", title)] {
            let Some(feature) = feature else {
                continue;
            };
            let mut hasher = DefaultHasher::new();
            (by, feature).hash(&mut hasher);
            let feature = hasher.finish();
            match self.by_feature.get(&feature) {
                Some(twin) if *twin != resource.id => {
                    return Some(Duplicate {
                        id: resource.id.clone(),
                        twin: twin.clone(),
                        by: by.into(),
                    });
                }
                None if self.by_feature.len() < MOST_REMEMBERED => {
                    self.by_feature.insert(feature, resource.id.clone());
                }
                _ => {}
            }
        }
        None
    }
}

/// An address without what does not change the page: scheme, www, fragment, marks of campaigns, a slash at the end.
fn address(url: &str) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (page, query) = url.split_once('?').unwrap_or((url, ""));
    let page = page
        .split_once("://")
        .map_or(page, |(_, page)| page)
        .to_lowercase();
    let page = page
        .strip_prefix("www.")
        .unwrap_or(&page)
        .trim_end_matches('/');
    let told = query
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("utm_"));
    format!("{page}?{}", told.collect::<Vec<_>>().join("&"))
}

/// The title and the publisher, when both are known.
fn title(resource: &Resource) -> Option<String> {
    let publisher = text::key(resource.publisher.as_ref()?.name.as_deref()?);
    let title = text::key(resource.title.best(Language::Fr)?);
    (!publisher.is_empty() && !title.is_empty()).then(|| format!("{title}|{publisher}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::Draft;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    #[test]
    fn the_same_page_and_the_same_title_of_a_publisher_are_noticed() {
        let mut twins = Twins::default();
        let mut meet = |id: &str, url: &str, title: &str, publisher: &str| {
            let record = json!({"id": id, "url": url, "title": title, "publisher": publisher});
            let draft =
                Draft::read(record, &IndexSchema::embedded().vocabularies).expect("a resource");
            twins
                .meet(&draft.resource)
                .map(|found| (found.twin.to_string(), found.by))
        };
        let found = |twin: &str, by: &str| Some((twin.to_owned(), by.to_owned()));
        assert_eq!(
            meet(
                "a",
                "https://www.example.org/Page/?utm_source=x#top",
                "Les étoiles",
                "Une maison"
            ),
            None
        );
        assert_eq!(
            meet("b", "http://example.org/page", "Autre", "Une maison"),
            found("a", "address")
        );
        assert_eq!(
            meet(
                "c",
                "https://example.org/page?id=2",
                "Les Etoiles !",
                "UNE MAISON"
            ),
            found("a", "title")
        );
        assert_eq!(
            meet(
                "d",
                "https://example.org/page?id=3",
                "Les étoiles",
                "Une autre"
            ),
            None
        );
        assert_eq!(
            meet("a", "https://example.org/page", "Les étoiles", "Une maison"),
            None
        );
    }
}
