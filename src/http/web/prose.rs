//! Longer texts of the site: data with a version, in both languages, in short paragraphs.

use serde::Deserialize;

use super::texts::{Html, Ui};
use crate::domain::language::Bilingual;

/// A text as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prose {
    /// The last first: the day it took effect, and what changed.
    #[serde(default)]
    version: Vec<Version>,
    section: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Version {
    date: String,
    what: Bilingual,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    id: String,
    title: Bilingual,
    #[serde(default)]
    text: Vec<Bilingual>,
    #[serde(default)]
    items: Vec<Bilingual>,
}

pub struct VersionView {
    pub date: Html,
    pub what: Html,
}

pub struct SectionView {
    pub id: String,
    pub title: Html,
    pub text: Vec<Html>,
    pub items: Vec<Html>,
}

impl Prose {
    pub fn parse(file: &str) -> Prose {
        toml::from_str(file).expect("a test reads the embedded prose")
    }

    pub fn versions(&self, ui: Ui) -> Vec<VersionView> {
        let view = |version: &Version| VersionView {
            date: ui.date(&version.date),
            what: ui.label(&version.what),
        };
        self.version.iter().map(view).collect()
    }

    pub fn sections(&self, ui: Ui) -> Vec<SectionView> {
        let labels = |texts: &[Bilingual]| texts.iter().map(|text| ui.label(text)).collect();
        let view = |section: &Section| SectionView {
            id: section.id.clone(),
            title: ui.label(&section.title),
            text: labels(&section.text),
            items: labels(&section.items),
        };
        self.section.iter().map(view).collect()
    }
}
