//! Searches during an import see one moment each; afterwards everything is found without a restart.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::support::{ServerProcess, classo, lines, operator_token, record, rounds, write_file};

fn records(name: &str, count: u64) -> Vec<Value> {
    let models = ["free", "paid", "freemium", "quote"];
    (0..count)
        .map(|number| {
            let model = models[(number % 4) as usize];
            record(
                &format!("{name}{number}"),
                "carte du monde",
                json!({"price": {"model": model}, "levels": ["/primary/cycle-2/grade-4"]}),
            )
        })
        .collect()
}

fn assert_consistent(answer: &Value) -> u64 {
    let total = answer["total"].as_u64().unwrap();
    let prices = answer["facets"]["price"]["values"].as_array().unwrap();
    let counted: u64 = prices
        .iter()
        .map(|value| value["count"].as_u64().unwrap())
        .sum();
    assert_eq!(counted, total, "every resource has one price model");
    let levels = answer["facets"]["level"]["values"].as_array().unwrap();
    assert!(
        levels.iter().all(|value| value["count"] == total),
        "every resource has this level: {levels:?}"
    );
    let hits = answer["hits"].as_array().unwrap();
    assert_eq!(hits.len() as u64, total.min(20));
    total
}

#[test]
fn searches_during_an_import_each_see_one_moment() {
    let half = rounds("CLASSO_SNAPSHOT_RESOURCES", 10_000);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = |name: &str| {
        let path = folder.path().join(name);
        write_file(&path, &lines(&records(name, half)));
        path
    };
    let (first, second) = (file("a"), file("b"));
    let imported = classo()
        .arg("import")
        .arg(&first)
        .arg("--data")
        .arg(&data)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{imported:?}");
    let server = ServerProcess::start("serve", &data);
    let token = operator_token(&data);
    let question = "/api/v1/search?q=carte&facets=price,level&level=/primary/cycle-2/grade-4";
    assert_eq!(assert_consistent(&server.get(question).1), half);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let import = classo()
                .arg("import")
                .arg(&second)
                .args(["--server", &server.url])
                .env("CLASSO_TOKEN", &token)
                .output()
                .unwrap();
            done.store(true, Ordering::SeqCst);
            assert!(import.status.success(), "{import:?}");
        });
        let (mut last, mut answers) = (half, 0);
        while !done.load(Ordering::SeqCst) {
            let total = assert_consistent(&server.get(question).1);
            assert!(total >= last, "what was found stays found");
            last = total;
            answers += 1;
        }
        assert!(answers > 3, "searches went on during the import");
    });
    assert_eq!(assert_consistent(&server.get(question).1), 2 * half);
}
