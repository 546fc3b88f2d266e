//! Tasks: what the flywheels ask people to do, answering one, and giving one to somebody.

use axle_app::flywheels;
use axle_app::tasks::{self as app, Task};
use axum::http::Uri;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::error::{ApiError, ApiResult, Problem};
use super::extract::{Json, Path, Query};
use super::page::Paging;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// `mine` or `all`; `all` unless given. Who may not see members has their own in any case.
    who: Option<String>,
    /// Only what this role is asked to do: `community_builder`, `support_rota`, …
    role: Option<String>,
    /// Only what this person is asked to do: the e-mail address of a user, or a name.
    assignee: Option<String>,
}

/// What there is to do, soonest due first. Who may not see members is told for whom only where that member was handed to them, else at
/// which organization with a deal, and decides nothing then.
#[utoipa::path(get, path = "/api/v1/{workspace}/tasks", tag = "tasks",
    params(("workspace" = String, Path), Whose, Paging),
    responses((status = 200, body = Vec<serde_json::Value>), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(
    caller: Caller,
    Query(whose): Query<Whose>,
    Query(paging): Query<Paging>,
    address: Uri,
) -> ApiResult<Response> {
    let Whose { who, role, assignee } = whose;
    let who = who.as_deref().unwrap_or("all");
    if !["mine", "all"].contains(&who) {
        return Err(ApiError::invalid(format!("`{who}` is nobody: use mine or all")));
    }
    let tasks = caller.opened.tasks(caller.now).await?;
    let mut found = app::seen_by(&caller.opened.workspace, &tasks, &caller.user, caller.now).await?;
    found.retain(|task| {
        let is_theirs = who == "all" || task.is_of(&caller.user);
        let has_role = role.as_ref().is_none_or(|role| task.wanted.task.role == *role);
        is_theirs && has_role && (assignee.is_none() || task.assignee == assignee)
    });
    Ok(paging.page(found, |task| &task.task_id)?.answer(&address))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct Answered {
    /// One of the task's outcomes; `done` unless given.
    #[serde(default)]
    outcome: String,
    /// Where the outcome asks for one: one of its `reasons`.
    reason: Option<String>,
    /// Local day until which the run rests, where it does.
    #[schema(value_type = Option<String>, format = Date)]
    until: Option<Date>,
    /// What to remember: a note about the member.
    note: Option<String>,
    /// Where they agreed to be handed to sales: asked for by the outcome that the task's `needs_consent` names, and recorded with it.
    agreed_in: Option<String>,
    /// That consent covers what was said in private channels too.
    #[serde(default)]
    covers_private: bool,
}

/// Answers a task. The run moves at once; `run` says where it stands then, to who may see members.
#[utoipa::path(post, path = "/api/v1/{workspace}/tasks/{task_id}/answer", tag = "tasks",
    params(("workspace" = String, Path), ("task_id" = String, Path)), request_body = Answered,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn answer(
    caller: Caller,
    Path((_, task_id)): Path<(String, String)>,
    Json(said): Json<Answered>,
) -> ApiResult<Json<Value>> {
    let (workspace, now) = (&caller.opened.workspace, caller.now);
    let tasks = caller.opened.tasks(now).await?;
    let task = theirs(&caller, &tasks, &task_id)?;
    let Answered { outcome, reason, until, note, agreed_in, covers_private } = said;
    let outcome = if outcome.is_empty() { app::DONE.to_owned() } else { outcome };
    task.must_decide(workspace, &outcome, &caller.user, now).await?;
    let agreed = agreed_in.map(|channel| app::Agreed { channel, covers_private, by: caller.user.clone() });
    let word = app::Answer { outcome: outcome.clone(), reason, until, note, agreed };
    app::answer(workspace, &tasks, &task_id, &word, &caller.user.name, now).await?;
    let run = match caller.user.may_see_members() {
        true => Some(flywheels::current(workspace, now).await?.run(&task.wanted.run_id)?.run),
        false => None,
    };
    Ok(Json(json!({"task_id": task_id, "outcome": outcome, "run": run})))
}

#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Assigned {
    /// E-mail address of a user, or a name.
    to: String,
}

/// Gives a task to somebody.
#[utoipa::path(post, path = "/api/v1/{workspace}/tasks/{task_id}/assign", tag = "tasks",
    params(("workspace" = String, Path), ("task_id" = String, Path)), request_body = Assigned,
    responses((status = 200, body = serde_json::Value), (status = "4XX", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn assign(
    caller: Caller,
    Path((_, task_id)): Path<(String, String)>,
    Json(Assigned { to }): Json<Assigned>,
) -> ApiResult<Json<Value>> {
    let tasks = caller.opened.tasks(caller.now).await?;
    theirs(&caller, &tasks, &task_id)?;
    app::assign(&caller.opened.workspace, &tasks, &task_id, &to, caller.now).await?;
    Ok(Json(json!({"task_id": task_id, "assignee": to})))
}

/// A task that the caller may answer.
fn theirs<'a>(caller: &Caller, tasks: &'a app::Tasks, task_id: &str) -> ApiResult<&'a Task> {
    let missing = || ApiError::not_found(format!("nobody wants a task `{task_id}`: it may be answered already"));
    let task = tasks.get(task_id).ok_or_else(missing)?;
    task.must_answer(&caller.user)?;
    Ok(task)
}
