//! A fresh index beside the one in use, the switch, the way back, and the tasks that do it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{
    PATIENCE, ServerProcess, TestApp, classo, ids, lines, operator_token, record, rounds, run,
    wait_until, write_file,
};

fn reindex(app: &TestApp) -> Value {
    let begun = app.as_operator("POST", "/api/v1/admin/reindex", Body::empty());
    assert_eq!(begun.status, 202, "{}", begun.text);
    app.ended(&begun.json())
}

fn generation(app: &TestApp) -> String {
    app.search(json!({}))["generation"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_reindex_switches_and_a_rollback_goes_back_and_catches_up() {
    let app = TestApp::with(&[
        record("a", "carte", json!({})),
        record("b", "carte", json!({})),
    ]);
    let first = generation(&app);
    let done = reindex(&app);
    assert_eq!(
        (&done["state"], &done["outcome"]["resources"]),
        (&json!("done"), &json!(2)),
        "{done}"
    );
    let second = generation(&app);
    assert_eq!(done["outcome"]["generation"], second.as_str());
    assert_eq!(done["outcome"]["before"], first.as_str());
    app.import(&lines(&[record("c", "carte", json!({}))]));
    app.as_operator("DELETE", "/api/v1/admin/resources/a", Body::empty());
    assert_eq!(ids(&app.search(json!({"q": "carte"}))), ["b", "c"]);
    let back = app.as_operator("POST", "/api/v1/admin/rollback", Body::empty());
    assert_eq!(
        (back.status.as_u16(), &back.json()["generation"]),
        (200, &json!(first)),
        "{}",
        back.text
    );
    assert_eq!(back.json()["missed"], 2);
    assert!(back.json()["milliseconds"].as_u64().unwrap() < 1_000);
    assert_eq!(generation(&app), first);
    wait_until("the generation before learns what it has missed", || {
        ids(&app.search(json!({"q": "carte"}))) == ["b", "c"]
    });
    app.as_operator("POST", "/api/v1/admin/rollback", Body::empty());
    assert_eq!(generation(&app), second, "the two change places");
    reindex(&app);
    let listed = app
        .as_operator("GET", "/api/v1/admin/generations", Body::empty())
        .json();
    let states: Vec<_> = listed["generations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["current", "previous"], "older ones are removed");
    assert_eq!(listed["generations"][1]["name"], second.as_str());
}

#[test]
fn tasks_are_told_watched_cancelled_and_remembered() {
    let app = TestApp::with(&[record("a", "carte", json!({}))]);
    let none = app.as_operator("POST", "/api/v1/admin/rollback", Body::empty());
    assert_eq!(
        (none.status.as_u16(), none.json()["code"].as_str()),
        (409, Some("conflict"))
    );
    let task = reindex(&app);
    let tasks = app
        .as_operator("GET", "/api/v1/admin/tasks", Body::empty())
        .json();
    let kinds: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| {
            (
                task["kind"].as_str().unwrap(),
                task["state"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("reindex", "done"),
            ("rollback", "failed"),
            ("import", "done")
        ]
    );
    let path = format!("/api/v1/admin/tasks/{}", task["id"]);
    assert_eq!(app.as_operator("DELETE", &path, Body::empty()).status, 409);
    assert_eq!(
        app.as_operator("GET", "/api/v1/admin/tasks/999", Body::empty())
            .status,
        404
    );
    let wrong = app.as_operator("GET", "/api/v1/admin/tasks/x", Body::empty());
    assert_eq!(
        (
            wrong.status.as_u16(),
            wrong.json()["errors"][0]["field"].as_str()
        ),
        (400, Some("id"))
    );
    let wrong = app.as_operator("POST", "/api/v1/admin/reindex?force=perhaps", Body::empty());
    assert_eq!(
        (
            wrong.status.as_u16(),
            wrong.json()["errors"][0]["field"].as_str()
        ),
        (400, Some("force"))
    );
    for (method, path) in [
        ("GET", "tasks"),
        ("POST", "reindex"),
        ("POST", "rollback"),
        ("GET", "stats"),
        ("GET", "generations"),
        ("DELETE", "tasks/1"),
    ] {
        let answer = app.request(method, &format!("/api/v1/admin/{path}"), Body::empty());
        assert_eq!(answer.status, 401, "{method} {path}");
    }
    let stats = app
        .as_operator("GET", "/api/v1/admin/stats", Body::empty())
        .json();
    assert_eq!(
        (&stats["resources"], &stats["lag"], &stats["running_tasks"]),
        (&json!(1), &json!(0), &json!(0))
    );
}

#[test]
fn a_cancelled_import_keeps_what_was_done_and_says_how_much() {
    let app = TestApp::empty();
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let many = |from: usize| {
        let one = |number: usize| record(&format!("r{number}"), "carte", json!({}));
        let records: Vec<Value> = (from..from + 600).map(one).collect();
        Ok::<_, std::io::Error>(lines(&records))
    };
    let running = || {
        app.as_operator("GET", "/api/v1/admin/tasks", Body::empty())
            .json()["tasks"][0]
            .clone()
    };
    let answer = std::thread::scope(|threads| {
        let import = threads.spawn(|| app.as_operator("POST", "/api/v1/admin/import", body));
        sender.blocking_send(many(0)).unwrap();
        wait_until("a batch is imported", || {
            running()["done"].as_u64() >= Some(512)
        });
        let path = format!("/api/v1/admin/tasks/{}", running()["id"]);
        assert_eq!(app.as_operator("DELETE", &path, Body::empty()).status, 200);
        // The batch that is being read is the last one.
        sender.blocking_send(many(600)).unwrap();
        drop(sender);
        import.join().unwrap()
    });
    assert_eq!(answer.status, 409, "{}", answer.text);
    let (told, task) = (answer.json(), running());
    let done = task["done"].as_u64().unwrap();
    assert_eq!(
        (task["state"].as_str(), done < 1_200),
        (Some("cancelled"), true)
    );
    let detail = told["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!("after {done} records")),
        "{detail}"
    );
    app.server.app.indexing.wait_for(done, PATIENCE);
    assert_eq!(app.search(json!({"limit": 0}))["total"], done);
}

#[test]
fn a_task_is_told_as_events_until_it_ends() {
    let app = TestApp::with(&[record("a", "carte", json!({}))]);
    let begun = app
        .as_operator("POST", "/api/v1/admin/reindex", Body::empty())
        .json();
    let request = Request::get(format!("/api/v1/admin/tasks/{}", begun["id"]))
        .header("accept", "text/event-stream")
        .header("authorization", format!("Bearer {}", app.token()));
    let events = app.send(request.body(Body::empty()).unwrap());
    assert_eq!(events.content_type, "text/event-stream");
    let last = events
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .next_back()
        .unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["state"], "done", "{}", events.text);
}

#[test]
fn a_cancelled_reindex_leaves_the_index_in_use() {
    let many: Vec<Value> = (0..6_000)
        .map(|number| record(&format!("r{number}"), "carte", json!({})))
        .collect();
    let app = TestApp::with(&many);
    let before = generation(&app);
    let begun = app
        .as_operator("POST", "/api/v1/admin/reindex", Body::empty())
        .json();
    let second = app
        .as_operator("POST", "/api/v1/admin/reindex", Body::empty())
        .json();
    let path = format!("/api/v1/admin/tasks/{}", begun["id"]);
    let cancelled = app.as_operator("DELETE", &path, Body::empty());
    let (first, second) = (app.ended(&begun), app.ended(&second));
    assert_eq!(second["state"], "failed", "one at a time: {second}");
    // A fast machine may have been done before it was asked to stop.
    if cancelled.status == 200 && first["state"] == "cancelled" {
        assert_eq!(generation(&app), before);
        let listed = app
            .as_operator("GET", "/api/v1/admin/generations", Body::empty())
            .json();
        assert_eq!(
            listed["generations"].as_array().unwrap().len(),
            1,
            "{listed}"
        );
    }
}

fn json_of(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn import(name: &str, records: &[Value], data: &Path) {
    let file = data.with_extension(name);
    write_file(&file, &lines(records));
    let imported = run(&["import", file.to_str().unwrap()], data);
    assert!(imported.status.success(), "{imported:?}");
}

#[test]
fn reindex_and_rollback_at_the_command_line_and_through_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let none = run(&["reindex"], &data);
    assert_eq!(none.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&none.stderr).contains("no data folder"));
    import("a", &[record("a", "carte", json!({}))], &data);
    assert_eq!(
        run(&["rollback"], &data).status.code(),
        Some(1),
        "there is nothing to go back to"
    );
    let done = json_of(&run(&["reindex", "--json"], &data));
    assert_eq!(done["resources"], 1);
    let back = json_of(&run(&["rollback", "--json"], &data));
    assert_eq!(back["generation"], done["before"]);
    let server = ServerProcess::start("serve", &data);
    let locked = run(&["rollback"], &data);
    assert!(
        String::from_utf8_lossy(&locked.stderr).contains("--server"),
        "{locked:?}"
    );
    let token = operator_token(&data);
    let through = |command: &str| {
        let output = classo()
            .args([command, "--json", "--server", &server.url])
            .env("CLASSO_TOKEN", &token)
            .output()
            .unwrap();
        json_of(&output)
    };
    let again = through("reindex");
    assert_eq!(again["before"], back["generation"]);
    assert_eq!(through("rollback")["generation"], back["generation"]);
    assert_eq!(server.get("/readyz").1["generation"], back["generation"]);
}

#[test]
fn an_outdated_index_answers_until_a_fresh_one_is_whole_and_comes_back_with_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let many: Vec<Value> = (0..40)
        .map(|number| {
            record(
                &format!("r{number}"),
                "carte",
                json!({"licence": "CC0-1.0"}),
            )
        })
        .collect();
    import("many", &many, &data);
    let overrides = data.join("index-schema/mappings");
    std::fs::create_dir_all(&overrides).unwrap();
    let licences = std::fs::read_to_string("index-schema/mappings/licence.toml").unwrap();
    let without = licences.replace("CC0", "XX0");
    assert_ne!(licences, without, "the test changes what a licence means");
    write_file(&overrides.join("licence.toml"), &without);
    let refused = run(&["reindex"], &data);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("licence") && message.contains("orce"),
        "{message}"
    );
    assert!(
        message.contains("another index-schema"),
        "it is said at start: {message}"
    );
    let forced = json_of(&run(&["reindex", "--force", "--json"], &data));
    assert_eq!(
        (&forced["forced"], &forced["resources"]),
        (&json!(true), &json!(40))
    );
    std::fs::remove_file(overrides.join("licence.toml")).unwrap();
    let server = ServerProcess::start("serve", &data);
    let answer = server.get("/api/v1/search?q=carte").1;
    assert_eq!(
        answer["generation"], forced["before"],
        "the one before fits again, and is used"
    );
    assert_eq!(answer["total"], 40);
}

#[test]
fn searches_during_a_reindex_each_see_one_generation() {
    let count = rounds("CLASSO_SNAPSHOT_RESOURCES", 4_000);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let many: Vec<Value> = (0..count)
        .map(|number| {
            record(
                &format!("r{number}"),
                "carte du monde",
                json!({"price": {"model": "free"}}),
            )
        })
        .collect();
    import("many", &many, &data);
    let server = ServerProcess::start("serve", &data);
    let token = operator_token(&data);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for command in ["reindex", "rollback", "reindex"] {
                let output = classo()
                    .args([command, "--server", &server.url])
                    .env("CLASSO_TOKEN", &token)
                    .output()
                    .unwrap();
                assert!(output.status.success(), "{output:?}");
            }
            done.store(true, Ordering::SeqCst);
        });
        let mut seen = std::collections::BTreeSet::new();
        while !done.load(Ordering::SeqCst) {
            let (status, answer) = server.get("/api/v1/search?q=carte&facets=price");
            assert_eq!((status, &answer["total"]), (200, &json!(count)));
            assert_eq!(
                answer["facets"]["price"]["values"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|value| value["count"].as_u64().unwrap())
                    .sum::<u64>(),
                count
            );
            seen.insert(answer["generation"].as_str().unwrap().to_owned());
        }
        assert!(seen.len() >= 2, "the switch was seen: {seen:?}");
    });
}

#[test]
fn a_reindex_after_which_judged_questions_are_answered_worse_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let words = [
        "fractions",
        "volcans",
        "planètes",
        "abeilles",
        "rivières",
        "robots",
        "accords",
        "poésie",
    ];
    let mut many = Vec::new();
    for (number, word) in words.iter().enumerate() {
        // By id alone, the one that is meant comes last.
        many.push(record(
            &format!("z{number}"),
            &format!("{word} {word}"),
            json!({}),
        ));
        for other in 0..15 {
            let text =
                json!({"description": {"fr": format!("Entre autres, un mot sur : {word}.")}});
            many.push(record(&format!("a{number}-{other}"), "carte", text));
        }
    }
    import("many", &many, &data);
    let judgments = data.join("index-schema/judgments/own");
    std::fs::create_dir_all(&judgments).unwrap();
    let queries: Vec<Value> = words
        .iter()
        .map(|word| json!({"id": word, "text": word}))
        .collect();
    write_file(&judgments.join("queries.jsonl"), &lines(&queries));
    let grades = words
        .iter()
        .enumerate()
        .map(|(number, word)| format!("{word} 0 z{number} 2\n"));
    write_file(&judgments.join("qrels.txt"), &grades.collect::<String>());
    let done = json_of(&run(&["reindex", "--json"], &data));
    let fares = &done["relevance"][0];
    assert_eq!(
        (&fares["collection"], &fares["questions"]),
        (&json!("own"), &json!(8)),
        "{done}"
    );
    assert_eq!(
        (&fares["before"], &fares["after"]),
        (&json!(1.0), &json!(1.0)),
        "{done}"
    );

    // Weights that forget the words.
    let weights = std::fs::read_to_string("index-schema/ranking.toml").unwrap();
    let forgetful = weights.replacen("text = 10.0", "text = 0.0", 1);
    assert_ne!(weights, forgetful);
    write_file(&data.join("index-schema/ranking.toml"), &forgetful);
    let refused = run(&["reindex"], &data);
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{message}");
    assert!(
        message.contains("nDCG@10") && message.contains("abeilles"),
        "{message}"
    );
    let server = ServerProcess::start("serve", &data);
    assert_eq!(
        server.get("/readyz").1["generation"],
        done["generation"],
        "the one in use stays"
    );
    server.terminate();

    // A budget that allows for it, then force: the report tells what was lost.
    let generous = forgetful.replacen("budget = 0.01", "budget = 1.0", 1);
    write_file(&data.join("index-schema/ranking.toml"), &generous);
    let allowed = json_of(&run(&["reindex", "--json"], &data));
    assert_eq!(allowed["forced"], false, "{allowed}");
    assert_eq!(
        allowed["relevance"][0]["lost"].as_array().unwrap().len(),
        8,
        "{allowed}"
    );
    write_file(&data.join("index-schema/ranking.toml"), &weights);
    let better = json_of(&run(&["reindex", "--json"], &data));
    assert!(
        better["relevance"][0]["loss_high"].as_f64().unwrap() < 0.0,
        "{better}"
    );
    write_file(&data.join("index-schema/ranking.toml"), &forgetful);
    let forced = json_of(&run(&["reindex", "--force", "--json"], &data));
    assert_eq!(
        (&forced["forced"], &forced["relevance"][0]["is_too_large"]),
        (&json!(true), &json!(true))
    );

    write_file(&judgments.join("qrels.txt"), "volcans 0 z1\n");
    let unreadable = run(&["reindex"], &data);
    let message = String::from_utf8_lossy(&unreadable.stderr).into_owned();
    assert!(
        message.contains("qrels.txt") && message.contains("line 1"),
        "{message}"
    );
}

#[test]
fn segments_come_together_at_rest_while_searches_go_on() {
    let app = TestApp::empty();
    let everything = || ids(&app.search(json!({"limit": 100})));
    let segments = || {
        let stats = app.as_operator("GET", "/api/v1/admin/stats", Body::empty());
        stats.json()["segments"].as_u64().unwrap()
    };
    let mut most = 0;
    for number in 0..12 {
        app.import(&lines(&[record(
            &format!("r{number:02}"),
            "carte",
            json!({}),
        )]));
        most = most.max(segments());
    }
    assert!(most > 1, "nothing to bring together");
    let before = everything();
    assert_eq!(before.len(), 12);
    wait_until("the segments come together", || {
        // What is kept for this question was found in other segments a moment ago.
        assert_eq!(everything(), before);
        segments() == 1
    });
    app.as_operator("DELETE", "/api/v1/admin/resources/r05", Body::empty());
    app.import(&lines(&[record("r12", "carte", json!({}))]));
    let found = ids(&app.search(json!({"q": "carte", "limit": 100})));
    assert_eq!(found.len(), 12);
    assert!(!found.contains(&"r05".to_owned()) && found.contains(&"r12".to_owned()));
}
