//! Clears away what is over: sign-ups that nobody confirmed, links that are too old, sessions that have ended, records that
//! have reached the age the register gives them, and proof about persons who were erased once its date has come.

use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::SignedDuration;

use super::CONFIRM_HOURS;
use crate::domain::account::{Account, Challenge, PersonId};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::consent::Purpose;
use crate::domain::session::Session;
use crate::services::background::Background;
use crate::store::vault::changes::Changes;
use crate::store::vault::{Vault, VaultError};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Spare keys that may wait to be destroyed.
const WAITING: usize = 1_000;

/// A thread of its own.
pub struct Upkeep {
    spare: Mutex<Option<SyncSender<PersonId>>>,
    thread: Background,
}

impl Upkeep {
    pub fn start(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (spare, spares) = mpsc::sync_channel::<PersonId>(WAITING);
        let work = move || {
            let mut next = Instant::now() + PAUSE;
            loop {
                // Spare keys that come all the time do not put it off.
                match spares.recv_timeout(next.saturating_duration_since(Instant::now())) {
                    Ok(person) => told(vault.hold(person).forget()),
                    Err(RecvTimeoutError::Timeout) => {
                        told(clear(&vault, &*clock));
                        next = Instant::now() + PAUSE;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        };
        let thread = Background::start("accounts", work)?;
        Ok(Upkeep {
            spare: Mutex::new(Some(spare)),
            thread,
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
        self.thread.join();
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
    vault.end_retention()?;
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::domain::account::EmailAddress;
    use crate::domain::clock::Moment;
    use crate::domain::consent::{ConsentEvent, ConsentMethod, Decision};
    use crate::domain::language::Language;

    const DAY: i64 = 86_400;

    #[test]
    fn what_is_over_goes_while_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Moment::at(1_000 * DAY));
        let vault = Vault::of_folder(folder.path(), Arc::clone(&clock) as Arc<dyn Clock>);
        let settle = |address: &str, is_confirmed: bool| {
            let now = clock.now();
            let account = Account {
                email: EmailAddress::parse(address).unwrap(),
                language: Language::Fr,
                declared_of_age: true,
                created_at: now,
                confirmed_at: is_confirmed.then_some(now),
                service_roles: Vec::new(),
            };
            let event = ConsentEvent {
                at: now,
                purpose: Purpose::RankingProfile,
                decision: Decision::Grant,
                notice_version: "1".into(),
                language: Language::Fr,
                text: "?".into(),
                method: ConsentMethod::Browser,
                expires_at: None,
            };
            let (held, changes) = (vault.create().unwrap(), Changes::default());
            held.apply(changes.put(&account).append(b"1", &event))
                .unwrap();
            held.person()
        };
        let (leaves, stays) = (settle("a@b.ca", true), settle("c@d.ca", true));
        let unconfirmed = settle("e@f.ca", false);
        let erasure = vault.hold(leaves).erase().unwrap();
        let history = |person| {
            let read = vault.consents(&Actor::Service, person);
            read.map(|history| history.events().len()).ok()
        };
        clock.0.fetch_add(DAY, Ordering::SeqCst);
        clear(&vault, &*clock).unwrap();
        assert!(vault.persons().contains(&unconfirmed), "it has two days");
        clock.0.fetch_add(DAY, Ordering::SeqCst);
        clear(&vault, &*clock).unwrap();
        assert_eq!(vault.persons(), [stays]);
        assert_eq!(
            history(leaves),
            Some(1),
            "proof has its date still before it"
        );
        clock
            .0
            .store(erasure.proof_until.as_second(), Ordering::SeqCst);
        clear(&vault, &*clock).unwrap();
        assert_eq!((history(leaves), history(stays)), (Some(0), Some(1)));
    }
}
