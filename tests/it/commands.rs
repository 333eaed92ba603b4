//! The command line as an operator uses it.

use std::process::Output;

use serde_json::{Value, json};

use super::support::{ServerProcess, classo, lines, operator_token, record, run, write_file};

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn import_search_and_remove_on_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file, rejects) = (
        folder.path().join("data"),
        folder.path().join("a.jsonl"),
        folder.path().join("rejects.jsonl"),
    );
    write_file(
        &file,
        &(lines(&[
            record("a", "Jeu de fractions", json!({})),
            record("b", "Carte du ciel", json!({})),
        ]) + "oops\n"),
    );
    let imported = run(
        &[
            "import",
            file.to_str().unwrap(),
            "--rejects",
            rejects.to_str().unwrap(),
        ],
        &data,
    );
    assert!(imported.status.success(), "{imported:?}");
    assert!(
        stdout(&imported).contains("2 added") && stdout(&imported).contains("1 refused"),
        "{}",
        stdout(&imported)
    );
    let reject: Value =
        serde_json::from_str(std::fs::read_to_string(&rejects).unwrap().trim()).unwrap();
    assert_eq!(
        (reject["line"].as_u64(), reject["file"].as_str()),
        (Some(3), file.to_str())
    );
    let report: Value =
        serde_json::from_slice(&run(&["import", file.to_str().unwrap(), "--json"], &data).stdout)
            .unwrap();
    assert_eq!(
        (report["unchanged"].as_u64(), report["sequence"].as_u64()),
        (Some(2), Some(2))
    );
    let found: Value =
        serde_json::from_slice(&run(&["search", "fractions", "--json"], &data).stdout).unwrap();
    assert_eq!(
        (found["total"].as_u64(), found["hits"][0]["id"].as_str()),
        (Some(1), Some("a"))
    );
    let removed = run(&["remove", "a", "never"], &data);
    assert_eq!(
        (removed.status.code(), stdout(&removed).trim()),
        (Some(1), "removed a")
    );
    assert!(stderr(&removed).contains("never"));
    assert!(stdout(&run(&["search"], &data)).contains("1 resources"));
}

#[test]
fn while_a_server_holds_the_folder_commands_say_so_and_go_through_it() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    let server = ServerProcess::start("serve", &data);
    write_file(
        &file,
        &(lines(&[record("a", "Jeu de fractions", json!({}))])
            + "\nnot json\n"
            + &lines(&[record("b", "Jeu", json!({}))])),
    );
    let locked = run(&["import", file.to_str().unwrap()], &data);
    assert_eq!(locked.status.code(), Some(1));
    assert!(stderr(&locked).contains("--server"), "{}", stderr(&locked));
    let through = |arguments: &[&str], token: Option<&str>| {
        let mut command = classo();
        command.args(arguments).args(["--server", &server.url]);
        token.iter().for_each(|token| {
            command.env("CLASSO_TOKEN", token);
        });
        command.output().unwrap()
    };
    let without = through(&["import", file.to_str().unwrap()], None);
    assert!(
        stderr(&without).contains("classo operator token"),
        "{}",
        stderr(&without)
    );
    let token = operator_token(&data);
    let imported = through(&["import", file.to_str().unwrap(), "--json"], Some(&token));
    let report: Value =
        serde_json::from_slice(&imported.stdout).unwrap_or_else(|_| panic!("{imported:?}"));
    assert_eq!(
        (report["added"].as_u64(), report["rejected"].as_u64()),
        (Some(2), Some(1))
    );
    assert!(
        stderr(&imported).contains("line 3"),
        "{}",
        stderr(&imported)
    );
    let found: Value =
        serde_json::from_slice(&through(&["search", "jeu", "--json"], None).stdout).unwrap();
    assert_eq!(found["total"], 2);
    let (exported, copy) = (
        through(&["export"], Some(&token)),
        folder.path().join("copy.csv"),
    );
    assert_eq!(stdout(&exported).lines().count(), 2, "{exported:?}");
    let to_file = ["export", "--format", "csv", "--out", copy.to_str().unwrap()];
    assert!(through(&to_file, Some(&token)).status.success());
    let table = std::fs::read_to_string(&copy).unwrap();
    assert!(table.starts_with("id,") && table.lines().count() == 3);
    let closed = through(&to_file, Some("classo_op_0"));
    assert_eq!(closed.status.code(), Some(1));
    assert_eq!(
        std::fs::read_to_string(&copy).unwrap(),
        table,
        "the file that was there stays"
    );
    assert!(through(&["remove", "a"], Some(&token)).status.success());
    assert_eq!(server.get("/api/v1/resources/a").0, 410);
    let left = through(&["export"], Some(&token));
    let own = run(&["export"], &data);
    assert!(stderr(&own).contains("--server"), "{}", stderr(&own));
    assert!(
        server.terminate().success(),
        "a server that is asked to stop ends well"
    );
    assert_eq!(run(&["export"], &data).stdout, left.stdout);
}

/// A pipe that nobody reads.
fn unread() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[test]
fn a_command_that_nobody_listens_to_does_its_work_and_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    let good = lines(&[record("a", "Jeu de fractions", json!({}))]);
    write_file(&file, &format!("{}{good}", "no record\n".repeat(20)));
    let unheard = |arguments: &[&str]| {
        let mut command = classo();
        command.args(arguments).arg("--data").arg(&data);
        command.stdout(unread()).stderr(unread()).status().unwrap()
    };
    let imported = unheard(&["import", file.to_str().unwrap()]);
    assert_eq!(imported.code(), Some(0), "{imported}");
    let kept = run(&["export"], &data);
    assert_eq!(stdout(&kept).lines().count(), 1, "what came last is there");
    for (arguments, code) in [
        (&["search", "fractions"][..], 0),
        (&["export"], 0),
        (&["remove", "nobody"], 1),
        (&["import", "nowhere.jsonl"], 1),
    ] {
        assert_eq!(unheard(arguments).code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn wrong_use_exits_with_2_and_failures_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert_eq!(run(&["import"], &data).status.code(), Some(2));
    assert_eq!(run(&["fly"], &data).status.code(), Some(2));
    assert_eq!(
        run(&["serve", "--listen", "nowhere"], &data).status.code(),
        Some(2)
    );
    let missing = run(&["import", "/no/such/file"], &data);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).contains("/no/such/file"));
    assert!(run(&["import", "-"], &data).status.success());
    let refused = folder.path().join("refused.jsonl");
    write_file(&refused, "oops\n{\"id\": \"a\"}\n");
    for arguments in [&["import"][..], &["import", "--dry-run"]] {
        let refused = run(&[arguments, &[refused.to_str().unwrap()]].concat(), &data);
        assert_eq!(refused.status.code(), Some(1));
        assert!(stdout(&refused).contains("2 refused"), "the report is told");
        assert!(stderr(&refused).contains("every record was refused"));
    }
    let unknown = run(&["search", "x", "--level", "/nowhere"], &data);
    assert_eq!(unknown.status.code(), Some(2));
    assert_eq!(
        run(&["search", "--server", "nonsense"], &data)
            .status
            .code(),
        Some(2)
    );
    assert_eq!(run(&["remove", "a,b"], &data).status.code(), Some(2));
    assert!(stderr(&unknown).contains("level"), "{}", stderr(&unknown));
    assert_eq!(
        run(&["operator", "revoke", "nobody"], &data).status.code(),
        Some(1)
    );
}

#[test]
fn evaluate_measures_judged_questions() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        write_file(&path, text);
        path.to_str().unwrap().to_owned()
    };
    let catalogue = file(
        "docs.jsonl",
        "{\"id\":\"d1\",\"title\":\"Water cycle\",\"text\":\"Rain and rivers.\",\"lang\":\"en\"}\n\
        {\"id\":\"d2\",\"title\":\"Volcano\",\"text\":\"Lava.\",\"lang\":\"en\"}\n",
    );
    let queries = file(
        "queries.jsonl",
        "{\"id\":\"q1\",\"text\":\"the water cycle\",\"lang\":\"en\"}\n{\"id\":\"q2\",\"text\":\"glacier\"}\n\
        {\"id\":\"q3\",\"text\":\"lava\"}\n",
    );
    let qrels = file("qrels.tsv", "q1\t0\td1\t2\nq2\t0\td2\t1\n");
    let run_file = folder.path().join("run.txt");
    let measured = classo()
        .args([
            "evaluate",
            "--json",
            "--catalogue",
            &catalogue,
            "--queries",
            &queries,
            "--qrels",
            &qrels,
            "--run",
        ])
        .arg(&run_file)
        .output()
        .unwrap();
    let figures: Value =
        serde_json::from_slice(&measured.stdout).unwrap_or_else(|_| panic!("{measured:?}"));
    assert_eq!(
        (
            figures["queries"].as_u64(),
            figures["metrics"]["ndcg@10"].as_f64()
        ),
        (Some(2), Some(0.5))
    );
    assert_eq!(figures["per_query"]["q2"]["map"], 0.0);
    let run = std::fs::read_to_string(run_file).unwrap();
    assert!(
        run.starts_with("q1 Q0 d1 1 ") && run.contains("q3 Q0 d2 1 "),
        "{run}"
    );
}

#[test]
fn a_file_that_is_read_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&[record("a", "Jeu", json!({}))]));
    let path = file.to_str().unwrap();
    let imported = run(&["import", path, "--rejects", path, "--dry-run"], &data);
    assert_eq!(imported.status.code(), Some(2), "{}", stderr(&imported));
    assert!(std::fs::read_to_string(&file).unwrap().contains("Jeu"));
}

#[test]
fn demo_fills_a_fresh_folder_and_leaves_one_in_use_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&[record("mine", "Jeu", json!({}))]));
    assert!(
        run(&["import", file.to_str().unwrap()], &data)
            .status
            .success()
    );
    let server = ServerProcess::start("demo", &data);
    assert_eq!(server.get("/api/v1/search").1["total"], 1);
}

#[test]
fn a_folder_that_cannot_be_used_is_told_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    write_file(&file, "");
    let search = run(&["search"], &file);
    assert_eq!(search.status.code(), Some(1));
    assert!(
        stderr(&search).contains("--data names a folder") && stderr(&search).lines().count() == 1,
        "{}",
        stderr(&search)
    );
}

#[test]
fn an_index_that_is_no_index_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    write_file(&file, &lines(&[record("a", "Jeu", json!({}))]));
    assert!(
        run(&["import", file.to_str().unwrap()], &data)
            .status
            .success()
    );
    for damage in [
        "a file",
        "current is a folder",
        "current is noise",
        "segments are cut",
    ] {
        let index = data.join("index");
        match damage {
            "a file" => {
                std::fs::remove_dir_all(&index).unwrap();
                write_file(&index, "?");
            }
            "current is a folder" => {
                std::fs::remove_file(index.join("current")).unwrap();
                std::fs::create_dir(index.join("current")).unwrap();
            }
            "current is noise" => write_file(&index.join("current"), "../../etc"),
            _ => {
                let generation = std::fs::read_dir(index.join("generations"))
                    .unwrap()
                    .next()
                    .unwrap()
                    .unwrap()
                    .path();
                for entry in std::fs::read_dir(generation).unwrap() {
                    let path = entry.unwrap().path();
                    if path
                        .extension()
                        .is_some_and(|extension| extension != "json" && extension != "lock")
                    {
                        write_file(&path, "");
                    }
                }
            }
        }
        let found = run(&["search", "jeu"], &data);
        assert!(
            stdout(&found).contains("1 resources"),
            "{damage}: {found:?}"
        );
    }
}

#[test]
fn a_conversation_reads_numbers_words_skips_and_steps_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    let game = |id: &str, level: &str, price: &str| {
        let fields = json!({"levels": [level], "price": {"model": price}, "languages": ["fr"]});
        record(id, "Jeu de fractions", fields)
    };
    let records = [
        game("small", "/primary/cycle-1", "free"),
        game("middle", "/primary/cycle-2", "paid"),
        game("large", "/primary/cycle-3", "free"),
    ];
    write_file(&file, &lines(&records));
    assert!(
        run(&["import", file.to_str().unwrap()], &data)
            .status
            .success()
    );
    let converse = |arguments: &[&str], replies: &str| {
        let mut child = classo()
            .arg("guide")
            .args(arguments)
            .arg("--data")
            .arg(&data)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        use std::io::Write;
        child
            .stdin
            .take()
            .unwrap()
            .write_all(replies.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        stdout(&output).replace('\u{a0}', " ")
    };
    let by_number = converse(&["fractions"], "2\n");
    assert!(
        by_number.contains("À quel niveau enseignez-vous?"),
        "{by_number}"
    );
    assert!(
        by_number.contains("2. 2e cycle du primaire (1)"),
        "{by_number}"
    );
    assert!(
        by_number
            .trim_end()
            .contains("\n1 ressource\n  1. Jeu de fractions  [middle]"),
        "{by_number}"
    );
    let back = converse(
        &["fractions", "--lang", "en"],
        "Primary Cycle 2\nback\nwhat?\nskip\nend\n",
    );
    assert!(
        back.matches("Which level do you teach?").count() == 2,
        "{back}"
    );
    assert!(
        back.contains("I did not understand that.") && back.contains("What is your budget?"),
        "{back}"
    );
    let refused = converse(&["fractions"], "passer\nnon\n");
    assert!(
        refused.contains("Quel est votre budget?") && refused.contains("rien à demander"),
        "{refused}"
    );
    let offered = converse(&["fractions"], "2\na\n");
    let offer = "\n  a. Niveau : 2e cycle du primaire (2 de plus, dont « Jeu de fractions »)\n";
    assert!(
        offered.contains("Il n’y a plus rien à demander") && offered.contains(offer),
        "{offered}"
    );
    assert_eq!(offered.matches("\n3 ressources\n").count(), 2, "{offered}");
    let given_up = converse(&["fractions", "--my-device", "ipad"], "1\n\n");
    assert!(
        given_up.contains("À quoi pouvez-vous renoncer?\n  1. Appareils : iPad\n")
            && given_up.contains("3 ressources"),
        "{given_up}"
    );
    let wrong = run(&["guide", "--lang", "de"], &data);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn settings_are_shown_read_and_told_wrong_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let shown = classo().arg("settings").output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    std::fs::create_dir(&data).unwrap();
    let file = data.join("classo.toml");
    let listen = stdout(&shown).replace("127.0.0.1:8080", "127.0.0.1:9");
    write_file(&file, &listen);
    let server = ServerProcess::start("serve", &data);
    assert_eq!(
        server.get("/healthz").0,
        200,
        "--listen goes before the file"
    );
    server.terminate();
    write_file(&file, "[mail]\nhots = \"x\"\n[passwords]\nthreads = 0\n");
    let refused = run(&["serve"], &data);
    assert_eq!(refused.status.code(), Some(2));
    let told = stderr(&refused);
    assert!(
        told.contains("mail.hots") && told.contains("passwords.threads"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1);
    let other = folder.path().join("other.toml");
    let missing = classo()
        .args(["search", "x", "--config"])
        .arg(&other)
        .env("CLASSO_DATA", &data)
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("other.toml"), "{missing:?}");
}

#[test]
fn only_who_sends_letters_reads_the_password_of_the_mail_server() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("a.jsonl"));
    std::fs::create_dir(&data).unwrap();
    let settings = "[mail]\ntransport = \"smtp\"\nhost = \"mail.example\"\nuser = \"classo\"\npassword_file = \"/nowhere/password\"\n";
    write_file(&data.join("classo.toml"), settings);
    write_file(&file, &lines(&[record("a", "Carte", json!({}))]));
    let imported = run(&["import", file.to_str().unwrap()], &data);
    assert!(imported.status.success(), "{}", stderr(&imported));
    let served = run(&["serve", "--listen", "127.0.0.1:0"], &data);
    assert_eq!(served.status.code(), Some(1));
    assert!(
        stderr(&served).contains("/nowhere/password"),
        "{}",
        stderr(&served)
    );
}
