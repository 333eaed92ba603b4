//! How many questions does it take until a teacher sees what suits, and what does a step of guidance cost?
//!
//! Simulated teachers look for hidden targets: resources that share some attributes, and a word, with one drawn at
//! random, by rules that never ask Classo's ranking. They answer truthfully from what they want, one time in ten that it does
//! not matter, and stop when a target is among the first three. The same teachers are asked in a fixed order, and by the
//! plain entropy of the counts, from the same questions with the same options.

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use classo::app;
use classo::demo::CATALOGUE;
use classo::domain::actor::Actor;
use classo::domain::clock::SystemClock;
use classo::domain::draft::Draft;
use classo::domain::resource::Resource;
use classo::domain::text;
use classo::guidance::question::Question;
use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::query::facet::Facet;
use classo::query::need::{Limit, Need, Topic};
use classo::query::page::Page;
use classo::query::search_query::Query;
use classo::services::guidance::Guidance;
use classo::services::search::Search;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many teachers there are, and where they are drawn from.
const TEACHERS: usize = 300;
const SEEDS: [u64; 2] = [1, 2];

/// Who is asked more is given up on.
const MOST_QUESTIONS: usize = 13;

/// A target must be among so many.
const SEEN: usize = 3;

struct Catalogue {
    resources: Vec<Resource>,
    /// Of each resource.
    words: Vec<HashSet<String>>,
    guidance: Guidance,
    search: Arc<Search>,
    schema: Arc<IndexSchema>,
}

impl Catalogue {
    fn of(resources: Vec<Resource>) -> Self {
        let none = std::path::Path::new("no overrides");
        let schema = Arc::new(IndexSchema::load(none).expect("the embedded schema"));
        let folder = tempfile::tempdir().expect("a folder").keep();
        let (index, mut writer) = writer::create(&folder, &schema).expect("an index");
        for resource in &resources {
            writer.put(resource).expect("indexed");
        }
        writer.commit(1, &index).expect("committed");
        writer.merge_all(&index).expect("merged");
        let weights = app::weights(&schema).expect("valid weights");
        let search = Arc::new(Search::new(
            Arc::new(index),
            Arc::clone(&schema),
            weights,
            Arc::new(SystemClock),
        ));
        Catalogue {
            words: resources.iter().map(words).collect(),
            resources,
            guidance: Guidance::new(Arc::clone(&search)),
            search,
            schema,
        }
    }

    /// The values that a filter finds a resource by, without asking the index.
    fn suits(&self, resource: &Resource, limit: &Limit) -> bool {
        match limit {
            Limit::MaxCost(max) => {
                let cost = self.schema.currencies.cost_cents(resource);
                cost.is_some_and(|cost| cost <= *max)
            }
            Limit::Facet(facet, values) => {
                let vocabulary = self.schema.vocabularies.get(facet.name());
                let runs_on = self
                    .schema
                    .compatibility
                    .runs_on(&resource.devices, &resource.os);
                let declared = facet.values(resource, &runs_on, &self.schema.licences);
                let declared: Vec<_> = declared
                    .iter()
                    .filter_map(|id| vocabulary.ordinal(id))
                    .collect();
                let suits = |value| {
                    declared.iter().any(|own| {
                        let above = *facet == Facet::Level && vocabulary.is_within(value, *own);
                        vocabulary.is_within(*own, value) || above
                    })
                };
                values.iter().any(|value| suits(*value))
            }
        }
    }
}

/// Somebody who knows what they want, and not where it is.
struct Teacher {
    words: String,
    /// What they would insist on.
    wants: Vec<Limit>,
    targets: Vec<String>,
    /// Draws their replies, the same whoever asks.
    seed: u64,
}

impl Teacher {
    /// Wants what some resource is: its level, subject and language, perhaps its kind, a device, its price, a condition;
    /// every resource that has all of it and one of two words of its description is a target.
    fn draw(catalogue: &Catalogue, rng: &mut StdRng) -> Teacher {
        loop {
            let model = catalogue.resources.choose(rng).expect("resources");
            let vocabularies = &catalogue.schema.vocabularies;
            let runs_on = catalogue
                .schema
                .compatibility
                .runs_on(&model.devices, &model.os);
            let mut wants = Vec::new();
            for (facet, chance) in [
                (Facet::Subject, 1.0),
                (Facet::Level, 0.9),
                (Facet::Language, 0.7),
                (Facet::Type, 0.6),
                (Facet::Device, 0.4),
                (Facet::Strategy, 0.3),
                (Facet::Access, 0.3),
                (Facet::StudentType, 0.2),
                (Facet::Platform, 0.2),
                (Facet::Has, 0.4),
            ] {
                let declared = facet.values(model, &runs_on, &catalogue.schema.licences);
                let Some(id) = declared.choose(rng) else {
                    continue;
                };
                let vocabulary = vocabularies.get(facet.name());
                if let Some(value) = vocabulary.ordinal(id)
                    && rng.random_bool(chance)
                {
                    wants.push(Limit::Facet(facet, vec![value]));
                }
            }
            if catalogue.schema.currencies.cost_cents(model) == Some(0) && rng.random_bool(0.5) {
                wants.push(Limit::MaxCost(0));
            }
            let word = topic_word(catalogue, model, rng);
            let mentions =
                |words: &HashSet<String>| word.as_ref().is_none_or(|word| words.contains(word));
            let all = catalogue.resources.iter().zip(&catalogue.words);
            let targets = all.filter(|(resource, words)| {
                mentions(words) && wants.iter().all(|limit| catalogue.suits(resource, limit))
            });
            let targets: Vec<String> = targets.map(|(one, _)| one.id.to_string()).collect();
            if (1..=8).contains(&targets.len()) {
                let says_it = rng.random_bool(0.5);
                return Teacher {
                    words: word.filter(|_| says_it).unwrap_or_default(),
                    wants,
                    targets,
                    seed: rng.random(),
                };
            }
        }
    }

    /// The option they choose, or nothing when it does not matter to them.
    fn reply<'q>(
        &self,
        question: &'q Question,
        catalogue: &Catalogue,
        rng: &mut StdRng,
    ) -> Option<&'q Limit> {
        if rng.random_bool(0.1) {
            return None;
        }
        let wanted = self
            .wants
            .iter()
            .find(|limit| limit.topic() == question.topic)?;
        // An option is true when what they want lies within it, or, for a level, beside it.
        let holds = |answer: &&Limit| match (wanted, answer) {
            (Limit::MaxCost(wanted), Limit::MaxCost(offered)) => offered >= wanted,
            (Limit::Facet(facet, wanted), Limit::Facet(_, offered)) => {
                let vocabulary = catalogue.schema.vocabularies.get(facet.name());
                let within = |value| {
                    offered
                        .iter()
                        .any(|other| vocabulary.is_within(value, *other))
                };
                wanted.iter().all(|value| within(*value))
            }
            _ => false,
        };
        let options: Vec<&Limit> = question
            .options
            .iter()
            .map(|option| &option.answer)
            .collect();
        let narrower = |answer: &&Limit| match (wanted, answer) {
            // Who teaches a whole order may name a part of it; nothing else may be named more narrowly than it is meant.
            (Limit::Facet(facet @ Facet::Level, wanted), Limit::Facet(_, offered)) => {
                let vocabulary = catalogue.schema.vocabularies.get(facet.name());
                offered
                    .iter()
                    .any(|value| wanted.iter().any(|own| vocabulary.is_within(*value, *own)))
            }
            _ => false,
        };
        let fits = options.iter().copied().find(holds);
        fits.or_else(|| options.iter().copied().find(narrower))
    }
}

fn words(resource: &Resource) -> HashSet<String> {
    let texts = resource
        .title
        .0
        .values()
        .chain(resource.description.0.values());
    texts
        .flat_map(|text| text::words(text).map(|word| word.text))
        .collect()
}

/// A word of a resource that five to sixty resources have.
fn topic_word(catalogue: &Catalogue, model: &Resource, rng: &mut StdRng) -> Option<String> {
    let mut own: Vec<String> = words(model).into_iter().collect();
    own.sort_unstable();
    own.retain(|word| word.chars().count() >= 5 && !catalogue.schema.stop_words.contains(word));
    own.shuffle(rng);
    own.into_iter().take(20).find(|word| {
        let having = catalogue.words.iter().filter(|words| words.contains(word));
        (5..=60).contains(&having.count())
    })
}

#[derive(Clone, Copy)]
enum Way {
    Classo,
    FixedOrder,
    PlainEntropy,
}

/// The order in which a form would ask.
const FIXED: [Topic; 8] = [
    Topic::Facet(Facet::Level),
    Topic::Facet(Facet::Subject),
    Topic::Facet(Facet::Type),
    Topic::Facet(Facet::Device),
    Topic::Facet(Facet::Language),
    Topic::Budget,
    Topic::Facet(Facet::Access),
    Topic::Facet(Facet::Strategy),
];

impl Way {
    fn choose(self, questions: &[Question]) -> Option<&Question> {
        match self {
            Way::Classo => questions.first(),
            Way::FixedOrder => {
                let place =
                    |question: &&Question| FIXED.iter().position(|topic| *topic == question.topic);
                questions
                    .iter()
                    .min_by_key(|question| place(question).unwrap_or(FIXED.len()))
            }
            Way::PlainEntropy => {
                let entropy = |question: &Question| {
                    let total: f64 = question
                        .options
                        .iter()
                        .map(|option| option.count as f64)
                        .sum();
                    let share = |count: u64| count as f64 / total;
                    let terms = question.options.iter().map(|option| share(option.count));
                    terms
                        .filter(|share| *share > 0.0)
                        .map(|share| -share * share.log2())
                        .sum::<f64>()
                };
                questions
                    .iter()
                    .max_by(|one, other| entropy(one).total_cmp(&entropy(other)))
            }
        }
    }
}

/// How many questions until a target is seen; nothing when none ever is.
fn converse(catalogue: &Catalogue, teacher: &Teacher, way: Way) -> Option<usize> {
    let mut rng = StdRng::seed_from_u64(teacher.seed);
    let mut need = Need {
        query: Query {
            text: teacher.words.clone(),
            facets: Vec::new(),
            page: Page {
                limit: SEEN,
                offset: 0,
            },
            ..Query::default()
        },
        skipped: Vec::new(),
    };
    for asked in 0..MOST_QUESTIONS {
        let found = catalogue
            .search
            .ranking(&Actor::Visitor, &need.query)
            .expect("an answer");
        if found.iter().any(|(id, _)| teacher.targets.contains(id)) {
            return Some(asked);
        }
        let questions = catalogue
            .guidance
            .questions(&Actor::Visitor, &need)
            .expect("an answer");
        let question = way.choose(&questions)?;
        match teacher.reply(question, catalogue, &mut rng) {
            None => need.skipped.push(question.topic),
            Some(Limit::MaxCost(max)) => need.query.filters.max_cost_cents = Some(*max),
            Some(Limit::Facet(facet, values)) => {
                values
                    .iter()
                    .for_each(|value| need.query.filters.add(*facet, *value));
            }
        }
    }
    None
}

fn main() {
    let vocabularies = &IndexSchema::embedded().vocabularies;
    let read = |line: &str| {
        let record = serde_json::from_str(line).expect("JSON");
        Draft::read(record, vocabularies).expect("valid").resource
    };
    let bundled = Catalogue::of(CATALOGUE.lines().map(read).collect());
    println!(
        "{TEACHERS} teachers a seed: mean number of questions until a target is among the first {SEEN}"
    );
    for seed in SEEDS {
        let mut rng = StdRng::seed_from_u64(seed);
        let teachers: Vec<Teacher> = (0..TEACHERS)
            .map(|_| Teacher::draw(&bundled, &mut rng))
            .collect();
        let ways = [Way::Classo, Way::FixedOrder, Way::PlainEntropy];
        let asked: Vec<[Option<usize>; 3]> = teachers
            .iter()
            .map(|teacher| ways.map(|way| converse(&bundled, teacher, way)))
            .collect();
        // Who never sees a target, whatever is asked, tells nothing about the order of questions; who is lost is counted.
        let served: Vec<[usize; 3]> = asked
            .iter()
            .filter_map(|[one, two, three]| Some([(*one)?, (*two)?, (*three)?]))
            .collect();
        let mean = |way: usize| {
            served.iter().map(|asked| asked[way] as f64).sum::<f64>() / served.len() as f64
        };
        let lost = |way: usize| asked.iter().filter(|asked| asked[way].is_none()).count();
        println!("seed {seed}: {} teachers served by every way", served.len());
        for (way, name) in ["classo", "fixed order", "plain entropy"]
            .into_iter()
            .enumerate()
        {
            println!(
                "  {name:<14} {:.2} questions (classo {:+.0} %), {} teachers never served",
                mean(way),
                (mean(0) / mean(way) - 1.0) * 100.0,
                lost(way)
            );
        }
    }
    if std::env::var("CLASSO_BENCH_COST").is_ok_and(|value| value == "no") {
        return;
    }
    for size in support::sizes() {
        cost(size);
    }
}

/// What a step of guidance costs beside the search it is built on.
fn cost(size: usize) {
    let resources = support::resources(size);
    let questions = support::questions(&resources, 300);
    let catalogue = Catalogue::of(resources);
    let mean = |ask: &dyn Fn(&Query)| {
        let started = Instant::now();
        questions.iter().for_each(|question| ask(&question.asked));
        started.elapsed().as_secs_f64() * 1_000.0 / questions.len() as f64
    };
    let search = |query: &Query| {
        drop(
            catalogue
                .search
                .search(&Actor::Visitor, query)
                .expect("an answer"),
        );
    };
    let guide = |query: &Query| {
        let page = Page {
            limit: Need::SHORTLIST,
            offset: 0,
        };
        let query = Query {
            explain: true,
            page,
            facets: Vec::new(),
            ..query.clone()
        };
        let need = Need {
            query,
            skipped: Vec::new(),
        };
        drop(
            catalogue
                .guidance
                .guide(&Actor::Visitor, &need)
                .expect("an answer"),
        );
    };
    // The first round warms up.
    let _ = (mean(&search), mean(&guide));
    let (search, guide) = (mean(&search), mean(&guide));
    println!(
        "{size} resources: search {search:.3} ms, guidance {guide:.3} ms ({:.2})",
        guide / search
    );
}
