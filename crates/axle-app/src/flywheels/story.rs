//! One run with all that is known of it: its visits, what they rest on, who decided, and what is to be done.

use std::collections::HashMap;

use axle_flywheel::{EvidenceRow, RunRow, VisitRow};
use serde::Serialize;
use serde_json::Value;

use super::{Runs, Wanted};
use crate::{AppError, AppResult, Workspace};

/// A run, told from its first step on.
#[derive(Debug, Clone, Serialize)]
pub struct Story {
    /// The run.
    pub run: RunRow,
    /// Its steps, in the order in which it came to them.
    pub visits: Vec<VisitRow>,
    /// What they rest on, in the order in which it came.
    pub evidence: Vec<EvidenceRow>,
    /// What somebody should do now.
    pub tasks: Vec<Wanted>,
}

/// What evidence says for itself.
#[derive(Debug, Clone, Default)]
pub struct Doing {
    /// Its type, of an activity.
    pub activity_type: Option<String>,
    /// Where.
    pub channel: Option<String>,
    /// Title, else text.
    pub words: Option<String>,
    /// Where it can be read.
    pub url: Option<String>,
}

impl Runs {
    /// One run with all that is known of it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none of that id.
    pub fn story(&self, run_id: &str) -> AppResult<Story> {
        let missing = || AppError::NotFound(format!("there is no run `{run_id}`"));
        let detail = self.run(run_id)?;
        let member_id = &detail.run.member_id;
        let member = self.members.get(member_id).ok_or_else(missing)?;
        let (key, run) =
            self.machine.runs(member).find(|(key, _)| key.run_id(member_id) == run_id).ok_or_else(missing)?;
        let tasks = self.machine.tasks_at(member, self.as_of).into_iter().filter(|task| task.run == key);
        let wanted = |task| Wanted { member_id: member_id.clone(), run_id: run_id.to_owned(), task };
        Ok(Story {
            visits: self.machine.visit_rows(member_id, &key, run, self.as_of),
            tasks: tasks.map(wanted).collect(),
            run: detail.run,
            evidence: detail.evidence,
        })
    }
}

/// A run of a member, as their page names it.
#[derive(Debug, Clone)]
pub struct Position {
    /// The run.
    pub run: RunRow,
    /// Title of its flywheel.
    pub flywheel: String,
    /// Title of the step where it is, or ended.
    pub step: String,
}

impl Runs {
    /// Where a member stands in the flywheels and stood: open runs first, then the latest to end.
    pub fn of_member(&self, member_id: &str) -> Vec<Position> {
        let Some(member) = self.members.get(member_id) else { return Vec::new() };
        let rows = self.machine.run_rows(member_id, member);
        let mut found: Vec<Position> = rows.into_iter().filter_map(|run| self.position(run)).collect();
        found.sort_by_key(|position| {
            let run = &position.run;
            (run.ended_at.is_some(), std::cmp::Reverse(run.ended_at.unwrap_or(run.entered_at)))
        });
        found
    }

    fn position(&self, run: RunRow) -> Option<Position> {
        let definition = self.machine.definitions().iter().find(|known| known.id == run.flywheel)?;
        let step = definition.steps.iter().find(|step| step.id == run.step)?;
        Some(Position { flywheel: definition.title.clone(), step: step.title.clone(), run })
    }
}

/// What rows of evidence say for themselves where it is more than that they are there: kinds of facts, and where their words are.
const WORDS: [(&[&str], &str); 8] = [
    (&["signal"], "select signal_id as id, quote as words from signals"),
    (
        &["attended", "kickoff", "value", "depth", "taught"],
        "select concat(source, '/', event_id) as id, name as words from events",
    ),
    (&["deal"], "select concat(source, '/', deal_id, ':closed') as id, name as words from deals"),
    (&["deal"], "select concat(source, '/', deal_id, ':open') as id, name as words from deals"),
    (
        &["used", "activated"],
        "select product_event_id as id, concat(name, coalesce(', ' || feature, '')) as words from product_events",
    ),
    (&["concern", "feedback"], "select feedback_id as id, text as words from feedback"),
    (
        &["consent"],
        "select consent_id as id, concat(replace(kind, '_', ' '), coalesce(', in ' || channel, '')) as words from consents",
    ),
    (
        &["decided", "introduced", "contacted", "met"],
        "select task_id as id, concat(replace(outcome, '_', ' '), coalesce(': ' || replace(reason, '_', ' '), '')) as words
         from tasks where outcome is not null",
    ),
];

/// What became of a hand-off says the end of the evidence's id: `lead-1:sent`.
const HAND_OFF: [(&str, &str); 5] = [
    (":sent", "sent to sales"),
    (":opened", "opened by sales"),
    (":accepted", "accepted by sales"),
    (":returned", "given back"),
    (":told", "the member knows who will write to them"),
];

/// The activities among rows of evidence, and what else says more than its id, by id.
///
/// # Errors
/// When the tables cannot be read.
pub async fn doings(workspace: &Workspace, evidence: &[EvidenceRow]) -> AppResult<HashMap<String, Doing>> {
    if evidence.is_empty() {
        return Ok(HashMap::new());
    }
    let quoted: Vec<String> = evidence.iter().map(|row| format!("'{}'", row.evidence_id.replace('\'', "''"))).collect();
    let ids = quoted.join(", ");
    let mut query = format!(
        "select activity_id, activity_type, channel, coalesce(title, text), url from activities where activity_id in ({ids})"
    );
    for (kinds, words) in WORDS {
        if evidence.iter().any(|row| kinds.contains(&row.kind.as_str())) {
            query
                .push_str(&format!(" union all select id, null, null, words, null from ({words}) where id in ({ids})"));
        }
    }
    let table = workspace.analytics().sql(&query, 4 * evidence.len()).await?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let doing = |row: Vec<Value>| {
        let [id, activity_type, channel, words, url] = &row[..] else { return None };
        let doing =
            Doing { activity_type: text(activity_type), channel: text(channel), words: text(words), url: text(url) };
        Some((text(id)?, doing))
    };
    let mut found: HashMap<String, Doing> = table.rows.into_iter().filter_map(doing).collect();
    for row in evidence.iter().filter(|row| matches!(row.kind.as_str(), "hand_off" | "introduced")) {
        if let Some((_, words)) = HAND_OFF.iter().find(|(end, _)| row.evidence_id.ends_with(end)) {
            found.entry(row.evidence_id.clone()).or_default().words = Some((*words).to_owned());
        }
    }
    Ok(found)
}
