//! Import and export at the command line.
//!
//! 1. What is exported and imported again is the same.
//! 2. Records of some sources complete those that are there.
//! 3. The report tells what changed and what looks alike.
//! 4. Wrong use exits with 2, in words that say what to do.

use std::path::Path;

use serde_json::{Value, json};

use super::support::{
    ServerProcess, assert_has, classo, lines, operator_token, record, run, write_file,
};

/// Exit code, standard output, standard error.
fn told(arguments: &[&str], data: &Path) -> (i32, String, String) {
    let output = run(arguments, data);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn what_is_exported_and_imported_again_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (first, second) = (path("first"), path("second"));
    let records = [
        record(
            "b",
            "Étoiles, \"lunes\"",
            json!({"type": ["game"], "levels": ["/primary"], "price": "free", "unknown": {"deep": [1]}}),
        ),
        record(
            "a",
            "=1+1",
            json!({"subjects": ["nobody knows", "/arts"], "keywords": {"fr": ["un", "deux"]}}),
        ),
        record(
            "edx:x",
            "Cours",
            json!({"levels": ["Advanced"], "price": {"model": "freemium", "amount": 99.0, "currency": "USD"}}),
        ),
        json!({"id": "f", "title": {"de": "-5 °C"}, "description": {"es": "'=hielo"}, "keywords": {"und": ["frío"]},
            "provenance": {"source": "Elsewhere"}}),
    ];
    write_file(&path("a.jsonl"), &lines(&records));
    let exports = |data: &Path, format: &str| {
        let (code, out, error) = told(&["export", "--format", format], data);
        assert_eq!((code, error.as_str()), (0, ""));
        out
    };
    assert_eq!(
        told(&["import", path("a.jsonl").to_str().unwrap()], &first).0,
        0
    );
    let native = exports(&first, "jsonl");
    let ids: Vec<Value> = native
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone())
        .collect();
    assert_eq!(ids, ["a", "b", "edx:x", "f"]);
    let out = path("out.jsonl");
    assert_eq!(
        told(&["export", "--out", out.to_str().unwrap()], &first).0,
        0
    );
    assert_eq!(told(&["import", out.to_str().unwrap()], &second).0, 0);
    assert_eq!(exports(&second, "jsonl"), native);
    // What stands where the export is to go stays what it is.
    let (link, pipe) = (path("link"), path("pipe"));
    std::os::unix::fs::symlink(&out, &link).unwrap();
    write_file(&out, "");
    let to_link = ["export", "--out", link.to_str().unwrap()];
    assert_eq!(told(&to_link, &first).0, 0);
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), native);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
    };
    let to_pipe = ["export", "--out", pipe.to_str().unwrap()];
    assert_eq!(told(&to_pipe, &first).0, 0);
    assert_eq!(reader.join().unwrap(), native);
    for format in ["csv", "lrmi"] {
        let (file, data) = (path(format), path(&format!("{format}-data")));
        write_file(&file, &exports(&first, format));
        let (code, out, error) = told(&["import", file.to_str().unwrap()], &data);
        assert!(code == 0 && out.contains("4 added"), "{out}{error}");
        let again: Vec<Value> = exports(&data, "jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for (line, again) in native.lines().zip(again) {
            let once: Value = serde_json::from_str(line).unwrap();
            for field in ["id", "type", "levels", "subjects", "keywords"] {
                let known = format == "csv" || field != "keywords";
                assert!(
                    !known || once[field] == again[field],
                    "{format} {field}: {once} {again}"
                );
            }
        }
    }
    for format in ["csv", "lrmi"] {
        let again = path(&format!("{format}-again"));
        let once = exports(&path(&format!("{format}-data")), format);
        assert_eq!(once, exports(&first, format), "nothing more is lost");
        write_file(&path(format), &once);
        assert_eq!(
            told(&["import", path(format).to_str().unwrap()], &again).0,
            0
        );
        assert_eq!(exports(&again, format), once);
    }
    let (code, _, error) = told(&["export"], &path("nowhere"));
    assert!(
        code == 1 && error.contains("--data") && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn records_of_some_sources_complete_those_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let (data, list, texts) = (
        folder.path().join("data"),
        folder.path().join("list.csv"),
        folder.path().join("texts.csv"),
    );
    write_file(
        &list,
        "id,track_name,price,currency,prime_genre,cont_rating\n1,Piano,2.99,USD,Music,4+\n",
    );
    write_file(
        &texts,
        "id,track_name,size_bytes,app_desc\n1,Piano,9,Play it\n2,Horn,9,Blow it\n",
    );
    for file in [&list, &texts] {
        assert_eq!(told(&["import", file.to_str().unwrap()], &data).0, 0);
    }
    let (_, exported, _) = told(&["export"], &data);
    let piano: Value = serde_json::from_str(exported.lines().next().unwrap()).unwrap();
    assert_has(
        &piano,
        json!({"description": {"und": "Play it"}, "price/amount": 2.99, "provenance/format": "apple-appstore"}),
    );
    assert_eq!(exported.lines().count(), 2);
}

#[test]
fn wrong_use_of_formats_and_mappings_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.csv"));
    write_file(&file, "x,y\n1,2\n");
    let file = file.to_str().unwrap();
    for (arguments, code, says) in [
        (
            &["import", file, "--mapping", "nobody"][..],
            2,
            "oer-commons",
        ),
        (&["import", file, "--format", "pdf"], 2, "lrmi"),
        (&["import", file], 1, "no mapping knows its columns (x, y)"),
        (&["export", "--format", "pdf"], 2, "lrmi"),
    ] {
        let (exit, _, error) = told(arguments, &data);
        assert!(
            exit == code && error.contains(says),
            "{arguments:?}: {exit} {error}"
        );
    }
}

#[test]
fn the_report_tells_what_changed_and_what_looks_alike() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    let page = json!({"url": "https://example.org/a", "levels": ["/primary"]});
    let twin = json!({"url": "http://www.example.org/a/", "type": ["game"]});
    write_file(
        &file,
        &lines(&[record("a", "Un", page), record("b", "Deux", twin.clone())]),
    );
    let import = |more: &[&str]| {
        let (code, out, error) = told(
            &[&["import", file.to_str().unwrap(), "--json"], more].concat(),
            &data,
        );
        assert_eq!(code, 0, "{error}");
        serde_json::from_str::<Value>(&out).unwrap()
    };
    let first = import(&[]);
    assert_eq!(
        first["duplicates"],
        json!([{"id": "b", "twin": "a", "by": "address"}])
    );
    write_file(
        &file,
        &lines(&[
            record("a", "Un, encore", json!({"levels": ["/secondary"]})),
            record("b", "Deux", twin),
        ]),
    );
    for report in [import(&["--dry-run"]), import(&[])] {
        assert_eq!(
            report["changed"],
            json!({"title": 1, "url": 1, "levels": 1})
        );
        assert_eq!(
            (&report["replaced"], &report["unchanged"]),
            (&json!(1), &json!(1))
        );
    }
}

#[test]
fn foreign_files_go_through_a_server_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.csv"));
    write_file(
        &file,
        "id,title.fr,levels\na,Jeu,CM2\nb,\"Jeu\n\nc,Carte,K-2\n",
    );
    let server = ServerProcess::start("serve", &data);
    let token = operator_token(&data);
    let mut command = classo();
    command.args([
        "import",
        file.to_str().unwrap(),
        "--server",
        &server.url,
        "--json",
    ]);
    let imported = command.env("CLASSO_TOKEN", token).output().unwrap();
    let report: Value =
        serde_json::from_slice(&imported.stdout).unwrap_or_else(|_| panic!("{imported:?}"));
    assert_eq!(
        (&report["added"], &report["rejected"]),
        (&json!(2), &json!(1))
    );
    assert!(
        String::from_utf8_lossy(&imported.stderr).contains("line 3"),
        "{imported:?}"
    );
    let (_, found) = server.get("/api/v1/resources/a");
    assert_eq!(found["levels"], json!(["/primary/cycle-3/grade-5"]));
    let (code, _, error) = told(&["export"], &data);
    assert!(
        code == 1 && error.contains("stop it first") && error.lines().count() == 1,
        "{error}"
    );
}
