//! What an answer says beside that a task is done: roles that people are given and lose, and what champions did. Lines as from
//! an export, so that all that rests on roles and activities follows at once.

use axle_model::interchange::FactKind;
use axle_store::fact::{self, FactRow};
use axle_store::member;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{AppResult, Workspace, by_hand, figures, roles};

/// Outcomes that give a role: flywheel, outcome, role.
const GIVE: [(&str, &str, &str); 2] =
    [("deal_champions", "appointed", "deal_champion"), ("key_account_champions", "named", "key_member")];

/// Answers that end roles: flywheel, task (empty: any), outcome, roles.
const END: [(&str, &str, &str, &[&str]); 4] = [
    ("deal_champions", "", "asked_to_stop", &["deal_champion"]),
    ("deal_champions", "champion_lost", super::DONE, &["deal_champion"]),
    ("key_account_champions", "champion_left", super::DONE, &["key_member"]),
    ("champion_health", "", "released", &["champion", "deal_champion"]),
];

/// What champions did, as the task to log it is answered: an activity of theirs.
const ACT: [(&str, &str); 2] =
    [("spoke for us", "champion:internal_advocacy:done"), ("introduced us", "champion:intro:made")];

/// What follows from an answer.
#[derive(Debug, Default)]
pub(super) struct Follows {
    /// Lines of ours.
    pub(super) lines: Vec<Value>,
    /// Roles that a source states and that end: what it says again is not heard, what it says anew is.
    pub(super) ended: Vec<FactRow>,
}

/// What follows from a task's line with its answer.
///
/// # Errors
/// [`crate::AppError::Invalid`] when it gives a role to whom it needs the consent of, and there is none.
pub(super) async fn of(
    workspace: &Workspace,
    member_id: &str,
    answered: &Map<String, Value>,
    now: Timestamp,
) -> AppResult<Follows> {
    let mut follows = of_roles(workspace, member_id, answered, now).await?;
    let (task, outcome) = (said(answered, "kind"), said(answered, "outcome"));
    if let Some((_, activity)) = ACT.iter().find(|(word, _)| task == "log_acts" && outcome == *word) {
        follows.lines.push(json!({
            "type": "activity", "id": format!("task:{}", said(answered, "id")), "activity": activity, "at": now,
            "actor": by_hand::account(workspace, member_id).await?,
        }));
    }
    Ok(follows)
}

/// Roles that follow. One that is held already is not given again, and needs the consent all the same: without it the run waits.
async fn of_roles(
    workspace: &Workspace,
    member_id: &str,
    answered: &Map<String, Value>,
    now: Timestamp,
) -> AppResult<Follows> {
    let [flywheel, task, outcome] = ["flywheel", "kind", "outcome"].map(|name| said(answered, name));
    let given = GIVE.iter().find(|(of, word, _)| (*of, *word) == (flywheel, outcome)).map(|(.., role)| *role);
    let ended = END
        .iter()
        .filter(|(of, at, word, _)| (*of, *word) == (flywheel, outcome) && (at.is_empty() || *at == task))
        .flat_map(|(.., roles)| *roles)
        .collect::<Vec<_>>();
    if given.is_none() && ended.is_empty() {
        return Ok(Follows::default());
    }
    let consent = match given {
        Some(role) => roles::consent_for(workspace, member_id, role, now).await?,
        None => None,
    };
    let organization = answered.get("organization").and_then(Value::as_str);
    let is_open = |row: &FactRow| row.fact.instant("to").is_none_or(|to| to > now);
    let mut open = held(workspace, member_id).await?;
    let numbers = workspace.numbers().read().await;
    // Several ids may be those of one organization.
    let is_there = |row: &FactRow| {
        let stated = row.fact.text("organization");
        let known = stated.and_then(|id| numbers.found.of_account(&row.source, id));
        organization.is_none_or(|id| stated == Some(id) || (known.is_some() && known == numbers.found.find(id)))
    };
    open.retain(|row| is_open(row) && is_there(row));
    drop(numbers);
    let has = |row: &FactRow, role: &str| row.fact.text("role") == Some(role);
    let mut follows = Follows::default();
    let known = given.filter(|role| open.iter().any(|row| has(row, role)));
    let is_held = match known {
        Some(role) => holds(workspace, member_id, (role, organization), now).await?,
        None => false,
    };
    if let Some(role) = given.filter(|_| !is_held) {
        let mut line = json!({
            "type": "role", "identity": by_hand::account(workspace, member_id).await?, "role": role, "from": now,
            "by": answered.get("assignee"),
        });
        for (field, value) in [("organization", organization), ("consent", consent.as_deref())] {
            if let Some(value) = value {
                line[field] = json!(value);
            }
        }
        follows.lines.push(line);
    }
    for mut row in open.into_iter().filter(|row| ended.iter().any(|role| has(row, role))) {
        if row.source == by_hand::SOURCE {
            row.fact.body.insert("to".into(), json!(now));
            row.fact.body.insert("type".into(), json!("role"));
            follows.lines.push(Value::Object(row.fact.body));
        } else {
            follows.ended.push(row);
        }
    }
    Ok(follows)
}

/// Whether they hold a role: one that nobody has ended may have ended with their time at the organization.
async fn holds(
    workspace: &Workspace,
    member_id: &str,
    (role, organization): (&str, Option<&str>),
    now: Timestamp,
) -> AppResult<bool> {
    let there =
        organization.map(|id| format!("and organization_id = '{}'", id.replace('\'', "''"))).unwrap_or_default();
    let query = format!(
        "select role from held_roles where member_id = '{member_id}' and role = '{role}' {there}
         and \"from\" <= '{now}' and coalesce(\"to\" > '{now}', true)"
    );
    Ok(!figures::records::<Value>(workspace, &query, now).await?.is_empty())
}

/// A field of a line that holds text; empty without one.
fn said<'a>(line: &'a Map<String, Value>, name: &str) -> &'a str {
    line.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What is known of a member's roles.
async fn held(workspace: &Workspace, member_id: &str) -> AppResult<Vec<FactRow>> {
    let Ok(id) = member_id.parse::<uuid::Uuid>() else { return Ok(Vec::new()) };
    let db = workspace.db();
    let Some(member) = member::by_id(db, id.as_bytes()).await? else { return Ok(Vec::new()) };
    Ok(fact::about(db, FactKind::ROLE, member.member_number).await?)
}
