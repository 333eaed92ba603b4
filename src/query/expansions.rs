//! Other words for the same thing: the bilingual glossary and the synonyms of each language.
//!
//! An expression of the question is looked up as a whole, the longest first, so that « éducation physique » does not
//! stand for « physique »; what its words stand for alone counts much less. The words it stands for are looked up beside its
//! own, one by one, at a lower weight: a match in the asked words comes before an equal one in their translation, and who
//! has all of them before who has one.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::akin;
use super::stop_words::StopWords;
use super::word_forms::WordForms;
use crate::domain::language::Language;
use crate::domain::text;

/// The expressions there are, by their words.
#[derive(Debug, Clone, Default)]
pub struct Expansions {
    by_expression: HashMap<Vec<String>, Vec<Stands>>,
    longest: usize,
    /// In French and in English.
    forms: [Arc<WordForms>; 2],
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
    /// How many words share in standing for `of`: each of them counts that much less.
    pub parts: usize,
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
    /// Reads the files of the glossary, and the files of synonyms, one for each language.
    pub fn parse(
        glossary: &[&str],
        synonyms: [(Language, &str); 2],
    ) -> Result<Self, toml::de::Error> {
        let mut expansions = Expansions::default();
        let mut concepts = Vec::new();
        for file in glossary {
            concepts.extend(toml::from_str::<GlossaryFile>(file)?.concept);
        }
        for Concept { fr, en } in concepts {
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

    /// Finds what a form stands for that another form stands for in its language's list, too: "taught", « yeux ».
    pub fn with_forms(self, forms: [Arc<WordForms>; 2]) -> Self {
        Expansions { forms, ..self }
    }

    fn add(&mut self, from: &str, to: &[String], kind: Kind, language: Language) {
        let key = key(text::words(from).map(|word| word.text));
        self.longest = self.longest.max(key.len());
        for expression in to {
            let words: Vec<String> = text::words(expression).map(|word| word.text).collect();
            let known = self.by_expression.entry(key.clone()).or_default();
            let is_known = known.iter().any(|stands| stands.words == words);
            if !is_known && self::key(words.iter().cloned()) != key {
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
        let mut add = |expansion: Expansion| {
            if !words.contains(&expansion.word) && !expansions.contains(&expansion) {
                expansions.push(expansion);
            }
        };
        let mut at = 0;
        while at < words.len() {
            let longest = self.longest.min(words.len() - at);
            let found = (2..=longest)
                .rev()
                .find_map(|n| Some((n, self.by_expression.get(&keys[at..at + n])?)));
            let Some((n, stands)) = found else {
                let (word, key) = (&words[at], &keys[at]);
                if !stop_words.contains(word) {
                    let listed = self.of_listed(word, key, stop_words);
                    let found = listed.unwrap_or_else(|| of_twins(word, key));
                    found.into_iter().for_each(&mut add);
                }
                at += 1;
                continue;
            };
            let content = (at..at + n).filter(|at| !stop_words.contains(&words[*at]));
            let alone = content.filter_map(|at| self.of_listed(&words[at], &keys[at], stop_words));
            let alone: Vec<Expansion> = alone.flatten().collect();
            let own = words[at..at + n].iter();
            let own: Vec<&String> = own.filter(|word| !stop_words.contains(word)).collect();
            for stands in stands.iter().filter(|_| !own.is_empty()) {
                let others = stands.content(stop_words);
                for (word, of) in others.iter().zip(partners(&others, &own, &alone)) {
                    add(Expansion {
                        of: of.clone(),
                        word: (*word).clone(),
                        parts: others.len().div_ceil(own.len()),
                        kind: stands.kind,
                        language: stands.language,
                    });
                }
            }
            for expansion in alone {
                add(Expansion {
                    parts: expansion.parts * PARTS_ALONE,
                    ..expansion
                });
            }
            at += n;
        }
        expansions
    }

    /// The words of what expressions stand for, in no order, some of them several times.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let stands = self.by_expression.values().flatten();
        stands.flat_map(|stands| &stands.words).map(String::as_str)
    }

    /// What a word by itself stands for, when it is listed, perhaps in another form.
    fn of_listed(&self, word: &str, key: &str, stop_words: &StopWords) -> Option<Vec<Expansion>> {
        let known = |form: String| self.by_expression.get([form].as_slice());
        let in_another_form = || {
            let irregular = Language::ALL.into_iter().filter_map(|own| {
                let form = self.forms[own as usize].chosen(word);
                (form != word).then(|| (own, form.to_owned()))
            });
            let regular = akin::listed_forms(key);
            irregular.chain(regular).find_map(|(own, form)| {
                // A rule of French finds what French words stand for, not the English word that looks like its form.
                let is_own =
                    |stands: &&Stands| (stands.kind == Kind::Synonym) == (stands.language == own);
                let form = singular(&form).unwrap_or(form);
                let stands: Vec<&Stands> = known(form)?.iter().filter(is_own).collect();
                (!stands.is_empty()).then_some(stands)
            })
        };
        let listed = known(key.to_owned()).map(|stands| stands.iter().collect());
        let mut expansions = Vec::new();
        for stands in listed.or_else(in_another_form)? {
            let others = stands.content(stop_words);
            expansions.extend(others.iter().map(|other| Expansion {
                of: word.to_owned(),
                word: (*other).clone(),
                parts: others.len(),
                kind: stands.kind,
                language: stands.language,
            }));
        }
        Some(expansions)
    }
}

/// What a word that is not listed may be in the other language.
fn of_twins(word: &str, key: &str) -> Vec<Expansion> {
    let twins = akin::twins(key).into_iter();
    let expansion = |(language, twin)| Expansion {
        of: word.to_owned(),
        word: twin,
        parts: 1,
        kind: Kind::Translation,
        language,
    };
    twins.map(expansion).collect()
}

impl Stands {
    /// Its words but for those without a meaning.
    fn content(&self, stop_words: &StopWords) -> Vec<&String> {
        let words = self.words.iter();
        words.filter(|word| !stop_words.contains(word)).collect()
    }
}

/// For each word that an expression stands for, the word of the expression that it is looked up for: the one that it
/// translates by itself, or is; the rest is spread over those left, so that who has all of them gets the sum.
fn partners<'w>(others: &[&String], own: &[&'w String], alone: &[Expansion]) -> Vec<&'w String> {
    let singular = |word: &String| self::singular(word).unwrap_or_else(|| word.clone());
    let is_other = |own: &String, other: &String| {
        let listed = |expansion: &Expansion| expansion.of == *own && expansion.word == *other;
        singular(own) == singular(other) || alone.iter().any(listed)
    };
    let mut left = own.to_vec();
    let found = others.iter().map(|other| {
        let place = left.iter().position(|own| is_other(own, other))?;
        Some(left.remove(place))
    });
    let found: Vec<Option<&String>> = found.collect();
    let left = if left.is_empty() { own } else { &left };
    let many = found.iter().filter(|found| found.is_none()).count();
    let mut spread = (0..many).map(|place| left[place * left.len() / many]);
    let partner = |found: Option<&'w String>| found.or_else(|| spread.next());
    found.into_iter().filter_map(partner).collect()
}

/// What a word of an expression stands for by itself counts that much less: « physique » is not what « éducation physique »
/// is, but where nobody says "gym class", "physical" is worth a look.
const PARTS_ALONE: usize = 3;

/// Words without the plural endings of both languages: good enough to recognise an expression, which is matched whole.
fn key(words: impl Iterator<Item = String>) -> Vec<String> {
    words.map(|word| singular(&word).unwrap_or(word)).collect()
}

/// A word without its plural ending, as far as a rule tells.
pub(super) fn singular(word: &str) -> Option<String> {
    let ending = |plural: &str, singular: &str| {
        let root = word.strip_suffix(plural)?;
        (root.len() >= 2 && word.len() >= 4).then(|| format!("{root}{singular}"))
    };
    const PLURALS: [(&str, &str); 8] = [
        ("eaux", "eau"),
        ("aux", "al"),
        ("ies", "y"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
        ("s", ""),
        ("x", ""),
    ];
    PLURALS
        .iter()
        .find_map(|(plural, singular)| ending(plural, singular))
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
            { fr = ["colorier"], en = ["color"] },
            { fr = ["sportif"], en = ["athletic"] },
            { fr = ["circuit électrique"], en = ["electric circuit"] },
            { fr = ["électrique"], en = ["electric"] },
        ]
    "#;
    const SYNONYMS: &str =
        "mutual = [[\"ordi\", \"ordinateur\"]]\n[[one_way]]\nfrom = \"tablette\"\nto = [\"ipad\"]";

    fn expand(question: &str) -> Vec<(String, Kind)> {
        let expansions =
            Expansions::parse(&[GLOSSARY], [(Language::Fr, SYNONYMS), (Language::En, "")])
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
        assert_eq!(
            expand("éducation physique"),
            translated(&["gym", "class", "physics"])
        );
        assert_eq!(expand("la physique"), translated(&["physics"]));
        assert_eq!(expand("le cycle de l’eau"), translated(&["water"]));
        assert_eq!(
            expand("coordinate planes"),
            translated(&["plan", "cartesien"])
        );
        assert_eq!(expand("carte"), vec![]);
    }

    #[test]
    fn words_of_an_expression_go_with_what_they_translate_and_count_less_alone() {
        let expansions = Expansions::parse(&[GLOSSARY], [(Language::Fr, ""), (Language::En, "")])
            .expect("valid");
        let of = |question: &str| -> Vec<(String, String, usize)> {
            let words: Vec<String> = text::words(question).map(|word| word.text).collect();
            let found = expansions.of(&words, &StopWords::default()).into_iter();
            found
                .map(|found| (found.of, found.word, found.parts))
                .collect()
        };
        let pair = |of: &str, word: &str, parts| (of.to_owned(), word.to_owned(), parts);
        assert_eq!(
            of("circuit électrique"),
            [
                pair("electrique", "electric", 1),
                pair("electrique", "electric", 3)
            ]
        );
    }

    #[test]
    fn a_word_in_another_form_or_like_its_twin_needs_no_entry() {
        let words = |question| -> Vec<String> {
            let expansions = expand(question).into_iter();
            expansions.map(|(word, _)| word).collect()
        };
        assert_eq!(words("coloring"), ["colorier"]);
        assert_eq!(words("coloriant"), ["color"]);
        assert_eq!(words("équipes sportives").last().unwrap(), "athletic");
        assert!(words("democracy").contains(&"democratie".into()));
        assert!(words("biodiversité").contains(&"biodiversity".into()));
        assert_eq!(words("ipad4"), Vec::<String>::new());
    }

    #[test]
    fn irregular_forms_stand_for_what_the_listed_form_does() {
        let glossary = "concept = [{ fr = [\"écrire\"], en = [\"write\"] }]";
        let forms = ["same = [['lire', 'lu']]", "same = [['write', 'written']]"]
            .map(|file| Arc::new(WordForms::parse(&format!("{file}\napart = []")).unwrap()));
        let expansions = Expansions::parse(&[glossary], [(Language::Fr, ""), (Language::En, "")])
            .expect("valid")
            .with_forms(forms);
        let found = expansions.of(&["written".to_owned()], &StopWords::default());
        assert_eq!((found.len(), found[0].word.as_str()), (1, "ecrire"));
    }

    #[test]
    fn plurals_of_both_languages_are_recognised() {
        for (plural, one) in [
            ("journaux", "journal"),
            ("butterflies", "butterfly"),
            ("foxes", "fox"),
            ("tableaux", "tableau"),
        ] {
            let keys = key([plural.to_owned(), one.to_owned()].into_iter());
            assert_eq!(keys[0], keys[1], "{plural}");
        }
    }

    #[test]
    fn synonyms_are_mutual_or_one_way() {
        assert_eq!(expand("ordinateurs"), [("ordi".into(), Kind::Synonym)]);
        assert_eq!(expand("tablette"), [("ipad".into(), Kind::Synonym)]);
        assert_eq!(expand("ipad"), vec![]);
    }
}
