//! Of those who did something before a period, how many did it again in it (S89).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{PairFold, by_id, told};

/// Pairs are `(id, day)`. Gives those who did it again, then those who had done it before, period by period. `lapsed`
/// leaves out who did it within so many days before the period; 0 leaves out nobody.
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

    fn finish(&self, pairs: &[(u64, i32)]) -> Vec<f64> {
        let mut again = vec![0.0; self.periods.len()];
        let mut before = vec![0.0; self.periods.len()];
        for days in by_id(pairs) {
            for (number, period) in self.periods.iter().enumerate() {
                let earlier = days.partition_point(|(_, day)| *day < period.start);
                let is_known = earlier > 0 && days[earlier - 1].1 < period.start - self.lapsed;
                before[number] += f64::from(u8::from(is_known));
                let is_again = is_known && days.get(earlier).is_some_and(|(_, day)| *day < period.end);
                again[number] += f64::from(u8::from(is_again));
            }
        }
        [again, before].concat()
    }
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init, reason = "one period, and not each of its days")]
mod tests {
    use super::*;

    #[test]
    fn who_lapsed_did_nothing_for_a_while_before() {
        // Of 1 the last act lies 5 days before the period, of 2 it lies 20, and 3 is new in it.
        let pairs = [(1, 5), (1, 12), (2, -10), (2, 15), (3, 11), (4, 0)];
        let of = |lapsed| EngagedAgain { periods: vec![10..20], lapsed }.finish(&pairs);
        assert_eq!(of(0), [2.0, 3.0]);
        assert_eq!(of(5), [1.0, 2.0], "an act five days before lies within five days");
        assert_eq!(of(10), [1.0, 1.0]);
    }
}
