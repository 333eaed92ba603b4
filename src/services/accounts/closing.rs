//! Closing an account, and the copy of everything that a person can take along.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Accounts, signed_in};
use crate::domain::account::{Account, PersonId};
use crate::domain::actor::Actor;
use crate::domain::letter::{Letter, LetterId, OutgoingLetter};
use crate::services::ServiceError;
use crate::store::keyring::KeyKind;
use crate::store::register::Category;
use crate::store::vault::erasure::months_after;

/// What was erased and what is kept: the person's to keep, for Classo keeps nothing that names them.
#[derive(Debug, Serialize)]
pub struct Receipt {
    /// By this number, what is still kept as proof can be found.
    pub person: PersonId,
    pub erased_at: Timestamp,
    pub erased: Vec<Told>,
    pub kept: Vec<Told>,
    /// When the last of what is kept is destroyed too.
    pub kept_until: Timestamp,
}

/// A category of the register.
#[derive(Debug, Serialize)]
pub struct Told {
    pub category: &'static str,
    pub fr: String,
    pub en: String,
    /// When the last record of what is kept goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Everything that is kept about a person, by the categories of the register.
#[derive(Debug, Serialize)]
pub struct Export {
    pub classo_export: u32,
    pub person: PersonId,
    pub made_at: Timestamp,
    /// The version of the register that says what each field is.
    pub register: String,
    pub records: Map<String, Value>,
}

impl Accounts {
    /// Deletes the account of the person who asks, at once and for good. The last letter goes with the answer: its address
    /// is written nowhere any more.
    pub fn close(&self, actor: &Actor) -> Result<(Receipt, OutgoingLetter), ServiceError> {
        let person = signed_in(actor)?.id;
        let held = self.vault.hold(person);
        let account: Account = self.own(actor, person)?;
        let id = LetterId::from_random(self.vault.random()?);
        let erasure = held.erase()?;
        self.remove_operator_tokens(person);
        let farewell = OutgoingLetter {
            id,
            to: account.email.as_str().to_owned(),
            language: account.language,
            written_at: erasure.at,
            letter: Letter::AccountDeleted {
                at: erasure.at,
                receipt: person.to_string(),
                kept_until: erasure.proof_until,
            },
            unsubscribe: None,
        };
        let register = self.vault.register();
        let told = |category: Category| {
            let entry = register.category(category);
            let months = entry.retention.months;
            Told {
                category: category.id(),
                fr: entry.title.fr.clone(),
                en: entry.title.en.clone(),
                until: months.map(|months| months_after(erasure.at, months)),
            }
        };
        let (kept, erased): (Vec<Category>, Vec<Category>) = Category::ALL
            .into_iter()
            .partition(|category| category.key() == KeyKind::Proof);
        let receipt = Receipt {
            person,
            erased_at: erasure.at,
            erased: erased.into_iter().map(told).collect(),
            kept: kept.into_iter().map(told).collect(),
            kept_until: erasure.proof_until,
        };
        Ok((receipt, farewell))
    }

    /// Every record of the person who asks, in every category of the register.
    pub fn export(&self, actor: &Actor) -> Result<Export, ServiceError> {
        let person = signed_in(actor)?.id;
        let register = self.vault.register();
        let mut records = Map::new();
        for category in Category::ALL {
            let name = register.category(category).export.clone();
            let kept = self.vault.export(actor, person, category)?;
            records.insert(
                name.unwrap_or_else(|| category.id().to_owned()),
                Value::Array(kept.into_iter().map(Value::Object).collect()),
            );
        }
        Ok(Export {
            classo_export: 1,
            person,
            made_at: self.now(),
            register: register.version.clone(),
            records,
        })
    }
}
