//! Feedback: what members report, want, like and worry about, what was decided, and whether they were told.

use axle_app::feedback::{self as app, Feedback, State};
use axle_app::permissions::Permission;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `open`, `planned`, `declined` or `shipped`; all unless given.
    state: Option<String>,
    /// Only what that member said.
    member_id: Option<String>,
}

async fn all(caller: &Caller) -> ApiResult<Vec<Feedback>> {
    let said = caller.opened.said(caller.now).await?;
    Ok(app::list(&caller.opened.workspace, &said, caller.now).await?)
}

/// What members report, want, like and worry about, the newest first, with what was decided and when they were told: of what is
/// recorded, and of what was read in their words, the newest 5,000 each, which the header `axle-most` tells.
#[utoipa::path(get, path = "/api/v1/{workspace}/feedback", tag = "feedback",
    params(("workspace" = String, Path), Which, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let state = which.state.as_deref().map(State::named).transpose()?;
    let mut found = all(&caller).await?;
    found.retain(|one| state.is_none_or(|state| one.state == state));
    found.retain(|one| which.member_id.is_none() || one.member_id == which.member_id);
    Ok(paging.page(found, |one| &one.feedback_id)?.of_most(app::MOST).answer(&address))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Decision {
    /// `planned`, `declined` or `shipped`; `open` takes a decision back.
    state: String,
    /// Why, in words for its author; needed to decline.
    #[serde(default)]
    reason: String,
}

/// Notes what was decided about feedback. When it was decided first stays.
#[utoipa::path(post, path = "/api/v1/{workspace}/feedback/{feedback_id}/decide", tag = "feedback",
    params(("workspace" = String, Path), ("feedback_id" = String, Path)), request_body = Decision,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decide(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(Decision { state, reason }): Json<Decision>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::AnswerTasks)?;
    let decision = (State::named(&state)?, reason.as_str());
    app::decide(&caller.opened.workspace, &all(&caller).await?, &id, decision, &caller.user.name, caller.now).await?;
    now_of(&caller, &id).await
}

/// Notes that the author of feedback was told what was decided.
#[utoipa::path(post, path = "/api/v1/{workspace}/feedback/{feedback_id}/told", tag = "feedback",
    params(("workspace" = String, Path), ("feedback_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn told(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must(Permission::AnswerTasks)?;
    app::tell(&caller.opened.workspace, &all(&caller).await?, &id, caller.now).await?;
    now_of(&caller, &id).await
}

/// The feedback as it stands now.
async fn now_of(caller: &Caller, id: &str) -> ApiResult<Json<Value>> {
    Ok(Json(json!(all(caller).await?.iter().find(|one| one.feedback_id == id))))
}
