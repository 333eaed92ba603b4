//! 1. Keys survive a restart, and are in no file in clear.
//! 2. A destroyed key is in no file, in no copy; the erasure stays.
//! 3. Rotation, whole or interrupted at any bucket, keeps every key.
//! 4. Damage and missing master keys are said, never mended by a new key.

use std::path::Path;

use super::*;

fn persons(count: u8) -> Vec<PersonId> {
    (0..count)
        .map(|number| PersonId::from_random([number.wrapping_mul(7); 16]))
        .collect()
}

fn open(keys: &Path) -> Keyring {
    Keyring::open(keys, &KeySettings::default()).unwrap()
}

fn every_byte(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() {
            every_byte(&path)
        } else {
            fs::read(path).unwrap()
        });
    }
    bytes
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn keys_survive_a_restart_and_lie_nowhere_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let person = persons(2)[1];
    let keyring = open(&keys);
    assert!(matches!(
        keyring.key(person, KeyKind::Life),
        Err(KeyError::Destroyed)
    ));
    keyring.create(person).unwrap();
    let (life, proof, lookup) = (
        keyring.key(person, KeyKind::Life).unwrap(),
        keyring.key(person, KeyKind::Proof).unwrap(),
        keyring.lookup_key().unwrap(),
    );
    assert!(life != proof && proof != lookup);
    drop(keyring);
    let keyring = open(&keys);
    assert_eq!(keyring.key(person, KeyKind::Life).unwrap(), life);
    assert_eq!(keyring.lookup_key().unwrap(), lookup);
    let bytes = every_byte(&keys);
    for key in [&life, &proof, &lookup] {
        assert!(!contains(&bytes, key.as_slice()));
    }
    #[cfg(unix)]
    for file in ["master", "ring/00"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(keys.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_destroyed_key_is_gone_from_the_copy_too_and_leaves_an_erasure() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, copy) = (folder.path().join("keys"), folder.path().join("copy"));
    let settings = KeySettings {
        copy: Some(copy.clone()),
        ..KeySettings::default()
    };
    let keyring = Keyring::open(&keys, &settings).unwrap();
    let [gone, stays] = [
        PersonId::from_random([9; 16]),
        PersonId::from_bytes([9; 16]),
    ];
    keyring.create(gone).unwrap();
    keyring.create(stays).unwrap();
    let sealed = keyring.bucket(gone).read().unwrap().encode();
    let at = Timestamp::from_second(1_000).unwrap();
    let erasure = Erasure {
        person: gone,
        at,
        proof_until: Timestamp::from_second(9_000).unwrap(),
    };
    keyring.destroy_life(erasure).unwrap();
    assert!(matches!(
        keyring.key(gone, KeyKind::Life),
        Err(KeyError::Destroyed)
    ));
    assert!(keyring.key(gone, KeyKind::Proof).is_ok() && keyring.is_alive(stays));
    // No part of the wrapped key is in any file: the entry's ciphertext, whichever it was.
    for place in [&keys, &copy] {
        let bytes = every_byte(place);
        let lost = sealed[24..sealed.len() - 32]
            .chunks(ENTRY)
            .filter(|entry| !contains(&bytes, &entry[17..]));
        assert_eq!(lost.count(), 1);
    }
    drop(keyring);
    let fresh = folder.path().join("fresh");
    assert_eq!(
        restore_keyring(&copy, Some(&keys.join("master")), &fresh).unwrap(),
        2
    );
    let restored = open(&fresh);
    assert_eq!(restored.erasures().unwrap(), [erasure]);
    assert_eq!(restored.living(), [stays]);
    restored.forget(gone).unwrap();
    assert!(restored.erasures().unwrap().is_empty());
}

const ENTRY: usize = 16 + 1 + 72;

#[test]
fn rotation_keeps_every_key_even_when_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keyring = open(&keys);
    let everybody = persons(40);
    everybody
        .iter()
        .for_each(|person| keyring.create(*person).unwrap());
    let before: Vec<PlainKey> = everybody
        .iter()
        .map(|person| keyring.key(*person, KeyKind::Life).unwrap())
        .collect();
    let first = keyring.master.id();
    drop(keyring);
    let same = |keyring: &Keyring| {
        everybody
            .iter()
            .zip(&before)
            .all(|(person, key)| keyring.key(*person, KeyKind::Life).unwrap() == *key)
    };
    // As a crash leaves it: the next key is there, and some buckets are wrapped by it already.
    master::begin_rotation(&keys).unwrap();
    let next = master::next(&keys).unwrap().unwrap();
    for number in [0u8, 7, 14] {
        let mut bucket = Bucket::read(&keys.join(FOLDER), number).unwrap();
        bucket
            .rewrap(&MasterKey::read(&keys.join("master")).unwrap(), &next)
            .unwrap();
        bucket.write(&keys.join(FOLDER)).unwrap();
    }
    let keyring = open(&keys);
    assert!(
        same(&keyring) && keyring.master.id() == next.id() && !keys.join("master.next").exists()
    );
    drop(keyring);
    let rotated = Keyring::rotate(&keys, &KeySettings::default()).unwrap();
    assert!(rotated != next.id() && rotated != first && same(&open(&keys)));
    // To a file of the operator's own.
    let file = folder.path().join("own");
    fs::write(&file, "0123456789abcdef".repeat(4)).unwrap();
    Keyring::rotate_to(&keys, &KeySettings::default(), &file).unwrap();
    let settings = KeySettings {
        master_file: Some(file),
        ..KeySettings::default()
    };
    assert!(same(&Keyring::open(&keys, &settings).unwrap()));
    assert!(matches!(
        Keyring::open(&keys, &KeySettings::default()),
        Err(KeyError::OtherMaster { .. })
    ));
}

#[test]
fn damage_is_said_and_no_new_key_takes_the_place_of_a_lost_one() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    open(&keys).create(PersonId::from_bytes([1; 16])).unwrap();
    let file = keys.join("ring/01");
    let bytes = fs::read(&file).unwrap();
    for cut in [0, 10, bytes.len() - 1] {
        fs::write(&file, &bytes[..cut]).unwrap();
        assert!(
            matches!(
                Keyring::open(&keys, &KeySettings::default()),
                Err(KeyError::Damaged { .. })
            ),
            "{cut}"
        );
    }
    fs::write(&file, &bytes).unwrap();
    assert_eq!(open(&keys).check(), (3, Vec::new()));
    fs::remove_file(keys.join("master")).unwrap();
    assert!(matches!(
        Keyring::open(&keys, &KeySettings::default()),
        Err(KeyError::MasterMissing(_))
    ));
    fs::write(keys.join("master"), "short").unwrap();
    assert!(matches!(
        Keyring::open(&keys, &KeySettings::default()),
        Err(KeyError::NoMasterKey(_))
    ));
}
