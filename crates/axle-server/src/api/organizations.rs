//! Organizations: the list, one with who is there, and which are one.

use axle_app::changes::Change;
use axle_app::organizations::{self as app, Filter, Order, Whole};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::{Page, Paging};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// `members`, `active`, `activities`, `level` or `name`; `members` unless given.
    sort: Option<String>,
    /// Part of a name, a domain or an id.
    find: Option<String>,
}

/// Organizations of members: from CRM accounts, domains of addresses and profiles.
#[utoipa::path(get, path = "/api/v1/{workspace}/organizations", tag = "organizations",
    params(("workspace" = String, Path), Asked, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(asked): Query<Asked>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let sort = asked.sort.as_deref().unwrap_or("members");
    let order = Order::from_name(sort).ok_or_else(|| {
        ApiError::invalid(format!("`{sort}` is no order: use members, active, activities, level or name"))
    })?;
    let all = app::list(&caller.opened.workspace, caller.now, None).await?;
    let filter = Filter { text: asked.find.unwrap_or_default(), ..Filter::default() };
    let found: Vec<_> = app::select(&all, &filter, order).into_iter().cloned().collect();
    Ok(paging.page(found, |line| &line.organization_id)?.answer(&address))
}

/// One organization: who is and was there and how that is known, its deals with their champions and those lost, its key members, where its people are in the flywheels, and the latest activities. One of its domains names it as well.
#[utoipa::path(get, path = "/api/v1/{workspace}/organizations/{organization_id}", tag = "organizations",
    params(("workspace" = String, Path), ("organization_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let workspace = &caller.opened.workspace;
    let all = app::list(workspace, caller.now, None).await?;
    let detail = app::show(workspace, &all, &id, caller.now).await?;
    let standing = app::standing(workspace, &detail.line.organization_id, caller.now).await?;
    Ok(Json(json!(Whole { detail, standing })))
}

/// Organizations that may be one, the most probable first, with reasons.
#[utoipa::path(get, path = "/api/v1/{workspace}/organizations/suggestions", tag = "organizations",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn suggestions(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let found = app::suggestions(&caller.opened.workspace).await?;
    Ok(paging.page(found, |suggestion| &suggestion.suggestion_id)?.answer(&address))
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OneOrTwo {
    /// One organization.
    Accept,
    /// Two organizations, whatever is suggested later.
    Reject,
    /// It comes last from now on.
    Skip,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrganizationsDecided {
    /// What is said of them.
    decision: OneOrTwo,
    /// Ids of suggestions; all of them are one change.
    suggestions: Vec<String>,
}

/// Accepts, rejects or puts off suggestions. The answer is the change, which `identities/changes/{change_id}/undo` undoes; nothing
/// when they were put off.
#[utoipa::path(post, path = "/api/v1/{workspace}/organizations/decisions", tag = "organizations",
    params(("workspace" = String, Path)), request_body = OrganizationsDecided,
    responses((status = 200, body = serde_json::Value), (status = 204), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn decide(caller: Caller, Json(decided): Json<OrganizationsDecided>) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let (workspace, by, now) = (&caller.opened.workspace, caller.name(), caller.now);
    let change = match decided.decision {
        OneOrTwo::Accept => app::accept(workspace, &decided.suggestions, by, now).await?,
        OneOrTwo::Reject => app::reject(workspace, &decided.suggestions, by, now).await?,
        OneOrTwo::Skip => {
            app::skip(workspace, &decided.suggestions, by, now).await?;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    };
    Ok(Json(change).into_response())
}

/// What people changed about which organizations are one, the newest first.
#[utoipa::path(get, path = "/api/v1/{workspace}/organizations/changes", tag = "organizations",
    params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn changes(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_decide_identities()?;
    let (before, limit) = paging.before()?;
    let page = app::history_page(&caller.opened.workspace, before, limit).await?;
    Ok(Page::<Change>::from(page).answer(&address))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrganizationsMerge {
    /// Id of the organization that is the same.
    with: String,
}

/// Says that two organizations are one. The one with more members keeps its id; the other's leads to it.
#[utoipa::path(post, path = "/api/v1/{workspace}/organizations/{organization_id}/merge", tag = "organizations",
    params(("workspace" = String, Path), ("organization_id" = String, Path)), request_body = OrganizationsMerge,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn merge(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(merge): Json<OrganizationsMerge>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    Ok(Json(app::merge(&caller.opened.workspace, &id, &merge.with, caller.name(), caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrganizationParent {
    /// Id, domain or name of the organization that it belongs to; none unless given.
    parent: Option<String>,
}

/// Says to which organization another one belongs, or that it belongs to none, whatever sources state.
#[utoipa::path(post, path = "/api/v1/{workspace}/organizations/{organization_id}/parent", tag = "organizations",
    params(("workspace" = String, Path), ("organization_id" = String, Path)), request_body = OrganizationParent,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_parent(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(OrganizationParent { parent }): Json<OrganizationParent>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    let workspace = &caller.opened.workspace;
    Ok(Json(app::set_parent(workspace, &id, parent.as_deref(), caller.name(), caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct OrganizationsSplit {
    /// Keys of `sightings` of the organization that are another one.
    sightings: Vec<String>,
}

/// Says that some sightings of an organization are another one: nothing joins the two sides from now on.
#[utoipa::path(post, path = "/api/v1/{workspace}/organizations/{organization_id}/split", tag = "organizations",
    params(("workspace" = String, Path), ("organization_id" = String, Path)), request_body = OrganizationsSplit,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn split(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(split): Json<OrganizationsSplit>,
) -> ApiResult<Json<Change>> {
    caller.must_decide_identities()?;
    Ok(Json(app::split(&caller.opened.workspace, &id, &split.sightings, caller.name(), caller.now).await?))
}
