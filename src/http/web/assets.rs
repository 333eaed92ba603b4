//! The style, the script and the drawings: embedded, under addresses that name their content, kept for long.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::http::error::{ApiError, ApiResult};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asset {
    Style,
    Script,
    Sprite,
}

struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

const FILES: [File; 3] = [
    File {
        name: "site.css",
        kind: "text/css; charset=utf-8",
        content: include_str!("assets/site.css"),
    },
    File {
        name: "site.js",
        kind: "text/javascript; charset=utf-8",
        content: include_str!("assets/site.js"),
    },
    File {
        name: "icons.svg",
        kind: "image/svg+xml",
        content: include_str!("assets/icons.svg"),
    },
];

static URLS: LazyLock<[String; 3]> = LazyLock::new(|| {
    FILES.map(|file| {
        let hash = Sha256::digest(file.content.as_bytes());
        let hash: String = hash
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("/assets/{hash}/{}", file.name)
    })
});

/// Where an asset is; another content has another address.
pub fn url(asset: Asset) -> &'static str {
    &URLS[asset as usize]
}

/// An asset. One of another version is not there any more: whoever has its page loads that again.
pub async fn serve(Path((hash, name)): Path<(String, String)>) -> ApiResult<Response> {
    let asked = format!("/assets/{hash}/{name}");
    let place = URLS.iter().position(|url| *url == asked);
    let place = place.ok_or_else(|| ApiError::NotFound("file at this address".into()))?;
    let forever = "public, max-age=31536000, immutable";
    Ok(answer(&FILES[place], forever))
}

/// The sign in the browser's tab.
pub async fn icon() -> Response {
    let file = File {
        name: "favicon.svg",
        kind: "image/svg+xml",
        content: include_str!("assets/favicon.svg"),
    };
    answer(&file, "public, max-age=86400")
}

fn answer(file: &File, keep: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, file.kind),
            (header::CACHE_CONTROL, keep),
        ],
        file.content,
    )
        .into_response()
}
