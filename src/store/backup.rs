//! Backups: what the store holds at one moment, as lines of text that say themselves whether they are whole.
//!
//! A backup is UTF-8, one JSON object a line; README tells the format to operators.
//!
//! 1. the [`Header`]: format, which store, from where in the journal;
//! 2. an entry for each change after that, oldest first: the record, the id it leads to, or neither for a removal;
//! 3. every record about a person, sealed as the vault keeps it ([`SealedRecord`]);
//! 4. the [`Footer`]: up to where, how many entries, the SHA-256 of every byte before it.
//!
//! Nothing stands still while it is written. The journal has one entry for each resource, its latest; a record that
//! changed since its entry was read is passed over, since its new entry lies further on. When nothing is left, what was
//! written is the store at the last number. `in` names the collection of an entry. What is about persons is whole in every
//! backup, whatever it goes on from: nothing numbers its changes, and of a chain only the newest counts.

use std::io::{self, BufRead, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::vault::Vault;
use super::vault::sealed::SealedRecord;
use super::write::Content;
use super::{Store, StoreError};
use crate::domain::resource::{Resource, ResourceId};

/// The version this program writes, and the newest it reads. Version 2 knows ids that lead to another, version 3 records
/// about persons: who reads older ones alone would lose them.
pub const FORMAT: u32 = 3;

/// The collection of resources.
const CATALOGUE: &str = "catalogue";

/// The collection of what is about persons.
const PEOPLE: &str = "people";

/// Changes that are read from the journal at once.
const STEP_CHANGES: usize = 1_000;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub classo_backup: u32,
    /// Which store it is of: numbers of another one mean something else.
    pub store: String,
    /// Only what changed after this number is in it; 0 for everything.
    pub after: u64,
    pub made_at: Timestamp,
    pub collections: Vec<String>,
}

/// One entry.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    #[serde(rename = "in")]
    collection: std::borrow::Cow<'a, str>,
    seq: u64,
    id: std::borrow::Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    record: Option<&'a RawValue>,
    /// The resource that this one was merged into.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    moved_to: Option<std::borrow::Cow<'a, str>>,
}

/// A record about a person: its place in the store and its ciphertext, both in base64.
#[derive(Serialize, Deserialize)]
struct SealedLine<'a> {
    #[serde(rename = "in")]
    collection: std::borrow::Cow<'a, str>,
    key: String,
    sealed: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// The number the store stood at.
    pub end: u64,
    /// Changes of the catalogue.
    pub entries: u64,
    /// Nothing in a backup of a version that had no persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<PeopleSum>,
    /// Of every byte before this line, in hexadecimal digits.
    pub sha256: String,
}

/// What a backup has about persons: two with the same sum have the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleSum {
    pub records: u64,
    /// Of their lines, in hexadecimal digits.
    pub sha256: String,
}

/// What a backup is, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    pub header: Header,
    pub footer: Footer,
}

/// A change as a backup holds it; without JSON for a removal, and for a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupEntry {
    pub id: ResourceId,
    pub sequence: u64,
    pub json: Option<Vec<u8>>,
    pub moved_to: Option<ResourceId>,
}

/// One thing that a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupItem {
    Entry(BackupEntry),
    Sealed(SealedRecord),
}

/// Why a backup cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is no backup of classo")]
    NoBackup,
    #[error("it has format {0}, made by a newer classo; this one reads up to {FORMAT}")]
    Newer(u32),
    #[error("it is cut short: its last line is missing, so the backup did not end well")]
    Cut,
    #[error("its checksum does not fit: it is damaged")]
    Checksum,
    #[error("line {line}: {reason}")]
    Line { line: u64, reason: String },
    #[error("it was cancelled")]
    Cancelled,
}

impl Store {
    /// Writes what changed after a number, and everything of the vault; `watch` hears how many lines are written and says
    /// whether to go on.
    pub fn back_up(
        &self,
        vault: &Vault,
        after: u64,
        made_at: Timestamp,
        into: impl Write,
        mut watch: impl FnMut(u64) -> bool,
    ) -> Result<BackupSummary, BackupError> {
        let mut into = Hashing {
            inner: into,
            digest: Sha256::new(),
        };
        let header = Header {
            classo_backup: FORMAT,
            store: self.identity()?,
            after,
            made_at,
            collections: vec![CATALOGUE.to_owned(), PEOPLE.to_owned()],
        };
        into.line(&header)?;
        let (mut end, mut entries) = (after, 0);
        loop {
            let changes = self.changes_after(end, STEP_CHANGES)?;
            let Some(last) = changes.last() else { break };
            end = last.sequence;
            for change in changes {
                let Some(entry) = self.find_entry(&change.id)? else {
                    continue;
                };
                if entry.sequence == change.sequence {
                    into.line(&entry.line()?)?;
                    entries += 1;
                }
            }
            if !watch(entries) {
                return Err(BackupError::Cancelled);
            }
        }
        let people = back_up_people(vault, &mut into, |records| watch(entries + records))?;
        let footer = Footer {
            end,
            entries,
            people: Some(people),
            sha256: into.sum(),
        };
        into.line(&footer)?;
        into.inner.flush()?;
        Ok(BackupSummary { header, footer })
    }
}

/// The records of each person are those of one moment, since nobody writes to a person who is held.
fn back_up_people(
    vault: &Vault,
    into: &mut Hashing<impl Write>,
    mut watch: impl FnMut(u64) -> bool,
) -> Result<PeopleSum, BackupError> {
    let (mut records, mut digest) = (0, Sha256::new());
    for first in 0..=u8::MAX {
        for record in vault.sealed_records(first)? {
            digest.update(into.line(&SealedLine::of(&record))?);
            records += 1;
        }
        if !watch(records) {
            return Err(BackupError::Cancelled);
        }
    }
    Ok(PeopleSum {
        records,
        sha256: hex(&digest.finalize()),
    })
}

impl SealedLine<'_> {
    fn of(record: &SealedRecord) -> Self {
        SealedLine {
            collection: PEOPLE.into(),
            key: BASE64.encode(&record.key),
            sealed: BASE64.encode(&record.sealed),
        }
    }

    fn read(&self) -> Result<SealedRecord, String> {
        let bytes = |text: &str| {
            let decoded = BASE64.decode(text);
            decoded.map_err(|error| format!("not base64: {error}"))
        };
        SealedRecord::new(bytes(&self.key)?, bytes(&self.sealed)?)
    }
}

impl BackupEntry {
    pub(super) fn content(&self) -> Content<'_> {
        match (&self.json, &self.moved_to) {
            (Some(json), _) => Content::Record(json),
            (None, Some(to)) => Content::Moved(to),
            (None, None) => Content::Removed,
        }
    }

    fn line(&self) -> Result<Line<'_>, StoreError> {
        let record = self.json.as_deref().map(serde_json::from_slice);
        Ok(Line {
            collection: CATALOGUE.into(),
            seq: self.sequence,
            id: self.id.as_str().into(),
            record: record.transpose().map_err(|error| StoreError::Damaged {
                key: self.id.to_string(),
                reason: error.to_string(),
            })?,
            moved_to: self.moved_to.as_ref().map(|to| to.as_str().into()),
        })
    }
}

/// Reads a backup to its end and gives each thing it holds to `take`. Only when this returns well is it known to be whole.
pub fn read_backup(
    mut from: impl BufRead,
    mut take: impl FnMut(BackupItem) -> Result<(), BackupError>,
) -> Result<BackupSummary, BackupError> {
    let (mut digest, mut line, mut number) = (Sha256::new(), String::new(), 1);
    read_line(&mut from, &mut line)?;
    let header = header(&line)?;
    let (mut entries, mut records, mut last) = (0, 0, header.after);
    loop {
        let sum = hex(&digest.clone().chain_update(&line).finalize());
        digest.update(&line);
        number += 1;
        if read_line(&mut from, &mut line)? == 0 {
            return Err(BackupError::Cut);
        }
        if let Ok(footer) = serde_json::from_str::<Footer>(&line) {
            let told = footer.people.as_ref().map_or(0, |people| people.records);
            let is_whole = footer.entries == entries && told == records && footer.end >= last;
            if footer.sha256 != sum || !is_whole {
                return Err(BackupError::Checksum);
            }
            return match read_line(&mut from, &mut line)? {
                0 => Ok(BackupSummary { header, footer }),
                _ => Err(BackupError::Checksum),
            };
        }
        let item = item(&line).map_err(|reason| BackupError::Line {
            line: number,
            reason,
        })?;
        match &item {
            BackupItem::Entry(entry) => {
                entries += 1;
                last = entry.sequence;
            }
            BackupItem::Sealed(_) => records += 1,
        }
        take(item)?;
    }
}

/// A line that is not text is damage, not a broken disk.
fn read_line(from: &mut impl BufRead, line: &mut String) -> Result<usize, BackupError> {
    line.clear();
    match from.read_line(line) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(BackupError::Checksum),
        Err(error) => Err(error.into()),
    }
}

fn header(line: &str) -> Result<Header, BackupError> {
    #[derive(Deserialize)]
    struct Version {
        classo_backup: u32,
    }
    let version = serde_json::from_str::<Version>(line).map_err(|_| BackupError::NoBackup)?;
    if version.classo_backup > FORMAT {
        return Err(BackupError::Newer(version.classo_backup));
    }
    serde_json::from_str(line).map_err(|_| BackupError::NoBackup)
}

fn item(line: &str) -> Result<BackupItem, String> {
    let unknown = |collection: &str| {
        format!("the collection {collection} is not known; a newer classo made it")
    };
    let error = match serde_json::from_str::<Line>(line) {
        Ok(line) if line.collection == CATALOGUE => return entry(line).map(BackupItem::Entry),
        Ok(line) => return Err(unknown(&line.collection)),
        Err(error) => error,
    };
    match serde_json::from_str::<SealedLine>(line) {
        Ok(line) if line.collection == PEOPLE => line.read().map(BackupItem::Sealed),
        Ok(line) => Err(unknown(&line.collection)),
        Err(_) => Err(format!("not an entry: {error}")),
    }
}

fn entry(line: Line) -> Result<BackupEntry, String> {
    let id = ResourceId::parse(&line.id)?;
    let json = line.record.map(|record| record.get().as_bytes().to_vec());
    if let Some(json) = &json {
        let resource: Resource = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if resource.id != id {
            return Err(format!("the record of {id} is that of {}", resource.id));
        }
    }
    let moved_to = line.moved_to.map(|to| ResourceId::parse(&to)).transpose()?;
    if json.is_some() && moved_to.is_some() {
        return Err(format!("{id} has a record and leads to another"));
    }
    Ok(BackupEntry {
        id,
        sequence: line.seq,
        json,
        moved_to,
    })
}

/// Sums up what passes through.
struct Hashing<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> Hashing<W> {
    /// Writes a line, and returns it.
    fn line(&mut self, value: &impl Serialize) -> io::Result<Vec<u8>> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.inner.write_all(&line)?;
        Ok(line)
    }

    fn sum(&self) -> String {
        hex(&self.digest.clone().finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
