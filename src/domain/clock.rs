//! Time as an argument, so that a ranking can be asked for any day.

use jiff::Timestamp;

/// Where a service takes the time from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still: for tests, and for evaluations that must give the same figures tomorrow.
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that a test sets, in seconds since 1970.
#[cfg(test)]
pub struct Moment(pub std::sync::atomic::AtomicI64);

#[cfg(test)]
impl Moment {
    pub fn at(second: i64) -> Self {
        Moment(second.into())
    }
}

#[cfg(test)]
impl Clock for Moment {
    fn now(&self) -> Timestamp {
        let second = self.0.load(std::sync::atomic::Ordering::SeqCst);
        Timestamp::from_second(second).expect("a second that a test chose")
    }
}
