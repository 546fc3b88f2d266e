//! One run with all that is known of it: its visits, what they rest on, who decided, and what is to be done.

use axle_flywheel::{EvidenceRow, RunRow, VisitRow};
use jiff::Timestamp;
use serde::Serialize;

use super::{Runs, Wanted};
use crate::AppResult;

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

impl Runs {
    /// One run with all that is known of it. `now`: an instant up to which nothing happened since.
    ///
    /// # Errors
    /// [`crate::AppError::NotFound`] when there is none of that id.
    pub fn story(&self, run_id: &str, now: Timestamp) -> AppResult<Story> {
        let detail = self.run(run_id)?;
        let (member_id, member, key, run) = self.find(run_id)?;
        let tasks = self.machine.tasks_at(member, now.max(self.as_of)).into_iter().filter(|task| task.run == key);
        let wanted = |task| Wanted { member_id: member_id.to_owned(), run_id: detail.run.run_id.clone(), task };
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

    /// Where a member stands in runs that are open and concern an organization: those at it, and those at none.
    pub(crate) fn open_at(&self, member_id: &str, organization_id: &str) -> Vec<Position> {
        let is_elsewhere = |run: &RunRow| {
            run.subject_kind == "member_organization"
                && run.subject_id.split_once('/').is_none_or(|(_, of)| of != organization_id)
        };
        let mut found = self.of_member(member_id);
        found.retain(|position| position.run.ended_at.is_none() && !is_elsewhere(&position.run));
        found
    }

    fn position(&self, run: RunRow) -> Option<Position> {
        let definition = self.machine.definitions().iter().find(|known| known.id == run.flywheel)?;
        let step = definition.steps.iter().find(|step| step.id == run.step)?;
        Some(Position { flywheel: definition.title.clone(), step: step.title.clone(), run })
    }
}
