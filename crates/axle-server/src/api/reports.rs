//! The report as it is told to others, and those that were.

use axle_app::glance::Window;
use axle_app::permissions::Permission;
use axle_app::published_reports::{self as app, PublishedReport};
use axle_model::time::Moment;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Query};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Periods {
    /// `week`, `month`, `quarter` or `year`; `month` unless given.
    grain: Option<String>,
    /// A day of the first period that is left out; that of now unless given.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// The local day as of whose beginning is asked, or the instant; now unless given.
    #[param(value_type = Option<String>)]
    as_of: Option<Moment>,
}

/// Keeps the report as it is told to others now, whatever is learnt later; gives its number.
#[utoipa::path(post, path = "/api/v1/{workspace}/reports/published", tag = "kpis", params(("workspace" = String, Path), Periods),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn publish(
    caller: Caller,
    Query(Periods { grain, to, as_of }): Query<Periods>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::Publish)?;
    let (opened, now) = (&caller.opened, caller.now);
    let as_of = opened.workspace.instant(as_of).await?;
    let window = Window::asked(&opened.workspace, grain.as_deref().unwrap_or("month"), to, as_of, now).await?;
    let glances = opened.by_look(app::looks(), window, now).await?;
    let number = app::publish(&opened.workspace, &caller.user, window, &glances, now).await?;
    Ok(Json(json!({ "number": number })))
}

/// Reports that were published, the newest first, at most 100. Each of their figures stands among the published ones.
#[utoipa::path(get, path = "/api/v1/{workspace}/reports/published", tag = "kpis", params(("workspace" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn published(caller: Caller) -> ApiResult<Json<Vec<PublishedReport>>> {
    Ok(Json(app::list(&caller.opened.workspace, app::MOST_LISTED).await?))
}
