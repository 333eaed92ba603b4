//! A disk that is full, or a file that may not grow: a clear error, nothing acknowledged lost, and on it goes.
//!
//! Where root may mount a tmpfs, a small one is filled and freed. Everywhere, a server whose files may not grow beyond a
//! limit (`ulimit -f`) plays the same on what its writes leave behind. Each test prints which it is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

use super::crash::assert_all_there;
use super::support::{
    ServerProcess, eventually, lines, operator_token, record, rounds, run, seed, wait_until,
    write_file,
};

/// A file system of its own in memory; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this process may not mount anything.
    fn mount(at: &Path, mib: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={mib}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        println!(
            "a small disk of {mib} MiB: {}",
            if is_mounted {
                "tmpfs"
            } else {
                "not allowed here"
            }
        );
        is_mounted.then(|| SmallDisk(at.to_owned()))
    }

    /// Leaves so much free, and takes the rest until what is returned is removed.
    fn fill(&self, leaving_mib: u64) -> PathBuf {
        let file = self.0.join("filler");
        let free = fs4::available_space(&self.0).unwrap();
        let zeros = vec![0; (free - leaving_mib * 1024 * 1024) as usize];
        std::fs::write(&file, zeros).unwrap();
        file
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn maps(name: &str, count: usize) -> Vec<Value> {
    let text = "Une carte pour la classe. ".repeat(10);
    let one = |number: usize| {
        let description = json!({"description": {"fr": format!("{text}{number}")}});
        record(&format!("{name}-{number}"), "carte", description)
    };
    (0..count).map(one).collect()
}

fn ids(records: &[Value]) -> impl Iterator<Item = String> {
    records
        .iter()
        .map(|record| record["id"].as_str().unwrap().to_owned())
}

/// An operator of a running server.
struct Operator<'a> {
    server: &'a ServerProcess,
    token: String,
}

impl Operator<'_> {
    fn ask(&self, method: Method, path: &str, body: String) -> (u16, Value) {
        let request = Client::new()
            .request(method, format!("{}/api/v1/admin/{path}", self.server.url))
            .bearer_auth(&self.token);
        let response = request.body(body).send().unwrap();
        (
            response.status().as_u16(),
            response.json().unwrap_or(Value::Null),
        )
    }

    fn import(&self, records: &[Value]) -> (u16, Value) {
        self.ask(Method::POST, "import", lines(records))
    }

    /// Begins a reindex and waits for its end.
    fn reindex(&self) -> Value {
        let (_, begun) = self.ask(Method::POST, "reindex", String::new());
        let path = format!("tasks/{}", begun["id"]);
        eventually("the task ends", || {
            let (_, now) = self.ask(Method::GET, &path, String::new());
            (now["state"] != "running").then_some(now)
        })
    }

    /// Until then the index gives room free by itself.
    fn waits_for_segments_to_come_together(&self) {
        wait_until("segments come together", || {
            let (_, stats) = self.ask(Method::GET, "stats", String::new());
            stats["segments"] == 1
        });
    }

    fn waits_until_ready(&self) {
        wait_until("it goes on by itself", || {
            self.server.get("/readyz").0 == 200
        });
    }
}

/// A command that failed says so in one line that tells of the disk.
fn assert_told(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let own: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("classo: "))
        .collect();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(own.len(), 1, "one readable line: {said}");
    let told = ["full", "No space left", "too large", "stopped"];
    assert!(told.iter().any(|words| own[0].contains(words)), "{said}");
}

#[test]
fn a_server_on_a_full_disk_refuses_writes_goes_on_answering_and_recovers_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), 160) else {
        return;
    };
    let data = disk.0.join("data");
    let server = ServerProcess::start("serve", &data);
    let operator = Operator {
        server: &server,
        token: operator_token(&data),
    };
    let first = maps("first", 500);
    assert_eq!(operator.import(&first).0, 200);
    let mut acknowledged: BTreeSet<String> = ids(&first).collect();

    // Too little for the store: nothing is written, everything is still answered.
    let filler = disk.fill(20);
    let (status, refused) = operator.import(&maps("second", 500));
    assert_eq!(
        (status, &refused["code"]),
        (507, &json!("disk_full")),
        "{refused}"
    );
    let (status, _) = operator.ask(Method::DELETE, "resources/first-1", String::new());
    assert_eq!(status, 507);
    let failed = operator.reindex();
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(
        failed["error"].as_str().unwrap().contains("full"),
        "{failed}"
    );
    let found = server.get("/api/v1/search?q=carte&limit=0");
    assert_eq!((found.0, &found.1["total"]), (200, &json!(500)));
    assert_eq!(server.get("/api/v1/resources/first-1").0, 200);
    std::fs::remove_file(&filler).unwrap();
    let (status, imported) = operator.import(&maps("second", 500));
    assert_eq!(
        (status, &imported["added"]),
        (200, &json!(500)),
        "{imported}"
    );
    acknowledged.extend(ids(&maps("second", 500)));

    // Enough for the store, too little for the index: acknowledged, and found as soon as there is room.
    let filler = disk.fill(50);
    let (status, imported) = operator.import(&maps("third", 100));
    assert_eq!(
        (status, &imported["findable"]),
        (200, &json!(false)),
        "{imported}"
    );
    acknowledged.extend(ids(&maps("third", 100)));
    let (status, health) = server.get("/readyz");
    assert_eq!(status, 503);
    assert!(health["reasons"].to_string().contains("full"), "{health}");
    std::fs::remove_file(&filler).unwrap();
    operator.waits_until_ready();
    assert_eq!(
        server.get("/api/v1/search?q=carte&limit=0").1["total"],
        1_100
    );
    assert_eq!(operator.reindex()["state"], "done");

    // Not a byte left: the pointer cannot be switched, and the generation in use stays.
    let before = server.get("/readyz").1["generation"].clone();
    operator.waits_for_segments_to_come_together();
    let filler = disk.fill(0);
    let (status, rolled_back) = operator.ask(Method::POST, "rollback", String::new());
    assert_ne!(status, 200, "{rolled_back}");
    assert_eq!(server.get("/readyz").1["generation"], before);
    assert_eq!(
        server.get("/api/v1/search?q=carte&limit=0").1["total"],
        1_100
    );
    std::fs::remove_file(&filler).unwrap();
    server.terminate();
    assert_all_there(&data, &acknowledged, 0);
}

#[test]
fn an_import_with_room_for_the_store_alone_ends_and_the_next_command_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), 160) else {
        return;
    };
    let (data, file) = (disk.0.join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&maps("a", 500)));
    let filler = disk.fill(50);
    let import = ["import", file.to_str().unwrap()];
    let imported = run(&import, &data);
    assert_told(&imported);
    let report = String::from_utf8_lossy(&imported.stdout).into_owned();
    assert!(report.contains("500 added"), "{report}");
    let checked = run(&["doctor"], &data);
    let told = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(told.contains("the store is at change 500"), "{told}");
    std::fs::remove_file(&filler).unwrap();
    let found = run(&["search", "carte"], &data);
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    assert!(found.contains("500 resources"), "{found}");
}

#[test]
fn commands_on_a_full_disk_say_so_and_leave_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), 1) else {
        return;
    };
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&maps("a", 4_000)));
    assert!(
        run(&["import", file.to_str().unwrap()], &data)
            .status
            .success()
    );
    let on_disk = |name: &str| disk.0.join(name).to_str().unwrap().to_owned();
    assert_told(&run(&["backup", &on_disk("backup")], &data));
    assert_told(&run(&["export", "--out", &on_disk("all.jsonl")], &data));
    assert_eq!(
        std::fs::read_dir(&disk.0).unwrap().count(),
        0,
        "nothing is left of them"
    );
    let backup = folder.path().join("backup");
    assert!(
        run(&["backup", backup.to_str().unwrap()], &data)
            .status
            .success()
    );
    let restored = disk.0.join("data");
    assert_told(&run(&["restore", backup.to_str().unwrap()], &restored));
    assert!(!restored.join("store").exists(), "no half of a store");
    let fresh = folder.path().join("fresh");
    assert!(
        run(&["restore", backup.to_str().unwrap()], &fresh)
            .status
            .success()
    );
    let export = |data: &Path| run(&["export"], data).stdout;
    assert_eq!(export(&fresh), export(&data));
}

#[test]
fn a_doctor_who_cannot_write_says_so_and_sends_nobody_to_delete_anything() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk"), 200) else {
        return;
    };
    let (data, file) = (disk.0.join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&maps("a", 3)));
    let imported = run(&["import", file.to_str().unwrap()], &data);
    assert!(imported.status.success(), "{imported:?}");
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&disk.0)
        .status();
    assert!(remounted.unwrap().success());
    let examined = run(&["doctor"], &data);
    let said = String::from_utf8_lossy(&examined.stderr).into_owned();
    assert_eq!((examined.status.code(), said.lines().count()), (Some(1), 1));
    assert!(
        said.contains("cannot be written") && said.contains("Read-only"),
        "{said}"
    );
    assert!(examined.stdout.is_empty(), "{examined:?}");
}

/// Starts a command whose files may not grow beyond so many KiB, and which is told so instead of being killed.
fn limited(kib: u64, arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", kib * 2);
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_classo")])
        .args(arguments);
    command
        .arg("--data")
        .arg(data)
        .stdin(std::process::Stdio::null());
    command
}

#[test]
fn a_store_that_could_not_write_stops_and_a_start_mends_it() {
    let mut rng = StdRng::seed_from_u64(seed("a store that cannot write"));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds("CLASSO_DISK_ROUNDS", 2) {
        let size = std::fs::metadata(data.join("store/db")).map_or(0, |file| file.len()) / 1024;
        let limit = size + rng.random_range(600..3_000);
        println!("round {round}: files of at most {limit} KiB");
        let mut command = limited(limit, &["serve", "--listen", "127.0.0.1:0"], &data);
        let server = ServerProcess::spawn(&mut command);
        let operator = Operator {
            server: &server,
            token: operator_token(&data),
        };
        let mut refused = None;
        for part in 0..200 {
            let records = maps(&format!("r{round}-{part}"), 200);
            match operator.import(&records) {
                (200, _) => acknowledged.extend(ids(&records)),
                other => {
                    refused = Some(other);
                    break;
                }
            }
        }
        let (status, problem) = refused.expect("the limit is reached");
        assert_eq!(
            (status, &problem["code"]),
            (503, &json!("store_stopped")),
            "{problem}"
        );
        let (status, health) = server.get("/readyz");
        assert_eq!(status, 503, "{health}");
        assert!(
            health["reasons"]
                .to_string()
                .contains("the store has stopped"),
            "{health}"
        );
        for _ in 0..3 {
            assert_eq!(
                operator.import(&maps("late", 1)).0,
                503,
                "nothing more is taken"
            );
        }
        assert_eq!(
            server.get("/api/v1/search?q=carte").0,
            200,
            "searches go on"
        );
        assert_eq!(server.get("/api/v1/resources/late-0").0, 503);
        server.terminate();
        assert_all_there(&data, &acknowledged, round);
    }
}

#[test]
fn an_import_that_could_not_write_is_told_and_goes_on_where_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    let all = maps("a", 5_000);
    write_file(&file, &lines(&all));
    let import = ["import", file.to_str().unwrap()];
    assert_told(&limited(1_000, &import, &data).output().unwrap());
    let again = run(&import, &data);
    assert!(again.status.success(), "{again:?}");
    assert_all_there(&data, &ids(&all).collect(), 0);
}
