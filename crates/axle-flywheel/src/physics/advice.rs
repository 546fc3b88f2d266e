//! Where to push next: the step that costs most, and whether last time's advice helped.

use serde::Serialize;

use super::{Ratio, StepFriction};

/// Of fewer units than these a share says little (C7).
const FEW_UNITS: u64 = 30;

/// What a step costs: its units lost or late, times the share of units after it that get through, times the value of one
/// that does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LostValue {
    /// The definition's id.
    pub flywheel: String,
    /// Number of the step.
    pub step: u16,
    /// Units lost, sent back, stalled or late.
    pub units: u64,
    /// The chance to get through from the next step on.
    pub downstream: f64,
    /// How many units tell that chance at each step after it, at least; `None`: there is none after it.
    pub downstream_of: Option<u64>,
    /// In the unit of the value of a completion.
    pub value: f64,
    /// The step's friction, to be held against later.
    pub share: f64,
}

/// What each step of one flywheel costs, the dearest first. `value` is that of one completion. A step without units
/// that were due neither costs anything nor lowers the chances of those before it.
pub fn lost_values(flywheel: &str, steps: &[StepFriction], value: f64) -> Vec<LostValue> {
    lost_values_knowing(flywheel, steps, &[], value)
}

/// The same, where it is known how many ever went on from each step ([`super::went_on`]): so many tell the chances of a step
/// at which fewer than 30 units were due.
pub fn lost_values_knowing(flywheel: &str, steps: &[StepFriction], ever: &[Ratio], value: f64) -> Vec<LostValue> {
    let (mut downstream, mut downstream_of) = (1.0, None);
    let mut lost = Vec::new();
    for step in steps.iter().rev() {
        if let Some(share) = step.share() {
            let units = step.hampered();
            let value = units as f64 * downstream * value;
            let (flywheel, step) = (flywheel.to_owned(), step.step);
            lost.push(LostValue { flywheel, step, units, downstream, downstream_of, value, share });
        }
        let due = step.conversion();
        let ever = ever.get(usize::from(step.step)).filter(|_| due.denominator < FEW_UNITS);
        let known = *ever.unwrap_or(&due);
        downstream *= known.value().unwrap_or(1.0);
        downstream_of = Some(downstream_of.map_or(known.denominator, |least: u64| least.min(known.denominator)));
    }
    lost.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.step.cmp(&b.step)));
    lost
}

/// The one step of all flywheels with the greatest lost value. `None` when nothing is lost.
pub fn push_next(lost: impl IntoIterator<Item = LostValue>) -> Option<LostValue> {
    lost.into_iter().filter(|one| one.value > 0.0).max_by(|a, b| a.value.total_cmp(&b.value))
}

/// Last time's advice held against what happened: the change of that step's friction; negative is better. `None` when
/// no unit was due there since.
pub fn held_against(advice: &LostValue, now: &[StepFriction]) -> Option<f64> {
    Some(now.iter().find(|step| step.step == advice.step)?.share()? - advice.share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(step: u16, in_time: u64, late: u64, lost: u64) -> StepFriction {
        StepFriction { step, entered: in_time + late + lost, in_time, late, lost, ..StepFriction::default() }
    }

    /// 100 come; step 0 loses 20, step 1 is late with 40 and loses 40, step 2 loses 20 of the rest.
    #[test]
    fn the_dearest_step_is_named() {
        let steps = [
            step(0, 80, 0, 20),
            step(1, 0, 40, 40),
            step(2, 20, 0, 20),
            StepFriction { step: 3, ..StepFriction::default() },
        ];
        let lost = lost_values("x", &steps, 10.0);
        let brief: Vec<_> = lost.iter().map(|one| (one.step, one.units, one.downstream, one.value)).collect();
        // Step 1: 80 units, half of which would get through step 2. Step 0: 20 units through 0.5 and 0.5.
        assert_eq!(brief, [(1, 80, 0.5, 400.0), (2, 20, 1.0, 200.0), (0, 20, 0.25, 50.0)]);
        let advice = push_next(lost).unwrap();
        assert_eq!((advice.step, advice.share), (1, 1.0));
        assert_eq!(held_against(&advice, &[step(1, 50, 25, 25)]), Some(-0.5));
        assert_eq!(held_against(&advice, &[step(2, 50, 25, 25)]), None);
        assert_eq!(push_next(lost_values("x", &[step(0, 5, 0, 0)], 10.0)), None);
    }

    /// Step 0 loses 10 of 40. One unit was due at step 1, and went on: of the 50 that ever left it, 20 did. Nothing was due at step 2,
    /// from which 6 of 8 went on. At step 3 30 were due, which is enough: 15 of them went on, whatever was before.
    #[test]
    fn few_units_do_not_tell_how_many_get_through() {
        let steps = [step(0, 30, 0, 10), step(1, 1, 0, 0), step(2, 0, 0, 0), step(3, 15, 0, 15)];
        let ever =
            [(300, 400), (20, 50), (6, 8), (1, 100)].map(|(numerator, denominator)| Ratio { numerator, denominator });
        let lost = lost_values_knowing("x", &steps, &ever, 1.0);
        let of = |number: u16| lost.iter().find(|one| one.step == number).unwrap();
        // 0.4 x 0.75 x 0.5 of 10 units.
        assert!((of(0).downstream - 0.15).abs() < 1e-12 && (of(0).value - 1.5).abs() < 1e-12);
        assert_eq!((of(0).downstream_of, of(1).downstream_of, of(3).downstream_of), (Some(8), Some(8), None));
        // As far as the last 90 days say, all would get through but half of the last step.
        assert!(
            (lost_values("x", &steps, 1.0).iter().find(|one| one.step == 0).unwrap().downstream - 0.5).abs() < 1e-12
        );
    }
}
