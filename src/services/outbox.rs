//! Delivers the letters that wait in the vault, on a thread of its own.
//!
//! A letter is written in the change that causes it, sealed under its person's key, and removed once another has taken it;
//! a crash between the two sends it again under the same `Message-ID`. What fails in passing is tried again after pauses that
//! double, somewhat apart by chance; what fails for ever, or too often, or has a link that works no more, is given up and
//! counted. When an account goes, its letters go with its key: what cannot be opened any more is not sent. The thread keeps
//! places and times in memory, and opens a letter when it goes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::background::Background;
use crate::domain::account::PersonId;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::consent::Purpose;
use crate::domain::letter::OutgoingLetter;
use crate::mail::{DeliveryError, MailError, Mailer, Settings};
use crate::store::vault::changes::Changes;
use crate::store::vault::post::LetterPlace;
use crate::store::vault::{Held, Vault, VaultError, WaitingLetter};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 3_600);

/// How long the thread sleeps at most: the clock may have been set meanwhile.
const NAP: Duration = Duration::from_secs(60);

/// The thread that delivers.
pub struct Outbox {
    words: Mutex<Option<Sender<Word>>>,
    thread: Background,
}

/// What the thread is told.
enum Word {
    Letter(LetterPlace),
    Farewell(OutgoingLetter),
    Stop,
}

/// Why letters are not delivered.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    #[error("mail: {0}")]
    Mail(#[from] MailError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("a thread cannot start: {0}")]
    Thread(#[from] std::io::Error),
}

impl Outbox {
    /// Starts to deliver what waits and what comes. `site` is where people reach Classo, `folder` where the file transport
    /// lays letters down.
    ///
    /// # Errors
    /// What of the settings cannot work.
    pub fn start(
        vault: Arc<Vault>,
        settings: &Settings,
        site: &str,
        folder: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OutboxError> {
        let (sender, words) = mpsc::channel();
        let mut delivery = Delivery {
            mailer: Mailer::new(settings, site, folder)?,
            tries: settings.tries,
            first_pause: Duration::from_secs(u64::from(settings.first_pause_seconds)),
            due: BTreeSet::new(),
            farewells: Vec::new(),
            vault,
            clock,
        };
        delivery.listen(sender.clone());
        for place in delivery.vault.letters()? {
            delivery.note(place);
        }
        let thread = Background::start("outbox", move || delivery.run(&words))?;
        Ok(Outbox {
            words: Mutex::new(Some(sender)),
            thread,
        })
    }

    /// Sends the last letter to somebody who is forgotten. It is held in memory alone, tried as often as others and lost with
    /// the process; as a file it would bring the address back, and is not written.
    pub fn farewell(&self, letter: OutgoingLetter) {
        self.tell(Word::Farewell(letter));
    }

    fn tell(&self, word: Word) {
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(words) = &*words {
            // A thread that ended has said why.
            let _ = words.send(word);
        }
    }

    /// Ends the thread after the letter it is at; the others wait for the next start.
    pub fn stop(&self) {
        self.tell(Word::Stop);
        drop(
            self.words
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        self.thread.join();
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Delivery {
    vault: Arc<Vault>,
    mailer: Mailer,
    clock: Arc<dyn Clock>,
    tries: u32,
    first_pause: Duration,
    /// When to look at which letter.
    due: BTreeSet<(Timestamp, LetterPlace)>,
    /// Letters to people who are forgotten.
    farewells: Vec<WaitingLetter>,
}

/// What became of a try.
enum Outcome {
    Delivered,
    Again(Timestamp),
    GivenUp(String),
}

impl Delivery {
    /// Passes word of new letters on to the thread.
    fn listen(&self, words: Sender<Word>) {
        self.vault
            .tell_letters(Box::new(move |place| drop(words.send(Word::Letter(place)))));
    }

    fn run(mut self, words: &Receiver<Word>) {
        loop {
            metrics::gauge!("classo_mail_waiting").set(self.due.len() as f64);
            match words.recv_timeout(self.pause()) {
                Ok(Word::Letter(place)) => self.note(place),
                Ok(Word::Farewell(letter)) if self.mailer.is_local => drop(letter),
                Ok(Word::Farewell(letter)) => self.farewells.push(WaitingLetter::new(letter)),
                Err(RecvTimeoutError::Timeout) => {
                    self.deliver_first();
                    self.deliver_farewells();
                }
                Ok(Word::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long until the first letter is due.
    fn pause(&self) -> Duration {
        let farewells = self.farewells.iter().map(|letter| letter.next_try_at);
        let letters = self.due.first().map(|(at, _)| *at);
        let Some(at) = farewells.chain(letters).min() else {
            return NAP;
        };
        let wait = at.duration_since(self.clock.now());
        Duration::try_from(wait).unwrap_or_default().min(NAP)
    }

    /// Notes when a letter is to go, in the place of what was noted before.
    fn note(&mut self, place: LetterPlace) {
        self.due.retain(|(_, other)| *other != place);
        match self.letter(&place) {
            Ok(Some(letter)) => drop(self.due.insert((letter.next_try_at, place))),
            Ok(None) => {}
            Err(error) => self.put_off(place, &error),
        }
    }

    /// A letter that cannot be read or noted stays, and does not keep others from going.
    fn put_off(&mut self, place: LetterPlace, error: &VaultError) {
        tracing::error!(%error, "a letter that waits cannot be read or noted; it is looked at again later");
        let later = self.clock.now() + SignedDuration::from_secs(3_600);
        self.due.insert((later, place));
    }

    /// A letter, unless it was delivered or its person is gone.
    fn letter(&self, (person, name): &LetterPlace) -> Result<Option<WaitingLetter>, VaultError> {
        let read = self.vault.read_named::<WaitingLetter>(
            &Actor::Service,
            *person,
            Purpose::Account,
            name,
        );
        match read {
            Err(VaultError::NoSuchPerson) => Ok(None),
            read => Ok(read?.into_inner()),
        }
    }

    fn deliver_first(&mut self) {
        let is_due = |(at, _): &&(Timestamp, LetterPlace)| *at <= self.clock.now();
        let Some((at, place)) = self.due.first().filter(is_due).cloned() else {
            return;
        };
        self.due.remove(&(at, place.clone()));
        if let Err(error) = self.deliver(&place) {
            self.put_off(place, &error);
        }
    }

    fn deliver_farewells(&mut self) {
        let now = self.clock.now();
        let is_due = |letter: &mut WaitingLetter| letter.next_try_at <= now;
        for mut letter in self.farewells.extract_if(.., is_due).collect::<Vec<_>>() {
            let outcome = self.attempt(PersonId::NOBODY, &letter);
            told(&outcome, &letter);
            if let Outcome::Again(at) = outcome {
                letter.tries += 1;
                letter.next_try_at = at;
                self.farewells.push(letter);
            }
        }
    }

    fn deliver(&self, place: &LetterPlace) -> Result<(), VaultError> {
        let (person, name) = place;
        // A file in the data folder must not come after the end of its account; a server is slow, and nobody waits for it.
        let held = self.mailer.is_local.then(|| self.vault.hold(*person));
        let Some(mut letter) = self.letter(place)? else {
            return Ok(());
        };
        let outcome = self.attempt(*person, &letter);
        let changes = match &outcome {
            Outcome::Again(at) => {
                letter.tries += 1;
                letter.next_try_at = *at;
                let changes = Changes::default().take::<WaitingLetter>(name);
                changes.put_named(name, &letter)
            }
            Outcome::Delivered | Outcome::GivenUp(_) => {
                Changes::default().remove::<WaitingLetter>(name)
            }
        };
        told(&outcome, &letter);
        let held = held.unwrap_or_else(|| self.vault.hold(*person));
        noted(&held, changes)
    }

    fn attempt(&self, person: PersonId, letter: &WaitingLetter) -> Outcome {
        if letter.outgoing.is_over(self.clock.now()) {
            return Outcome::GivenUp("its link works no more".to_owned());
        }
        match self.mailer.deliver(&person.to_string(), &letter.outgoing) {
            Ok(()) => Outcome::Delivered,
            Err(DeliveryError::Transient(why)) if letter.tries + 1 < self.tries => {
                tracing::warn!(
                    why,
                    tries = letter.tries + 1,
                    "a letter is tried again later"
                );
                Outcome::Again(self.clock.now() + self.pause_after(letter.tries))
            }
            Err(DeliveryError::Transient(why) | DeliveryError::Permanent(why)) => {
                Outcome::GivenUp(why)
            }
        }
    }

    /// Twice as long each time, and somewhat longer or shorter by chance, so that letters do not all come back at once.
    fn pause_after(&self, tries: u32) -> SignedDuration {
        let doubled = self.first_pause.saturating_mul(1 << tries.min(20));
        let pause = doubled
            .min(LONGEST_PAUSE)
            .mul_f64(rand::random_range(0.8..1.2));
        SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)
    }
}

/// Keeps what became of a letter. One that is gone meanwhile, or whose person is, needs nothing.
fn noted(held: &Held<'_>, changes: Changes) -> Result<(), VaultError> {
    match held.apply(changes) {
        Err(VaultError::Changed | VaultError::NoSuchPerson) => Ok(()),
        noted => noted,
    }
}

/// Counts for operators; the log has the kind of letter and nobody's name.
fn told(outcome: &Outcome, letter: &WaitingLetter) {
    let outcome = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Again(_) => "retried",
        Outcome::GivenUp(why) => {
            tracing::error!(
                why,
                letter = letter.outgoing.letter.name(),
                "a letter is given up"
            );
            "given_up"
        }
    };
    metrics::counter!("classo_mail_letters_total", "outcome" => outcome).increment(1);
}
