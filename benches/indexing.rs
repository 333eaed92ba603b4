//! How many resources a second are indexed, beside raw tantivy over the same fields with the same threads?

mod support;

use std::sync::Arc;
use std::time::Instant;

use classo::index::writer;
use classo::index_schema::IndexSchema;
use rayon::prelude::*;
use support::raw::RawTantivy;
use support::{resources, sizes};

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let started = Instant::now();
        drop(RawTantivy::index(&resources));
        let raw = size as f64 / started.elapsed().as_secs_f64();
        let schema = Arc::new(
            IndexSchema::load(std::path::Path::new("no overrides")).expect("the embedded schema"),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let (index, mut writer) = writer::create(folder.path(), &schema).expect("an index");
        let started = Instant::now();
        resources
            .par_iter()
            .try_for_each(|resource| writer.put(resource))
            .expect("indexed");
        writer.commit(1, &index).expect("committed");
        writer.finish().expect("merged");
        let own = size as f64 / started.elapsed().as_secs_f64();
        println!(
            "{size} resources: raw tantivy {raw:.0}/s, classo {own:.0}/s ({:.2})",
            own / raw
        );
    }
}
