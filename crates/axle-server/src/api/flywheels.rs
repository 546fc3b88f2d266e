//! Flywheels: where units stand, how the wheels turn, and single runs with what they rest on.

use axle_app::flywheels::{self as app, physics};
use axle_app::hand_offs;
use axle_app::signposts;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

/// All flywheels in numbers: units by step, friction, speed, weight, momentum, self-propelled share, loop-back and growth, the step
/// to push next, and what became of the advice of 30 days ago. Shares are 0 to 1, durations seconds; growth is units after 90 days
/// for each that begins.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels", tag = "flywheels",
    params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller) -> ApiResult<Json<Value>> {
    Ok(Json(json!(*caller.opened.flywheels(caller.now).await?)))
}

/// One flywheel in numbers.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels/{flywheel}", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    let overview = caller.opened.flywheels(caller.now).await?;
    Ok(Json(json!(found(&overview, &id)?)))
}

fn found<'a>(overview: &'a physics::Overview, id: &str) -> ApiResult<&'a physics::WheelFigures> {
    let wheel = overview.wheels.iter().find(|one| one.wheel.flywheel == id);
    wheel.ok_or_else(|| ApiError::not_found(format!("there is no flywheel `{id}`")))
}

/// Signposts to the community that nobody ever clicked, first shown seven days ago or earlier; those shown to the most people first.
#[utoipa::path(get, path = "/api/v1/{workspace}/signposts/never-clicked", tag = "flywheels", params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn never_clicked(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    let found = signposts::never_clicked(&caller.opened.workspace, caller.now).await?;
    Ok(paging.page(found, |one| &one.signpost)?.answer(&address))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only runs in this state: `active`, `returned`, `snoozed`, `completed`, `completed_no_loop`, `lost` or `released`.
    state: Option<String>,
    /// Only runs that are, or were at last, at this step.
    step: Option<String>,
}

/// Runs of one flywheel, the latest to come to their step first.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels/{flywheel}/runs", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path), Asked, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn runs(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let runs = app::current(&caller.opened.workspace, caller.now).await?;
    runs.wheel(&id)?;
    let rows = runs.list(&id, asked.state.as_deref(), asked.step.as_deref());
    Ok(paging.page(rows, |run| &run.run_id)?.answer(&address))
}

/// One run: the steps it passed with their instants, the evidence of each, who decided, and what is to be done.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels/runs/{run}", tag = "flywheels",
    params(("workspace" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn run(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let runs = app::current(&caller.opened.workspace, caller.now).await?;
    Ok(Json(json!(runs.story(&id, caller.now)?)))
}

/// What colleagues are told of a run: a packet for each side, of which each line says what it rests on.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels/runs/{run}/packet", tag = "flywheels",
    params(("workspace" = String, Path), ("run" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn packet(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let found = hand_offs::of_run(&caller.opened.workspace, &id, &caller.user, caller.now).await?;
    Ok(Json(json!(found)))
}
