//! Everything about persons, encrypted; and the only way to it.
//!
//! A record lies under its person, category and name; it is sealed by the person's own key, with that place as associated
//! data. Keys of the store, names of trees and what is looked up by show nothing personal: persons are random numbers,
//! addresses a keyed hash. Who wants to read says who asks, about whom, and for which purpose ([`Vault::read`]): the register
//! tells what the purpose rests on, and the answer is a [`Permitted`] value or a refusal. Fields that the purpose does not
//! need are left out; reads by staff are on record before they are answered.
//!
//! Writers hold the person ([`Vault::hold`]), so that what they have read is still so when they write. Start with
//! [`changes`] for writing, [`erasure`] for the end of an account and what a crash leaves.

pub mod changes;
pub mod erasure;
mod lookup;
pub mod post;
mod records;
pub mod sealed;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::keyring::{KeyError, KeySettings, Keyring};
use super::register::{Category, Register};
use super::{Store, StoreError, random, read_error, seal};
use crate::domain::account::{PersonId, ServiceRole};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::consent::{ConsentEvent, ConsentHistory, Purpose};
use crate::domain::permit::{Basis, Grounds, Permit, Permitted, Refusal, Standing};
pub use records::{StaffRead, WaitingLetter};

/// The version this program writes: a byte in front of what is sealed.
const VERSION: u8 = 1;

/// One kind of record, which belongs to one category of the register.
pub trait Record: Serialize + DeserializeOwned {
    const CATEGORY: Category;
}

/// Records of a category with the names they are kept under.
pub type Named<R> = Vec<(Vec<u8>, R)>;

/// Why the vault does not do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("this is about somebody else")]
    NotTheirs,
    #[error("there is no such person")]
    NoSuchPerson,
    #[error("it is not as it was any more")]
    Changed,
    #[error("the address belongs to another account")]
    AddressTaken,
    #[error("the register of processing has no field {field} in {}", category.id())]
    Unregistered { category: Category, field: String },
    #[error("a record of {} is larger than one can be", .0.id())]
    TooLarge(Category),
    #[error(transparent)]
    Key(KeyError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<KeyError> for VaultError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Destroyed => VaultError::NoSuchPerson,
            error => VaultError::Key(error),
        }
    }
}

/// The open vault.
pub struct Vault {
    store: Arc<Store>,
    keyring: Keyring,
    register: Arc<Register>,
    clock: Arc<dyn Clock>,
    /// Where mail waits as files, each named after its person: erasure goes there too.
    outbox: PathBuf,
    /// A person is held by the first byte of its id.
    holds: Vec<Mutex<()>>,
    post: post::Post,
}

/// A person whom nobody else writes to.
pub struct Held<'a> {
    vault: &'a Vault,
    person: PersonId,
    _guard: MutexGuard<'a, ()>,
}

impl Vault {
    /// Opens the vault of a data folder, and finishes what a crash interrupted.
    pub fn open(
        data: &Path,
        store: Arc<Store>,
        register: Arc<Register>,
        settings: &KeySettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Vault, VaultError> {
        let vault = Vault {
            store,
            keyring: Keyring::open(&data.join("keys"), settings)?,
            register,
            clock,
            outbox: data.join("outbox"),
            holds: (0..=u8::MAX).map(|_| Mutex::new(())).collect(),
            post: post::Post::default(),
        };
        vault.resume()?;
        Ok(vault)
    }

    pub fn register(&self) -> &Register {
        &self.register
    }

    /// Makes a new person: keys on disk, no records yet.
    pub fn create(&self) -> Result<Held<'_>, VaultError> {
        let person = PersonId::from_random(random::bytes()?);
        self.keyring.create(person)?;
        Ok(self.hold(person))
    }

    /// Keeps other writers from a person until the hold is dropped.
    pub fn hold(&self, person: PersonId) -> Held<'_> {
        let place = &self.holds[usize::from(person.as_bytes()[0])];
        Held {
            vault: self,
            person,
            _guard: place.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Random bytes for tokens and codes.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], VaultError> {
        Ok(random::bytes()?)
    }

    /// Everything of one category about a person, for one purpose.
    ///
    /// # Errors
    /// [`VaultError::Refused`] without a basis for the purpose, [`VaultError::NotTheirs`] when it is not the actor's to ask.
    pub fn read<R: Record>(
        &self,
        actor: &Actor,
        person: PersonId,
        purpose: Purpose,
    ) -> Result<Permitted<Named<R>>, VaultError> {
        let permit = self.permit(actor, person, R::CATEGORY, purpose)?;
        let records = self.unsealed(person, R::CATEGORY)?.into_iter();
        let records: Result<Named<R>, VaultError> = records
            .map(|(name, fields)| Ok((name, self.seen(fields, R::CATEGORY, purpose)?)))
            .collect();
        Ok(permit.over(records?))
    }

    /// The record of a category that has one for each person.
    pub fn read_one<R: Record>(
        &self,
        actor: &Actor,
        person: PersonId,
        purpose: Purpose,
    ) -> Result<Permitted<Option<R>>, VaultError> {
        self.read_named(actor, person, purpose, &[])
    }

    /// The record of one name.
    pub fn read_named<R: Record>(
        &self,
        actor: &Actor,
        person: PersonId,
        purpose: Purpose,
        name: &[u8],
    ) -> Result<Permitted<Option<R>>, VaultError> {
        let permit = self.permit(actor, person, R::CATEGORY, purpose)?;
        let fields = self.unsealed_one(person, R::CATEGORY, name)?;
        let record = fields.map(|fields| self.seen(fields, R::CATEGORY, purpose));
        Ok(permit.over(record.transpose()?))
    }

    /// Every record of one category as it lies in the register's terms, for an export: fields that would let somebody sign
    /// in are named and not told.
    pub fn export(
        &self,
        actor: &Actor,
        person: PersonId,
        category: Category,
    ) -> Result<Vec<Map<String, Value>>, VaultError> {
        self.permit(actor, person, category, Purpose::LegalObligation)?;
        let records = self.unsealed(person, category)?.into_iter();
        let told = |mut fields: Map<String, Value>| {
            for (name, value) in &mut fields {
                let entry = self.register.field(category, name);
                if entry.is_none_or(|entry| entry.secret) && !value.is_null() {
                    *value = "(kept, and not shown)".into();
                }
            }
            fields
        };
        Ok(records.map(|(_, fields)| told(fields)).collect())
    }

    /// Every decision of a person about consents, for showing it to that person.
    pub fn consents(&self, actor: &Actor, person: PersonId) -> Result<ConsentHistory, VaultError> {
        self.permit(actor, person, Category::Consents, Purpose::LegalObligation)?;
        self.history(person)
    }

    fn history(&self, person: PersonId) -> Result<ConsentHistory, VaultError> {
        let records = self.unsealed(person, ConsentEvent::CATEGORY)?.into_iter();
        let events = records.map(|(name, fields)| {
            let name = String::from_utf8_lossy(&name).into_owned();
            Ok((name, typed(ConsentEvent::CATEGORY, fields)?))
        });
        Ok(ConsentHistory::new(
            events.collect::<Result<_, VaultError>>()?,
        ))
    }

    /// The leave for one purpose, or what stands in the way.
    fn permit(
        &self,
        actor: &Actor,
        person: PersonId,
        category: Category,
        purpose: Purpose,
    ) -> Result<Permit, VaultError> {
        let is_staff = match actor {
            Actor::Person(asking) if asking.id == person => false,
            Actor::Person(asking) if asking.acts_as(ServiceRole::PrivacyOfficer) => true,
            Actor::Operator { .. } | Actor::Console => true,
            // Who signs in, confirms or resets is nobody yet; Classo itself delivers and sweeps.
            Actor::Visitor if purpose == Purpose::Account => false,
            Actor::Service => false,
            Actor::Person(_) | Actor::Visitor => return Err(VaultError::NotTheirs),
        };
        let permit = self.grounds(person, purpose)?;
        if is_staff {
            self.trace(actor, person, category, purpose)?;
        }
        Ok(permit)
    }

    fn grounds(&self, person: PersonId, purpose: Purpose) -> Result<Permit, VaultError> {
        let entry = self.register.purpose(purpose);
        let needs_consent = entry.basis == Basis::Consent;
        let (history, standing) = match purpose {
            // What these two rest on, a person can neither give nor take back.
            Purpose::Account | Purpose::LegalObligation => Default::default(),
            _ if needs_consent => (self.history(person)?, self.standing(person)?),
            _ => (ConsentHistory::default(), self.standing(person)?),
        };
        let grounds = Grounds {
            purpose,
            basis: entry.basis,
            notice_version: entry.notice.as_ref().map_or("", |notice| &notice.version),
            history: &history,
            standing: &standing,
        };
        Ok(grounds.permit(person, self.clock.now())?)
    }

    fn standing(&self, person: PersonId) -> Result<Standing, VaultError> {
        let fields = self.unsealed_one(person, Standing::CATEGORY, &[])?;
        let standing = fields.map(|fields| typed(Standing::CATEGORY, fields));
        Ok(standing.transpose()?.unwrap_or_default())
    }

    /// Puts a read by staff on record, on disk before it is answered.
    fn trace(
        &self,
        actor: &Actor,
        person: PersonId,
        category: Category,
        purpose: Purpose,
    ) -> Result<(), VaultError> {
        let by = match actor {
            Actor::Operator { label, .. } => format!("operator {label}"),
            Actor::Person(officer) => format!("officer {}", officer.id),
            _ => "console".to_owned(),
        };
        let at = self.clock.now();
        let read = StaffRead {
            at,
            by,
            category,
            purpose,
        };
        self.append(vec![(person, record_name(), read)])
    }

    /// The part of a record that a purpose may see.
    fn seen<R: Record>(
        &self,
        mut fields: Map<String, Value>,
        category: Category,
        purpose: Purpose,
    ) -> Result<R, VaultError> {
        if purpose != Purpose::LegalObligation {
            fields.retain(|name, _| {
                let entry = self.register.field(category, name);
                entry.is_some_and(|entry| entry.purposes.contains(&purpose))
            });
        }
        typed(category, fields)
    }

    fn unsealed(
        &self,
        person: PersonId,
        category: Category,
    ) -> Result<Named<Map<String, Value>>, VaultError> {
        let prefix = place(person, category, &[]);
        let entries = self.store.people.scan_prefix(&prefix);
        let records = entries.map(|entry| {
            let (place, sealed) = entry.map_err(read_error)?;
            let fields = self.open_record(person, category, &place, &sealed)?;
            Ok((place[prefix.len()..].to_vec(), fields))
        });
        records.collect()
    }

    fn unsealed_one(
        &self,
        person: PersonId,
        category: Category,
        name: &[u8],
    ) -> Result<Option<Map<String, Value>>, VaultError> {
        let place = place(person, category, name);
        let sealed = self.store.people.get(&place).map_err(read_error)?;
        let fields = sealed.map(|sealed| self.open_record(person, category, &place, &sealed));
        fields.transpose()
    }

    fn open_record(
        &self,
        person: PersonId,
        category: Category,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Map<String, Value>, VaultError> {
        let damaged = |reason: &str| damaged(category, reason);
        let [VERSION, sealed @ ..] = sealed else {
            return Err(damaged("unknown version"));
        };
        let key = self.keyring.key(person, category.key())?;
        let plain =
            seal::open(&key, place, sealed).ok_or_else(|| damaged("its key does not open it"))?;
        serde_json::from_slice(&plain).map_err(|error| damaged(&error.to_string()))
    }
}

/// Where a record lies: what is sealed there opens nowhere else.
fn place(person: PersonId, category: Category, name: &[u8]) -> Vec<u8> {
    [
        person.as_bytes().as_slice(),
        category.id().as_bytes(),
        &[0],
        name,
    ]
    .concat()
}

/// A name for a record that is one of many: it sorts by time.
pub fn record_name() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// When a record of that name was written, to the second; nothing for another name.
fn named_at(name: &[u8]) -> Option<Timestamp> {
    let id = uuid::Uuid::try_parse_ascii(name).ok()?;
    let (seconds, _) = id.get_timestamp()?.to_unix();
    Timestamp::from_second(seconds.try_into().ok()?).ok()
}

fn typed<R: DeserializeOwned>(
    category: Category,
    fields: Map<String, Value>,
) -> Result<R, VaultError> {
    R::deserialize(Value::Object(fields)).map_err(|error| damaged(category, &error.to_string()))
}

/// The place is not told: it is about a person.
fn damaged(category: Category, reason: &str) -> VaultError {
    VaultError::Store(StoreError::Damaged {
        key: format!("a record of {}", category.id()),
        reason: reason.to_owned(),
    })
}
