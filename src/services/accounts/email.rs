//! Changing the address: the new one is used once a letter to it was answered.

use super::{Accounts, CONFIRM_HOURS, signed_in};
use crate::domain::account::{Account, ChallengeAim, EmailAddress};
use crate::domain::actor::Actor;
use crate::domain::letter::Letter;
use crate::domain::password::Password;
use crate::services::ServiceError;
use crate::store::vault::changes::Changes;

impl Accounts {
    /// Sends a link to a new address. One that has an account gets a letter that says so, and the answer is the same.
    pub fn change_email(
        &self,
        actor: &Actor,
        password: &Password,
        new: EmailAddress,
    ) -> Result<(), ServiceError> {
        let person = signed_in(actor)?.id;
        let known = self.must_know(actor, person, password)?;
        match self.vault.find(&new)? {
            Some(holder) if holder != person => return self.tell_holder(holder),
            _ => {}
        }
        let held = self.vault.hold(person);
        self.still(actor, person, &known)?;
        let account: Account = self.own(actor, person)?;
        let (token, changes) = self.new_challenge(
            person,
            ChallengeAim::ChangeEmail,
            CONFIRM_HOURS,
            Some(new.clone()),
            Changes::default(),
        )?;
        let letter = Letter::ConfirmNewAddress {
            link: self.link(account.language, "confirm-address", &token),
            hours: CONFIRM_HOURS,
        };
        let changes = self.letter(changes, &new, account.language, letter)?;
        Ok(held.apply(changes)?)
    }
}
