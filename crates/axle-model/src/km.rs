//! Kaplan-Meier: how long things take when some have not happened yet. What is still open is censored, not dropped.

use serde::{Deserialize, Serialize};

/// How long one unit was watched, and whether what it waits for has happened then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Seconds, or any other unit, the same for all.
    pub time: u64,
    /// `false`: still open when last seen.
    pub happened: bool,
}

/// The estimate right after a time at which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SurvivalRow {
    /// The time.
    pub time: u64,
    /// Units watched up to this time and still open just before it. Those censored at this very time count.
    pub at_risk: u64,
    /// Units for which it happened at this time.
    pub happened: u64,
    /// Estimated share still open after this time.
    pub survival: f64,
}

/// A survival curve: a step function that starts at 1 and falls at each row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    /// Ascending by time.
    pub rows: Vec<SurvivalRow>,
    /// All times, ascending; whatever happened.
    times: Vec<u64>,
}

/// Shares are products of fractions; this is far above their rounding and far below any that matters.
const ROUNDING: f64 = 1e-12;

impl Survival {
    /// The estimate from units in any order.
    pub fn estimate(observations: &[Observation]) -> Self {
        let mut sorted = observations.to_vec();
        sorted.sort_unstable_by_key(|unit| unit.time);
        let mut rows = Vec::new();
        let (mut at_risk, mut survival) = (sorted.len() as u64, 1.0);
        for same_time in sorted.chunk_by(|a, b| a.time == b.time) {
            let happened = same_time.iter().filter(|unit| unit.happened).count() as u64;
            if happened > 0 {
                survival *= (at_risk - happened) as f64 / at_risk as f64;
                rows.push(SurvivalRow { time: same_time[0].time, at_risk, happened, survival });
            }
            at_risk -= same_time.len() as u64;
        }
        Self { rows, times: sorted.iter().map(|unit| unit.time).collect() }
    }

    /// Units watched.
    pub fn units(&self) -> usize {
        self.times.len()
    }

    /// Estimated share still open after `time`.
    pub fn at(&self, time: u64) -> f64 {
        let rows_so_far = self.rows.partition_point(|row| row.time <= time);
        rows_so_far.checked_sub(1).map_or(1.0, |last| self.rows[last].survival)
    }

    /// Estimated share for which it has happened within `time`, that time included. `None` of no unit.
    pub fn share_within(&self, time: u64) -> Option<f64> {
        (!self.times.is_empty()).then(|| 1.0 - self.at(time))
    }

    /// The first time by which it has happened for half of the units. `None` when the curve does not fall that far.
    pub fn median(&self) -> Option<u64> {
        self.quantile(0.5)
    }

    /// The first time by which it has happened for the share `p` of the units. `None` when the curve does not fall
    /// that far: then the time is beyond what was watched.
    pub fn quantile(&self, p: f64) -> Option<u64> {
        self.rows.iter().find(|row| row.survival <= 1.0 - p + ROUNDING).map(|row| row.time)
    }

    /// Restricted mean survival time: the area under the curve up to `tau`. `None` of no unit, and when `tau` lies
    /// beyond the last time watched while some unit is still open, since nothing is known of the curve there.
    pub fn restricted_mean(&self, tau: u64) -> Option<f64> {
        let last_watched = *self.times.last()?;
        if tau > last_watched && self.at(last_watched) > ROUNDING {
            return None;
        }
        let (mut area, mut from, mut height) = (0.0, 0, 1.0);
        for row in self.rows.iter().take_while(|row| row.time < tau) {
            area += (row.time - from) as f64 * height;
            (from, height) = (row.time, row.survival);
        }
        Some(area + (tau - from) as f64 * height)
    }

    /// The last time at which at least this share of all units is still being watched and open. `None` of no unit.
    pub fn last_time_at_risk(&self, share: f64) -> Option<u64> {
        let needed = (share * self.times.len() as f64 - ROUNDING).ceil().max(1.0) as usize;
        let index = self.times.len().checked_sub(needed)?;
        self.times.get(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observed(happened: &[u64], open: &[u64]) -> Vec<Observation> {
        let happened = happened.iter().map(|time| Observation { time: *time, happened: true });
        let open = open.iter().map(|time| Observation { time: *time, happened: false });
        happened.chain(open).collect()
    }

    /// Golden G9: an example of R's survival package.
    #[test]
    fn g9_median_and_restricted_mean() {
        let survival = Survival::estimate(&observed(&[10, 15, 23, 30, 35, 52], &[100]));
        assert_eq!(survival.median(), Some(30));
        // (10 + 15 + 23 + 30 + 35 + 52 + 100) / 7
        assert!((survival.restricted_mean(100).unwrap() - 265.0 / 7.0).abs() < 1e-9);
        assert_eq!(survival.restricted_mean(101), None, "one is still open at 100");
        assert!((survival.restricted_mean(12).unwrap() - (10.0 + 2.0 * 6.0 / 7.0)).abs() < 1e-12);
    }

    /// Golden G10, in hours; the naive figures beside it.
    #[test]
    fn g10_answers_with_open_questions() {
        let survival = Survival::estimate(&observed(&[1, 2, 4, 8, 20], &[10, 24, 30]));
        let expected = [0.875, 0.75, 0.625, 0.5, 1.0 / 3.0];
        assert_eq!(survival.rows.len(), expected.len());
        for (row, expected) in survival.rows.iter().zip(expected) {
            assert!((row.survival - expected).abs() < 1e-12, "at {} h", row.time);
        }
        assert_eq!(survival.rows[4].at_risk, 3);
        assert_eq!(survival.median(), Some(8));
        assert_eq!(survival.quantile(0.9), None);
        assert!((survival.share_within(9).unwrap() - 0.5).abs() < 1e-12);
        let mut answered = [1.0, 2.0, 4.0, 8.0, 20.0];
        assert_eq!((crate::stats::median(&mut answered), crate::stats::mean(&answered)), (Some(4.0), Some(7.0)));
    }

    #[test]
    fn nothing_and_nothing_happened() {
        let empty = Survival::estimate(&[]);
        assert_eq!((empty.median(), empty.share_within(1), empty.restricted_mean(1)), (None, None, None));
        let open = Survival::estimate(&observed(&[], &[5, 6]));
        assert_eq!((open.median(), open.share_within(6)), (None, Some(0.0)));
        assert_eq!(open.restricted_mean(6), Some(6.0));
    }

    #[test]
    fn what_ends_when_something_happens_was_at_risk() {
        let survival = Survival::estimate(&observed(&[5], &[5, 7, 8]));
        assert!((survival.at(5) - 0.75).abs() < 1e-12);
        assert_eq!(survival.last_time_at_risk(0.5), Some(7));
        assert_eq!(survival.last_time_at_risk(0.1), Some(8));
    }

    proptest! {
        /// Without censoring the curve is the plain share, and the mean is the plain mean.
        #[test]
        fn without_censoring_it_is_the_plain_count(times in prop::collection::vec(0_u64..50, 1..40), at in 0_u64..60) {
            let survival = Survival::estimate(&observed(&times, &[]));
            let within = times.iter().filter(|time| **time <= at).count() as f64 / times.len() as f64;
            prop_assert!((survival.share_within(at).unwrap() - within).abs() < 1e-9);
            let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
            prop_assert!((survival.restricted_mean(60).unwrap() - mean).abs() < 1e-9);
        }

        /// Dropping what is open, as naive reports do, never makes the estimate longer.
        #[test]
        fn open_units_only_lengthen(done in prop::collection::vec(0_u64..50, 1..20), open in prop::collection::vec(0_u64..50, 0..20), at in 0_u64..50) {
            let naive = Survival::estimate(&observed(&done, &[]));
            let censored = Survival::estimate(&observed(&done, &open));
            prop_assert!(censored.at(at) >= naive.at(at) - 1e-9);
        }
    }
}
