//! Friction (S100): of the units whose service time at a step is over, the share that was not through in time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{DAY_SECONDS, Ratio, Unit, Window, left_by, passed_visits, seconds};
use crate::definition::Definition;
use crate::run::Left;

/// One step's units whose service time is over. Those that it was implied for are not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StepFriction {
    /// Number of the step.
    pub step: u16,
    /// All of them; the others add up to it.
    pub entered: u64,
    /// Went on in time.
    pub in_time: u64,
    /// Went on, but late.
    pub late: u64,
    /// Still there.
    pub stalled: u64,
    /// Left the wheel.
    pub lost: u64,
    /// Were sent back.
    pub returned: u64,
    /// Unit-days beyond the service time, of all units: S100's time friction.
    pub late_days: f64,
}

impl StepFriction {
    /// 1 less the share that went on in time. `None` without units.
    pub fn share(&self) -> Option<f64> {
        self.part(self.late + self.stalled + self.lost + self.returned)
    }

    /// The share of some of its units: the parts of [`StepFriction::share`] sum to it.
    pub fn part(&self, units: u64) -> Option<f64> {
        (self.entered > 0).then(|| units as f64 / self.entered as f64)
    }

    /// Units that the step has cost anything: lost, sent back, stalled or late.
    pub fn hampered(&self) -> u64 {
        self.late + self.stalled + self.lost + self.returned
    }

    /// Of those who entered, those that went on, in time or late.
    pub fn conversion(&self) -> Ratio {
        Ratio { numerator: self.in_time + self.late, denominator: self.entered }
    }

    fn add(&mut self, other: &Self) {
        self.entered += other.entered;
        self.in_time += other.in_time;
        self.late += other.late;
        self.stalled += other.stalled;
        self.lost += other.lost;
        self.returned += other.returned;
        self.late_days += other.late_days;
    }
}

/// Friction of each step, as of an instant, of the visits that were due in a window. A step without service time has
/// no units here.
pub fn friction(definition: &Definition, units: &[Unit], window: Window, as_of: Timestamp) -> Vec<StepFriction> {
    let mut steps: Vec<StepFriction> =
        (0..definition.steps.len()).map(|step| StepFriction { step: step as u16, ..StepFriction::default() }).collect();
    for (_, visit) in passed_visits(units) {
        let Some(due_at) = visit.due_at().filter(|due_at| window.contains(*due_at) && *due_at <= as_of) else {
            continue;
        };
        let step = &mut steps[visit.step as usize];
        step.entered += 1;
        let left = left_by(visit, as_of);
        match left {
            Some((at, Left::Advanced)) if at <= due_at => step.in_time += 1,
            Some((_, Left::Advanced)) => step.late += 1,
            Some((_, Left::Lost)) => step.lost += 1,
            Some((_, Left::Returned)) => step.returned += 1,
            None => step.stalled += 1,
        }
        let until = left.map_or(as_of, |(at, _)| at);
        step.late_days += seconds(due_at, until).max(0.0) / DAY_SECONDS;
    }
    steps
}

/// Of each step, as of an instant: how many ever went on of those that had left it by then or should have. A step without service
/// time has those that left it.
pub fn went_on(definition: &Definition, units: &[Unit], as_of: Timestamp) -> Vec<Ratio> {
    let mut steps = vec![Ratio { numerator: 0, denominator: 0 }; definition.steps.len()];
    for (_, visit) in passed_visits(units) {
        let left = left_by(visit, as_of);
        if left.is_some() || visit.due_at().is_some_and(|due_at| due_at <= as_of) {
            let step = &mut steps[usize::from(visit.step)];
            step.denominator += 1;
            step.numerator += u64::from(left.is_some_and(|(_, how)| how == Left::Advanced));
        }
    }
    steps
}

/// The whole wheel's: 1 less the product of what each step lets through in time. `None` when no step has units.
pub fn whole_friction(steps: &[StepFriction]) -> Option<f64> {
    let shares: Vec<f64> = steps.iter().filter_map(StepFriction::share).collect();
    (!shares.is_empty()).then(|| 1.0 - shares.iter().map(|share| 1.0 - share).product::<f64>())
}

/// Unit-days beyond service times, of all steps.
pub fn time_friction_days(steps: &[StepFriction]) -> f64 {
    steps.iter().map(|step| step.late_days).sum()
}

/// Steps, each with who answers for it, added up by these; `step` says nothing there. Whose steps had no unit is left out.
pub fn by_owner<'a>(steps: impl IntoIterator<Item = (&'a str, &'a StepFriction)>) -> BTreeMap<String, StepFriction> {
    let mut owners: BTreeMap<String, StepFriction> = BTreeMap::new();
    for (owner, step) in steps.into_iter().filter(|(_, step)| step.entered > 0) {
        owners.entry(owner.to_owned()).or_default().add(step);
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::super::made::{day, run, visit};
    use super::*;
    use crate::run::{How, Run, State};

    fn definition() -> Definition {
        let text = r#"
            title = "T"
            question = "Q?"
            unit = "member"
            [[step]]
            id = "one"
            title = "One"
            segment = "attract"
            owner = "community"
            enter = { fact = "joined" }
            [[step]]
            id = "two"
            title = "Two"
            segment = "delight"
            owner = "sales"
            enter = { fact = "attended" }
        "#;
        Definition::parse("x", text).unwrap()
    }

    fn always() -> Window {
        Window { from: Timestamp::MIN, to: Timestamp::MAX }
    }

    fn of(runs: &[Run], as_of: f64) -> Vec<StepFriction> {
        let units: Vec<Unit> = runs.iter().map(|run| Unit { id: "m", run }).collect();
        friction(&definition(), &units, always(), day(as_of))
    }

    /// The worked example of S100: of 40 units 26 in time, 6 late, 5 stalled, 3 lost.
    #[test]
    fn forty_units() {
        let mut runs = Vec::new();
        let mut add = |count, left| {
            for _ in 0..count {
                runs.push(run(vec![visit(0, 0.0, Some(2.0), left)], State::Active));
            }
        };
        add(26, Some((1.0, Left::Advanced)));
        add(6, Some((4.0, Left::Advanced)));
        add(5, None);
        add(3, Some((1.0, Left::Lost)));
        let steps = of(&runs, 10.0);
        assert_eq!(steps[0].share(), Some(0.35));
        assert_eq!([6, 5, 3].map(|units| steps[0].part(units).unwrap()), [0.15, 0.125, 0.075]);
        // 6 were late by 2 days, 5 still are by 8.
        assert!((time_friction_days(&steps) - 52.0).abs() < 1e-9);
        assert_eq!(steps[1].share(), None);
        assert_eq!(whole_friction(&steps), Some(0.35));
        assert_eq!(whole_friction(&of(&[], 1.0)), None);
    }

    #[test]
    fn only_what_was_due_counts_and_nothing_that_was_implied() {
        let mut implied = visit(0, 0.0, Some(2.0), Some((0.0, Left::Advanced)));
        implied.how = How::Implied;
        let open = visit(1, 0.0, Some(5.0), None);
        let runs = [run(vec![implied, open], State::Active)];
        assert_eq!(of(&runs, 4.9).iter().map(|step| step.entered).sum::<u64>(), 0);
        let steps = of(&runs, 5.0);
        assert_eq!((steps[0].entered, steps[1].stalled), (0, 1));
        // As of day 3 nobody knows that it will have gone on at day 4.
        let late = [run(vec![visit(0, 0.0, Some(2.0), Some((4.0, Left::Advanced)))], State::Active)];
        assert_eq!((of(&late, 3.0)[0].stalled, of(&late, 4.0)[0].late), (1, 1));
    }

    /// Of four at the first step one went on before it was due, one left, one is late, and one still has time; at the second, where
    /// nobody waits, one went on and one is there.
    #[test]
    fn who_left_or_is_late_tells_how_many_go_on() {
        let first = |left| run(vec![visit(0, 0.0, Some(5.0), left)], State::Active);
        let mut runs = vec![first(Some((1.0, Left::Advanced))), first(Some((2.0, Left::Lost))), first(None)];
        runs.push(run(vec![visit(0, 3.0, Some(8.0), None)], State::Active));
        runs.push(run(vec![visit(1, 0.0, None, Some((1.0, Left::Advanced)))], State::Completed));
        runs.push(run(vec![visit(1, 0.0, None, None)], State::Active));
        let units: Vec<Unit> = runs.iter().map(|run| Unit { id: "m", run }).collect();
        let told = |as_of| {
            went_on(&definition(), &units, day(as_of))
                .iter()
                .map(|one| (one.numerator, one.denominator))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(6.0), [(1, 3), (1, 1)]);
        // As of day 1.5 nobody knows that one will be lost.
        assert_eq!(told(1.5), [(1, 1), (1, 1)]);
    }

    /// Two steps of 0.5 and 0.2 leave 0.5 x 0.8 in time.
    #[test]
    fn steps_multiply_and_owners_add_up() {
        let mut runs = Vec::new();
        for number in 0..10 {
            let first = if number < 5 { Left::Advanced } else { Left::Returned };
            let second = if number < 8 { Left::Advanced } else { Left::Lost };
            let visits =
                vec![visit(0, 0.0, Some(2.0), Some((1.0, first))), visit(1, 1.0, Some(3.0), Some((2.0, second)))];
            runs.push(run(visits, State::Completed));
        }
        let steps = of(&runs, 10.0);
        assert!((whole_friction(&steps).unwrap() - 0.6).abs() < 1e-12);
        let definition = definition();
        let owners = by_owner(steps.iter().map(|step| (&*definition.steps[step.step as usize].owner, step)));
        assert_eq!(owners["community"].returned, 5);
        assert_eq!(owners["sales"].share(), Some(0.2));
    }
}
