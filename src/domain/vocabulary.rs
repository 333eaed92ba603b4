//! The closed lists that describe resources and profiles: levels, subjects, devices and the rest.
//!
//! A vocabulary is data (`index-schema/vocabularies/`, `index-schema/mappings/`); this file gives it its rules:
//! ids are unique, a path id lies under its parent, the order of the file is the order of display.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::language::{Bilingual, Language};
use super::text;

/// The place of a term in its vocabulary's order; small, so that sets of terms pack well.
pub type Ordinal = u16;

/// One known value, with the words people use for it.
#[derive(Debug, Clone, Serialize)]
pub struct Term {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub label: Bilingual,
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub synonyms: Words,
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub acronyms: Words,
    pub order: Ordinal,
}

/// Words by language of the interface.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fr: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub en: Vec<String>,
}

impl Words {
    pub fn is_empty(&self) -> bool {
        self.fr.is_empty() && self.en.is_empty()
    }

    pub fn get(&self, language: Language) -> &[String] {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

/// A closed list of terms in display order, possibly a tree.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    name: String,
    terms: Vec<Term>,
    parents: Vec<Option<Ordinal>>,
    by_id: HashMap<String, Ordinal>,
    /// Folded labels, synonyms, acronyms and foreign words, to the terms they mean.
    by_word: HashMap<String, Vec<Ordinal>>,
}

/// What may be wrong with a vocabulary file.
#[derive(Debug, thiserror::Error)]
pub enum VocabularyError {
    #[error("vocabulary {name}: not readable as TOML")]
    Toml {
        name: String,
        source: Box<toml::de::Error>,
    },
    #[error("vocabulary {name}: term {id} appears twice")]
    Twice { name: String, id: String },
    #[error("vocabulary {name}: term {id} lies under {parent}, which is not there before it")]
    Orphan {
        name: String,
        id: String,
        parent: String,
    },
    #[error("mapping for {name}: {word:?} points to {id}, which is not a term")]
    UnknownTarget {
        name: String,
        word: String,
        id: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    #[serde(default)]
    term: Vec<TermEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TermEntry {
    id: String,
    fr: String,
    en: String,
    parent: Option<String>,
    #[serde(default)]
    synonyms: Words,
    #[serde(default)]
    acronyms: Words,
}

#[derive(Deserialize)]
struct MappingFile {
    #[serde(default)]
    terms: BTreeMap<String, Vec<String>>,
    /// Addresses of foreign concepts, without their scheme: what they have in common, then the rest of each.
    #[serde(default)]
    addresses: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Vocabulary {
    /// Reads a vocabulary from the text of its file.
    pub fn parse(name: &str, file: &str) -> Result<Self, VocabularyError> {
        let file: VocabularyFile =
            toml::from_str(file).map_err(|source| VocabularyError::Toml {
                name: name.to_owned(),
                source: Box::new(source),
            })?;
        let mut vocabulary = Vocabulary {
            name: name.to_owned(),
            terms: Vec::with_capacity(file.term.len()),
            parents: Vec::with_capacity(file.term.len()),
            by_id: HashMap::new(),
            by_word: HashMap::new(),
        };
        for entry in file.term {
            vocabulary.add(entry)?;
        }
        Ok(vocabulary)
    }

    fn add(&mut self, entry: TermEntry) -> Result<(), VocabularyError> {
        let order = self.terms.len() as Ordinal;
        let parent = entry
            .parent
            .or_else(|| path_parent(&entry.id).map(str::to_owned));
        let parent_order = match &parent {
            None => None,
            Some(parent) => Some(
                self.ordinal(parent)
                    .ok_or_else(|| VocabularyError::Orphan {
                        name: self.name.clone(),
                        id: entry.id.clone(),
                        parent: parent.clone(),
                    })?,
            ),
        };
        if self.by_id.insert(entry.id.clone(), order).is_some() {
            return Err(VocabularyError::Twice {
                name: self.name.clone(),
                id: entry.id,
            });
        }
        let term = Term {
            id: entry.id,
            parent,
            label: Bilingual::new(entry.fr, entry.en),
            synonyms: entry.synonyms,
            acronyms: entry.acronyms,
            order,
        };
        for word in term.names() {
            let meant = self.by_word.entry(text::key(word)).or_default();
            if !meant.contains(&order) {
                meant.push(order);
            }
        }
        self.terms.push(term);
        self.parents.push(parent_order);
        Ok(())
    }

    /// Adds foreign words from the text of a mapping file; a word that is already a name here keeps its meaning.
    pub fn add_mapping(&mut self, file: &str) -> Result<(), VocabularyError> {
        let file: MappingFile = toml::from_str(file).map_err(|source| VocabularyError::Toml {
            name: self.name.clone(),
            source: Box::new(source),
        })?;
        let addresses = file.addresses.into_iter().flat_map(|(start, rest)| {
            let whole = move |(end, ids): (String, Vec<String>)| (format!("{start}{end}"), ids);
            rest.into_iter().map(whole)
        });
        for (word, ids) in file.terms.into_iter().chain(addresses) {
            let mut ordinals = Vec::with_capacity(ids.len());
            for id in ids {
                ordinals.push(
                    self.ordinal(&id)
                        .ok_or_else(|| VocabularyError::UnknownTarget {
                            name: self.name.clone(),
                            word: word.clone(),
                            id: id.clone(),
                        })?,
                );
            }
            self.by_word.entry(text::key(&word)).or_insert(ordinals);
        }
        Ok(())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    pub fn term(&self, ordinal: Ordinal) -> &Term {
        &self.terms[usize::from(ordinal)]
    }

    pub fn ordinal(&self, id: &str) -> Option<Ordinal> {
        self.by_id.get(id).copied()
    }

    pub fn label(&self, id: &str) -> Option<&Bilingual> {
        self.ordinal(id).map(|ordinal| &self.term(ordinal).label)
    }

    /// The terms that a foreign word means: our own ids, labels, synonyms and acronyms in both languages, and the mapping.
    pub fn resolve(&self, word: &str) -> Option<Vec<Ordinal>> {
        if let Some(ordinal) = self.ordinal(word.trim()) {
            return Some(vec![ordinal]);
        }
        self.by_word.get(&text::key(word)).cloned()
    }

    /// The term one of whose names is most like a word that is none, when it is like it enough to be meant.
    ///
    /// Names are as alike as the share of letter pairs they have in common.
    pub fn nearest(&self, word: &str) -> Option<&Term> {
        const ALIKE: f64 = 0.6;
        const FEWEST_PAIRS: usize = 5;
        let pairs = letter_pairs(&text::key(word));
        if pairs.len() < FEWEST_PAIRS {
            return None;
        }
        let likeness = |name: &String| {
            let others = letter_pairs(name);
            let common = pairs.iter().filter(|pair| others.contains(pair)).count();
            (2 * common) as f64 / (pairs.len() + others.len()).max(1) as f64
        };
        let names = self.by_word.iter().filter(|(name, _)| !name.is_empty());
        let measured = names.map(|(name, meant)| (likeness(name), std::cmp::Reverse(name), meant));
        let best =
            measured.max_by(|(a, name, _), (b, other, _)| a.total_cmp(b).then(name.cmp(other)));
        let (likeness, _, meant) = best?;
        (likeness >= ALIKE).then(|| self.term(meant[0]))
    }

    pub fn parent(&self, ordinal: Ordinal) -> Option<Ordinal> {
        self.parents[usize::from(ordinal)]
    }

    /// The term itself, its parent, and so on to the root.
    pub fn lineage(&self, ordinal: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        std::iter::successors(Some(ordinal), |ordinal| self.parent(*ordinal))
    }

    /// Whether `ordinal` is `ancestor` or lies below it.
    pub fn is_within(&self, ordinal: Ordinal, ancestor: Ordinal) -> bool {
        self.lineage(ordinal).any(|o| o == ancestor)
    }

    /// Whether one of some terms lies within another of them.
    pub fn has_one_within_another(&self, ordinals: &[Ordinal]) -> bool {
        let within = |one: &Ordinal, other: &Ordinal| one != other && self.is_within(*one, *other);
        let mut ones = ordinals.iter();
        ones.any(|one| ordinals.iter().any(|other| within(one, other)))
    }

    /// The term and everything below it, in order.
    pub fn descendants(&self, ordinal: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        (0..self.terms.len() as Ordinal).filter(move |other| self.is_within(*other, ordinal))
    }

    pub fn has_children(&self, ordinal: Ordinal) -> bool {
        self.parents.contains(&Some(ordinal))
    }
}

impl Term {
    /// What people of a language may call it: the label first, then synonyms and acronyms.
    pub fn names_in(&self, language: Language) -> impl Iterator<Item = &str> {
        let others = self.synonyms.get(language).iter();
        let others = others.chain(self.acronyms.get(language));
        std::iter::once(self.label.get(language)).chain(others.map(String::as_str))
    }

    /// Every name that people may type, in both languages.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        Language::ALL
            .into_iter()
            .flat_map(|language| self.names_in(language))
    }
}

fn letter_pairs(name: &str) -> Vec<(char, char)> {
    name.chars().zip(name.chars().skip(1)).collect()
}

/// The parent of a path id: "/arts/music" lies under "/arts"; flat ids and first steps have none.
fn path_parent(id: &str) -> Option<&str> {
    let (parent, _) = id.rsplit_once('/')?;
    (!parent.is_empty()).then_some(parent)
}

/// All vocabularies by name.
#[derive(Debug, Clone, Default)]
pub struct Vocabularies {
    by_name: BTreeMap<String, Arc<Vocabulary>>,
}

impl Vocabularies {
    pub fn new(vocabularies: impl IntoIterator<Item = Vocabulary>) -> Self {
        Vocabularies {
            by_name: vocabularies
                .into_iter()
                .map(|v| (v.name.clone(), Arc::new(v)))
                .collect(),
        }
    }

    pub fn find(&self, name: &str) -> Option<&Vocabulary> {
        self.by_name.get(name).map(Arc::as_ref)
    }

    /// The same to keep.
    pub fn share(&self, name: &str) -> Option<Arc<Vocabulary>> {
        self.by_name.get(name).cloned()
    }

    /// A vocabulary the program itself relies on; their presence is checked when they are loaded.
    pub fn get(&self, name: &str) -> &Vocabulary {
        self.find(name)
            .unwrap_or_else(|| panic!("vocabulary {name} is checked to be present at start"))
    }

    pub fn all(&self) -> impl Iterator<Item = &Vocabulary> {
        self.by_name.values().map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        [[term]]
        id = "/arts"
        fr = "Arts"
        en = "Arts Education"
        [[term]]
        id = "/arts/music"
        fr = "Musique"
        en = "Music"
        synonyms = { fr = ["solfège"] }
    "#;

    #[test]
    fn names_in_both_languages_and_foreign_words_resolve() {
        let mut vocabulary = Vocabulary::parse("subject", SAMPLE).expect("valid");
        vocabulary
            .add_mapping("[terms]\n\"Band\" = [\"/arts/music\"]")
            .expect("valid");
        let music = vocabulary.ordinal("/arts/music").expect("known");
        for word in ["/arts/music", "MUSIQUE", "music", "Solfege", "band"] {
            assert_eq!(vocabulary.resolve(word), Some(vec![music]), "{word}");
        }
        assert_eq!(vocabulary.resolve("sculpture"), None);
        let nearest = |word| vocabulary.nearest(word).map(|term| term.id.as_str());
        assert_eq!(nearest("musical"), Some("/arts/music"));
        assert_eq!(nearest("sculpture"), None);
        assert!(vocabulary.is_within(music, 0) && !vocabulary.is_within(0, music));
    }

    #[test]
    fn a_term_without_its_parent_or_written_twice_is_refused() {
        let orphan = "[[term]]\nid = \"/a/b\"\nfr = \"x\"\nen = \"y\"";
        assert!(matches!(
            Vocabulary::parse("v", orphan),
            Err(VocabularyError::Orphan { .. })
        ));
        let twice = "[[term]]\nid = \"a\"\nfr = \"x\"\nen = \"y\"\n[[term]]\nid = \"a\"\nfr = \"z\"\nen = \"t\"";
        assert!(matches!(
            Vocabulary::parse("v", twice),
            Err(VocabularyError::Twice { .. })
        ));
    }
}
