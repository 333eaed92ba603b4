//! The bundled catalogue keeps its promises.

use std::collections::{BTreeMap, BTreeSet};

use classo::demo::CATALOGUE;
use classo::domain::draft::Draft;
use classo::domain::resource::Resource;
use classo::index_schema::IndexSchema;
use classo::query::facet::Facet;
use classo::services::coverage::COLUMNS;
use serde_json::{Value, json};

use super::support::{TestApp, ids};

fn resources() -> Vec<Resource> {
    let read = |line: &str| {
        let draft = Draft::read(
            serde_json::from_str(line).unwrap(),
            &IndexSchema::embedded().vocabularies,
        )
        .unwrap();
        assert!(
            draft.unmapped.is_empty(),
            "{}: {:?}",
            draft.resource.id,
            draft.unmapped
        );
        assert!(
            draft.resource.provenance.is_none(),
            "{}: a field that is none of ours",
            draft.resource.id
        );
        draft.resource
    };
    CATALOGUE.lines().map(read).collect()
}

#[test]
fn every_value_is_in_the_vocabularies_and_ids_and_addresses_are_unique() {
    let resources = resources();
    let ids: BTreeSet<_> = resources.iter().map(|resource| &resource.id).collect();
    assert_eq!(ids.len(), resources.len());
    let mut addresses = BTreeMap::new();
    for resource in &resources {
        let url = resource
            .url
            .as_ref()
            .unwrap_or_else(|| panic!("{} has its own page", resource.id));
        let before = addresses.insert(url.trim_end_matches('/').to_lowercase(), &resource.id);
        assert_eq!(before, None, "{} has the page of another", resource.id);
    }
}

#[test]
fn every_text_is_in_both_languages_of_a_fitting_length_and_no_sentence_is_said_twice() {
    let mut sentences: BTreeMap<String, String> = BTreeMap::new();
    for resource in resources() {
        let text = |map: &classo::domain::language::LanguageMap, tag: &str| {
            map.get(tag)
                .unwrap_or_else(|| panic!("{} lacks a text in {tag}", resource.id))
                .to_owned()
        };
        assert_ne!(
            text(&resource.title, "fr"),
            text(&resource.title, "en"),
            "{}",
            resource.id
        );
        assert_ne!(
            text(&resource.description, "fr"),
            text(&resource.description, "en"),
            "{}",
            resource.id
        );
        for tag in ["fr", "en"] {
            assert!(
                (3..=80).contains(&text(&resource.title, tag).chars().count()),
                "{}",
                resource.id
            );
            let description = text(&resource.description, tag);
            assert!(
                (150..=500).contains(&description.chars().count()),
                "{}: {}",
                resource.id,
                description.chars().count()
            );
            for sentence in description
                .split_inclusive(['.', '!', '?'])
                .map(str::trim)
                .filter(|sentence| sentence.len() > 15)
            {
                let before = sentences.insert(sentence.to_lowercase(), resource.id.to_string());
                assert_eq!(before, None, "{} says again: {sentence}", resource.id);
            }
        }
    }
}

#[test]
fn every_order_area_and_kind_has_enough_to_choose_from() {
    let schema = IndexSchema::embedded();
    let coverage = classo::services::coverage::measure(&resources(), schema);
    assert!(coverage.resources >= 300);
    let rows = |facet: Facet| {
        &coverage
            .tables
            .iter()
            .find(|(known, _)| *known == facet)
            .unwrap()
            .1
    };
    let total = |facet: Facet, id: &str| {
        let value = schema.vocabularies.get(facet.name()).ordinal(id).unwrap();
        rows(facet).get(&value).map_or(0, |row| row.total)
    };
    for (column, level) in COLUMNS
        .iter()
        .enumerate()
        .filter(|(_, level)| **level != "/university")
    {
        let suited = rows(Facet::Price)
            .values()
            .map(|row| row.columns[column])
            .sum::<usize>();
        assert!(suited >= 20, "{level}: {suited}");
    }
    for area in schema
        .vocabularies
        .get("subject")
        .terms()
        .iter()
        .filter(|term| term.parent.is_none())
    {
        assert!(
            total(Facet::Subject, &area.id) >= 15,
            "{}: {}",
            area.id,
            total(Facet::Subject, &area.id)
        );
    }
    for kind in [
        "activity",
        "drill",
        "game",
        "simulation",
        "quiz",
        "assessment",
        "learning-situation",
        "lesson-plan",
        "course",
        "video",
        "podcast",
        "e-book",
        "textbook",
        "text",
        "worksheet",
        "image",
        "map",
        "dataset",
        "reference",
        "tutorial",
        "experiment",
        "application",
        "authoring-tool",
        "collaboration-tool",
        "management-tool",
        "assistive-technology",
        "platform",
        "website",
        "robotics",
        "professional-development",
    ] {
        assert!(
            total(Facet::Type, kind) >= 8,
            "{kind}: {}",
            total(Facet::Type, kind)
        );
    }
    for price in ["free", "freemium", "trial", "paid", "quote"] {
        assert!(total(Facet::Price, price) >= 8, "{price}");
    }
    let resources = resources();
    for device in schema.vocabularies.get("device").terms() {
        assert!(
            resources
                .iter()
                .any(|resource| resource.devices.contains(&device.id)),
            "{}",
            device.id
        );
    }
    for os in schema.vocabularies.get("os").terms() {
        assert!(
            resources
                .iter()
                .any(|resource| resource.os.contains(&os.id)),
            "{}",
            os.id
        );
    }
    let speaks =
        |resource: &&Resource, tag: &str| resource.languages.iter().any(|language| language == tag);
    let (fr, en) = (
        |r: &&Resource| speaks(r, "fr"),
        |r: &&Resource| speaks(r, "en"),
    );
    assert!(
        resources.iter().filter(|r| fr(r) && !en(r)).count() >= 30,
        "in French alone"
    );
    assert!(
        resources.iter().filter(|r| en(r) && !fr(r)).count() >= 30,
        "in English alone"
    );
    assert!(
        resources.iter().filter(|r| en(r) && fr(r)).count() >= 100,
        "in both"
    );
}

#[test]
fn questions_as_teachers_ask_them_have_an_expected_answer_in_the_first_five() {
    let app = TestApp::empty();
    assert_eq!(app.import(CATALOGUE)["rejected"], 0);
    let questions = include_str!("../relevance/questions.jsonl");
    let mut asked = BTreeMap::new();
    let mut missed = Vec::new();
    for line in questions.lines() {
        let question: Value = serde_json::from_str(line).unwrap();
        let answer =
            app.search(json!({"q": question["text"], "lang": question["lang"], "limit": 5}));
        let first = ids(&answer);
        let expected = question["expect"].as_array().unwrap();
        if !expected
            .iter()
            .any(|id| first.contains(&id.as_str().unwrap().to_owned()))
        {
            missed.push(format!("{}: {first:?}", question["text"]));
        }
        *asked
            .entry(question["lang"].as_str().unwrap().to_owned())
            .or_insert(0) += 1;
    }
    assert_eq!(missed, Vec::<String>::new());
    assert!(asked["fr"] >= 20 && asked["en"] >= 20, "{asked:?}");
}
