//! Letters that wait: which there are, and word of new ones.
//!
//! A letter is a record like others, written in the change that causes it. Whoever delivers asks once for those that wait
//! and is told of each that comes, once it is on disk, so that nobody looks for letters among everybody's records again.

use std::sync::{Mutex, PoisonError};

use super::{Vault, VaultError};
use crate::domain::account::PersonId;
use crate::store::read_error;
use crate::store::register::Category;

/// A letter's place: whose it is, and its name.
pub type LetterPlace = (PersonId, Vec<u8>);

/// Is told of a letter.
pub type Listener = Box<dyn Fn(LetterPlace) + Send>;

/// Who is told of new letters.
#[derive(Default)]
pub(super) struct Post(Mutex<Option<Listener>>);

impl Vault {
    /// From now on every letter is told to `listener` when it is on disk, new or changed.
    pub fn tell_letters(&self, listener: Listener) {
        *self.post.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    /// Every letter that waits.
    pub fn letters(&self) -> Result<Vec<LetterPlace>, VaultError> {
        let keys = self.store.people.iter().keys();
        let letters = keys.filter_map(|key| match key {
            Ok(key) => letter_at(&key).map(Ok),
            Err(error) => Some(Err(read_error(error).into())),
        });
        letters.collect()
    }

    /// Tells of what was written.
    pub(super) fn posted<'a>(&self, written: impl Iterator<Item = &'a [u8]>) {
        let letters: Vec<_> = written.filter_map(letter_at).collect();
        if letters.is_empty() {
            return;
        }
        let listener = self.post.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = &*listener {
            for letter in letters {
                listener(letter);
            }
        }
    }
}

/// The letter at a place of the store, when it is one.
fn letter_at(place: &[u8]) -> Option<LetterPlace> {
    let (person, rest) = place.split_first_chunk::<16>()?;
    let name = rest.strip_prefix(Category::Messages.id().as_bytes())?;
    let name = name.strip_prefix(&[0])?;
    Some((PersonId::from_bytes(*person), name.to_vec()))
}
