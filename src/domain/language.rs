//! The two languages of the interface, and texts that exist in several.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A language Classo speaks: labels, sentences, collation and stemming exist in these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Fr,
    En,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Fr, Language::En];

    pub fn tag(self) -> &'static str {
        match self {
            Language::Fr => "fr",
            Language::En => "en",
        }
    }

    pub fn from_tag(tag: &str) -> Option<Self> {
        Language::ALL
            .into_iter()
            .find(|language| language.tag() == tag)
    }

    pub fn other(self) -> Self {
        match self {
            Language::Fr => Language::En,
            Language::En => Language::Fr,
        }
    }
}

/// A text that always exists in both languages: labels, sentences of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    pub fr: String,
    pub en: String,
}

impl Bilingual {
    pub fn new(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Bilingual {
            fr: fr.into(),
            en: en.into(),
        }
    }

    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

/// The tag of a text whose language is not known.
pub const UNDETERMINED: &str = "und";

/// A text by language tag; `und` where the language is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LanguageMap(pub BTreeMap<String, String>);

impl LanguageMap {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, tag: &str) -> Option<&str> {
        self.0.get(tag).map(String::as_str)
    }

    /// The text to show to somebody who reads `language`: that language, else the other of ours, else any.
    pub fn best(&self, language: Language) -> Option<&str> {
        self.get(language.tag())
            .or_else(|| self.get(language.other().tag()))
            .or_else(|| self.0.values().next().map(String::as_str))
    }

    /// The texts that are neither French nor English, or whose language is not known.
    pub fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(|(tag, _)| Language::from_tag(tag).is_none())
            .map(|(_, text)| text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_own_language_then_the_other_then_any() {
        let map = |pairs: &[(&str, &str)]| {
            LanguageMap(
                pairs
                    .iter()
                    .map(|(tag, text)| (tag.to_string(), text.to_string()))
                    .collect(),
            )
        };
        let both = map(&[("fr", "Bonjour"), ("en", "Hello")]);
        assert_eq!(both.best(Language::En), Some("Hello"));
        assert_eq!(map(&[("en", "Hello")]).best(Language::Fr), Some("Hello"));
        assert_eq!(map(&[("und", "Salve")]).best(Language::Fr), Some("Salve"));
        assert_eq!(map(&[]).best(Language::Fr), None);
    }
}
