//! Tells each story from start to end, by calling the workshops in turn.
//!
//! One file per thing Classo does. A service takes the actor first, knows no HTTP and prints nothing. Start with
//! [`search`]: the only file that sees a whole search.

pub mod accounts;
pub mod analytics;
mod background;
pub mod backup;
pub mod catalogue;
pub mod checkup;
pub mod compare;
pub mod consents;
pub mod coverage;
pub mod decisions;
pub mod dossier;
pub mod duplicates;
pub mod evaluation;
pub mod export;
pub mod gate;
pub mod guidance;
pub mod indexing;
mod kept_answers;
pub mod links;
pub mod outbox;
pub mod priority;
pub mod profiles;
pub mod reindex;
pub mod search;
pub mod similar;
pub mod suggest;
pub mod tasks;
pub mod why;

use crate::domain::actor::Actor;
use crate::domain::problem::{Problem, sentence};
use crate::domain::resource::ResourceId;
use crate::index::IndexError;
use crate::store::StoreError;
use crate::store::vault::VaultError;
use accounts::hashing::HashingError;

/// The few ways in which a service says no.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("{}", sentence(.0))]
    Invalid(Vec<Problem>),
    #[error("there is no {0}")]
    NotFound(String),
    #[error("{0} was removed")]
    Gone(String),
    /// It was merged into another, which stands for it.
    #[error("{from} was merged into {to}")]
    Moved { from: ResourceId, to: ResourceId },
    #[error("{0}")]
    Forbidden(String),
    /// Something else stands in the way; the sentence says what, and what to do.
    #[error("{0}")]
    Conflict(String),
    /// A rule of its own stands in the way; programs tell it by its code.
    #[error("{why}")]
    Ruled { rule: Rule, why: String },
    #[error("it was cancelled")]
    Cancelled,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Hashing(#[from] HashingError),
    #[error("the source cannot be read: {0}")]
    Source(#[from] std::io::Error),
}

/// Rules that a caller can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    NotSignedIn,
    WrongCredentials,
    SecondFactorNeeded,
    WrongCode,
    /// The notice that was answered is not the one in use.
    NoticeOutdated,
    /// Global Privacy Control says no.
    PrivacySignal,
}

impl ServiceError {
    pub fn ruled(rule: Rule, why: impl Into<String>) -> Self {
        ServiceError::Ruled {
            rule,
            why: why.into(),
        }
    }

    pub fn not_signed_in() -> Self {
        ServiceError::ruled(
            Rule::NotSignedIn,
            "Sign in with POST /api/v1/session first.",
        )
    }
}

/// What only operators may do is refused to everybody else.
fn must_operate(actor: &Actor) -> Result<(), ServiceError> {
    if actor.may_operate() {
        Ok(())
    } else {
        Err(ServiceError::Forbidden("only operators do this".into()))
    }
}
