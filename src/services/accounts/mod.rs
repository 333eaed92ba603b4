//! Accounts: signing up and in, passwords and second factors, changing the address, closing.
//!
//! What these stories answer does not tell whether an address has an account, neither by what is said nor by how long it
//! takes: the same work is done for both, and the letter that goes out says the rest. Passwords are hashed in a small pool of
//! threads ([`hashing`]); tokens are random and kept as hashes. Start with [`sign_up`], then [`sign_in`].

pub mod closing;
mod email;
pub mod hashing;
mod letters;
mod operator_tokens;
mod password;
pub mod roles;
pub mod second_factor;
pub mod sign_in;
pub mod sign_up;
mod upkeep;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::ServiceError;
use crate::domain::account::{
    Account, Challenge, ChallengeAim, Credentials, EmailAddress, PersonId,
};
use crate::domain::actor::{Actor, SignedIn};
use crate::domain::clock::Clock;
use crate::domain::consent::Purpose;
use crate::domain::password::Password;
use crate::domain::problem::Problem;
use crate::domain::session::{CHALLENGE_PREFIX, Secret};
use crate::store::tokens::OperatorTokens;
use crate::store::vault::changes::Changes;
use crate::store::vault::{Record, Vault, VaultError};
use hashing::{Checked, Hashing};
use upkeep::Upkeep;

/// How long a link that confirms an address is good, in hours.
const CONFIRM_HOURS: u32 = 48;

/// How long a link to a new password is good, in hours.
const RESET_HOURS: u32 = 1;

/// Everything about having an account.
pub struct Accounts {
    vault: Arc<Vault>,
    tokens: Arc<OperatorTokens>,
    hashing: Arc<Hashing>,
    clock: Arc<dyn Clock>,
    /// Where people reach Classo: letters link to it.
    site: String,
    upkeep: Upkeep,
}

impl Accounts {
    /// # Errors
    /// When the thread that clears away what is over cannot start.
    pub fn start(
        vault: Arc<Vault>,
        tokens: Arc<OperatorTokens>,
        hashing: Arc<Hashing>,
        clock: Arc<dyn Clock>,
        site: &str,
    ) -> std::io::Result<Self> {
        Ok(Accounts {
            upkeep: Upkeep::start(Arc::clone(&vault), Arc::clone(&clock))?,
            vault,
            tokens,
            hashing,
            clock,
            site: site.trim_end_matches('/').to_owned(),
        })
    }

    /// Ends the thread that clears away.
    pub fn stop(&self) {
        self.upkeep.stop();
    }

    /// Passwords that there is room for at once, those that wait for their hash among them.
    pub fn password_places(&self) -> usize {
        self.hashing.places()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A record of which a person has one, for keeping the account.
    fn record<R: Record>(&self, actor: &Actor, person: PersonId) -> Result<Option<R>, VaultError> {
        let read = self.vault.read_one::<R>(actor, person, Purpose::Account)?;
        Ok(read.into_inner())
    }

    /// What has to be there of somebody who is signed in.
    fn own<R: Record>(&self, actor: &Actor, person: PersonId) -> Result<R, ServiceError> {
        self.record(actor, person)?
            .ok_or_else(ServiceError::not_signed_in)
    }

    /// The person that a link belongs to, and what the link is for, when it is still good.
    fn challenge(
        &self,
        token: &str,
        aims: &[ChallengeAim],
    ) -> Result<(Secret, Challenge), ServiceError> {
        let secret = Secret::decode(token, CHALLENGE_PREFIX).ok_or_else(spent)?;
        let kept = self.vault.read_named::<Challenge>(
            &Actor::Visitor,
            secret.person,
            Purpose::Account,
            &secret.hash(),
        );
        let kept = match kept {
            Err(VaultError::NoSuchPerson) => None,
            kept => kept?.into_inner(),
        };
        let is_good = |challenge: &Challenge| {
            aims.contains(&challenge.aim) && challenge.expires_at > self.now()
        };
        let challenge = kept.filter(is_good).ok_or_else(spent)?;
        Ok((secret, challenge))
    }

    /// A new link for a person, and the change that keeps its hash.
    fn new_challenge(
        &self,
        person: PersonId,
        aim: ChallengeAim,
        hours: u32,
        new_email: Option<EmailAddress>,
        changes: Changes,
    ) -> Result<(String, Changes), ServiceError> {
        let secret = Secret::new(person, self.vault.random()?);
        let challenge = Challenge {
            aim,
            expires_at: self.now() + SignedDuration::from_hours(i64::from(hours)),
            new_email,
        };
        let changes = changes.put_named(&secret.hash(), &challenge);
        Ok((secret.encode(CHALLENGE_PREFIX), changes))
    }

    /// Whether a signed-in person knows the password.
    fn must_know(
        &self,
        actor: &Actor,
        person: PersonId,
        password: &Password,
    ) -> Result<Credentials, ServiceError> {
        let credentials: Credentials = self.own(actor, person)?;
        match self
            .hashing
            .check(password, Some(&credentials.password_hash))?
        {
            Checked::Right { .. } => Ok(credentials),
            Checked::Wrong => Err(not_the_password()),
        }
    }

    /// The credentials of a person who is held, when the password that was right is so still: another change may have come
    /// while it was hashed.
    fn still(
        &self,
        actor: &Actor,
        person: PersonId,
        known: &Credentials,
    ) -> Result<Credentials, ServiceError> {
        let credentials: Credentials = self.own(actor, person)?;
        match credentials.password_hash == known.password_hash {
            true => Ok(credentials),
            false => Err(not_the_password()),
        }
    }
}

/// The signed-in person who asks.
pub fn signed_in(actor: &Actor) -> Result<&SignedIn, ServiceError> {
    match actor {
        Actor::Person(person) => Ok(person),
        _ => Err(ServiceError::not_signed_in()),
    }
}

fn not_the_password() -> ServiceError {
    ServiceError::ruled(super::Rule::WrongCredentials, "This is not the password.")
}

/// A link that is wrong, old or used says the same.
fn spent() -> ServiceError {
    let detail = "this link is not valid, or no longer is; ask for a new one";
    ServiceError::Invalid(vec![Problem::new("token", "token_not_good", detail)])
}

/// Whether the address was shown to be the person's.
fn is_confirmed(account: &Account) -> bool {
    account.confirmed_at.is_some()
}
