//! Signing up: an account waits until its address is confirmed.
//!
//! Until then it has no claim on the address: several people may try with one address, and who follows the link of a letter
//! gets the account. A stranger may have signed up with somebody's address, and a password that the stranger knows. So the
//! page behind the link asks its reader for a password, and that one counts ([`Accounts::confirm_account`]); were later
//! sign-ups to void earlier ones instead, the stranger would only have to come last. An address that has an account already
//! gets a letter that says so, and whoever asked learns nothing.

use crate::domain::account::{Account, Challenge, ChallengeAim, Credentials, EmailAddress};
use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::letter::Letter;
use crate::domain::password::Password;
use crate::domain::problem::Problem;
use crate::domain::totp::RecoveryCodes;
use crate::services::ServiceError;
use crate::store::vault::VaultError;
use crate::store::vault::changes::Changes;

use super::{Accounts, CONFIRM_HOURS, spent};

/// What somebody who signs up tells.
#[derive(Debug)]
pub struct SignUp {
    pub email: EmailAddress,
    pub password: Password,
    pub language: Language,
    pub is_of_age: bool,
}

impl Accounts {
    /// Signs somebody up; a letter to the address says what comes next. Who is under sixteen is not served with an account,
    /// and nothing is kept of the attempt.
    pub fn sign_up(&self, _actor: &Actor, sign_up: SignUp) -> Result<(), ServiceError> {
        if !sign_up.is_of_age {
            let detail =
                "accounts are for people of sixteen or older; everything else works without one";
            return Err(ServiceError::Invalid(vec![Problem::new(
                "of_age",
                "under_age",
                detail,
            )]));
        }
        let password_hash = self.hashing.hash(&sign_up.password)?;
        let now = self.now();
        // Made in either case: both take the same time.
        let held = self.vault.create()?;
        if let Some(holder) = self.vault.find(&sign_up.email)? {
            let spare = held.person();
            drop(held);
            self.tell_holder(holder)?;
            self.upkeep.forget(spare);
            return Ok(());
        }
        let account = Account {
            email: sign_up.email,
            language: sign_up.language,
            declared_of_age: true,
            created_at: now,
            confirmed_at: None,
            service_roles: Vec::new(),
        };
        let credentials = Credentials {
            password_hash,
            changed_at: now,
            totp_secret: None,
            totp_pending: None,
            totp_last_step: None,
            recovery_codes: RecoveryCodes::default(),
        };
        let changes = Changes::default().put(&account).put(&credentials);
        let (token, changes) = self.new_challenge(
            held.person(),
            ChallengeAim::ConfirmAccount,
            CONFIRM_HOURS,
            None,
            changes,
        )?;
        let letter = Letter::ConfirmAddress {
            link: self.link(account.language, "confirm", &token),
            hours: CONFIRM_HOURS,
        };
        let changes = self.letter_to(changes, &account, letter)?;
        Ok(held.apply(changes)?)
    }

    /// Tells the holder of an address that somebody tried to sign up, or to move, to it.
    pub(super) fn tell_holder(
        &self,
        holder: crate::domain::account::PersonId,
    ) -> Result<(), ServiceError> {
        let told = || {
            let held = self.vault.hold(holder);
            let Some(account) = self.record::<Account>(&Actor::Visitor, holder)? else {
                return Ok(());
            };
            let letter = Letter::HasAccount {
                link: self.page(account.language, "reset"),
            };
            let changes = self.letter_to(Changes::default(), &account, letter)?;
            Ok(held.apply(changes)?)
        };
        match told() {
            // It was deleted this very moment.
            Err(ServiceError::Vault(VaultError::NoSuchPerson)) => Ok(()),
            told => told,
        }
    }

    /// Follows the link of a letter: confirms an account, or the new address of one.
    pub fn confirm(&self, actor: &Actor, token: &str) -> Result<(), ServiceError> {
        let aims = [ChallengeAim::ConfirmAccount, ChallengeAim::ChangeEmail];
        self.confirm_aim(actor, token, &aims, None)
    }

    /// Confirms the new address of an account, and no account.
    pub fn confirm_address(&self, actor: &Actor, token: &str) -> Result<(), ServiceError> {
        self.confirm_aim(actor, token, &[ChallengeAim::ChangeEmail], None)
    }

    /// Confirms an account with the password of who reads the letter; whoever signed up may have been somebody else.
    pub fn confirm_account(
        &self,
        actor: &Actor,
        token: &str,
        password: String,
    ) -> Result<(), ServiceError> {
        let aims = [ChallengeAim::ConfirmAccount];
        let (secret, _) = self.challenge(token, &aims)?;
        let account: Account = self
            .record(&Actor::Visitor, secret.person)?
            .ok_or_else(spent)?;
        let password = Password::chosen(password, account.email.as_str())
            .map_err(|problem| ServiceError::Invalid(vec![problem]))?;
        let hash = self.hashing.hash(&password)?;
        self.confirm_aim(actor, token, &aims, Some(hash))
    }

    fn confirm_aim(
        &self,
        _actor: &Actor,
        token: &str,
        aims: &[ChallengeAim],
        password_hash: Option<String>,
    ) -> Result<(), ServiceError> {
        let (secret, challenge) = self.challenge(token, aims)?;
        let held = self.vault.hold(secret.person);
        let mut account: Account = self
            .record(&Actor::Visitor, secret.person)?
            .ok_or_else(spent)?;
        let mut changes = Changes::default().take::<Challenge>(&secret.hash());
        if let Some(password_hash) = password_hash {
            let credentials: Credentials = self
                .record(&Actor::Visitor, secret.person)?
                .ok_or_else(spent)?;
            changes = changes.put(&Credentials {
                password_hash,
                changed_at: self.now(),
                ..credentials
            });
        }
        account.confirmed_at = Some(self.now());
        match challenge.new_email {
            None => {}
            Some(new_email) => {
                let letter = Letter::AddressChanged { at: self.now() };
                changes = self
                    .letter_to(changes, &account, letter)?
                    // A link to a new password may lie in the mailbox that is left.
                    .remove_all::<Challenge>()
                    .release(&account.email);
                account.email = new_email;
            }
        }
        let changes = changes.claim(&account.email).put(&account);
        match held.apply(changes) {
            // Used a moment ago, or the address has found another account meanwhile.
            Err(VaultError::Changed | VaultError::AddressTaken) => Err(spent()),
            applied => Ok(applied?),
        }
    }
}
