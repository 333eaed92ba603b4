//! Who may use `/admin`: the bearer of an operator token, or an operator who is signed in with a second factor.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;

use super::Server;
use super::error::ApiError;
use super::identity::{Identity, bearer};
use crate::domain::actor::Actor;
use crate::domain::session::SESSION_PREFIX;
use crate::store::tokens::{OperatorToken, TokenRefusal};

/// An extractor: a handler that takes it is reached by operators alone.
pub struct Operator(pub Actor);

impl FromRequestParts<Arc<Server>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, ApiError> {
        let route = parts.extensions.get::<MatchedPath>().cloned();
        let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
        match bearer(&parts.headers) {
            Some(token) if !token.starts_with(SESSION_PREFIX) => {
                by_token(server, token.to_owned(), route).await
            }
            _ => match Identity::from_request_parts(parts, server).await?.actor {
                actor if actor.may_operate() => {
                    tracing::info!(route, "an operator was let in by an account");
                    Ok(Operator(actor))
                }
                Actor::Person(_) => {
                    tracing::warn!(
                        route,
                        "an operator's address was asked for by somebody else"
                    );
                    Err(ApiError::Forbidden(
                        "This is for operators, signed in with a second factor.".into(),
                    ))
                }
                _ => {
                    tracing::warn!(route, "an operator's address was asked for without a token");
                    Err(ApiError::Unauthorized(
                        "Send `Authorization: Bearer` with a token of `classo operator token`.",
                    ))
                }
            },
        }
    }
}

async fn by_token(server: &Arc<Server>, token: String, route: &str) -> Result<Operator, ApiError> {
    let at = Arc::clone(server);
    let checked = server
        .bridge
        .operate(move || at.app.people.accounts.check_operator_token(&token))
        .await??;
    match checked {
        Ok(OperatorToken { label, made_by, .. }) => {
            tracing::info!(route, operator = label, "an operator was let in");
            Ok(Operator(Actor::Operator { label, made_by }))
        }
        Err(refusal) => {
            tracing::warn!(route, ?refusal, "an operator token was refused");
            Err(ApiError::Unauthorized(match refusal {
                TokenRefusal::Unknown => "This token is not known, or was revoked.",
                TokenRefusal::Orphaned => {
                    "The account that made this token operates no more; make a new one with `classo operator token`."
                }
                TokenRefusal::Expired => {
                    "This token has expired; make a new one with `classo operator token`."
                }
            }))
        }
    }
}
