//! Members with like needs who both agreed to be contacted: whom to introduce to whom, and what came of it.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::said::Said;
use crate::{AppError, AppResult, Workspace, by_hand, figures, members};

/// The task by which a pair is answered; its id names both.
const TASK: &str = "introduce_members";
/// How the id of such a task begins; both members follow.
const PREFIX: &str = "introduction:";
/// Members whose needs are compared, the newest: a look at Today takes no longer than that.
const COMPARED: usize = 60;
/// Of so many alike to one, those who agreed and were not answered are left.
const MOST_ALIKE: usize = 50;
/// Answers that are read.
const ANSWERS: usize = 100_000;

/// What somebody did with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They know each other now.
    Introduced,
    /// They would gain nothing of it.
    NotAFit,
}

impl Outcome {
    /// By its name: `introduced` or `not_a_fit`.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for another.
    pub fn from_name(name: &str) -> AppResult<Self> {
        match name {
            "introduced" => Ok(Self::Introduced),
            "not_a_fit" => Ok(Self::NotAFit),
            _ => Err(AppError::Invalid(format!("`{name}` is no outcome: use introduced or not_a_fit"))),
        }
    }
}

/// Pairs that somebody answered, by the ids that they would have now.
#[derive(Debug, Clone, Default)]
pub struct Answered(HashSet<String>);

/// Pairs that somebody answered before.
///
/// # Errors
/// When the record cannot be read.
pub async fn answered(workspace: &Workspace, now: Timestamp) -> AppResult<Answered> {
    let query = format!("select task_id from tasks where kind = '{TASK}'");
    let rows = figures::sql(workspace, &query, ANSWERS, now).await?.rows;
    let former = members::former_ids(workspace).await?;
    let id_now = |id: &str| former.get(id).map_or(id, String::as_str).to_owned();
    let pair = |task_id: &str| {
        let (one, other) = task_id.strip_prefix(PREFIX)?.split_once(':')?;
        Some(id(&id_now(one), &id_now(other)))
    };
    Ok(Answered(rows.iter().filter_map(|row| pair(row.first()?.as_str()?)).collect()))
}

/// The same for both orders.
fn id(one: &str, other: &str) -> String {
    format!("{PREFIX}{}:{}", one.min(other), one.max(other))
}

/// One of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// Public id.
    pub member_id: String,
    /// Their name.
    pub name: String,
    /// What they need, in their words.
    pub need: String,
}

/// Two members with like needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Unique to the two, in whatever order they are named.
    pub id: String,
    /// Whose need is the newest.
    pub one: Side,
    /// The other.
    pub other: Side,
}

/// Pairs to introduce: the newest needs first, each pair once, and none that was answered. `contacts`: who agreed to be contacted.
pub fn pairs(said: &Said, contacts: &HashSet<String>, answered: &Answered, most: usize) -> Vec<Pair> {
    let side = |place: usize| {
        let item = &said.items[place];
        Side { member_id: item.member_id.clone(), name: item.name.clone(), need: item.words() }
    };
    let mut pairs: Vec<Pair> = Vec::new();
    let mut known = answered.0.clone();
    let mut seen: Vec<&str> = Vec::new();
    for item in said.items.iter().filter(|item| contacts.contains(&item.member_id)) {
        if pairs.len() >= most || seen.len() >= COMPARED {
            break;
        }
        if seen.contains(&item.member_id.as_str()) {
            continue;
        }
        seen.push(&item.member_id);
        for (own, like) in said.with_similar_needs(&item.member_id, MOST_ALIKE) {
            let (one, other) = (side(own), side(like));
            let id = id(&one.member_id, &other.member_id);
            if contacts.contains(&other.member_id) && known.insert(id.clone()) {
                pairs.push(Pair { id, one, other });
            }
        }
    }
    pairs.truncate(most);
    pairs
}

/// Writes down what somebody did with a pair: it is shown no more. It is no contact of ours with either.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such member, [`AppError::Invalid`] when both are the same.
pub async fn answer(
    workspace: &Workspace,
    [one, other]: [&str; 2],
    outcome: Outcome,
    by: &str,
    now: Timestamp,
) -> AppResult<()> {
    if one == other {
        return Err(AppError::Invalid("both are the same member: name two".into()));
    }
    let first = by_hand::account(workspace, one).await?;
    by_hand::account(workspace, other).await?;
    let line = json!({
        "type": "task", "id": id(one, other), "kind": TASK, "assignee": by, "state": "done", "outcome": outcome,
        "identity": first, "done_at": now,
    });
    by_hand::write(workspace, vec![line], now).await
}
