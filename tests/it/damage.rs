//! Flipped bytes, foreign stores, clocks that jump back, folders that cannot be written: each with one readable line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use classo::app::App;
use classo::domain::actor::Actor;
use classo::domain::clock::FixedClock;
use classo::domain::task::TaskKind;
use classo::services::indexing::Outdated;
use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{ServerProcess, lines, record, run, seed, wait_until, write_file};

fn import(name: &str, count: usize, data: &Path) {
    let many: Vec<Value> = (0..count)
        .map(|number| {
            record(
                &format!("{name}{number}"),
                &format!("carte {name} {number}"),
                json!({}),
            )
        })
        .collect();
    let file = data.with_extension(name);
    write_file(&file, &lines(&many));
    let imported = run(&["import", file.to_str().unwrap()], data);
    assert!(imported.status.success(), "{imported:?}");
}

/// A command that cannot do its work ends with one line for people, which says this.
fn assert_one_line(output: &Output, says: &str) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let own: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("classo: "))
        .collect();
    assert_eq!((output.status.code(), own.len()), (Some(1), 1), "{said}");
    assert!(own[0].contains(says), "{says}: {said}");
    assert!(
        !said.contains("panicked") && !said.contains("RUST_BACKTRACE"),
        "{said}"
    );
}

fn total(server: &ServerProcess) -> Value {
    let (status, answer) = server.get("/api/v1/search?q=carte&limit=0");
    assert_eq!(status, 200, "{answer}");
    answer["total"].clone()
}

fn index_files(data: &Path, extension: &str) -> Vec<PathBuf> {
    let generations = std::fs::read_dir(data.join("index/generations")).unwrap();
    let files = generations.flat_map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    let mut files: Vec<PathBuf> = files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|own| own == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn a_flipped_byte_that_the_engine_does_not_notice_is_found_at_start_and_the_index_built_anew() {
    let mut rng = StdRng::seed_from_u64(seed("a flipped byte"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import("a", 60, &data);
    for extension in ["store", "idx", "pos"] {
        for file in index_files(&data, extension) {
            let mut bytes = std::fs::read(&file).unwrap();
            // The footer, where the engine looks by itself, is left alone.
            let place = rng.random_range(0..bytes.len() / 2);
            bytes[place] ^= 1 << rng.random_range(0..8);
            std::fs::write(&file, bytes).unwrap();
        }
        let examined = run(&["doctor", "--dry-run"], &data);
        let told = String::from_utf8_lossy(&examined.stdout).into_owned();
        assert!(told.contains("damaged"), "{extension}: {told}");
        let before = index_files(&data, "store")[0].parent().unwrap().to_owned();
        let server = ServerProcess::start("serve", &data);
        let is_rebuilt = || {
            let generation = server.get("/readyz").1["generation"]
                .as_str()
                .map(str::to_owned);
            generation.is_some_and(|name| !before.ends_with(name))
        };
        wait_until(&format!("{extension}: a fresh one is built"), is_rebuilt);
        assert_eq!(total(&server), 60, "{extension}");
        server.terminate();
    }
}

#[test]
fn a_snapshot_of_the_store_that_a_kill_left_unfinished_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import("a", 5, &data);
    let unfinished = data.join("store/snap.FFFFFFFFFFFFFFFF.generating");
    for half in ["", "half of a snapshot"] {
        write_file(&unfinished, half);
        let server = ServerProcess::start("serve", &data);
        assert_eq!(total(&server), 5);
        assert!(!unfinished.exists());
        write_file(&unfinished, half);
        let held = run(&["import", "nothing.jsonl"], &data);
        assert!(!held.status.success());
        assert!(unfinished.exists(), "a running server may be writing it");
        std::fs::remove_file(&unfinished).unwrap();
        server.terminate();
    }
}

#[test]
fn an_index_that_knows_more_than_the_store_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import("a", 5, &data);
    let (store, kept) = (data.join("store"), folder.path().join("kept"));
    let copied = Command::new("cp").arg("-r").args([&store, &kept]).status();
    assert!(copied.unwrap().success());
    import("b", 5, &data);
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(kept, store).unwrap();
    let server = ServerProcess::start("serve", &data);
    wait_until("what the store does not have is not found", || {
        total(&server) == 5
    });
    server.terminate();
    import("c", 3, &data);
    let found = run(&["search", "carte", "--json"], &data);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(found["total"], 8, "what comes next is found");
}

#[test]
fn a_clock_that_jumps_back_confuses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let now = Timestamp::now();
    let earlier = now - SignedDuration::from_hours(24 * 400);
    let token = {
        let app = App::open(&data).unwrap();
        let lasting = SignedDuration::from_hours(1);
        app.tokens.create("before", None, now, lasting).unwrap()
    };
    import("a", 5, &data);
    assert!(run(&["reindex"], &data).status.success());
    let clock = Arc::new(FixedClock(earlier));
    let app = App::open_at(&data, clock, Outdated::Rebuild).unwrap();
    assert!(
        app.tokens.check(&token, earlier).is_ok(),
        "a token lasts at least as long as it said"
    );
    let before = app.store.sequence();
    let reindexed = app.tasks.run(TaskKind::Reindex, |work| {
        app.reindex.rebuild(&Actor::Console, false, work)
    });
    let report = reindexed.unwrap();
    assert_eq!((report.resources, report.sequence), (5, before));
    assert_eq!(app.index.snapshot().generation(), report.generation);
    let tasks = app.tasks.list(&Actor::Console).unwrap();
    assert!(
        tasks.is_sorted_by(|one, next| one.id > next.id),
        "{tasks:?}"
    );
    assert!(
        tasks
            .iter()
            .all(|task| task.ended_at.is_none_or(|end| end >= task.started_at))
    );
    let back = app.reindex.rollback(&Actor::Console).unwrap();
    assert_eq!(
        back.generation, report.before,
        "the one before is the one before"
    );
    app.close().unwrap();
    import("b", 2, &data);
    let app = App::open(&data).unwrap();
    assert_eq!(app.store.sequence(), before + 2);
    let late = now + SignedDuration::from_hours(2);
    assert!(
        app.tokens.check(&token, late).is_err(),
        "and not a moment longer once the clock is right"
    );
}

#[test]
fn a_damaged_store_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import("a", 5, &data);
    write_file(&data.join("store/conf"), "no configuration");
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["search", "carte"],
        &["reindex"],
    ] {
        assert_one_line(&run(command, &data), "store");
    }
}

#[test]
fn a_broken_override_of_a_vocabulary_is_named_and_a_missing_one_is_the_embedded_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    import("a", 5, &data);
    let vocabularies = data.join("index-schema/vocabularies");
    std::fs::create_dir_all(&vocabularies).unwrap();
    let found = run(&["search", "carte", "--json"], &data);
    assert!(found.status.success(), "{found:?}");
    write_file(&vocabularies.join("level.toml"), "not = [toml");
    assert_one_line(&run(&["search", "carte"], &data), "level");
    std::fs::write(vocabularies.join("level.toml"), [0xff, 0xfe]).unwrap();
    assert_one_line(&run(&["serve", "--listen", "127.0.0.1:0"], &data), "level");
    std::fs::remove_file(vocabularies.join("level.toml")).unwrap();
    std::fs::create_dir(vocabularies.join("subject.toml")).unwrap();
    assert_one_line(&run(&["search", "carte"], &data), "subject");
}

#[test]
fn two_servers_on_one_folder_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = ServerProcess::start("serve", &data);
    for command in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["reindex"],
        &["doctor"],
    ] {
        assert_one_line(&run(command, &data), "in use");
    }
    assert_eq!(server.get("/healthz").0, 200, "the first is not disturbed");
}

#[test]
fn a_folder_that_cannot_be_written_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, data) = (folder.path().join("disk"), folder.path().join("disk/data"));
    std::fs::create_dir(&disk).unwrap();
    import("a", 5, &data);
    let mount = |arguments: &[&str]| {
        let mounted = Command::new("mount").args(arguments).arg(&disk).output();
        mounted.is_ok_and(|output| output.status.success())
    };
    let path = disk.to_str().unwrap();
    let is_mounted = mount(&["--bind", path]) && mount(&["-o", "remount,bind,ro"]);
    if !is_mounted {
        let made = Command::new("chmod")
            .args(["-R", "a-w"])
            .arg(&disk)
            .status();
        assert!(made.unwrap().success());
    }
    // Whom permissions do not hold back needs the mount.
    if std::fs::write(disk.join("probe"), "").is_err() {
        println!(
            "read-only by {}",
            if is_mounted { "a mount" } else { "permissions" }
        );
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["import", "README.md"],
            &["reindex"],
        ] {
            assert_one_line(&run(command, &data), "data");
        }
    }
    let _ = Command::new("umount").arg("--lazy").arg(&disk).output();
    let _ = Command::new("chmod")
        .args(["-R", "u+w"])
        .arg(&disk)
        .status();
}
