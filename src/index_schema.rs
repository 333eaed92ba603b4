//! Reads `index-schema/`: what the writer and the reader of the index, and ranking, agree on.
//!
//! The files are embedded in the program; a file of the same name under the data folder's `index-schema/` takes the
//! place of an embedded one, without a new build. Two hashes tell what changed: the *index hash* names a generation (a
//! new one needs a rebuild), the *ranking hash* only says which weights answered. Stands on the floor of `query`: the
//! workshops above take from it what they need, and `ranking` reads its own file.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::sync::LazyLock;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::domain::compatibility::Compatibility;
use crate::domain::cost::Currencies;
use crate::domain::language::Language;
use crate::domain::licence::LicenceGroups;
use crate::domain::vocabulary::{Vocabularies, Vocabulary, VocabularyError};
use crate::query::expansions::Expansions;
use crate::query::known_words::KnownWords;
use crate::query::stop_words::StopWords;
use crate::query::text_field::TextFields;
use crate::query::understanding::Understanding;
use crate::query::word_forms::WordForms;

/// Every file of the folder, as embedded.
const EMBEDDED: &[(&str, &str)] = &{
    macro_rules! files {
        ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("../index-schema/", $name)))),*] };
    }
    files![
        "resource.toml",
        "ranking.toml",
        "understanding.toml",
        "currencies.toml",
        "stopwords/fr.txt",
        "stopwords/en.txt",
        "glossary/concepts.toml",
        "glossary/words.toml",
        "glossary/classroom.toml",
        "glossary/school.toml",
        "synonyms/fr.toml",
        "synonyms/en.toml",
        "word_forms/fr.toml",
        "word_forms/en.toml",
        "vocabularies/access.toml",
        "vocabularies/device.toml",
        "vocabularies/has.toml",
        "vocabularies/headquarters.toml",
        "vocabularies/language.toml",
        "vocabularies/level.toml",
        "vocabularies/licence.toml",
        "vocabularies/os.toml",
        "vocabularies/platform.toml",
        "vocabularies/price.toml",
        "vocabularies/purpose.toml",
        "vocabularies/role.toml",
        "vocabularies/skill.toml",
        "vocabularies/strategy.toml",
        "vocabularies/student_type.toml",
        "vocabularies/subject.toml",
        "vocabularies/type.toml",
        "mappings/access.toml",
        "mappings/compatibility.toml",
        "mappings/device.toml",
        "mappings/language.toml",
        "mappings/level.toml",
        "mappings/licence.toml",
        "mappings/os.toml",
        "mappings/price.toml",
        "mappings/student_type.toml",
        "mappings/subject.toml",
        "mappings/type.toml",
        "mappings/sources/apple-appstore.toml",
        "mappings/sources/apple-appstore-descriptions.toml",
        "mappings/sources/classo.toml",
        "mappings/sources/edx.toml",
        "mappings/sources/eps-barletta.toml",
        "mappings/sources/gar.toml",
        "mappings/sources/learning-registry.toml",
        "mappings/sources/learnplatform.toml",
        "mappings/sources/nsdl.toml",
        "mappings/sources/oer-commons.toml",
    ]
};

/// The files that only ranking reads: changing one needs no rebuild.
const RANKING_FILES: &[&str] = &[
    "ranking.toml",
    "understanding.toml",
    "stopwords/fr.txt",
    "stopwords/en.txt",
    "glossary/concepts.toml",
    "glossary/words.toml",
    "glossary/classroom.toml",
    "glossary/school.toml",
    "synonyms/fr.toml",
    "synonyms/en.toml",
];

/// Where the mappings of foreign sources lie. Only imports read them: they are in neither hash.
const SOURCES: &str = "mappings/sources/";

/// The folder, read and checked.
pub struct IndexSchema {
    pub vocabularies: Vocabularies,
    pub text_fields: TextFields,
    pub compatibility: Compatibility,
    pub currencies: Currencies,
    pub licences: LicenceGroups,
    pub stop_words: StopWords,
    pub expansions: Expansions,
    /// The words of the glossary, of the synonyms and of the names in the vocabularies.
    pub known_words: KnownWords,
    /// In French and in English.
    pub word_forms: [Arc<WordForms>; 2],
    pub understanding: Understanding,
    /// Names and texts of `mappings/sources/`, with those that only the data folder has.
    pub source_mappings: Vec<(String, String)>,
    /// The text of `ranking.toml`.
    pub ranking: String,
    pub index_hash: String,
    pub ranking_hash: String,
}

#[derive(Debug, thiserror::Error)]
pub enum IndexSchemaError {
    #[error("index-schema/{file}: not readable")]
    Read {
        file: String,
        source: std::io::Error,
    },
    #[error("index-schema/{file}: not readable as TOML")]
    Toml {
        file: &'static str,
        source: Box<toml::de::Error>,
    },
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    #[error("index-schema/{file}: {reason}")]
    Content { file: &'static str, reason: String },
}

impl IndexSchema {
    /// The embedded folder.
    pub fn embedded() -> &'static IndexSchema {
        static EMBEDDED_SCHEMA: LazyLock<IndexSchema> = LazyLock::new(|| {
            IndexSchema::build(&Files::embedded()).expect("the embedded index-schema is tested")
        });
        &EMBEDDED_SCHEMA
    }

    /// The embedded folder, with the files of `overrides` in the place of those of the same name.
    pub fn load(overrides: &Path) -> Result<IndexSchema, IndexSchemaError> {
        IndexSchema::build(&Files::with_overrides(overrides)?)
    }

    fn build(files: &Files) -> Result<IndexSchema, IndexSchemaError> {
        let vocabularies = Vocabularies::new(files.vocabularies()?);
        let toml_error = |file| {
            move |source| IndexSchemaError::Toml {
                file,
                source: Box::new(source),
            }
        };
        let licences: LicenceFile = toml::from_str(files.get("mappings/licence.toml"))
            .map_err(toml_error("mappings/licence.toml"))?;
        let word_forms = [
            word_forms(files, "word_forms/fr.toml")?,
            word_forms(files, "word_forms/en.toml")?,
        ];
        let expansions = Expansions::parse(
            &[
                files.get("glossary/concepts.toml"),
                files.get("glossary/words.toml"),
                files.get("glossary/classroom.toml"),
                files.get("glossary/school.toml"),
            ],
            Language::ALL.map(|language| {
                let file = format!("synonyms/{}.toml", language.tag());
                (language, files.get(&file))
            }),
        )
        .map_err(toml_error("glossary or synonyms"))?
        .with_forms(word_forms.clone());
        let stop_words =
            StopWords::new(files.get("stopwords/fr.txt"), files.get("stopwords/en.txt"));
        let terms = vocabularies.all().flat_map(Vocabulary::terms);
        let names = terms.flat_map(|term| term.names());
        let known = expansions.words().chain(names).chain(stop_words.iter());
        let known_words = KnownWords::new(known);
        Ok(IndexSchema {
            text_fields: TextFields::parse(files.get("resource.toml"), &vocabularies).map_err(
                |reason| IndexSchemaError::Content {
                    file: "resource.toml",
                    reason,
                },
            )?,
            compatibility: Compatibility::parse(files.get("mappings/compatibility.toml"))
                .map_err(toml_error("mappings/compatibility.toml"))?,
            currencies: Currencies::parse(files.get("currencies.toml"))
                .map_err(toml_error("currencies.toml"))?,
            licences: licences.groups,
            known_words,
            stop_words,
            ranking: files.get("ranking.toml").to_owned(),
            expansions,
            understanding: Understanding::parse(files.get("understanding.toml"), &vocabularies)
                .map_err(|reason| IndexSchemaError::Content {
                    file: "understanding.toml",
                    reason,
                })?,
            source_mappings: files.sources(),
            word_forms,
            index_hash: files
                .hash(|name| !RANKING_FILES.contains(&name) && !name.starts_with(SOURCES)),
            ranking_hash: files.hash(|name| RANKING_FILES.contains(&name)),
            vocabularies,
        })
    }
}

#[derive(Deserialize)]
struct LicenceFile {
    groups: LicenceGroups,
}

/// Names and texts, in the order of the embedded list; then what the data folder adds.
struct Files(Vec<(Cow<'static, str>, String)>);

impl Files {
    fn embedded() -> Self {
        Files(
            EMBEDDED
                .iter()
                .map(|(name, text)| ((*name).into(), (*text).to_owned()))
                .collect(),
        )
    }

    fn with_overrides(folder: &Path) -> Result<Self, IndexSchemaError> {
        let mut files = Files::embedded();
        for (name, text) in &mut files.0 {
            match std::fs::read_to_string(folder.join(&**name)) {
                Ok(own) => *text = own,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => {
                    return Err(IndexSchemaError::Read {
                        file: name.to_string(),
                        source,
                    });
                }
            }
        }
        files.add_sources(&folder.join(SOURCES))?;
        Ok(files)
    }

    /// Mappings of sources that only the data folder has.
    fn add_sources(&mut self, folder: &Path) -> Result<(), IndexSchemaError> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Ok(());
        };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".toml")).collect();
        names.sort();
        for name in names {
            let file = format!("{SOURCES}{name}");
            if self.0.iter().all(|(known, _)| *known != file) {
                match std::fs::read_to_string(folder.join(&name)) {
                    Ok(text) => self.0.push((file.into(), text)),
                    Err(source) => return Err(IndexSchemaError::Read { file, source }),
                }
            }
        }
        Ok(())
    }

    fn sources(&self) -> Vec<(String, String)> {
        let sources = self.0.iter().filter_map(|(file, text)| {
            let name = file.strip_prefix(SOURCES)?.strip_suffix(".toml")?;
            Some((name.to_owned(), text.clone()))
        });
        sources.collect()
    }

    fn get(&self, name: &str) -> &str {
        let file = self.0.iter().find(|(file, _)| *file == name);
        &file
            .unwrap_or_else(|| panic!("{name} is in the embedded list"))
            .1
    }

    fn vocabularies(&self) -> Result<Vec<Vocabulary>, VocabularyError> {
        let names = self.0.iter().filter_map(|(file, text)| {
            let name = file.strip_prefix("vocabularies/")?.strip_suffix(".toml")?;
            Some((name, text))
        });
        let mut vocabularies = Vec::new();
        for (name, text) in names {
            let mut vocabulary = Vocabulary::parse(name, text)?;
            let mapping = format!("mappings/{name}.toml");
            if let Some((_, mapping)) = self.0.iter().find(|(file, _)| *file == mapping) {
                vocabulary.add_mapping(mapping)?;
            }
            vocabularies.push(vocabulary);
        }
        Ok(vocabularies)
    }

    /// The first 16 hexadecimal digits of the SHA-256 of the chosen files.
    fn hash(&self, chosen: impl Fn(&str) -> bool) -> String {
        let mut hasher = Sha256::new();
        for (name, text) in self.0.iter().filter(|(name, _)| chosen(name)) {
            hasher.update(name.as_bytes());
            hasher.update([0]);
            hasher.update(text.as_bytes());
            hasher.update([0]);
        }
        hasher
            .finalize()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn word_forms(files: &Files, file: &'static str) -> Result<Arc<WordForms>, IndexSchemaError> {
    let forms = WordForms::parse(files.get(file));
    forms
        .map(Arc::new)
        .map_err(|reason| IndexSchemaError::Content { file, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_folder_is_complete_and_consistent() {
        let schema = IndexSchema::embedded();
        assert_eq!(schema.vocabularies.all().count(), 17);
        assert_ne!(schema.index_hash, schema.ranking_hash);
    }

    #[test]
    fn a_file_of_the_data_folder_takes_the_place_of_the_embedded_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let ranking = Files::embedded().get("ranking.toml").to_owned() + "\n# tuned\n";
        std::fs::write(folder.path().join("ranking.toml"), ranking).expect("written");
        let own = IndexSchema::load(folder.path()).expect("valid");
        assert_eq!(own.index_hash, IndexSchema::embedded().index_hash);
        assert_ne!(own.ranking_hash, IndexSchema::embedded().ranking_hash);
    }
}
