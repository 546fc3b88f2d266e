//! Channels: rooms, categories and repositories, which of them take questions, and which are private.

use axle_app::audit::Actor;
use axle_app::permissions::Permission;
use axle_app::sources::{self, Channel};
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path};

/// Every channel, by source and name.
#[utoipa::path(get, path = "/api/v1/{workspace}/channels", tag = "settings", params(("workspace" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller) -> ApiResult<Json<Vec<Channel>>> {
    caller.must(Permission::ManageSources)?;
    Ok(Json(sources::channels(&caller.opened.workspace).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Marks {
    /// Whether its threads are questions; as it is unless given.
    is_qa: Option<bool>,
    /// Whether what is said there is not public: sales reads it with a consent that covers it, and not else. As it is unless given.
    is_private: Option<bool>,
}

/// Says what a channel is, whatever its source says.
#[utoipa::path(put, path = "/api/v1/{workspace}/channels/{channel_id}", tag = "settings",
    params(("workspace" = String, Path), ("channel_id" = u32, Path)), request_body = Marks,
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn mark(
    caller: Caller,
    Path((_, channel_id)): Path<(String, u32)>,
    Json(marks): Json<Marks>,
) -> ApiResult<Json<Vec<Channel>>> {
    caller.must(Permission::ManageSources)?;
    let workspace = &caller.opened.workspace;
    if let Some(is_qa) = marks.is_qa {
        sources::set_qa(workspace, channel_id, is_qa, &caller.user.name).await?;
    }
    if let Some(is_private) = marks.is_private {
        sources::set_private(workspace, channel_id, is_private, Actor::of(&caller.user), caller.now).await?;
    }
    list(caller).await
}
