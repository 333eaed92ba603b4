//! One round of visits: many sites at a time, each site one visit at a time with a pause after it.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Url;

use super::robots::Robots;
use super::visit::{Manners, Visitor};
use crate::domain::resource::ResourceId;

/// An address to visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    pub id: ResourceId,
    pub url: String,
}

/// How often a site may say that it is too soon, before what is left of it waits for another round.
const MOST_REFUSALS: u32 = 3;

/// The first pause after a refusal that names none; it doubles.
const FIRST_REST: Duration = Duration::from_secs(5);

/// The longest pause that a round waits for.
const LONGEST_REST: Duration = Duration::from_secs(120);

/// The errands of a round, by site.
pub struct Round {
    sites: Mutex<Sites>,
    freed: Condvar,
    delay: Duration,
    manners: Mutex<HashMap<String, Arc<Site>>>,
}

#[derive(Default)]
struct Sites {
    waiting: BTreeMap<String, Waiting>,
    /// Sites that somebody visits now.
    busy: usize,
    postponed: u64,
}

struct Waiting {
    errands: VecDeque<Errand>,
    ready: Instant,
    refusals: u32,
}

/// A site's turn and rules. Its lock is held during a request: one at a time.
#[derive(Default)]
struct Site {
    last: Mutex<Option<Instant>>,
    robots: Mutex<Option<Arc<Robots>>>,
}

/// An errand that somebody took on, with what its site had to say so far.
pub struct Taken {
    pub errand: Errand,
    site: String,
    rest: Waiting,
}

impl Round {
    /// Errands by site; `delay` lies between two visits to one.
    pub fn new(errands: Vec<Errand>, delay: Duration) -> Self {
        let mut sites = Sites::default();
        for errand in errands {
            let waiting = sites.waiting.entry(site_of(&errand.url));
            let waiting = waiting.or_insert_with(|| Waiting {
                errands: VecDeque::new(),
                ready: Instant::now(),
                refusals: 0,
            });
            waiting.errands.push_back(errand);
        }
        Round {
            sites: Mutex::new(sites),
            freed: Condvar::new(),
            delay,
            manners: Mutex::default(),
        }
    }

    /// The next errand whose site may be visited, waiting for one for `patience` at most. Nothing when there is none yet;
    /// see [`Round::is_over`].
    pub fn take(&self, patience: Duration) -> Option<Taken> {
        let mut sites = lock(&self.sites);
        let now = Instant::now();
        let next = sites
            .waiting
            .iter()
            .min_by_key(|(_, waiting)| waiting.ready);
        match next.map(|(site, waiting)| (site.clone(), waiting.ready)) {
            Some((site, ready)) if ready <= now => {
                let mut rest = sites.waiting.remove(&site)?;
                let errand = rest.errands.pop_front()?;
                sites.busy += 1;
                Some(Taken { errand, site, rest })
            }
            next => {
                let wait = next.map_or(patience, |(_, ready)| (ready - now).min(patience));
                let _ = self.freed.wait_timeout(sites, wait);
                None
            }
        }
    }

    /// Whether nothing is left to do, nor being done.
    pub fn is_over(&self) -> bool {
        let sites = lock(&self.sites);
        sites.waiting.is_empty() && sites.busy == 0
    }

    /// An errand is done; its site gets its pause.
    pub fn done(&self, taken: Taken) {
        let site = lock(&self.manners).get(&taken.site).cloned();
        let pause = site.map_or(self.delay, |site| self.pause(&site));
        self.put_back(taken.site, taken.rest, pause);
    }

    /// The site wants to be left alone for a while; says whether the errand waits for it in this round.
    pub fn too_soon(&self, mut taken: Taken, after: Option<Duration>) -> bool {
        let refusals = taken.rest.refusals;
        let rest = after.unwrap_or(FIRST_REST * 2_u32.pow(refusals.min(10)));
        if refusals + 1 >= MOST_REFUSALS || rest > LONGEST_REST {
            let mut sites = lock(&self.sites);
            sites.postponed += taken.rest.errands.len() as u64 + 1;
            sites.busy -= 1;
            self.freed.notify_all();
            return false;
        }
        taken.rest.refusals += 1;
        taken.rest.errands.push_front(taken.errand);
        self.put_back(taken.site, taken.rest, rest.max(self.delay));
        true
    }

    /// Errands left for another round.
    pub fn postponed(&self) -> u64 {
        lock(&self.sites).postponed
    }

    fn put_back(&self, site: String, mut waiting: Waiting, pause: Duration) {
        let mut sites = lock(&self.sites);
        sites.busy -= 1;
        if !waiting.errands.is_empty() {
            waiting.ready = Instant::now() + pause;
            sites.waiting.insert(site, waiting);
        }
        self.freed.notify_all();
    }

    /// Ours, or the longer one that the site asks for.
    fn pause(&self, site: &Site) -> Duration {
        let wanted = lock(&site.robots).as_ref().and_then(|robots| robots.delay);
        wanted.map_or(self.delay, |wanted| wanted.max(self.delay))
    }

    fn site(&self, url: &Url) -> Arc<Site> {
        let mut sites = lock(&self.manners);
        Arc::clone(sites.entry(site_of(url.as_str())).or_default())
    }
}

impl Manners for Round {
    fn ask<T>(&self, url: &Url, ask: impl FnOnce() -> T) -> T {
        let site = self.site(url);
        let delay = self.pause(&site);
        let mut last = lock(&site.last);
        if let Some(last) = *last {
            std::thread::sleep(delay.saturating_sub(last.elapsed()));
        }
        let answer = ask();
        *last = Some(Instant::now());
        answer
    }

    fn allow(&self, visitor: &Visitor, url: &Url) -> bool {
        let site = self.site(url);
        let known = lock(&site.robots).clone();
        let robots = known.unwrap_or_else(|| {
            let read = Arc::new(visitor.robots(url, self));
            Arc::clone(lock(&site.robots).get_or_insert(read))
        });
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        robots.allow(&path)
    }
}

/// Scheme, host and port: what has rules of its own. Addresses that cannot be read are a site of their own.
fn site_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
