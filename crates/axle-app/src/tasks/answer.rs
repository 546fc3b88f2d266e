//! What becomes of a task: done with an outcome, or given to somebody else. Both are lines of the type `task`.

use axle_flywheel::outcomes::Leads;
use axle_store::fact;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::follows::Follows;
use super::{DONE, NEEDS_CONSENT, Task, Tasks, follows};
use crate::audit::Actor;
use crate::consents::{self, Given, Standing};
use crate::permissions::Permission;
use crate::users::User;
use crate::{AppError, AppResult, Workspace, by_hand};

/// The kind of consent that a hand-off to sales rests on.
const HAND_OFF: &str = "hand_off";

/// What somebody answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// One of the task's outcomes; empty: that it is done.
    pub outcome: String,
    /// Where the outcome asks for one.
    pub reason: Option<String>,
    /// The local day until which the run rests, where it rests.
    pub until: Option<Date>,
    /// What to remember.
    pub note: Option<String>,
    /// Where the member agreed to be handed to sales, where the outcome needs that and nobody has recorded it.
    pub agreed: Option<Agreed>,
}

/// A consent to be handed to sales, told with the answer that needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Where they said so: `Slack`, `a call`.
    pub channel: String,
    /// Whether it covers private channels.
    pub covers_private: bool,
    /// Who records it: whoever may hand off.
    pub by: User,
}

/// Writes down what was done about a task, with the consent that it needs, the roles that somebody has or loses by it, and what champions did. The run moves
/// with the next look at it.
///
/// # Errors
/// [`AppError::NotFound`] when nobody wants such a task, [`AppError::Invalid`] when the answer is none that it knows, or needs a consent that nobody has
/// recorded; [`AppError::Forbidden`] for a consent told by who may record none.
pub async fn answer(
    workspace: &Workspace,
    tasks: &Tasks,
    task_id: &str,
    answer: &Answer,
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    let task = wanted(tasks, task_id)?;
    let today = now.to_zoned(workspace.time_zone().await?).date();
    let (outcome, reason, rests) = check(task, answer, today)?;
    if (task.template(), outcome) == NEEDS_CONSENT {
        agree(workspace, &task.wanted.member_id, answer.agreed.as_ref(), now).await?;
    }
    let mut line = line(workspace, tasks, task).await?;
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("state", json!("done"));
    put("done_at", json!(now));
    put("outcome", json!(outcome));
    put("assignee", json!(by));
    if let Some(reason) = reason {
        put("reason", json!(reason));
    }
    if let Some(until) = answer.until.filter(|_| rests) {
        put("until", json!(until));
    }
    let Follows { mut lines, ended } = follows::of(workspace, &task.wanted.member_id, &line, now).await?;
    lines.push(Value::Object(line));
    if let Some(note) = answer.note.as_deref().map(str::trim).filter(|note| !note.is_empty()) {
        lines.push(json!({
            "type": "note", "id": format!("task:{task_id}"), "text": note, "author": by, "visibility": "team", "at": now,
            "identity": by_hand::account(workspace, &task.wanted.member_id).await?,
        }));
    }
    // First what can be said again: a crash between the two leaves the task open.
    for row in ended {
        let end = Map::from_iter([("to".to_owned(), json!(now))]);
        fact::amend(workspace.db(), &row, &end, now.as_microsecond()).await?;
    }
    by_hand::write(workspace, lines, now).await
}

/// Gives a task to somebody: an e-mail address of a user, or a name.
///
/// # Errors
/// [`AppError::NotFound`] when nobody wants such a task, [`AppError::Invalid`] without a name.
pub async fn assign(workspace: &Workspace, tasks: &Tasks, task_id: &str, to: &str, now: Timestamp) -> AppResult<()> {
    let task = wanted(tasks, task_id)?;
    let to = to.trim();
    if to.is_empty() || to.chars().count() > 200 {
        return Err(AppError::Invalid("say to whom: the e-mail address of a user".into()));
    }
    let mut line = line(workspace, tasks, task).await?;
    line.insert("state".into(), json!("open"));
    line.insert("assignee".into(), json!(to));
    line.insert("assigned_at".into(), json!(now));
    by_hand::write(workspace, vec![Value::Object(line)], now).await
}

/// Sees to a consent to be handed to sales: one that stands, else the one that is told. It can be said again: a crash after it leaves the task open.
async fn agree(workspace: &Workspace, member_id: &str, agreed: Option<&Agreed>, now: Timestamp) -> AppResult<()> {
    let known = consents::of_member(workspace, member_id).await?;
    if matches!(consents::standing(&known, HAND_OFF, now), Standing::Live(_)) {
        return Ok(());
    }
    let Some(Agreed { channel, covers_private, by }) = agreed else {
        let what = "say where they agreed to be handed to sales, in which channel or conversation: nobody is introduced without it. If they did not \
                    agree, answer `no_consent`";
        return Err(AppError::Invalid(what.into()));
    };
    by.must(Permission::HandOff)?;
    let (channel, covers_private) = (channel.clone(), *covers_private);
    let given = Given { kind: HAND_OFF.to_owned(), covers_private, channel, at: None };
    consents::record(workspace, member_id, &given, Actor::of(by), now).await.map(drop)
}

fn wanted<'a>(tasks: &'a Tasks, task_id: &str) -> AppResult<&'a Task> {
    let missing = || AppError::NotFound(format!("nobody wants a task `{task_id}`: `axle tasks list` shows all"));
    tasks.get(task_id).ok_or_else(missing)
}

/// The line of a task, as far as it is the same however it goes on.
async fn line(workspace: &Workspace, tasks: &Tasks, task: &Task) -> AppResult<Map<String, Value>> {
    let wanted = &task.wanted;
    let mut parts = wanted.task.task.split('/');
    let (flywheel, step) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Value::Object(mut line) = json!({
        "type": "task", "id": task.task_id, "kind": task.template(), "flywheel": flywheel, "step": step,
        "due_at": wanted.task.due_at, "identity": by_hand::account(workspace, &wanted.member_id).await?,
    }) else {
        return Err(AppError::Internal("a line is an object".into()));
    };
    // The run that is meant: that of an organization, a question or a deal.
    if let (Some(name), Some(key)) = (tasks.runs.kept_apart_by(wanted), &wanted.task.run.key) {
        line.insert(name.to_owned(), json!(key));
    }
    Ok(line)
}

/// The outcome, its reason, and whether the run rests then.
fn check<'a>(task: &Task, answer: &'a Answer, today: Date) -> AppResult<(&'a str, Option<&'a str>, bool)> {
    let outcome = if answer.outcome.is_empty() { DONE } else { &answer.outcome };
    let known = task.outcomes.iter().find(|known| known.outcome == outcome).ok_or_else(|| {
        let known: Vec<&str> = task.outcomes.iter().map(|known| known.outcome.as_str()).collect();
        let instead = if task.is_of_dossier() { "send, accept or return the hand-off, or " } else { "" };
        AppError::Invalid(format!(
            "`{outcome}` does not answer “{}”: {instead}use one of {}",
            task.wanted.task.title,
            known.join(", ")
        ))
    })?;
    let reason = answer.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    if !known.reasons.is_empty() && !reason.is_some_and(|reason| known.reasons.iter().any(|one| one == reason)) {
        return Err(AppError::Invalid(format!("`{outcome}` needs a reason: one of {}", known.reasons.join(", "))));
    }
    let rests = known.leads == Leads::Rest;
    if rests && answer.until.is_some_and(|until| until <= today) {
        return Err(AppError::Invalid("it can rest until a day that comes, not until one that is over".into()));
    }
    Ok((outcome, reason.filter(|_| !known.reasons.is_empty()), rests))
}
