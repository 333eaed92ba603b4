//! How long does a search take, beside raw tantivy doing the same by hand?
//!
//! Every line gives milliseconds, and in brackets the ratio to the yardstick of the same run. Each question is asked in
//! three rounds and its best time counts, so that figures can be compared on a machine that does other things; compare
//! ratios all the same, never milliseconds of two runs.
//!
//! `CLASSO_BENCH_DATA` names a data folder to measure without a yardstick: one that `classo import` filled, for sizes
//! that would take too long to index at every run (with `CLASSO_BENCH_QUERIES`, see `support`). Then watch *ns a match*:
//! it should not grow with the catalogue.
//!
//! Where the work goes (the whole answer, 100,000 resources in one segment, by instructions: `valgrind --tool=callgrind`
//! of a run with `CLASSO_BENCH_DATA` shows it): the pass over the matches 60 % (adding up the postings 31, ranking 13,
//! filters and counts 8, handing the matches over 6, what is near 2), reading and marking the page's twenty records 14,
//! their reasons 5, the words' dictionaries with completions and misspellings 7, the filters' rows 3, the profile's tables 3,
//! places of words for nearness 2. Around the median, without filters and by time (`perf`), the pass takes 56 % (postings 22,
//! ranking 15, handing over 11, counts 5, what is near 3), the page 24 (marks 10, records 7, reasons 5), the words 9 before they
//! were kept and half of it since, the profile's tables 4, nearness 3. The page and the words cost the same however many match,
//! and the yardstick marks, explains, completes, corrects and translates nothing: that is why its ratio is best at the 95th
//! percentile, where all is the pass.
//!
//! A filter's row of bits is made by the first question that has it (0.1 ms at 100,000 resources) and kept, so that three
//! rounds measure the kept ones; *filters without words, asked once* has both. What the dictionaries say of a word is kept as
//! well: *asked for the first time* looks all of them up, which is 0.06 ms more at the median. Nothing else is kept from a
//! question for another one with words.
//!
//! Misspelt questions cost 0.1 ms more, and are then read anew as they were meant. Over HTTP, 71 % of the processor time is
//! the search, 15 % what else the same thread does (most of it the answer's JSON), 12 % the connections, 2 % the client.
//!
//! Growth: 70 ns a match at 100,000 resources in one segment, 40 at 1,000,000 in twelve.
//! Filters without words grow with what passes them, 0.17 to 0.76 ms at the median; recommendations for a profile look at
//! every resource, 0.69 to 6.3 ms. After 2,000 questions at 1,000,000 the server holds 195 MiB of its own, and 1.6 GiB of
//! the index mapped, which the system takes back when it needs it.

mod support;

use std::path::Path;
use std::sync::Arc;

use classo::app::App;
use classo::domain::actor::Actor;
use classo::query::search_query::Query;
use classo::services::search::SearchOutcome;
use support::http::Loopback;
use support::raw::RawTantivy;
use support::{Question, Times, app_with, print, questions, resources, sizes};

// The program's allocator, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many questions are asked.
const QUESTIONS: usize = 2_000;

fn main() {
    if let Ok(folder) = std::env::var("CLASSO_BENCH_DATA") {
        let app = App::open(Path::new(&folder)).expect("a data folder");
        let mut questions = questions(&[], QUESTIONS);
        measure(app, &mut questions, None);
        return;
    }
    for size in sizes() {
        let resources = resources(size);
        let mut questions = questions(&resources, QUESTIONS);
        let folder = tempfile::tempdir().expect("a folder");
        let app = app_with(folder.path(), &resources);
        let raw = RawTantivy::index(&resources);
        drop(resources);
        measure(app, &mut questions, Some(&raw));
    }
}

/// Asks all questions in every way.
fn measure(app: App, questions: &mut [Question], raw: Option<&RawTantivy>) {
    let ask = {
        let search = Arc::clone(&app.search);
        move |query: Query| {
            let answer = search.search(&Actor::Visitor, &query);
            answer.expect("an answer")
        }
    };
    let first = Times::once(&mut *questions, |question| {
        let answer = ask(question.whole.clone());
        if let Some(corrected) = answer.corrected {
            question.corrected = corrected;
        }
    });
    let questions = &*questions;
    let snapshot = app.index.snapshot();
    println!(
        "\n{} resources, {} questions ({} segments{})",
        snapshot.resources(),
        questions.len(),
        snapshot.segments(),
        raw.map_or(String::new(), |raw| {
            format!(", raw tantivy {}", raw.searcher().segment_readers().len())
        })
    );
    drop(snapshot);
    let yardstick = raw.map(|raw| {
        let yardstick = Times::of(questions, |question| raw.ask(&corrected(question)));
        let bare = Times::of(questions, |question| raw.bare(&corrected(question)));
        let name = "raw tantivy by hand: 20 records, 5 facets";
        print(name, &yardstick, Some(&yardstick));
        print("raw tantivy, bare top 20", &bare, Some(&yardstick));
        yardstick
    });
    let print = |name: &str, times: &Times| print(name, times, yardstick.as_ref());
    let bare = |question: &Question| {
        ask(Query {
            facets: Vec::new(),
            ..question.asked.clone()
        })
    };
    let whole = |question: &Question| ask(question.whole.clone());
    print("classo: 20 records, no facets", &Times::of(questions, bare));
    print(
        "classo: 20 records, 5 facets",
        &Times::of(questions, |question| ask(question.asked.clone())),
    );
    let times = Times::of(questions, whole);
    print("classo: the same, profile and reasons", &times);
    print("classo: the same, asked for the first time", &first);
    let has_filters = |question: &&Question| question.asked.filters.facets().next().is_some();
    let (filtered, plain): (Vec<_>, Vec<_>) = questions.iter().partition(has_filters);
    for (name, some) in [("with filters", filtered), ("without filters", plain)] {
        let yardstick = raw.map(|raw| {
            Times::of(some.iter().copied(), |question| {
                raw.ask(&corrected(question))
            })
        });
        support::print(
            &format!("classo, whole answer, {name}"),
            &Times::of(some.iter().copied(), whole),
            yardstick.as_ref(),
        );
    }
    let matches: u64 = questions.iter().map(|question| whole(question).total).sum();
    println!(
        "classo, whole answer: {:.1} ns a match ({} matches a question)",
        times.mean() * questions.len() as f64 * 1e6 / matches as f64,
        matches / questions.len() as u64
    );
    textless(questions, &ask);
    over_http(app, questions, &times);
}

/// Questions without words: everything, and what passes the filters of others.
fn textless(questions: &[Question], ask: &impl Fn(Query) -> SearchOutcome) {
    let textless = |question: &Question| Query {
        text: String::new(),
        ..question.asked.clone()
    };
    let everything = Times::of([Query::default()], |query| ask(query.clone()));
    print("classo, the empty question", &everything, None);
    let filtered = questions.iter().map(textless);
    let filtered: Vec<Query> = filtered
        .filter(|query| query.filters.facets().next().is_some())
        .collect();
    let first = Times::once(&filtered, |query| ask(query.clone()));
    print("classo, filters without words, asked once", &first, None);
    let again = Times::of(&filtered, |query| ask(query.clone()));
    print("classo, filters without words, asked again", &again, None);
    let with_profile = Times::of(
        [Query {
            profile: questions[0].whole.profile.clone(),
            ..Query::default()
        }],
        |query| ask(query.clone()),
    );
    print("classo, recommendations for a profile", &with_profile, None);
}

/// The whole answer over a connection that is kept, beside the same in process.
fn over_http(app: App, questions: &[Question], in_process: &Times) {
    let mut server = Loopback::serve(app);
    let times = Times::of(questions, |question| {
        server.post("/api/v1/search", &question.body)
    });
    let name = "classo, whole answer over HTTP (to in process)";
    print(name, &times, Some(in_process));
}

fn corrected(question: &Question) -> Query {
    Query {
        text: question.corrected.clone(),
        ..question.asked.clone()
    }
}
