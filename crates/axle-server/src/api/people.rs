//! Who counts as a member: domains that make teammates, and domains that tell nothing.

use axle_app::people::{self as app, Preview, Settings};
use serde_json::Value;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::Json;

/// Domains with a meaning of their own: `own_domains`, each with the first date (`from`) and the `department`, whose addresses make
/// teammates, and `personal_domains`, which tell no organization.
#[utoipa::path(get, path = "/api/v1/{workspace}/people/settings", tag = "settings", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn settings(caller: Caller) -> ApiResult<Json<Settings>> {
    caller.must_administer()?;
    Ok(Json(app::settings(&caller.opened.workspace).await?))
}

/// Sets them; what is left out is empty. Every figure follows at once. A domain at which others have addresses too is refused as an
/// own one.
#[utoipa::path(put, path = "/api/v1/{workspace}/people/settings", tag = "settings", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_settings(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<Settings>> {
    caller.must_administer()?;
    let settings = Settings::parse_json(&said.to_string())?;
    let by = Some(caller.user.email.as_str());
    app::set_settings(&caller.opened.workspace, &settings, by, caller.now).await?;
    Ok(Json(settings))
}

/// Who would be a teammate, and which organizations would go or appear, with other domains. Nothing changes.
#[utoipa::path(post, path = "/api/v1/{workspace}/people/settings/preview", tag = "settings", params(("workspace" = String, Path)),
    request_body = serde_json::Value,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn preview(caller: Caller, Json(said): Json<Value>) -> ApiResult<Json<Preview>> {
    caller.must_administer()?;
    let settings = Settings::parse_json(&said.to_string())?;
    Ok(Json(app::preview(&caller.opened.workspace, &settings, caller.now).await?))
}
