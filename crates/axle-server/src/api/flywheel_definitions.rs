//! Definitions of flywheels: read, previewed on the past, saved as versions, put back. For administrators, but reading.

use axle_app::flywheels::own::{self as app, Check, Draft, Preview, Saving, Version};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path};

/// One definition: its version, its text, and every version that was saved here.
#[utoipa::path(get, path = "/api/v1/{workspace}/flywheels/{flywheel}/definition", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    let workspace = &caller.opened.workspace;
    let (text, version) = (app::text(workspace, &id).await?, app::version(workspace, &id).await?);
    let history: Vec<Version> = app::history(workspace, &id).await?;
    Ok(Json(json!({ "flywheel": id, "version": version, "text": text, "history": history })))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Text {
    /// The definition, as TOML.
    text: String,
    /// The version that it was made from: refused when there is another by now. 0 for a new flywheel.
    made_from: Option<u32>,
    /// What its scenarios expect becomes what comes out now.
    #[serde(default)]
    take_over: bool,
}

/// What a definition would have made of the last twelve months, and everything that is wrong with it. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/{workspace}/flywheels/{flywheel}/definition/preview", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path)), request_body = Text,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn preview(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(typed): Json<Text>,
) -> ApiResult<Json<Value>> {
    caller.must_administer()?;
    let told: (Check, Option<Preview>) = app::preview(&caller.opened.workspace, &id, &typed.text, caller.now).await?;
    Ok(Json(json!({ "check": told.0, "preview": told.1 })))
}

/// Checks a definition and saves it as a new version; everything is turned with it from then on. One that cannot be used is
/// refused with 422 and everything that is wrong with it.
#[utoipa::path(put, path = "/api/v1/{workspace}/flywheels/{flywheel}/definition", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path)), request_body = Text,
    responses((status = 200, body = serde_json::Value), (status = 422, body = serde_json::Value),
        (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn save(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(typed): Json<Text>,
) -> ApiResult<Response> {
    caller.must_administer()?;
    let by = &caller.user.email;
    let draft = Draft { text: &typed.text, made_from: typed.made_from, takes_over: typed.take_over, by };
    Ok(match app::save(&caller.opened.workspace, &id, draft, caller.now).await? {
        Saving::Saved(version) => Json(json!({ "flywheel": id, "version": version, "saved": true })).into_response(),
        Saving::Same(version) => Json(json!({ "flywheel": id, "version": version, "saved": false })).into_response(),
        Saving::Refused(check) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "check": check }))).into_response(),
    })
}

/// Puts a flywheel back to what comes with Axle; one of the workspace's own is removed. Its versions are kept.
#[utoipa::path(delete, path = "/api/v1/{workspace}/flywheels/{flywheel}/definition", tag = "flywheels",
    params(("workspace" = String, Path), ("flywheel" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn reset(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must_administer()?;
    let version = app::reset(&caller.opened.workspace, &id, &caller.user.email, caller.now).await?;
    Ok(Json(json!({ "flywheel": id, "version": version })))
}
