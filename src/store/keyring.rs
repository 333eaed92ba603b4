//! The keys of persons: two for each, `life` and `proof`, wrapped by the master key.
//!
//! What is about a person is encrypted under that person's own keys, so that erasure is the death of a key: a store that
//! appends keeps bytes after they are removed. The keyring is 256 small files, the *buckets*; a person belongs to the one
//! of the first byte of the person's id. A bucket is replaced whole (`replace`): written anew, synced, renamed over the
//! old one, whose bytes are then overwritten. [`Keyring::destroy_life`] puts an *erasure* in the place of the key in one such
//! step: before it nothing was erased, after it everything was. The erasures of the keyring are what a restored backup
//! has to go through again, and they travel with it.
//!
//! A second folder may hold a copy ([`KeySettings::copy`]): every bucket is written there too, and nothing older is kept.

mod bucket;
mod master;
mod replace;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use bucket::{Bucket, EntryKind, Plain};
pub use master::{MasterKey, MasterKeyId};

use crate::domain::account::PersonId;

/// Where the keys are, and by what they are wrapped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct KeySettings {
    /// A file with the master key; without one, `keys/master` in the data folder, made at first start.
    pub master_file: Option<PathBuf>,
    /// A folder that holds a copy of the keyring, for restoring backups.
    pub copy: Option<PathBuf>,
}

/// What can be wrong with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} is damaged: {reason}; put the copy of the keyring in its place", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{} is not a master key: it should hold 64 hexadecimal digits", .0.display())]
    NoMasterKey(PathBuf),
    #[error("the master key {} is missing, but there are keys it wraps; put it back", .0.display())]
    MasterMissing(PathBuf),
    #[error("{} is wrapped by another master key ({found}) than the one there is ({known}); when `classo keys rotate --to FILE` was interrupted, run it again", path.display())]
    OtherMaster {
        path: PathBuf,
        found: MasterKeyId,
        known: MasterKeyId,
    },
    #[error("no random numbers: {0}")]
    Randomness(String),
    #[error("this person's key was destroyed")]
    Destroyed,
    #[error("{} holds no keyring", .0.display())]
    NoKeyring(PathBuf),
    #[error("{} has a keyring already, and it decides: it is not overwritten", .0.display())]
    Taken(PathBuf),
    #[error("the copy of the keyring in {} has keys, and the data folder has none: put them back with `classo restore`, or name an empty folder for the copy", .0.display())]
    OnlyCopy(PathBuf),
    #[error(
        "the settings name the file of the master key: make a new one beside it, and name it with --to"
    )]
    OwnMasterKey,
}

/// A key that is wiped from memory after use.
pub type PlainKey = Zeroizing<Plain>;

/// Which of a person's two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Destroyed when the account is deleted.
    Life,
    /// What must be provable for a time after: consents, decisions, requests. No address and no name under it in clear.
    Proof,
}

impl KeyKind {
    fn entry(self) -> EntryKind {
        match self {
            KeyKind::Life => EntryKind::Life,
            KeyKind::Proof => EntryKind::Proof,
        }
    }
}

/// The end of a person's `life` key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erasure {
    pub person: PersonId,
    pub at: Timestamp,
    /// When the `proof` key goes too.
    pub proof_until: Timestamp,
}

/// The open keyring.
pub struct Keyring {
    folder: PathBuf,
    copy: Option<PathBuf>,
    master: MasterKey,
    buckets: Vec<RwLock<Bucket>>,
    /// Held while a bucket is replaced: what is in memory is what is on disk.
    writing: Mutex<()>,
}

/// The name of the keyring's folder under `keys/`.
const FOLDER: &str = "ring";

impl Keyring {
    /// Opens the keyring of a `keys` folder, making it and its master key when there are none; goes on with a rotation that
    /// was interrupted.
    pub fn open(keys: &Path, settings: &KeySettings) -> Result<Keyring, KeyError> {
        must_not_be_only_copy(keys, settings)?;
        let folder = keys.join(FOLDER);
        replace::private_folder(keys)?;
        replace::private_folder(&folder)?;
        let is_empty = replace::files(&folder)?.is_empty();
        let master = match &settings.master_file {
            Some(file) => MasterKey::read(file)?,
            None => master::of_the_folder(keys, is_empty)?,
        };
        let next = master::next(keys)?;
        let mut keyring = Keyring::read(folder, master, next.as_ref())?;
        if let Some(next) = next {
            keyring.rewrap(&next)?;
            keyring.master = next;
            master::finish_rotation(keys)?;
        }
        if let Some(copy) = &settings.copy {
            replace::private_folder(copy)?;
            keyring.copy = Some(copy.clone());
        }
        if !keyring.has(PersonId::NOBODY, EntryKind::Lookup) {
            keyring.add(PersonId::NOBODY, &[EntryKind::Lookup])?;
        }
        keyring.bring_copy_in_line()?;
        Ok(keyring)
    }

    fn read(
        folder: PathBuf,
        master: MasterKey,
        next: Option<&MasterKey>,
    ) -> Result<Keyring, KeyError> {
        let mut buckets = Vec::with_capacity(256);
        for number in 0..=u8::MAX {
            let mut bucket = Bucket::read(&folder, number)?;
            if let Some(found) = bucket.wrapped_by {
                if let Some(next) = next.filter(|next| next.id() == found) {
                    // A rotation had come past this one: in memory, until it is finished, one key wraps all.
                    bucket.rewrap(next, &master)?;
                } else if found != master.id() {
                    return Err(KeyError::OtherMaster {
                        path: Bucket::path(&folder, number),
                        found,
                        known: master.id(),
                    });
                }
            }
            buckets.push(RwLock::new(bucket));
        }
        Ok(Keyring {
            folder,
            copy: None,
            master,
            buckets,
            writing: Mutex::new(()),
        })
    }

    /// Wraps every key by another master key, bucket by bucket. Interrupted, it is gone on with at the next start.
    ///
    /// The new key is made and kept in the data folder; with a file of one's own, [`Keyring::rotate_to`] does it.
    ///
    /// # Errors
    /// [`KeyError::OwnMasterKey`] when the settings name a file: the new key would lie where they do not look.
    pub fn rotate(keys: &Path, settings: &KeySettings) -> Result<MasterKeyId, KeyError> {
        if settings.master_file.is_some() {
            return Err(KeyError::OwnMasterKey);
        }
        must_be_there(keys)?;
        drop(Keyring::open(keys, settings)?);
        master::begin_rotation(keys)?;
        Ok(Keyring::open(keys, settings)?.master.id())
    }

    /// Wraps every key by the master key of a file; then the configuration has to name that file. Interrupted, it goes on
    /// when it is called again.
    pub fn rotate_to(
        keys: &Path,
        settings: &KeySettings,
        file: &Path,
    ) -> Result<MasterKeyId, KeyError> {
        must_be_there(keys)?;
        let next = MasterKey::read(file)?;
        let folder = keys.join(FOLDER);
        let master = match &settings.master_file {
            Some(file) => MasterKey::read(file)?,
            None => master::of_the_folder(keys, false)?,
        };
        let mut keyring = Keyring::read(folder, master, Some(&next))?;
        keyring.copy = settings.copy.clone();
        keyring.rewrap(&next)?;
        keyring.bring_copy_in_line()?;
        Ok(next.id())
    }

    fn rewrap(&mut self, next: &MasterKey) -> Result<(), KeyError> {
        for bucket in &self.buckets {
            let mut bucket = bucket.write().unwrap_or_else(PoisonError::into_inner);
            if !bucket.is_empty() {
                bucket.rewrap(&self.master, next)?;
                bucket.write(&self.folder)?;
            }
        }
        Ok(())
    }

    /// Makes both keys of a new person, on disk before anything is encrypted by them.
    pub fn create(&self, person: PersonId) -> Result<(), KeyError> {
        self.add(person, &[EntryKind::Life, EntryKind::Proof])
    }

    fn add(&self, person: PersonId, kinds: &[EntryKind]) -> Result<(), KeyError> {
        self.change(person, |bucket, master| {
            for kind in kinds {
                let key = Zeroizing::new(super::random::bytes::<32>()?);
                bucket.seal(master, person, *kind, &key)?;
            }
            Ok(())
        })
    }

    /// A key of a person.
    ///
    /// # Errors
    /// [`KeyError::Destroyed`] when there is none (any more).
    pub fn key(&self, person: PersonId, kind: KeyKind) -> Result<PlainKey, KeyError> {
        self.unseal(person, kind.entry())
    }

    /// The key by which addresses are looked up.
    pub fn lookup_key(&self) -> Result<PlainKey, KeyError> {
        self.unseal(PersonId::NOBODY, EntryKind::Lookup)
    }

    fn unseal(&self, person: PersonId, kind: EntryKind) -> Result<PlainKey, KeyError> {
        let bucket = self
            .bucket(person)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let opened = bucket.open(&self.master, person, kind);
        opened
            .map_err(|reason| KeyError::Damaged {
                path: Bucket::path(&self.folder, bucket.number),
                reason,
            })?
            .ok_or(KeyError::Destroyed)
    }

    /// Whether a person's records can still be opened.
    pub fn is_alive(&self, person: PersonId) -> bool {
        self.has(person, EntryKind::Life)
    }

    fn has(&self, person: PersonId, kind: EntryKind) -> bool {
        let bucket = self
            .bucket(person)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        bucket.has(person, kind)
    }

    /// Destroys a person's `life` key and leaves the erasure in its place: one step, which is the deletion.
    pub fn destroy_life(&self, erasure: Erasure) -> Result<(), KeyError> {
        let plain = Zeroizing::new(bucket::erasure_bytes(&erasure));
        self.change(erasure.person, |bucket, master| {
            bucket.drop_entry(erasure.person, EntryKind::Life);
            bucket.seal(master, erasure.person, EntryKind::Erasure, &plain)
        })
    }

    /// Destroys every key of a person who never came to have an account.
    pub fn forget(&self, person: PersonId) -> Result<(), KeyError> {
        self.change(person, |bucket, _| {
            for kind in [EntryKind::Life, EntryKind::Proof, EntryKind::Erasure] {
                bucket.drop_entry(person, kind);
            }
            Ok(())
        })
    }

    /// Everybody with a `life` key.
    pub fn living(&self) -> Vec<PersonId> {
        self.with_kind(EntryKind::Life)
    }

    /// Everybody with a `proof` key, whether or not the account is still there.
    pub fn provable(&self) -> Vec<PersonId> {
        self.with_kind(EntryKind::Proof)
    }

    /// Everybody whose `life` key was destroyed, and when.
    pub fn erasures(&self) -> Result<Vec<Erasure>, KeyError> {
        let persons = self.with_kind(EntryKind::Erasure).into_iter();
        let erasures = persons.map(|person| {
            let plain = self.unseal(person, EntryKind::Erasure)?;
            Ok(bucket::erasure_from(person, &plain))
        });
        erasures.collect()
    }

    fn with_kind(&self, kind: EntryKind) -> Vec<PersonId> {
        let mut persons = Vec::new();
        for bucket in &self.buckets {
            let bucket = bucket.read().unwrap_or_else(PoisonError::into_inner);
            persons.extend(bucket.persons(kind));
        }
        persons
    }

    /// The keyring as it lies, to be looked at: nothing is made, nothing is gone on with. Nothing when there is none yet.
    pub fn examine(keys: &Path, settings: &KeySettings) -> Result<Option<Keyring>, KeyError> {
        if !is_there(keys)? {
            return Ok(None);
        }
        let master = match &settings.master_file {
            Some(file) => MasterKey::read(file)?,
            None => master::of_the_folder(keys, false)?,
        };
        let next = master::next(keys)?;
        let mut keyring = Keyring::read(keys.join(FOLDER), master, next.as_ref())?;
        keyring.copy.clone_from(&settings.copy);
        Ok(Some(keyring))
    }

    /// How many buckets of the copy are not as they are here, or cannot be read.
    pub fn count_behind(&self) -> usize {
        let Some(copy) = &self.copy else { return 0 };
        let is_behind = |number: &u8| {
            let [here, there] =
                [&self.folder, copy].map(|folder| fs::read(Bucket::path(folder, *number)).ok());
            here != there
        };
        (0..=u8::MAX).filter(is_behind).count()
    }

    /// Opens every key: how many there are, and a sentence for each that does not open.
    pub fn check(&self) -> (usize, Vec<String>) {
        let (mut keys, mut troubles) = (0, Vec::new());
        for bucket in &self.buckets {
            let bucket = bucket.read().unwrap_or_else(PoisonError::into_inner);
            for (person, kind) in bucket.entries() {
                keys += 1;
                if let Err(reason) = bucket.open(&self.master, person, kind) {
                    troubles.push(format!(
                        "bucket {:02x}, person {person}: {reason}",
                        bucket.number
                    ));
                }
            }
        }
        (keys, troubles)
    }

    fn bucket(&self, person: PersonId) -> &RwLock<Bucket> {
        &self.buckets[usize::from(person.as_bytes()[0])]
    }

    /// Changes a bucket on disk, in the copy, then in memory.
    fn change(
        &self,
        person: PersonId,
        change: impl FnOnce(&mut Bucket, &MasterKey) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.bucket(person);
        let mut bucket = place.read().unwrap_or_else(PoisonError::into_inner).clone();
        change(&mut bucket, &self.master)?;
        bucket.wrapped_by = Some(self.master.id());
        bucket.write(&self.folder)?;
        let copied = self
            .copy
            .as_deref()
            .map_or(Ok(()), |copy| bucket.write(copy));
        // What is on disk holds, whether or not the copy could follow; the next start brings it in line.
        *place.write().unwrap_or_else(PoisonError::into_inner) = bucket;
        copied
    }

    fn bring_copy_in_line(&self) -> Result<(), KeyError> {
        let Some(copy) = &self.copy else {
            return Ok(());
        };
        for bucket in &self.buckets {
            let bucket = bucket.read().unwrap_or_else(PoisonError::into_inner);
            bucket.bring_in_line(copy)?;
        }
        Ok(())
    }
}

/// Whether a `keys` folder has a keyring.
pub fn is_there(keys: &Path) -> Result<bool, KeyError> {
    let folder = keys.join(FOLDER);
    Ok(folder.is_dir() && !replace::files(&folder)?.is_empty())
}

/// A new keyring would take the place of its copy.
///
/// # Errors
/// [`KeyError::OnlyCopy`] when there are keys in the copy, and none in the `keys` folder.
pub fn must_not_be_only_copy(keys: &Path, settings: &KeySettings) -> Result<(), KeyError> {
    match &settings.copy {
        Some(copy) if copy.is_dir() && !replace::files(copy)?.is_empty() && !is_there(keys)? => {
            Err(KeyError::OnlyCopy(copy.clone()))
        }
        _ => Ok(()),
    }
}

fn must_be_there(keys: &Path) -> Result<(), KeyError> {
    match is_there(keys)? {
        true => Ok(()),
        false => Err(KeyError::NoKeyring(keys.to_owned())),
    }
}

/// Writes a copy of the keyring, and removes from it what is gone here; returns how many buckets it has. A server may go on
/// meanwhile: every file is one moment of its persons.
pub fn copy_keyring(keys: &Path, copy: &Path) -> Result<usize, KeyError> {
    must_be_there(keys)?;
    replace::private_folder(copy)?;
    copy_buckets(&keys.join(FOLDER), copy)
}

/// Puts a copy of a keyring into a data folder that has none, for a restore, and the master key of a file when it is not
/// there already; returns how many buckets it has.
///
/// # Errors
/// [`KeyError::Taken`] when there is a keyring already, [`KeyError::NoKeyring`] when the copy is none; and when a bucket
/// or the master key cannot be read, before anything is written.
pub fn restore_keyring(copy: &Path, master: Option<&Path>, keys: &Path) -> Result<usize, KeyError> {
    if is_there(keys)? {
        return Err(KeyError::Taken(keys.to_owned()));
    }
    let mut buckets = (0..=u8::MAX).map(|number| Bucket::read(copy, number));
    let count = buckets.try_fold(0, |count, bucket| {
        Ok::<_, KeyError>(count + usize::from(!bucket?.is_empty()))
    })?;
    if count == 0 {
        return Err(KeyError::NoKeyring(copy.to_owned()));
    }
    let folder = keys.join(FOLDER);
    replace::private_folder(keys)?;
    if let Some(file) = master {
        master::keep(file, keys)?;
    }
    replace::private_folder(&folder)?;
    copy_buckets(copy, &folder)
}

/// Takes back [`restore_keyring`]: the copy is where it was.
pub fn take_back(keys: &Path) -> Result<(), KeyError> {
    let folder = keys.join(FOLDER);
    fs::remove_dir_all(&folder).map_err(|error| replace::told(&folder, error))
}

fn copy_buckets(from: &Path, to: &Path) -> Result<usize, KeyError> {
    let mut copied = 0;
    for number in 0..=u8::MAX {
        let bucket = Bucket::read(from, number)?;
        copied += usize::from(!bucket.is_empty());
        bucket.bring_in_line(to)?;
    }
    Ok(copied)
}

/// The sealed entries of a bucket, by person and kind.
type Entries = BTreeMap<(PersonId, EntryKind), bucket::Sealed>;

#[cfg(test)]
mod tests;
