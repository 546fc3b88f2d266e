//! Visits as rows of the table `flywheel_visits`: what the figures of friction, speed and momentum are made of.

use jiff::Timestamp;
use serde::Serialize;

use crate::definition::{Function, Segment};
use crate::machine::Machine;
use crate::physics::delight_until;
use crate::run::{How, Left, Run, RunKey, Visit};

/// What became of a visit as of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Became {
    /// Passed over: evidence of a later step came first.
    Implied,
    /// Still there, and in time, or nobody waits.
    Waiting,
    /// Still there past its service time.
    Stalled,
    /// Went on within the service time.
    InTime,
    /// Went on after it.
    Late,
    /// Went on from a step that nobody waits at.
    Advanced,
    /// Left the wheel.
    Lost,
    /// Sent back.
    Returned,
}

impl Became {
    /// Of a visit as of an instant.
    pub fn of(visit: &Visit, as_of: Timestamp) -> Self {
        if visit.how == How::Implied {
            return Self::Implied;
        }
        let left = visit.left_at().zip(visit.left).filter(|(at, _)| *at <= as_of);
        match (left, visit.due_at()) {
            (Some((_, Left::Lost)), _) => Self::Lost,
            (Some((_, Left::Returned)), _) => Self::Returned,
            (Some((_, Left::Advanced)), None) => Self::Advanced,
            (Some((at, Left::Advanced)), Some(due_at)) if at <= due_at => Self::InTime,
            (Some((_, Left::Advanced)), Some(_)) => Self::Late,
            (None, Some(due_at)) if due_at <= as_of => Self::Stalled,
            (None, _) => Self::Waiting,
        }
    }
}

/// A row of `flywheel_visits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the columns are public")]
pub struct VisitRow {
    pub run_id: String,
    /// Its place among the run's visits, from 1.
    pub visit: u32,
    pub flywheel: String,
    pub version: u32,
    pub member_id: String,
    pub step: String,
    pub segment: Segment,
    pub function: Function,
    /// The department that answers for the wait.
    pub owner: String,
    pub how: How,
    pub entered_at: Timestamp,
    /// Until when the step should take; null: nobody waits.
    pub due_at: Option<Timestamp>,
    pub left_at: Option<Timestamp>,
    pub became: Became,
    /// Why it went where it went.
    pub reason: Option<String>,
    /// Of a step of delight: when the run came to a step of another segment, or was lost or released; null: it has not.
    pub delight_until: Option<Timestamp>,
}

impl Machine {
    /// The visits of one run as rows, in their order, with what became of them by an instant.
    pub fn visit_rows(&self, member_id: &str, key: &RunKey, run: &Run, as_of: Timestamp) -> Vec<VisitRow> {
        let Some(definition) = self.definition(key) else { return Vec::new() };
        let run_id = key.run_id(member_id);
        let row = |(place, visit): (usize, &Visit)| {
            let step = &definition.steps[visit.step as usize];
            VisitRow {
                run_id: run_id.clone(),
                visit: place as u32 + 1,
                flywheel: definition.id.clone(),
                version: definition.version,
                member_id: member_id.to_owned(),
                step: step.id.clone(),
                segment: step.segment,
                function: step.function,
                owner: step.owner.clone(),
                how: visit.how,
                entered_at: visit.entered_at(),
                due_at: visit.due_at(),
                left_at: visit.left_at(),
                became: Became::of(visit, as_of),
                reason: visit.reason.as_deref().map(str::to_owned),
                delight_until: delight_until(definition, run, place),
            }
        };
        run.visits.iter().enumerate().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::made::{day, visit};

    #[test]
    fn what_became_of_a_visit_depends_on_the_instant() {
        let due = |left| visit(0, 0.0, Some(2.0), left);
        let of = |visit: &Visit, days| Became::of(visit, day(days));
        assert_eq!(of(&due(None), 1.0), Became::Waiting);
        assert_eq!(of(&due(None), 2.0), Became::Stalled);
        let late = due(Some((3.0, Left::Advanced)));
        assert_eq!((of(&late, 2.5), of(&late, 3.0)), (Became::Stalled, Became::Late));
        assert_eq!(of(&due(Some((2.0, Left::Advanced))), 9.0), Became::InTime);
        assert_eq!(of(&due(Some((1.0, Left::Lost))), 9.0), Became::Lost);
        assert_eq!(of(&due(Some((5.0, Left::Returned))), 9.0), Became::Returned);
        assert_eq!(of(&visit(0, 0.0, None, Some((5.0, Left::Advanced))), 9.0), Became::Advanced);
        let implied = Visit::new(0, How::Implied, day(0.0), None);
        assert_eq!(of(&implied, 9.0), Became::Implied);
    }
}
