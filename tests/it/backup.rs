//! Backups during writes, chains of them, and what comes of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::support::{
    ServerProcess, TestApp, classo, lines, operator_token, record, run, write_file,
};

fn must(arguments: &[&str], data: &Path) -> String {
    let output = run(arguments, data);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn fails(arguments: &[&str], data: &Path) -> String {
    let output = run(arguments, data);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn import(records: &[Value], data: &Path) {
    let file = data.with_extension("import.jsonl");
    write_file(&file, &lines(records));
    must(&["import", file.to_str().unwrap()], data);
}

/// What a backup says, applied line by line: the records by id, and the number it ends with.
fn read(text: &str) -> (BTreeMap<String, Value>, u64) {
    let mut records = BTreeMap::new();
    let mut end = None;
    for line in text.lines().skip(1) {
        let line: Value = serde_json::from_str(line).unwrap();
        match (line["id"].as_str(), line.get("record")) {
            (Some(id), Some(record)) => drop(records.insert(id.to_owned(), record.clone())),
            (Some(id), None) => drop(records.remove(id)),
            (None, _) => end = line["end"].as_u64(),
        }
    }
    (records, end.expect("a last line"))
}

#[test]
fn a_restored_folder_has_everything_and_goes_on_counting() {
    let folder = tempfile::tempdir().unwrap();
    let (data, fresh, backups) = (
        folder.path().join("data"),
        folder.path().join("fresh"),
        folder.path().join("backups"),
    );
    std::fs::create_dir(&backups).unwrap();
    let long = "géométrie ".repeat(20_000);
    import(
        &[
            record(
                "a",
                "un",
                json!({"provenance": {"source": "x", "raw": {"no": 1.50}}}),
            ),
            record("b", "deux", json!({"description": {"fr": long}})),
            record("c", "trois", json!({})),
        ],
        &data,
    );
    let to = backups.to_str().unwrap();
    assert!(must(&["backup", to], &data).contains("3 entries, changes 0 to 3"));
    import(
        &[
            record("d", "quatre", json!({})),
            record("a", "un encore", json!({})),
        ],
        &data,
    );
    must(&["remove", "c"], &data);
    assert!(
        must(&["backup", to], &data).contains("3 entries, changes 3 to 6"),
        "only what changed"
    );
    assert!(must(&["restore", to], &fresh).contains("change 6"));
    assert_eq!(must(&["export"], &fresh), must(&["export"], &data));
    let server = ServerProcess::start("serve", &fresh);
    assert_eq!(
        server.get("/api/v1/resources/c").0,
        410,
        "what was removed is known as removed"
    );
    assert_eq!(server.get("/api/v1/search?q=geometrie").1["total"], 1);
    server.terminate();
    import(&[record("e", "cinq", json!({}))], &fresh);
    let again = must(&["backup", to], &fresh);
    assert!(
        again.contains("changes 0 to 7"),
        "a restored store is another one: {again}"
    );
    let store = run(&["restore", to], &fresh);
    assert!(
        String::from_utf8_lossy(&store.stderr).contains("not overwritten"),
        "{store:?}"
    );
}

#[test]
fn a_damaged_or_missing_backup_is_said_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (data, fresh) = (folder.path().join("data"), folder.path().join("fresh"));
    import(
        &[
            record("a", "carte", json!({})),
            record("b", "jeu", json!({})),
        ],
        &data,
    );
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (full, later) = (file("full"), file("later"));
    must(&["backup", &full], &data);
    assert!(fails(&["backup", &full], &data).contains("not overwritten"));
    import(&[record("c", "plan", json!({}))], &data);
    import(&[record("d", "globe", json!({}))], &data);
    must(&["backup", &later, "--since", "3"], &data);
    assert!(fails(&["backup", &file("x"), "--since", "99"], &data).contains("stands at change 4"));
    assert!(fails(&["restore", &later], &fresh).contains("full backup is missing"));
    assert!(fails(&["restore", &full, &later], &fresh).contains("missing between"));
    let missing = fails(&["restore", &file("missing")], &fresh);
    assert!(missing.contains("that `classo backup` wrote"), "{missing}");
    let text = std::fs::read_to_string(&full).unwrap();
    let (all_but_last, _) = text.trim_end().rsplit_once('\n').unwrap();
    for (name, damaged, why) in [
        ("changed", text.replace("carte", "carts"), "checksum"),
        ("cut", all_but_last.to_owned() + "\n", "cut short"),
        ("other", "hello\n".to_owned(), "no backup"),
        (
            "newer",
            text.replace("\"classo_backup\":3", "\"classo_backup\":9"),
            "newer classo",
        ),
        ("twice", text.clone() + "x\n", "checksum"),
        (
            "sealed",
            text.replacen("\"catalogue\",\"seq\"", "\"profiles\",\"seq\"", 1),
            "not known",
        ),
    ] {
        let path = file(name);
        write_file(Path::new(&path), &damaged);
        let message = fails(&["restore", &path], &fresh);
        assert!(
            message.contains(why) && message.lines().count() == 1,
            "{name}: {message}"
        );
    }
    assert!(!fresh.exists(), "nothing was written");
}

#[test]
fn a_backup_taken_during_writes_is_the_store_at_its_number() {
    let app = TestApp::with(
        &(0..400)
            .map(|number| record(&format!("r{number}"), "avant", json!({})))
            .collect::<Vec<_>>(),
    );
    let done = AtomicBool::new(false);
    let backups = std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..25 {
                let records: Vec<Value> = (0..40)
                    .map(|number| {
                        record(
                            &format!("r{}", (round * 31 + number * 7) % 500),
                            &format!("tour {round}"),
                            json!({}),
                        )
                    })
                    .collect();
                app.import(&lines(&records));
                app.as_operator(
                    "DELETE",
                    &format!("/api/v1/admin/resources/r{}", round * 3),
                    "",
                );
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut backups = Vec::new();
        while !done.load(Ordering::SeqCst) {
            backups.push(app.as_operator("GET", "/api/v1/admin/backup", "").text);
        }
        backups
    });
    let last = app.as_operator("GET", "/api/v1/admin/backup", "").text;
    let (now, end) = read(&last);
    assert_eq!(
        now.len() as u64,
        app.search(json!({"limit": 0}))["total"].as_u64().unwrap()
    );
    assert!(backups.len() > 2, "some were taken during the writes");
    for text in &backups {
        let (mut records, sequence) = read(text);
        // What changed since makes of it what the store is now: nothing was missed, and nothing came from later.
        let since = app
            .as_operator("GET", &format!("/api/v1/admin/backup?since={sequence}"), "")
            .text;
        for line in text
            .lines()
            .skip(1)
            .chain(since.lines().skip(1))
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
        {
            if let Some(id) = line["id"].as_str() {
                match line.get("record") {
                    Some(record) => drop(records.insert(id.to_owned(), record.clone())),
                    None => drop(records.remove(id)),
                }
            }
        }
        assert_eq!(records, now);
        let numbers = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64());
        assert!(numbers.max().unwrap_or(0) <= sequence && sequence <= end);
    }
    assert_eq!(
        app.as_operator("GET", "/api/v1/admin/backup?since=99999", "")
            .status,
        409
    );
    let wrong = app.as_operator("GET", "/api/v1/admin/backup?since=x", "");
    assert_eq!(
        (
            wrong.status.as_u16(),
            wrong.json()["errors"][0]["field"].as_str()
        ),
        (400, Some("since"))
    );
    assert_eq!(app.get("/api/v1/admin/backup").status, 401);
}

#[test]
fn a_backup_through_a_server_is_a_backup_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let (data, fresh, backups) = (
        folder.path().join("data"),
        folder.path().join("fresh"),
        folder.path().join("backups"),
    );
    std::fs::create_dir(&backups).unwrap();
    import(&[record("a", "carte", json!({}))], &data);
    let server = ServerProcess::start("serve", &data);
    let to = backups.to_str().unwrap();
    assert!(fails(&["backup", to], &data).contains("--server"));
    let token = operator_token(&data);
    for expected in ["changes 0 to 1", "nothing changed since change 1"] {
        let output = classo()
            .args(["backup", to, "--server", &server.url])
            .env("CLASSO_TOKEN", &token)
            .output()
            .unwrap();
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(expected),
            "{output:?}"
        );
    }
    must(&["restore", to], &fresh);
    assert!(must(&["export"], &fresh).contains("carte"));
}
