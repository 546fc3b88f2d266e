//! Raised hands: those that wait for a decision, words that read like one, and writing one down. Qualifying or dismissing one is
//! answering its task.

use axle_app::permissions::Permission;
use axle_app::raised;
use axle_app::tasks;
use axle_app::today::{Maybe, Part, part};
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Query};
use super::page::Paging;

/// Raised hands that wait for a decision, as the tasks that ask for it: answer one with the outcome `qualified`, `dismissed` or
/// `snooze`. Soonest due first.
#[utoipa::path(get, path = "/api/v1/{workspace}/raised-hands", tag = "tasks",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    let tasks = caller.opened.tasks(caller.now).await?;
    let mut found = tasks::seen_by(&caller.opened.workspace, &tasks, &caller.user, caller.now).await?;
    found.retain(|task| part(task) == Part::Hands);
    Ok(paging.page(found, |task| &task.task_id)?.answer(&address))
}

/// Words of the last two weeks that read like a raised hand, of members who have none that waits. Newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/raised-hands/maybe", tag = "tasks",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn maybe(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_see_members()?;
    let tasks = caller.opened.tasks(caller.now).await?;
    let found: Vec<Maybe> = caller.opened.today(caller.now).await?.hands(&tasks).cloned().collect();
    Ok(paging.page(found, |maybe| &maybe.activity_id)?.answer(&address))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Raised {
    /// Who raised their hand.
    member_id: String,
    /// In which activity; elsewhere unless given.
    activity_id: Option<String>,
    /// Their words.
    #[serde(default)]
    quote: String,
}

/// Writes down that a member raised their hand: it makes a candidate of the community-qualified leads at once. The same activity twice
/// is one signal.
#[utoipa::path(post, path = "/api/v1/{workspace}/raised-hands", tag = "tasks",
    params(("workspace" = String, Path)), request_body = Raised,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn raise(caller: Caller, Json(said): Json<Raised>) -> ApiResult<Json<Value>> {
    caller.must(Permission::Correct)?;
    let Raised { member_id, activity_id, quote } = said;
    let workspace = &caller.opened.workspace;
    let by = &caller.user.name;
    let id = raised::mark(workspace, &member_id, activity_id.as_deref(), &quote, by, caller.now).await?;
    Ok(Json(json!({"signal_id": id, "member_id": member_id})))
}
