//! What is known of resources' addresses. When one dies or comes back, its resource gets a new entry in the journal, so
//! that the index learns of it as of any change.

use sled::transaction::Transactional;

use super::write::{Content, Trees, transaction_error};
use super::{Store, StoreError, journal, read_error, write_error};
use crate::domain::link::{LinkHealth, LinkState};
use crate::domain::resource::{Resource, ResourceId};

/// The version this program writes: a byte in front of the state's place in [`LinkState::ALL`] and the JSON.
const VERSION: u8 = 1;

impl Store {
    /// Writes down what is known of an address, and returns when it is on disk.
    pub fn put_link(&self, id: &ResourceId, health: &LinkHealth) -> Result<(), StoreError> {
        let value = encode(health)?;
        let before = self.find_link(id)?;
        let touches = before.is_some_and(|before| before.is_dead()) != health.is_dead();
        let trees = (
            &self.resources,
            &self.chunks,
            &self.journal,
            &self.counters,
            &self.links,
        );
        let sequence = trees
            .transaction(|(resources, chunks, journal, counters, links)| {
                links.insert(id.as_str(), value.as_slice())?;
                if !touches {
                    return Ok(None);
                }
                let trees = Trees {
                    resources,
                    chunks,
                    journal,
                    counters,
                };
                trees.touch(id)
            })
            .map_err(|error| self.failed(transaction_error(error)))?;
        self.committer.wait()?;
        if let Some(sequence) = sequence {
            self.news.announce(sequence);
        }
        Ok(())
    }

    /// What is known of the address of a resource.
    pub fn find_link(&self, id: &ResourceId) -> Result<Option<LinkHealth>, StoreError> {
        let value = self.links.get(id.as_str()).map_err(read_error)?;
        value.map(|value| decode(id.as_str(), &value)).transpose()
    }

    /// Whether a resource's present address is given up.
    pub fn has_dead_address(&self, resource: &Resource) -> Result<bool, StoreError> {
        let known = self.find_link(&resource.id)?;
        Ok(known.is_some_and(|known| known.is_dead() && resource.url.as_ref() == Some(&known.url)))
    }

    /// Forgets what is known of an address.
    pub fn forget_link(&self, id: &ResourceId) -> Result<(), StoreError> {
        let removed = self.links.remove(id.as_str());
        removed.map_err(|error| self.unwritten(error))?;
        Ok(())
    }

    /// Everything that is known of addresses, in the order of the ids.
    pub fn links(&self) -> impl Iterator<Item = Result<(ResourceId, LinkHealth), StoreError>> + '_ {
        self.links.iter().map(|entry| {
            let (key, value) = entry.map_err(read_error)?;
            let key = String::from_utf8_lossy(&key);
            let id = ResourceId::parse(&key).map_err(|reason| damaged(&key, reason))?;
            let health = decode(&key, &value)?;
            Ok((id, health))
        })
    }

    /// How many addresses are in each state, in the order of [`LinkState::ALL`].
    pub fn count_links(&self) -> Result<[u64; LinkState::ALL.len()], StoreError> {
        let mut counts = [0; LinkState::ALL.len()];
        for value in self.links.iter().values() {
            if let [VERSION, state, ..] = value.map_err(read_error)?.as_ref()
                && let Some(count) = counts.get_mut(usize::from(*state))
            {
                *count += 1;
            }
        }
        Ok(counts)
    }
}

impl Trees<'_> {
    /// Gives a resource that is there a new entry in the journal, as if it had been written again.
    fn touch(
        &self,
        id: &ResourceId,
    ) -> Result<Option<u64>, sled::transaction::ConflictableTransactionError<StoreError>> {
        let Some((json, old)) = self.find_whole(id)? else {
            return Ok(None);
        };
        let sequence = self.sequence()? + 1;
        self.write(id, Content::Record(&json), Some(old), sequence)?;
        self.counters
            .insert(journal::SEQUENCE_KEY, &sequence.to_be_bytes())?;
        Ok(Some(sequence))
    }
}

fn encode(health: &LinkHealth) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(health).map_err(write_error)?;
    Ok([&[VERSION, health.state as u8], json.as_slice()].concat())
}

fn decode(key: &str, value: &[u8]) -> Result<LinkHealth, StoreError> {
    match value {
        [VERSION, _, json @ ..] => {
            serde_json::from_slice(json).map_err(|error| damaged(key, error.to_string()))
        }
        _ => Err(damaged(key, "unknown version".into())),
    }
}

fn damaged(key: &str, reason: String) -> StoreError {
    StoreError::Damaged {
        key: format!("link {key}"),
        reason,
    }
}
