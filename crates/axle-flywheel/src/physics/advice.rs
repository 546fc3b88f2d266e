//! Where to push next: the step that costs most, and whether last time's advice helped.

use serde::Serialize;

use super::StepFriction;

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
    /// In the unit of the value of a completion.
    pub value: f64,
    /// The step's friction, to be held against later.
    pub share: f64,
}

/// What each step of one flywheel costs, the dearest first. `value` is that of one completion. A step without units
/// that were due neither costs anything nor lowers the chances of those before it.
pub fn lost_values(flywheel: &str, steps: &[StepFriction], value: f64) -> Vec<LostValue> {
    let mut downstream = 1.0;
    let mut lost = Vec::new();
    for step in steps.iter().rev() {
        if let Some(share) = step.share() {
            let units = step.hampered();
            let value = units as f64 * downstream * value;
            lost.push(LostValue { flywheel: flywheel.to_owned(), step: step.step, units, downstream, value, share });
        }
        downstream *= step.conversion().unwrap_or(1.0);
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
}
