//! Who may be one person: suggestions, decisions, and undoing them.

use axle_app::identities::{self as app, Change, Preview, Settings, Standing};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::{Page, Paging};

/// Members who may be one person, the most probable first, with reasons.
#[utoipa::path(get, path = "/api/v1/{workspace}/identities/suggestions", tag = "identities",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn suggestions(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let found = app::suggestions(&caller.opened.workspace, usize::MAX).await?;
    Ok(paging.page(found.waiting, |suggestion| &suggestion.suggestion_id)?.answer(&address))
}

/// What is said of a suggestion.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// One person.
    Accept,
    /// Two people, whatever is suggested later.
    Reject,
    /// It comes last from now on.
    Skip,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Decided {
    /// What is said of them.
    decision: Decision,
    /// Ids of suggestions; all of them are one change.
    suggestions: Vec<String>,
}

/// Accepts, rejects or puts off suggestions. The answer is the change, which can be undone; nothing when they were put off. Those
/// that somebody decided meanwhile are left out, and told as `left_out`; when nothing is left, the answer is 404.
#[utoipa::path(post, path = "/api/v1/{workspace}/identities/decisions", tag = "identities",
    params(("workspace" = String, Path)), request_body = Decided,
    responses((status = 200, body = serde_json::Value), (status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decide(caller: Caller, Json(decided): Json<Decided>) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let (workspace, by, now) = (&caller.opened.workspace, caller.name(), caller.now);
    let change = match decided.decision {
        Decision::Accept => app::accept(workspace, &decided.suggestions, by, now).await?,
        Decision::Reject => app::reject(workspace, &decided.suggestions, by, now).await?,
        Decision::Skip => {
            app::skip(workspace, &decided.suggestions, by, now).await?;
            return Ok(axum::http::StatusCode::NO_CONTENT.into_response());
        }
    };
    Ok(Json(change).into_response())
}

/// What people changed, and what Axle joined and parted by itself (`found`), the newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/identities/changes", tag = "identities",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn changes(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let (before, limit) = paging.before()?;
    let page = app::history_page(&caller.opened.workspace, before, limit).await?;
    Ok(Page::<Change>::from(page).answer(&address))
}

/// Undoes a change: what it made goes, what it took back holds again.
#[utoipa::path(post, path = "/api/v1/{workspace}/identities/changes/{change_id}/undo", tag = "identities",
    params(("workspace" = String, Path), ("change_id" = i64, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn undo(caller: Caller, Path((_, change_id)): Path<(String, i64)>) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    Ok(Json(app::undo(&caller.opened.workspace, change_id, caller.name(), caller.now).await?))
}

/// How identities are joined without a person: from which probability on (`threshold`, 0.5 to 1; none: only proof joins), and of how many
/// identities a member may be made so (`largest_member`). `precision` tells how many of the suggestions that reviewers decided were
/// accepted and still stand, with the share and its 95 % interval.
#[utoipa::path(get, path = "/api/v1/{workspace}/identities/settings", tag = "identities", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn settings(caller: Caller) -> ApiResult<Json<Standing>> {
    caller.must_administer()?;
    Ok(Json(app::standing(&caller.opened.workspace).await?))
}

/// Sets it; what is left out is as shipped. Members are made anew at once, and whom that joins or parts is one change (`found`).
#[utoipa::path(put, path = "/api/v1/{workspace}/identities/settings", tag = "identities", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_settings(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<Standing>> {
    caller.must_administer()?;
    let workspace = &caller.opened.workspace;
    let settings = Settings::parse(&said.to_string())?;
    app::set_settings(workspace, &settings, Some(caller.user.email.as_str()), caller.now).await?;
    Ok(Json(app::standing(workspace).await?))
}

/// Whom settings would join and part, with some pairs to judge them by, and how right reviewers found what is as probable. Nothing
/// changes.
#[utoipa::path(post, path = "/api/v1/{workspace}/identities/settings/preview", tag = "identities",
    params(("workspace" = String, Path)), request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn preview(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<Preview>> {
    caller.must_administer()?;
    Ok(Json(app::preview(&caller.opened.workspace, &Settings::parse(&said.to_string())?).await?))
}
