//! Keeps resources findable: fields, documents, generations, retrieval and counts.
//!
//! tantivy lives here and nowhere else; what crosses this room's interface are the types of `query` and `domain`. The
//! index is derived from the store and disposable. Ranking is a stranger: the one pass over the matches is generic
//! over [`Rank`](crate::query::rank::Rank).
//!
//! Start with [`search`] (one pass over one [`Snapshot`]) or with [`writer`] (how a change becomes findable).

pub mod analysis;
mod bits;
pub mod check;
pub mod completion;
pub mod document;
mod found_words;
mod gather;
pub mod generation;
pub mod highlight;
mod lengths;
mod lookup;
mod merging;
mod postings;
mod proximity;
pub mod record;
mod schema;
pub mod search;
mod segment;
pub mod snapshot;
mod spelling;
pub mod suggestions;
pub mod survey;
mod telling_words;
mod window;
pub mod word_starts;
pub mod writer;

pub use lookup::Lookup;
pub use snapshot::Snapshot;

/// What goes wrong in the index, told by what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index cannot be used: {0}")]
    Engine(#[from] tantivy::TantivyError),
    #[error("the index folder: {0}")]
    Io(#[from] std::io::Error),
    #[error("the index holds something it should not: {0}")]
    Damaged(String),
}
