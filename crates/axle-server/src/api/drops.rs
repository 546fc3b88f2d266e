//! Drops: champions whose silence chance does not explain, and the rule that tells.

use axle_app::drop_rule::{self, DropRule};
use axle_app::flywheels;
use axle_model::time::date_of_day;
use axum::http::Uri;
use axum::response::Response;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Only those of this local day and later.
    #[param(value_type = Option<String>, format = Date)]
    since: Option<Date>,
    /// Only those of this member.
    member_id: Option<String>,
}

/// A drop by day and member.
#[derive(Serialize)]
struct DropRow {
    drop_id: String,
    #[serde(flatten)]
    alert: Value,
}

/// The alerts of all days, newest first: who fell silent, how that compares with their own rhythm, how likely it lasts, and
/// whether it was pushed to whoever looks after them.
#[utoipa::path(get, path = "/api/v1/{workspace}/drops", tag = "champions",
    params(("workspace" = String, Path), Since, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Since>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    caller.must_see_members()?;
    let runs = flywheels::current(&caller.opened.workspace, caller.now).await?;
    let is_asked = |alert: &&flywheels::Alert| {
        which.since.is_none_or(|since| date_of_day(alert.as_of) >= since)
            && which.member_id.as_ref().is_none_or(|member| alert.member_id == *member)
    };
    let drop = |alert: &flywheels::Alert| {
        let on = date_of_day(alert.as_of);
        DropRow { drop_id: format!("{}:{on}", alert.member_id), alert: json!(alert) }
    };
    let found: Vec<DropRow> = runs.alerts().iter().rev().filter(is_asked).map(drop).collect();
    Ok(paging.page(found, |drop| &drop.drop_id)?.answer(&address))
}

/// The rule's numbers: when there is an alert, when it is pushed, and what each role weighs.
#[utoipa::path(get, path = "/api/v1/{workspace}/drop-rule", tag = "champions", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn rule(caller: Caller) -> ApiResult<Json<DropRule>> {
    caller.must_administer()?;
    Ok(Json(drop_rule::of(&caller.opened.workspace).await?))
}

/// Sets the rule; numbers that are left out are as shipped. Alerts of the past become what the rule would have said.
#[utoipa::path(put, path = "/api/v1/{workspace}/drop-rule", tag = "champions", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_rule(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<DropRule>> {
    caller.must_administer()?;
    let name = &caller.user.name;
    Ok(Json(drop_rule::set(&caller.opened.workspace, &said.to_string(), name, caller.now).await?))
}
