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
use classo::index::writer;
use classo::services::indexing::Switch;
use http_body_util::BodyExt;
use rayon::prelude::*;
use support::{resources, sizes};
use tower::ServiceExt;

// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each question is asked on each side.
const ROUNDS: usize = 150;

/// What a results page counts.
const FACETS: &str = "level,subject,device,price,type,language,access,has,student_type,platform,os";

const QUESTIONS: [&str; 5] = [
    "",
    "q=fractions",
    "q=un+jeu+gratuit+de+fractions+pour+ma+4e+ann%C3%A9e&my_device=ipad",
    "q=apprendre+%C3%A0+lire&level=/primary&my_level=/primary/cycle-1/grade-1",
    "q=laboratoire+virtuel+de+chimie&device=chromebook&sort=newest",
];

fn main() {
    for size in sizes() {
        let resources = resources(size);
        let folder = tempfile::tempdir().expect("a folder");
        let app = App::open(folder.path()).expect("an empty data folder");
        let path = folder.path().join("index");
        let (index, mut writer) = writer::create(&path, &app.schema).expect("an index");
        let written = resources
            .par_iter()
            .try_for_each(|resource| writer.put(resource));
        written.expect("indexed");
        writer.commit(0, &index).expect("committed");
        writer.merge_all(&index).expect("merged");
        let adopted = app.indexing.adopt(index, writer, Switch::Now);
        adopted.expect("the generation in use");
        measure(size, app);
    }
}

fn measure(size: usize, app: App) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let router = router(Arc::new(Server::new(app, Settings::default())));
    println!("{size} resources: median of the API, of the page, ratio, bytes of the page");
    for question in QUESTIONS {
        let api =
            format!("/api/v1/search?limit=10&explain=true&lang=fr&facets={FACETS}&{question}");
        let page = format!("/fr/search?{question}");
        let (mut of_api, mut of_page, mut bytes) = (Vec::new(), Vec::new(), 0);
        for _ in 0..ROUNDS {
            of_api.push(runtime.block_on(ask(&router, &api)).0);
            let (time, length) = runtime.block_on(ask(&router, &page));
            of_page.push(time);
            bytes = length;
        }
        let (api, page) = (median(of_api), median(of_page));
        let ratio = page.as_secs_f64() / api.as_secs_f64();
        println!("  {api:>10.1?} {page:>10.1?} {ratio:>6.2} {bytes:>7}  {question}");
    }
}

async fn ask(router: &Router, uri: &str) -> (Duration, usize) {
    let request = Request::builder()
        .uri(uri)
        .body(Body::empty())
        .expect("a request");
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
