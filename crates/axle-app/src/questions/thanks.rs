//! Thanks: a member answered, and somebody of the team says so. It is the signal that the flywheel of questions waits for.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::tasks::{self, Answer, Task, Tasks};
use crate::{AppError, AppResult, Workspace, by_hand, consents, figures};

/// Answers are listed for so many days.
const DAYS: i64 = 30;
/// At most so many are listed.
pub const MOST_THANKS: usize = 200;
const FLYWHEEL: &str = "knowledge_sharing";

/// An answer of a member that the team has not thanked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToThank {
    /// Public id of the activity that asked.
    pub activity_id: String,
    /// Who asked.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// Who answered.
    pub answered_by: String,
    /// Their name.
    pub answerer: String,
    /// When.
    pub answered_at: Timestamp,
    /// Title of the question, or its first words.
    pub title: Option<String>,
    /// Where both stand.
    pub url: Option<String>,
}

/// Answers that were neither thanked for here nor got a sign of the team where they stand: one on a member's reply, since
/// colleagues like each other's too.
fn query(only: &str, most: usize) -> String {
    format!(
        "select q.activity_id, q.member_id, asker.name, q.answered_by, answerer.name as answerer, q.answered_at,
                coalesce(a.title, t.title, substr(a.text, 1, 160)) as title, a.url
         from questions q
         join members asker on asker.member_id = q.member_id
         join members answerer on answerer.member_id = q.answered_by
         join (select activity_id, title, text, url from activities) a on a.activity_id = q.activity_id
         left join threads t on t.source = q.source and t.channel = q.channel and t.thread_id = q.thread_id
         left join (select distinct thread from replies where signal_at is not null and responder_kind = 'member') signalled
           on signalled.thread = q.thread
         left join (select distinct question from tasks
                    where kind = 'thank' and flywheel = '{FLYWHEEL}' and outcome = 'done') thanked
           on thanked.question = q.activity_id
         where q.asker_kind = 'member' and q.answered_by_kind = 'member' and signalled.thread is null
           and thanked.question is null and {only}
         order by q.answered_at desc, q.activity_id limit {most}"
    )
}

/// Answers of the last 30 days that the team has not thanked for, the newest first.
pub(super) async fn to_thank(workspace: &Workspace, now: Timestamp) -> AppResult<Vec<ToThank>> {
    let since = now - SignedDuration::from_hours(24 * DAYS);
    figures::records(workspace, &query(&format!("q.answered_at >= timestamp '{since:.0}'"), MOST_THANKS), now).await
}

/// Notes that the team thanked who answered a question. The tasks that ask for it are done with it.
///
/// # Errors
/// [`AppError::NotFound`] when no member has answered such a question, or somebody has thanked for it.
pub async fn thank(
    workspace: &Workspace,
    tasks: &Tasks,
    question: &str,
    by: &str,
    now: Timestamp,
) -> AppResult<ToThank> {
    let missing = || {
        let what =
            "it is no question that a member answered and nobody has thanked for: `axle questions thanks` lists those";
        AppError::NotFound(what.into())
    };
    let id: uuid::Uuid = question.parse().map_err(|_| missing())?;
    let only = format!("q.activity_id = '{id}'");
    let found: Vec<ToThank> = figures::records(workspace, &query(&only, 1), now).await?;
    let thanked = found.into_iter().next().ok_or_else(missing)?;
    // The question's own run asks for it, and that of an asker who answered somebody for the first time.
    let asks_for_it = |task: &&Task| {
        let run = &task.wanted.task.run;
        let is_of_question = run.key.as_deref() == Some(question);
        let is_of_answerer = run.key.is_none() && task.wanted.member_id == thanked.answered_by;
        run.flywheel == FLYWHEEL && task.template() == "thank" && (is_of_question || is_of_answerer)
    };
    let wanted: Vec<&Task> = tasks.list.iter().filter(asks_for_it).collect();
    for task in &wanted {
        tasks::answer(workspace, tasks, &task.task_id, &Answer::default(), by, now).await?;
    }
    if wanted.iter().all(|task| task.wanted.task.run.key.is_none()) {
        let line = json!({
            "type": "task", "id": consents::id_of("thank", &[question]), "kind": "thank", "flywheel": FLYWHEEL,
            "step": "recognized", "question": question, "state": "done", "outcome": "done", "done_at": now, "assignee": by,
            "identity": by_hand::account(workspace, &thanked.member_id).await?,
        });
        by_hand::write(workspace, vec![line], now).await?;
    }
    Ok(thanked)
}
