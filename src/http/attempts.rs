//! How often something may be tried: a password, a code, a letter to somebody's address.
//!
//! Each kind is counted for the caller's address, for the account, and for both together. The last is the narrowest: whoever
//! guesses from one place is stopped before the person who signs in from another notices. An account is whatever text names
//! it, whether it exists or not, so that a limit tells nothing either. What is kept is a keyed hash and a time for each; when
//! there are too many at once, newcomers share places, and memory does not grow.

use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use serde::Deserialize;

use super::caller::Caller;
use super::error::ApiError;

/// So many at once, then so many an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Allowance {
    pub at_once: NonZeroU32,
    pub an_hour: NonZeroU32,
}

/// The allowances of all kinds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Attempts from one address, whatever the account: a whole school may stand behind one.
    pub address: Allowance,
    /// Passwords for one account from one address.
    pub password_from_address: Allowance,
    /// Passwords for one account, from everywhere.
    pub password: Allowance,
    /// Codes of the second factor for one account, from everywhere: there are only a million.
    pub code: Allowance,
    /// Letters that one address can cause to be sent, whomever they go to: one mailbox has many e-mail addresses.
    pub letters_from_address: Allowance,
    /// Letters that visitors can cause to be sent to one e-mail address.
    pub letter: Allowance,
}

const fn allowance(at_once: u32, an_hour: u32) -> Allowance {
    let (Some(at_once), Some(an_hour)) = (NonZeroU32::new(at_once), NonZeroU32::new(an_hour))
    else {
        panic!("an allowance is never nothing")
    };
    Allowance { at_once, an_hour }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            address: allowance(100, 1_000),
            password_from_address: allowance(10, 30),
            password: allowance(50, 100),
            code: allowance(10, 10),
            letters_from_address: allowance(50, 100),
            letter: allowance(5, 10),
        }
    }
}

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    Password,
    Code,
    Letter,
}

/// Counts attempts.
pub struct Attempts {
    address: Limit<DefaultClock>,
    password_from_address: Limit<DefaultClock>,
    password: Limit<DefaultClock>,
    code: Limit<DefaultClock>,
    letters_from_address: Limit<DefaultClock>,
    letter: Limit<DefaultClock>,
}

impl Attempts {
    pub fn new(settings: &Settings) -> Self {
        let limit = |allowance| Limit::new(allowance, MOST_KEYS, DefaultClock::default());
        Attempts {
            address: limit(settings.address),
            password_from_address: limit(settings.password_from_address),
            password: limit(settings.password),
            code: limit(settings.code),
            letters_from_address: limit(settings.letters_from_address),
            letter: limit(settings.letter),
        }
    }

    /// Counts one, before anything is done about it. `account` is the e-mail address in the form in which it is looked up,
    /// or an account's id.
    ///
    /// # Errors
    /// `ApiError::TooMany`, with the time to wait.
    pub fn count(&self, attempt: Attempt, caller: Caller, account: &str) -> Result<(), ApiError> {
        self.address.count(&caller)?;
        match attempt {
            Attempt::Password => {
                self.password_from_address.count(&(caller, account))?;
                self.password.count(&account)
            }
            Attempt::Code => self.code.count(&account),
            Attempt::Letter => {
                self.letters_from_address.count(&caller)?;
                self.letter.count(&account)
            }
        }
    }
}

/// Keys that one limit remembers; each takes some 40 bytes.
const MOST_KEYS: usize = 100_000;

/// Places that newcomers share when there are more.
const SHARED_PLACES: u64 = 1_024;

struct Limit<C: Clock> {
    limiter: RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    keyed: RandomState,
    most_keys: usize,
    /// When keys whose time is over were last taken out.
    swept: Mutex<C::Instant>,
}

/// How often that is done at most: it looks at every key.
const SWEEP: Duration = Duration::from_secs(1);

impl<C: Clock + Clone> Limit<C> {
    fn new(allowance: Allowance, most_keys: usize, clock: C) -> Self {
        let pause = Duration::from_secs(3_600) / allowance.an_hour.get();
        // At most four thousand million an hour: never a pause of nothing.
        let quota =
            Quota::with_period(pause).expect("a pause of at least some hundred nanoseconds");
        let quota = quota.allow_burst(allowance.at_once);
        Limit {
            limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()),
            swept: Mutex::new(clock.now()),
            clock,
            keyed: RandomState::new(),
            most_keys,
        }
    }

    fn count(&self, key: &impl Hash) -> Result<(), ApiError> {
        let mut key = self.keyed.hash_one(key);
        if self.limiter.len() >= self.most_keys && !self.sweep() {
            key %= SHARED_PLACES;
        }
        self.limiter
            .check_key(&key)
            .map_err(|until| ApiError::TooMany(until.wait_time_from(self.clock.now())))
    }

    /// Takes out keys whose time is over; whether there is room now.
    fn sweep(&self) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        if now.duration_since(*swept) >= SWEEP.into() {
            *swept = now;
            self.limiter.retain_recent();
        }
        self.limiter.len() < self.most_keys
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn caller(last: u8) -> Caller {
        Caller(Some([192, 0, 2, last].into()))
    }

    fn passed(attempts: &Attempts, attempt: Attempt, callers: u8, tries: usize) -> usize {
        let from = |n: usize| caller((n % usize::from(callers)) as u8);
        (0..tries)
            .filter(|n| {
                attempts
                    .count(attempt, from(*n), "lucie@ecole.example")
                    .is_ok()
            })
            .count()
    }

    #[test]
    fn a_thousand_guesses_are_stopped_from_one_place_and_from_many() {
        let attempts = Attempts::new(&Settings::default());
        assert_eq!(passed(&attempts, Attempt::Password, 1, 1_000), 10);
        let elsewhere = attempts.count(Attempt::Password, caller(99), "lucie@ecole.example");
        assert!(elsewhere.is_ok(), "the person is not locked out");
        let attempts = Attempts::new(&Settings::default());
        assert_eq!(passed(&attempts, Attempt::Password, 250, 1_000), 50);
        assert_eq!(passed(&attempts, Attempt::Code, 250, 1_000), 10);
        assert_eq!(passed(&attempts, Attempt::Letter, 250, 1_000), 5);
        let other = attempts.count(Attempt::Letter, caller(1), "marc@ecole.example");
        assert!(other.is_ok());
    }

    #[test]
    fn one_place_sends_no_flood_of_letters_to_many_addresses() {
        let attempts = Attempts::new(&Settings::default());
        let sent = |place: u8| {
            let letter = |n: &usize| {
                let to = format!("lucie+{n}@ecole.example");
                attempts.count(Attempt::Letter, caller(place), &to).is_ok()
            };
            (0..90).filter(letter).count()
        };
        assert_eq!((sent(1), sent(2)), (50, 50));
    }

    #[test]
    fn who_waits_as_long_as_was_said_may_try_again() {
        let clock = FakeRelativeClock::default();
        let limit = Limit::new(allowance(2, 60), 100, clock.clone());
        assert!(limit.count(&1).is_ok() && limit.count(&1).is_ok());
        let Err(ApiError::TooMany(wait)) = limit.count(&1) else {
            panic!("two at once")
        };
        assert_eq!(wait.as_secs(), 60);
        clock.advance(wait - Duration::from_secs(1));
        assert!(limit.count(&1).is_err());
        clock.advance(Duration::from_secs(1));
        assert!(limit.count(&1).is_ok());
    }

    #[test]
    fn memory_does_not_grow_with_callers_and_is_given_back() {
        let clock = FakeRelativeClock::default();
        let limit = Limit::new(allowance(1, 60), 500, clock.clone());
        let passed = (0..100_000).filter(|n| limit.count(n).is_ok()).count();
        assert!(limit.limiter.len() <= 500 + SHARED_PLACES as usize);
        assert!(passed >= 500, "{passed}");
        clock.advance(Duration::from_secs(120));
        assert!(limit.count(&100_001).is_ok());
        assert_eq!(limit.limiter.len(), 1);
    }
}
