//! Questions: those that wait for an answer, and those that have one.

use axle_app::questions::{self as app, OpenQuestion, PROMISE_HOURS};
use axum::extract::Query;
use axum::http::Uri;
use axum::response::Response;
use jiff::SignedDuration;
use serde::Deserialize;
use utoipa::IntoParams;

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `open`, `late` (open for longer than was promised), `answered` or `resolved`; `open` unless given.
    state: Option<String>,
    /// Only those of the channel with this name.
    channel: Option<String>,
    /// `newest` or `oldest` first; `newest` unless given.
    sort: Option<String>,
}

/// Questions of members. Who may not see members is told that there is one, where, and since when.
#[utoipa::path(get, path = "/api/v1/{workspace}/questions", tag = "questions",
    params(("workspace" = String, Path), Which, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(which): Query<Which>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    let Which { state, channel, sort } = which;
    let mut found = in_state(&caller, state.as_deref().unwrap_or("open")).await?;
    found.retain(|question| channel.as_ref().is_none_or(|channel| question.channel == *channel));
    match sort.as_deref().unwrap_or("newest") {
        "newest" => {}
        "oldest" => found.reverse(),
        other => return Err(ApiError::invalid(format!("`{other}` is no order: use newest or oldest"))),
    }
    if !caller.user.may_see_members() {
        found = found.iter().map(OpenQuestion::without_person).collect();
    }
    Ok(paging.page(found, |question| &question.activity_id)?.answer(&address))
}

async fn in_state(caller: &Caller, state: &str) -> ApiResult<Vec<OpenQuestion>> {
    if !["open", "late"].contains(&state) {
        return Ok(app::settled(&caller.opened.workspace, state).await?);
    }
    let mut open = caller.opened.questions(caller.now).await?.open.clone();
    let promised = SignedDuration::from_hours(PROMISE_HOURS);
    open.retain(|question| state == "open" || caller.now > question.asked_at + promised);
    Ok(open)
}
