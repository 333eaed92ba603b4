//! Words that the rules of stemming would not bring together, and words that they would confuse: data of
//! `index-schema/word_forms/`, one file for each language.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::domain::text::key;

/// The exceptions of one language, as folded words.
#[derive(Debug, Clone, Default)]
pub struct WordForms {
    /// The form that stands for another.
    chosen: HashMap<String, String>,
    /// The others that a chosen form stands for.
    others: HashMap<String, Vec<String>>,
    apart: HashSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    same: Vec<Vec<String>>,
    apart: Vec<String>,
}

impl WordForms {
    /// Reads a file.
    ///
    /// # Errors
    /// One sentence, when a form is not one word, or stands in two groups.
    pub fn parse(file: &str) -> Result<Self, String> {
        let File { same, apart } = toml::from_str(file).map_err(|error| error.to_string())?;
        let mut forms = WordForms::default();
        for group in same {
            let mut words = Vec::with_capacity(group.len());
            for word in &group {
                words.push(one_word(word)?);
            }
            let mut words = words.into_iter();
            let Some(chosen) = words.next() else {
                return Err("a group of forms is empty".into());
            };
            for other in words {
                let known = forms.chosen.insert(other.clone(), chosen.clone());
                if known.is_some_and(|known| known != chosen) {
                    return Err(format!("{other:?} stands in two groups of forms"));
                }
                forms.others.entry(chosen.clone()).or_default().push(other);
            }
        }
        for word in &apart {
            forms.apart.insert(one_word(word)?);
        }
        Ok(forms)
    }

    /// The form that stands for a folded word, which may be the plural in -s of a listed one: mostly the word itself.
    pub fn chosen<'a>(&'a self, word: &'a str) -> &'a str {
        let listed = |word| self.chosen.get(word).map(String::as_str);
        let singular = || word.strip_suffix('s').and_then(listed);
        listed(word).or_else(singular).unwrap_or(word)
    }

    /// The listed forms that one stands for.
    pub fn others(&self, chosen: &str) -> &[String] {
        self.others.get(chosen).map_or(&[], Vec::as_slice)
    }

    /// The singular of a word that is to keep its own stem, when it is one.
    pub fn apart(&self, word: &str) -> Option<&str> {
        let singular = || self.apart.get(word.strip_suffix('s')?);
        self.apart.get(word).or_else(singular).map(String::as_str)
    }
}

fn one_word(word: &str) -> Result<String, String> {
    let key = key(word);
    match key.is_empty() || key.contains(' ') {
        true => Err(format!("{word:?} is not one word")),
        false => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_in_s_go_with_what_is_listed() {
        let forms = WordForms::parse("same = [['clé', 'clef']]\napart = ['mère']").expect("valid");
        assert_eq!(
            (forms.chosen("clefs"), forms.chosen("chef")),
            ("cle", "chef")
        );
        assert_eq!(
            (forms.apart("meres"), forms.apart("mers")),
            (Some("mere"), None)
        );
        assert_eq!(forms.others("cle"), ["clef"]);
        assert!(WordForms::parse("same = [['a', 'b'], ['c', 'b']]\napart = []").is_err());
    }
}
