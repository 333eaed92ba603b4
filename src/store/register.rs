//! The register of processing: what Classo keeps about persons, why, on what basis, for how long, and how it ends.
//!
//! It is data, `privacy-register/register.toml`: embedded, and replaced by a file of the same name in the data folder. One
//! list, many readers: the vault refuses a field that is not in it, consents take their notices from it, exports and
//! erasure go through its categories. [`Register::parse`] refuses one that is not complete, so Classo does not start with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::keyring::KeyKind;
use crate::domain::consent::Purpose;
use crate::domain::language::{Bilingual, Language};
use crate::domain::permit::Basis;

/// Everything this program keeps about persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    Account,
    Credentials,
    Challenges,
    Sessions,
    Profile,
    Standing,
    Consents,
    Decisions,
    StaffReads,
    Messages,
}

impl Category {
    pub const ALL: [Category; 10] = [
        Category::Account,
        Category::Credentials,
        Category::Challenges,
        Category::Sessions,
        Category::Profile,
        Category::Standing,
        Category::Consents,
        Category::Decisions,
        Category::StaffReads,
        Category::Messages,
    ];

    /// Its id in the register, and its place in the store.
    pub fn id(self) -> &'static str {
        match self {
            Category::Account => "account",
            Category::Credentials => "credentials",
            Category::Challenges => "challenges",
            Category::Sessions => "sessions",
            Category::Profile => "profile",
            Category::Standing => "standing",
            Category::Consents => "consents",
            Category::Decisions => "decisions",
            Category::StaffReads => "staff-reads",
            Category::Messages => "messages",
        }
    }

    /// The key its records are encrypted by.
    pub fn key(self) -> KeyKind {
        match self {
            Category::Consents | Category::Decisions | Category::StaffReads => KeyKind::Proof,
            _ => KeyKind::Life,
        }
    }
}

/// The register, read and found complete.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub version: String,
    pub jurisdiction: String,
    pub controller: Controller,
    pub officer: Officer,
    pub authority: Authority,
    pub storage: Storage,
    #[serde(rename = "purpose")]
    purposes: Vec<PurposeEntry>,
    #[serde(rename = "category")]
    categories: Vec<CategoryEntry>,
    #[serde(rename = "processor")]
    pub processors: Vec<Processor>,
}

/// Who answers for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    pub name: String,
    pub address: String,
    pub email: String,
    pub url: String,
    pub policy_url: String,
}

/// Whom to write to about personal information.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    pub title: Bilingual,
    pub email: String,
}

/// Where complaints go.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    pub name: Bilingual,
    pub url: String,
}

/// Where everything is, and how it is protected.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    pub locations: Vec<String>,
    pub measures: Bilingual,
}

/// One reason to use something about a person.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeEntry {
    pub id: Purpose,
    pub basis: Basis,
    pub why: Bilingual,
    /// With consent: for how long it holds.
    pub valid_months: Option<u32>,
    /// Whether it is profiling in the sense of P-39.1, s. 8.1.
    #[serde(default)]
    pub profiling: bool,
    /// Whether visitors without an account decide about it, for their browser.
    #[serde(default)]
    pub on_device: bool,
    /// Whether Global Privacy Control refuses it.
    #[serde(default)]
    pub sold_or_shared: bool,
    /// With consent: what a withdrawal changes.
    pub withdrawal: Option<Bilingual>,
    /// With consent: what the person is asked.
    pub notice: Option<Notice>,
}

/// What a person is asked, word for word. Its version changes when what is agreed to changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    pub version: String,
    pub fr: String,
    pub en: String,
}

impl Notice {
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Fr => &self.fr,
            Language::En => &self.en,
        }
    }
}

/// One kind of record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryEntry {
    pub id: String,
    pub title: Bilingual,
    /// Whether this program keeps it at all.
    #[serde(default = "yes")]
    pub collected: bool,
    pub key: Option<RegisteredKey>,
    /// Its name in an export.
    pub export: Option<String>,
    /// What ends it.
    pub erasure: Option<ErasureRule>,
    pub retention: Retention,
    pub fields: Vec<FieldEntry>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisteredKey {
    Life,
    Proof,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureRule {
    /// With the `life` key, when the account is deleted.
    Key,
    /// With the `proof` key, at its legal date.
    ProofKey,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub fr: String,
    pub en: String,
    /// For what outlives the account, or has an age of its own.
    pub months: Option<u32>,
    /// From when they count.
    #[serde(default)]
    pub from: RetentionStart,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionStart {
    /// The records of a person go together.
    #[default]
    EndOfAccount,
    /// Each record goes at its own age, whether or not the account is still there.
    Record,
}

/// One field of a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldEntry {
    pub name: String,
    pub what: Bilingual,
    pub purposes: Vec<Purpose>,
    /// Whether an export says that it is kept, and not what it is: whoever has it could sign in.
    #[serde(default)]
    pub secret: bool,
}

/// Who else receives something, and under what contract (P-39.1, s. 18.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processor {
    pub id: String,
    pub name: String,
    pub role: Bilingual,
    /// ISO 3166.
    pub country: String,
    pub contract_date: Date,
    pub instructions: Bilingual,
    /// What becomes of what it holds when the contract ends.
    pub destruction: Bilingual,
    pub purposes: Vec<Purpose>,
    pub policy_url: String,
    /// Whether Classo sends it anything.
    pub in_use: bool,
}

/// Why a register cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("{}: {error}", path.display())]
    Read {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("privacy-register/register.toml: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    #[error("privacy-register/register.toml is not complete: {}", .0.join("; "))]
    Incomplete(Vec<String>),
}

/// As embedded.
const EMBEDDED: &str = include_str!("../../privacy-register/register.toml");

impl Register {
    /// The embedded register, or the one of a data folder in its place.
    pub fn load(data: &Path) -> Result<Register, RegisterError> {
        let path = data.join("privacy-register").join("register.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Register::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Register::parse(EMBEDDED),
            Err(error) => Err(RegisterError::Read { path, error }),
        }
    }

    pub fn embedded() -> Register {
        Register::parse(EMBEDDED).expect("the embedded register is tested")
    }

    /// Reads a register and finds out whether anything is missing.
    pub fn parse(text: &str) -> Result<Register, RegisterError> {
        let register: Register = toml::from_str(text).map_err(Box::new)?;
        let gaps = register.gaps();
        if gaps.is_empty() {
            Ok(register)
        } else {
            Err(RegisterError::Incomplete(gaps))
        }
    }

    pub fn purpose(&self, purpose: Purpose) -> &PurposeEntry {
        let found = self.purposes.iter().find(|entry| entry.id == purpose);
        found.expect("a register without a purpose is refused")
    }

    pub fn purposes(&self) -> &[PurposeEntry] {
        &self.purposes
    }

    pub fn category(&self, category: Category) -> &CategoryEntry {
        let found = self
            .categories
            .iter()
            .find(|entry| entry.id == category.id());
        found.expect("a register without a category is refused")
    }

    pub fn categories(&self) -> &[CategoryEntry] {
        &self.categories
    }

    /// Whether a field may be stored: it is known, and there is a reason for it.
    pub fn knows(&self, category: Category, field: &str) -> bool {
        self.field(category, field)
            .is_some_and(|entry| !entry.purposes.is_empty())
    }

    pub fn field(&self, category: Category, field: &str) -> Option<&FieldEntry> {
        let fields = &self.category(category).fields;
        fields.iter().find(|entry| entry.name == field)
    }

    /// The months after which each record of a category goes, when they go one by one.
    pub fn record_months(&self, category: Category) -> Option<u32> {
        let retention = &self.category(category).retention;
        retention
            .months
            .filter(|_| retention.from == RetentionStart::Record)
    }

    /// How long the longest proof outlives an account.
    pub fn proof_months(&self) -> u32 {
        let proofs = Category::ALL
            .into_iter()
            .filter(|category| category.key() == KeyKind::Proof);
        let months = proofs.filter_map(|category| self.category(category).retention.months);
        months.max().unwrap_or(0)
    }

    /// Everything that is missing, a sentence each.
    fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        for purpose in Purpose::ALL {
            let entries: Vec<_> = self
                .purposes
                .iter()
                .filter(|entry| entry.id == purpose)
                .collect();
            match entries.as_slice() {
                [entry] => gaps.extend(entry.gaps()),
                [] => gaps.push(format!("the purpose {} has no entry", purpose.id())),
                _ => gaps.push(format!("the purpose {} has several entries", purpose.id())),
            }
        }
        let mut names = BTreeMap::new();
        for entry in &self.categories {
            *names.entry(entry.id.as_str()).or_insert(0) += 1;
            gaps.extend(entry.gaps());
        }
        for category in Category::ALL {
            if names.get(category.id()) != Some(&1) {
                gaps.push(format!("the category {} needs one entry", category.id()));
            }
        }
        for processor in &self.processors {
            let texts = [&processor.name, &processor.country, &processor.policy_url];
            let told = [
                &processor.role,
                &processor.instructions,
                &processor.destruction,
            ];
            if texts.iter().any(|text| is_blank(text))
                || told.iter().any(|text| lacks_a_language(text))
                || processor.purposes.is_empty()
            {
                gaps.push(format!(
                    "the processor {} lacks a text or its purposes",
                    processor.id
                ));
            }
        }
        let Controller {
            name,
            address,
            email,
            url,
            policy_url,
        } = &self.controller;
        if [
            name,
            address,
            email,
            url,
            policy_url,
            &self.officer.email,
            &self.authority.url,
        ]
        .iter()
        .any(|text| is_blank(text))
        {
            gaps.push("the controller, the officer or the authority lacks a text".into());
        }
        gaps
    }
}

impl PurposeEntry {
    fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let id = self.id.id();
        if lacks_a_language(&self.why) {
            gaps.push(format!("the purpose {id} lacks its why in a language"));
        }
        if self.basis == Basis::Consent {
            let notice = self.notice.as_ref();
            let is_told = notice.is_some_and(|notice| {
                ![&notice.version, &notice.fr, &notice.en]
                    .iter()
                    .any(|text| is_blank(text))
            });
            let ends = self.valid_months.is_some_and(|months| months > 0);
            if !is_told || !ends || self.withdrawal.as_ref().is_none_or(lacks_a_language) {
                gaps.push(format!("the purpose {id} rests on consent: it needs a notice, valid_months and withdrawal"));
            }
        }
        gaps
    }
}

impl CategoryEntry {
    fn gaps(&self) -> Vec<String> {
        let mut gaps = Vec::new();
        let id = &self.id;
        let known = Category::ALL
            .into_iter()
            .find(|category| category.id() == id);
        if lacks_a_language(&self.title)
            || is_blank(&self.retention.fr)
            || is_blank(&self.retention.en)
        {
            gaps.push(format!(
                "the category {id} lacks its title or retention in a language"
            ));
        }
        if self.fields.is_empty() {
            gaps.push(format!("the category {id} has no fields"));
        }
        for field in &self.fields {
            if field.purposes.is_empty() || lacks_a_language(&field.what) {
                gaps.push(format!(
                    "the field {id}.{} lacks a purpose or its description in a language",
                    field.name
                ));
            }
        }
        match (known, self.collected) {
            (Some(category), true) => {
                let (key, rule) = match category.key() {
                    KeyKind::Life => (RegisteredKey::Life, ErasureRule::Key),
                    KeyKind::Proof => (RegisteredKey::Proof, ErasureRule::ProofKey),
                };
                let is_ended = key == RegisteredKey::Life || self.retention.months.is_some();
                if self.key != Some(key)
                    || self.erasure != Some(rule)
                    || !is_ended
                    || self.export.as_deref().is_none_or(is_blank)
                {
                    gaps.push(format!("the category {id} needs an export name, its key and erasure as the program has them, and months when it is proof"));
                }
            }
            (Some(_), false) => {
                gaps.push(format!("the category {id} is collected by this program"))
            }
            (None, true) => gaps.push(format!(
                "the category {id} is not one this program collects: say collected = false"
            )),
            (None, false) => {}
        }
        gaps
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn lacks_a_language(text: &Bilingual) -> bool {
    is_blank(&text.fr) || is_blank(&text.en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_register_is_complete_and_names_everything_of_the_founding_policy() {
        let register = Register::embedded();
        let processors: Vec<&str> = register
            .processors
            .iter()
            .map(|processor| processor.name.as_str())
            .collect();
        for name in ["OVH", "MongoDB", "HubSpot", "Mailchimp", "Google Ads"] {
            assert!(processors.contains(&name), "{name}");
        }
        for entry in register.purposes() {
            let used = register
                .categories()
                .iter()
                .flat_map(|category| &category.fields);
            let is_used = used
                .into_iter()
                .any(|field| field.purposes.contains(&entry.id));
            assert_eq!(is_used, entry.basis != Basis::NotPersonal, "{:?}", entry.id);
        }
        assert_eq!(register.proof_months(), 36);
        assert_eq!(register.record_months(Category::Decisions), Some(13));
        assert_eq!(register.record_months(Category::Consents), None);
    }

    #[test]
    fn an_incomplete_register_is_refused_with_what_is_missing() {
        let refused = |from: &str, to: &str| {
            assert!(EMBEDDED.contains(from), "{from}");
            match Register::parse(&EMBEDDED.replacen(from, to, 1)) {
                Err(RegisterError::Incomplete(gaps)) => gaps.join("; "),
                other => panic!("{from}: {other:?}"),
            }
        };
        assert!(
            refused("id = \"newsletter\"\nbasis", "id = \"opinion\"\nbasis")
                .contains("newsletter has no entry")
        );
        assert!(refused("valid_months = 24", "").contains("ranking-profile rests on consent"));
        assert!(refused("key = \"life\"", "key = \"proof\"").contains("the category account"));
        assert!(
            refused(
                "purposes = [\"account\", \"newsletter\", \"legal-obligation\"]",
                "purposes = []"
            )
            .contains("account.email")
        );
        let collected = refused("collected = false\n", "collected = true\n");
        assert!(collected.contains("contact-messages is not one this program collects"));
        assert!(
            Register::parse(&EMBEDDED.replace("in_use = true", "in_use = true\nbogus = 1"))
                .is_err()
        );
    }
}
