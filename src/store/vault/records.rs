//! Which category each kind of record belongs to: everything that is kept about persons, in one list.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::domain::account::{Account, Challenge, Credentials};
use crate::domain::consent::{ConsentEvent, Purpose};
use crate::domain::decision::RankingDecision;
use crate::domain::letter::OutgoingLetter;
use crate::domain::permit::Standing;
use crate::domain::profile::StoredProfile;
use crate::domain::session::Session;
use crate::store::register::Category;

impl Record for Account {
    const CATEGORY: Category = Category::Account;
}

impl Record for Credentials {
    const CATEGORY: Category = Category::Credentials;
}

impl Record for Challenge {
    const CATEGORY: Category = Category::Challenges;
}

impl Record for Session {
    const CATEGORY: Category = Category::Sessions;
}

impl Record for StoredProfile {
    const CATEGORY: Category = Category::Profile;
}

impl Record for Standing {
    const CATEGORY: Category = Category::Standing;
}

impl Record for ConsentEvent {
    const CATEGORY: Category = Category::Consents;
}

/// A read of somebody's information by staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRead {
    pub at: Timestamp,
    pub by: String,
    pub category: Category,
    pub purpose: Purpose,
}

impl Record for StaffRead {
    const CATEGORY: Category = Category::StaffReads;
}

impl Record for RankingDecision {
    const CATEGORY: Category = Category::Decisions;
}

/// A letter that waits to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingLetter {
    #[serde(flatten)]
    pub outgoing: OutgoingLetter,
    /// How many times it was tried.
    pub tries: u32,
    /// When to try again.
    pub next_try_at: Timestamp,
}

impl WaitingLetter {
    /// One that can go at once.
    pub fn new(outgoing: OutgoingLetter) -> Self {
        WaitingLetter {
            next_try_at: outgoing.written_at,
            tries: 0,
            outgoing,
        }
    }
}

impl Record for WaitingLetter {
    const CATEGORY: Category = Category::Messages;
}
