//! Accounts: organizations that buy or may buy, with what is at risk.

use axle_app::accounts::{Account, CHOICES};
use axum::extract::Query;
use axum::http::Uri;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
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
