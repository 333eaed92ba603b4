//! A second factor: codes of an authenticator, and codes for who lost it.

use super::sign_in::step;
use super::{Accounts, signed_in};
use crate::domain::account::{Account, Credentials};
use crate::domain::actor::Actor;
use crate::domain::letter::Letter;
use crate::domain::password::Password;
use crate::domain::session::Session;
use crate::domain::totp::{
    RECOVERY_BYTES, RECOVERY_CODES, RecoveryCodes, SECRET_BYTES, TotpSecret,
};
use crate::services::{Rule, ServiceError};
use crate::store::vault::changes::Changes;

/// What an authenticator is set up with; shown this once.
pub struct Enrolment {
    pub secret: String,
    /// What a picture of it encodes.
    pub uri: String,
}

impl Accounts {
    /// Begins: a secret that counts once a code from it was right.
    pub fn begin_second_factor(
        &self,
        actor: &Actor,
        password: &Password,
    ) -> Result<Enrolment, ServiceError> {
        let person = signed_in(actor)?.id;
        let known = self.must_know(actor, person, password)?;
        let bytes = self.vault.random::<SECRET_BYTES>()?;
        let held = self.vault.hold(person);
        let account: Account = self.own(actor, person)?;
        let credentials = self.still(actor, person, &known)?;
        if credentials.totp_secret.is_some() {
            return Err(ServiceError::Conflict(
                "A second factor is on already; turn it off first.".into(),
            ));
        }
        let credentials = Credentials {
            totp_pending: Some(bytes),
            ..credentials
        };
        held.apply(Changes::default().put(&credentials))?;
        let secret = TotpSecret::new(bytes);
        Ok(Enrolment {
            secret: secret.base32(),
            uri: secret.uri("Classo", account.email.as_str()),
        })
    }

    /// Turns it on with a first code; answers the recovery codes, shown this once. Every session ends: the next one is opened
    /// with both factors.
    pub fn confirm_second_factor(
        &self,
        actor: &Actor,
        code: &str,
    ) -> Result<Vec<String>, ServiceError> {
        let person = signed_in(actor)?.id;
        let mut random = [[0; RECOVERY_BYTES]; RECOVERY_CODES];
        for bytes in &mut random {
            *bytes = self.vault.random()?;
        }
        let held = self.vault.hold(person);
        let account: Account = self.own(actor, person)?;
        let credentials: Credentials = self.own(actor, person)?;
        let pending = credentials.totp_pending;
        if pending.is_none() {
            return Err(ServiceError::Conflict(
                "No second factor is being set up; begin with POST /account/totp.".into(),
            ));
        }
        let Some(step) = step(pending, code, self.now(), &credentials) else {
            return Err(wrong_code());
        };
        let (shown, kept) = RecoveryCodes::new(&random);
        let credentials = Credentials {
            totp_secret: pending,
            totp_pending: None,
            totp_last_step: Some(step),
            recovery_codes: kept,
            ..credentials
        };
        let letter = Letter::SecondFactorOn { at: self.now() };
        let changes = Changes::default().put(&credentials).remove_all::<Session>();
        held.apply(self.letter_to(changes, &account, letter)?)?;
        Ok(shown)
    }

    /// Turns it off, with the password and a code.
    pub fn end_second_factor(
        &self,
        actor: &Actor,
        password: &Password,
        code: &str,
    ) -> Result<(), ServiceError> {
        let person = signed_in(actor)?.id;
        let known = self.must_know(actor, person, password)?;
        let held = self.vault.hold(person);
        let account: Account = self.own(actor, person)?;
        let mut credentials = self.still(actor, person, &known)?;
        let is_right = step(credentials.totp_secret, code, self.now(), &credentials).is_some()
            || credentials.recovery_codes.redeem(code);
        if !is_right {
            return Err(wrong_code());
        }
        let credentials = Credentials {
            totp_secret: None,
            totp_pending: None,
            totp_last_step: None,
            recovery_codes: RecoveryCodes::default(),
            ..credentials
        };
        let letter = Letter::SecondFactorOff { at: self.now() };
        let changes = Changes::default().put(&credentials).remove_all::<Session>();
        Ok(held.apply(self.letter_to(changes, &account, letter)?)?)
    }
}

fn wrong_code() -> ServiceError {
    ServiceError::ruled(
        Rule::WrongCode,
        "This code is not right, or was used already.",
    )
}
