//! What Classo writes to people: which letter, to whom, in which language. How it reads and how it travels, `mail` knows.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::language::Language;

/// A letter by what it is about, with what only this one says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Letter {
    /// Somebody signs up with this address: follow the link to show that it is yours.
    ConfirmAddress {
        link: String,
        hours: u32,
    },
    /// Somebody signs up with this address, which has an account: the page of sign-up answers as if it had none.
    HasAccount {
        link: String,
    },
    /// Somebody asks for a new password.
    ResetPassword {
        link: String,
        hours: u32,
    },
    PasswordChanged {
        at: Timestamp,
    },
    /// To the new address: follow the link to use it.
    ConfirmNewAddress {
        link: String,
        hours: u32,
    },
    /// To the old address.
    AddressChanged {
        at: Timestamp,
    },
    SecondFactorOn {
        at: Timestamp,
    },
    SecondFactorOff {
        at: Timestamp,
    },
    /// A recovery code opened the account, and how many are left.
    RecoveryCodeUsed {
        at: Timestamp,
        left: u32,
    },
    /// The account is deleted: what was erased, what is kept and until when.
    AccountDeleted {
        at: Timestamp,
        receipt: String,
        kept_until: Timestamp,
    },
}

impl Letter {
    /// The name by which its words are found.
    pub fn name(&self) -> &'static str {
        match self {
            Letter::ConfirmAddress { .. } => "confirm-address",
            Letter::HasAccount { .. } => "has-account",
            Letter::ResetPassword { .. } => "reset-password",
            Letter::PasswordChanged { .. } => "password-changed",
            Letter::ConfirmNewAddress { .. } => "confirm-new-address",
            Letter::AddressChanged { .. } => "address-changed",
            Letter::SecondFactorOn { .. } => "second-factor-on",
            Letter::SecondFactorOff { .. } => "second-factor-off",
            Letter::RecoveryCodeUsed { .. } => "recovery-code-used",
            Letter::AccountDeleted { .. } => "account-deleted",
        }
    }

    /// For how many hours after it was written the letter is of use; nothing when it always is.
    fn hours(&self) -> Option<u32> {
        match self {
            Letter::ConfirmAddress { hours, .. }
            | Letter::ResetPassword { hours, .. }
            | Letter::ConfirmNewAddress { hours, .. } => Some(*hours),
            _ => None,
        }
    }

    /// One of each kind, for those who look at how letters read.
    pub fn samples(at: Timestamp) -> Vec<Letter> {
        let link = || "https://classo.example/fr/confirm#classo_ch_0a1b2c".to_owned();
        vec![
            Letter::ConfirmAddress {
                link: link(),
                hours: 24,
            },
            Letter::HasAccount { link: link() },
            Letter::ResetPassword {
                link: link(),
                hours: 1,
            },
            Letter::PasswordChanged { at },
            Letter::ConfirmNewAddress {
                link: link(),
                hours: 24,
            },
            Letter::AddressChanged { at },
            Letter::SecondFactorOn { at },
            Letter::SecondFactorOff { at },
            Letter::RecoveryCodeUsed { at, left: 9 },
            Letter::AccountDeleted {
                at,
                receipt: "0193-42".to_owned(),
                kept_until: at,
            },
        ]
    }
}

/// Links open accounts: a letter does not show when it is printed.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.name())
    }
}

/// A letter by a random number; the same however often its delivery is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LetterId(Uuid);

impl LetterId {
    pub fn from_random(bytes: [u8; 16]) -> Self {
        LetterId(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        LetterId(Uuid::from_bytes(bytes))
    }

    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A letter that is ready to go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingLetter {
    pub id: LetterId,
    /// The address, as its owner typed it.
    pub to: String,
    pub language: Language,
    pub written_at: Timestamp,
    pub letter: Letter,
    /// Where a letter that nobody needs to get can be ended, in one step.
    #[serde(default)]
    pub unsubscribe: Option<String>,
}

impl OutgoingLetter {
    /// Whether its link works no more: it is better not sent.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.letter.hours().is_some_and(|hours| {
            now.duration_since(self.written_at) >= SignedDuration::from_hours(i64::from(hours))
        })
    }
}

impl fmt::Debug for OutgoingLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingLetter({}, {})", self.id, self.letter.name())
    }
}
