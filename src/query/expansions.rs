//! Other words for the same thing: the bilingual glossary and the synonyms of each language.
//!
//! An expression of the question is looked up as a whole, the longest first, so that « éducation physique » does not
//! stand for « physique ». What it stands for is looked up beside the word it ends with, at a lower weight: a match in the
//! asked words comes before an equal one in their translation.

use std::collections::HashMap;

use serde::Deserialize;

use super::stop_words::StopWords;
use crate::domain::language::Language;
use crate::domain::text;

/// The expressions there are, by their words.
#[derive(Debug, Clone, Default)]
pub struct Expansions {
    by_expression: HashMap<Vec<String>, Vec<Stands>>,
    longest: usize,
}

/// Words that an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stands {
    words: Vec<String>,
    kind: Kind,
    language: Language,
}

/// How an expansion relates to what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Synonym,
    Translation,
}

/// A word to look up beside one of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expansion {
    /// The word of the question.
    pub of: String,
    pub word: String,
    pub kind: Kind,
    /// The language of `word`: it is looked up in texts of that language alone.
    pub language: Language,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GlossaryFile {
    concept: Vec<Concept>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Concept {
    fr: Vec<String>,
    en: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SynonymsFile {
    #[serde(default)]
    mutual: Vec<Vec<String>>,
    #[serde(default)]
    one_way: Vec<OneWay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneWay {
    from: String,
    to: Vec<String>,
}

impl Expansions {
    /// Reads the glossary and the files of synonyms, one for each language.
    pub fn parse(glossary: &str, synonyms: [(Language, &str); 2]) -> Result<Self, toml::de::Error> {
        let mut expansions = Expansions::default();
        for Concept { fr, en } in toml::from_str::<GlossaryFile>(glossary)?.concept {
            fr.iter()
                .for_each(|from| expansions.add(from, &en, Kind::Translation, Language::En));
            en.iter()
                .for_each(|from| expansions.add(from, &fr, Kind::Translation, Language::Fr));
        }
        for (language, file) in synonyms {
            let file: SynonymsFile = toml::from_str(file)?;
            for group in &file.mutual {
                group
                    .iter()
                    .for_each(|from| expansions.add(from, group, Kind::Synonym, language));
            }
            for OneWay { from, to } in &file.one_way {
                expansions.add(from, to, Kind::Synonym, language);
            }
        }
        Ok(expansions)
    }

    fn add(&mut self, from: &str, to: &[String], kind: Kind, language: Language) {
        let key = key(text::words(from).map(|word| word.text));
        self.longest = self.longest.max(key.len());
        for expression in to {
            let words: Vec<String> = text::words(expression).map(|word| word.text).collect();
            let known = self.by_expression.entry(key.clone()).or_default();
            if self::key(words.iter().cloned()) != key {
                known.push(Stands {
                    words,
                    kind,
                    language,
                });
            }
        }
    }

    /// What the words of a question, in their order, stand for. Stop words are part of expressions and expand nothing.
    pub fn of(&self, words: &[String], stop_words: &StopWords) -> Vec<Expansion> {
        let keys = key(words.iter().cloned());
        let mut expansions: Vec<Expansion> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let longest = self.longest.min(words.len() - at);
            let found = (1..=longest)
                .rev()
                .find_map(|n| Some((n, self.by_expression.get(&keys[at..at + n])?)));
            let Some((n, stands)) = found else {
                at += 1;
                continue;
            };
            let own = &words[at..at + n];
            if let Some(of) = own.iter().rev().find(|word| !stop_words.contains(word)) {
                for Stands {
                    words: others,
                    kind,
                    language,
                } in stands
                {
                    for word in others
                        .iter()
                        .filter(|word| !stop_words.contains(word) && !words.contains(word))
                    {
                        let expansion = Expansion {
                            of: of.clone(),
                            word: word.clone(),
                            kind: *kind,
                            language: *language,
                        };
                        if !expansions.contains(&expansion) {
                            expansions.push(expansion);
                        }
                    }
                }
            }
            at += n;
        }
        expansions
    }
}

/// Words without the plural endings of both languages: good enough to recognise an expression, which is matched whole.
fn key(words: impl Iterator<Item = String>) -> Vec<String> {
    let singular = |word: String| match word.strip_suffix(['s', 'x']) {
        Some(stem) if stem.len() >= 3 => stem.to_owned(),
        _ => word,
    };
    words.map(singular).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = r#"
        concept = [
            { fr = ["plan cartésien"], en = ["coordinate plane"] },
            { fr = ["éducation physique"], en = ["gym class"] },
            { fr = ["physique"], en = ["physics"] },
            { fr = ["cycle de l'eau"], en = ["water cycle"] },
        ]
    "#;
    const SYNONYMS: &str =
        "mutual = [[\"ordi\", \"ordinateur\"]]\n[[one_way]]\nfrom = \"tablette\"\nto = [\"ipad\"]";

    fn expand(question: &str) -> Vec<(String, Kind)> {
        let expansions =
            Expansions::parse(GLOSSARY, [(Language::Fr, SYNONYMS), (Language::En, "")])
                .expect("valid");
        let words: Vec<String> = text::words(question).map(|word| word.text).collect();
        let stop_words = StopWords::new("de\nla\nl", "the\nof");
        expansions
            .of(&words, &stop_words)
            .into_iter()
            .map(|expansion| (expansion.word, expansion.kind))
            .collect()
    }

    #[test]
    fn the_longest_expression_wins_in_both_directions() {
        let translated = |words: &[&str]| {
            words
                .iter()
                .map(|word| (word.to_string(), Kind::Translation))
                .collect::<Vec<_>>()
        };
        assert_eq!(expand("éducation physique"), translated(&["gym", "class"]));
        assert_eq!(expand("la physique"), translated(&["physics"]));
        assert_eq!(expand("le cycle de l’eau"), translated(&["water"]));
        assert_eq!(
            expand("coordinate planes"),
            translated(&["plan", "cartesien"])
        );
        assert_eq!(expand("carte"), vec![]);
    }

    #[test]
    fn synonyms_are_mutual_or_one_way() {
        assert_eq!(expand("ordinateurs"), [("ordi".into(), Kind::Synonym)]);
        assert_eq!(expand("tablette"), [("ipad".into(), Kind::Synonym)]);
        assert_eq!(expand("ipad"), vec![]);
    }
}
