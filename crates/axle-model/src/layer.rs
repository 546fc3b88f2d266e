//! Layers of a community: how near a person is, seen from what they did in the last year (S9 to S13).

use crate::time::LocalDay;

/// Days that a layer looks back, the day itself among them.
pub const LOOK_BACK_DAYS: LocalDay = 365;

/// From this weight on an activity in a place of ours makes a member.
pub const MEMBER_WEIGHT: u8 = 4;

/// Where a person stands. Everybody is in one layer at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Layer {
    /// A teammate.
    Internal,
    /// Takes part in our places: a heavier activity, or joined and did something besides.
    Members,
    /// Follows us in our places, lightly.
    Audience,
    /// Is active around us in places of others only.
    Market,
}

impl Layer {
    /// In the order of the rule: the first that holds is the one.
    pub const ALL: [Self; 4] = [Self::Internal, Self::Members, Self::Audience, Self::Market];

    /// The name in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Members => "members",
            Self::Audience => "audience",
            Self::Market => "market",
        }
    }
}

/// The last days on which a person did what layers look at. Counted activity of others than teammates is handed over
/// in the order of time.
#[derive(Debug, Clone, Copy, Default)]
pub struct LastDays {
    heavy: Option<LocalDay>,
    joined: Option<LocalDay>,
    besides: Option<LocalDay>,
    elsewhere: Option<LocalDay>,
}

impl LastDays {
    /// Takes a counted activity. `is_ours`: in a channel that is not another's; `is_join`: of a type that says that
    /// somebody came into a space.
    pub fn take(&mut self, day: LocalDay, weight: u8, is_ours: bool, is_join: bool) {
        if !is_ours {
            self.elsewhere = Some(day);
            return;
        }
        if weight >= MEMBER_WEIGHT {
            self.heavy = Some(day);
        }
        if is_join {
            self.joined = Some(day);
        } else {
            self.besides = Some(day);
        }
    }

    /// The layer at the end of a day on or after the last one taken. `None` when the person did nothing that counts
    /// within the look-back.
    pub fn layer(&self, day: LocalDay, is_teammate: bool) -> Option<Layer> {
        let lately = |last: Option<LocalDay>| last.is_some_and(|last| day.saturating_sub(last) < LOOK_BACK_DAYS);
        if is_teammate {
            Some(Layer::Internal)
        } else if lately(self.heavy) || (lately(self.joined) && lately(self.besides)) {
            Some(Layer::Members)
        } else if lately(self.joined) || lately(self.besides) {
            Some(Layer::Audience)
        } else {
            lately(self.elsewhere).then_some(Layer::Market)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(activities: &[(LocalDay, u8, bool, bool)]) -> LastDays {
        let mut last = LastDays::default();
        activities.iter().for_each(|(day, weight, is_ours, is_join)| last.take(*day, *weight, *is_ours, *is_join));
        last
    }

    #[test]
    fn weight_and_place_decide() {
        assert_eq!(after(&[(10, 4, true, false)]).layer(10, false), Some(Layer::Members));
        assert_eq!(after(&[(10, 3, true, false)]).layer(10, false), Some(Layer::Audience));
        assert_eq!(after(&[(10, 12, false, false)]).layer(10, false), Some(Layer::Market));
        assert_eq!(after(&[(10, 4, true, false)]).layer(10, true), Some(Layer::Internal));
        assert_eq!(after(&[]).layer(10, false), None);
    }

    #[test]
    fn who_joined_is_a_member_once_they_do_something() {
        let joined = after(&[(10, 2, true, true)]);
        assert_eq!(joined.layer(10, false), Some(Layer::Audience));
        assert_eq!(after(&[(10, 2, true, true), (20, 1, true, false)]).layer(20, false), Some(Layer::Members));
    }

    #[test]
    fn a_year_is_looked_back() {
        let last = after(&[(0, 4, true, false), (100, 2, true, false)]);
        assert_eq!(last.layer(364, false), Some(Layer::Members));
        assert_eq!(last.layer(365, false), Some(Layer::Audience));
        assert_eq!(last.layer(464, false), Some(Layer::Audience));
        assert_eq!(last.layer(465, false), None);
    }
}
