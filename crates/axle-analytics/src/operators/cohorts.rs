//! Of those who came first in one period, how many took part in each later one (S113).

use serde::{Deserialize, Serialize};

use super::{PairFold, Pairs, told};

/// Pairs are `(id, period)`. The result is made of three numbers each: a cohort, an age, and how many ids of the cohort were active
/// `age` periods after their first; only of those that there are, so that it has at most as many as there are pairs. Ids whose first
/// period lies before the window belong to no cohort. A pass and a sort.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Cohorts {
    pub periods: usize,
    /// Ids stand at the age at which they were last active in the window alone: until then they count as active at every age.
    pub cumulative: bool,
}

impl PairFold for Cohorts {
    fn name(&self) -> &'static str {
        "cohorts"
    }

    fn told(&self) -> serde_json::Value {
        told(self)
    }

    fn numbers(&self, pairs: usize) -> usize {
        // Beside the result, cohorts and ages are held: as much as one number.
        4 * pairs
    }

    fn finish(&self, pairs: &Pairs) -> Vec<f64> {
        let mut active: Vec<(u32, u32)> = Vec::new();
        for (_, periods) in pairs.by_id() {
            let Ok(cohort) = u32::try_from(periods[0]) else { continue };
            let inside = periods.iter().filter_map(|period| u32::try_from(*period).ok());
            let mut ages =
                inside.filter(|period| (*period as usize) < self.periods).map(|period| (cohort, period - cohort));
            if self.cumulative { active.extend(ages.next_back()) } else { active.extend(ages) }
        }
        active.sort_unstable();
        let same = active.chunk_by(|a, b| a == b);
        same.flat_map(|same| [f64::from(same[0].0), f64::from(same[0].1), same.len() as f64]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cohorts_age_by_periods() {
        let pairs = [(1, 0), (1, 2), (2, 0), (2, 1), (3, 1), (4, -1), (4, 0), (5, i32::MAX)].into_iter().collect();
        let found = |cumulative| Cohorts { periods: 3, cumulative }.finish(&pairs);
        assert_eq!(found(false), [[0.0, 0.0, 2.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]].concat());
        // The first was last there after two periods, the second after one.
        assert_eq!(found(true), [[0.0, 1.0, 1.0], [0.0, 2.0, 1.0], [1.0, 0.0, 1.0]].concat());
    }

    /// A window of fifty years by day has 400 million pairs of cohort and age.
    #[test]
    fn what_is_made_is_as_large_as_what_there_is() {
        let pairs = [(1, 0), (1, 19_999), (2, 7)].into_iter().collect::<Pairs>();
        for cumulative in [false, true] {
            let fold = Cohorts { periods: 20_000, cumulative };
            let numbers = fold.finish(&pairs).len();
            assert!(numbers <= 9 && numbers <= fold.numbers(pairs.len()), "{numbers}");
        }
    }
}
