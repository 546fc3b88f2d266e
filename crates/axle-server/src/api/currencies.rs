//! The currency that amounts are told in, and rates.

use axle_app::settings;
use axle_model::currency::Currencies;
use serde_json::Value;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::Json;

/// The reporting currency and the rates.
#[utoipa::path(get, path = "/api/v1/{workspace}/currencies", tag = "settings", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller) -> ApiResult<Json<Currencies>> {
    caller.must_administer()?;
    Ok(Json(settings::currencies(&caller.opened.workspace).await?))
}

/// Sets them: `reporting`, a currency of ISO 4217 or null, and `rates`, each with `date`, `from`, `to` and `rate`. They hold for the
/// whole past, and take the place of those before.
#[utoipa::path(put, path = "/api/v1/{workspace}/currencies", tag = "settings", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<Currencies>> {
    caller.must_administer()?;
    let wanted: Currencies =
        serde_json::from_value(said).map_err(|error| ApiError::invalid(format!("these are no currencies: {error}")))?;
    let by = &caller.user.name;
    Ok(Json(settings::set_currencies(&caller.opened.workspace, wanted, by, caller.now).await?))
}
