//! Who may use `/admin`: the bearer of an operator token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header;
use axum::http::request::Parts;

use super::Server;
use super::error::ApiError;
use crate::domain::actor::Actor;
use crate::store::tokens::TokenRefusal;

/// An extractor: a handler that takes it is reached by operators alone.
pub struct Operator(pub Actor);

impl FromRequestParts<Arc<Server>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, ApiError> {
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let credentials = header.and_then(|value| value.split_once(' '));
        let token = credentials
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token);
        let route = parts.extensions.get::<MatchedPath>().cloned();
        let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
        let Some(token) = token.map(|token| token.trim().to_owned()) else {
            tracing::warn!(route, "an operator's address was asked for without a token");
            return Err(ApiError::Unauthorized(
                "Send `Authorization: Bearer` with a token of `classo operator token`.",
            ));
        };
        let at = Arc::clone(server);
        let checked = server
            .bridge
            .ask(move || at.app.tokens.check(&token, at.app.clock.now()))
            .await?;
        match checked {
            Ok(token) => {
                tracing::info!(route, operator = token.label, "an operator was let in");
                Ok(Operator(Actor::Operator { label: token.label }))
            }
            Err(refusal) => {
                tracing::warn!(route, ?refusal, "an operator token was refused");
                Err(ApiError::Unauthorized(match refusal {
                    TokenRefusal::Unknown => "This token is not known, or was revoked.",
                    TokenRefusal::Expired => {
                        "This token has expired; make a new one with `classo operator token`."
                    }
                }))
            }
        }
    }
}
