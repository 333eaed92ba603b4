//! From an address to a person, by a keyed hash: without the key, the store does not tell which addresses it knows.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Vault, VaultError};
use crate::domain::account::{Account, EmailAddress, PersonId};
use crate::domain::actor::Actor;
use crate::domain::consent::Purpose;
use crate::store::read_error;

impl Vault {
    /// The person an address belongs to.
    pub fn find(&self, email: &EmailAddress) -> Result<Option<PersonId>, VaultError> {
        let name = self.lookup_name(email)?;
        let found = self.store.addresses.get(name).map_err(read_error)?;
        let person =
            found.and_then(|bytes| Some(PersonId::from_bytes(bytes.as_ref().try_into().ok()?)));
        Ok(person.filter(|person| self.keyring.is_alive(*person)))
    }

    /// What an address is looked up by.
    pub(super) fn lookup_name(&self, email: &EmailAddress) -> Result<[u8; 32], VaultError> {
        let key = self.keyring.lookup_key()?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("any length of key will do");
        mac.update(email.folded().as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    /// Makes the look-up anew from the accounts: a backup does not hold it. An address that two have, since one left it while
    /// the backup was taken, is whose it was last.
    pub(super) fn rebuild_lookup(&self) -> Result<(), VaultError> {
        let mut confirmed = Vec::new();
        for person in self.keyring.living() {
            let account = self.read_one::<Account>(&Actor::Service, person, Purpose::Account)?;
            if let Some(account) = account.get()
                && let Some(at) = account.confirmed_at
            {
                confirmed.push((at, self.lookup_name(&account.email)?, person));
            }
        }
        confirmed.sort();
        for (_, name, person) in confirmed {
            let inserted = self.store.addresses.insert(name, person.as_bytes());
            inserted.map_err(|error| self.store.unwritten(error))?;
        }
        Ok(self.store.committer.wait()?)
    }
}
