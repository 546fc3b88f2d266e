//! The median, and other percentiles, of durations of which some have not ended yet (convention C9).

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// Pairs are `(seconds, 1 when it ended, 0 when it was last seen still open)`. Gives the percentile (50 is the median), not a
/// number when the curve never comes down that far; how many ended; how many there are. A sort and one pass.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KaplanMeier {
    /// 1 to 99.
    pub percent: u8,
}

impl PairFold for KaplanMeier {
    fn name(&self) -> &'static str {
        "kaplan_meier"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn distinct(&self) -> bool {
        false
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let ended = pairs.iter().filter(|pair| pair.1 == 1).count();
        vec![percentile(pairs, self.percent).unwrap_or(f64::NAN), ended as f64, pairs.len() as f64]
    }
}

/// Least duration at which so many percent have ended. What was last seen open at an instant counts as open at it.
fn percentile(pairs: &Pairs, percent: u8) -> Option<f64> {
    let left = 1.0 - f64::from(percent) / 100.0;
    let mut open = pairs.len();
    let mut share = 1.0;
    for (duration, same) in pairs.by_id() {
        let ended = same.iter().filter(|ended| **ended == 1).count();
        if ended > 0 {
            share *= 1.0 - ended as f64 / open as f64;
            // Products such as 7/8 * 6/7 * 5/6 * 4/5 are a hair off one half.
            if share <= left + 1e-12 {
                return Some(duration as f64);
            }
        }
        open -= same.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unanswered_are_censored_and_not_dropped() {
        // Golden vector G10, in hours.
        let pairs = [(1, 1), (2, 1), (4, 1), (8, 1), (10, 0), (20, 1), (24, 0), (30, 0)].into_iter().collect();
        assert_eq!(KaplanMeier { percent: 50 }.finish(&pairs), [8.0, 5.0, 8.0]);
    }

    #[test]
    fn no_median_while_most_are_open() {
        assert_eq!(percentile(&[(1, 1), (5, 0), (6, 0)].into_iter().collect(), 50), None);
        assert_eq!(percentile(&Pairs::default(), 50), None);
    }

    #[test]
    fn nine_of_ten_is_where_one_in_ten_is_left() {
        let pairs = (1..=9).map(|hour| (hour, 1)).chain([(10, 0)]).collect();
        assert_eq!(percentile(&pairs, 90), Some(9.0));
        // Of golden vector G10 one in three is left when the last is no longer watched.
        let g10 = [(1, 1), (2, 1), (4, 1), (8, 1), (10, 0), (20, 1), (24, 0), (30, 0)].into_iter().collect();
        assert_eq!((percentile(&g10, 66), percentile(&g10, 90)), (Some(20.0), None));
    }
}
