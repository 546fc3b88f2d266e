//! What tasks need to know of the runs that want them: the definition, the step, what it rests on, and why they are there again.

use axle_flywheel::outcomes::Outcome;
use axle_flywheel::{Definition, EvidenceRow, How, Run, RunKey};
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
    /// When it began.
    pub opened_at: Timestamp,
    /// What it rests on, the last first; none of what only a person decided.
    pub evidence: Vec<EvidenceRow>,
    /// How it came to the step again, if it did.
    pub again: Option<Again>,
}

/// How a run came to a step where it had been before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    /// What brought it there.
    pub by: AgainBy,
    /// When it came.
    pub at: Timestamp,
    /// A word of the flywheel.
    pub reason: Option<String>,
}

/// What brings a run to a step again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AgainBy {
    /// Sales gave the member back: the hand-off's id in the record.
    GivenBack(String),
    /// The hand-off to sales ended.
    Ended,
    /// It was sent back otherwise.
    SentBack,
    /// A rest was over on its day.
    Rested,
}

impl Again {
    /// `evidence`: that of the run, the last first.
    fn of(definition: &Definition, run: &Run, evidence: &[EvidenceRow]) -> Option<Self> {
        let visit = run.last();
        let is_of = |row: &EvidenceRow, step: u16| row.step == definition.steps[usize::from(step)].id;
        let by = match visit.how {
            How::Returned => {
                let left = run.visits.iter().rev().nth(1)?.step;
                let last = evidence.iter().find(|row| is_of(row, left) && row.kind == "hand_off");
                let id = last.map_or("", |row| row.evidence_id.as_str());
                match id.strip_suffix(":returned") {
                    Some(hand_off) => AgainBy::GivenBack(hand_off.to_owned()),
                    None if id.ends_with(":expired") => AgainBy::Ended,
                    None => AgainBy::SentBack,
                }
            }
            // A fact that woke it is told as what the step rests on.
            How::Woken if evidence.iter().all(|row| !is_of(row, visit.step) || row.at != visit.entered_at()) => {
                AgainBy::Rested
            }
            _ => return None,
        };
        Some(Self { by, at: visit.entered_at(), reason: run.reason.as_deref().map(str::to_owned) })
    }
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
        let (definition, is_open) = (self.machine.definition(&key)?, run.state.is_open());
        let again = if is_open { Again::of(definition, run, &evidence) } else { None };
        Some(Standing { definition, step: run.last().step, is_open, opened_at: run.opened_at(), evidence, again })
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
