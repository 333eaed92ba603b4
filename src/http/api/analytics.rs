//! What the catalogue is asked for, as counts without persons.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::Server;
use crate::http::error::{ApiError, ApiResult};
use crate::http::operator::Operator;
use crate::query::params::Reader;
use crate::services::analytics::{UsageReport, UsageWindow};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what the handler reads")]
pub struct AnalyticsParams {
    /// The first day, such as 2026-09-01; thirty days up to `to` when left out.
    from: Option<String>,
    /// The last day; today when left out.
    to: Option<String>,
    /// How long each list may be: 0 to 1,000, default 50.
    limit: Option<u32>,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub struct AnalyticsResponse {
    /// from, to, least (no count is below it); searches and without_result (null when too few); questions,
    /// questions_without_result, facets, values, languages (each: name, count, the most frequent first); days (day, count).
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub report: UsageReport,
}

/// What was asked for between two days: counts of searches, none below ten, nothing about who asked or when.
#[utoipa::path(get, path = "/admin/analytics", tag = "admin", params(AnalyticsParams), security(("operator" = [])),
    responses((status = OK, body = AnalyticsResponse), (status = BAD_REQUEST, description = "names every field that is wrong"),
        (status = UNAUTHORIZED, description = "no valid token")))]
pub async fn report(
    Operator(actor): Operator,
    State(server): State<Arc<Server>>,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<AnalyticsResponse>> {
    let mut reader = server.reader(query);
    let window = UsageWindow {
        from: day(&mut reader, "from"),
        to: day(&mut reader, "to"),
        limit: reader
            .integer("limit", 0..=UsageWindow::MOST)
            .unwrap_or(UsageWindow::DEFAULT_LIMIT),
    };
    reader.finish().map_err(ApiError::Invalid)?;
    let at = Arc::clone(&server);
    let report = server
        .bridge
        .operate(move || at.app.analytics.report(&actor, window))
        .await??;
    Ok(Json(AnalyticsResponse { report }))
}

fn day(reader: &mut Reader, name: &str) -> Option<Date> {
    let text = reader.text(name)?;
    let day = text.parse().ok();
    if day.is_none() {
        reader.problem(name, "not_a_date", "this is a day such as 2026-09-01");
    }
    day
}
