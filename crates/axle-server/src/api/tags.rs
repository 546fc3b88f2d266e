//! What members are tagged with, by sources and by people.

use axle_app::changes::Change;
use axle_app::permissions::Permission;
use axle_app::tags as app;
use axle_model::tag::Tag;
use axum::Json;
use axum::extract::Path;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};

/// The tags of a member, each with the sources that state it and whether a person said so.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/tags", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn of_member(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Tag>>> {
    caller.must_see_members()?;
    Ok(Json(app::of_member(&caller.opened.workspace, &member_id).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SaidTag {
    /// At most 50 characters on one line; case does not matter.
    tag: String,
}

/// Tags a member: it stays, whatever sources state. The change can be undone.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/tags", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = SaidTag,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn add(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(said): Json<SaidTag>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::Correct)?;
    Ok(Json(app::add(&caller.opened.workspace, &member_id, &said.tag, caller.name(), caller.now).await?))
}

/// Takes a tag away, also one that a source states: it stays away, whatever is imported later. The change can be undone.
#[utoipa::path(delete, path = "/api/v1/{workspace}/members/{member_id}/tags/{tag}", tag = "members",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("tag" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn take_away(
    caller: Caller,
    Path((_, member_id, tag)): Path<(String, String, String)>,
) -> ApiResult<Json<Change>> {
    caller.must(Permission::Correct)?;
    Ok(Json(app::take_away(&caller.opened.workspace, &member_id, &tag, caller.name(), caller.now).await?))
}
