//! Signing in and out.

use jiff::{SignedDuration, Timestamp};

use super::hashing::Checked;
use super::{Accounts, is_confirmed, signed_in};
use crate::domain::account::{Account, Credentials, EmailAddress, PersonId};
use crate::domain::actor::{Actor, SignedIn};
use crate::domain::consent::Purpose;
use crate::domain::letter::Letter;
use crate::domain::password::Password;
use crate::domain::session::{SESSION_PREFIX, Secret, Session};
use crate::domain::totp::TotpSecret;
use crate::services::{Rule, ServiceError};
use crate::store::vault::changes::Changes;
use crate::store::vault::{Named, VaultError};

/// How long a session lasts.
pub const SESSION_DAYS: i64 = 30;

/// A session that was just opened.
pub struct Opened {
    /// Shown this once.
    pub token: String,
    pub expires_at: Timestamp,
}

/// Somebody who knows the address and the password of an account.
pub struct Recognised {
    person: PersonId,
    credentials: Credentials,
    /// A hash to keep instead, when the one that is kept was made with other parameters than today's.
    fresh: Option<String>,
}

impl Recognised {
    /// Whether it takes a second factor to open a session.
    pub fn needs_code(&self) -> bool {
        self.credentials.totp_secret.is_some()
    }
}

impl Accounts {
    /// Whose address and password these are.
    ///
    /// # Errors
    /// [`Rule::WrongCredentials`], whatever is wrong with them.
    pub fn recognise(
        &self,
        _actor: &Actor,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<Recognised, ServiceError> {
        let person = self.vault.find(email)?;
        let kept = match person {
            Some(person) => self.record::<Credentials>(&Actor::Visitor, person)?,
            None => None,
        };
        let hash = kept
            .as_ref()
            .map(|credentials| credentials.password_hash.as_str());
        let checked = self.hashing.check(password, hash)?;
        match (checked, person, kept) {
            (Checked::Right { fresh }, Some(person), Some(credentials)) => Ok(Recognised {
                person,
                credentials,
                fresh,
            }),
            _ => Err(wrong()),
        }
    }

    /// Opens a session. With a second factor, `code` is a code of the authenticator or a recovery code.
    ///
    /// # Errors
    /// [`Rule::WrongCredentials`] when the account is not confirmed or the password not its password any more;
    /// [`Rule::SecondFactorNeeded`] when a code is missing, [`Rule::WrongCode`] when it is wrong.
    pub fn open_session(
        &self,
        recognised: Recognised,
        code: Option<&str>,
    ) -> Result<Opened, ServiceError> {
        let person = recognised.person;
        let held = self.vault.hold(person);
        let (Some(account), Some(mut credentials)) = (
            self.record::<Account>(&Actor::Visitor, person)?,
            self.record::<Credentials>(&Actor::Visitor, person)?,
        ) else {
            return Err(wrong());
        };
        // Another change came between: the password that was right may not be any more.
        if !is_confirmed(&account)
            || credentials.password_hash != recognised.credentials.password_hash
        {
            return Err(wrong());
        }
        let mut changes = Changes::default();
        if credentials.totp_secret.is_some() {
            let code = code.ok_or_else(|| {
                ServiceError::ruled(
                    Rule::SecondFactorNeeded,
                    "Send the code of the authenticator, or a recovery code, as `code`.",
                )
            })?;
            changes = self.second_factor(changes, &account, &mut credentials, code)?;
        }
        if let Some(fresh) = recognised.fresh {
            credentials.password_hash = fresh;
        }
        let session = Session {
            created_at: self.now(),
            expires_at: self.now() + SignedDuration::from_hours(24 * SESSION_DAYS),
            second_factor: credentials.totp_secret.is_some(),
        };
        let secret = Secret::new(person, self.vault.random()?);
        for name in self.expired_sessions(person)? {
            changes = changes.remove::<Session>(&name);
        }
        held.apply(
            changes
                .put(&credentials)
                .put_named(&secret.hash(), &session),
        )?;
        Ok(Opened {
            token: secret.encode(SESSION_PREFIX),
            expires_at: session.expires_at,
        })
    }

    /// Uses a code up, of the authenticator or one of those for who lost it.
    fn second_factor(
        &self,
        changes: Changes,
        account: &Account,
        credentials: &mut Credentials,
        code: &str,
    ) -> Result<Changes, ServiceError> {
        if let Some(step) = step(credentials.totp_secret, code, self.now(), credentials) {
            credentials.totp_last_step = Some(step);
            return Ok(changes);
        }
        if credentials.recovery_codes.redeem(code) {
            let left = u32::try_from(credentials.recovery_codes.left()).unwrap_or(0);
            let letter = Letter::RecoveryCodeUsed {
                at: self.now(),
                left,
            };
            return self.letter_to(changes, account, letter);
        }
        Err(ServiceError::ruled(
            Rule::WrongCode,
            "This code is not right, or was used already.",
        ))
    }

    fn expired_sessions(&self, person: PersonId) -> Result<Vec<Vec<u8>>, VaultError> {
        let sessions: Named<Session> = self
            .vault
            .read(&Actor::Visitor, person, Purpose::Account)?
            .into_inner();
        let expired = sessions
            .into_iter()
            .filter(|(_, session)| session.expires_at <= self.now());
        Ok(expired.map(|(name, _)| name).collect())
    }

    /// Who a session's token belongs to; nobody when it opens nothing.
    pub fn actor(&self, token: &str) -> Result<Option<Actor>, ServiceError> {
        let Some(secret) = Secret::decode(token, SESSION_PREFIX) else {
            return Ok(None);
        };
        let person = secret.person;
        let session = self.vault.read_named::<Session>(
            &Actor::Visitor,
            person,
            Purpose::Account,
            &secret.hash(),
        );
        let session = match session {
            Err(VaultError::NoSuchPerson) => None,
            session => session?.into_inner(),
        };
        let Some(session) = session.filter(|session| session.expires_at > self.now()) else {
            return Ok(None);
        };
        let account = match self.record::<Account>(&Actor::Visitor, person) {
            Err(VaultError::NoSuchPerson) => None,
            account => account?,
        };
        Ok(account.map(|account| {
            Actor::Person(SignedIn {
                id: person,
                roles: account.service_roles,
                second_factor: session.second_factor,
            })
        }))
    }

    /// Ends the session of a token.
    pub fn sign_out(&self, _actor: &Actor, token: &str) -> Result<(), ServiceError> {
        let secret =
            Secret::decode(token, SESSION_PREFIX).ok_or_else(ServiceError::not_signed_in)?;
        let held = self.vault.hold(secret.person);
        Ok(held.apply(Changes::default().remove::<Session>(&secret.hash()))?)
    }

    /// Ends every session of the person who asks.
    pub fn sign_out_everywhere(&self, actor: &Actor) -> Result<(), ServiceError> {
        let held = self.vault.hold(signed_in(actor)?.id);
        Ok(held.apply(Changes::default().remove_all::<Session>())?)
    }
}

/// The step of a code that is right.
pub(super) fn step(
    secret: Option<[u8; 20]>,
    code: &str,
    now: Timestamp,
    credentials: &Credentials,
) -> Option<crate::domain::totp::Step> {
    TotpSecret::new(secret?).accepts(code, now, credentials.totp_last_step)
}

fn wrong() -> ServiceError {
    let why = "This address and this password do not open an account; an account opens once its address is confirmed.";
    ServiceError::ruled(Rule::WrongCredentials, why)
}
