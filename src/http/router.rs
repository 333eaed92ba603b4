//! From path to handler, grouped by who calls.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::api::admin::BearerScheme;
use super::api::{
    accounts, admin, analytics, backup, compare, consents, dossier, duplicates, export, facets,
    generations, guidance, health, links, profile, resources, search, session, suggest, tasks,
    vocabularies, why,
};
use super::error::ApiError;
use super::{Server, limits, observe, origin, web};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Classo",
        description = "Finds the digital educational resource that suits a class, and says why.\n\nProblems are answered as \
            `application/problem+json` (RFC 9457) with a stable `code`, and `errors` that name each field: `invalid_request`, \
            `not_found`, `gone`, `moved`, `unauthorized`, `forbidden`, `conflict`, `method_not_allowed`, `foreign_origin`, `too_many_requests`, `busy`, `timed_out`, `internal`; about persons also \
            `not_signed_in`, `wrong_credentials`, `second_factor_needed`, `wrong_code`, `notice_outdated`, `privacy_signal`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "find", description = "For everybody: searching, reading, vocabularies."),
        (name = "decide", description = "For everybody: questions that help to choose, comparisons, reasons."),
        (name = "people", description = "For people with an account: themselves, their profile, their consents."),
        (name = "admin", description = "For operators, with a token of `classo operator token`."),
        (name = "health", description = "For those who watch over the server.")
    ),
    modifiers(&BearerScheme)
)]
struct Description;

/// Every route, with its limits and what is observed of it.
pub fn router(server: Arc<Server>) -> Router {
    // Before the first figure is recorded: what comes earlier is lost.
    observe::prometheus();
    let (api, _) = api().with_state(Arc::clone(&server)).split_for_parts();
    let pages = web::routes(&server);
    let (imports, _) = imports().with_state(Arc::clone(&server)).split_for_parts();
    let own = middleware::from_fn_with_state(server, origin::own);
    Router::new()
        .merge(api.merge(pages).layer(middleware::from_fn(limits::time)))
        .merge(imports.layer(DefaultBodyLimit::disable()))
        .layer(own)
        .merge(readable_description())
        .fallback(|| async { ApiError::NotFound("page at this address".into()) })
        .method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(limits::panic_response))
        .layer(middleware::from_fn(web::friendly))
        .layer(middleware::map_response(security_headers))
        .layer(middleware::from_fn(observe::request))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(observe::RequestIds))
}

/// Everything but imports, which have no time limit.
fn api() -> OpenApiRouter<Arc<Server>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(
            OpenApiRouter::new()
                .routes(routes!(health::alive))
                .routes(routes!(health::ready))
                .routes(routes!(health::metrics)),
        )
        .nest(
            "/api/v1",
            OpenApiRouter::new()
                .routes(routes!(search::by_parameters, search::by_body))
                .routes(routes!(search::recommendations))
                .routes(routes!(guidance::guide))
                .routes(routes!(compare::compare))
                .routes(routes!(dossier::write))
                .routes(routes!(why::why))
                .routes(routes!(suggest::suggest))
                .routes(routes!(facets::one))
                .routes(routes!(resources::one))
                .routes(routes!(resources::similar))
                .routes(routes!(vocabularies::all))
                .routes(routes!(vocabularies::one))
                .merge(people())
                .routes(routes!(admin::remove))
                .routes(routes!(admin::make_token))
                .routes(routes!(generations::reindex))
                .routes(routes!(generations::rollback))
                .routes(routes!(generations::all))
                .routes(routes!(generations::stats))
                .routes(routes!(analytics::report))
                .routes(routes!(duplicates::list))
                .routes(routes!(duplicates::merge))
                .routes(routes!(duplicates::merge_certain))
                .routes(routes!(links::list))
                .routes(routes!(links::check))
                .routes(routes!(backup::stream))
                .routes(routes!(export::stream))
                .routes(routes!(tasks::all))
                .routes(routes!(tasks::one, tasks::cancel)),
        )
}

/// What is about persons.
fn people() -> OpenApiRouter<Arc<Server>> {
    OpenApiRouter::new()
        .routes(routes!(accounts::sign_up))
        .routes(routes!(accounts::confirm))
        .routes(routes!(accounts::ask_for_reset))
        .routes(routes!(accounts::reset))
        .routes(routes!(accounts::change_password))
        .routes(routes!(accounts::change_email))
        .routes(routes!(accounts::begin_totp, accounts::end_totp))
        .routes(routes!(accounts::confirm_totp))
        .routes(routes!(accounts::export))
        .routes(routes!(accounts::close))
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::sign_out_everywhere))
        .routes(routes!(profile::read, profile::write, profile::erase))
        .routes(routes!(consents::all, consents::answer))
        .routes(routes!(consents::receipt))
}

fn imports() -> OpenApiRouter<Arc<Server>> {
    OpenApiRouter::new().nest(
        "/api/v1",
        OpenApiRouter::new().routes(routes!(admin::import)),
    )
}

/// The whole description of the API, imports included.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut description = api().into_openapi();
    description.merge(imports().into_openapi());
    description
}

/// The description, for programs and as a page.
fn readable_description() -> Router {
    let page = SwaggerUi::new("/api/docs").url("/api/v1/openapi.json", description());
    Router::from(page).layer(middleware::map_response(description_policy))
}

/// The page of the description loads its own files and this site's answers. Its style sheet has drawings inside.
async fn description_policy(mut response: Response) -> Response {
    if response.status() != StatusCode::NOT_MODIFIED {
        let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
            connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        response.headers_mut().insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        );
    }
    response
}

async fn security_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // No other site learns what was asked here. Under `no-referrer` a browser would not even tell Classo that its own form
    // is: the form's `Origin` would be `null`, and over an unencrypted connection nothing else says it (`origin`).
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}
