//! The median of durations of which some have not ended yet (convention C9).

use super::PairFold;

/// Pairs are `(seconds, 1 when it ended, 0 when it was last seen still open)`. Gives the median, not a number when the
/// curve never comes down to one half; how many ended; how many there are. A sort and one pass.
#[derive(Debug)]
pub(crate) struct KaplanMeier;

impl PairFold for KaplanMeier {
    fn name(&self) -> &'static str {
        "kaplan_meier_median"
    }

    fn distinct(&self) -> bool {
        false
    }

    fn finish(&self, pairs: &[(u64, i32)]) -> Vec<f64> {
        let ended = pairs.iter().filter(|pair| pair.1 == 1).count();
        vec![median(pairs).unwrap_or(f64::NAN), ended as f64, pairs.len() as f64]
    }
}

/// Least duration at which at most half are still open. What was last seen open at an instant counts as open at it.
fn median(pairs: &[(u64, i32)]) -> Option<f64> {
    let mut open = pairs.len();
    let mut share = 1.0;
    for same in pairs.chunk_by(|a, b| a.0 == b.0) {
        let ended = same.iter().filter(|pair| pair.1 == 1).count();
        if ended > 0 {
            share *= 1.0 - ended as f64 / open as f64;
            // Products such as 7/8 * 6/7 * 5/6 * 4/5 are a hair off one half.
            if share <= 0.5 + 1e-12 {
                return Some(same[0].0 as f64);
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
        let pairs = [(1, 1), (2, 1), (4, 1), (8, 1), (10, 0), (20, 1), (24, 0), (30, 0)];
        assert_eq!(KaplanMeier.finish(&pairs), [8.0, 5.0, 8.0]);
    }

    #[test]
    fn no_median_while_most_are_open() {
        assert_eq!(median(&[(1, 1), (5, 0), (6, 0)]), None);
        assert_eq!(median(&[]), None);
    }
}
