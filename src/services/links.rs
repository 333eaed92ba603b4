//! Visits the addresses of resources now and then, and remembers which of them still answer.
//!
//! Politely: one visit to a site at a time with a pause after it, by the rules of its robots.txt, under a name that says
//! who visits; a site that asks for a rest gets it. Each finding is on disk before the next visit to the site, so a round
//! that is interrupted goes on where it was. See [`crate::domain::link`] for what findings mean.

mod guard;
mod robots;
mod round;
mod visit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::guard::Guard;
use self::round::{Errand, Round};
use self::visit::{Visit, Visitor};
use super::tasks::Work;
use super::{ServiceError, must_operate};
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::domain::link::{LinkHealth, LinkState};
use crate::domain::resource::{Resource, ResourceId};
use crate::store::{Store, Stored};

/// Visits addresses, and tells how they stand.
pub struct Links {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

/// How a round is done.
#[derive(Debug, Clone)]
pub struct RoundSettings {
    /// Addresses that were visited within so many days are left out; failing ones are visited every day.
    pub older_than_days: u32,
    /// Addresses to visit at most; those that were not visited for the longest time first.
    pub limit: Option<usize>,
    /// The pause after a visit, for each site.
    pub delay: Duration,
    /// How long an address may take to answer.
    pub patience: Duration,
    /// Whether addresses of private networks, this machine included, may be visited.
    pub allow_private: bool,
    /// How the owner of a site reaches whoever sends the visits.
    pub contact: Option<String>,
}

impl Default for RoundSettings {
    fn default() -> Self {
        RoundSettings {
            older_than_days: 7,
            limit: None,
            delay: Duration::from_secs(2),
            patience: Duration::from_secs(20),
            allow_private: false,
            contact: None,
        }
    }
}

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundReport {
    pub visited: u64,
    /// How the visited ones stand.
    pub states: LinkCounts,
    /// Left for another round: their sites asked for a rest.
    pub postponed: u64,
    /// Addresses that were visited lately.
    pub recent: u64,
    /// Resources without an address.
    pub without_address: u64,
}

/// How many addresses are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkCounts {
    pub ok: u64,
    pub redirected: u64,
    pub unclear: u64,
    pub failing: u64,
    pub dead: u64,
    pub recovered: u64,
}

impl LinkCounts {
    /// Counts in the order of [`LinkState::ALL`].
    pub fn of(counts: [u64; LinkState::ALL.len()]) -> Self {
        let [ok, redirected, unclear, failing, dead, recovered] = counts;
        LinkCounts {
            ok,
            redirected,
            unclear,
            failing,
            dead,
            recovered,
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.ok + self.redirected + self.unclear + self.failing + self.dead + self.recovered
    }
}

/// An address with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownLink {
    pub id: ResourceId,
    #[serde(flatten)]
    pub health: LinkHealth,
}

/// Sites that are visited at a time.
const VISITORS: usize = 8;

/// How often somebody who waits for a site's turn looks whether the round was cancelled.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Failing addresses are visited again after this time, whatever the age that a round asks for.
const FAILING_AGAIN: SignedDuration = SignedDuration::from_hours(20);

/// What one round shares between its visitors.
struct Tour<'a> {
    links: &'a Links,
    round: Round,
    visited: AtomicU64,
    states: [AtomicU64; LinkState::ALL.len()],
    total: u64,
    /// Whether a visitor could not write down what it found: then nobody goes on.
    has_failed: AtomicBool,
}

impl Links {
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Links { store, clock }
    }

    /// Visits every address whose turn it is.
    ///
    /// # Errors
    /// [`ServiceError::Cancelled`] when it was cancelled; what was found until then stays.
    pub fn check(
        &self,
        actor: &Actor,
        settings: &RoundSettings,
        work: &Work,
    ) -> Result<RoundReport, ServiceError> {
        must_operate(actor)?;
        let mut report = RoundReport::default();
        let errands = self.errands(settings, &mut report)?;
        let total = errands.len() as u64;
        work.at(0, Some(total));
        let tour = Tour {
            links: self,
            round: Round::new(errands, settings.delay),
            visited: AtomicU64::new(0),
            states: Default::default(),
            total,
            has_failed: AtomicBool::new(false),
        };
        let visitors = (0..VISITORS.min(total as usize))
            .map(|_| visitor(settings))
            .collect::<Result<Vec<_>, _>>()?;
        std::thread::scope(|scope| {
            let threads = visitors
                .iter()
                .map(|visitor| scope.spawn(|| tour.go(visitor, work)));
            let threads: Vec<_> = threads.collect();
            let mut results = threads.into_iter().map(|thread| {
                let panicked =
                    |_| ServiceError::Source(std::io::Error::other("a visitor panicked"));
                thread.join().map_err(panicked)?
            });
            results.try_for_each(|result| result)
        })?;
        if work.is_cancelled() {
            return Err(ServiceError::Cancelled);
        }
        report.visited = tour.visited.into_inner();
        report.states = LinkCounts::of(tour.states.map(AtomicU64::into_inner));
        report.postponed = tour.round.postponed();
        Ok(report)
    }

    /// How many addresses are in each state.
    pub fn counts(&self, actor: &Actor) -> Result<LinkCounts, ServiceError> {
        must_operate(actor)?;
        Ok(LinkCounts::of(self.store.count_links()?))
    }

    /// Addresses, of one state or of all, in the order of the ids.
    pub fn list(
        &self,
        actor: &Actor,
        state: Option<LinkState>,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<KnownLink>, ServiceError> {
        must_operate(actor)?;
        let links = self.store.links().filter(|link| {
            let wanted =
                |(_, health): &(_, LinkHealth)| state.is_none_or(|state| state == health.state);
            link.as_ref().map_or(true, wanted)
        });
        links
            .skip(offset)
            .take(limit)
            .map(|link| {
                let (id, health) = link?;
                Ok(KnownLink { id, health })
            })
            .collect()
    }

    /// The addresses whose turn it is; what is known of resources that are no more is forgotten.
    fn errands(
        &self,
        settings: &RoundSettings,
        report: &mut RoundReport,
    ) -> Result<Vec<Errand>, ServiceError> {
        for link in self.store.links() {
            let (id, _) = link?;
            if !matches!(self.store.find_resource(&id)?, Some(Stored::Live(_))) {
                self.store.forget_link(&id)?;
            }
        }
        let now = self.clock.now();
        let mut due: Vec<(Option<Timestamp>, Errand)> = Vec::new();
        for resource in self.store.resources() {
            let Resource { id, url, .. } = resource?;
            let Some(url) = url else {
                report.without_address += 1;
                continue;
            };
            let known = self.store.find_link(&id)?.filter(|known| known.url == url);
            if known
                .as_ref()
                .is_some_and(|known| is_recent(known, now, settings.older_than_days))
            {
                report.recent += 1;
                continue;
            }
            due.push((known.map(|known| known.checked_at), Errand { id, url }));
        }
        due.sort_by_key(|(checked_at, _)| *checked_at);
        due.truncate(settings.limit.unwrap_or(usize::MAX));
        Ok(due.into_iter().map(|(_, errand)| errand).collect())
    }
}

/// Whether a visit would come too early to tell anything new.
fn is_recent(known: &LinkHealth, now: Timestamp, older_than_days: u32) -> bool {
    let asked = SignedDuration::from_hours(24 * i64::from(older_than_days));
    let age = match known.state {
        LinkState::Failing => asked.min(FAILING_AGAIN),
        _ => asked,
    };
    now.duration_since(known.checked_at) < age
}

fn visitor(settings: &RoundSettings) -> Result<Visitor, ServiceError> {
    let version = env!("CARGO_PKG_VERSION");
    let contact = match &settings.contact {
        Some(contact) => format!("; contact: {contact}"),
        None => String::new(),
    };
    let agent = format!(
        "{}/{version} (checks the links of a catalogue of teaching resources{contact})",
        robots::PRODUCT
    );
    let guard = Guard {
        allow_private: settings.allow_private,
    };
    Visitor::new(&agent, guard, settings.patience)
        .map_err(|error| ServiceError::Source(std::io::Error::other(error)))
}

impl Tour<'_> {
    /// Runs errands until there are none.
    fn go(&self, visitor: &Visitor, work: &Work) -> Result<(), ServiceError> {
        let is_over = || self.has_failed.load(Ordering::Relaxed) || self.round.is_over();
        while !work.is_cancelled() && !is_over() {
            let Some(taken) = self.round.take(LOOK_EVERY) else {
                continue;
            };
            match visitor.visit(&taken.errand.url, &self.round) {
                Visit::TooSoon { after } => {
                    self.round.too_soon(taken, after);
                }
                Visit::Found(finding) => {
                    let Errand { id, url } = &taken.errand;
                    let noted = self.note(id, url, finding);
                    self.round.done(taken);
                    noted.inspect_err(|_| self.has_failed.store(true, Ordering::Relaxed))?;
                    let visited = self.visited.fetch_add(1, Ordering::Relaxed) + 1;
                    work.at(visited, Some(self.total));
                }
            }
        }
        Ok(())
    }

    fn note(
        &self,
        id: &ResourceId,
        url: &str,
        finding: crate::domain::link::Finding,
    ) -> Result<(), ServiceError> {
        let Links { store, clock } = self.links;
        let before = store.find_link(id)?;
        let after = LinkHealth::after(before.as_ref(), url, finding, clock.now());
        store.put_link(id, &after)?;
        self.states[after.state as usize].fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
