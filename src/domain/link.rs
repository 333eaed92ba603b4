//! Whether a resource's address still answers, as far as repeated visits tell.
//!
//! One failure is no death: servers rest at night. Only failures that lie days apart count towards it, and one answer
//! brings an address back.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How an address stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// It answers.
    Ok,
    /// It answers from another address, for good.
    Redirected,
    /// Its site lets no program look, or refuses for the moment: nothing is known.
    Unclear,
    /// It failed, but not often enough to be given up.
    Failing,
    /// It failed several times, days apart.
    Dead,
    /// It failed, and answers again.
    Recovered,
}

impl LinkState {
    pub const ALL: [LinkState; 6] = [
        LinkState::Ok,
        LinkState::Redirected,
        LinkState::Unclear,
        LinkState::Failing,
        LinkState::Dead,
        LinkState::Recovered,
    ];

    pub fn name(self) -> &'static str {
        match self {
            LinkState::Ok => "ok",
            LinkState::Redirected => "redirected",
            LinkState::Unclear => "unclear",
            LinkState::Failing => "failing",
            LinkState::Dead => "dead",
            LinkState::Recovered => "recovered",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        LinkState::ALL
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// What one visit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Answers {
        status: u16,
    },
    /// It answers at `to`, and every step there said that this is for good.
    Moved {
        status: u16,
        to: String,
    },
    /// There is no page, or nobody answers.
    Fails {
        status: Option<u16>,
        reason: String,
    },
    /// The site does not let us see.
    Unclear {
        status: Option<u16>,
        reason: String,
    },
}

/// What is known of a resource's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkHealth {
    /// The address that was visited: with another one, nothing is known yet.
    pub url: String,
    pub state: LinkState,
    pub checked_at: Timestamp,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// Failures in a row that count: each days after the one before.
    #[serde(default)]
    pub failures: u8,
    /// When the last of them was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// The last status, when there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Where it has moved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// Why it fails, or why nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Failures that make an address dead.
pub const DEADLY_FAILURES: u8 = 3;

/// How far apart failures must lie to count one by one.
pub const APART: SignedDuration = SignedDuration::from_hours(48);

impl LinkHealth {
    /// What is known after a visit, given what was known before of the same address.
    pub fn after(
        before: Option<&LinkHealth>,
        url: &str,
        finding: Finding,
        now: Timestamp,
    ) -> LinkHealth {
        let before = before.filter(|before| before.url == url);
        let failed_before = before.is_some_and(|before| before.failures > 0);
        let mut after = LinkHealth {
            url: url.to_owned(),
            state: LinkState::Ok,
            checked_at: now,
            since: now,
            failures: 0,
            failed_at: None,
            status: None,
            moved_to: None,
            reason: None,
        };
        match finding {
            Finding::Answers { status } => {
                after.status = Some(status);
                if failed_before {
                    after.state = LinkState::Recovered;
                }
            }
            Finding::Moved { status, to } => {
                after.status = Some(status);
                after.moved_to = Some(to);
                after.state = LinkState::Redirected;
            }
            Finding::Fails { status, reason } => {
                let counts = before
                    .and_then(|before| before.failed_at)
                    .is_none_or(|last| now.duration_since(last) >= APART);
                let failures = before.map_or(0, |before| before.failures);
                after.failures = failures.saturating_add(u8::from(counts));
                after.failed_at = match counts {
                    true => Some(now),
                    false => before.and_then(|before| before.failed_at),
                };
                after.status = status;
                after.reason = Some(reason);
                after.state = match after.failures {
                    DEADLY_FAILURES.. => LinkState::Dead,
                    _ => LinkState::Failing,
                };
            }
            Finding::Unclear { status, reason } => {
                // What is not seen changes nothing that was seen.
                if let Some(before) = before {
                    after.state = before.state;
                    after.failures = before.failures;
                    after.failed_at = before.failed_at;
                    after.moved_to.clone_from(&before.moved_to);
                } else {
                    after.state = LinkState::Unclear;
                }
                after.status = status;
                after.reason = Some(reason);
            }
        }
        if let Some(before) = before.filter(|before| before.state == after.state) {
            after.since = before.since;
        }
        after
    }

    pub fn is_dead(&self) -> bool {
        self.state == LinkState::Dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(findings: &[(i64, Finding)]) -> Vec<LinkState> {
        let mut known: Option<LinkHealth> = None;
        let visits = findings.iter().map(|(hours, finding)| {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(*hours);
            let after = LinkHealth::after(known.as_ref(), "https://a.org", finding.clone(), now);
            known = Some(after.clone());
            after.state
        });
        visits.collect()
    }

    fn fails() -> Finding {
        Finding::Fails {
            status: Some(404),
            reason: "404".into(),
        }
    }

    fn answers() -> Finding {
        Finding::Answers { status: 200 }
    }

    #[test]
    fn an_address_dies_of_failures_days_apart_and_of_nothing_else() {
        use LinkState::{Dead, Failing, Ok, Recovered};
        let within_a_day: Vec<_> = (0..20).map(|hour| (hour, fails())).collect();
        assert_eq!(states(&within_a_day), vec![Failing; 20]);
        let unclear = Finding::Unclear {
            status: Some(403),
            reason: "403".into(),
        };
        let seen = states(&[
            (0, answers()),
            (24, fails()),
            (48, fails()),
            (72, fails()),
            (96, unclear.clone()),
            (120, fails()),
            (121, unclear),
            (144, answers()),
            (168, answers()),
            (192, fails()),
        ]);
        assert_eq!(
            seen,
            [
                Ok, Failing, Failing, Failing, Failing, Dead, Dead, Recovered, Ok, Failing
            ]
        );
    }

    #[test]
    fn another_address_begins_anew() {
        let now = Timestamp::UNIX_EPOCH;
        let mut known = LinkHealth::after(None, "https://a.org", fails(), now);
        known.failures = DEADLY_FAILURES;
        known.state = LinkState::Dead;
        let after = LinkHealth::after(Some(&known), "https://b.org", fails(), now);
        assert_eq!((after.state, after.failures), (LinkState::Failing, 1));
    }
}
