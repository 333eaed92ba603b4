//! Who asks: a visitor, or the person whose session a request carries in its cookie or as a bearer token.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::error::ApiError;
use super::{Server, cookie};
use crate::domain::actor::Actor;
use crate::domain::consent::ConsentMethod;
use crate::domain::session::SESSION_PREFIX;
use crate::services::ServiceError;

/// An extractor: who asks, whoever it is. A cookie that opens nothing (any more) makes a visitor; a session's token that is
/// sent as `Bearer` and opens nothing is refused, since a program should know.
pub struct Identity {
    pub actor: Actor,
    /// The session's token, for ending it.
    pub token: Option<String>,
    /// By what a person's decisions come.
    pub method: ConsentMethod,
}

impl FromRequestParts<Arc<Server>> for Identity {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, ApiError> {
        let bearer = bearer(&parts.headers);
        let presented = bearer.filter(|token| token.starts_with(SESSION_PREFIX));
        let method = match presented {
            Some(_) => ConsentMethod::Program,
            None => ConsentMethod::Browser,
        };
        // Who bears another token does not ask by cookie: what is not checked for its origin opens no session.
        let by_cookie = || cookie::session(&parts.headers).filter(|_| bearer.is_none());
        let token = presented.or_else(by_cookie);
        let Some(token) = token.map(str::to_owned) else {
            return Ok(Identity::visitor(method));
        };
        let (at, asked) = (Arc::clone(server), token.clone());
        let actor = server
            .bridge
            .ask(move || at.app.people.accounts.actor(&asked));
        match actor.await?? {
            Some(actor) => Ok(Identity {
                actor,
                token: Some(token),
                method,
            }),
            None if method == ConsentMethod::Program => Err(ServiceError::not_signed_in().into()),
            None => Ok(Identity::visitor(method)),
        }
    }
}

impl Identity {
    fn visitor(method: ConsentMethod) -> Self {
        Identity {
            actor: Actor::Visitor,
            token: None,
            method,
        }
    }

    /// Whether answers are this person's alone, so that no cache may keep them.
    pub fn is_person(&self) -> bool {
        self.actor.person().is_some()
    }
}

/// An extractor: a handler that takes it is reached by signed-in people alone.
pub struct Person(pub Identity);

impl FromRequestParts<Arc<Server>> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, ApiError> {
        let identity = Identity::from_request_parts(parts, server).await?;
        match identity.is_person() {
            true => Ok(Person(identity)),
            false => Err(ServiceError::not_signed_in().into()),
        }
    }
}

/// `Cache-Control` of an answer about a person.
pub const PRIVATE: &str = "private, no-store";

/// The token of `Authorization: Bearer`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
