//! What is suggested to who is typing.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{TestApp, lines, record, seed};

fn library() -> TestApp {
    TestApp::with(&[
        record(
            "jeu",
            "Jeu de fractions",
            json!({"title": {"fr": "Jeu de fractions", "en": "Fraction game"}}),
        ),
        record("bare", "Fractions en images", json!({})),
        record(
            "filled",
            "Fractions à l’écran",
            json!({"url": "https://example.org", "type": ["game"], "languages": ["fr"],
                "price": {"model": "free"}, "subjects": ["/arts/music"], "levels": ["/primary"]}),
        ),
        record("harmonie", "L’Harmonie au piano", json!({})),
        json!({"id": "lab", "title": {"en": "Photosynthesis lab"}}),
        json!({"id": "untold", "title": "Fractales"}),
    ])
}

/// Text, kind and id of each suggestion.
fn suggested(app: &TestApp, question: &str) -> Vec<(String, String, String)> {
    let answer = app.get(&format!("/api/v1/suggest?{question}"));
    assert_eq!(answer.status, 200, "{question}: {}", answer.text);
    let part = |suggestion: &Value, name: &str| suggestion[name].as_str().unwrap().to_owned();
    let suggestions = answer.json()["suggestions"].as_array().unwrap().clone();
    suggestions
        .iter()
        .map(|one| (part(one, "text"), part(one, "kind"), part(one, "id")))
        .collect()
}

fn titles(app: &TestApp, question: &str) -> Vec<String> {
    let suggested = suggested(app, question).into_iter();
    suggested
        .filter(|(_, kind, _)| kind == "title")
        .map(|(text, ..)| text)
        .collect()
}

#[test]
fn any_word_is_enough_whatever_its_accents_and_capitals() {
    let app = library();
    for typed in [
        "harm",
        "HARMONIE",
        "l'harmonie",
        "pia",
        "harmonie%20au%20p",
        "piano%20harm",
    ] {
        assert_eq!(
            titles(&app, &format!("q={typed}")),
            ["L’Harmonie au piano"],
            "{typed}"
        );
    }
    assert_eq!(titles(&app, "q=ecran"), ["Fractions à l’écran"]);
    assert_eq!(titles(&app, "q=%C3%A9cr"), ["Fractions à l’écran"]);
    for nothing in ["", "q=", "q=%20?!", "q=zzzz", "q=piano&limit=0"] {
        assert_eq!(suggested(&app, nothing), [], "{nothing:?}");
    }
}

#[test]
fn a_start_comes_before_an_inside_and_better_filled_records_before_others() {
    let app = library();
    assert_eq!(
        titles(&app, "q=fra"),
        [
            "Fractions à l’écran",
            "Fractions en images",
            "Fractales",
            "Jeu de fractions"
        ]
    );
    assert_eq!(
        titles(&app, "q=fractions%20e"),
        ["Fractions en images", "Fractions à l’écran"]
    );
}

#[test]
fn the_language_of_the_reader_comes_first_and_labels_are_in_it() {
    let app = library();
    let english = titles(&app, "q=fracti&lang=en");
    assert_eq!(english[0], "Fraction game");
    assert_eq!(english.len(), 3, "{english:?}");
    assert_eq!(titles(&app, "q=photo"), ["Photosynthesis lab"]);
    assert_eq!(titles(&app, "q=fraction%20g"), ["Fraction game"]);
    let music = |text: &str| {
        (
            text.to_owned(),
            "subject".to_owned(),
            "/arts/music".to_owned(),
        )
    };
    for (question, text) in [
        ("q=musi", "Musique"),
        ("q=music", "Musique"),
        ("q=musi&lang=en", "Music"),
    ] {
        assert!(
            suggested(&app, question).contains(&music(text)),
            "{question}"
        );
    }
}

#[test]
fn terms_that_some_resource_has_come_before_those_that_none_has() {
    let app = library();
    let primary = suggested(&app, "q=prima");
    assert_eq!(primary[0].2, "/primary", "{primary:?}");
    let kinds = |question| -> Vec<String> {
        suggested(&app, question)
            .into_iter()
            .map(|(_, kind, _)| kind)
            .collect()
    };
    let most = kinds("q=a&limit=20");
    assert!(
        most.len() == 20 && most.iter().any(|kind| kind == "title"),
        "{most:?}"
    );
    let few = kinds("q=f&limit=6");
    assert!(
        few.iter().filter(|kind| *kind == "title").count() >= 3,
        "{few:?}"
    );
    let acronym = suggested(&app, "q=tdah");
    assert!(
        acronym.iter().any(|(_, kind, _)| kind == "student_type"),
        "{acronym:?}"
    );
}

#[test]
fn each_text_is_suggested_once_and_a_long_title_whole() {
    let long = format!("Atlas {}", "des océans et des continents ".repeat(5).trim());
    let mut records: Vec<Value> = (0..30)
        .map(|number| record(&format!("same{number}"), "Atlas du monde", json!({})))
        .collect();
    records.push(record("other", "Atlas de la Lune", json!({})));
    records.push(record("long", &long, json!({})));
    let app = TestApp::with(&records);
    let mut found = titles(&app, "q=atlas&limit=20");
    found.sort();
    assert_eq!(found, ["Atlas de la Lune", &long, "Atlas du monde"]);
}

#[test]
fn what_changes_in_the_catalogue_changes_at_the_next_key() {
    let app = library();
    assert_eq!(titles(&app, "q=harm"), ["L’Harmonie au piano"]);
    app.import(&lines(&[record("harmonie", "Gammes au piano", json!({}))]));
    assert_eq!(titles(&app, "q=harm"), Vec::<String>::new());
    assert_eq!(titles(&app, "q=gamm"), ["Gammes au piano"]);
    app.import(&lines(&[record(
        "new",
        "Harmonica",
        json!({"subjects": ["/arts/drama"]}),
    )]));
    assert_eq!(titles(&app, "q=harm"), ["Harmonica"]);
    for id in ["new", "harmonie"] {
        let removed = app.as_operator("DELETE", &format!("/api/v1/admin/resources/{id}"), "");
        assert!(removed.status.is_success(), "{}", removed.text);
    }
    for question in ["q=harm", "q=gamm", "q=piano"] {
        assert_eq!(titles(&app, question), Vec::<String>::new(), "{question}");
    }
}

#[test]
fn a_removed_resource_leaves_its_title_to_another_of_the_same() {
    let same: Vec<Value> = (0..20)
        .map(|number| record(&format!("r{number:02}"), "Carte du ciel", json!({})))
        .collect();
    let app = TestApp::with(&same);
    for number in 0..19 {
        app.as_operator(
            "DELETE",
            &format!("/api/v1/admin/resources/r{number:02}"),
            "",
        );
    }
    let title = suggested(&app, "q=ciel")
        .into_iter()
        .find(|(_, kind, _)| kind == "title");
    assert_eq!(title.unwrap().2, "r19");
}

#[test]
fn every_beginning_of_every_title_finds_it_in_a_catalogue_of_many_commits() {
    let mut rng = StdRng::seed_from_u64(seed("suggest"));
    let words = [
        "alpha",
        "bravo",
        "delta",
        "tango",
        "kilo",
        "zulu",
        "écho",
        "œil",
        "3D",
        "l’été",
    ];
    let app = TestApp::empty();
    let mut all = Vec::new();
    for commit in 0..4 {
        let records: Vec<Value> = (0..15)
            .map(|number| {
                let unique = format!("titre{commit}x{number}");
                let mut title: Vec<&str> = (0..3)
                    .map(|_| words[rng.random_range(0..words.len())])
                    .collect();
                title.insert(rng.random_range(0..=3), &unique);
                record(&format!("{commit}-{number}"), &title.join(" "), json!({}))
            })
            .collect();
        app.import(&lines(&records));
        all.extend(
            records
                .iter()
                .map(|record| record["title"]["fr"].as_str().unwrap().to_owned()),
        );
    }
    for title in &all {
        let unique = title
            .split(' ')
            .find(|word| word.starts_with("titre"))
            .unwrap();
        for question in [unique.to_owned(), title.replace(' ', "%20")] {
            let question = format!("q={}", question.replace('’', "%27"));
            let asked: String = question
                .chars()
                .map(|c| match c.is_ascii() {
                    true => c.to_string(),
                    false => c
                        .to_string()
                        .bytes()
                        .map(|byte| format!("%{byte:02x}"))
                        .collect(),
                })
                .collect();
            assert!(titles(&app, &asked).contains(title), "{question}: {title}");
        }
    }
}

#[test]
fn the_doors_around_a_question_are_described() {
    let description = TestApp::empty().get("/api/v1/openapi.json").json();
    for (path, parameter) in [
        ("/api/v1/suggest", "q"),
        ("/api/v1/facets/{facet}", "find"),
        ("/api/v1/facets/{facet}", "max_price"),
        ("/api/v1/resources/{id}/similar", "limit"),
    ] {
        let parameters = description["paths"][path]["get"]["parameters"].as_array();
        let named = |described: &Value| described["name"] == parameter;
        assert!(
            parameters.is_some_and(|all| all.iter().any(named)),
            "{path} {parameter}"
        );
    }
}
