//! What went wrong, told to a person: a page in the visitor's language instead of a problem document.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::address::MOST_CHOICES;
use super::frame::Frame;
use super::manners;
use super::texts::{Html, Ui};
use super::visit::Visit;
use crate::domain::problem::Problem;
use crate::http::error::Told;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    ui: Ui,
    frame: Frame,
    status: u16,
    heading: &'static Html,
    text: &'static Html,
    problems: Vec<ProblemView>,
    request_id: String,
}

/// A parameter, and what is wrong with it.
struct ProblemView {
    field: String,
    text: &'static Html,
}

/// Puts a page in the place of a problem document, for browsers and outside the API. What the answer carries besides, such
/// as when to come back, stays.
pub async fn friendly(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path.starts_with("/api") || path.starts_with("/assets");
    let accepts = request.headers().get(header::ACCEPT);
    let wants_page = accepts
        .and_then(|accepts| accepts.to_str().ok())
        .is_some_and(|accepts| accepts.contains("text/html"));
    if is_api || !wants_page {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let mut visit = Visit::of(&parts);
    // What is too long to be read is not repeated.
    if visit.address.bytes_of_choices() > MOST_CHOICES {
        visit.address = visit.address.keeping(|_, _| false);
    }
    let request_id = parts.headers.get("x-request-id").cloned();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(told) = response.extensions().get::<Told>().cloned() else {
        return response;
    };
    let id = request_id.as_ref().and_then(|id| id.to_str().ok());
    let page = ErrorPage::new(&visit, response.status(), &told, id.unwrap_or_default());
    let Ok(html) = page.render() else {
        return response;
    };
    let (mut head, _) = response.into_parts();
    // The document may have been compressed; the page is not.
    head.headers.remove(header::CONTENT_ENCODING);
    head.headers.remove(header::CONTENT_LENGTH);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    head.headers.insert(header::CONTENT_TYPE, kind);
    let vary = HeaderValue::from_static("accept, accept-language");
    head.headers.append(header::VARY, vary);
    manners::security_headers((head, html).into_response()).await
}

impl ErrorPage {
    fn new(visit: &Visit, status: StatusCode, told: &Told, request_id: &str) -> Self {
        let ui = visit.ui;
        let [heading, text] = match told.code {
            "invalid_request" => [ui.t("error.invalid"), ui.t("error.invalid_text")],
            "not_found" => [ui.t("error.not_found"), ui.t("error.not_found_text")],
            "gone" => [ui.t("error.gone"), ui.t("error.gone_text")],
            "busy" | "timed_out" => [ui.t("error.busy"), ui.t("error.busy_text")],
            "too_many_requests" => [ui.t("error.too_many"), ui.t("error.too_many_text")],
            "foreign_origin" => [ui.t("error.foreign"), ui.t("error.foreign_text")],
            "method_not_allowed" => [ui.t("error.method"), ui.t("error.not_found_text")],
            _ => [ui.t("error.internal"), ui.t("error.internal_text")],
        };
        let mut frame = Frame::new(visit, "", heading.clone(), text.clone()).unlisted();
        // What is wrong in the address is not repeated in the search field.
        if told.code == "invalid_request" {
            frame.question.clear();
        }
        ErrorPage {
            ui,
            frame,
            status: status.as_u16(),
            heading,
            text,
            problems: told
                .problems
                .iter()
                .map(|problem| problem_view(ui, problem))
                .collect(),
            request_id: match told.code {
                "internal" => request_id.to_owned(),
                _ => String::new(),
            },
        }
    }
}

fn problem_view(ui: Ui, problem: &Problem) -> ProblemView {
    ProblemView {
        field: problem.field.clone(),
        text: match problem.code {
            "unknown_parameter" => ui.t("error.unknown_parameter"),
            "unknown_value" => ui.t("error.unknown_value"),
            "wrong_type" => ui.t("error.wrong_type"),
            "out_of_range" => ui.t("error.out_of_range"),
            "too_long" => ui.t("error.too_long"),
            "too_many_values" => ui.t("error.too_many_values"),
            "repeated" => ui.t("error.repeated"),
            "not_utf8" => ui.t("error.not_utf8"),
            _ => ui.t("error.other"),
        },
    }
}
