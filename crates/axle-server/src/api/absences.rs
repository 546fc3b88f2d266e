//! When members are known to be away: nobody is alarmed about their silence then.

use std::collections::HashMap;

use axle_app::absences::{self as app, Absence, Away, Held};
use axle_app::permissions::Permission;
use axum::http::Uri;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

/// Every absence of everybody, the latest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/absences", tag = "champions", params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_see_members()?;
    let held = app::of_everybody(&caller.opened.workspace).await?;
    // Two accounts of a member can each have one from the same day on.
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut key = |one: &Held| {
        let key = format!("{}:{}:{}", one.member_id, one.absence.source, one.absence.from);
        let number = known.entry(key.clone()).and_modify(|number| *number += 1).or_default();
        format!("{key}:{number}")
    };
    let keyed: Vec<(String, Held)> = held.into_iter().map(|one| (key(&one), one)).collect();
    Ok(paging.page(keyed, |(key, _)| key)?.map(|(_, one)| one).answer(&address))
}

/// The absences of a member, the latest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/members/{member_id}/absences", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn of_member(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Absence>>> {
    caller.must_see_members()?;
    Ok(Json(app::of_member(&caller.opened.workspace, &member_id).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Stated {
    /// The first day away.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// The day on which they are back.
    #[schema(value_type = String, format = Date)]
    back_on: Date,
    /// Why.
    #[serde(default)]
    reason: String,
}

/// Writes down that a member is away; gives their absences.
#[utoipa::path(post, path = "/api/v1/{workspace}/members/{member_id}/absences", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path)), request_body = Stated,
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn add(
    caller: Caller,
    Path((_, member_id)): Path<(String, String)>,
    Json(Stated { from, back_on, reason }): Json<Stated>,
) -> ApiResult<Json<Vec<Absence>>> {
    caller.must(Permission::AnswerTasks)?;
    let workspace = &caller.opened.workspace;
    app::record(workspace, &member_id, &Away { from, back_on, reason }, &caller.user.name, caller.now).await?;
    Ok(Json(app::of_member(workspace, &member_id).await?))
}

/// Calls off the absence that was written down from this day on; gives the member's others.
#[utoipa::path(delete, path = "/api/v1/{workspace}/members/{member_id}/absences/{from}", tag = "champions",
    params(("workspace" = String, Path), ("member_id" = String, Path), ("from" = String, Path, format = Date)),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn call_off(
    caller: Caller,
    Path((_, member_id, from)): Path<(String, String, Date)>,
) -> ApiResult<Json<Vec<Absence>>> {
    caller.must(Permission::AnswerTasks)?;
    let workspace = &caller.opened.workspace;
    app::call_off(workspace, &member_id, from, caller.now).await?;
    Ok(Json(app::of_member(workspace, &member_id).await?))
}
