//! What README says is what happens.

use super::support::{ServerProcess, classo};

const README: &str = include_str!("../../README.md");

/// The lines of the first fenced block after a heading.
fn block_after<'a>(heading: &str) -> Vec<&'a str> {
    let rest = README
        .split_once(heading)
        .unwrap_or_else(|| panic!("README has {heading:?}"))
        .1;
    let block = rest.split("```").nth(1).expect("a fenced block");
    block.lines().skip(1).collect()
}

#[test]
fn the_first_question_gets_the_answer_that_readme_shows() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = ServerProcess::start("demo", &data);
    let question = block_after("## A first question").join(" ");
    let address = question.split('\'').nth(1).expect("a quoted address");
    let path = address
        .strip_prefix("http://127.0.0.1:8080")
        .expect("the default address");
    let (status, answer) = server.get(path);
    assert_eq!(status, 200);
    let shown = block_after("It answers in JSON");
    let mut expected = Vec::new();
    for hit in answer["hits"].as_array().unwrap() {
        expected.push(format!(
            "{}. {}",
            hit["rank"],
            hit["resource"]["title"]["fr"].as_str().unwrap()
        ));
        for reason in hit["explanation"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|reason| hit["rank"] == 1 && reason["points"] != 0.0)
        {
            // Freshness falls with the date; README says so instead of showing it.
            if reason["signal"] != "freshness" {
                let points = reason["points"].as_f64().unwrap();
                expected.push(format!(
                    "   {points:+.4} {}",
                    reason["text"]["fr"].as_str().unwrap()
                ));
            }
        }
    }
    assert_eq!(shown, expected);
    assert!(README.contains(&format!("{} resources", answer["total"])));
}

#[test]
fn every_command_that_readme_names_exists() {
    for line in README.lines().filter(|line| line.starts_with("| `classo ")) {
        let command = line
            .trim_start_matches("| `classo ")
            .split([' ', '`'])
            .next()
            .unwrap();
        assert!(
            classo()
                .args([command, "--help"])
                .output()
                .unwrap()
                .status
                .success(),
            "{command}"
        );
    }
}

#[test]
fn the_settings_that_readme_shows_are_settings() {
    let block = block_after("## Settings").join("\n");
    assert!(block.contains("[mail]"), "{block}");
    let settings = classo::config::Settings::parse(&block, std::iter::empty()).unwrap();
    assert_eq!(settings.mail.host.as_deref(), Some("mail.example"));
}
