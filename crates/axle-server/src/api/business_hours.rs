//! When somebody is at work.

use axle_app::settings;
use axle_model::business_hours::BusinessHours;
use serde_json::Value;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::Json;

/// The working week, its hours, and the holidays.
#[utoipa::path(get, path = "/api/v1/{workspace}/business-hours", tag = "settings", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller) -> ApiResult<Json<BusinessHours>> {
    caller.must_administer()?;
    Ok(Json(settings::business_hours(&caller.opened.workspace).await?))
}

/// Sets them: `days`, `from`, `to` and `holidays`; what is left out is as shipped. They hold for the whole past.
#[utoipa::path(put, path = "/api/v1/{workspace}/business-hours", tag = "settings", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<BusinessHours>> {
    caller.must_administer()?;
    let by = &caller.user.name;
    Ok(Json(settings::set_business_hours(&caller.opened.workspace, &said.to_string(), by, caller.now).await?))
}
