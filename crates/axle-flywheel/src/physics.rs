//! The wheels in numbers: turns, weight, speed, friction, momentum, and where to push next. Pure functions over runs.
//!
//! Figures are `None` when not defined: never 0 for want of a denominator.

mod advice;
mod friction;
mod motion;
mod segments;

use jiff::Timestamp;

use crate::run::{How, Left, Run, Visit};

pub use advice::{LostValue, held_against, lost_values, lost_values_knowing, push_next};
pub use friction::{StepFriction, by_owner, friction, time_friction_days, went_on, whole_friction};
pub use motion::{
    Cause, Momentum, Push, Speed, Weight, advances, growth, loop_back, momentum, self_propelled, speed, turn_time,
    turns, unit_weeks, weight,
};
pub use segments::{Passed, bottleneck, passed};

pub(crate) use motion::delight_until;

/// A share or rate with what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Ratio {
    /// Of these …
    pub numerator: u64,
    /// … among those.
    pub denominator: u64,
}

impl Ratio {
    /// The quotient; `None` without a denominator.
    pub fn value(self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 / self.denominator as f64)
    }
}

/// One run of one unit; all of them of one flywheel.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// The member, or whatever goes round.
    pub id: &'a str,
    /// Their run.
    pub run: &'a Run,
}

/// A stretch of time, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From this instant on …
    pub from: Timestamp,
    /// … to before this one.
    pub to: Timestamp,
}

impl Window {
    /// Whether an instant lies in it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// Its length in weeks of seven times 24 hours.
    pub fn weeks(self) -> f64 {
        seconds(self.from, self.to) / WEEK_SECONDS
    }
}

const DAY_SECONDS: f64 = 86_400.0;
const WEEK_SECONDS: f64 = 7.0 * DAY_SECONDS;

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64()
}

/// Visits that were not passed over.
fn passed_visits<'a>(units: &'a [Unit<'a>]) -> impl Iterator<Item = (&'a Unit<'a>, &'a Visit)> {
    units.iter().flat_map(|unit| {
        unit.run.visits.iter().filter(|visit| visit.how != How::Implied).map(move |visit| (unit, visit))
    })
}

/// How a visit was left as of an instant; `None`: it goes on.
fn left_by(visit: &Visit, as_of: Timestamp) -> Option<(Timestamp, Left)> {
    visit.left_at().zip(visit.left).filter(|(at, _)| *at <= as_of)
}

#[cfg(test)]
pub(crate) mod made {
    //! Runs for tests, written down as visits.

    use jiff::{SignedDuration, Timestamp};

    use crate::run::{How, Left, Run, State, Visit};

    /// So many days after the beginning of 2026, UTC.
    pub(crate) fn day(days: f64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs((days * 86_400.0) as i64)
    }

    /// A visit of a step: from, due, and until when and how.
    pub(crate) fn visit(step: u16, from: f64, due: Option<f64>, left: Option<(f64, Left)>) -> Visit {
        let visit = Visit::new(step, How::Entered, day(from), due.map(day));
        match left {
            Some((at, how)) => visit.until(day(at), Some(how), None),
            None => visit,
        }
    }

    pub(crate) fn run(visits: Vec<Visit>, state: State) -> Run {
        let ended_at = visits.last().and_then(Visit::left_at).filter(|_| !state.is_open());
        Run { visits, state, ended_at, reason: None, evidence: Vec::new(), left_by: None }
    }
}
