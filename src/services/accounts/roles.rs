//! What persons may do for the service: given and taken at the console, or by an operator.

use super::{Accounts, is_confirmed};
use crate::domain::account::{Account, EmailAddress, ServiceRole};
use crate::domain::actor::Actor;
use crate::services::{ServiceError, must_operate};
use crate::store::vault::changes::Changes;

impl Accounts {
    /// Gives a role to the holder of an address, or takes it. Operators and the privacy officer act in theirs once they have
    /// signed in with a second factor.
    pub fn set_role(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: ServiceRole,
        has_it: bool,
    ) -> Result<(), ServiceError> {
        must_operate(actor)?;
        let nobody = || ServiceError::NotFound("confirmed account with this address".into());
        let person = self.vault.find(email)?.ok_or_else(nobody)?;
        let held = self.vault.hold(person);
        let account: Option<Account> = self.record(actor, person)?;
        let mut account = account.filter(is_confirmed).ok_or_else(nobody)?;
        account.service_roles.retain(|other| *other != role);
        if has_it {
            account.service_roles.push(role);
        }
        Ok(held.apply(Changes::default().put(&account))?)
    }
}
