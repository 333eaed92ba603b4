//! Changing a password, and getting a new one by mail.

use super::{Accounts, RESET_HOURS, is_confirmed, signed_in, spent};
use crate::domain::account::{Account, Challenge, ChallengeAim, Credentials, EmailAddress};
use crate::domain::actor::Actor;
use crate::domain::letter::Letter;
use crate::domain::password::Password;
use crate::domain::session::Session;
use crate::services::ServiceError;
use crate::store::vault::VaultError;
use crate::store::vault::changes::Changes;

impl Accounts {
    /// Changes the password of the person who asks, and ends every session: who was signed in with the old one is out.
    pub fn change_password(
        &self,
        actor: &Actor,
        current: &Password,
        new: String,
    ) -> Result<(), ServiceError> {
        let person = signed_in(actor)?.id;
        let account: Account = self.own(actor, person)?;
        let new = Password::chosen(new, account.email.as_str())
            .map_err(|problem| ServiceError::Invalid(vec![problem]))?;
        let known = self.must_know(actor, person, current)?;
        let hash = self.hashing.hash(&new)?;
        let held = self.vault.hold(person);
        let credentials = self.still(actor, person, &known)?;
        let changes = self.with_password(Changes::default(), &account, credentials, hash)?;
        Ok(held.apply(changes)?)
    }

    fn with_password(
        &self,
        changes: Changes,
        account: &Account,
        credentials: Credentials,
        password_hash: String,
    ) -> Result<Changes, ServiceError> {
        let now = self.now();
        let credentials = Credentials {
            password_hash,
            changed_at: now,
            ..credentials
        };
        // A link that somebody else asked for, to another address for instance, ends with the old password.
        let changes = changes
            .put(&credentials)
            .remove_all::<Session>()
            .remove_all::<Challenge>();
        self.letter_to(changes, account, Letter::PasswordChanged { at: now })
    }

    /// Sends a link to a new password, when the address has an account.
    pub fn ask_for_reset(&self, _actor: &Actor, email: &EmailAddress) -> Result<(), ServiceError> {
        let sent = || {
            let Some(person) = self.vault.find(email)? else {
                // As long as for somebody who is there.
                return Ok(self.vault.feign()?);
            };
            let held = self.vault.hold(person);
            let Some(account) = self
                .record::<Account>(&Actor::Visitor, person)?
                .filter(is_confirmed)
            else {
                return Ok(self.vault.feign()?);
            };
            let (token, changes) = self.new_challenge(
                person,
                ChallengeAim::ResetPassword,
                RESET_HOURS,
                None,
                Changes::default(),
            )?;
            let letter = Letter::ResetPassword {
                link: self.link(account.language, "new-password", &token),
                hours: RESET_HOURS,
            };
            let changes = self.letter_to(changes, &account, letter)?;
            Ok(held.apply(changes)?)
        };
        match sent() {
            Err(ServiceError::Vault(VaultError::NoSuchPerson)) => Ok(()),
            sent => sent,
        }
    }

    /// Sets a new password by the link of a letter. A second factor stays; every session and every other link ends.
    pub fn reset(&self, _actor: &Actor, token: &str, new: String) -> Result<(), ServiceError> {
        let (secret, _) = self.challenge(token, &[ChallengeAim::ResetPassword])?;
        let person = secret.person;
        let account: Account = self.record(&Actor::Visitor, person)?.ok_or_else(spent)?;
        let new = Password::chosen(new, account.email.as_str())
            .map_err(|problem| ServiceError::Invalid(vec![problem]))?;
        let hash = self.hashing.hash(&new)?;
        let held = self.vault.hold(person);
        let credentials: Credentials = self.record(&Actor::Visitor, person)?.ok_or_else(spent)?;
        let changes = Changes::default().take::<Challenge>(&secret.hash());
        let changes = self.with_password(changes, &account, credentials, hash)?;
        match held.apply(changes) {
            Err(VaultError::Changed) => Err(spent()),
            applied => Ok(applied?),
        }
    }
}
