//! Letters wait in the vault until another has taken them: through failures, restarts, and the end of accounts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use classo::app;
use classo::domain::account::{Account, EmailAddress, PersonId};
use classo::domain::clock::{Clock, SystemClock};
use classo::domain::language::Language;
use classo::domain::letter::{Letter, LetterId, OutgoingLetter};
use classo::mail::{Settings, Tls, TransportKind};
use classo::services::outbox::Outbox;
use classo::store::Store;
use classo::store::keyring::KeySettings;
use classo::store::register::Register;
use classo::store::vault::changes::Changes;
use classo::store::vault::{Vault, WaitingLetter};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::people::{self, PASSWORD};
use crate::smtp::SmtpServer;
use crate::support::{TestApp, wait_until};

/// A vault in a data folder, with or without somebody who delivers.
struct Post {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl Post {
    fn open(data: &Path) -> Post {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Arc::new(Store::open(&data.join("store")).unwrap());
        let register = Arc::new(Register::load(data).unwrap());
        let keys = KeySettings::default();
        let vault = Vault::open(data, store, register, &keys, Arc::clone(&clock)).unwrap();
        Post {
            vault: Arc::new(vault),
            clock,
        }
    }

    fn deliver(&self, settings: &Settings, data: &Path) -> Outbox {
        let (vault, clock) = (Arc::clone(&self.vault), Arc::clone(&self.clock));
        let folder = data.join("outbox");
        Outbox::start(vault, settings, "https://classo.example", &folder, clock).unwrap()
    }

    /// Somebody with an account and a letter; whose it is, and the letter's `Message-ID`.
    fn write(&self, to: &str) -> (PersonId, String) {
        self.write_at(to, SignedDuration::ZERO)
    }

    /// The same, with a letter that was written so long ago.
    fn write_at(&self, to: &str, ago: SignedDuration) -> (PersonId, String) {
        let now = self.clock.now();
        let letter = OutgoingLetter {
            id: LetterId::from_random(self.vault.random().unwrap()),
            to: to.into(),
            language: Language::En,
            written_at: now - ago,
            letter: Letter::ConfirmAddress {
                link: "https://classo.example/confirm#secret".into(),
                hours: 24,
            },
            unsubscribe: None,
        };
        let account = Account {
            email: EmailAddress::parse(to).unwrap(),
            language: Language::En,
            declared_of_age: true,
            created_at: now,
            confirmed_at: None,
            service_roles: vec![],
        };
        let id = letter.id.to_string();
        let held = self.vault.create().unwrap();
        let changes = Changes::default().put(&account);
        let changes = changes.append(id.as_bytes(), &WaitingLetter::new(letter));
        held.apply(changes).unwrap();
        (held.person(), format!("<{id}@classo.example>"))
    }

    fn waiting(&self) -> usize {
        self.vault.letters().unwrap().len()
    }

    fn wait_until_empty(&self) {
        wait_until("no letter waits", || self.waiting() == 0);
    }
}

fn smtp(port: u16) -> Settings {
    Settings {
        transport: TransportKind::Smtp,
        from: "bonjour@classo.example".into(),
        host: Some("127.0.0.1".into()),
        port: Some(port),
        tls: Tls::None,
        first_pause_seconds: 1,
        ..Settings::default()
    }
}

fn arrived(server: &mut SmtpServer) -> String {
    let message = server.message();
    message["headers"]["message-id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_letter_waits_for_a_server_that_is_down_and_arrives_once_it_is_up() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path());
    let port = SmtpServer::start(0).port;
    let _outbox = post.deliver(&smtp(port), folder.path());
    let (_, id) = post.write("marie@csdm.example");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(post.waiting(), 1, "nothing is lost");
    let mut server = SmtpServer::start(port);
    assert_eq!(arrived(&mut server), id);
    post.wait_until_empty();
}

#[test]
fn a_refusal_for_now_is_tried_again_and_one_for_ever_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path());
    let mut server = SmtpServer::start(0);
    let _outbox = post.deliver(&smtp(server.port), folder.path());
    server.answer("451 later");
    let (_, for_now) = post.write("marie@csdm.example");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(post.waiting(), 1);
    server.answer("take");
    assert_eq!(arrived(&mut server), for_now);
    post.wait_until_empty();
    server.answer("550 no such person");
    post.write("nobody@csdm.example");
    post.wait_until_empty();
    server.answer("take");
    let (_, after) = post.write("luc@csdm.example");
    assert_eq!(
        arrived(&mut server),
        after,
        "what was given up does not come"
    );
}

#[test]
fn letters_that_fail_too_often_or_whose_link_works_no_more_are_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::open(folder.path());
    let mut server = SmtpServer::start(0);
    let settings = Settings {
        tries: 2,
        ..smtp(server.port)
    };
    let _outbox = post.deliver(&settings, folder.path());
    server.answer("451 later");
    post.write("marie@csdm.example");
    post.wait_until_empty();
    server.answer("take");
    post.write_at("marie2@csdm.example", SignedDuration::from_hours(24));
    post.wait_until_empty();
    let (_, id) = post.write("luc@csdm.example");
    assert_eq!(arrived(&mut server), id);
}

#[test]
fn no_letter_is_lost_between_two_starts() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = SmtpServer::start(0);
    let mut ids = Vec::new();
    {
        let post = Post::open(folder.path());
        ids.push(post.write("a@csdm.example").1);
        server.answer("451 later");
        let outbox = post.deliver(&smtp(server.port), folder.path());
        ids.push(post.write("b@csdm.example").1);
        std::thread::sleep(Duration::from_millis(100));
        outbox.stop();
        ids.push(post.write("c@csdm.example").1);
    }
    server.answer("take");
    let post = Post::open(folder.path());
    let _outbox = post.deliver(&smtp(server.port), folder.path());
    let mut came: Vec<_> = (0..3).map(|_| arrived(&mut server)).collect();
    ids.sort();
    came.sort();
    assert_eq!(came, ids);
    post.wait_until_empty();
}

#[test]
fn with_an_account_go_its_letters_and_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let post = Post::open(data);
    let (gone, _) = post.write("gone@csdm.example");
    let (stays, _) = post.write("stays@csdm.example");
    let outbox = post.deliver(&Settings::default(), data);
    post.wait_until_empty();
    outbox.stop();
    let files = || {
        let entries = std::fs::read_dir(data.join("outbox")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(files().len(), 2);
    // A letter that waits goes with its key.
    let held = post.vault.hold(gone);
    let outgoing = OutgoingLetter {
        id: LetterId::from_random([3; 16]),
        to: "gone@csdm.example".into(),
        language: Language::Fr,
        written_at: post.clock.now(),
        letter: Letter::PasswordChanged {
            at: post.clock.now(),
        },
        unsubscribe: None,
    };
    held.apply(Changes::default().append(b"late", &WaitingLetter::new(outgoing)))
        .unwrap();
    held.erase().unwrap();
    assert_eq!(post.waiting(), 0);
    let _outbox = post.deliver(&Settings::default(), data);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(files().len(), 1, "{:?}", files());
    assert!(files()[0].starts_with(&stays.to_string()));
    let left = std::fs::read_to_string(data.join("outbox").join(&files()[0])).unwrap();
    assert!(!left.contains("gone@csdm.example"));
}

#[test]
fn the_last_letter_arrives_though_its_address_is_written_nowhere() {
    let mut server = SmtpServer::start(0);
    let app = TestApp::set(&app::Settings {
        mail: Some(smtp(server.port)),
        site: "https://classo.example".into(),
        ..app::Settings::default()
    });
    let address = "part@exemple.ca";
    people::sign_up(&app, address);
    let link = people::token_in(&server.message().to_string()).expect("a link");
    let confirm = json!({"token": link}).to_string();
    let confirmed = app.request("POST", "/api/v1/accounts/confirm", confirm);
    assert_eq!(confirmed.status, 204);
    let session = json!({"email": address, "password": PASSWORD, "token": true});
    let token = people::sign_in(&app, session);
    // The mail server cannot take it at once.
    server.answer("451 later");
    let gone = app.as_bearer(&token, "DELETE", "/api/v1/account", Value::Null);
    assert_eq!(gone.status, 200, "{}", gone.text);
    let receipt = gone.json()["person"].as_str().unwrap().replace('-', "");
    std::thread::sleep(Duration::from_millis(300));
    assert!(app.server.app.people.vault.letters().unwrap().is_empty());
    assert!(!app.folder().join("outbox").exists());
    server.answer("take");
    let farewell = server.message().to_string();
    assert!(
        farewell.contains(address) && farewell.contains(&receipt),
        "{farewell}"
    );
}
