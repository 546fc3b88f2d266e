//! Who could answer a question: members who answered those like it. Nobody is asked more often than twice in a week.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{OpenQuestion, Questions};
use crate::{AppError, AppResult, Workspace, absences, by_hand, consents, figures};

/// A member is asked so often …
pub const MOST_ASKS: usize = 2;
/// … in so many days.
pub const ASK_DAYS: i64 = 7;
/// So many are named for a question.
const MOST: usize = 3;

/// Somebody who could answer a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Helper {
    /// Who.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// How many questions like it they were the first to answer.
    pub answered: u64,
    /// When they were asked this one; `None`: they were not.
    pub asked_at: Option<Timestamp>,
}

/// What is known of who answers.
pub(super) struct Helpers {
    /// Whose answer was the first, by the question's id: their id and name.
    answerers: HashMap<String, (String, String)>,
    asks: Vec<Ask>,
    /// Ids of members who are away today.
    away: HashSet<String>,
    now: Timestamp,
}

/// That a member was asked to answer a question.
#[derive(Debug, Clone, Deserialize)]
struct Ask {
    question: String,
    member_id: String,
    done_at: Timestamp,
}

#[derive(Deserialize)]
struct Answered {
    activity_id: String,
    answered_by: String,
    name: String,
}

/// Answers of members, the latest first.
fn answered(most: usize) -> String {
    format!(
        "select q.activity_id, q.answered_by, m.name from questions q join members m on m.member_id = q.answered_by
         where q.answered_by_kind = 'member' order by q.asked_at desc, q.activity_id limit {most}"
    )
}

const ASKS: &str = "
select question, member_id, max(done_at) as done_at from tasks
where kind = 'ask' and outcome = 'asked' and question is not null and member_id is not null and done_at is not null
group by question, member_id";

impl Helpers {
    /// Of the latest answers, at most so many.
    pub(super) async fn of(workspace: &Workspace, most: usize, now: Timestamp) -> AppResult<Self> {
        let answers: Vec<Answered> = figures::records(workspace, &answered(most), now).await?;
        let answerers = answers.into_iter().map(|one| (one.activity_id, (one.answered_by, one.name))).collect();
        let today = now.to_zoned(workspace.time_zone().await?).date();
        let held = absences::of_everybody(workspace).await?.into_iter();
        let away = held.filter(|one| one.absence.from <= today && today < one.absence.back_on);
        let away = away.map(|one| one.member_id).collect();
        Ok(Self { answerers, asks: figures::records(workspace, ASKS, now).await?, away, now })
    }

    /// Who answered most of the questions that are like one, whose ids are given by how alike they are.
    pub(super) fn of_question<'a>(&self, question: &OpenQuestion, like: impl Iterator<Item = &'a str>) -> Vec<Helper> {
        let mut found: Vec<Helper> = Vec::new();
        for (member_id, name) in like.filter_map(|id| self.answerers.get(id)) {
            if let Some(known) = found.iter_mut().find(|helper| helper.member_id == *member_id) {
                known.answered += 1;
                continue;
            }
            let asks = self.asks.iter().filter(|ask| ask.member_id == *member_id);
            let asked_at = asks.clone().find(|ask| ask.question == question.activity_id).map(|ask| ask.done_at);
            let is_free = asked_at.is_some() || asks.filter(|ask| is_recent(ask, self.now)).count() < MOST_ASKS;
            if *member_id != question.member_id && is_free && !self.away.contains(member_id) {
                found.push(Helper { member_id: member_id.clone(), name: name.clone(), answered: 1, asked_at });
            }
        }
        // Of as many answers, whose were to the question that is most alike.
        found.sort_by_key(|helper| Reverse(helper.answered));
        found.truncate(MOST);
        found
    }
}

fn is_recent(ask: &Ask, now: Timestamp) -> bool {
    ask.done_at > now - SignedDuration::from_hours(24 * ASK_DAYS)
}

/// Notes that a member was asked to answer an open question.
///
/// # Errors
/// [`AppError::NotFound`] when the question is not open or there is no such member, [`AppError::Invalid`] when it is their own,
/// [`AppError::Conflict`] when they were asked this one, or twice in the last seven days.
pub async fn ask(
    workspace: &Workspace,
    found: &Questions,
    question: &str,
    member_id: &str,
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    let missing = || {
        AppError::NotFound(format!(
            "there is no open question `{question}`: `axle questions list` shows those that are open"
        ))
    };
    let open = found.open.iter().find(|open| open.activity_id == question).ok_or_else(missing)?;
    if open.member_id == member_id {
        return Err(AppError::Invalid("it is their own question: ask somebody else".into()));
    }
    let account = by_hand::account(workspace, member_id).await?;
    let mut asks: Vec<Ask> = figures::records(workspace, ASKS, now).await?;
    asks.retain(|ask| ask.member_id == member_id);
    if asks.iter().any(|ask| ask.question == question) {
        return Err(AppError::Conflict("they were asked this already".into()));
    }
    if asks.iter().filter(|ask| is_recent(ask, now)).count() >= MOST_ASKS {
        return Err(AppError::Conflict(format!(
            "they were asked {MOST_ASKS} times in the last {ASK_DAYS} days: ask somebody else, so that nobody tires of it"
        )));
    }
    let line = json!({
        "type": "task", "id": consents::id_of("ask", &[question, member_id]), "kind": "ask", "flywheel": "knowledge_sharing",
        "step": "asks", "question": question, "state": "done", "outcome": "asked", "done_at": now, "assignee": by,
        "identity": account,
    });
    by_hand::write(workspace, vec![line], now).await
}
