//! What the doctor finds in a data folder, what it repairs, and what it leaves to people.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{ServerProcess, classo, lines, record, write_file};

fn examine(data: &Path, arguments: &[&str]) -> (Option<i32>, Vec<(String, String, String)>) {
    let output = classo()
        .args(["doctor", "--json"])
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap();
    let findings: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = findings.iter().map(|finding| {
        (
            text(&finding["place"]),
            text(&finding["state"]),
            text(&finding["says"]),
        )
    });
    (output.status.code(), findings.collect())
}

fn states(findings: &[(String, String, String)]) -> Vec<(&str, &str)> {
    findings
        .iter()
        .map(|(place, state, _)| (place.as_str(), state.as_str()))
        .collect()
}

/// A folder with two resources, one removed.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("a.jsonl");
    write_file(
        &file,
        &lines(&[
            record("a", "carte", json!({})),
            record("b", "jeu", json!({})),
            record("c", "plan", json!({})),
        ]),
    );
    for arguments in [["import", file.to_str().unwrap()], ["remove", "c"]] {
        let output = classo()
            .args(arguments)
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    (folder, data)
}

#[test]
fn a_sound_folder_is_good_everywhere() {
    let (_folder, data) = folder();
    let (code, findings) = examine(&data, &[]);
    assert_eq!(
        (code, states(&findings)),
        (
            Some(0),
            vec![("store", "good"), ("keys", "good"), ("index", "good")]
        ),
        "{findings:?}"
    );
    assert!(
        findings[0].2.contains("2 resources and 1 removed"),
        "{findings:?}"
    );
    let none = classo()
        .args(["doctor", "--data", "/no/such/folder"])
        .output()
        .unwrap();
    assert_eq!(none.status.code(), Some(1));
    let server = ServerProcess::start("serve", &data);
    let held = classo()
        .arg("doctor")
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&held.stderr).contains("in use by a running classo"),
        "{held:?}"
    );
    server.terminate();
}

#[test]
fn what_crashes_left_behind_is_removed_after_a_copy() {
    let (_folder, data) = folder();
    write_file(&data.join("store/snap.0000000000000000.generating"), "half");
    let unfinished = data.join("index/generations/left-behind");
    std::fs::create_dir_all(&unfinished).unwrap();
    let (code, findings) = examine(&data, &["--dry-run"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        states(&findings)
            .iter()
            .filter(|(_, state)| *state == "repairable")
            .count(),
        2,
        "{findings:?}"
    );
    assert!(unfinished.exists(), "a dry run changes nothing");
    let (code, findings) = examine(&data, &[]);
    assert_eq!(
        (
            code,
            states(&findings)
                .iter()
                .filter(|(_, state)| *state == "repaired")
                .count()
        ),
        (Some(0), 2),
        "{findings:?}"
    );
    assert!(!unfinished.exists() && !data.join("store/snap.0000000000000000.generating").exists());
    let copies = std::fs::read_dir(&data).unwrap().flatten().filter(|entry| {
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("store.before-repair-")
    });
    assert_eq!(copies.count(), 1);
    let (_, findings) = examine(&data, &[]);
    assert!(
        states(&findings).iter().all(|(_, state)| *state == "good"),
        "{findings:?}"
    );
}

#[test]
fn a_damaged_index_is_built_anew_and_a_damaged_store_is_explained() {
    let (_folder, data) = folder();
    let generations = data.join("index/generations");
    let generation = std::fs::read_dir(&generations)
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    // Every one: some may be left of segments that are not in use any more.
    let files = std::fs::read_dir(&generation).unwrap().flatten();
    let records = files.map(|entry| entry.path()).filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "store")
    });
    for records in records {
        let mut bytes = std::fs::read(&records).unwrap();
        bytes[3] ^= 0xff;
        std::fs::write(&records, bytes).unwrap();
    }
    let (code, findings) = examine(&data, &[]);
    assert_eq!(
        (code, findings[2].1.as_str()),
        (Some(0), "repaired"),
        "{findings:?}"
    );
    assert!(findings[2].2.contains("checksum"), "{findings:?}");
    let found = classo()
        .args(["search", "carte", "--json", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["total"], 1);
    let own_schema = data.join("index-schema");
    std::fs::create_dir(&own_schema).unwrap();
    write_file(&own_schema.join("ranking.toml"), "no ranking");
    let (code, findings) = examine(&data, &[]);
    assert_eq!(
        (code, findings[0].0.as_str(), findings[0].1.as_str()),
        (Some(1), "index-schema", "trouble"),
        "{findings:?}"
    );
    std::fs::remove_dir_all(&own_schema).unwrap();
    std::fs::write(data.join("store/db"), "no database").unwrap();
    std::fs::write(data.join("store/conf"), "no configuration").unwrap();
    let (code, findings) = examine(&data, &[]);
    assert_eq!(
        (code, findings[0].1.as_str()),
        (Some(1), "trouble"),
        "{findings:?}"
    );
    assert!(findings[0].2.contains("classo restore"), "{findings:?}");
}
