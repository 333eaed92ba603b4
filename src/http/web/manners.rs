//! What a page owes to browsers besides its content: headers, answers that can be kept, the choice of a language.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::visit::accepted_language;
use crate::http::Server;

/// What a page may load and do: its own files, nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

pub async fn security_headers(mut response: Response) -> Response {
    // It stands for the page that the browser has, with the headers that came with that.
    if response.status() == StatusCode::NOT_MODIFIED {
        return response;
    }
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        // A page that says it more strictly for itself is believed.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// `/`: to the home page in the language that the browser asks for.
pub async fn choose_language(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let language = accepted_language(&parts).tag();
    let vary = [(header::VARY, "accept-language")];
    (vary, Redirect::temporary(&format!("/{language}/"))).into_response()
}

/// `/fr`: to `/fr/`.
pub async fn to_home(OriginalUri(uri): OriginalUri) -> Redirect {
    Redirect::permanent(&format!("{}/", uri.path()))
}

/// When the process began: another one may have other pages.
static STARTED: LazyLock<u128> = LazyLock::new(|| {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos())
});

/// Lets browsers keep a page and ask whether it changed: a page is made of the catalogue, the index, the day and its
/// address, so that is known before it is made.
pub async fn keep(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return next.run(request).await;
    }
    let tag = tag(&server, &request);
    let known = request.headers().get(header::IF_NONE_MATCH);
    let known = known
        .and_then(|known| known.to_str().ok())
        .unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim() == tag);
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => next.run(request).await,
    };
    if response.status() == StatusCode::OK || is_known {
        let headers = response.headers_mut();
        let tag = HeaderValue::from_str(&tag).expect("a tag is of hexadecimal digits");
        headers.insert(header::ETAG, tag);
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        );
    }
    response
}

fn tag(server: &Server, request: &Request) -> String {
    let app = &server.app;
    let snapshot = app.index.snapshot();
    let mut content = DefaultHasher::new();
    (snapshot.generation(), snapshot.sequence()).hash(&mut content);
    (app.store.sequence(), *STARTED).hash(&mut content);
    (app.clock.now().as_second() / 86_400).hash(&mut content);
    let uri = request.extensions().get::<OriginalUri>();
    uri.map_or(request.uri(), |original| &original.0)
        .hash(&mut content);
    request.headers().get(header::HOST).hash(&mut content);
    format!("W/\"{:016x}\"", content.finish())
}
