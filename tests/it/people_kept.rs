//! Persons in backups, and their keys: what comes back, what stays erased, and what opens nothing alone.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use super::people::{PASSWORD, is_laid_down, laid_down_token};
use super::support::{
    ServerProcess, classo, eventually, lines, operator_token, record, write_file,
};

/// A confirmed account on a server in a process of its own.
pub fn settle(server: &ServerProcess, data: &Path, address: &str) -> String {
    let account = json!({"email": address, "password": PASSWORD, "of_age": true, "lang": "fr"});
    let (status, answer) = server.ask("POST", "accounts", None, account).unwrap();
    assert_eq!(status, 202, "{answer}");
    let token = eventually("a letter with a link", || {
        laid_down_token(&data.join("outbox"), address)
    });
    assert!(
        is_laid_down(
            &data.join("outbox"),
            &format!("{}/fr/confirm#{token}", server.url)
        ),
        "the link leads to the server, on whichever port it listens"
    );
    let confirmed = server.ask("POST", "accounts/confirm", None, json!({"token": token}));
    assert_eq!(confirmed.unwrap().0, 204);
    sign_in(server, address).expect("signed in")
}

pub fn sign_in(server: &ServerProcess, address: &str) -> Option<String> {
    let body = json!({"email": address, "password": PASSWORD, "token": true});
    let (status, answer) = server.ask("POST", "session", None, body).unwrap();
    assert!(matches!(status, 200 | 401), "{answer}");
    answer["token"].as_str().map(str::to_owned)
}

fn run(arguments: &[&str]) -> Output {
    classo().args(arguments).output().unwrap()
}

fn must(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The code and the one line that a wrong use or a failure says.
fn fails(arguments: &[&str]) -> (i32, String) {
    let output = run(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{arguments:?}: {said}");
    (output.status.code().unwrap(), said)
}

fn export(server: &ServerProcess, token: &str) -> Value {
    let answer = server.ask("GET", "account/export", Some(token), Value::Null);
    answer.unwrap().1["records"].clone()
}

fn grant(server: &ServerProcess, token: &str) {
    let body = json!({"purpose": "ranking-profile", "decision": "grant", "notice_version": "2026-11-01", "lang": "fr"});
    let answer = server.ask("POST", "consents", Some(token), body).unwrap();
    assert_eq!(answer.0, 201, "{}", answer.1);
}

struct Place(tempfile::TempDir);

impl Place {
    fn at(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

/// A server's backup, taken while it runs.
fn back_up(server: &ServerProcess, to: &str, token: &str) -> String {
    let mut command = classo();
    command.args(["backup", to, "--server", &server.url]);
    let output = command.env("CLASSO_TOKEN", token).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_restored_backup_has_everybody_but_those_who_were_erased_since() {
    let place = Place(tempfile::tempdir().unwrap());
    let [data, backups, copy, master] =
        ["data", "backups", "copy", "data/keys/master"].map(|name| place.at(name));
    std::fs::create_dir(&backups).unwrap();
    let server = ServerProcess::start("serve", Path::new(&data));
    let operator = operator_token(Path::new(&data));
    let [leaves, stays] =
        ["part@exemple.ca", "reste@exemple.ca"].map(|who| settle(&server, Path::new(&data), who));
    for token in [&leaves, &stays] {
        grant(&server, token);
        let profile = json!({"devices": ["ipad"]});
        server.ask("PUT", "profile", Some(token), profile).unwrap();
    }
    let before = export(&server, &stays);
    back_up(&server, &backups, &operator);
    let first = std::fs::read_dir(&backups).unwrap().next().unwrap();
    // A later one of the same changes takes its place in the folder.
    let kept = place.at("first");
    std::fs::copy(first.unwrap().path(), &kept).unwrap();
    let first = kept;
    let text = std::fs::read_to_string(&first).unwrap();
    assert!(text.contains("\"in\":\"people\"") && !text.contains("exemple.ca"));
    assert!(back_up(&server, &backups, &operator).contains("nothing changed"));

    // One leaves, one comes; the keyring is copied while the server runs.
    let gone = server.ask("DELETE", "account", Some(&leaves), Value::Null);
    assert_eq!(gone.unwrap().0, 200);
    must(&["keys", "copy", &copy, "--data", &data]);

    let (code, said) = fails(&["restore", &first, "--data", &place.at("alone")]);
    assert!(code == 2 && said.contains("--keyring"), "{said}");
    let without_master = ["restore", &first, "--keyring", &copy];
    let (_, said) = fails(&[&without_master[..], &["--data", &place.at("alone")]].concat());
    assert!(said.contains("master"), "{said}");
    assert!(!Path::new(&place.at("alone/store")).exists());

    let said = must(&[
        "restore",
        &first,
        "--keyring",
        &copy,
        "--master-key",
        &master,
        "--data",
        &place.at("alone"),
    ]);
    assert!(
        said.contains("1 accounts are back; 1 persons were erased"),
        "{said}"
    );
    let restored = ServerProcess::start("serve", Path::new(&place.at("alone")));
    assert_eq!(sign_in(&restored, "part@exemple.ca"), None);
    let again = sign_in(&restored, "reste@exemple.ca").expect("the account is back");
    for kind in ["account", "profile", "consents"] {
        assert_eq!(export(&restored, &again)[kind], before[kind], "{kind}");
    }
    let old = restored.ask("GET", "profile", Some(&stays), Value::Null);
    assert_eq!(old.unwrap().0, 401, "no session comes back with a backup");
    // The address that was given up is free.
    settle(&restored, Path::new(&place.at("alone")), "part@exemple.ca");

    // What goes on from the first backup has the persons of its own moment, though the catalogue stood still.
    let late = settle(&server, Path::new(&data), "tard@exemple.ca");
    let said = back_up(&server, &backups, &operator);
    assert!(said.contains(" 0 entries, changes 0 to 0"), "{said}");
    let file = Path::new(&data).with_extension("jsonl");
    write_file(&file, &lines(&[record("a", "carte", json!({}))]));
    server.terminate();
    must(&["import", file.to_str().unwrap(), "--data", &data]);
    assert!(must(&["backup", &backups, "--data", &data]).contains("1 entries, changes 0 to 1"));
    let said = must(&[
        "restore",
        &first,
        "--data",
        &place.at("early"),
        "--keyring",
        &place.at("data/keys/ring"),
        "--master-key",
        &master,
    ]);
    assert!(
        said.contains("1 persons have keys and are not in the backup"),
        "{said}"
    );
    let said = must(&[
        "restore",
        &backups,
        "--data",
        &place.at("whole"),
        "--keyring",
        &place.at("data/keys/ring"),
        "--master-key",
        &master,
    ]);
    assert!(said.contains("2 accounts are back; 0 persons"), "{said}");
    let whole = ServerProcess::start("serve", Path::new(&place.at("whole")));
    assert!(sign_in(&whole, "tard@exemple.ca").is_some_and(|token| token != late));
    assert_eq!(whole.get("/api/v1/search?q=carte").1["total"], 1);
    whole.terminate();
    let found = must(&["doctor", "--data", &place.at("whole")]);
    assert!(
        found.contains("people: good") && found.contains("keys: good"),
        "{found}"
    );

    // Another store's keyring opens nothing; the catalogue comes back without one.
    let other = ServerProcess::start("serve", Path::new(&place.at("other")));
    settle(&other, Path::new(&place.at("other")), "autre@exemple.ca");
    other.terminate();
    let (_, said) = fails(&[
        "restore",
        &backups,
        "--data",
        &place.at("wrong"),
        "--keyring",
        &place.at("other/keys/ring"),
        "--master-key",
        &place.at("other/keys/master"),
    ]);
    assert!(said.contains("another store"), "{said}");
    must(&[
        "restore",
        &backups,
        "--without-people",
        "--data",
        &place.at("bare"),
    ]);
    let bare = ServerProcess::start("serve", Path::new(&place.at("bare")));
    assert_eq!(sign_in(&bare, "reste@exemple.ca"), None);
    assert_eq!(bare.get("/api/v1/search?q=carte").1["total"], 1);
}

#[test]
fn an_interrupted_rotation_goes_on_and_loses_no_key() {
    let place = Place(tempfile::tempdir().unwrap());
    let data = place.at("data");
    let server = ServerProcess::start("serve", Path::new(&data));
    for number in 0..12 {
        settle(&server, Path::new(&data), &format!("p{number}@exemple.ca"));
    }
    let (code, said) = fails(&["keys", "rotate", "--data", &data]);
    assert!(code == 1 && said.contains("in use"), "{said}");
    server.terminate();
    // Killed at moments that the fsyncs of a dozen buckets fill.
    for pause_ms in [1, 3, 6, 10, 15, 25, 40] {
        let mut rotation = classo()
            .args(["keys", "rotate", "--data", &data])
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(pause_ms));
        rotation.kill().unwrap();
        rotation.wait().unwrap();
    }
    let first = std::fs::read_to_string(place.at("data/keys/master")).unwrap();
    assert!(must(&["keys", "rotate", "--data", &data]).contains("every key is wrapped"));
    assert_ne!(
        std::fs::read_to_string(place.at("data/keys/master")).unwrap(),
        first
    );
    // To a file of the operator's own, interrupted: the same command again goes on.
    let own = place.at("own");
    write_file(Path::new(&own), &"0123456789abcdef".repeat(4));
    let to_own = ["keys", "rotate", "--to", &own, "--data", &data];
    let mut rotation = classo().args(to_own).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(12));
    rotation.kill().unwrap();
    rotation.wait().unwrap();
    must(&to_own);
    let (_, said) = fails(&["backup", &place.at("backup"), "--data", &data]);
    assert!(said.contains("another master key"), "{said}");
    let settings = format!("[keys]\nmaster_file = {own:?}\n");
    write_file(&Path::new(&data).join("classo.toml"), &settings);
    let (_, said) = fails(&["keys", "rotate", "--data", &data]);
    assert!(
        said.contains("--to"),
        "a new key would lie where nobody looks: {said}"
    );
    let server = ServerProcess::start("serve", Path::new(&data));
    for number in 0..12 {
        let address = format!("p{number}@exemple.ca");
        assert!(sign_in(&server, &address).is_some(), "{address}");
    }
    server.terminate();
    let found = must(&["doctor", "--data", &data]);
    assert!(found.contains("25 keys of accounts, all opened"), "{found}");
    // A damaged bucket is said with what to do.
    let ring = place.at("data/keys/ring");
    let bucket = std::fs::read_dir(&ring)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::write(&bucket, b"classo").unwrap();
    let output = run(&["doctor", "--data", &data]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("keys: trouble") && said.contains("copy of the keyring"),
        "{said}"
    );
}

#[test]
fn a_fresh_folder_does_not_write_over_the_only_copy_of_a_keyring() {
    let place = Place(tempfile::tempdir().unwrap());
    let [data, copy] = ["data", "copy"].map(|name| place.at(name));
    std::fs::create_dir(&data).unwrap();
    let settings = format!("[keys]\ncopy = {copy:?}\n");
    write_file(&Path::new(&data).join("classo.toml"), &settings);
    let server = ServerProcess::start("serve", Path::new(&data));
    settle(&server, Path::new(&data), "a@exemple.ca");
    server.terminate();
    let kept = Path::new(&copy).read_dir().unwrap().count();
    assert!(kept > 0);
    must(&["backup", &place.at("backup"), "--data", &data]);
    // The disk of the data folder is lost.
    std::fs::rename(place.at("data/keys/master"), place.at("master")).unwrap();
    for lost in ["store", "index", "keys"] {
        std::fs::remove_dir_all(Path::new(&data).join(lost)).unwrap();
    }
    let (_, said) = fails(&["serve", "--listen", "127.0.0.1:0", "--data", &data]);
    assert!(said.contains("classo restore"), "{said}");
    assert!(
        !Path::new(&data).join("store").exists(),
        "nothing is in a restore's way"
    );
    assert_eq!(Path::new(&copy).read_dir().unwrap().count(), kept);
    let backup = place.at("backup");
    must(&[
        "restore",
        &backup,
        "--master-key",
        &place.at("master"),
        "--data",
        &data,
    ]);
    let server = ServerProcess::start("serve", Path::new(&data));
    assert!(sign_in(&server, "a@exemple.ca").is_some());
}
