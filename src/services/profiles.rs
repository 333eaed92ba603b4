//! What a person tells about the class: kept for the account, and used for ranking with consent alone.

use std::sync::Arc;

use super::ServiceError;
use super::accounts::signed_in;
use crate::domain::actor::Actor;
use crate::domain::consent::Purpose;
use crate::domain::permit::{Permit, Permitted};
use crate::domain::profile::{Profile, ProfileView, StoredProfile};
use crate::store::vault::changes::Changes;
use crate::store::vault::{Vault, VaultError};

/// Stored profiles.
pub struct Profiles {
    vault: Arc<Vault>,
}

impl Profiles {
    pub fn new(vault: Arc<Vault>) -> Self {
        Profiles { vault }
    }

    /// The profile of the person who asks; an empty one when there is none.
    pub fn read(&self, actor: &Actor) -> Result<StoredProfile, ServiceError> {
        let person = signed_in(actor)?.id;
        let read = self.vault.read_one(actor, person, Purpose::Account)?;
        Ok(read.into_inner().unwrap_or_default())
    }

    /// Puts a profile in the place of the one there was.
    pub fn write(&self, actor: &Actor, profile: Profile) -> Result<(), ServiceError> {
        let held = self.vault.hold(signed_in(actor)?.id);
        Ok(held.apply(Changes::default().put(&StoredProfile::keep(profile)))?)
    }

    pub fn erase(&self, actor: &Actor) -> Result<(), ServiceError> {
        let held = self.vault.hold(signed_in(actor)?.id);
        Ok(held.apply(Changes::default().remove::<StoredProfile>(&[]))?)
    }

    /// What ranking may see of the person who asks: nothing without a consent in force. With something, the permit too.
    pub fn for_ranking(
        &self,
        actor: &Actor,
    ) -> Result<(ProfileView, Option<Permit>), ServiceError> {
        let neutral = Ok((ProfileView::anonymous(), None));
        let Some(person) = actor.person() else {
            return neutral;
        };
        let read: Permitted<Option<StoredProfile>> =
            match self.vault.read_one(actor, person, Purpose::RankingProfile) {
                Err(VaultError::Refused(_) | VaultError::NoSuchPerson) => return neutral,
                read => read?,
            };
        let permit = read.permit().clone();
        let view = ProfileView::permitted(read.map(Option::unwrap_or_default));
        match view.is_anonymous() {
            true => neutral,
            false => Ok((view, Some(permit))),
        }
    }
}
