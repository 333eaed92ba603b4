//! How long does a search take, beside raw tantivy doing the same by hand?
//!
//! Every line gives milliseconds, and in brackets the ratio to the yardstick of the same run.

mod support;

use std::sync::Arc;

use classo::app;
use classo::domain::actor::Actor;
use classo::domain::clock::SystemClock;
use classo::domain::profile::Profile;
use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::query::search_query::Query;
use classo::services::search::Search;
use rayon::prelude::*;
use support::raw::RawTantivy;
use support::{Question, Times, print, questions, resources, sizes};

// The program's allocator, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let mut questions = questions(&resources, 2_000);
        let schema = Arc::new(
            IndexSchema::load(std::path::Path::new("no overrides")).expect("the embedded schema"),
        );
        let (index, mut writer) = {
            let folder = tempfile::tempdir().expect("a folder").keep();
            writer::create(&folder, &schema).expect("an index")
        };
        resources
            .par_iter()
            .try_for_each(|resource| writer.put(resource))
            .expect("indexed");
        writer.commit(1, &index).expect("committed");
        writer.merge_all(&index).expect("merged");
        let weights = app::weights(&schema).expect("valid weights");
        let index = Arc::new(index);
        let search = Search::new(
            Arc::clone(&index),
            Arc::clone(&schema),
            weights,
            Arc::new(SystemClock),
        );
        for question in &mut questions {
            let answer = search.search(&Actor::Visitor, &question.asked);
            if let Some(corrected) = answer.expect("an answer").corrected {
                question.corrected = corrected;
            }
        }
        let raw = RawTantivy::index(&resources);
        let segments = raw.searcher().segment_readers().len();
        println!(
            "\n{size} resources, {} questions ({} segments, raw tantivy {segments})",
            questions.len(),
            index.snapshot().segments()
        );

        let yardstick = Times::of(&questions, |question| raw.ask(&corrected(question)));
        print(
            "raw tantivy by hand: 20 records, 5 facets",
            &yardstick,
            &yardstick,
        );
        print(
            "raw tantivy, bare top 20",
            &Times::of(&questions, |question| raw.bare(&corrected(question))),
            &yardstick,
        );
        let ask = |query: Query| {
            search
                .search(&Actor::Visitor, &query)
                .expect("an answer")
                .total
        };
        let bare = |question: &Question| {
            ask(Query {
                facets: Vec::new(),
                ..question.asked.clone()
            })
        };
        print(
            "classo: 20 records, no facets",
            &Times::of(&questions, bare),
            &yardstick,
        );
        print(
            "classo: 20 records, 5 facets",
            &Times::of(&questions, |question| ask(question.asked.clone())),
            &yardstick,
        );
        let whole = |question: &Question| {
            ask(Query {
                profile: Some(profile()),
                explain: true,
                ..question.asked.clone()
            })
        };
        print(
            "classo: the same, profile and reasons",
            &Times::of(&questions, whole),
            &yardstick,
        );
        let (filtered, plain): (Vec<_>, Vec<_>) = questions
            .into_iter()
            .partition(|question| question.asked.filters.facets().next().is_some());
        for (name, some) in [("with filters", filtered), ("without filters", plain)] {
            let yardstick = Times::of(&some, |question| raw.ask(&corrected(question)));
            print(
                &format!("classo, whole answer, {name}"),
                &Times::of(&some, whole),
                &yardstick,
            );
        }
        let everything = Times::of(
            &[Question {
                asked: Query::default(),
                corrected: String::new(),
            }],
            |q| ask(q.asked.clone()),
        );
        println!("classo, the empty question: {:.3} ms", everything.mean());
    }
}

fn corrected(question: &Question) -> Query {
    Query {
        text: question.corrected.clone(),
        ..question.asked.clone()
    }
}

fn profile() -> Profile {
    let ids = |ids: &[&str]| ids.iter().map(|id| id.to_string()).collect();
    Profile {
        role: Some("teacher".into()),
        subjects: ids(&["/math-science-technology/mathematics"]),
        levels: ids(&["/primary/cycle-2/grade-4"]),
        student_types: ids(&["learning-difficulty"]),
        devices: ids(&["ipad"]),
        os: ids(&["ipados"]),
        platforms: ids(&["google-classroom"]),
        languages: ids(&["fr"]),
        budget_cents: Some(1_000),
    }
}
