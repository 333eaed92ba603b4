//! The one table from what went wrong to what a caller is told (RFC 9457), and the one log line about it.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use problem_details::ProblemDetails;
use serde::Serialize;

use crate::domain::problem::Problem;
use crate::domain::resource::ResourceId;
use crate::services::accounts::hashing::HashingError;
use crate::services::{Rule, ServiceError};
use crate::store::StoreError;
use crate::store::vault::VaultError;

/// Everything a request can come to besides an answer.
#[derive(Debug)]
pub enum ApiError {
    Invalid(Vec<Problem>),
    NotFound(String),
    Gone(String),
    /// Another resource stands for it.
    Moved(Moved),
    Unauthorized(&'static str),
    Forbidden(String),
    Conflict(String),
    /// A rule with a code of its own.
    Ruled(Rule, String),
    MethodNotAllowed,
    /// A change asked for by a page of another site, in the name of whoever looks at it.
    ForeignOrigin,
    /// Too many attempts; how long to wait before the next.
    TooMany(Duration),
    Busy,
    /// Nothing can be written before there is room on the disk.
    DiskFull,
    /// A write failed half way; the store waits for a start.
    StoreStopped,
    TimedOut,
    Internal(String),
}

/// Where a resource that was merged is found now.
#[derive(Debug, Serialize)]
pub struct Moved {
    pub id: ResourceId,
    pub moved_to: ResourceId,
    /// What follows the id in the address that was asked for, such as `/similar`.
    #[serde(skip)]
    pub rest: String,
}

/// What a problem document of ours carries beyond RFC 9457.
#[derive(Serialize)]
pub struct Extensions {
    code: &'static str,
    errors: Vec<Problem>,
}

/// The same for a door that tells it in its own words: it travels along with the document.
#[derive(Clone)]
pub struct Told {
    pub code: &'static str,
    pub problems: Vec<Problem>,
}

impl ApiError {
    /// Status, stable code, title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            ApiError::Invalid(_) => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                "The request is not valid",
            ),
            ApiError::NotFound(_) => (
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such thing here",
            ),
            ApiError::Gone(_) => (StatusCode::GONE, "gone", "This was removed"),
            ApiError::Moved(_) => (
                StatusCode::PERMANENT_REDIRECT,
                "moved",
                "Another resource stands for this one",
            ),
            ApiError::Unauthorized(_) => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "A valid token is needed",
            ),
            ApiError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "This is not allowed"),
            ApiError::Conflict(_) => (
                StatusCode::CONFLICT,
                "conflict",
                "Something else stands in the way",
            ),
            ApiError::Ruled(rule, _) => ruled(*rule),
            ApiError::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This method is not used here",
            ),
            ApiError::ForeignOrigin => (
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "This comes from another site",
            ),
            ApiError::TooMany(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_requests",
                "Too many attempts",
            ),
            ApiError::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The server is busy",
            ),
            ApiError::DiskFull => (
                StatusCode::INSUFFICIENT_STORAGE,
                "disk_full",
                "The disk is full",
            ),
            ApiError::StoreStopped => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store_stopped",
                "The store has stopped",
            ),
            ApiError::TimedOut => (
                StatusCode::SERVICE_UNAVAILABLE,
                "timed_out",
                "This took too long",
            ),
            ApiError::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side",
            ),
        }
    }

    fn detail(&self) -> String {
        match self {
            ApiError::Invalid(problems) => crate::domain::problem::sentence(problems),
            ApiError::NotFound(what) => format!("There is no {what}."),
            ApiError::Gone(what) => format!("It was there once: {what} was removed."),
            ApiError::Moved(Moved { id, moved_to, .. }) => {
                format!("{id} was merged into {moved_to}.")
            }
            ApiError::Unauthorized(why) => (*why).to_owned(),
            ApiError::Forbidden(why) | ApiError::Conflict(why) | ApiError::Ruled(_, why) => {
                why.clone()
            }
            ApiError::MethodNotAllowed => "See /api/docs for what can be asked here.".into(),
            ApiError::ForeignOrigin => {
                "Changes are made from Classo's own pages, or by programs with a token.".into()
            }
            ApiError::TooMany(wait) => format!("Try again in {} s.", whole_seconds(*wait)),
            ApiError::Busy => "Too many questions at once; try again in a moment.".into(),
            ApiError::DiskFull => {
                "The server's disk is full: nothing of this was written. What was acknowledged is safe; try again when there is room."
                    .into()
            }
            ApiError::StoreStopped => {
                "A write failed, and the server has to be started again; /readyz says why. What was acknowledged is safe."
                    .into()
            }
            ApiError::TimedOut => "Try again in a moment, or ask for less at once.".into(),
            ApiError::Internal(_) => "It has been noted; the request id helps to find it.".into(),
        }
    }
}

impl ApiError {
    /// The document that tells a caller about it, under a status that may be another than its usual one.
    pub fn document(self, status: StatusCode) -> ProblemDetails<Extensions> {
        let ((_, code, title), detail) = (self.kind(), self.detail());
        let errors = match self {
            ApiError::Invalid(problems) => problems,
            _ => Vec::new(),
        };
        let problem_type: axum::http::Uri = format!("/problems/{code}").parse().unwrap_or_default();
        ProblemDetails::new()
            .with_type(problem_type)
            .with_status(status)
            .with_title(title)
            .with_detail(detail)
            .with_extensions(Extensions { code, errors })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Internal(reason) = &self {
            tracing::error!(reason, "a request failed");
        }
        if let ApiError::Moved(moved) = self {
            return moved.into_response();
        }
        let (status, code, _) = self.kind();
        let is_unauthorized = matches!(self, ApiError::Unauthorized(_));
        let retry_after = match &self {
            ApiError::TooMany(wait) => Some(whole_seconds(*wait)),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        };
        let told = Told {
            code,
            problems: match &self {
                ApiError::Invalid(problems) => problems.clone(),
                _ => Vec::new(),
            },
        };
        let mut response = self.document(status).into_response();
        response.extensions_mut().insert(told);
        if let Some(seconds) = retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if is_unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Status, stable code and title of a rule.
fn ruled(rule: Rule) -> (StatusCode, &'static str, &'static str) {
    match rule {
        Rule::NotSignedIn => (
            StatusCode::UNAUTHORIZED,
            "not_signed_in",
            "Nobody is signed in",
        ),
        Rule::WrongCredentials => (
            StatusCode::UNAUTHORIZED,
            "wrong_credentials",
            "Address and password do not fit",
        ),
        Rule::SecondFactorNeeded => (
            StatusCode::UNAUTHORIZED,
            "second_factor_needed",
            "A code is needed too",
        ),
        Rule::WrongCode => (
            StatusCode::UNAUTHORIZED,
            "wrong_code",
            "The code is not right",
        ),
        Rule::NoticeOutdated => (
            StatusCode::CONFLICT,
            "notice_outdated",
            "Another notice is in use",
        ),
        Rule::PrivacySignal => (
            StatusCode::CONFLICT,
            "privacy_signal",
            "Global Privacy Control says no",
        ),
    }
}

/// What the vault refuses, without a word about anybody.
fn vault(error: VaultError) -> ApiError {
    match error {
        VaultError::Refused(refusal) => {
            ApiError::Forbidden(format!("This is not used: {refusal}."))
        }
        VaultError::NotTheirs => ApiError::Forbidden("This is about somebody else.".into()),
        VaultError::NoSuchPerson => ServiceError::not_signed_in().into(),
        VaultError::Changed | VaultError::AddressTaken => {
            ApiError::Conflict("It has changed meanwhile; look again.".into())
        }
        error => ApiError::Internal(error.to_string()),
    }
}

/// As `Retry-After` has it: whole, and never too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).max(1) as u64
}

impl IntoResponse for Moved {
    /// 308: whoever keeps the old address may put the new one in its place, whatever format it reads.
    fn into_response(self) -> Response {
        let id = utf8_percent_encode(self.moved_to.as_str(), NON_ALPHANUMERIC);
        let to = format!("/api/v1/resources/{id}{}", self.rest);
        let status = StatusCode::PERMANENT_REDIRECT;
        (status, [(header::LOCATION, to)], Json(self)).into_response()
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid(problems) => ApiError::Invalid(problems),
            ServiceError::NotFound(what) => ApiError::NotFound(what),
            ServiceError::Gone(what) => ApiError::Gone(what),
            ServiceError::Moved { from, to } => ApiError::Moved(Moved {
                id: from,
                moved_to: to,
                rest: String::new(),
            }),
            ServiceError::Forbidden(why) => ApiError::Forbidden(why),
            ServiceError::Conflict(why) => ApiError::Conflict(why),
            ServiceError::Cancelled => {
                ApiError::Conflict("It was cancelled before its end.".into())
            }
            ServiceError::Source(error) => {
                ApiError::Invalid(vec![Problem::new("body", "unreadable", error.to_string())])
            }
            ServiceError::Ruled { rule, why } => ApiError::Ruled(rule, why),
            ServiceError::Vault(error) => vault(error),
            ServiceError::Hashing(HashingError::Busy) => ApiError::Busy,
            ServiceError::Store(error @ StoreError::Full { .. }) => {
                tracing::error!(%error, "a write was refused");
                ApiError::DiskFull
            }
            ServiceError::Store(error @ StoreError::Stopped { .. }) => {
                tracing::error!(%error, "a request was refused");
                ApiError::StoreStopped
            }
            error @ (ServiceError::Store(_)
            | ServiceError::Index(_)
            | ServiceError::Hashing(HashingError::Failed(_))) => {
                ApiError::Internal(error.to_string())
            }
        }
    }
}

/// What a handler of ours returns.
pub type ApiResult<T> = Result<T, ApiError>;
