//! Of those known when a period begins, how many engaged in it (S75).

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// Pairs are `(id, 2 * period + 1 when the day engaged)`. Gives the engaged, then the known, period by period. One pass.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Engaged {
    pub periods: usize,
}

impl PairFold for Engaged {
    fn name(&self) -> &'static str {
        "engaged"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn numbers(&self, _: usize) -> usize {
        2 * self.periods
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let mut engaged = vec![0.0; self.periods];
        let mut known = vec![0.0; self.periods];
        for (_, rows) in pairs.by_id() {
            let first = rows[0].div_euclid(2);
            if let Some(from) = known.get_mut((first + 1).max(0) as usize) {
                *from += 1.0;
            }
            for packed in rows.iter().filter(|packed| packed.rem_euclid(2) == 1) {
                let period = packed.div_euclid(2);
                if period > first && period >= 0 && (period as usize) < self.periods {
                    engaged[period as usize] += 1.0;
                }
            }
        }
        for period in 1..self.periods {
            known[period] += known[period - 1];
        }
        engaged.extend(known);
        engaged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomers_are_not_yet_known() {
        // 1 known before the window engages in period 0; 2 comes in period 0 and engages in 1; 3 only reads.
        let pairs = [(1, -2), (1, 0), (1, 1), (2, 1), (2, 3), (3, 0), (3, 2)].into_iter().collect();
        assert_eq!(Engaged { periods: 2 }.finish(&pairs), [1.0, 1.0, 1.0, 3.0]);
    }
}
