//! Who is new, returning, resurrected or lost in a period. The pure reference for the KPIs of the same names.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What a member is in one period, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// Active for the first time.
    New,
    /// Active, and in the period before.
    Returning,
    /// Active again: not in the period before, but earlier.
    Resurrected,
    /// Active in the period before, but not in this one.
    Lost,
}

/// Members by what they are in one period. `active = new + returning + resurrected` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LifecycleCounts {
    /// Active in the period.
    pub active: u64,
    /// See [`Lifecycle::New`].
    pub new: u64,
    /// See [`Lifecycle::Returning`].
    pub returning: u64,
    /// See [`Lifecycle::Resurrected`].
    pub resurrected: u64,
    /// See [`Lifecycle::Lost`].
    pub lost: u64,
}

impl LifecycleCounts {
    /// Share of those active in the period before who are active in this one. `None` when there was nobody.
    pub fn retention(&self) -> Option<f64> {
        let before = self.returning + self.lost;
        (before > 0).then(|| self.returning as f64 / before as f64)
    }
}

impl AddAssign<Lifecycle> for LifecycleCounts {
    fn add_assign(&mut self, class: Lifecycle) {
        let (count, active) = match class {
            Lifecycle::New => (&mut self.new, 1),
            Lifecycle::Returning => (&mut self.returning, 1),
            Lifecycle::Resurrected => (&mut self.resurrected, 1),
            Lifecycle::Lost => (&mut self.lost, 0),
        };
        *count += 1;
        self.active += active;
    }
}

/// What a member is in `period`. `active_periods` are the numbers of the periods in which they were active, ascending
/// without repetition; adjacent periods have adjacent numbers. `None` while they are away, or not yet there.
pub fn classify(active_periods: &[i32], period: i32) -> Option<Lifecycle> {
    let earlier = active_periods.partition_point(|active| *active < period);
    let active = active_periods.get(earlier) == Some(&period);
    let before = earlier.checked_sub(1).map(|index| active_periods[index]);
    match (active, before) {
        (true, None) => Some(Lifecycle::New),
        (true, Some(before)) if before == period - 1 => Some(Lifecycle::Returning),
        (true, Some(_)) => Some(Lifecycle::Resurrected),
        (false, Some(before)) if before == period - 1 => Some(Lifecycle::Lost),
        (false, _) => None,
    }
}

/// The counts in each period of `periods`, in one pass over the members. Each member as in [`classify`].
pub fn count_by_period<'a>(
    members: impl IntoIterator<Item = &'a [i32]>,
    periods: std::ops::Range<i32>,
) -> Vec<LifecycleCounts> {
    let mut counts = vec![LifecycleCounts::default(); periods.len()];
    let mut add = |period: i32, class| {
        if periods.contains(&period) {
            counts[(period - periods.start) as usize] += class;
        }
    };
    for active_periods in members {
        let mut before = None;
        for (index, period) in active_periods.iter().copied().enumerate() {
            add(
                period,
                match before {
                    None => Lifecycle::New,
                    Some(before) if before == period - 1 => Lifecycle::Returning,
                    Some(_) => Lifecycle::Resurrected,
                },
            );
            if active_periods.get(index + 1) != Some(&(period + 1)) {
                add(period + 1, Lifecycle::Lost);
            }
            before = Some(period);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_member_comes_stays_leaves_and_comes_back() {
        let active = [3, 4, 7];
        let classes: Vec<_> = (2..10).map(|period| classify(&active, period)).collect();
        use Lifecycle::{Lost, New, Resurrected, Returning};
        assert_eq!(classes, [None, Some(New), Some(Returning), Some(Lost), None, Some(Resurrected), Some(Lost), None]);
    }

    #[test]
    fn retention_counts_those_of_the_period_before() {
        let members: [&[i32]; 3] = [&[1, 2], &[1], &[2]];
        let counts = count_by_period(members, 1..3);
        assert_eq!(counts[0].retention(), None);
        assert_eq!(counts[1].retention(), Some(0.5));
        assert_eq!((counts[1].active, counts[1].new, counts[1].lost), (2, 1, 1));
    }

    proptest! {
        /// Every active member is exactly one of new, returning and resurrected, and the flow between periods adds up.
        #[test]
        fn classes_add_up(members in prop::collection::vec(prop::collection::btree_set(-5..15_i32, 0..12), 0..20)) {
            let members: Vec<Vec<i32>> = members.into_iter().map(|set: BTreeSet<i32>| set.into_iter().collect()).collect();
            let counts = count_by_period(members.iter().map(Vec::as_slice), -2..12);
            for (period, counts) in (-2..12).zip(&counts) {
                let active_in = |period| members.iter().filter(|active| active.contains(&period)).count() as u64;
                prop_assert_eq!(counts.active, active_in(period));
                prop_assert_eq!(counts.active, counts.new + counts.returning + counts.resurrected);
                prop_assert_eq!(active_in(period - 1), counts.returning + counts.lost);
                let mut one_by_one = LifecycleCounts::default();
                members.iter().filter_map(|active| classify(active, period)).for_each(|class| one_by_one += class);
                prop_assert_eq!(*counts, one_by_one);
            }
        }
    }
}
