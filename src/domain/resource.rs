//! What a teacher can find: a digital educational resource.
//!
//! The shape is design section 2, field for field what publishers are asked for. What is not known is absent.
//! A `Resource` only comes out of [`Draft`](super::draft::Draft), which checked it, or out of the store.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::language::LanguageMap;

/// The name of a resource, for ever: 1 to 200 characters, no control character, no comma.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(String);

impl ResourceId {
    pub const LONGEST_CHARS: usize = 200;

    /// The id, or what is wrong with it.
    pub fn parse(id: &str) -> Result<Self, String> {
        if id.trim().is_empty() {
            return Err("an id needs at least one visible character".into());
        }
        if id.chars().count() > Self::LONGEST_CHARS {
            return Err(format!(
                "an id has at most {} characters",
                Self::LONGEST_CHARS
            ));
        }
        match id.chars().find(|c| c.is_control() || *c == ',') {
            Some(c) => Err(format!("an id cannot contain {c:?}")),
            None => Ok(ResourceId(id.to_owned())),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id of a vocabulary term; which vocabulary is said by the field that holds it.
pub type TermId = String;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub id: ResourceId,
    #[serde(default, skip_serializing_if = "LanguageMap::is_empty")]
    pub title: LanguageMap,
    #[serde(default, skip_serializing_if = "LanguageMap::is_empty")]
    pub description: LanguageMap,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keywords: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
    #[serde(default, rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<TermId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advertising: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet: Option<Internet>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub os: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strategies: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub student_types: Vec<TermId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<Age>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloadable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accessibility: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<StudentPrivacy>,
    /// When a fact was last checked: the field's name to a date.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verified: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// Another address of the resource: an app store, a tutorial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub kind: String,
    pub url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publisher {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headquarters: Option<TermId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<TermId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "LanguageMap::is_empty")]
    pub details: LanguageMap,
}

/// What one unit costs: a teacher, a student, a class, a school or a board, once or by period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    pub per: OfferUnit,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OfferUnit {
    Teacher,
    Student,
    Class,
    School,
    Board,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    Once,
    Month,
    Year,
}

/// How much the resource needs a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Internet {
    None,
    Partial,
    Required,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Age {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Support {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tutorial: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guide: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technical_support: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "LanguageMap::is_empty")]
    pub benefits: LanguageMap,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub research: Vec<Research>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub testimonials: Vec<Testimonial>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Research {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What somebody said of the resource; `by` is a role or an organisation, never a private person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Testimonial {
    pub text: LanguageMap,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What the resource does with pupils' data.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StudentPrivacy {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student_data: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosting_country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_url: Option<String>,
}

/// Where the record came from, and everything its origin said that has no field here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Provenance {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub raw: Map<String, Value>,
}

impl Provenance {
    pub fn is_empty(&self) -> bool {
        self.source.is_none() && self.format.is_none() && self.raw.is_empty()
    }
}

impl Resource {
    /// A yes of the kind `has=...` asks for; only what is known counts.
    pub fn has(&self, feature: &str) -> bool {
        let support = self.support.unwrap_or_default();
        match feature {
            "tutorial" => support.tutorial == Some(true),
            "guide" => support.guide == Some(true),
            "support" => support.technical_support == Some(true),
            "evidence" => self
                .evidence
                .as_ref()
                .is_some_and(|e| !e.research.is_empty() || !e.testimonials.is_empty()),
            "no-ads" => self.advertising == Some(false),
            "offline" => self.internet == Some(Internet::None),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_visible_and_without_commas() {
        assert!(ResourceId::parse("gar:ark:/32151/LA.FLE").is_ok());
        assert!(ResourceId::parse(&"é".repeat(200)).is_ok());
        for bad in ["", "  ", "a,b", "a\nb", &"x".repeat(201)] {
            assert!(ResourceId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
