//! What is behind the links of letters: one small form each.
//!
//! A link carries its code after `#`, where no log of a server sees it. A script puts it into the form; without one, it is
//! copied from the letter. Nothing happens before the button is pressed: programs that follow links in mail change nothing.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html as HtmlResponse, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};

use super::frame::Frame;
use super::texts::{Html, Ui};
use super::visit::{Visit, written};
use crate::app::People;
use crate::domain::actor::Actor;
use crate::domain::problem::Problem;
use crate::http::Server;
use crate::http::api::people::{self, Fields, evenly};
use crate::http::attempts::Attempt;
use crate::http::caller::Caller;
use crate::http::error::{ApiError, ApiResult};
use crate::query::params::RawParams;

/// One of these pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opens an account, with the password that counts from then on.
    Confirm,
    /// Moves an account to a new address.
    ConfirmAddress,
    /// Sets a new password.
    NewPassword,
    /// Asks for a letter that leads to the one before.
    Reset,
}

impl Kind {
    pub const ALL: [Kind; 4] = [
        Kind::Confirm,
        Kind::ConfirmAddress,
        Kind::NewPassword,
        Kind::Reset,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Kind::Confirm => "confirm",
            Kind::ConfirmAddress => "confirm-address",
            Kind::NewPassword => "new-password",
            Kind::Reset => "reset",
        }
    }

    fn has_password(self) -> bool {
        matches!(self, Kind::Confirm | Kind::NewPassword)
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    ui: Ui,
    frame: Frame,
    is_done: bool,
    lead: &'static Html,
    button: &'static Html,
    has_code: bool,
    has_password: bool,
    /// What was typed, but for the password.
    typed: Typed,
    problems: Vec<ProblemView>,
}

#[derive(Default)]
struct Typed {
    token: String,
    email: String,
}

struct ProblemView {
    field: &'static str,
    text: &'static Html,
}

impl LetterPage {
    fn problem(&self, field: &str) -> Option<&'static Html> {
        let mut problems = self.problems.iter();
        problems
            .find(|problem| problem.field == field)
            .map(|problem| problem.text)
    }

    fn new(visit: &Visit, kind: Kind, typed: Typed, problems: &[Problem]) -> Self {
        let (ui, page) = (visit.ui, kind.path());
        let is_done = visit.address.first("done").is_some();
        let title = ui.t(&match is_done {
            true => format!("letter.{page}.done"),
            false => format!("letter.{page}.title"),
        });
        let lead = ui.t(&match is_done {
            true => format!("letter.{page}.done_text"),
            false => format!("letter.{page}.lead"),
        });
        LetterPage {
            frame: Frame::new(visit, page, title.clone(), lead.clone()).unlisted(),
            is_done,
            lead,
            button: ui.t(&format!("letter.{page}.button")),
            has_code: kind != Kind::Reset,
            has_password: kind.has_password(),
            typed,
            problems: problems
                .iter()
                .map(|problem| problem_view(ui, problem))
                .collect(),
            ui,
        }
    }
}

fn problem_view(ui: Ui, problem: &Problem) -> ProblemView {
    let field = ["token", "password", "email"]
        .into_iter()
        .find(|field| problem.field == *field);
    ProblemView {
        field: field.unwrap_or_default(),
        text: match problem.code {
            "token_not_good" => ui.t("letter.token_not_good"),
            "too_short" => ui.t("letter.too_short"),
            "easily_guessed" => ui.t("letter.easily_guessed"),
            "not_an_email" => ui.t("letter.not_an_email"),
            "missing" => ui.t("letter.missing"),
            _ => ui.t("error.other"),
        },
    }
}

/// Shows the form of a page, and takes it.
pub fn routes(kind: Kind) -> MethodRouter<Arc<Server>> {
    get(
        move |State(server): State<Arc<Server>>, visit: Visit| async move {
            let show = move |_: &Server, visit: &Visit| {
                written(&LetterPage::new(visit, kind, Typed::default(), &[]))
            };
            visit.show(server, show).await
        },
    )
    .post(
        move |State(server): State<Arc<Server>>, visit: Visit, caller: Caller, body: Bytes| {
            take(server, visit, kind, caller, body)
        },
    )
}

async fn take(
    server: Arc<Server>,
    visit: Visit,
    kind: Kind,
    caller: Caller,
    body: Bytes,
) -> ApiResult<Response> {
    let form = RawParams::from_query_string(&String::from_utf8_lossy(&body));
    let mut fields = Fields::of(form, &server);
    let (mut typed, mut email, mut password) = (Typed::default(), None, String::new());
    if kind == Kind::Reset {
        email = fields.email();
        typed.email = email
            .as_ref()
            .map_or_else(String::new, |email| email.as_str().into());
    } else {
        // The whole link is as good as what follows its `#`.
        let token = fields.required("token");
        typed.token = token
            .rsplit('#')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
    }
    if kind.has_password() {
        password = fields.required("password");
    }
    let checked_fields = fields.finish();
    let done = match checked_fields {
        Err(error) => Err(error),
        Ok(()) => {
            let (attempt, whom) = match &email {
                Some(email) => (Attempt::Letter, email.folded()),
                None => (Attempt::Code, typed.token.clone()),
            };
            server.attempts.count(attempt, caller, &whom)?;
            let token = typed.token.clone();
            let work = move |people: &People| {
                let (accounts, visitor) = (&people.accounts, &Actor::Visitor);
                match kind {
                    Kind::Confirm => accounts.confirm_account(visitor, &token, password),
                    Kind::ConfirmAddress => accounts.confirm_address(visitor, &token),
                    Kind::NewPassword => accounts.reset(visitor, &token, password),
                    Kind::Reset => match &email {
                        Some(email) => accounts.ask_for_reset(visitor, email),
                        None => Ok(()),
                    },
                }
            };
            match kind.has_password() {
                true => people::hash(&server, work).await,
                false => evenly(people::ask(&server, work)).await,
            }
        }
    };
    match done {
        Ok(()) => {
            let done = visit.to(&format!("{}?done=true", kind.path()));
            Ok(Redirect::to(&done).into_response())
        }
        Err(ApiError::Invalid(problems)) => {
            let html = written(&LetterPage::new(&visit, kind, typed, &problems))?;
            Ok((StatusCode::BAD_REQUEST, HtmlResponse(html)).into_response())
        }
        Err(error) => Err(error),
    }
}
