//! Accounts: organizations that buy or may buy, with what is at risk.

use axle_app::accounts::{Account, CHOICES, Mark, mark};
use axle_app::permissions::Permission;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `key` (key accounts), `risk` (at risk), `renewal` (within 60 days) or `deals` (with open deals); all unless given.
    show: Option<String>,
}

/// Organizations that buy, bought or may buy: key accounts first, then by how much may go wrong.
#[utoipa::path(get, path = "/api/v1/{workspace}/accounts", tag = "accounts",
    params(("workspace" = String, Path), Which, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let show = which.show.as_deref().unwrap_or_default();
    let unknown = || ApiError::invalid(format!("`{show}` chooses nothing: use key, risk, renewal or deals"));
    let (_, is_shown) = CHOICES.iter().find(|(word, _)| *word == show).ok_or_else(unknown)?;
    let accounts = caller.opened.accounts(caller.now).await?;
    let found: Vec<Account> = accounts.iter().filter(|account| is_shown(account)).cloned().collect();
    Ok(paging.page(found, |account| &account.organization_id)?.answer(&address))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Prospect {
    /// `high_touch` or `self_serve`: how it is sold to.
    motion: String,
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Key {
    /// Who looks after it.
    owner: String,
    /// How many key members there should be; two unless given.
    target: Option<u64>,
    /// Why.
    #[serde(default)]
    reason: String,
}

async fn said(caller: &Caller, id: &str, said: Mark) -> ApiResult<Json<Value>> {
    caller.must(Permission::MarkAccounts)?;
    mark(&caller.opened.workspace, id, &said, &caller.user.name, caller.now).await?;
    Ok(Json(json!({"organization": id, "said_at": caller.now})))
}

/// Marks an organization as a prospect. Any of its ids, domains and names leads to it.
#[utoipa::path(post, path = "/api/v1/{workspace}/accounts/{organization_id}/prospect", tag = "accounts",
    params(("workspace" = String, Path), ("organization_id" = String, Path)), request_body = Prospect,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn prospect(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(Prospect { motion }): Json<Prospect>,
) -> ApiResult<Json<Value>> {
    said(&caller, &id, Mark::Prospect { motion }).await
}

/// Makes an organization a key account, or says again who looks after it, how many key members are wanted, and why.
#[utoipa::path(put, path = "/api/v1/{workspace}/accounts/{organization_id}/key", tag = "accounts",
    params(("workspace" = String, Path), ("organization_id" = String, Path)), request_body = Key,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn key(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(Key { owner, target, reason }): Json<Key>,
) -> ApiResult<Json<Value>> {
    said(&caller, &id, Mark::Key { owner, target, reason }).await
}

/// Says that an organization is no key account any more.
#[utoipa::path(delete, path = "/api/v1/{workspace}/accounts/{organization_id}/key", tag = "accounts",
    params(("workspace" = String, Path), ("organization_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn not_key(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    said(&caller, &id, Mark::NotKey).await
}
