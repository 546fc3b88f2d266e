//! One run with all that is known of it: its visits, what they rest on, who decided, and what is to be done.

use std::collections::HashMap;

use axle_flywheel::{EvidenceRow, RunRow, VisitRow};
use jiff::Timestamp;
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

/// An activity that is evidence.
#[derive(Debug, Clone)]
pub struct Doing {
    /// Its type.
    pub activity_type: String,
    /// Where.
    pub channel: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
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

/// The activities among rows of evidence, by id.
///
/// # Errors
/// When the tables cannot be read.
pub async fn doings(workspace: &Workspace, evidence: &[EvidenceRow]) -> AppResult<HashMap<String, Doing>> {
    let is_id = |id: &&str| id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let ids: Vec<String> =
        evidence.iter().map(|row| row.evidence_id.as_str()).filter(is_id).map(|id| format!("'{id}'")).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = format!(
        "select activity_id, activity_type, channel, occurred_at, coalesce(title, text), url from activities where activity_id in ({})",
        ids.join(", ")
    );
    let table = workspace.analytics().sql(&query, ids.len()).await?;
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let doing = |row: Vec<Value>| {
        let [id, activity_type, channel, at, words, url] = &row[..] else { return None };
        let doing = Doing {
            activity_type: text(activity_type)?,
            channel: text(channel),
            at: text(at).and_then(|at| at.parse().ok()),
            words: text(words),
            url: text(url),
        };
        Some((text(id)?, doing))
    };
    Ok(table.rows.into_iter().filter_map(doing).collect())
}
