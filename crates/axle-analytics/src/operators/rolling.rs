//! Distinct ids in a trailing window, for every day of a range at once.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// For each day `D` of `as_of_days`: the ids with at least one day in `[D - window, D)`, which are the complete days
/// before `D` (convention C2). Each active day adds one at the day after it and takes it back at the earlier of the
/// window's end and the next active day: one pass, whatever the window.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rolling {
    /// Days.
    pub window: i32,
    /// Local days, in the order of the result.
    pub as_of_days: RangeInclusive<i32>,
    /// Whether a second list follows: the active days of all ids in the same windows.
    pub with_days: bool,
}

/// How many windows hold something, by what each span of them adds.
struct Held {
    first: i32,
    change: Vec<i64>,
}

impl Held {
    fn of(as_of_days: &RangeInclusive<i32>) -> Self {
        let (first, last) = (*as_of_days.start(), *as_of_days.end());
        Self { first, change: vec![0; (last - first + 2).max(1) as usize] }
    }

    /// One more in the windows of the days `from` to `to`, both included.
    fn add(&mut self, from: i32, to: i32) {
        let last = self.first + self.change.len() as i32 - 2;
        if from <= to && from <= last && to >= self.first {
            self.change[(from.max(self.first) - self.first) as usize] += 1;
            self.change[(to.min(last) - self.first + 1) as usize] -= 1;
        }
    }

    fn counts(mut self) -> impl Iterator<Item = f64> {
        self.change.pop();
        self.change.into_iter().scan(0, |held, change| {
            *held += change;
            Some(*held as f64)
        })
    }
}

impl PairFold for Rolling {
    fn name(&self) -> &'static str {
        "rolling_distinct"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn numbers(&self, _: usize) -> usize {
        let days = i64::from(*self.as_of_days.end()) - i64::from(*self.as_of_days.start()) + 2;
        // Changes, and the counts that they add up to.
        4 * usize::try_from(days).unwrap_or(0)
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let (mut ids, mut all) = (Held::of(&self.as_of_days), Held::of(&self.as_of_days));
        for (_, days) in pairs.by_id() {
            for (index, day) in days.iter().enumerate() {
                let next = days.get(index + 1).copied().unwrap_or(i32::MAX);
                ids.add(day + 1, (day + self.window).min(next));
                if self.with_days {
                    all.add(day + 1, day + self.window);
                }
            }
        }
        ids.counts().chain(all.counts().filter(|_| self.with_days)).collect()
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
            let as_of_days = first..=first + length;
            let inside = |day: i32| pairs.iter().filter(move |(_, at)| (day - window..day).contains(at));
            let ids = |day| inside(day).map(|(id, _)| id).collect::<BTreeSet<_>>().len() as f64;
            let ids = as_of_days.clone().map(ids).collect::<Vec<_>>();
            let days = as_of_days.clone().map(|day| inside(day).count() as f64);
            let both: Vec<f64> = ids.iter().copied().chain(days).collect();
            let all = pairs.iter().copied().collect();
            let counted = |with_days| Rolling { window, as_of_days: as_of_days.clone(), with_days }.finish(&all);
            prop_assert_eq!(counted(false), ids);
            prop_assert_eq!(counted(true), both);
        }
    }
}
