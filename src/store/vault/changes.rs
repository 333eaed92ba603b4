//! Writing to the vault: several changes to one person, all or none, on disk when the call returns.

use serde_json::{Map, Value};
use sled::Transactional;
use sled::transaction::{ConflictableTransactionError, TransactionError, TransactionalTree};

use super::{Held, Record, VERSION, Vault, VaultError, place};
use crate::domain::account::{EmailAddress, PersonId};
use crate::store::codec::CHUNK_BYTES;
use crate::store::register::Category;
use crate::store::{read_error, seal, write_error};

/// Changes to one person that belong together.
#[derive(Default)]
pub struct Changes {
    steps: Vec<Step>,
}

enum Step {
    Put {
        category: Category,
        name: Vec<u8>,
        fields: Value,
        must_be_new: bool,
    },
    Remove {
        category: Category,
        name: Vec<u8>,
        must_be_there: bool,
    },
    RemoveAll(Category),
    Claim(EmailAddress),
    Release(EmailAddress),
}

impl Changes {
    /// Puts the record of a category that has one for each person.
    pub fn put<R: Record>(self, record: &R) -> Self {
        self.put_named(&[], record)
    }

    pub fn put_named<R: Record>(self, name: &[u8], record: &R) -> Self {
        self.with(step(name, record, false))
    }

    /// Adds a record that must not be there yet.
    pub fn append<R: Record>(self, name: &[u8], record: &R) -> Self {
        self.with(step(name, record, true))
    }

    pub fn remove<R: Record>(self, name: &[u8]) -> Self {
        self.with(Step::Remove {
            category: R::CATEGORY,
            name: name.to_vec(),
            must_be_there: false,
        })
    }

    /// Removes a record that must still be there: of two who use it up, one does.
    pub fn take<R: Record>(self, name: &[u8]) -> Self {
        self.with(Step::Remove {
            category: R::CATEGORY,
            name: name.to_vec(),
            must_be_there: true,
        })
    }

    /// Removes every record of a category.
    pub fn remove_all<R: Record>(self) -> Self {
        self.with(Step::RemoveAll(R::CATEGORY))
    }

    /// From now on the address leads to this person, and to nobody else.
    pub fn claim(self, email: &EmailAddress) -> Self {
        self.with(Step::Claim(email.clone()))
    }

    pub fn release(self, email: &EmailAddress) -> Self {
        self.with(Step::Release(email.clone()))
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn with(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

fn step<R: Record>(name: &[u8], record: &R, must_be_new: bool) -> Step {
    Step::Put {
        category: R::CATEGORY,
        name: name.to_vec(),
        fields: serde_json::to_value(record).expect("a record has text keys and finite numbers"),
        must_be_new,
    }
}

/// A step made ready: what the transaction does, without a key or a clock.
enum Prepared {
    Put(Vec<u8>, Vec<u8>, bool),
    Remove(Vec<u8>, bool),
    Claim([u8; 32]),
    Release([u8; 32]),
}

type Conflict = ConflictableTransactionError<VaultError>;

impl Held<'_> {
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Makes all changes, or none, and returns when they are on disk.
    ///
    /// # Errors
    /// [`VaultError::Changed`] or [`VaultError::AddressTaken`] when a condition does not hold;
    /// [`VaultError::Unregistered`] for a field that the register does not know.
    pub fn apply(&self, changes: Changes) -> Result<(), VaultError> {
        let mut prepared = Vec::new();
        for step in changes.steps {
            self.vault.prepare(self.person, step, &mut prepared)?;
        }
        self.vault.write(self.person, &prepared)
    }
}

impl Vault {
    /// Adds records to several persons, all or none. Whose account is gone meanwhile is passed over.
    pub fn append<R: Record>(&self, records: Vec<(PersonId, String, R)>) -> Result<(), VaultError> {
        let mut prepared = Vec::new();
        for (person, name, record) in records {
            if self.keyring.is_alive(person) {
                self.prepare(person, step(name.as_bytes(), &record, true), &mut prepared)?;
            }
        }
        self.write(PersonId::NOBODY, &prepared)
    }

    /// Takes as long as a small change, and changes nothing: who is told the same about everybody waits the same, too.
    pub fn feign(&self) -> Result<(), VaultError> {
        let place = place(PersonId::NOBODY, Category::Challenges, &[]);
        let sealed = seal::seal(&crate::store::random::bytes()?, &place, &[0; 1_000])?;
        let steps = [
            Prepared::Put(place.clone(), sealed, false),
            Prepared::Remove(place, false),
        ];
        self.write(PersonId::NOBODY, &steps)
    }

    fn prepare(
        &self,
        person: PersonId,
        step: Step,
        into: &mut Vec<Prepared>,
    ) -> Result<(), VaultError> {
        match step {
            Step::Put {
                category,
                name,
                fields,
                must_be_new,
            } => {
                let place = place(person, category, &name);
                let sealed = self.sealed(person, category, &place, &fields)?;
                into.push(Prepared::Put(place, sealed, must_be_new));
            }
            Step::Remove {
                category,
                name,
                must_be_there,
            } => {
                into.push(Prepared::Remove(
                    place(person, category, &name),
                    must_be_there,
                ));
            }
            Step::RemoveAll(category) => {
                for key in self
                    .store
                    .people
                    .scan_prefix(place(person, category, &[]))
                    .keys()
                {
                    into.push(Prepared::Remove(key.map_err(read_error)?.to_vec(), false));
                }
            }
            Step::Claim(email) => into.push(Prepared::Claim(self.lookup_name(&email)?)),
            Step::Release(email) => into.push(Prepared::Release(self.lookup_name(&email)?)),
        }
        Ok(())
    }

    fn sealed(
        &self,
        person: PersonId,
        category: Category,
        place: &[u8],
        fields: &Value,
    ) -> Result<Vec<u8>, VaultError> {
        let unknown = |field: &String| !self.register.knows(category, field);
        if let Some(field) = fields
            .as_object()
            .map(Map::keys)
            .into_iter()
            .flatten()
            .find(|field| unknown(field))
        {
            return Err(VaultError::Unregistered {
                category,
                field: field.clone(),
            });
        }
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(fields).map_err(write_error)?);
        let key = self.keyring.key(person, category.key())?;
        let sealed = [&[VERSION], seal::seal(&key, place, &plain)?.as_slice()].concat();
        if sealed.len() > CHUNK_BYTES {
            return Err(VaultError::TooLarge(category));
        }
        Ok(sealed)
    }

    fn write(&self, person: PersonId, prepared: &[Prepared]) -> Result<(), VaultError> {
        self.store.must_have_room()?;
        let (people, addresses) = (&self.store.people, &self.store.addresses);
        let done = (people, addresses).transaction(|(people, addresses)| {
            for step in prepared {
                self.write_one(person, step, people, addresses)?;
            }
            Ok(())
        });
        done.map_err(|error| match error {
            TransactionError::Abort(error) => error,
            TransactionError::Storage(error) => self.store.unwritten(error).into(),
        })?;
        self.store.committer.wait()?;
        self.posted(prepared.iter().filter_map(|step| match step {
            Prepared::Put(place, ..) => Some(place.as_slice()),
            _ => None,
        }));
        Ok(())
    }

    fn write_one(
        &self,
        person: PersonId,
        step: &Prepared,
        people: &TransactionalTree,
        addresses: &TransactionalTree,
    ) -> Result<(), Conflict> {
        let changed = || Err(Conflict::Abort(VaultError::Changed));
        match step {
            Prepared::Put(place, sealed, must_be_new) => {
                let old = people.insert(place.as_slice(), sealed.as_slice())?;
                if *must_be_new && old.is_some() {
                    return changed();
                }
            }
            Prepared::Remove(place, must_be_there) => {
                let old = people.remove(place.as_slice())?;
                if *must_be_there && old.is_none() {
                    return changed();
                }
            }
            Prepared::Claim(name) => {
                let old = addresses.insert(name.as_slice(), person.as_bytes().as_slice())?;
                let holder = old
                    .and_then(|bytes| Some(PersonId::from_bytes(bytes.as_ref().try_into().ok()?)));
                if holder.is_some_and(|holder| holder != person && self.keyring.is_alive(holder)) {
                    return Err(Conflict::Abort(VaultError::AddressTaken));
                }
            }
            Prepared::Release(name) => {
                if addresses
                    .get(name)?
                    .is_some_and(|holder| holder == person.as_bytes())
                {
                    addresses.remove(name.as_slice())?;
                }
            }
        }
        Ok(())
    }
}
