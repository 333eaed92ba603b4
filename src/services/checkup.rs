//! Examines a data folder that no process has open: repairs what is safe to repair, explains the rest.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::check as index;
use crate::index_schema::IndexSchema;
use crate::ranking::weights::Weights;
use crate::services::links::LinkCounts;
use crate::store::check as store;
use crate::store::keyring::{KeySettings, Keyring};
use crate::store::tokens::OperatorTokens;
use crate::store::{Store, StoreError};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// store, links, people, keys, index or index-schema.
    pub place: String,
    pub state: State,
    /// What was found, and what to do about it.
    pub says: String,
}

/// How it is with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Good,
    Repaired,
    /// It would be repaired, but nothing was to be changed.
    Repairable,
    Trouble,
}

/// Troubles of one kind that are named; the others are counted.
const NAMED_TROUBLES: usize = 20;

/// The examination as it goes on.
struct Checkup<'a> {
    data: &'a Path,
    keys: &'a KeySettings,
    now: Timestamp,
    /// Tell, and change nothing.
    dry_run: bool,
    /// Keys of accounts, when all of them open.
    opened: Option<usize>,
    findings: Vec<Finding>,
}

/// Looks at everything in a data folder.
///
/// # Errors
/// [`StoreError::Locked`] while another process holds it: what is being written cannot be examined.
pub fn examine(
    data: &Path,
    schema: &Arc<IndexSchema>,
    keys: &KeySettings,
    now: Timestamp,
    dry_run: bool,
) -> Result<Vec<Finding>, StoreError> {
    let mut checkup = Checkup {
        data,
        keys,
        now,
        dry_run,
        opened: None,
        findings: Vec::new(),
    };
    checkup.ranking(schema);
    let keyring = checkup.keyring();
    let live = checkup.store(keyring.as_ref())?;
    checkup.operators();
    checkup.index(schema, live);
    Ok(checkup.findings)
}

impl Checkup<'_> {
    fn say(&mut self, place: &str, state: State, says: impl Into<String>) {
        self.findings.push(Finding {
            place: place.to_owned(),
            state,
            says: says.into(),
        });
    }

    /// Returns the number of resources and the last change, when the store can be read.
    fn store(&mut self, keyring: Option<&Keyring>) -> Result<Option<(u64, u64)>, StoreError> {
        let path = self.data.join("store");
        if !path.is_dir() {
            self.say("store", State::Trouble, "there is none here; `classo restore` makes one of a backup, `classo import` a new one");
            return Ok(None);
        }
        if !self.store_leftovers(&path)? {
            // sled would mend it by itself when it opens the store; what is only looked at stays as it is.
            return Ok(None);
        }
        let store = match Store::open(&path) {
            Ok(store) => store,
            Err(locked @ StoreError::Locked { .. }) => return Err(locked),
            Err(error) => {
                self.say("store", State::Trouble, error.to_string());
                return Ok(None);
            }
        };
        let check = match store.check() {
            Ok(check) => check,
            Err(error) => {
                self.say("store", State::Trouble, error.to_string());
                return Ok(None);
            }
        };
        let advice = "import the record again, or restore the last backup";
        self.troubles("store", &check.troubles, advice);
        if check.troubles.is_empty() {
            let says = format!(
                "{} resources and {} removed ones, all whole and in the journal",
                check.resources, check.removed
            );
            self.say("store", State::Good, says);
        }
        self.links(&store)?;
        if let Some(keyring) = keyring {
            self.people(&store, keyring)?;
        }
        Ok(Some((store.count_live()?, store.sequence())))
    }

    /// How the addresses stand; nothing when none was ever visited.
    fn links(&mut self, store: &Store) -> Result<(), StoreError> {
        let counts = LinkCounts::of(store.count_links()?);
        if counts.total() > 0 {
            let says = format!(
                "of {} addresses visited, {} are dead and {} failing; `/api/v1/admin/links` lists them",
                counts.total(),
                counts.dead,
                counts.failing
            );
            self.say("links", State::Good, says);
        }
        Ok(())
    }

    /// Troubles of one kind, and what to do about them.
    fn troubles(&mut self, place: &str, troubles: &[String], advice: &str) {
        for trouble in troubles.iter().take(NAMED_TROUBLES) {
            self.say(place, State::Trouble, format!("{trouble}; {advice}"));
        }
        if troubles.len() > NAMED_TROUBLES {
            let others = troubles.len() - NAMED_TROUBLES;
            let says = format!("{others} more troubles of this kind");
            self.say(place, State::Trouble, says);
        }
    }

    /// Whether a start could rank with the weights that there are.
    fn ranking(&mut self, schema: &IndexSchema) {
        let (texts, vocabularies) = (&schema.text_fields, &schema.vocabularies);
        if let Err(error) = Weights::parse(&schema.ranking, texts, vocabularies) {
            let says = format!("{error}; mend or remove the file, or nothing starts");
            self.say("index-schema", State::Trouble, says);
        }
    }

    /// The keyring, when there is one that can be read.
    fn keyring(&mut self) -> Option<Keyring> {
        let keyring = match Keyring::examine(&self.data.join("keys"), self.keys) {
            Ok(keyring) => keyring?,
            Err(error) => {
                self.say("keys", State::Trouble, error.to_string());
                return None;
            }
        };
        let (keys, troubles) = keyring.check();
        let advice = "put the copy of the keyring in its place, or the right master key";
        self.troubles("keys", &troubles, advice);
        if troubles.is_empty() {
            self.opened = Some(keys);
        }
        let behind = keyring.count_behind();
        if behind > 0 {
            let says = format!(
                "the copy of the keyring is behind in {behind} files; the next start, or `classo keys copy`, brings it in line"
            );
            self.say("keys", State::Repairable, says);
        }
        Some(keyring)
    }

    /// Whether the records about persons open.
    fn people(&mut self, store: &Store, keyring: &Keyring) -> Result<(), StoreError> {
        let (records, troubles) = store.check_sealed(keyring)?;
        let advice = "restore the last backup with the newest keyring";
        self.troubles("people", &troubles, advice);
        if troubles.is_empty() && records > 0 {
            let says = format!("{records} sealed records, each as its key left it");
            self.say("people", State::Good, says);
        }
        Ok(())
    }

    /// Says whether the store may be opened.
    fn store_leftovers(&mut self, path: &Path) -> Result<bool, StoreError> {
        let leftovers = store::leftovers(path)?;
        if leftovers.is_empty() {
            return Ok(true);
        }
        let what = "a file of a snapshot that a crash left unfinished";
        if self.dry_run {
            self.say(
                "store",
                State::Repairable,
                format!("{what}; without --dry-run it is removed, after a copy of the store"),
            );
            return Ok(false);
        }
        let copy = self
            .data
            .join(format!("store.before-repair-{}", self.now.as_second()));
        match store::remove_leftovers(path, &leftovers, &copy) {
            Ok(()) => self.say(
                "store",
                State::Repaired,
                format!(
                    "{what} was removed; the store as it was is in {}",
                    copy.display()
                ),
            ),
            Err(error) => self.say(
                "store",
                State::Trouble,
                format!("{what} cannot be removed: {error}"),
            ),
        }
        Ok(true)
    }

    fn operators(&mut self) {
        match OperatorTokens::new(self.data).list() {
            Ok(tokens) => {
                let expired = tokens.iter().filter(|token| token.expires_at <= self.now).count();
                let mut says = format!("{} operator tokens, {expired} of them expired", tokens.len());
                if let Some(keys) = self.opened {
                    says += &format!("; {keys} keys of accounts, all opened by the master key");
                }
                self.say("keys", State::Good, says);
            }
            Err(error) => self.say("keys", State::Trouble, format!("the operator tokens cannot be read: {error}; make new ones with `classo operator token`")),
        }
    }

    fn index(&mut self, schema: &Arc<IndexSchema>, live: Option<(u64, u64)>) {
        let folder = self.data.join("index");
        let check = index::check(&folder, schema);
        let mut faults = Vec::new();
        if check.unfinished > 0 {
            faults.push(format!(
                "{} generations that were not finished",
                check.unfinished
            ));
        }
        if let Some(damage) = &check.damage {
            faults.push(format!("the generation in use is damaged ({damage})"));
        }
        if !faults.is_empty() {
            let what = faults.join(", ");
            if self.dry_run {
                self.say(
                    "index",
                    State::Repairable,
                    format!("{what}; without --dry-run they are removed"),
                );
            } else if let Err(error) = index::repair(&folder, schema, &check) {
                self.say(
                    "index",
                    State::Trouble,
                    format!("{what}; {error}: delete the folder {}", folder.display()),
                );
            } else {
                self.say(
                    "index",
                    State::Repaired,
                    format!("{what}: removed; what is missing is built at the next start"),
                );
            }
        }
        match (&check.generation, live) {
            _ if check.damage.is_some() => {}
            (None, _) => self.say(
                "index",
                State::Good,
                "there is none; the next start builds it from the store",
            ),
            (Some(_), _) if check.is_outdated => self.say(
                "index",
                State::Good,
                "it was made from another index-schema; the next start builds a fresh one",
            ),
            (Some(_), Some((resources, sequence)))
                if check.sequence == sequence && check.resources != resources =>
            {
                let says = format!(
                    "it has {} resources, the store {resources}; run `classo reindex`",
                    check.resources
                );
                self.say("index", State::Trouble, says);
            }
            (Some(name), live) => {
                let mut says = format!(
                    "{name}: {} resources up to change {}, every checksum fits",
                    check.resources, check.sequence
                );
                let behind = live.filter(|(_, sequence)| *sequence > check.sequence);
                if let Some((_, sequence)) = behind {
                    says +=
                        &format!("; the store is at change {sequence}, and the next start goes on");
                }
                self.say("index", State::Good, says);
            }
        }
    }
}
