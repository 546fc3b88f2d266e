//! What tasks need to know of the runs that want them: the definition, the step, and what it rests on.

use axle_flywheel::outcomes::Outcome;
use axle_flywheel::{Definition, EvidenceRow, RunKey};
use axle_model::time::{local_day, start_of_day};
use jiff::Timestamp;

use super::{Runs, Wanted};

/// A run as somebody sees it who is to do something for it.
pub(crate) struct Standing<'a> {
    /// Its flywheel.
    pub definition: &'a Definition,
    /// Number of the step where it is, or was at last.
    pub step: u16,
    /// Whether it still goes on.
    pub is_open: bool,
    /// What it rests on, the last first; none of what only a person decided.
    pub evidence: Vec<EvidenceRow>,
}

impl Standing<'_> {
    /// The decisions that move the run; none of one that is over.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        if self.is_open { self.definition.outcomes(self.step) } else { Vec::new() }
    }

    /// Title of the step.
    pub(crate) fn title(&self) -> &str {
        &self.definition.steps[usize::from(self.step)].title
    }
}

impl Runs {
    /// The run that a task is for.
    pub(crate) fn standing(&self, wanted: &Wanted) -> Option<Standing<'_>> {
        let member = self.members.get(&wanted.member_id)?;
        let key: &RunKey = &wanted.task.run;
        let (key, run) = self.machine.runs(member).find(|(other, _)| other == key)?;
        let mut evidence = self.machine.evidence_rows(&wanted.member_id, &key, run);
        evidence.reverse();
        Some(Standing {
            definition: self.machine.definition(&key)?,
            step: run.last().step,
            is_open: run.state.is_open(),
            evidence,
        })
    }

    /// The ids that members had before, by which links and notes of then name them, each with the member's id of now.
    pub(crate) fn former_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.former.iter().map(|(former, now)| (former.as_str(), now.as_str()))
    }

    /// Since when whoever has a task is told of it: since it begins, or since the alert that it answers was pushed. `None` while
    /// that is listed.
    pub(crate) fn told_at(&self, wanted: &Wanted) -> Option<Timestamp> {
        let (begins_at, zone) = (wanted.task.starts_at, self.machine.calendar().zone());
        match self.drops.answered_by(&wanted.member_id, &wanted.task.task, local_day(begins_at, zone)) {
            Some(alert) => Some(start_of_day(alert.pushed_on?, zone).max(begins_at)),
            None => Some(begins_at),
        }
    }

    /// When a task is due of which somebody was told at an instant: as long after that as it is after it begins otherwise.
    pub(crate) fn due_from(&self, wanted: &Wanted, told_at: Timestamp) -> Timestamp {
        let within = || {
            let mut path = wanted.task.task.split('/').skip(1);
            let (step, template) = (path.next()?, path.next()?);
            let step = self.machine.definition(&wanted.task.run)?.steps.iter().find(|one| one.id == step)?;
            step.tasks.iter().find(|one| one.id == template)?.within.or(step.within)
        };
        match within() {
            Some(within) if told_at > wanted.task.starts_at => self.machine.calendar().due(told_at, within),
            _ => wanted.task.due_at,
        }
    }

    /// By which attribute the runs of a task's step are kept apart: `organization`, `question` or another.
    pub(crate) fn kept_apart_by(&self, wanted: &Wanted) -> Option<&str> {
        let definition = self.machine.definition(&wanted.task.run)?;
        let leg = definition.step(&wanted.task.run.leg)?;
        definition.steps[usize::from(leg)].per.as_deref()
    }
}
