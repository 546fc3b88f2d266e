//! What members are to us: their roles, given, ended and taken back by hand.

use axle_app::audit::Actor;
use axle_app::permissions::Permission;
use axle_app::roles::{self as app, Given, Held};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path};

/// The roles that a member holds and held, the latest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/roles", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn of_member(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Held>>> {
    caller.must_see_members()?;
    Ok(Json(app::of_member(&caller.opened.workspace, &member_id, caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct GivenRole {
    /// `champion`, `deal_champion`, `advocate`, `key_member`, `moderator`, `beta_tester` or `influencer`.
    role: String,
    /// At which organization: its id, domain or name; deal champions and key members need one.
    #[serde(default)]
    organization: String,
    /// The first day; now unless given.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Gives a member a role; gives their roles. Who speaks for us (champions, deal champions, advocates) has agreed before to be
/// contacted or handed to sales.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/roles", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = GivenRole,
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn give(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(GivenRole { role, organization, from, reason }): Json<GivenRole>,
) -> ApiResult<Json<Vec<Held>>> {
    caller.must(Permission::AnswerTasks)?;
    let (workspace, actor) = (&caller.opened.workspace, Actor::of(&caller.user));
    app::give(workspace, &member_id, &Given { role, organization, from, reason }, actor, caller.now).await?;
    Ok(Json(app::of_member(workspace, &member_id, caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct EndedRole {
    /// The last day; it ends now unless given.
    #[schema(value_type = Option<String>, format = Date)]
    last: Option<Date>,
}

/// Ends a role of a member; gives their roles.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/roles/{role_id}/end", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("role_id" = String, Path)), request_body = EndedRole,
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn end(
    caller: Caller,
    Path((_, member_id, role_id)): Path<(String, String, String)>,
    Json(EndedRole { last }): Json<EndedRole>,
) -> ApiResult<Json<Vec<Held>>> {
    caller.must(Permission::AnswerTasks)?;
    let (workspace, actor) = (&caller.opened.workspace, Actor::of(&caller.user));
    app::end(workspace, &member_id, &role_id, last, actor, caller.now).await?;
    Ok(Json(app::of_member(workspace, &member_id, caller.now).await?))
}

/// Takes back what was said last of a role here: that it ended, or that it was given; gives the member's roles.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/roles/{role_id}/undo", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("role_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn undo(
    caller: Caller,
    Path((_, member_id, role_id)): Path<(String, String, String)>,
) -> ApiResult<Json<Vec<Held>>> {
    caller.must(Permission::AnswerTasks)?;
    let (workspace, actor) = (&caller.opened.workspace, Actor::of(&caller.user));
    app::undo(workspace, &member_id, &role_id, actor, caller.now).await?;
    Ok(Json(app::of_member(workspace, &member_id, caller.now).await?))
}
