//! The rota: who is on for which role.

use axle_app::rota::{self as app, Order, Rota, Turn};
use axle_app::users;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::error::{ApiResult, Problem};
use super::extract::{Json, Path};
use crate::AppState;

/// Who is on, by role; roles without a line are everybody's whose role does such tasks.
#[utoipa::path(get, path = "/api/v1/{workspace}/rota", tag = "tasks", params(("workspace" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn show(caller: Caller) -> ApiResult<Json<Rota>> {
    caller.must_administer()?;
    Ok(Json(app::of(&caller.opened.workspace).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct People {
    /// E-mail addresses of users, in their order; none takes the role off the rota.
    people: Vec<String>,
    /// `weekly`: each for an ISO week; `first`: always the first. `weekly` unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    order: Order,
}

/// Says who is on for a role.
#[utoipa::path(put, path = "/api/v1/{workspace}/rota/{role}", tag = "tasks",
    params(("workspace" = String, Path), ("role" = String, Path)), request_body = People,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set(
    State(state): State<AppState>,
    caller: Caller,
    Path((_, role)): Path<(String, String)>,
    Json(People { people, order }): Json<People>,
) -> ApiResult<Json<Rota>> {
    caller.must_administer()?;
    let turn = Turn { people, order };
    app::must_be_users(&turn, &users::list(state.server()).await?)?;
    let workspace = &caller.opened.workspace;
    app::set(workspace, &role, turn, &caller.user.email, caller.now).await?;
    Ok(Json(app::of(workspace).await?))
}
