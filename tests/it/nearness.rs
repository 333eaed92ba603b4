//! Words that stand together in a resource, as they do in the question.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::support::{TestApp, ids, record, seed};

#[test]
fn of_two_records_with_the_same_words_the_one_that_has_them_together_comes_first() {
    let spread = "Calcul sur papier avec des jeux et des cartes pour la classe, surtout mental";
    let together = "Calcul mental sur papier avec des jeux et des cartes, surtout pour la classe";
    let text = |text: &str| json!({"description": {"fr": text}});
    let app = TestApp::with(&[
        record("a", "Une activité", text(spread)),
        record("b", "Une activité", text(together)),
    ]);
    let answer = app.search(json!({"q": "calcul mental ", "explain": true}));
    assert_eq!(ids(&answer), ["b", "a"]);
    let reasons = answer["hits"][0]["explanation"].as_array().unwrap();
    let nearness = reasons
        .iter()
        .find(|reason| reason["signal"] == "proximity");
    assert!(nearness.unwrap()["points"].as_f64().unwrap() > 0.0);
    assert_eq!(
        ids(&app.search(json!({"q": "calcul", "limit": 5}))),
        ["a", "b"]
    );
}

/// Nearness is looked at in the best texts alone: what lies behind them must never overtake or be told twice.
#[test]
fn nearness_keeps_one_order_over_pages_filters_and_profiles() {
    let mut rng = StdRng::seed_from_u64(seed("nearness"));
    let words = ["calcul", "mental", "fraction", "jeu", "carte", "ciel"];
    let records: Vec<Value> = (0..150)
        .map(|number| {
            let count = rng.random_range(2..16);
            let text: Vec<&str> = (0..count)
                .map(|_| *words.choose(&mut rng).unwrap())
                .collect();
            let level = ["/primary/cycle-2/grade-4", "/secondary"][rng.random_range(0..2)];
            let fields = json!({"description": {"fr": text.join(" ")}, "levels": [level]});
            record(&format!("r{number}"), "Une activité", fields)
        })
        .collect();
    let app = TestApp::with(&records);
    let profile = json!({"levels": ["/primary/cycle-2/grade-4"]});
    for (q, levels) in [
        ("calcul mental ", json!([])),
        ("jeu carte ciel ", json!(["/secondary"])),
        ("fraction calcul mental jeu ", json!(["/primary"])),
    ] {
        let ask = |limit: usize, offset: usize, personal: bool| {
            app.search(json!({
                "q": q, "level": levels, "limit": limit, "offset": offset, "explain": true,
                "profile": profile, "personal": personal, "facets": []
            }))
        };
        for personal in [true, false] {
            let pages = |limit: usize| -> Vec<Value> {
                let pages =
                    (0..150usize.div_ceil(limit)).map(|page| ask(limit, page * limit, personal));
                pages
                    .flat_map(|page| page["hits"].as_array().unwrap().clone())
                    .collect()
            };
            let (all, by_seven) = (pages(100), pages(7));
            assert_eq!(all, by_seven, "{q}");
            assert!(
                all.is_sorted_by(|one, other| one["score"].as_f64() >= other["score"].as_f64())
            );
            let near = all.iter().filter(|hit| {
                let reasons = hit["explanation"].as_array().unwrap();
                reasons.iter().any(|reason| reason["signal"] == "proximity")
            });
            let near = near.count();
            assert!(near > 20 && near <= 50, "{near} are near");
            for hit in &all {
                let points = hit["explanation"].as_array().unwrap().iter();
                let sum: f64 = points
                    .map(|reason| reason["points"].as_f64().unwrap())
                    .sum();
                assert!((sum - hit["score"].as_f64().unwrap()).abs() < 1e-6, "{hit}");
            }
        }
        let neutral = [ask(100, 0, false), ask(100, 100, false)];
        let neutral: Vec<String> = neutral.iter().flat_map(ids).collect();
        for hit in ask(100, 0, true)["hits"].as_array().unwrap() {
            let place = neutral.iter().position(|id| hit["id"] == *id).unwrap() + 1;
            assert_eq!(hit["neutral_rank"], place, "{}", hit["id"]);
        }
    }
}
