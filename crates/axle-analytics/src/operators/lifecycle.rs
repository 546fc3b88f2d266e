//! Who is new, came back, stayed or went, and how many there have been so far, period by period (S3, S113).

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// What [`Lifecycle`] counts, in the order of its result: each for all periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Measure {
    /// Distinct ids in the period.
    Active,
    /// In this period and the one before.
    Returning,
    /// In this period, not in the one before, in an earlier one.
    Resurrected,
    /// In the period before, not in this one.
    Lost,
    /// In the period before.
    Before,
    /// In this period or any earlier one.
    Cumulative,
}

/// Pairs are `(id, period)`; -1 is the period before the first, and anything less lies before that. One pass.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Lifecycle {
    pub periods: usize,
}

impl PairFold for Lifecycle {
    fn name(&self) -> &'static str {
        "lifecycle"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn numbers(&self, _: usize) -> usize {
        6 * self.periods
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let mut counts = vec![0.0; self.periods * 6];
        let mut add = |measure: Measure, period: i32| {
            if let Ok(period) = usize::try_from(period)
                && period < self.periods
            {
                counts[measure as usize * self.periods + period] += 1.0;
            }
        };
        for (_, active) in pairs.by_id() {
            for (index, period) in active.iter().enumerate() {
                add(Measure::Active, *period);
                if *period >= -1 {
                    add(Measure::Before, period + 1);
                    if active.get(index + 1).is_none_or(|next| *next != period + 1) {
                        add(Measure::Lost, period + 1);
                    }
                }
                match index.checked_sub(1).map(|before| active[before]) {
                    Some(before) if before == period - 1 => add(Measure::Returning, *period),
                    Some(_) => add(Measure::Resurrected, *period),
                    None => add(Measure::Cumulative, (*period).max(0)),
                }
            }
        }
        let cumulative = &mut counts[Measure::Cumulative as usize * self.periods..];
        for period in 1..cumulative.len() {
            cumulative[period] += cumulative[period - 1];
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(counts: &[f64], measure: Measure, periods: usize) -> Vec<f64> {
        counts[measure as usize * periods..][..periods].to_vec()
    }

    #[test]
    fn everybody_active_is_new_returning_or_resurrected() {
        // 1 was there before the window, 2 skips a period, 3 comes once, 4 comes back from long ago.
        let pairs = [(1, -1), (1, 0), (1, 1), (2, 0), (2, 2), (3, 1), (4, -5), (4, 1)].into_iter().collect();
        let counts = Lifecycle { periods: 3 }.finish(&pairs);
        assert_eq!(of(&counts, Measure::Active, 3), [2.0, 3.0, 1.0]);
        assert_eq!(of(&counts, Measure::Returning, 3), [1.0, 1.0, 0.0]);
        assert_eq!(of(&counts, Measure::Resurrected, 3), [0.0, 1.0, 1.0]);
        assert_eq!(of(&counts, Measure::Lost, 3), [0.0, 1.0, 3.0]);
        assert_eq!(of(&counts, Measure::Before, 3), [1.0, 2.0, 3.0]);
        assert_eq!(of(&counts, Measure::Cumulative, 3), [3.0, 4.0, 4.0]);
    }
}
