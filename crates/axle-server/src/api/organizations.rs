//! Organizations: the list, and one with who is there.

use axle_app::organizations::{self as app, Filter, Order};
use axum::Json;
use axum::extract::{Path, Query};
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::page::Paging;

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

/// One organization: who is and was there and how that is known, and the latest activities. One of its domains names it as well.
#[utoipa::path(get, path = "/api/v1/{workspace}/organizations/{organization_id}", tag = "organizations",
    params(("workspace" = String, Path), ("organization_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_see_members()?;
    let workspace = &caller.opened.workspace;
    let all = app::list(workspace, caller.now, None).await?;
    Ok(Json(json!(app::show(workspace, &all, &id, caller.now).await?)))
}
