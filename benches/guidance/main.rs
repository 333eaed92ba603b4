//! How many questions does it take until a teacher sees what suits, and what does a step of guidance cost?
//!
//! Simulated teachers ([`teachers`]) look for hidden targets, and are asked in several ways ([`ways`]) until a target is
//! among the first three. Who is not served after [`ways::PATIENCE`] questions, or when there is nothing more to ask,
//! counts as many questions as that, whichever the way. Whom none of the ways serves, because what they told does not set
//! their targets apart, says nothing of the choice of questions: a second mean leaves them out. `CLASSO_BENCH_TEACHERS` is how many there are a seed,
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
use teachers::{Rule, Teacher};
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
        "{name}: {} resources, {teachers} teachers a seed; mean questions until a target is shown, with {PATIENCE} for who is never served",
        catalogue.resources.len()
    );
    for rule in Rule::ALL {
        for seed in setting("CLASSO_BENCH_SEEDS", "1,2,3").split(',') {
            let mut rng = StdRng::seed_from_u64(seed.parse().expect("a number"));
            let teachers: Vec<Teacher> = (0..teachers)
                .map(|_| Teacher::draw(rule, &catalogue, &mut rng))
                .collect();
            let asked = |way: Way| -> Vec<Option<usize>> {
                let each = teachers.iter();
                each.map(|teacher| way.converse(&catalogue, teacher))
                    .collect()
            };
            println!("teachers {}, seed {seed}", rule.name());
            tell(&Way::ALL.map(|way| (way, asked(way))));
        }
    }
}

/// Means over all teachers, and over those whom one of the ways serves.
fn tell(ways: &[(Way, Vec<Option<usize>>)]) {
    let is_served = |teacher: &usize| ways.iter().any(|(_, asked)| asked[*teacher].is_some());
    let everybody: Vec<usize> = (0..ways[0].1.len()).collect();
    let served: Vec<usize> = everybody.iter().copied().filter(is_served).collect();
    println!("  one of the ways serves {}", served.len());
    for (way, asked) in ways {
        let mean = |asked: &[Option<usize>], of: &[usize]| {
            let counted = of.iter().map(|teacher| asked[*teacher].unwrap_or(PATIENCE));
            counted.sum::<usize>() as f64 / of.len().max(1) as f64
        };
        let told = |of: &[usize]| {
            let (own, first) = (mean(asked, of), mean(&ways[0].1, of));
            format!(
                "{own:5.2} (classo {:3.0} % fewer)",
                (1.0 - first / own) * 100.0
            )
        };
        println!(
            "  {:<34} {}, {:3} never served; of these {}",
            way.name(),
            told(&everybody),
            asked.iter().filter(|asked| asked.is_none()).count(),
            told(&served),
        );
    }
}
