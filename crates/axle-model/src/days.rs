//! Stretches of local days: what a membership, an affiliation or a stint as a teammate lasts.

use crate::time::LocalDay;

/// Local days, half-open: `[from, to)`. `i32::MIN` and `i32::MAX` are open ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Days {
    from: LocalDay,
    to: LocalDay,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self { from: LocalDay::MIN, to: LocalDay::MAX };

    /// `None` unless `from` lies before `to`.
    pub fn new(from: LocalDay, to: LocalDay) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// From a day on, without an end.
    pub fn since(from: LocalDay) -> Self {
        Self { from: from.min(LocalDay::MAX - 1), to: LocalDay::MAX }
    }

    /// The first day inside.
    pub fn from(self) -> LocalDay {
        self.from
    }

    /// The first day after.
    pub fn to(self) -> LocalDay {
        self.to
    }

    /// Whether a day lies inside.
    pub fn contains(self, day: LocalDay) -> bool {
        (self.from..self.to).contains(&day)
    }

    /// The days in both.
    pub fn overlap(self, other: Self) -> Option<Self> {
        Self::new(self.from.max(other.from), self.to.min(other.to))
    }
}

/// The same days in as few stretches as possible, in order: overlapping and touching ones become one.
pub fn union(mut stretches: Vec<Days>) -> Vec<Days> {
    stretches.sort_unstable();
    let mut joined: Vec<Days> = Vec::with_capacity(stretches.len());
    for next in stretches {
        match joined.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => joined.push(next),
        }
    }
    joined
}

/// The days of `stretches` that lie in none of `taken`, in order.
pub fn without(stretches: Vec<Days>, taken: Vec<Days>) -> Vec<Days> {
    let taken = union(taken);
    let mut left = Vec::new();
    for stretch in union(stretches) {
        let mut from = stretch.from;
        let first = taken.partition_point(|cut| cut.to <= stretch.from);
        for cut in taken[first..].iter().take_while(|cut| cut.from < stretch.to) {
            left.extend(Days::new(from, cut.from));
            from = cut.to;
        }
        left.extend(Days::new(from, stretch.to));
    }
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn days(from: LocalDay, to: LocalDay) -> Days {
        Days::new(from, to).unwrap()
    }

    #[test]
    fn touching_stretches_become_one() {
        assert_eq!(union(vec![days(5, 7), days(1, 3), days(3, 5), days(9, 10)]), [days(1, 7), days(9, 10)]);
        assert_eq!(Days::new(3, 3), None);
        assert!(Days::since(4).contains(LocalDay::MAX - 1) && !Days::since(4).contains(3));
    }

    #[test]
    fn days_are_cut_out() {
        let left = without(vec![days(0, 10), days(20, 30)], vec![days(3, 5), days(8, 22), days(29, 40)]);
        assert_eq!(left, [days(0, 3), days(5, 8), days(22, 29)]);
        assert_eq!(without(vec![Days::ALL], vec![days(0, 1)]), [days(LocalDay::MIN, 0), Days::since(1)]);
    }

    fn stretches() -> impl Strategy<Value = Vec<Days>> {
        prop::collection::vec((0..40i32, 1..9i32).prop_map(|(from, length)| days(from, from + length)), 0..8)
    }

    proptest! {
        #[test]
        fn each_day_is_where_it_belongs(some in stretches(), taken in stretches(), day in 0..60i32) {
            let inside = |list: &[Days]| list.iter().filter(|stretch| stretch.contains(day)).count();
            prop_assert_eq!(inside(&union(some.clone())), usize::from(inside(&some) > 0));
            let expected = inside(&some) > 0 && inside(&taken) == 0;
            prop_assert_eq!(inside(&without(some, taken)), usize::from(expected));
        }
    }
}
