//! How many questions does it take until a teacher sees what suits, and what does a step of guidance cost?
//!
//! Simulated teachers ([`teachers`]) look for hidden targets, and are asked in several ways ([`ways`]) until a target is
//! among the first three. Who is not served after [`ways::PATIENCE`] questions, or when there is nothing more to ask,
//! counts as many questions as that, whichever the way. `CLASSO_BENCH_TEACHERS` is how many there are a seed,
//! `CLASSO_BENCH_SEEDS` the seeds, `CLASSO_BENCH_LARGE` a file of records beside the bundled catalogue, and
//! `CLASSO_BENCH_COST=no` leaves the cost out.

#[path = "../support/mod.rs"]
mod support;

mod catalogue;
mod cost;
mod teachers;
mod ways;

use catalogue::Catalogue;
use classo::demo::CATALOGUE;
use classo::domain::draft::Draft;
use classo::domain::resource::Resource;
use classo::index_schema::IndexSchema;
use rand::SeedableRng;
use rand::rngs::StdRng;
use teachers::Teacher;
use ways::{PATIENCE, Way};

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn main() {
    let bundled: Vec<Resource> = CATALOGUE.lines().map(read).collect();
    compare("bundled", Catalogue::of(bundled));
    if let Ok(file) = std::env::var("CLASSO_BENCH_LARGE") {
        let text = std::fs::read_to_string(&file).expect("a file of records");
        compare(&file, Catalogue::of(text.lines().map(read).collect()));
    }
    if setting("CLASSO_BENCH_COST", "yes") != "no" {
        support::sizes().into_iter().for_each(cost::cost);
    }
}

fn read(line: &str) -> Resource {
    let vocabularies = &IndexSchema::embedded().vocabularies;
    let record = serde_json::from_str(line).expect("JSON");
    Draft::read(record, vocabularies).expect("valid").resource
}

/// Asks the same teachers in every way.
fn compare(name: &str, catalogue: Catalogue) {
    let teachers: usize = setting("CLASSO_BENCH_TEACHERS", "300")
        .parse()
        .expect("a number");
    println!(
        "{name}: {} resources, {teachers} teachers a seed",
        catalogue.resources.len()
    );
    for seed in setting("CLASSO_BENCH_SEEDS", "1,2").split(',') {
        let mut rng = StdRng::seed_from_u64(seed.parse().expect("a number"));
        let teachers: Vec<Teacher> = (0..teachers)
            .map(|_| Teacher::draw(&catalogue, &mut rng))
            .collect();
        println!(
            "seed {seed}: mean questions until a target is shown, with {PATIENCE} for who is never served"
        );
        let mut first = None;
        for way in Way::ALL {
            let asked: Vec<Option<usize>> = teachers
                .iter()
                .map(|teacher| way.converse(&catalogue, teacher))
                .collect();
            let counted = asked.iter().map(|asked| asked.unwrap_or(PATIENCE) as f64);
            let mean = counted.sum::<f64>() / asked.len() as f64;
            let served = asked.iter().flatten();
            let served_mean =
                served.clone().sum::<usize>() as f64 / served.clone().count().max(1) as f64;
            let fewer = (1.0 - *first.get_or_insert(mean) / mean) * 100.0;
            println!(
                "  {:<34} {mean:5.2} (classo {fewer:3.0} % fewer), {:3} never served, {served_mean:.2} the others",
                way.name(),
                asked.len() - served.count(),
            );
        }
    }
}
