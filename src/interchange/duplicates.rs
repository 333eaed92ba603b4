//! Notices records of different ids that are about the same thing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::domain::language::{Language, LanguageMap, UNDETERMINED};
use crate::domain::resource::{Resource, ResourceId};
use crate::domain::text;

/// A record that looks like another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    pub id: ResourceId,
    pub twin: ResourceId,
    /// What they have in common: `address`, or `title` (and publisher).
    pub by: String,
    /// Whether the other was in the catalogue before, and not only in the same import.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_catalogue: bool,
}

/// Records that are remembered; at some 100 bytes each, memory stays bounded. What comes later is not compared.
pub const MOST_REMEMBERED: usize = 200_000;

/// Remembers records by what makes them the same as others.
#[derive(Debug, Default)]
pub struct Twins {
    by_feature: HashMap<u64, ResourceId>,
}

impl Twins {
    /// The earlier record that this one looks like; else it is remembered.
    pub fn meet(&mut self, resource: &Resource) -> Option<Duplicate> {
        let found = self.like(resource).next();
        if found.is_none() {
            self.remember(resource);
        }
        found
    }

    /// The remembered records that this one looks like. They may have changed since.
    pub fn like(&self, resource: &Resource) -> impl Iterator<Item = Duplicate> {
        features(resource).into_iter().filter_map(|(by, feature)| {
            let twin = self.by_feature.get(&hash(by, &feature))?;
            (*twin != resource.id).then(|| Duplicate {
                id: resource.id.clone(),
                twin: twin.clone(),
                by: by.into(),
                in_catalogue: false,
            })
        })
    }

    /// Remembers a record, where there is room and no other has the same features.
    pub fn remember(&mut self, resource: &Resource) {
        for (by, feature) in features(resource) {
            if !self.is_full() {
                let twin = self.by_feature.entry(hash(by, &feature));
                twin.or_insert_with(|| resource.id.clone());
            }
        }
    }

    /// Forgets that a record has a feature of this one's, to make room for whoever has it.
    pub fn forget(&mut self, resource: &Resource) {
        for (by, feature) in features(resource) {
            self.by_feature.remove(&hash(by, &feature));
        }
    }

    pub fn is_full(&self) -> bool {
        self.by_feature.len() >= MOST_REMEMBERED
    }
}

fn hash(by: &str, feature: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (by, feature).hash(&mut hasher);
    hasher.finish()
}

/// What makes a record the same as others: its address, and its title with its publisher, as far as they are known.
pub fn features(resource: &Resource) -> Vec<(&'static str, String)> {
    let address = resource.url.as_deref().map(address);
    let found = [("address", address), ("title", title(resource))];
    found
        .into_iter()
        .filter_map(|(by, feature)| Some((by, feature?)))
        .collect()
}

/// Whether two titles hardly differ in a language that both have: a letter in one long word, and no number.
pub fn are_titles_near(one: &LanguageMap, other: &LanguageMap) -> bool {
    let tags = Language::ALL.map(Language::tag);
    let both = tags.iter().chain(&[UNDETERMINED]).find_map(|tag| {
        let (one, other) = (one.get(tag)?, other.get(tag)?);
        Some((text::key(one), text::key(other)))
    });
    both.is_some_and(|(one, other)| are_near(&one, &other))
}

fn are_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<&str>, Vec<&str>) =
        (one.split(' ').collect(), other.split(' ').collect());
    let is_long = |word: &str| word.chars().count() > 4 && word.chars().all(char::is_alphabetic);
    let mut differing = one.iter().zip(&other).filter(|(one, other)| one != other);
    let first = differing.next();
    let same_length = one.len() == other.len() && differing.next().is_none();
    same_length
        && first.is_none_or(|(one, other)| {
            is_long(one) && is_long(other) && differ_by_a_letter(one, other)
        })
}

/// Whether one letter more, less or otherwise makes two words the same.
fn differ_by_a_letter(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let before = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[before..], &other[before..]);
    let after = one.iter().rev().zip(other.iter().rev());
    let after = after.take_while(|(a, b)| a == b).count();
    one.len().max(other.len()) - after.min(one.len()).min(other.len()) <= 1
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
    let title = skeleton(&text::key(resource.title.best(Language::Fr)?));
    (!publisher.is_empty() && !title.is_empty()).then(|| format!("{title}|{publisher}"))
}

/// Words without what slips of the pen change most: doubled letters, and the mark of the plural at the end of long words.
fn skeleton(key: &str) -> String {
    let mut skeleton = String::with_capacity(key.len());
    for word in key.split(' ') {
        let is_number = word.chars().any(|c| c.is_ascii_digit());
        let word = match word.len() {
            5.. if !is_number => word.trim_end_matches(['s', 'x']),
            _ => word,
        };
        for c in word.chars() {
            if is_number || !skeleton.ends_with(c) {
                skeleton.push(c);
            }
        }
        skeleton.push(' ');
    }
    skeleton
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::Draft;
    use crate::index_schema::IndexSchema;
    use serde_json::json;

    #[test]
    fn titles_are_near_that_differ_by_a_letter_but_not_by_a_number_or_a_word() {
        for (one, other, near) in [
            ("Les étoiles", "les ETOILES", true),
            ("Les étoiles", "Les étoile", true),
            ("Les etoiles", "Les etoilles", true),
            ("Mathématique 3", "Mathématique 4", false),
            ("Maths A", "Maths B", false),
            ("La vache", "La tache", true),
            ("Le chat", "Le rat", false),
            ("Les étoiles", "Les étoiles du Nord", false),
            ("Grammaire", "Gramaires", false),
        ] {
            assert_eq!(
                are_near(&text::key(one), &text::key(other)),
                near,
                "{one}, {other}"
            );
        }
    }

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
