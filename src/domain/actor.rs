//! Who is asking right now.

use super::account::{PersonId, ServiceRole};

/// Every service takes the actor first: what one may do and see depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Anybody, unknown to us.
    Visitor,
    /// Someone who presented a valid operator token; the label is the one given when the token was made, by whom if it was
    /// an account.
    Operator {
        label: String,
        made_by: Option<PersonId>,
    },
    /// Someone who is signed in.
    Person(SignedIn),
    /// Classo itself, at work on its own: delivering mail, resuming what a crash interrupted.
    Service,
    /// The person at the command line of the machine that holds the data folder.
    Console,
}

impl Actor {
    /// Whether this actor may change the catalogue.
    pub fn may_operate(&self) -> bool {
        match self {
            Actor::Operator { .. } | Actor::Console => true,
            Actor::Person(person) => person.acts_as(ServiceRole::Operator),
            Actor::Visitor | Actor::Service => false,
        }
    }

    /// The signed-in person who asks.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Actor::Person(person) => Some(person.id),
            _ => None,
        }
    }
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub id: PersonId,
    pub roles: Vec<ServiceRole>,
    /// Whether a second factor was shown at sign-in.
    pub second_factor: bool,
}

impl SignedIn {
    /// Whether the person has a role, and has shown all that the role asks for.
    pub fn acts_as(&self, role: ServiceRole) -> bool {
        self.roles.contains(&role) && (self.second_factor || !role.needs_second_factor())
    }
}
