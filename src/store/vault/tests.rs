//! 1. Every field of every kind of record is in the register, and every field of the register is in a record.
//! 2. A record opens at its own place alone; nothing personal lies in clear in any file.
//! 3. Reading needs a purpose with a basis, and shows only what the purpose needs; reads by staff leave a trace.
//! 4. Of two who use something up, one does; an address leads to one person.
//! 5. A record with an age of its own goes at that age, whether or not the account is still there.
//! 6. Erasure: nothing opens any more, in no copy; interrupted, it is finished at the next start.

use std::path::Path;

use jiff::Timestamp;
use serde_json::json;

use super::changes::Changes;
use super::erasure::months_after;
use super::*;
use crate::domain::account::{Account, Challenge, ChallengeAim, Credentials, EmailAddress};
use crate::domain::actor::SignedIn;
use crate::domain::clock::{Moment, SystemClock};
use crate::domain::consent::{ConsentMethod, Decision};
use crate::domain::decision::{ContestStatus, RankingDecision};
use crate::domain::language::Language;
use crate::domain::letter::{Letter, LetterId, OutgoingLetter};
use crate::domain::profile::{Profile, ProfileView, StoredProfile};
use crate::domain::session::Session;
use crate::domain::totp::RecoveryCodes;
use crate::store::keyring::KeyKind;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn account(address: &str) -> Account {
    Account {
        email: email(address),
        language: Language::Fr,
        declared_of_age: true,
        created_at: NOW,
        confirmed_at: Some(NOW),
        service_roles: vec![ServiceRole::Publisher],
    }
}

fn profile() -> StoredProfile {
    let term = |id: &str| id.parse().unwrap();
    StoredProfile::keep(Profile {
        role: Some(term("teacher")),
        subjects: vec![term("/arts")],
        levels: vec![term("/primary")],
        student_types: vec![],
        devices: vec![term("ipad")],
        os: vec![],
        platforms: vec![],
        languages: vec![],
        budget_cents: Some(500),
    })
}

fn consent(decision: Decision) -> ConsentEvent {
    ConsentEvent {
        at: Timestamp::now(),
        purpose: Purpose::RankingProfile,
        decision,
        notice_version: "2026-11-01".into(),
        language: Language::Fr,
        text: "Acceptez-vous… ?".into(),
        method: ConsentMethod::Browser,
        expires_at: None,
    }
}

/// A record of each kind, with every field: a field that is added to one has to be added here, and then to the register.
fn sample(category: Category) -> Value {
    match category {
        Category::Account => json!(account("a@b.ca")),
        Category::Credentials => json!(Credentials {
            password_hash: "$argon2id$".into(),
            changed_at: NOW,
            totp_secret: None,
            totp_pending: None,
            totp_last_step: None,
            recovery_codes: RecoveryCodes::default(),
        }),
        Category::Challenges => json!(Challenge {
            aim: ChallengeAim::ChangeEmail,
            expires_at: NOW,
            new_email: None,
        }),
        Category::Sessions => json!(Session {
            created_at: NOW,
            expires_at: NOW,
            second_factor: false,
        }),
        Category::Profile => json!(profile()),
        Category::Standing => json!(Standing {
            objections: vec![],
            restricted: false,
        }),
        Category::Consents => json!(consent(Decision::Grant)),
        Category::StaffReads => json!(StaffRead {
            at: NOW,
            by: "console".into(),
            category,
            purpose: Purpose::LegalObligation,
        }),
        Category::Messages => json!(WaitingLetter::new(OutgoingLetter {
            id: LetterId::from_random([1; 16]),
            to: "marie@ecole.qc.ca".into(),
            language: Language::Fr,
            written_at: NOW,
            letter: Letter::PasswordChanged { at: NOW },
            unsubscribe: None,
        })),
        Category::Decisions => json!(RankingDecision {
            at: NOW,
            consent: None,
            query: String::new(),
            filters: Map::new(),
            profile: Map::new(),
            generation: String::new(),
            ranking: String::new(),
            total: 0,
            results: vec![],
            excluded: vec![],
            sentences: vec![],
            contest_status: ContestStatus::None,
        }),
    }
}

#[test]
fn every_stored_field_is_in_the_register_and_the_other_way_round() {
    let register = Register::embedded();
    for category in Category::ALL {
        let sample = sample(category);
        let mut stored: Vec<&String> = sample.as_object().unwrap().keys().collect();
        let mut registered: Vec<&String> = register
            .category(category)
            .fields
            .iter()
            .map(|field| &field.name)
            .collect();
        stored.sort();
        registered.sort();
        assert_eq!(stored, registered, "{}", category.id());
    }
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> &Path {
        self.0.path()
    }

    fn open(&self) -> Vault {
        self.open_at(Arc::new(SystemClock))
    }

    fn open_at(&self, clock: Arc<dyn Clock>) -> Vault {
        Vault::of_folder(self.data(), clock)
    }
}

impl Vault {
    /// The vault of a folder that nothing else is opened of.
    pub fn of_folder(data: &Path, clock: Arc<dyn Clock>) -> Vault {
        let store = Arc::new(Store::open(&data.join("store")).unwrap());
        let register = Arc::new(Register::embedded());
        Vault::open(data, store, register, &KeySettings::default(), clock).unwrap()
    }
}

/// A person with an account, a profile, a session and a consent.
fn settle(vault: &Vault, address: &str) -> PersonId {
    let held = vault.create().unwrap();
    let session = Session {
        created_at: NOW,
        expires_at: NOW,
        second_factor: false,
    };
    let changes = Changes::default()
        .put(&account(address))
        .put(&profile())
        .put_named(b"hash", &session)
        .append(record_name().as_bytes(), &consent(Decision::Grant))
        .claim(&email(address));
    held.apply(changes).unwrap();
    held.person()
}

fn oneself(id: PersonId) -> Actor {
    Actor::Person(SignedIn {
        id,
        roles: vec![],
        second_factor: false,
    })
}

fn every_byte(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(path.display().to_string().bytes());
        bytes.extend(if path.is_dir() {
            every_byte(&path)
        } else {
            std::fs::read(path).unwrap()
        });
    }
    bytes
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

#[test]
fn a_record_opens_at_its_own_place_alone_and_nothing_lies_in_clear() {
    let folder = Folder::new();
    let vault = folder.open();
    let [one, other] =
        ["zoe.unique@exemple.ca", "other@exemple.ca"].map(|address| settle(&vault, address));
    let read = vault
        .read_one::<Account>(&oneself(one), one, Purpose::Account)
        .unwrap();
    assert_eq!(
        read.get().as_ref().unwrap().email.as_str(),
        "zoe.unique@exemple.ca"
    );
    let (from, to) = (
        place(one, Category::Account, &[]),
        place(one, Category::Account, b"moved"),
    );
    let sealed = vault.store.people.get(&from).unwrap().unwrap();
    vault.store.people.insert(to, &sealed).unwrap();
    assert!(
        vault
            .read::<Account>(&oneself(one), one, Purpose::Account)
            .is_err()
    );
    vault
        .store
        .people
        .insert(place(other, Category::Account, &[]), sealed)
        .unwrap();
    assert!(
        vault
            .read_one::<Account>(&oneself(other), other, Purpose::Account)
            .is_err()
    );
    vault.store.close().unwrap();
    let bytes = every_byte(folder.data());
    for text in ["zoe.unique", "Acceptez-vous", "ipad", "argon2"] {
        assert!(!contains(&bytes, text), "{text}");
    }
}

#[test]
fn reading_needs_a_purpose_and_shows_what_it_needs() {
    let folder = Folder::new();
    let vault = folder.open();
    let (one, other) = (settle(&vault, "a@b.ca"), settle(&vault, "c@d.ca"));
    let ranking =
        |actor: &Actor| vault.read_one::<StoredProfile>(actor, one, Purpose::RankingProfile);
    let permitted = ranking(&oneself(one))
        .unwrap()
        .map(Option::unwrap_or_default);
    assert!(!ProfileView::permitted(permitted).is_anonymous());
    assert!(matches!(
        ranking(&oneself(other)),
        Err(VaultError::NotTheirs)
    ));
    assert!(matches!(
        ranking(&Actor::Visitor),
        Err(VaultError::NotTheirs)
    ));
    // Not what ranking needs, and what is kept for the account does not rank.
    let letter =
        vault.read_one::<StoredProfile>(&oneself(one), one, Purpose::NewsletterPersonalised);
    assert!(matches!(
        letter,
        Err(VaultError::Refused(Refusal::NoConsent(_)))
    ));
    let kept = vault
        .read_one::<StoredProfile>(&oneself(one), one, Purpose::Account)
        .unwrap();
    assert!(ProfileView::permitted(kept.map(Option::unwrap_or_default)).is_anonymous());
    let standing = |standing: Standing| {
        vault
            .hold(one)
            .apply(Changes::default().put(&standing))
            .unwrap()
    };
    standing(Standing {
        restricted: true,
        ..Standing::default()
    });
    assert!(matches!(
        ranking(&oneself(one)),
        Err(VaultError::Refused(Refusal::Restriction))
    ));
    standing(Standing {
        objections: vec![Purpose::RankingProfile],
        restricted: false,
    });
    assert!(matches!(
        ranking(&oneself(one)),
        Err(VaultError::Refused(Refusal::Objection))
    ));
    standing(Standing::default());
    let withdrawn =
        Changes::default().append(record_name().as_bytes(), &consent(Decision::Withdraw));
    vault.hold(one).apply(withdrawn).unwrap();
    assert!(matches!(
        ranking(&oneself(one)),
        Err(VaultError::Refused(Refusal::NoConsent(_)))
    ));
    // Staff: the trace is there, whatever the answer.
    vault
        .read_one::<Account>(&Actor::Console, one, Purpose::Account)
        .unwrap();
    let traces = vault
        .export(&oneself(one), one, Category::StaffReads)
        .unwrap();
    assert_eq!(traces.len(), 1);
    assert_eq!(
        (&traces[0]["by"], &traces[0]["category"]),
        (&json!("console"), &json!("account"))
    );
}

#[test]
fn a_purpose_sees_its_own_fields() {
    let folder = Folder::new();
    let vault = folder.open();
    let one = settle(&vault, "a@b.ca");
    let event = ConsentEvent {
        purpose: Purpose::NewsletterPersonalised,
        ..consent(Decision::Grant)
    };
    vault
        .hold(one)
        .apply(Changes::default().append(b"n", &event))
        .unwrap();
    let seen = vault
        .read_one::<StoredProfile>(&Actor::Service, one, Purpose::NewsletterPersonalised)
        .unwrap();
    let seen = json!(seen.get());
    assert_eq!(
        (&seen["subjects"], &seen["devices"]),
        (&json!(["/arts"]), &json!([]))
    );
}

#[test]
fn what_is_used_up_is_used_once_and_an_address_leads_to_one_person() {
    let folder = Folder::new();
    let vault = folder.open();
    let (one, other) = (settle(&vault, "a@b.ca"), settle(&vault, "c@d.ca"));
    assert_eq!(vault.find(&email("A@B.CA")).unwrap(), Some(one));
    let take = || {
        vault
            .hold(one)
            .apply(Changes::default().take::<Session>(b"hash"))
    };
    assert!(take().is_ok());
    assert!(matches!(take(), Err(VaultError::Changed)));
    let both = Changes::default()
        .put(&profile())
        .remove::<Account>(&[])
        .claim(&email("a@b.ca"));
    assert!(matches!(
        vault.hold(other).apply(both),
        Err(VaultError::AddressTaken)
    ));
    let account = vault
        .read_one::<Account>(&Actor::Service, other, Purpose::Account)
        .unwrap();
    assert!(
        account.get().is_some(),
        "nothing of a refused change is done"
    );
    let moved = Changes::default()
        .release(&email("a@b.ca"))
        .claim(&email("new@b.ca"));
    vault.hold(one).apply(moved).unwrap();
    assert_eq!(vault.find(&email("a@b.ca")).unwrap(), None);
    vault
        .hold(other)
        .apply(Changes::default().claim(&email("a@b.ca")))
        .unwrap();
}

#[test]
fn an_unknown_field_cannot_be_stored() {
    #[derive(Serialize, serde::Deserialize)]
    struct Sneaky {
        objections: Vec<Purpose>,
        birthday: String,
    }
    impl Record for Sneaky {
        const CATEGORY: Category = Category::Standing;
    }
    let folder = Folder::new();
    let vault = folder.open();
    let one = settle(&vault, "a@b.ca");
    let record = Sneaky {
        objections: vec![],
        birthday: "1990".into(),
    };
    match vault.hold(one).apply(Changes::default().put(&record)) {
        Err(VaultError::Unregistered { field, .. }) => assert_eq!(field, "birthday"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_record_with_an_age_of_its_own_goes_at_that_age_account_or_not() {
    let start = Timestamp::from_second(1_767_225_600).unwrap();
    let clock = Arc::new(Moment::at(start.as_second()));
    let folder = Folder::new();
    let vault = folder.open_at(Arc::clone(&clock) as Arc<dyn Clock>);
    let persons = ["reste@exemple.ca", "part@exemple.ca"].map(|address| settle(&vault, address));
    for (person, month) in persons.iter().flat_map(|person| [(person, 0), (person, 6)]) {
        let at = months_after(start, month).as_second() as u64;
        let name = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, at, 0));
        let decision: RankingDecision = typed(
            Category::Decisions,
            sample(Category::Decisions).as_object().unwrap().clone(),
        )
        .unwrap();
        let changes = Changes::default();
        let changes = changes.append(name.simple().to_string().as_bytes(), &decision);
        vault.hold(*person).apply(changes).unwrap();
    }
    vault.hold(persons[1]).erase().unwrap();
    for (month, left) in [(12, 2), (13, 1), (18, 1), (19, 0)] {
        let now = months_after(start, month).as_second();
        clock.0.store(now, std::sync::atomic::Ordering::SeqCst);
        vault.end_retention().unwrap();
        for person in persons {
            let kept = |category| vault.export(&Actor::Service, person, category).unwrap();
            assert_eq!(kept(Category::Decisions).len(), left, "month {month}");
            assert_eq!(kept(Category::Consents).len(), 1, "month {month}");
        }
    }
}

#[test]
fn after_erasure_nothing_opens_and_only_proof_is_left() {
    let folder = Folder::new();
    let vault = folder.open();
    let (one, other) = (settle(&vault, "a@b.ca"), settle(&vault, "c@d.ca"));
    let outbox = folder.data().join("outbox");
    std::fs::create_dir(&outbox).unwrap();
    for (person, message) in [(one, "m1"), (other, "m2")] {
        std::fs::write(
            outbox.join(format!("{person}-{message}.eml")),
            "Subject: hello",
        )
        .unwrap();
    }
    let before: Vec<_> = vault
        .store
        .people
        .scan_prefix(one.as_bytes())
        .map(Result::unwrap)
        .collect();
    assert_eq!(before.len(), 4);
    let erasure = vault.hold(one).erase().unwrap();
    assert!(erasure.proof_until > erasure.at);
    let opened = before.iter().filter(|(place, sealed)| {
        let keys = [other, one].map(|person| {
            [KeyKind::Life, KeyKind::Proof].map(|kind| vault.keyring.key(person, kind))
        });
        keys.iter()
            .flatten()
            .flatten()
            .any(|key| seal::open(key, place, &sealed[1..]).is_some())
    });
    assert_eq!(opened.count(), 1, "the consent, which is proof");
    assert_eq!(vault.find(&email("a@b.ca")).unwrap(), None);
    assert_eq!(vault.store.addresses.len(), 1);
    assert_eq!(vault.store.people.scan_prefix(one.as_bytes()).count(), 1);
    assert_eq!(std::fs::read_dir(&outbox).unwrap().count(), 1);
    let write = vault.hold(one).apply(Changes::default().put(&profile()));
    assert!(matches!(write, Err(VaultError::NoSuchPerson)));
    // A store of before, as a backup brings it back: what was erased goes again, others stay.
    for (place, sealed) in &before {
        vault.store.people.insert(place, sealed).unwrap();
    }
    vault.store.addresses.clear().unwrap();
    vault.store.close().unwrap();
    drop(vault);
    let vault = folder.open();
    assert_eq!(vault.store.people.scan_prefix(one.as_bytes()).count(), 1);
    assert_eq!(vault.find(&email("c@d.ca")).unwrap(), Some(other));
    assert_eq!(vault.find(&email("a@b.ca")).unwrap(), None);
}

#[test]
fn a_sign_up_that_was_cut_short_leaves_no_key() {
    let folder = Folder::new();
    let vault = folder.open();
    let half = vault.create().unwrap().person();
    let whole = settle(&vault, "a@b.ca");
    drop(vault);
    let vault = folder.open();
    assert_eq!(vault.persons(), [whole]);
    assert!(vault.keyring.key(half, KeyKind::Proof).is_err());
}
