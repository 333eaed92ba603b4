//! Clears away what is over: sign-ups that nobody confirmed, links that are too old, sessions that have ended.

use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::SignedDuration;

use super::CONFIRM_HOURS;
use crate::domain::account::{Account, Challenge, PersonId};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::consent::Purpose;
use crate::domain::session::Session;
use crate::store::vault::changes::Changes;
use crate::store::vault::{Vault, VaultError};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Spare keys that may wait to be destroyed.
const WAITING: usize = 1_000;

/// A thread of its own.
pub struct Upkeep {
    spare: Mutex<Option<SyncSender<PersonId>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Upkeep {
    pub fn start(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (spare, spares) = mpsc::sync_channel::<PersonId>(WAITING);
        let work = move || {
            loop {
                match spares.recv_timeout(PAUSE) {
                    Ok(person) => told(vault.hold(person).forget()),
                    Err(RecvTimeoutError::Timeout) => told(clear(&vault, &*clock)),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("accounts".into())
            .spawn(work)?;
        Ok(Upkeep {
            spare: Mutex::new(Some(spare)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Destroys keys that were made for nobody, in a moment. What is not done before a crash, the next start does.
    pub fn forget(&self, spare: PersonId) {
        if let Some(spares) = &*self.spare.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = spares.try_send(spare);
        }
    }

    pub fn stop(&self) {
        *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(thread) = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.stop();
    }
}

fn told(done: Result<(), VaultError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "what is over could not be cleared away");
    }
}

/// Clears away what is over of everybody.
pub fn clear(vault: &Vault, clock: &dyn Clock) -> Result<(), VaultError> {
    for person in vault.persons() {
        match clear_one(vault, clock, person) {
            // Gone meanwhile.
            Err(VaultError::NoSuchPerson) => {}
            cleared => cleared?,
        }
    }
    Ok(())
}

fn clear_one(vault: &Vault, clock: &dyn Clock, person: PersonId) -> Result<(), VaultError> {
    let (now, actor, purpose) = (clock.now(), &Actor::Service, Purpose::Account);
    let held = vault.hold(person);
    let account = vault
        .read_one::<Account>(actor, person, purpose)?
        .into_inner();
    let longest = SignedDuration::from_hours(i64::from(CONFIRM_HOURS));
    if account.is_some_and(|account| {
        account.confirmed_at.is_none() && account.created_at + longest <= now
    }) {
        return held.forget();
    }
    let mut changes = Changes::default();
    for (name, challenge) in vault
        .read::<Challenge>(actor, person, purpose)?
        .into_inner()
    {
        if challenge.expires_at <= now {
            changes = changes.remove::<Challenge>(&name);
        }
    }
    for (name, session) in vault.read::<Session>(actor, person, purpose)?.into_inner() {
        if session.expires_at <= now {
            changes = changes.remove::<Session>(&name);
        }
    }
    match changes.is_empty() {
        true => Ok(()),
        false => held.apply(changes),
    }
}
