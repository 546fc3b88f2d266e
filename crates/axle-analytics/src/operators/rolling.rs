//! Distinct ids in a trailing window, for every day of a range at once.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{PairFold, by_id, told};

/// For each day `D` of `as_of_days`: the ids with at least one day in `[D - window, D)`, which are the complete days
/// before `D` (convention C2). Each active day adds one at the day after it and takes it back at the earlier of the
/// window's end and the next active day: one pass, whatever the window.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rolling {
    /// Days.
    pub window: i32,
    /// Local days, in the order of the result.
    pub as_of_days: RangeInclusive<i32>,
}

impl PairFold for Rolling {
    fn name(&self) -> &'static str {
        "rolling_distinct"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn finish(&self, pairs: &[(u64, i32)]) -> Vec<f64> {
        let (first, last) = (*self.as_of_days.start(), *self.as_of_days.end());
        let mut change = vec![0_i64; (last - first + 2).max(1) as usize];
        for days in by_id(pairs) {
            for (index, (_, day)) in days.iter().enumerate() {
                let from = day + 1;
                let to = (day + self.window).min(days.get(index + 1).map_or(i32::MAX, |next| next.1));
                if from <= to && from <= last && to >= first {
                    change[(from.max(first) - first) as usize] += 1;
                    change[(to.min(last) - first + 1) as usize] -= 1;
                }
            }
        }
        change.pop();
        change
            .iter()
            .scan(0, |active, change| {
                *active += change;
                Some(*active as f64)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// The pass gives what counting each window by itself gives.
        #[test]
        fn equals_counting_each_window(
            pairs in prop::collection::btree_set((0..6_u64, -20..30_i32), 0..50),
            window in 1..12_i32,
            first in -10..10_i32,
            length in 0..25_i32,
        ) {
            let pairs: Vec<_> = pairs.into_iter().collect();
            let counted = Rolling { window, as_of_days: first..=first + length }.finish(&pairs);
            let expected: Vec<f64> = (first..=first + length).map(|day| {
                let inside = pairs.iter().filter(|(_, at)| (day - window..day).contains(at));
                inside.map(|(id, _)| id).collect::<BTreeSet<_>>().len() as f64
            }).collect();
            prop_assert_eq!(counted, expected);
        }
    }
}
