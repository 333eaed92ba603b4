//! Counts equal a brute-force count, for thousands of random questions; a facet looked up alone has the same.

use std::collections::{BTreeMap, BTreeSet};

use classo::domain::vocabulary::Vocabulary;
use classo::index_schema::IndexSchema;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{TestApp, record, rounds, seed};

pub const WORDS: [&str; 6] = ["alpha", "bravo", "delta", "tango", "kilo", "zulu"];

/// Facet, field of the record, most values of one record.
pub const FACETS: [(&str, &str, usize); 11] = [
    ("subject", "subjects", 3),
    ("level", "levels", 3),
    ("device", "devices", 3),
    ("os", "os", 2),
    ("price", "price", 1),
    ("type", "type", 2),
    ("language", "languages", 3),
    ("strategy", "strategies", 3),
    ("platform", "platforms", 2),
    ("student_type", "student_types", 2),
    ("access", "access", 1),
];

fn vocabulary(name: &str) -> &'static Vocabulary {
    IndexSchema::embedded().vocabularies.get(name)
}

pub fn random_terms(rng: &mut StdRng, name: &str, most: usize) -> Vec<String> {
    let terms = vocabulary(name).terms();
    let few = &terms[..terms.len().min(25)];
    (0..rng.random_range(0..=most))
        .map(|_| few.choose(rng).unwrap().id.clone())
        .collect()
}

pub fn random_record(rng: &mut StdRng, number: usize) -> Value {
    let title: Vec<&str> = (0..rng.random_range(1..4))
        .map(|_| *WORDS.choose(rng).unwrap())
        .collect();
    let mut fields = json!({});
    for (facet, field, most) in FACETS {
        let terms = random_terms(rng, facet, most);
        if terms.is_empty() {
            continue;
        }
        fields[field] = match field {
            "price" => json!({"model": terms[0], "amount": rng.random_range(1..50)}),
            "access" => json!(terms[0]),
            _ => json!(terms),
        };
    }
    if rng.random_bool(0.5) {
        fields["support"] =
            json!({"tutorial": rng.random_bool(0.5), "guide": rng.random_bool(0.5)});
    }
    if rng.random_bool(0.5) {
        fields["advertising"] = json!(rng.random_bool(0.5));
    }
    record(&format!("r{number:03}"), &title.join(" "), fields)
}

/// The values of a record for a facet, as the API shows them.
fn values(resource: &Value, facet: &str) -> Vec<String> {
    let list = |value: &Value| {
        value
            .as_array()
            .into_iter()
            .flatten()
            .map(|v| v.as_str().unwrap().to_owned())
            .collect()
    };
    let one = |value: &Value| value.as_str().map(str::to_owned).into_iter().collect();
    match facet {
        "device" => list(&resource["runs_on"]["devices"]),
        "os" => list(&resource["runs_on"]["os"]),
        "price" => one(&resource["price"]["model"]),
        "access" => one(&resource["access"]),
        "has" => {
            let mut has = Vec::new();
            for feature in ["tutorial", "guide"] {
                if resource["support"][feature] == true {
                    has.push(feature.to_owned());
                }
            }
            if resource["advertising"] == false {
                has.push("no-ads".to_owned());
            }
            has
        }
        _ => list(&resource[FACETS.iter().find(|(name, _, _)| *name == facet).unwrap().1]),
    }
}

/// Whether a filter's value finds a declared value: itself, below it, and for levels above it.
fn finds(facet: &str, filter: &str, declared: &str) -> bool {
    let below =
        |inner: &str, outer: &str| inner == outer || inner.starts_with(&format!("{outer}/"));
    below(declared, filter) || facet == "level" && below(filter, declared)
}

/// A record, and for each facet the filter values that find it.
pub struct Found {
    pub resource: Value,
    by: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Found {
    pub fn new(resource: Value, facets: &[&'static str]) -> Self {
        let finding = |facet: &'static str| {
            let declared = values(&resource, facet);
            let terms = vocabulary(facet).terms().iter().map(|term| term.id.clone());
            terms
                .filter(|id| declared.iter().any(|value| finds(facet, id, value)))
                .collect()
        };
        let by = facets
            .iter()
            .map(|facet| (*facet, finding(facet)))
            .collect();
        Found { resource, by }
    }

    pub fn costs_at_most(&self, max: f64) -> bool {
        let cost = match self.resource["price"]["model"].as_str() {
            Some("free" | "freemium") => Some(0.0),
            Some("quote") => None,
            _ => self.resource["price"]["amount"].as_f64(),
        };
        cost.is_some_and(|cost| cost <= max)
    }

    pub fn passes(&self, facet: &str, filters: &[String]) -> bool {
        let found = |filter: &String| self.by[facet].contains(filter);
        if facet == "has" {
            filters.iter().all(found)
        } else {
            filters.iter().any(found)
        }
    }
}

#[test]
fn counts_equal_brute_force() {
    let mut rng = StdRng::seed_from_u64(seed("facets"));
    let records: Vec<Value> = (0..400)
        .map(|number| random_record(&mut rng, number))
        .collect();
    let app = TestApp::with(&records);
    // The records as the API shows them, with what they run on.
    let facets: Vec<&'static str> = FACETS
        .iter()
        .map(|(name, _, _)| *name)
        .chain(["has"])
        .collect();
    let all: Vec<Found> = (0..4)
        .flat_map(|page| {
            let answer = app.search(json!({"limit": 100, "offset": page * 100}));
            answer["hits"]
                .as_array()
                .unwrap()
                .iter()
                .map(|hit| Found::new(hit["resource"].clone(), &facets))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(all.len(), 400);
    for _ in 0..rounds("CLASSO_FACET_ROUNDS", 2_000) {
        let mut question = json!({"facets": facets, "limit": 0});
        let words: Vec<&str> = (0..rng.random_range(0..3))
            .map(|_| *WORDS.choose(&mut rng).unwrap())
            .collect();
        let excluded = rng
            .random_bool(0.2)
            .then(|| *WORDS.choose(&mut rng).unwrap());
        let minus = excluded.map(|word| format!(" -{word}")).unwrap_or_default();
        question["q"] = json!(words.join(" ") + &minus);
        let mut filters: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for _ in 0..rng.random_range(0..4) {
            let facet = *facets.choose(&mut rng).unwrap();
            let mut chosen = random_terms(&mut rng, facet, 3);
            chosen.dedup();
            if !chosen.is_empty() {
                filters.insert(facet, chosen);
            }
        }
        for (facet, chosen) in &filters {
            question[*facet] = json!(chosen);
        }
        let max_price = rng.random_bool(0.2).then(|| rng.random_range(0..50));
        question["max_price"] = json!(max_price);
        check(
            &app.search(question.clone()),
            &all,
            (&words, excluded),
            &filters,
            max_price,
            &question,
        );
    }
}

fn check(
    answer: &Value,
    all: &[Found],
    (words, excluded): (&[&str], Option<&str>),
    filters: &BTreeMap<&str, Vec<String>>,
    max_price: Option<u32>,
    question: &Value,
) {
    let matches = |found: &&Found| {
        let title = found.resource["title"]["fr"].as_str().unwrap();
        (words.is_empty() || words.iter().any(|word| title.contains(word)))
            && excluded.is_none_or(|word| !title.contains(word))
            && max_price.is_none_or(|max| found.costs_at_most(f64::from(max)))
    };
    let matching: Vec<&Found> = all.iter().filter(matches).collect();
    let passing = |found: &&&Found, but: &str| {
        filters
            .iter()
            .all(|(facet, chosen)| *facet == but || found.passes(facet, chosen))
    };
    let total = matching.iter().filter(|found| passing(found, "")).count();
    assert_eq!(answer["total"], total, "{question}");
    for (facet, counts) in answer["facets"].as_object().unwrap() {
        let facet = facet.as_str();
        let counted: Vec<&&Found> = matching
            .iter()
            .filter(|found| passing(found, facet))
            .collect();
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        for id in counted.iter().flat_map(|found| &found.by[facet]) {
            *expected.entry(id).or_default() += 1;
        }
        for selected in filters.get(facet).into_iter().flatten() {
            expected.entry(selected).or_default();
        }
        let values = counts["values"].as_array().unwrap();
        let given: BTreeMap<&str, usize> = values
            .iter()
            .map(|value| {
                (
                    value["value"].as_str().unwrap(),
                    value["count"].as_u64().unwrap() as usize,
                )
            })
            .collect();
        assert_eq!(given, expected, "{facet} of {question}");
        let unknown = counted
            .iter()
            .filter(|found| found.by[facet].is_empty())
            .count();
        assert_eq!(counts["unknown"], unknown, "{facet} of {question}");
        let order = |id: &Value| vocabulary(facet).ordinal(id.as_str().unwrap()).unwrap();
        let in_order = values
            .windows(2)
            .all(|pair| order(&pair[0]["value"]) < order(&pair[1]["value"]));
        assert!(in_order, "{facet} is in order");
    }
}

/// A question of POST as the query string of GET.
pub fn as_parameters(question: &Value) -> String {
    let mut pairs = Vec::new();
    for (name, value) in question.as_object().unwrap() {
        let values = match value {
            Value::Array(values) => values.clone(),
            Value::Null => continue,
            single => vec![single.clone()],
        };
        for value in values {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            pairs.push(format!("{name}={}", text.replace(' ', "+")));
        }
    }
    pairs.join("&")
}

#[test]
fn a_facet_looked_up_has_the_counts_of_the_search() {
    let mut rng = StdRng::seed_from_u64(seed("look-up"));
    let records: Vec<Value> = (0..150)
        .map(|number| random_record(&mut rng, number))
        .collect();
    let app = TestApp::with(&records);
    for _ in 0..rounds("CLASSO_FACET_ROUNDS", 100) {
        let (facet, _, _) = *FACETS.choose(&mut rng).unwrap();
        let (other, _, _) = *FACETS.choose(&mut rng).unwrap();
        let mut question = json!({"q": *WORDS.choose(&mut rng).unwrap(), "facets": [facet], "limit": 5, "lang": "en"});
        for facet in [facet, other] {
            let mut chosen = random_terms(&mut rng, facet, 2);
            chosen.dedup();
            question[facet] = json!(chosen);
        }
        let whole = app.search(question.clone())["facets"][facet].clone();
        let parameters = as_parameters(&question);
        let look_up = |find: &str| {
            app.get(&format!("/api/v1/facets/{facet}?{parameters}&find={find}"))
                .json()
        };
        assert_eq!(look_up(""), whole, "{facet} of {question}");
        let values = whole["values"].as_array().unwrap();
        let Some(value) = values.choose(&mut rng) else {
            continue;
        };
        let label = value["label"].as_str().unwrap();
        let first: String = label
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect();
        let found = look_up(&first);
        assert!(
            first.is_empty() || found["values"].as_array().unwrap().contains(value),
            "{first:?} in {facet} of {question}: {found}"
        );
        assert_eq!(found["unknown"], whole["unknown"]);
        for found in found["values"].as_array().unwrap() {
            assert!(values.contains(found), "{found} of {question}");
        }
    }
}

#[test]
fn a_value_is_found_by_any_of_its_names_the_closest_first() {
    let subjects = [
        ("a", "/math-science-technology/mathematics"),
        ("b", "/math-science-technology/mathematics"),
        ("c", "/arts/music"),
        ("d", "/languages/french-second-language"),
        ("e", "/languages/french-language-of-instruction"),
        ("f", "/languages/french-language-of-instruction"),
    ];
    let records = subjects.map(|(id, subject)| record(id, "carte", json!({"subjects": [subject]})));
    let app = TestApp::with(&records);
    let found = |question: &str| -> Vec<String> {
        let answer = app.get(&format!("/api/v1/facets/subject?{question}"));
        assert_eq!(answer.status, 200, "{}", answer.text);
        let values = answer.json()["values"].as_array().unwrap().clone();
        values
            .iter()
            .map(|value| {
                value["value"]
                    .as_str()
                    .unwrap()
                    .rsplit('/')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    for find in ["solfege", "MUSIQUE", "music", "mus", "solf%C3%A8"] {
        assert_eq!(found(&format!("find={find}")), ["music"], "{find}");
    }
    assert_eq!(found("find=FLS"), ["french-second-language"], "an acronym");
    assert_eq!(found("find=astronomie"), Vec::<String>::new());
    assert_eq!(
        found("find=francais&lang=en"),
        ["french-language-of-instruction", "french-second-language"],
        "both begin so, the first has more"
    );
    assert_eq!(found("find=seconde+langue"), ["french-second-language"]);
    let all = found("");
    assert_eq!(found("find="), all);
    assert!(all.len() >= 7 && all[0] == "languages", "{all:?}");
    let selected = app
        .get("/api/v1/facets/subject?find=arts&subject=/arts/drama")
        .json();
    assert_eq!(selected["values"][0]["value"], "/arts");
}

#[test]
fn a_facet_that_is_not_there_and_bad_parameters_are_named() {
    let app = TestApp::empty();
    for path in ["colour", "skill", "%ff"] {
        let answer = app.get(&format!("/api/v1/facets/{path}?find=a"));
        assert_eq!(
            (
                answer.status.as_u16(),
                answer.json()["code"].as_str().unwrap()
            ),
            (404, "not_found")
        );
        assert!(
            answer.json()["detail"]
                .as_str()
                .unwrap()
                .contains("subject, level, device")
        );
    }
    for (query, field) in [
        ("find=a&find=b", "find"),
        ("colour=red", "colour"),
        ("level=/x", "level"),
    ] {
        let answer = app.get(&format!("/api/v1/facets/subject?{query}"));
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
    for (query, field) in [
        ("limit=21", "limit"),
        ("lang=de", "lang"),
        ("find=a", "find"),
        ("q=%ff", "q"),
    ] {
        let answer = app.get(&format!("/api/v1/suggest?{query}"));
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
}
