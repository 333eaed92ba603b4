//! How many resources a second are indexed, until all can be found, beside raw tantivy over the same texts with the same
//! threads and the same memory?

mod support;

use std::sync::Arc;

use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::query::attributes::Address;
use rayon::prelude::*;
use support::raw::RawTantivy;
use support::{Effort, resources, sizes};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let ended = Effort::start();
        let built = RawTantivy::build(&resources);
        let raw = ended();
        drop(built);
        let schema = Arc::new(
            IndexSchema::load(std::path::Path::new("no overrides")).expect("the embedded schema"),
        );
        let folder = tempfile::tempdir().expect("a folder");
        let (index, mut writer) = writer::create(folder.path(), &schema).expect("an index");
        let ended = Effort::start();
        resources
            .par_iter()
            .try_for_each(|resource| writer.add(resource, Address::default()))
            .expect("indexed");
        writer.commit(1, &index).expect("committed");
        let own = ended();
        drop(writer);
        let size = size as f64;
        println!(
            "{size} resources: raw tantivy {:.0}/s, classo {:.0}/s ({:.2}); processor time {:.1} s and {:.1} s ({:.2})",
            size / raw.elapsed,
            size / own.elapsed,
            raw.elapsed / own.elapsed,
            raw.processor,
            own.processor,
            raw.processor / own.processor,
        );
    }
}
