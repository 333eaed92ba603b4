//! `classo evaluate` as an operator uses it: many collections, other rankings beside ours, a report.

use std::path::PathBuf;
use std::process::Output;

use serde_json::Value;

use super::support::{classo, write_file};

/// Two small collections in folders of their own, and room for results.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        let files = Files {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, lang, water) in [
            ("english", "en", "Water cycle"),
            ("french", "fr", "Cycle de l'eau"),
        ] {
            std::fs::create_dir(files.path(name)).unwrap();
            let document = |id, title| {
                format!(
                    "{{\"id\":\"{id}\",\"title\":\"{title}\",\"text\":\"...\",\"lang\":\"{lang}\"}}\n"
                )
            };
            let question =
                |id, text| format!("{{\"id\":\"{id}\",\"text\":\"{text}\",\"lang\":\"{lang}\"}}\n");
            files.write(
                &format!("{name}/docs.jsonl"),
                &[
                    document("d1", water),
                    document("d2", "Volcan"),
                    document("d3", "Volcan Etna"),
                ]
                .concat(),
            );
            files.write(
                &format!("{name}/queries.jsonl"),
                &(question("q1", water) + &question("q2", "volcan") + &question("q3", "etna")),
            );
        }
        files.write("english/qrels.tsv", "q1\t0\td1\t2\nq2\t0\td3\t1\n");
        files.write(
            "french/judgments.csv",
            "query,profile,resource,grade,reason,who,when\nq1,,d1,3,\"Exact, by its title\",editor,2026-11-23\n",
        );
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        write_file(&self.path(name), text);
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs in the folder, so that files are named by their own names.
    fn evaluate(&self, arguments: &str) -> Output {
        let arguments = arguments.split_whitespace();
        let mut command = classo();
        command
            .current_dir(self.folder.path())
            .arg("evaluate")
            .args(arguments);
        command.output().unwrap()
    }

    fn figures(&self, arguments: &str) -> Value {
        let output = self.evaluate(&format!("{arguments} --json"));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    }
}

#[test]
fn several_collections_are_measured_in_one_run() {
    let files = Files::new();
    let figures = files.figures("--collection english --collection french --run runs --k 5");
    assert_eq!(figures["queries"], 3);
    assert_eq!(figures["collections"]["french"]["metrics"]["ndcg@5"], 1.0);
    assert_eq!(
        figures["collections"]["french"]["languages"]["fr"]["queries"],
        1
    );
    let english = &figures["collections"]["english"];
    assert!(english["per_query"]["q2"]["err@5"].is_number(), "{english}");
    let mean = (english["metrics"]["map"].as_f64().unwrap() + 1.0) / 2.0;
    assert_eq!(
        figures["metrics"]["map"], mean,
        "each collection counts alike"
    );
    assert!(files.read("runs/english.run").starts_with("q1 Q0 d1 1 "));
    // The same, named file by file and in another order.
    let named = "--catalogue french/docs.jsonl --queries french/queries.jsonl --qrels french/judgments.csv \
                 --catalogue english/docs.jsonl --queries english/queries.jsonl --qrels english/qrels.tsv --k 5";
    assert_eq!(files.figures(named)["collections"], figures["collections"]);
}

#[test]
fn a_run_of_any_engine_is_judged_beside_ours_or_alone() {
    let files = Files::new();
    // By its ranks d1 would be first for q2; by its scores it is d2, which comes last of the equal ids.
    files.write(
        "other.run",
        "q1 Q0 d1 1 2 other\nq2 Q0 d1 1 1 other\nq2 Q0 d3 2 0.5 other\nq2 Q0 d2 3 1 other\n",
    );
    let beside = files.figures("--collection english --read-run other.run");
    let compared = &beside["compared"][0];
    assert_eq!(compared["name"], "other.run");
    assert_eq!(compared["per_query"]["q2"]["mrr"], 1.0 / 3.0);
    let ours = beside["metrics"]["map"].as_f64().unwrap();
    let difference = compared["differences"]["map"]["mean"].as_f64().unwrap();
    assert!((ours - difference - compared["metrics"]["map"].as_f64().unwrap()).abs() < 1e-12);
    assert!(compared["differences"]["map"]["p"].as_f64().unwrap() > 0.05);
    let alone = files.figures("--qrels english/qrels.tsv --read-run other.run");
    assert_eq!(alone["metrics"]["map"], compared["metrics"]["map"]);
    // Our own run, read back, is what we measured.
    assert!(
        files
            .evaluate("--collection english --run ours.run")
            .status
            .success()
    );
    let own = files.figures("--collection english --read-run ours.run");
    assert_eq!(own["compared"][0]["per_query"], own["per_query"]);
}

#[test]
fn the_report_compares_two_configurations_on_one_page() {
    let files = Files::new();
    let weights = include_str!("../../index-schema/ranking.toml");
    files.write(
        "without-words.toml",
        &weights.replace("text = 10.0", "text = 0.0"),
    );
    let output = files.evaluate(
        "--collection english --collection french --against without-words.toml --report report.html",
    );
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("classo minus without-words.toml:"), "{said}");
    let page = files.read("report.html");
    for part in [
        "without-words.toml",
        "id=\"english\"",
        "id=\"french\"",
        "French against English",
        "What each weight is worth",
        "Gains and losses",
        "Cycle de l&#39;eau",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("<script"));
}

#[test]
fn judgments_change_their_form_without_loss() {
    let files = Files::new();
    assert!(
        files
            .evaluate("--collection french --write-qrels out.txt")
            .status
            .success()
    );
    assert_eq!(files.read("out.txt"), "q1 0 d1 3\n");
    assert!(
        files
            .evaluate("--collection french --write-qrels out.csv")
            .status
            .success()
    );
    assert_eq!(files.read("out.csv"), files.read("french/judgments.csv"));
}

#[test]
fn wrong_use_and_wrong_files_are_told_in_one_line() {
    let files = Files::new();
    files.write("bad.run", "q1 Q0 d1 1 high other\n");
    for (arguments, code, said) in [
        ("", 2, "--collection DIR"),
        (
            "--catalogue english/docs.jsonl --qrels english/qrels.tsv",
            2,
            "--queries",
        ),
        ("--collection nowhere", 2, "nowhere has no qrels.tsv"),
        (
            "--collection english --collection french --write-qrels out.csv",
            2,
            "one collection",
        ),
        (
            "--collection english --report nowhere/report.html",
            2,
            "no folder nowhere",
        ),
        (
            "--collection english --run english/docs.jsonl",
            2,
            "overwritten",
        ),
        (
            "--qrels english/qrels.tsv --read-run bad.run --against bad.run",
            2,
            "--catalogue",
        ),
        (
            "--collection english --read-run bad.run",
            1,
            "bad.run: line 1: the score",
        ),
        ("--collection english --weights bad.run", 1, "bad.run"),
    ] {
        let output = files.evaluate(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {error}");
        assert!(
            error.contains(said) && error.lines().count() == 1,
            "{arguments}: {error}"
        );
    }
    assert_eq!(
        files.evaluate("--collection english --k 0").status.code(),
        Some(2)
    );
    assert!(
        files.read("english/docs.jsonl").contains("Water"),
        "what is read stays"
    );
}
