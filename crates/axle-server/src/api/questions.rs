//! Questions: those that wait for an answer, those that have one, whom to thank, and what goes to support.

use axle_app::hand_offs::escalation::{self, Packet};
use axle_app::permissions::Permission;
use axle_app::questions::{self as app, OpenQuestion, PROMISE_HOURS};
use axum::http::Uri;
use axum::response::Response;
use jiff::SignedDuration;
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
    /// `open`, `late` (open for longer than was promised), `answered` or `resolved`; `open` unless given.
    state: Option<String>,
    /// Only those of the channel with this name.
    channel: Option<String>,
    /// `newest` or `oldest` first; `newest` unless given.
    sort: Option<String>,
}

/// Questions of members: the newest 50,000 of a state, which the header `axle-most` tells. Who may not see members is told that
/// there is one, where, and since when.
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
    Ok(paging.page(found, |question| &question.activity_id)?.of_most(app::MOST_OPEN).answer(&address))
}

async fn in_state(caller: &Caller, state: &str) -> ApiResult<Vec<OpenQuestion>> {
    if !["open", "late"].contains(&state) {
        return Ok(app::settled(&caller.opened.workspace, state, caller.now).await?);
    }
    let mut open = caller.opened.questions(caller.now).await?.open.clone();
    let promised = SignedDuration::from_hours(PROMISE_HOURS);
    open.retain(|question| state == "open" || caller.now > question.asked_at + promised);
    Ok(open)
}

/// Answers of members of the last 30 days that the team has not thanked for, the newest first: 200 at most, as the header
/// `axle-most` tells.
#[utoipa::path(get, path = "/api/v1/{workspace}/questions/thanks", tag = "questions", params(("workspace" = String, Path), Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn thanks(caller: Caller, Query(paging): Query<Paging>, address: Uri) -> ApiResult<Response> {
    caller.must_see_members()?;
    let found = caller.opened.questions(caller.now).await?;
    Ok(paging.page(found.thanks.clone(), |one| &one.activity_id)?.of_most(app::MOST_THANKS).answer(&address))
}

/// Notes that somebody of the team thanked who answered a question.
#[utoipa::path(post, path = "/api/v1/{workspace}/questions/{question_id}/thank", tag = "questions",
    params(("workspace" = String, Path), ("question_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn thank(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Value>> {
    caller.must(Permission::AnswerTasks)?;
    let tasks = caller.opened.tasks(caller.now).await?;
    let thanked = app::thank(&caller.opened.workspace, &tasks, &id, &caller.user.name, caller.now).await?;
    Ok(Json(json!(thanked)))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Asked {
    /// Who was asked, as `could_answer` of the question names them.
    member_id: String,
}

/// Notes that a member was asked to answer an open question: nobody more often than twice in seven days.
#[utoipa::path(post, path = "/api/v1/{workspace}/questions/{question_id}/ask", tag = "questions",
    params(("workspace" = String, Path), ("question_id" = String, Path)), request_body = Asked,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(Asked { member_id }): Json<Asked>,
) -> ApiResult<Json<Value>> {
    caller.must(Permission::AnswerTasks)?;
    let found = caller.opened.questions(caller.now).await?;
    app::ask(&caller.opened.workspace, &found, &id, &member_id, &caller.user.name, caller.now).await?;
    Ok(Json(json!({"activity_id": id, "member_id": member_id, "asked_at": caller.now})))
}

/// What support is told of an open question: who asked, what was tried, where it happens, and what each line rests on.
#[utoipa::path(get, path = "/api/v1/{workspace}/questions/{question_id}/packet", tag = "questions",
    params(("workspace" = String, Path), ("question_id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn packet(caller: Caller, Path((_, id)): Path<(String, String)>) -> ApiResult<Json<Packet>> {
    caller.must_see_members()?;
    let found = caller.opened.questions(caller.now).await?;
    Ok(Json(escalation::packet(&caller.opened.workspace, &found, &id, caller.now).await?))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Known {
    /// Steps that were tried, and what came of them.
    #[serde(default)]
    tried: String,
    /// Where it happens: version, system.
    #[serde(default)]
    environment: String,
}

/// Gives an open question to support, and gives what support is told. A task asks to bring the answer back to the thread.
#[utoipa::path(post, path = "/api/v1/{workspace}/questions/{question_id}/escalate", tag = "questions",
    params(("workspace" = String, Path), ("question_id" = String, Path)), request_body = Known,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn escalate(
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    Json(Known { tried, environment }): Json<Known>,
) -> ApiResult<Json<Packet>> {
    caller.must(Permission::AnswerTasks)?;
    let workspace = &caller.opened.workspace;
    escalation::escalate(workspace, &id, (&tried, &environment), &caller.user.name, caller.now).await?;
    let found = caller.opened.questions(caller.now).await?;
    Ok(Json(escalation::packet(workspace, &found, &id, caller.now).await?))
}
