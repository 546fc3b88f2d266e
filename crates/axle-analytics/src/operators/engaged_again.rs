//! Of those who did something before a period, how many did it again in it (S89).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// Pairs are `(id, day)`. Gives those who did it again, then those who had done it before, period by period. `lapsed`
/// leaves out who did it within so many days before the period; 0 leaves out nobody. One pass, whatever the number of periods: from
/// one act to the next somebody is known in all periods that begin between them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct EngagedAgain {
    /// Days of consecutive periods.
    pub periods: Vec<Range<i32>>,
    /// Days.
    pub lapsed: i32,
}

impl PairFold for EngagedAgain {
    fn name(&self) -> &'static str {
        "engaged_again"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn numbers(&self, _: usize) -> usize {
        2 * self.periods.len()
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let count = self.periods.len();
        let mut again = vec![0.0; count];
        // What the period adds to those of the period before.
        let mut before = vec![0.0; count + 1];
        let after = |day: i32| self.periods.partition_point(|period| period.start <= day);
        for (_, days) in pairs.by_id() {
            for (index, day) in days.iter().enumerate() {
                let next = days.get(index + 1).copied().unwrap_or(i32::MAX);
                let (first, end) = (after(day.saturating_add(self.lapsed)), after(next));
                if first < end {
                    before[first] += 1.0;
                    before[end] -= 1.0;
                    again[end - 1] += f64::from(u8::from(next < self.periods[end - 1].end));
                }
            }
        }
        for period in 1..count {
            before[period] += before[period - 1];
        }
        before.truncate(count);
        [again, before].concat()
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one period, and not each of its days")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The pass gives what asking in each period by itself gives.
        #[test]
        fn equals_asking_in_each_period(
            pairs in prop::collection::btree_set((0..5_u64, -20..40_i32), 0..40),
            lengths in prop::collection::vec(1..9_i32, 1..6),
            lapsed in 0..12_i32,
        ) {
            let pairs: Pairs = pairs.into_iter().collect();
            let mut periods = Vec::new();
            let mut start = 0;
            for length in lengths {
                periods.push(start..start + length);
                start += length;
            }
            let of = |period: &Range<i32>| {
                let is_known = |days: &&[i32]| {
                    let last = days.iter().rev().find(|day| **day < period.start);
                    last.is_some_and(|day| *day < period.start - lapsed)
                };
                let known: Vec<&[i32]> = pairs.by_id().map(|(_, days)| days).filter(is_known).collect();
                let again = known.iter().filter(|days| days.iter().any(|day| period.contains(day)));
                (again.count() as f64, known.len() as f64)
            };
            let (again, before): (Vec<f64>, Vec<f64>) = periods.iter().map(of).unzip();
            prop_assert_eq!(EngagedAgain { periods, lapsed }.finish(&pairs), [again, before].concat());
        }
    }

    #[test]
    fn who_lapsed_did_nothing_for_a_while_before() {
        // Of 1 the last act lies 5 days before the period, of 2 it lies 20, and 3 is new in it.
        let pairs = [(1, 5), (1, 12), (2, -10), (2, 15), (3, 11), (4, 0)].into_iter().collect();
        let of = |lapsed| EngagedAgain { periods: vec![10..20], lapsed }.finish(&pairs);
        assert_eq!(of(0), [2.0, 3.0]);
        assert_eq!(of(5), [1.0, 2.0], "an act five days before lies within five days");
        assert_eq!(of(10), [1.0, 1.0]);
    }
}
