//! What the page promises.
//!
//! 1. Whatever comes in, nothing of it becomes markup.
//! 2. It stands alone: no script, nothing fetched.
//! 3. Every plot has a title and a text alternative.
//! 4. A harmful change is named as such at the top.

use std::collections::BTreeMap;

use super::*;
use crate::relevance::comparison::{compare, differences, estimates};
use crate::relevance::metrics::Metrics;

fn system(values: &[f64], against: Option<&[f64]>) -> SystemFigures {
    let measured = |values: &[f64]| -> BTreeMap<String, Metrics> {
        let named = (0..).zip(values);
        named
            .map(|(n, value)| (format!("q{n}"), Metrics::from([("ndcg@10".into(), *value)])))
            .collect()
    };
    let own = measured(values);
    let first = against.map(measured);
    SystemFigures {
        estimates: estimates(&own, 1),
        ndcg: own
            .iter()
            .map(|(id, of)| (id.clone(), of["ndcg@10"]))
            .collect(),
        recall: vec![(1, 0.2), (10, 0.5), (100, 0.9)],
        against: first
            .as_ref()
            .map(|first| compare(first, &own, 1))
            .unwrap_or_default(),
        gains: first
            .as_ref()
            .map(|first| differences(first, &own, "ndcg@10"))
            .unwrap_or_default(),
        coverage: Some(0.4),
    }
}

fn report(hostile: &str) -> Report {
    let (bad, good) = ([0.2, 0.3, 0.1, 0.25, 0.2, 0.3, 0.1, 0.3], [0.8; 8]);
    let effect = Effect {
        weight: hostile.into(),
        difference: Difference::of(&[0.1; 8], 1),
    };
    let shown = Shown {
        id: hostile.into(),
        title: hostile.into(),
        grade: Some(0),
        reasons: vec![(1.5, hostile.into())],
    };
    let missed = Missed {
        id: hostile.into(),
        title: hostile.into(),
        grade: 3,
        rank: Some(12),
        reason: hostile.into(),
    };
    let worst = WorstQuery {
        id: hostile.into(),
        text: hostile.into(),
        language: hostile.into(),
        profile: hostile.into(),
        ndcg: 0.1,
        results: vec![shown],
        missed: vec![missed],
    };
    let language = |name: &str| LanguageFigures {
        language: name.into(),
        queries: 4,
        ndcg: system(&bad, None).estimates.into_values().collect(),
    };
    Report {
        made_on: hostile.into(),
        k: 10,
        systems: vec![hostile.into(), "before".into()],
        collections: vec![Section {
            name: hostile.into(),
            queries: 8,
            documents: Some(40),
            systems: vec![system(&bad, None), system(&good, Some(&bad))],
            ablation: vec![effect],
            worst: vec![worst],
        }],
        languages: vec![language("fr"), language(hostile)],
    }
}

#[test]
fn whatever_comes_in_nothing_of_it_becomes_markup() {
    let page = report("<script>alert('x')</script>\"&\u{1}").to_html();
    assert!(!page.contains("<script") && !page.contains("alert('x')") && !page.contains('\u{1}'));
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn the_page_stands_alone() {
    let page = report("plain").to_html();
    for outside in [
        "http:", "https:", "src=", "@import", "url(", "<script", "<link",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn every_plot_has_a_title_and_a_text_alternative() {
    let page = report("plain").to_html();
    let plots: Vec<&str> = page.split("<svg ").skip(1).collect();
    assert!(plots.len() >= 5, "{}", plots.len());
    for plot in plots {
        let opening = plot.split("</desc>").next().unwrap();
        assert!(
            opening.contains("role=\"img\"") && opening.contains("aria-label=\""),
            "{opening}"
        );
        assert!(
            opening.contains("<title>") && opening.contains("<desc>"),
            "{opening}"
        );
        assert!(!opening.contains("<desc></desc>"), "{opening}");
    }
}

#[test]
fn a_harmful_change_is_named_at_the_top() {
    let page = report("after").to_html();
    let top = page.split("</header>").next().unwrap();
    assert!(
        top.contains("▼ significantly worse than before: −0.581"),
        "{top}"
    );
}
