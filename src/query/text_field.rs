//! The texts of a resource that words are looked up in.

use serde::Deserialize;

use crate::domain::vocabulary::Vocabularies;

/// The groups of texts that are searched, each in both languages; data of `index-schema/resource.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextFields {
    /// The version of the file, for its ledger.
    pub version: u32,
    #[serde(rename = "text")]
    pub groups: Vec<TextField>,
}

/// Texts that weigh the same: their lengths are counted together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextField {
    pub name: String,
    /// Why the field exists.
    pub why: String,
    #[serde(default)]
    pub from: Vec<TextSource>,
    /// Vocabularies whose labels of the resource's terms are read as text, in each language.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// A part of the record that is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    Title,
    Description,
    Keywords,
    Publisher,
    Benefits,
    PriceDetails,
}

/// How well words match a resource: BM25F over the groups of texts (Robertson, Zaragoza and Taylor, CIKM 2004), each
/// language for itself, the better one counting; data of `index-schema/ranking.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct TextScoring {
    /// The weight of each group, in the order of `resource.toml`.
    pub weights: Vec<f32>,
    /// How much a group's length counts against it, 0 to 1 (b of BM25).
    pub length: Vec<f32>,
    /// How much the length of the whole document counts against it, 0 to 1, beside that of each group: a document that is
    /// but a title is not short of words, it is to the point.
    pub document_length: f32,
    /// How soon repeating a word stops helping (k1 of BM25).
    pub saturation: f32,
    /// What the exact form adds, as a share of the word's own weight.
    pub exactness: f32,
    /// What a word that begins with the last one typed counts, as a share of the word itself.
    pub prefix: f32,
    /// What a synonym counts, as a share of the word itself.
    pub synonym: f32,
    /// What a translation counts, as a share of the word itself.
    pub translation: f32,
}

impl TextFields {
    /// Reads the file and checks it against the vocabularies.
    pub fn parse(file: &str, vocabularies: &Vocabularies) -> Result<Self, String> {
        let fields: TextFields = toml::from_str(file).map_err(|error| error.to_string())?;
        for group in &fields.groups {
            if let Some(unknown) = group
                .labels
                .iter()
                .find(|name| vocabularies.find(name).is_none())
            {
                return Err(format!(
                    "text {:?} takes labels of {unknown:?}, which is no vocabulary",
                    group.name
                ));
            }
        }
        if fields.groups.is_empty() {
            return Err("there is no [[text]], so nothing could be found".into());
        }
        Ok(fields)
    }
}
