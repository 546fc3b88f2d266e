//! What turns, how heavy it is, how fast, by whose push, and whether it feeds itself and grows (S97 to S99, S101, S102, S104).

use std::collections::{BTreeMap, BTreeSet};

use axle_model::km::{Observation, Survival};
use axle_model::virality::customers_after;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{DAY_SECONDS, Ratio, Unit, WEEK_SECONDS, Window, left_by, passed_visits, seconds};
use crate::definition::{Definition, Segment};
use crate::run::{How, Left, Run, State, Visit};

/// Something that a team did to move units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// When.
    pub at: Timestamp,
    /// `content`, `event`, `campaign`, `outreach`, `team_answer`, `invitation`, `cs_touch`, `signpost`.
    pub kind: String,
    /// What was pushed: one object counts once of each kind.
    pub object: String,
    /// Where.
    pub channel: String,
    /// Whom it addressed.
    pub subjects: Vec<String>,
}

/// How long a push is taken to work.
const PUSH_DAYS: i64 = 14;

/// Turns (S97) completed in a window: units that passed from the first step to the last.
pub fn turns(units: &[Unit], window: Window) -> u64 {
    let completed = units.iter().filter(|unit| unit.run.state == State::Completed);
    completed.filter(|unit| unit.run.ended_at.is_some_and(|at| window.contains(at))).count() as u64
}

/// How long turns take, in seconds: what is still open is censored as of the instant, what left when it left.
pub fn turn_time(units: &[Unit], as_of: Timestamp) -> Survival {
    let begun = units.iter().filter(|unit| unit.run.opened_at() <= as_of);
    let observations: Vec<Observation> = begun
        .map(|unit| {
            let ended_at = unit.run.ended_at.filter(|at| *at <= as_of);
            let time = seconds(unit.run.opened_at(), ended_at.unwrap_or(as_of)).max(0.0) as u64;
            Observation { time, happened: ended_at.is_some() && unit.run.state == State::Completed }
        })
        .collect();
    Survival::estimate(&observations)
}

/// Weight (S98): units that reached a step of delight, and how many of them are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Weight {
    /// Units, each once.
    pub reached: u64,
    /// Of those, retained: the weight. A unit that left delight again is none of them.
    pub retained: u64,
}

/// The weight as of an instant, from what happened before it. `is_retained` says whether a unit took part or used the product in the 90 days before. A unit
/// weighs by the step of delight that it came to last.
pub fn weight(definition: &Definition, units: &[Unit], as_of: Timestamp, is_retained: impl Fn(&str) -> bool) -> Weight {
    let mut last: BTreeMap<&str, (Timestamp, bool)> = BTreeMap::new();
    for unit in units {
        for (place, visit) in unit.run.visits.iter().enumerate() {
            if visit.entered_at() >= as_of || !is_delighted(definition, visit) {
                continue;
            }
            let is_there = delight_until(definition, unit.run, place).is_none_or(|until| until >= as_of);
            let (entered_at, stays) = last.entry(unit.id).or_insert((visit.entered_at(), is_there));
            if visit.entered_at() >= *entered_at {
                (*entered_at, *stays) = (visit.entered_at(), is_there);
            }
        }
    }
    let retained = last.iter().filter(|(id, (_, is_there))| *is_there && is_retained(id)).count() as u64;
    Weight { reached: last.len() as u64, retained }
}

/// Of a visit of a step of delight: when its run came to a step of another segment after it, or was lost or released. `None`: it has
/// not, or the visit is of another step.
pub(crate) fn delight_until(definition: &Definition, run: &Run, place: usize) -> Option<Timestamp> {
    if !is_delighted(definition, &run.visits[place]) {
        return None;
    }
    let is_other = |visit: &&Visit| visit.how != How::Implied && !is_delighted(definition, visit);
    let gone = || run.ended_at.filter(|_| matches!(run.state, State::Lost | State::Released));
    run.visits[place + 1..].iter().find(is_other).map(Visit::entered_at).or_else(gone)
}

/// Whether a visit is of a step of delight, and not passed over.
fn is_delighted(definition: &Definition, visit: &Visit) -> bool {
    visit.how != How::Implied && definition.steps[visit.step as usize].segment == Segment::Delight
}

/// Advances in a window: who, from which step, when. Going through the last step is one.
pub fn advances<'a>(units: &'a [Unit<'a>], window: Window) -> impl Iterator<Item = (&'a str, u16, Timestamp)> {
    passed_visits(units).filter_map(move |(unit, visit)| {
        let (at, left) = left_by(visit, Timestamp::MAX)?;
        (left == Left::Advanced && window.contains(at)).then_some((unit.id, visit.step, at))
    })
}

/// How long units were in the wheel within a window, in weeks, added up.
pub fn unit_weeks(units: &[Unit], window: Window) -> f64 {
    let weeks = units.iter().map(|unit| {
        let from = unit.run.opened_at().max(window.from);
        let to = unit.run.ended_at.unwrap_or(Timestamp::MAX).min(window.to);
        seconds(from, to).max(0.0) / WEEK_SECONDS
    });
    weeks.sum()
}

/// Speed (S99) in a window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Speed {
    /// Pushes, one of a kind and object.
    pub pushes: u64,
    /// Pushes a week.
    pub pushes_per_week: f64,
    /// Channels that were pushed.
    pub channels: u64,
    /// New units whose last 14 days held a push to them, for each push.
    pub entrants_per_push: Ratio,
    /// Completed turns a week.
    pub turns_per_week: f64,
}

/// The speed in a window. `None` for a window without length.
pub fn speed(units: &[Unit], pushes: &[Push], window: Window) -> Option<Speed> {
    let weeks = Some(window.weeks()).filter(|weeks| *weeks > 0.0)?;
    let within: Vec<&Push> = pushes.iter().filter(|push| window.contains(push.at)).collect();
    let distinct: BTreeSet<(&str, &str)> = within.iter().map(|push| (&*push.kind, &*push.object)).collect();
    let channels: BTreeSet<&str> = within.iter().map(|push| &*push.channel).collect();
    let entered = units.iter().filter(|unit| window.contains(unit.run.opened_at()));
    let led = entered.filter(|unit| is_pushed(pushes, unit.id, unit.run.opened_at())).count() as u64;
    let count = distinct.len() as u64;
    Some(Speed {
        pushes: count,
        pushes_per_week: count as f64 / weeks,
        channels: channels.len() as u64,
        entrants_per_push: Ratio { numerator: led, denominator: count },
        turns_per_week: turns(units, window) as f64 / weeks,
    })
}

/// Whether a push addressed a unit in the 14 days before an instant.
fn is_pushed(pushes: &[Push], id: &str, at: Timestamp) -> bool {
    let from = at - SignedDuration::from_hours(PUSH_DAYS * 24);
    pushes.iter().any(|push| from <= push.at && push.at <= at && push.subjects.iter().any(|subject| subject == id))
}

/// Momentum (S101).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Momentum {
    /// Weight times advances a unit-week; `None` when no unit was in the wheel.
    pub value: Option<f64>,
    /// Advances in the window.
    pub advances: u64,
    /// Weeks that units were in the wheel.
    pub unit_weeks: f64,
    /// Advances for each push: pushing no harder, yet faster.
    pub output_per_push: Ratio,
}

/// The momentum in a window, of a weight as of its end. Its change over four weeks is that of two windows.
pub fn momentum(units: &[Unit], weight: Weight, pushes: &[Push], window: Window) -> Momentum {
    let advances = advances(units, window).count() as u64;
    let unit_weeks = unit_weeks(units, window);
    let distinct: BTreeSet<(&str, &str)> =
        pushes.iter().filter(|push| window.contains(push.at)).map(|push| (&*push.kind, &*push.object)).collect();
    Momentum {
        value: (unit_weeks > 0.0).then(|| weight.retained as f64 * advances as f64 / unit_weeks),
        advances,
        unit_weeks,
        output_per_push: Ratio { numerator: advances, denominator: distinct.len() as u64 },
    }
}

/// Self-propelled share (S102): advances without a push to that unit in the 14 days before.
pub fn self_propelled(units: &[Unit], pushes: &[Push], window: Window) -> Ratio {
    let mut ratio = Ratio { numerator: 0, denominator: 0 };
    for (id, _, at) in advances(units, window) {
        ratio.denominator += 1;
        ratio.numerator += u64::from(!is_pushed(pushes, id, at));
    }
    ratio
}

/// A new unit that a completed one brought: by referral, introduction, answer or teaching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The completed unit.
    pub by: String,
    /// The new one.
    pub entrant: String,
    /// When it entered.
    pub at: Timestamp,
}

/// Loop-back (S104): new units brought within the horizon, over units completed in the window whose horizon is over.
pub fn loop_back(units: &[Unit], causes: &[Cause], window: Window, horizon_days: i64, as_of: Timestamp) -> Ratio {
    let horizon = SignedDuration::from_hours(horizon_days * 24);
    let mut ratio = Ratio { numerator: 0, denominator: 0 };
    for unit in units.iter().filter(|unit| unit.run.state == State::Completed) {
        let Some(at) = unit.run.ended_at.filter(|at| window.contains(*at) && *at + horizon <= as_of) else { continue };
        ratio.denominator += 1;
        let brought: BTreeSet<&str> = causes
            .iter()
            .filter(|cause| cause.by == unit.id && at <= cause.at && cause.at <= at + horizon)
            .map(|cause| &*cause.entrant)
            .collect();
        ratio.numerator += brought.len() as u64;
    }
    ratio
}

/// Growth (S104), after D. Skok: how many units have been in the wheel after `days` for each that begins, when each brings
/// `loop_back` more within the time of a turn. `None` unless both are defined, a turn takes some time, and it can be counted.
pub fn growth(loop_back: Ratio, turn_seconds: Option<u64>, days: f64) -> Option<f64> {
    let grown = customers_after(1.0, loop_back.value()?, days, turn_seconds? as f64 / DAY_SECONDS);
    grown.filter(|units| units.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::made::{day, run, visit};
    use super::*;

    fn window(from: f64, to: f64) -> Window {
        Window { from: day(from), to: day(to) }
    }

    /// Through both steps: in at `from`, on after a day, out after `days`.
    fn through(from: f64, days: f64) -> Run {
        let first = visit(0, from, None, Some((from + 1.0, Left::Advanced)));
        run(vec![first, visit(1, from + 1.0, None, Some((from + days, Left::Advanced)))], State::Completed)
    }

    fn push(at: f64, object: &str, subject: &str) -> Push {
        Push {
            at: day(at),
            kind: "outreach".into(),
            object: object.into(),
            channel: "mail".into(),
            subjects: vec![subject.into()],
        }
    }

    /// The turns of golden G10, in hours: 1, 2, 4, 8, 20; censored at 10, 24, 30. Its median is 8 hours.
    #[test]
    fn turn_time_is_kaplan_meier() {
        let mut runs: Vec<Run> = [1.0, 2.0, 4.0, 8.0, 20.0].iter().map(|hours| through(0.0, hours / 24.0)).collect();
        let lost = visit(0, 0.0, None, Some((10.0 / 24.0, Left::Lost)));
        runs.push(run(vec![lost], State::Lost));
        runs.push(run(vec![visit(0, 6.0 / 24.0, None, None)], State::Active));
        runs.push(run(vec![visit(0, 0.0, None, None)], State::Active));
        let units: Vec<Unit> = runs.iter().map(|run| Unit { id: "m", run }).collect();
        assert_eq!(turn_time(&units, day(30.0 / 24.0)).median(), Some(8 * 3600));
        assert_eq!(turns(&units, window(0.0, 0.5)), 4);
    }

    #[test]
    fn motion_is_counted() {
        let definition = Definition::parse(
            "x",
            "title=\"T\"\nquestion=\"Q\"\nunit=\"m\"\n\
             [[step]]\nid=\"a\"\ntitle=\"A\"\nsegment=\"attract\"\nowner=\"community\"\nenter={fact=\"joined\"}\n\
             [[step]]\nid=\"b\"\ntitle=\"B\"\nsegment=\"delight\"\nowner=\"community\"\nenter={fact=\"attended\"}\n",
        )
        .unwrap();
        let runs = [through(0.0, 7.0), through(2.0, 5.0), run(vec![visit(0, 0.0, None, None)], State::Active)];
        let units: Vec<Unit> = runs.iter().zip(["ada", "bob", "cyd"]).map(|(run, id)| Unit { id, run }).collect();
        let two_weeks = window(0.0, 14.0);
        let weight = weight(&definition, &units, day(14.0), |id| id == "ada");
        assert_eq!(weight, Weight { reached: 2, retained: 1 });
        assert_eq!(advances(&units, two_weeks).count(), 4);
        // 7 and 5 days, and one that goes on for 14: 26 days.
        assert!((unit_weeks(&units, two_weeks) - 26.0 / 7.0).abs() < 1e-9);
        let pushes = [push(0.5, "o1", "ada"), push(0.6, "o1", "bob"), push(20.0, "o2", "ada")];
        let moved = momentum(&units, weight, &pushes, two_weeks);
        assert!((moved.value.unwrap() - 4.0 * 7.0 / 26.0).abs() < 1e-9);
        assert_eq!(moved.output_per_push.value(), Some(4.0));
        // Both were pushed before they went on.
        assert_eq!(self_propelled(&units, &pushes, two_weeks), Ratio { numerator: 0, denominator: 4 });
        assert_eq!(self_propelled(&units, &pushes[..1], two_weeks), Ratio { numerator: 2, denominator: 4 });
        assert_eq!(self_propelled(&units, &pushes, window(20.0, 30.0)).value(), None);
        let speed = speed(&units, &pushes, two_weeks).unwrap();
        // Only bob came after a push to him.
        assert_eq!(speed.entrants_per_push, Ratio { numerator: 1, denominator: 1 });
        assert_eq!((speed.pushes_per_week, speed.channels, speed.turns_per_week), (0.5, 1, 1.0));
    }

    /// From delight back to another step, then delighted again; lost out of delight; through it, and in another run not there yet.
    #[test]
    fn who_leaves_delight_weighs_no_longer() {
        let definition = Definition::parse(
            "x",
            "title=\"T\"\nquestion=\"Q\"\nunit=\"m\"\n\
             [[step]]\nid=\"a\"\ntitle=\"A\"\nsegment=\"delight\"\nowner=\"community\"\nenter={fact=\"joined\"}\n\
             [[step]]\nid=\"b\"\ntitle=\"B\"\nsegment=\"engage\"\nowner=\"community\"\nenter={fact=\"drop\"}\n",
        )
        .unwrap();
        let stay = |step, from, to| visit(step, from, None, Some((to, Left::Advanced)));
        let back = run(vec![stay(0, 0.0, 5.0), stay(1, 5.0, 8.0), visit(0, 8.0, None, None)], State::Active);
        let lost = run(vec![visit(0, 0.0, None, Some((6.0, Left::Lost)))], State::Lost);
        let through = run(vec![stay(0, 0.0, 2.0)], State::Completed);
        let again = run(vec![visit(1, 3.0, None, None)], State::Active);
        let runs = [("ada", &back), ("bob", &lost), ("cyd", &through), ("cyd", &again)];
        let units = runs.map(|(id, run)| Unit { id, run });
        let retained = |on| weight(&definition, &units, day(on), |_| true);
        assert_eq!(retained(4.0), Weight { reached: 3, retained: 3 });
        assert_eq!(retained(5.5), Weight { reached: 3, retained: 2 }, "without ada");
        assert_eq!(retained(7.0), Weight { reached: 3, retained: 1 }, "without bob");
        assert_eq!(retained(9.0), Weight { reached: 3, retained: 2 }, "ada is back");
    }

    #[test]
    fn loop_back_counts_those_brought_in_time() {
        let runs = [through(0.0, 10.0), through(0.0, 11.0), through(0.0, 95.0)];
        let units: Vec<Unit> = runs.iter().zip(["ada", "bob", "cyd"]).map(|(run, id)| Unit { id, run }).collect();
        let cause = |by: &str, entrant: &str, at| Cause { by: by.into(), entrant: entrant.into(), at: day(at) };
        let causes = [
            cause("ada", "x", 20.0),
            cause("ada", "x", 21.0),
            cause("ada", "y", 30.0),
            cause("bob", "z", 150.0),
            cause("cyd", "w", 96.0),
        ];
        // Of three completed, the horizon of two is over; they brought x and y in time.
        let ratio = loop_back(&units, &causes, window(0.0, 100.0), 90, day(120.0));
        assert_eq!(ratio, Ratio { numerator: 2, denominator: 2 });
        assert_eq!(loop_back(&units, &causes, window(200.0, 300.0), 90, day(500.0)).value(), None);
    }

    /// Golden G8: each unit brings two more a turn. Of 10 that begin come 20,470 in 20 days with turns of two days, 20,971,510 with
    /// turns of one.
    #[test]
    fn growth_is_that_of_loop_back_once_a_turn() {
        let of = |brought: u64, through: u64, turn_days: u64| {
            growth(Ratio { numerator: brought, denominator: through }, Some(turn_days * 86_400), 20.0)
        };
        let tenfold = |grown: Option<f64>| grown.map(|units| (10.0 * units).round());
        assert_eq!((tenfold(of(8, 4, 2)), tenfold(of(8, 4, 1))), (Some(20_470.0), Some(20_971_510.0)));
        // Each brings one: one more each turn. Each brings half a one: 1 + 1/2 + 1/4 after two turns.
        assert_eq!((of(3, 3, 10), of(2, 4, 10)), (Some(3.0), Some(1.75)));
        assert_eq!((of(0, 0, 10), of(1, 2, 0), of(u64::MAX, 1, 1)), (None, None, None));
        assert_eq!(growth(Ratio { numerator: 1, denominator: 2 }, None, 20.0), None);
    }
}
