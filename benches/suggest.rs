//! How long is a keystroke: the first after a catalogue was loaded, and the others?

mod support;

use std::sync::Arc;
use std::time::Instant;

use classo::app;
use classo::domain::actor::Actor;
use classo::domain::clock::SystemClock;
use classo::domain::language::Language;
use classo::domain::text;
use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::services::search::Search;
use classo::services::suggest::{DEFAULT, Suggest};
use rayon::prelude::*;
use support::{questions, resources, sizes};

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let schema = Arc::new(
            IndexSchema::load(std::path::Path::new("no overrides")).expect("the embedded schema"),
        );
        let (index, mut writer) = writer::in_memory(&schema).expect("an index");
        resources
            .par_iter()
            .try_for_each(|resource| writer.put(resource))
            .expect("indexed");
        writer.commit(1, &index).expect("committed");
        let index = Arc::new(index);
        let weights = app::weights(&schema).expect("valid weights");
        let search = Search::new(
            Arc::clone(&index),
            Arc::clone(&schema),
            weights,
            Arc::new(SystemClock),
        );
        let suggest = Suggest::new(Arc::clone(&index), Arc::new(search), Arc::clone(&schema));
        let ask = |typed: &str| {
            let started = Instant::now();
            let found = suggest.suggest(&Actor::Visitor, typed, Language::Fr, DEFAULT);
            std::hint::black_box(found.expect("suggestions"));
            started.elapsed().as_secs_f64() * 1000.0
        };
        println!(
            "\n{size} resources, {} segments",
            index.snapshot().segments()
        );
        println!("the first keystroke: {:.1} ms", ask("a"));
        let mut times: Vec<f64> = Vec::new();
        for question in questions(&resources, 500) {
            let typed = text::key(&question.corrected);
            let ends = typed.char_indices().map(|(at, c)| at + c.len_utf8());
            times.extend(ends.map(|end| ask(&typed[..end])));
        }
        times.sort_by(f64::total_cmp);
        let percentile = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!(
            "{} others: p50 {:.3} ms  p99 {:.3} ms  slowest {:.3} ms",
            times.len(),
            percentile(50),
            percentile(99),
            percentile(100)
        );
    }
}
