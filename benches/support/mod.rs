//! What the benches share: a catalogue and questions of any size, raw tantivy beside Classo, percentiles.
//!
//! The words are those of the bundled catalogue, recombined sentence by sentence, so that they keep their natural
//! frequencies. `CLASSO_BENCH_CATALOGUE` and `CLASSO_BENCH_QUERIES` name files to use instead (records; bodies of POST
//! search, one a line), `CLASSO_BENCH_SIZES` the sizes to measure.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each bench uses a part, and may fail loudly"
)]

pub mod client;
pub mod http;
pub mod raw;
pub mod server;

use std::path::Path;
use std::time::{Duration, Instant};

use classo::app::App;
use classo::demo::CATALOGUE;
use classo::domain::draft::Draft;
use classo::domain::resource::Resource;
use classo::index::writer;
use classo::index_schema::IndexSchema;
use classo::query::facet::Facet;
use classo::query::params::RawParams;
use classo::query::search_query::Query;
use classo::services::indexing::Switch;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;
use serde_json::{Value, json};

use self::server::processor;

/// Classo on an empty folder, with an index of the resources in one segment, as an import leaves it soon after.
pub fn app_with(folder: &Path, resources: &[Resource]) -> App {
    let app = App::open(folder).expect("an empty data folder");
    let (index, mut writer) = writer::create(&folder.join("index"), &app.schema).expect("an index");
    let written = resources
        .par_iter()
        .try_for_each(|resource| writer.put(resource));
    written.expect("indexed");
    writer.commit(0, &index).expect("committed");
    writer.merge_all(&index).expect("merged");
    let adopted = app.indexing.adopt(index, writer, Switch::Now);
    adopted.expect("the generation in use");
    app
}

/// Sizes in resources.
pub fn sizes() -> Vec<usize> {
    let chosen = std::env::var("CLASSO_BENCH_SIZES").unwrap_or_else(|_| "10000,100000".into());
    chosen
        .split(',')
        .map(|size| size.trim().parse().expect("a number of resources"))
        .collect()
}

/// Sentences by language, titles by language, and terms by facet, of the bundled catalogue.
struct Source {
    titles: [Vec<String>; 2],
    sentences: [Vec<String>; 2],
}

impl Source {
    fn bundled() -> Self {
        let mut source = Source {
            titles: [vec![], vec![]],
            sentences: [vec![], vec![]],
        };
        for line in CATALOGUE.lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            for (place, tag) in ["fr", "en"].into_iter().enumerate() {
                source.titles[place].push(record["title"][tag].as_str().unwrap().to_owned());
                let text = record["description"][tag].as_str().unwrap();
                source.sentences[place]
                    .extend(text.split_inclusive(". ").map(|s| s.trim().to_owned()));
            }
        }
        source
    }
}

/// As many resources as asked for, the same for the same size.
pub fn resources(size: usize) -> Vec<Resource> {
    let vocabularies = &IndexSchema::embedded().vocabularies;
    let read = |record: Value| Draft::read(record, vocabularies).unwrap().resource;
    if let Ok(file) = std::env::var("CLASSO_BENCH_CATALOGUE") {
        let text = std::fs::read_to_string(file).unwrap();
        return text
            .lines()
            .take(size)
            .map(|line| read(serde_json::from_str(line).unwrap()))
            .collect();
    }
    let source = Source::bundled();
    let mut rng = StdRng::seed_from_u64(1);
    (0..size)
        .map(|number| read(record(&source, &mut rng, number)))
        .collect()
}

fn record(source: &Source, rng: &mut StdRng, number: usize) -> Value {
    let mut record = json!({"id": format!("r{number:07}")});
    let languages: &[usize] = [&[0][..], &[1], &[0, 1], &[0, 1]].choose(rng).unwrap();
    for place in languages {
        let tag = ["fr", "en"][*place];
        let mut words: Vec<&str> = source.titles[*place]
            .choose(rng)
            .unwrap()
            .split(' ')
            .collect();
        words.extend(
            source.sentences[*place]
                .choose(rng)
                .unwrap()
                .split(' ')
                .take(rng.random_range(0..5)),
        );
        record["title"][tag] = json!(words.join(" "));
        let sentences: Vec<&str> = (0..rng.random_range(2..7))
            .map(|_| source.sentences[*place].choose(rng).unwrap().as_str())
            .collect();
        record["description"][tag] = json!(sentences.join(" "));
    }
    for (field, facet, most) in [
        ("subjects", Facet::Subject, 2),
        ("levels", Facet::Level, 4),
        ("devices", Facet::Device, 3),
        ("os", Facet::Os, 2),
        ("type", Facet::Type, 2),
    ] {
        let count = rng.random_range(1..=most);
        record[field] = (0..count).map(|_| json!(zipf_term(rng, facet))).collect();
    }
    let model = zipf_term(rng, Facet::Price);
    record["price"] = json!({"model": model, "amount": rng.random_range(1..60)});
    record["languages"] = languages
        .iter()
        .map(|place| json!(["fr", "en"][*place]))
        .collect();
    record["updated_at"] = json!(format!(
        "20{}-{:02}-01",
        rng.random_range(15..26),
        rng.random_range(1..13)
    ));
    record
}

/// A term of a facet's vocabulary, the k-th with a weight of about 1/k.
fn zipf_term(rng: &mut StdRng, facet: Facet) -> String {
    let terms = IndexSchema::embedded()
        .vocabularies
        .get(facet.name())
        .terms();
    let place = (terms.len() as f64).powf(rng.random::<f64>()) as usize - 1;
    // A fixed step that is coprime to every vocabulary's size spreads the frequent ones over it.
    terms[(place * 7) % terms.len()].id.clone()
}

/// A question.
pub struct Question {
    pub asked: Query,
    /// Its text with the typing error mended: what raw tantivy is asked.
    pub corrected: String,
    /// The same with a profile, and with reasons wanted.
    pub whole: Query,
    /// The body of a request for that.
    pub body: String,
}

impl Question {
    fn read(mut body: Value) -> Question {
        let read = |body: &Value| {
            let query = RawParams::from_json(body.clone());
            let query = query.into_query(&IndexSchema::embedded().vocabularies);
            query.expect("a valid question")
        };
        let asked = read(&body);
        body["explain"] = json!(true);
        body["profile"] = json!({
            "role": "teacher",
            "subjects": ["/math-science-technology/mathematics"],
            "levels": ["/primary/cycle-2/grade-4"],
            "student_types": ["learning-difficulty"],
            "devices": ["ipad"],
            "os": ["ipados"],
            "platforms": ["google-classroom"],
            "languages": ["fr"],
            "budget": 10,
        });
        Question {
            corrected: asked.text.clone(),
            asked,
            whole: read(&body),
            body: body.to_string(),
        }
    }
}

/// Questions of one to five words of the resources, one in five with a typing error, three in five with filters.
pub fn questions(resources: &[Resource], count: usize) -> Vec<Question> {
    if let Ok(file) = std::env::var("CLASSO_BENCH_QUERIES") {
        let text = std::fs::read_to_string(file).unwrap();
        let question = |line: &str| {
            let mut body: Value = serde_json::from_str(line).unwrap();
            let search = body.get_mut("search").map(Value::take);
            Question::read(search.unwrap_or(body))
        };
        return text.lines().take(count).map(question).collect();
    }
    let mut rng = StdRng::seed_from_u64(2);
    let mut some = || {
        let resource = resources.choose(&mut rng).unwrap();
        question(&mut rng, resource)
    };
    (0..count).map(|_| some()).collect()
}

fn question(rng: &mut StdRng, resource: &Resource) -> Question {
    let tag = if resource.title.get("fr").is_some() && rng.random_bool(0.6) {
        "fr"
    } else {
        "en"
    };
    let text = resource
        .title
        .get(tag)
        .or(resource.title.get("fr"))
        .unwrap();
    let stop_words = &IndexSchema::embedded().stop_words;
    let words: Vec<String> = classo::domain::text::words(text)
        .map(|word| word.text)
        .filter(|word| word.len() > 2 && !stop_words.contains(word))
        .collect();
    let wanted = [1, 1, 2, 2, 2, 3, 3, 4, 5].choose(rng).copied().unwrap();
    let start = rng.random_range(0..words.len().max(1));
    let mut words: Vec<String> = words.into_iter().skip(start).take(wanted).collect();
    let corrected = words.join(" ");
    if rng.random_bool(0.2)
        && let Some(word) = words.iter_mut().find(|word| word.len() >= 5)
    {
        word.remove(2);
    }
    let mut body = json!({"q": words.join(" "), "lang": tag});
    if rng.random_bool(0.6) {
        for _ in 0..rng.random_range(1..3) {
            let (name, value) = match rng.random_range(0..4) {
                0 => ("subject", resource.subjects.first()),
                1 => ("level", resource.levels.first()),
                2 => ("device", resource.devices.first()),
                _ => ("os", resource.os.first()),
            };
            if let Some(value) = value {
                body[name] = json!([value]);
            }
        }
    }
    Question {
        corrected,
        ..Question::read(body)
    }
}

/// Seconds, as the clock on the wall has them and as the cores do. The ratio of the latter is the one to trust on a
/// machine that does other things too.
#[derive(Default)]
pub struct Effort {
    pub elapsed: f64,
    pub processor: f64,
}

impl Effort {
    /// What this process does from now until the end is asked for.
    pub fn start() -> impl FnOnce() -> Effort {
        let (started, before) = (Instant::now(), processor("self"));
        move || Effort {
            elapsed: started.elapsed().as_secs_f64(),
            processor: processor("self") - before,
        }
    }

    pub fn add(&mut self, other: &Effort) {
        self.elapsed += other.elapsed;
        self.processor += other.processor;
    }

    /// The effort for so many resources, for people.
    pub fn told(&self, resources: usize) -> String {
        format!(
            "{resources} resources, {:.0}/s, {:.1} s, processor time {:.1} s",
            resources as f64 / self.elapsed,
            self.elapsed,
            self.processor
        )
    }
}

/// Times of many runs, in the order of the questions.
pub struct Times(pub Vec<Duration>);

impl Times {
    /// Asks all questions in three rounds and keeps each one's best time: what else the machine does meanwhile is left
    /// out, alike for everybody who is measured.
    pub fn of<Q, T>(
        questions: impl IntoIterator<Item = Q, IntoIter: Clone>,
        mut ask: impl FnMut(Q) -> T,
    ) -> Times {
        let questions = questions.into_iter();
        let mut times = Times::once(questions.clone(), &mut ask);
        for _ in 1..3 {
            let again = Times::once(questions.clone(), &mut ask);
            for (best, again) in times.0.iter_mut().zip(again.0) {
                *best = again.min(*best);
            }
        }
        times
    }

    /// Asks all questions once.
    pub fn once<Q, T>(
        questions: impl IntoIterator<Item = Q>,
        mut ask: impl FnMut(Q) -> T,
    ) -> Times {
        let time = |question| {
            let started = Instant::now();
            std::hint::black_box(ask(question));
            started.elapsed()
        };
        Times(questions.into_iter().map(time).collect())
    }

    pub fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = ((sorted.len() - 1) as f64 * percent / 100.0).round() as usize;
        sorted[place].as_secs_f64() * 1000.0
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<Duration>().as_secs_f64() * 1000.0 / self.0.len() as f64
    }
}

/// Prints one line of figures in milliseconds, with the ratio to the yardstick where there is one.
pub fn print(name: &str, times: &Times, yardstick: Option<&Times>) {
    let column = |of: &dyn Fn(&Times) -> f64| {
        let own = of(times);
        match yardstick {
            Some(yardstick) => format!("{own:8.3} ({:4.2})", own / of(yardstick)),
            None => format!("{own:8.3}       "),
        }
    };
    println!(
        "{name:<46} mean {}  p50 {}  p95 {}  p99 {}",
        column(&Times::mean),
        column(&|times| times.percentile(50.0)),
        column(&|times| times.percentile(95.0)),
        column(&|times| times.percentile(99.0))
    );
}
