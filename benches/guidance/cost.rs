//! What a step of guidance costs beside the search it is built on.

use std::time::Instant;

use classo::domain::actor::Actor;
use classo::query::need::Need;
use classo::query::page::Page;
use classo::query::search_query::Query;

use crate::catalogue::Catalogue;
use crate::support;

/// How many times each question is asked; the first warms up.
const ROUNDS: usize = 4;

/// Median and 99th percentile of both, over questions with their filters as answers; the best round counts.
pub fn cost(size: usize) {
    let resources = support::resources(size);
    let questions = support::questions(&resources, 500);
    let catalogue = Catalogue::of(resources);
    let search = |query: &Query| {
        let answer = catalogue.search.search(&Actor::Visitor, query);
        drop(answer.expect("an answer"));
    };
    let guide = |query: &Query| {
        let page = Page {
            limit: Need::SHORTLIST,
            offset: 0,
        };
        let need = Need {
            query: Query {
                explain: true,
                page,
                facets: Vec::new(),
                ..query.clone()
            },
            skipped: Vec::new(),
        };
        let answer = catalogue.guidance.guide(&Actor::Visitor, &need);
        drop(answer.expect("an answer"));
    };
    let mut best = [[f64::MAX; 2]; 2];
    for _ in 0..ROUNDS {
        let ways: [&dyn Fn(&Query); 2] = [&search, &guide];
        for (way, best) in ways.into_iter().zip(&mut best) {
            let mut times: Vec<f64> = questions
                .iter()
                .map(|question| timed(|| way(&question.asked)))
                .collect();
            times.sort_by(f64::total_cmp);
            for (share, best) in [0.5, 0.99].into_iter().zip(best) {
                *best = best.min(times[(times.len() as f64 * share) as usize]);
            }
        }
    }
    let [search, guide] = best;
    for (name, at) in [("median", 0), ("p99", 1)] {
        println!(
            "{size} resources, {name}: search {:.3} ms, guidance {:.3} ms ({:.2} times)",
            search[at],
            guide[at],
            guide[at] / search[at]
        );
    }
}

fn timed(ask: impl FnOnce()) -> f64 {
    let started = Instant::now();
    ask();
    started.elapsed().as_secs_f64() * 1_000.0
}
