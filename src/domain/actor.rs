//! Who is asking right now.

/// Every service takes the actor first: what one may do and see depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Anybody, unknown to us.
    Visitor,
    /// Someone who presented a valid operator token; the label is the one given when the token was made.
    Operator { label: String },
    /// The person at the command line of the machine that holds the data folder.
    Console,
}

impl Actor {
    /// Whether this actor may change the catalogue.
    pub fn may_operate(&self) -> bool {
        matches!(self, Actor::Operator { .. } | Actor::Console)
    }
}
