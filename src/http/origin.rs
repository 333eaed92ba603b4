//! Refuses changes that a page of another site asks for in the name of whoever looks at it.
//!
//! Browsers send the session's cookie along; `SameSite=Lax` keeps it from most foreign requests, this from all. They say
//! where a request comes from in `Sec-Fetch-Site`, or, where the connection is not encrypted, in `Origin`. Programs send
//! neither, and have no cookie that they did not mean to send.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Server;
use super::error::ApiError;
use super::identity::bearer;

/// A layer around the paths that change something in a person's name.
pub async fn own(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let reads = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let bears_token = bearer(request.headers()).is_some();
    if !reads && !bears_token && is_foreign(request.headers(), server.settings.public_origin()) {
        return ApiError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

/// Whether a browser says that a request was made by a page of another origin than ours: the public one, or the host that
/// was asked.
fn is_foreign(headers: &HeaderMap, public: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else {
        return false;
    };
    let asked = origin.split_once("://").map(|(_, authority)| authority);
    let is_asked = asked.is_some() && asked == text("host");
    !(is_asked || public.is_some_and(|public| public.eq_ignore_ascii_case(origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| {
            (
                axum::http::HeaderName::from_static(name),
                axum::http::HeaderValue::from_static(value),
            )
        });
        is_foreign(&headers.collect(), Some("https://classo.example"))
    }

    #[test]
    fn what_the_browser_says_decides() {
        let host = ("host", "localhost:8080");
        for own in [
            vec![],
            vec![("sec-fetch-site", "same-origin")],
            vec![("sec-fetch-site", "none")],
            vec![("origin", "http://localhost:8080"), host],
            vec![("origin", "https://classo.example"), ("host", "10.0.0.3")],
        ] {
            assert!(!foreign(&own), "{own:?}");
        }
        for other in [
            vec![("sec-fetch-site", "cross-site")],
            vec![
                ("sec-fetch-site", "same-site"),
                ("origin", "https://classo.example"),
            ],
            vec![("sec-fetch-site", "whatever")],
            vec![("origin", "http://localhost:8081"), host],
            vec![("origin", "http://localhost:8080.evil.example"), host],
            vec![("origin", "null"), host],
            vec![("origin", "null"), ("host", "null")],
            vec![
                ("origin", "https://evil.example"),
                ("host", "classo.example"),
            ],
        ] {
            assert!(foreign(&other), "{other:?}");
        }
    }
}
