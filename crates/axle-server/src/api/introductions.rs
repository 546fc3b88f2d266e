//! Introductions: members with like needs who both agreed to be contacted, and what came of them.

use axle_app::introductions::{self as app, Outcome};
use axle_app::permissions::Permission;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Query};
use super::page::Paging;

/// Pairs that are looked for.
const MOST: usize = 50;

/// Members who need the like and both agreed to be contacted: the newest needs first, none of whom somebody answered; 50 pairs at
/// most, as the header `axle-most` tells.
#[utoipa::path(get, path = "/api/v1/{workspace}/introductions", tag = "members", params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_see_members()?;
    let beside = caller.opened.today(caller.now).await?;
    let said = caller.opened.said(caller.now).await?;
    let found = app::pairs(&said, &beside.contacts, &beside.introductions, MOST);
    Ok(paging.page(found, |pair| &pair.id)?.of_most(MOST).answer(&address))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Answered {
    /// One of the two.
    member_id: String,
    /// The other.
    with: String,
    /// `introduced` or `not_a_fit`.
    outcome: String,
}

/// Writes down that two members were introduced to each other, or would gain nothing of it: they are suggested no more.
#[utoipa::path(post, path = "/api/v1/{workspace}/introductions", tag = "members",
    params(("workspace" = String, Path)), request_body = Answered,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer(caller: Caller, Json(said): Json<Answered>) -> ApiResult<Json<Value>> {
    caller.must(Permission::Correct)?;
    let Answered { member_id, with, outcome } = said;
    let workspace = &caller.opened.workspace;
    let outcome = Outcome::from_name(&outcome)?;
    app::answer(workspace, [&member_id, &with], outcome, &caller.user.name, caller.now).await?;
    Ok(Json(json!({"member_id": member_id, "with": with, "outcome": outcome})))
}
