//! Attribution: how the value of a deal is divided among the touches that came before it (S111).
//!
//! Seven models stand side by side, since each tells another story of the same path. A touch after the conversion never
//! counts, and the parts of every model add up to the value to the last minor unit.

/// Seconds of a day.
const DAY_SECONDS: f64 = 86_400.0;

/// What time decay halves by, unless said otherwise.
pub const HALF_LIFE_DAYS: f64 = 7.0;

/// A way of dividing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    /// All to the first touch.
    First,
    /// All to the last touch.
    Last,
    /// The same to each.
    Linear,
    /// Half as much for each half-life that a touch lies further back.
    TimeDecay,
    /// 40 to the first, 40 to the last, 20 to those between.
    UShape,
    /// 30 to the first, 30 to the one that made the lead, 30 to the one that opened the deal, 10 to the others.
    WShape,
    /// 22.5 each to the first, to the ones that made the lead, the deal and the conversion, 10 to the others.
    FullPath,
}

impl Model {
    /// All models, in reading order.
    pub const ALL: [Self; 7] =
        [Self::First, Self::Last, Self::Linear, Self::TimeDecay, Self::UShape, Self::WShape, Self::FullPath];

    /// `first`, `time_decay`, …
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Last => "last",
            Self::Linear => "linear",
            Self::TimeDecay => "time_decay",
            Self::UShape => "u_shape",
            Self::WShape => "w_shape",
            Self::FullPath => "full_path",
        }
    }
}

/// The way to one conversion. All times are in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    /// When touches happened, rising. Those after the conversion are not counted.
    pub touches: &'a [i64],
    /// When the people became a lead. `None` where nobody knows: then the deal's beginning stands for it.
    pub lead_at: Option<i64>,
    /// When the deal was opened.
    pub deal_at: i64,
    /// When it was won.
    pub converted_at: i64,
}

impl Path<'_> {
    /// How many of the touches count: those up to the conversion.
    pub fn counted(&self) -> usize {
        self.touches.partition_point(|at| *at <= self.converted_at)
    }

    /// The touch that a waypoint is owed to: the last one up to it; the first one where none came before.
    fn owed(&self, waypoint: i64) -> usize {
        let before = self.touches[..self.counted()].partition_point(|at| *at <= waypoint);
        before.saturating_sub(1)
    }

    /// What each counted touch weighs. They add up to more than 0 where there is a touch.
    fn weights(&self, model: Model, half_life_days: f64) -> Vec<f64> {
        let counted = self.counted();
        let Some(last) = counted.checked_sub(1) else { return Vec::new() };
        let lead_at = self.lead_at.unwrap_or(self.deal_at);
        let waypoints = |each: f64, at: &[usize]| {
            let mut weights: Vec<f64> = vec![0.0; counted];
            at.iter().for_each(|touch| weights[*touch] += each);
            // The others get the rest together: all weights are multiplied by their number, since sums of thirds are not exact.
            let others = weights.iter().filter(|weight| **weight == 0.0).count().max(1) as f64;
            let rest = 100.0 - each * at.len() as f64;
            weights.iter().map(|weight| if *weight == 0.0 { rest } else { weight * others }).collect()
        };
        match model {
            Model::First => waypoints(100.0, &[0]),
            Model::Last => waypoints(100.0, &[last]),
            Model::Linear => vec![1.0; counted],
            Model::TimeDecay => {
                let half_lives = |at: &i64| {
                    // From the last touch on, so that the greatest weight is 1 however long ago it was.
                    (self.touches[last] - at) as f64 / 1_000_000.0 / DAY_SECONDS / half_life_days
                };
                self.touches[..counted].iter().map(|at| (-half_lives(at)).exp2()).collect()
            }
            Model::UShape => waypoints(40.0, &[0, last]),
            Model::WShape => waypoints(30.0, &[0, self.owed(lead_at), self.owed(self.deal_at)]),
            Model::FullPath => waypoints(22.5, &[0, self.owed(lead_at), self.owed(self.deal_at), last]),
        }
    }
}

/// The part of each touch in `value`, in the same minor units, parallel to the touches: 0 for those after the conversion.
/// Where a touch counts the parts add up to `value`; each is less than one minor unit off its exact share. A touch that is
/// several waypoints gets what each of them earns; where nothing stands between the waypoints, the parts of the others are
/// scaled up. Fractions are carried from touch to touch, so a part is the difference of two rounded sums.
pub fn attribute(value: i64, model: Model, path: &Path<'_>, half_life_days: f64) -> Vec<i64> {
    let weights = path.weights(model, half_life_days);
    let total: f64 = weights.iter().sum();
    let mut parts = vec![0; path.touches.len()];
    let (mut sum, mut given) = (0.0, 0);
    for (touch, weight) in weights.iter().enumerate() {
        sum += weight;
        let is_last = touch + 1 == weights.len();
        let upto = if is_last { value } else { (value as f64 * sum / total).round() as i64 };
        parts[touch] = upto - given;
        given = upto;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400_000_000;

    /// A path whose touches lie that many days before the conversion, with the deal opened on the 5th day before it.
    fn parts(value: i64, model: Model, days_before: &[i64], lead_before: Option<i64>) -> Vec<i64> {
        let touches: Vec<i64> = days_before.iter().map(|days| -days * DAY).collect();
        let lead_at = lead_before.map(|days| -days * DAY);
        let path = Path { touches: &touches, lead_at, deal_at: -5 * DAY, converted_at: 0 };
        attribute(value, model, &path, HALF_LIFE_DAYS)
    }

    /// Golden vector G13: a deal of 1,000.00 and touches 30, 14, 7, 3 and 0 days before its close.
    #[test]
    fn g13_five_touches() {
        let g13 = |model| parts(100_000, model, &[30, 14, 7, 3, 0], None);
        assert_eq!(g13(Model::Linear), [20_000; 5]);
        // 400, 66.67 three times, 400: fractions are carried on.
        assert_eq!(g13(Model::UShape), [40_000, 6_667, 6_666, 6_667, 40_000]);
        // 20.15, 98.26, 196.52, 292.03, 393.04.
        assert_eq!(g13(Model::TimeDecay), [2_015, 9_826, 19_652, 29_203, 39_304]);
        assert_eq!(g13(Model::First), [100_000, 0, 0, 0, 0]);
        assert_eq!(g13(Model::Last), [0, 0, 0, 0, 100_000]);
    }

    #[test]
    fn waypoints_are_owed_to_the_last_touch_before_them() {
        // Lead 10 days before: the touch of day 14. Deal 5 days before: the touch of day 7.
        let shaped = |model| parts(1_000, model, &[30, 14, 7, 3, 0], Some(10));
        assert_eq!(shaped(Model::WShape), [300, 300, 300, 50, 50]);
        assert_eq!(shaped(Model::FullPath), [225, 225, 225, 100, 225]);
    }

    #[test]
    fn a_touch_may_be_several_waypoints() {
        // Without a lead, the deal's beginning stands for it: the touch of day 7 is both.
        assert_eq!(parts(1_000, Model::WShape, &[30, 7, 0], None), [300, 600, 100]);
        // The only touch before the deal is first, lead and deal. 90 of 90 and 10 for the one after.
        assert_eq!(parts(1_000, Model::WShape, &[9, 1], Some(8)), [900, 100]);
        // Nothing stands between: 40 and 40 become halves.
        assert_eq!(parts(1_000, Model::UShape, &[9, 1], None), [500, 500]);
        assert_eq!(parts(1_000, Model::FullPath, &[1], None), [1_000]);
        // A deal opened before anybody was touched: owed to the first.
        assert_eq!(parts(1_000, Model::WShape, &[3, 1], None), [900, 100]);
    }

    #[test]
    fn halves_are_rounded_upwards_whatever_the_number_of_touches() {
        // First 30 %, lead and deal 60 % on the second of eight, 10 % for six: 1.5 of 5 is 2, then 4.5 is 5.
        assert_eq!(parts(5, Model::WShape, &[8, 6, 4, 3, 3, 2, 1, 0], Some(6)), [2, 3, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_comes_after_the_conversion_gets_nothing() {
        for model in Model::ALL {
            let before = parts(999, model, &[12, 6, 2], Some(9));
            let after = parts(999, model, &[12, 6, 2, -1, -30], Some(9));
            assert_eq!(after[..3], before, "{}", model.name());
            assert_eq!(after[3..], [0, 0], "{}", model.name());
            assert_eq!(parts(999, model, &[-1], None), [0], "{}", model.name());
            assert!(parts(999, model, &[], None).is_empty());
        }
    }

    proptest! {
        /// The parts of every model add up to the value, none is negative, none is far from its share.
        #[test]
        fn parts_add_up(
            value in 0_i64..10_000_000_000_000,
            mut days in proptest::collection::vec(-50_i64..2_000, 1..40),
            lead in proptest::option::of(0_i64..2_000),
            half_life in 0.5_f64..60.0,
        ) {
            days.sort_unstable_by(|a, b| b.cmp(a));
            let touches: Vec<i64> = days.iter().map(|days| -days * DAY).collect();
            let lead_at = lead.map(|days| -days * DAY);
            let path = Path { touches: &touches, lead_at, deal_at: -40 * DAY, converted_at: 0 };
            for model in Model::ALL {
                let parts = attribute(value, model, &path, half_life);
                let counted = path.counted();
                prop_assert_eq!(parts.len(), touches.len());
                prop_assert_eq!(parts.iter().sum::<i64>(), if counted > 0 { value } else { 0 });
                prop_assert!(parts.iter().all(|part| *part >= 0));
                prop_assert!(parts[counted..].iter().all(|part| *part == 0));
            }
        }

        /// Of linear, each part is the value divided by the touches, but for its fraction.
        #[test]
        fn linear_parts_are_equal(value in 0_i64..1_000_000_000, touches in 1_usize..60) {
            let at: Vec<i64> = (0..touches as i64).collect();
            let path = Path { touches: &at, lead_at: None, deal_at: 0, converted_at: i64::MAX };
            let share = value / touches as i64;
            for part in attribute(value, Model::Linear, &path, HALF_LIFE_DAYS) {
                prop_assert!(part == share || part == share + 1, "{} of {}", part, value);
            }
        }
    }
}
