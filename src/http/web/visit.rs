//! What a visitor asks for: the language, the address, and where the site is.

use std::sync::Arc;

use askama::Template;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{Html as HtmlResponse, IntoResponse, Response};

use super::address::{Address, MOST_CHOICES};
use super::texts::Ui;
use crate::domain::language::Language;
use crate::domain::problem::Problem;
use crate::http::Server;
use crate::http::body::ANSWER_BYTES;
use crate::http::error::{ApiError, ApiResult};

/// One visit to one page.
#[derive(Debug, Clone)]
pub struct Visit {
    pub ui: Ui,
    pub address: Address,
    /// Whether the address has only the beginning of the question that was asked.
    pub is_cut: bool,
    /// Where the site is, such as `https://example.ca`: what absolute addresses begin with.
    pub origin: String,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = ApiError;

    /// Every link of a page carries the choices that led to it: more of them than a page can carry are refused.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let visit = Visit::of(parts);
        if visit.address.bytes_of_choices() > MOST_CHOICES {
            let detail =
                "these are more choices than a page can carry; the API takes them in a body";
            return Err(ApiError::Invalid(vec![Problem::new(
                "?",
                "too_many_values",
                detail,
            )]));
        }
        Ok(visit)
    }
}

impl Visit {
    /// The visit of a request, whose language is that of its path, else the first it accepts.
    pub fn of(parts: &Parts) -> Visit {
        let uri = parts.extensions.get::<OriginalUri>();
        let uri = uri.map_or(&parts.uri, |original| &original.0);
        let of_path = uri.path().get(1..3).and_then(Language::from_tag);
        let language = of_path.unwrap_or_else(|| accepted_language(parts));
        let mut address = Address::read(uri.path(), uri.query().unwrap_or_default());
        Visit {
            ui: Ui { language },
            is_cut: address.cut_question(),
            address,
            origin: origin(parts),
        }
    }

    pub fn language(&self) -> Language {
        self.ui.language
    }

    /// An address on another page of this language, without parameters.
    pub fn to(&self, page: &str) -> String {
        format!("/{}/{page}", self.ui.tag())
    }

    /// Answers with a page that `work` writes, over the bridge.
    pub async fn show(
        self,
        server: Arc<Server>,
        work: impl FnOnce(&Server, &Visit) -> ApiResult<String> + Send + 'static,
    ) -> ApiResult<Response> {
        let at = Arc::clone(&server);
        let page = server.bridge.ask(move || work(&at, &self));
        Ok(HtmlResponse(page.await??).into_response())
    }
}

/// A page as it is sent.
pub fn written(page: &impl Template) -> ApiResult<String> {
    let mut html = String::with_capacity(ANSWER_BYTES);
    page.render_into(&mut html)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(html)
}

/// The language a visitor accepts most readily; French when that says nothing.
pub fn accepted_language(parts: &Parts) -> Language {
    let accepts = parts.headers.get(header::ACCEPT_LANGUAGE);
    let accepts = accepts
        .and_then(|accepts| accepts.to_str().ok())
        .unwrap_or_default();
    let mut best = (Language::Fr, 0.0);
    for entry in accepts.split(',') {
        let (tag, quality) = entry.split_once(";q=").unwrap_or((entry, "1"));
        let quality: f32 = quality.trim().parse().unwrap_or(0.0);
        let tag = tag.trim().get(..2).map(str::to_ascii_lowercase);
        if let Some(language) = tag.as_deref().and_then(Language::from_tag)
            && quality > best.1
        {
            best = (language, quality);
        }
    }
    best.0
}

/// Where people reach the site, when the settings say so.
#[derive(Clone)]
pub struct PublicOrigin(pub String);

/// Where the site is: as the settings say, else as the proxy in front or the client does; nothing that could not be the
/// name of a host.
fn origin(parts: &Parts) -> String {
    if let Some(PublicOrigin(origin)) = parts.extensions.get() {
        return origin.clone();
    }
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let is_name = |host: &&str| {
        let signs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        !host.is_empty() && host.len() < 256 && host.chars().all(signs)
    };
    let host = header("host").filter(is_name).unwrap_or("localhost");
    let scheme = match header("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn the_language_with_the_highest_quality_is_chosen() {
        for (accepts, language) in [
            ("", Language::Fr),
            ("en", Language::En),
            ("EN-ca,fr;q=0.8", Language::En),
            ("de, fr-CA;q=0.7, en;q=0.3", Language::Fr),
            ("en;q=0, fr;q=0.1", Language::Fr),
            ("de", Language::Fr),
            ("\u{7f}", Language::Fr),
        ] {
            let parts = match accepts {
                "\u{7f}" => parts(&[]),
                accepts => parts(&[("accept-language", accepts)]),
            };
            assert_eq!(accepted_language(&parts), language, "{accepts:?}");
        }
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let of = |host| origin(&parts(&[("host", host), ("x-forwarded-proto", "https")]));
        assert_eq!(of("classo.example:8443"), "https://classo.example:8443");
        assert_eq!(of("evil\"><script>"), "https://localhost");
        let mut behind = parts(&[("host", "10.0.0.1")]);
        let public = PublicOrigin("https://classo.example".into());
        behind.extensions.insert(public);
        assert_eq!(origin(&behind), "https://classo.example");
    }
}
