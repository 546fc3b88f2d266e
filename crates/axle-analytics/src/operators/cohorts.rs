//! Of those who came first in one period, how many took part in each later one (S113).

use serde::{Deserialize, Serialize};

use super::{PairFold, by_id, told};

/// Pairs are `(id, period)`. The result is a square, cohort by cohort: `[cohort * periods + age]` ids of the cohort
/// active `age` periods after their first; ids whose first period lies before the window belong to no cohort. One pass.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cohorts {
    pub periods: usize,
    /// Who is active later in the window counts as active at every age until then.
    pub cumulative: bool,
}

impl PairFold for Cohorts {
    fn name(&self) -> &'static str {
        "cohorts"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn finish(&self, pairs: &[(u64, i32)]) -> Vec<f64> {
        let mut square = vec![0.0; self.periods * self.periods];
        for active in by_id(pairs) {
            let Ok(cohort) = usize::try_from(active[0].1) else { continue };
            let inside = active.iter().filter_map(|(_, period)| usize::try_from(*period).ok());
            let inside = inside.filter(|period| *period < self.periods);
            let mut count = |period: usize| square[cohort * self.periods + period - cohort] += 1.0;
            match self.cumulative {
                true => inside.max().into_iter().flat_map(|last| cohort..=last).for_each(count),
                false => inside.for_each(&mut count),
            }
        }
        square
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cohorts_age_by_periods() {
        let pairs = [(1, 0), (1, 2), (2, 0), (2, 1), (3, 1), (4, -1), (4, 0)];
        let square = Cohorts { periods: 3, cumulative: false }.finish(&pairs);
        assert_eq!(square, [2.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        // The first came again after two periods, so that both are kept for one.
        let square = Cohorts { periods: 3, cumulative: true }.finish(&pairs);
        assert_eq!(square, [2.0, 2.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
