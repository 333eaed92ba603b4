//! Hashes passwords, on threads of its own.
//!
//! Argon2id takes 19 MiB and some 30 ms of a core by design. A small pool does nothing else, at a low priority where the
//! system has one; its queue is bounded, and who comes when it is full is told to come back. A password for an account that there is not costs the same work as for one
//! that there is.

use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rand::TryRngCore;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::domain::password::Password;
use crate::services::priority;

/// What a hash costs, and how many are made at once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Memory of one hash, in KiB: 19,456 as OWASP recommends with two passes.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Independent lanes of it.
    pub lanes: u32,
    /// Threads that hash; each keeps the memory of one hash.
    pub threads: usize,
    /// Passwords that may wait; beyond, the answer is "come back".
    pub waiting: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
            threads: 1,
            waiting: 64,
        }
    }
}

impl Settings {
    /// What cannot work, one sentence each, with the key first.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if Params::new(self.memory_kib, self.passes, self.lanes, None).is_err()
            || self.memory_kib > MOST_MEMORY_KIB
        {
            problems.push(format!(
                "memory_kib, passes, lanes: Argon2 needs a pass, a lane, and 8 to {MOST_MEMORY_KIB} KiB for each lane"
            ));
        }
        if !(1..=64).contains(&self.threads) {
            problems.push("threads: between 1 and 64".to_owned());
        }
        if !(1..=10_000).contains(&self.waiting) {
            problems.push("waiting: between 1 and 10,000".to_owned());
        }
        problems
    }
}

/// The most memory that a hash may ask for, whoever wrote its parameters.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;

/// The length of a hash, in bytes.
const OUTPUT: usize = 32;

/// The pool. Its methods wait: they are called from where waiting harms nobody.
pub struct Hashing {
    jobs: Option<SyncSender<Job>>,
    waiting: usize,
    threads: Vec<JoinHandle<()>>,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// It is another password, or there is no account.
    Wrong,
    /// It is the password; when it was hashed with other parameters than today's, a fresh hash to keep instead.
    Right { fresh: Option<String> },
}

/// Why a password was not hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    #[error("too many passwords are waiting to be checked")]
    Busy,
    #[error("a password cannot be hashed: {0}")]
    Failed(String),
}

enum Job {
    Hash(Password, SyncSender<Result<String, HashingError>>),
    Check(
        Password,
        Option<String>,
        SyncSender<Result<Checked, HashingError>>,
    ),
}

impl Hashing {
    /// Starts the threads.
    ///
    /// # Errors
    /// When a thread cannot start or the settings ask for what Argon2 does not have.
    pub fn start(settings: &Settings) -> std::io::Result<Self> {
        let hasher = Hasher::new(settings).map_err(std::io::Error::other)?;
        let (jobs, queue) = mpsc::sync_channel(settings.waiting);
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..settings.threads.max(1)).map(|_| {
            let (queue, hasher) = (Arc::clone(&queue), hasher.clone());
            std::thread::Builder::new()
                .name("hashing".into())
                .spawn(move || work(&queue, hasher))
        });
        Ok(Hashing {
            threads: threads.collect::<Result<_, _>>()?,
            jobs: Some(jobs),
            waiting: settings.waiting,
        })
    }

    /// Passwords that there is room for, those that are being hashed among them.
    pub fn places(&self) -> usize {
        self.threads.len() + self.waiting
    }

    /// The hash to keep of a new password.
    ///
    /// # Errors
    /// [`HashingError::Busy`] when too many wait already.
    pub fn hash(&self, password: &Password) -> Result<String, HashingError> {
        self.ask(|answer| Job::Hash(password.clone(), answer))
    }

    /// Whether a password is the one whose hash is kept. Without a hash, because there is no such account, the same work is
    /// done and the answer is [`Checked::Wrong`].
    ///
    /// # Errors
    /// [`HashingError::Busy`] when too many wait already.
    pub fn check(&self, password: &Password, kept: Option<&str>) -> Result<Checked, HashingError> {
        self.ask(|answer| Job::Check(password.clone(), kept.map(str::to_owned), answer))
    }

    fn ask<T>(
        &self,
        job: impl FnOnce(SyncSender<Result<T, HashingError>>) -> Job,
    ) -> Result<T, HashingError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(HashingError::Busy)?;
        jobs.try_send(job(answer)).map_err(|error| match error {
            TrySendError::Full(_) => HashingError::Busy,
            TrySendError::Disconnected(_) => HashingError::Failed("no thread hashes".into()),
        })?;
        answered
            .recv()
            .map_err(|_| HashingError::Failed("the thread ended".into()))?
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // One that panicked has said so already.
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, mut hasher: Hasher) {
    // A sign-in takes somewhat longer on a busy machine, and searches do not.
    priority::give_way();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        // Who asked may have gone away; the work is done all the same.
        match job {
            Ok(Job::Hash(password, answer)) => {
                let _ = answer.send(hasher.hash(&password));
            }
            Ok(Job::Check(password, kept, answer)) => {
                let _ = answer.send(hasher.check(&password, kept.as_deref()));
            }
            Err(_) => return,
        }
    }
}

/// One thread's Argon2 with its memory, which is kept: asking the system for 19 MiB of fresh pages each time costs a tenth
/// more.
#[derive(Clone)]
struct Hasher {
    params: Params,
    memory: Vec<Block>,
    /// A hash that nobody knows a password of, with today's parameters.
    nobody: String,
}

impl Hasher {
    fn new(settings: &Settings) -> Result<Self, HashingError> {
        let params = Params::new(
            settings.memory_kib,
            settings.passes,
            settings.lanes,
            Some(OUTPUT),
        );
        let mut hasher = Hasher {
            params: params.map_err(failed)?,
            memory: Vec::new(),
            nobody: String::new(),
        };
        hasher.nobody = hasher.written(random::<16>()?, &random::<OUTPUT>()?)?;
        Ok(hasher)
    }

    fn hash(&mut self, password: &Password) -> Result<String, HashingError> {
        let salt = random::<16>()?;
        let params = self.params.clone();
        let output = self.digest(params, password, &salt)?;
        self.written(salt, &output)
    }

    fn check(&mut self, password: &Password, kept: Option<&str>) -> Result<Checked, HashingError> {
        let is_known = kept.is_some();
        let kept = PasswordHash::new(kept.unwrap_or(&self.nobody)).map_err(failed)?;
        let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
            return Err(failed("a kept hash is not whole"));
        };
        let params = Params::try_from(&kept).map_err(failed)?;
        if kept.algorithm != Algorithm::Argon2id.ident() || params.m_cost() > MOST_MEMORY_KIB {
            return Err(failed("a kept hash is not one of ours"));
        }
        let is_todays = params.m_cost() == self.params.m_cost()
            && params.t_cost() == self.params.t_cost()
            && params.p_cost() == self.params.p_cost();
        let found = self.digest(params, password, salt)?;
        let is_same = bool::from(found.as_slice().ct_eq(expected.as_bytes()));
        if !(is_same && is_known) {
            return Ok(Checked::Wrong);
        }
        let fresh = (!is_todays).then(|| self.hash(password)).transpose()?;
        Ok(Checked::Right { fresh })
    }

    fn digest(
        &mut self,
        params: Params,
        password: &Password,
        salt: &[u8],
    ) -> Result<[u8; OUTPUT], HashingError> {
        self.memory.resize(params.block_count(), Block::new());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut output = [0; OUTPUT];
        let hashed = argon2.hash_password_into_with_memory(
            password.expose().as_bytes(),
            salt,
            &mut output,
            &mut self.memory,
        );
        self.memory.fill(Block::new());
        hashed.map_err(failed)?;
        Ok(output)
    }

    /// A hash in the form that is kept: algorithm, parameters, salt and output in one text.
    fn written(&self, salt: [u8; 16], output: &[u8]) -> Result<String, HashingError> {
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params).map_err(failed)?,
            salt: Some(Salt::new(&salt).map_err(failed)?),
            hash: Some(Output::new(output).map_err(failed)?),
        };
        Ok(hash.to_string())
    }
}

fn random<const N: usize>() -> Result<[u8; N], HashingError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

fn failed(error: impl std::fmt::Display) -> HashingError {
    HashingError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn small() -> Settings {
        Settings {
            memory_kib: 64,
            passes: 1,
            ..Settings::default()
        }
    }

    fn password(text: &str) -> Password {
        Password::presented(text.into()).expect("short enough")
    }

    #[test]
    fn a_password_opens_what_it_closed_and_nothing_else_does() {
        let hashing = Hashing::start(&Settings::default()).expect("started");
        let kept = hashing.hash(&password("tramway orange")).expect("not busy");
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        let check = |text: &str, kept: Option<&str>| {
            hashing.check(&password(text), kept).expect("not busy")
        };
        assert_eq!(
            check("tramway orange", Some(&kept)),
            Checked::Right { fresh: None }
        );
        assert_eq!(check("tramway Orange", Some(&kept)), Checked::Wrong);
        assert_eq!(check("tramway orange", None), Checked::Wrong);
        let again = hashing.hash(&password("tramway orange")).expect("not busy");
        assert_ne!(kept, again, "salted");
    }

    #[test]
    fn a_hash_of_old_parameters_is_replaced_at_the_next_success() {
        let old = Hashing::start(&small()).expect("started");
        let kept = old.hash(&password("tramway orange")).expect("not busy");
        let settings = Settings {
            passes: 2,
            ..small()
        };
        let hashing = Hashing::start(&settings).expect("started");
        let checked = hashing.check(&password("tramway orange"), Some(&kept));
        let Ok(Checked::Right { fresh: Some(fresh) }) = checked else {
            panic!("{checked:?}");
        };
        assert!(fresh.contains("t=2"), "{fresh}");
        let checked = hashing.check(&password("tramway orange"), Some(&fresh));
        assert_eq!(checked, Ok(Checked::Right { fresh: None }));
        let checked = hashing.check(&password("another"), Some(&kept));
        assert_eq!(checked, Ok(Checked::Wrong));
    }

    #[test]
    fn a_crowd_is_told_to_come_back() {
        let settings = Settings {
            threads: 1,
            waiting: 1,
            ..Settings::default()
        };
        let hashing = Hashing::start(&settings).expect("started");
        let ask = || {
            for refused in 0.. {
                match hashing.check(&password("tramway orange"), None) {
                    Err(HashingError::Busy) => std::thread::sleep(Duration::from_millis(5)),
                    answer => return (refused, answer),
                }
            }
            unreachable!("asked without end")
        };
        let answers: Vec<(u32, _)> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().flat_map(|asked| asked.join()).collect()
        });
        let is_served = |(_, answer): &_| matches!(answer, Ok(Checked::Wrong));
        assert_eq!(answers.len(), 8);
        assert!(
            answers.iter().all(is_served),
            "who came back was served: {answers:?}"
        );
        assert!(
            answers.iter().any(|(refused, _)| *refused > 0),
            "{answers:?}"
        );
    }

    #[test]
    fn settings_that_cannot_work_are_told() {
        assert!(Settings::default().problems().is_empty());
        let wrong = Settings {
            memory_kib: 1,
            threads: 0,
            waiting: 0,
            ..Settings::default()
        };
        assert_eq!(wrong.problems().len(), 3);
    }
}
