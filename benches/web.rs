//! What does a page of results cost beside the API's answer to the same question, with the same facets and reasons?
//!
//! Both are asked in turn through the same router, in process, over the bundled catalogue and over larger ones, so that the
//! ratio is of one run. A page is looked at by its whole text, uncompressed; no page is kept by a tag.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use classo::app::App;
use classo::http::router::router;
use classo::http::{Server, Settings};
use http_body_util::BodyExt;
use support::{app_with, resources, sizes};
use tower::ServiceExt;

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each question is asked on each side.
const ROUNDS: usize = 150;

/// What a results page counts.
const FACETS: &str = "level,subject,device,price,type,language,access,has,student_type,platform,os";

/// Of every kind: kept answers, orders that points do not decide, one word, many words, a class, few results.
const QUESTIONS: [&str; 8] = [
    "",
    "sort=newest",
    "device=ipad&level=/primary",
    "my_device=ipad&my_level=/primary/cycle-2/grade-4",
    "q=fractions",
    "q=jeu&sort=newest",
    "q=un+jeu+gratuit+de+fractions+pour+ma+4e+ann%C3%A9e&my_device=ipad",
    "q=apprendre+%C3%A0+lire&level=/primary&my_level=/primary/cycle-1/grade-1",
];

/// A question with few results: its page tells what could be given up as well, which the API answers by itself.
const FEW: (&str, &str) = (
    "q=laboratoire+virtuel+de+chimie&device=chromebook&level=/university",
    r#"{"q": "laboratoire virtuel de chimie", "answers": {"device": ["chromebook"], "level": ["/university"]}, "lang": "fr", "limit": 1}"#,
);

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let folder = tempfile::tempdir().expect("a folder");
        let app = app_with(folder.path(), &resources);
        measure(size, app);
    }
}

fn measure(size: usize, app: App) {
    let runtime = classo::http::runtime().expect("a runtime");
    let router = router(Arc::new(
        Server::new(app, Settings::default()).expect("threads"),
    ));
    println!("{size} resources: median of the API, of the page, ratio, bytes of the page");
    let few = std::iter::once((FEW.0, Some(FEW.1)));
    let questions = QUESTIONS.map(|question| (question, None)).into_iter();
    for (question, guidance) in questions.chain(few) {
        let api =
            format!("/api/v1/search?limit=10&explain=true&lang=fr&facets={FACETS}&{question}");
        let page = format!("/fr/search?{question}");
        let (mut of_api, mut of_page, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            let (mut time, _) = runtime.block_on(ask(&router, &api, None));
            if guidance.is_some() {
                time += runtime
                    .block_on(ask(&router, "/api/v1/guidance", guidance))
                    .0;
            }
            of_api.push(time);
            let (time, length) = runtime.block_on(ask(&router, &page, None));
            of_page.push(time);
            bytes = length;
        }
        let (api, page) = (median(of_api), median(of_page));
        let ratio = page.as_secs_f64() / api.as_secs_f64();
        println!("  {api:>10.1?} {page:>10.1?} {ratio:>6.2} {bytes:>7}  {question}");
    }
}

async fn ask(router: &Router, uri: &str, body: Option<&'static str>) -> (Duration, usize) {
    let request = match body {
        Some(body) => Request::post(uri)
            .header("content-type", "application/json")
            .body(Body::from(body)),
        None => Request::get(uri).body(Body::empty()),
    };
    let request = request.expect("a request");
    let started = Instant::now();
    let answer = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), 200, "{uri}");
    let body = answer
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    (started.elapsed(), body.len())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
