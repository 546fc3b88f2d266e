//! Love, decayed: how much a member has done, lately more than long ago. Two variants, and the older generations of
//! the model for comparison.

use crate::calendar::{MonthNumber, month_of_day};
use crate::look_back::ActiveDay;
use crate::orbit::OrbitLevel;
use crate::time::LocalDay;

/// Calendar months that monthly love reaches back, the current one included.
pub const LOVE_MONTHS: usize = 12;

/// Mean days in a month, by which continuous love ages.
pub const DAYS_PER_MONTH: f64 = 30.4375;

const TABLE_DAYS: usize = 1_024;

/// The model's second generation: `sum of decay^k * weights in the calendar month k months before that of as_of`,
/// k = 0 to 11.
///
/// The current month is the one that `as_of` lies in: on the first of a month it is still empty. So the value drops
/// by `1 - decay` at that midnight, as published. Months are taken whole, whatever the look-back.
pub fn monthly(days: &[ActiveDay], as_of: LocalDay, decay: f64) -> f64 {
    let current = month_of_day(as_of);
    let mut sums = [0_u64; LOVE_MONTHS];
    for day in days.iter().filter(|day| day.day < as_of) {
        if let Some(sum) = sums.get_mut((current - day.month()) as usize) {
            *sum += day.weight_sum;
        }
    }
    sums.iter().zip(0..).map(|(sum, months_ago)| *sum as f64 * decay.powi(months_ago)).sum()
}

/// `sum of weight * decay^(age / 30.4375)` with the age in whole local days, 1 for yesterday, over **all** counted
/// activity before `as_of`.
///
/// It has no horizon on purpose. Between two midnights without activity it falls by the factor of one day, on the
/// first of a month like on any other day. A horizon of a year would throw away 28 % of a weight at once when the
/// activity leaves it; without one, what is older than a year simply fades on.
pub fn continuous(days: &[ActiveDay], as_of: LocalDay, decay: f64) -> f64 {
    let before = days.iter().filter(|day| day.day < as_of);
    before.map(|day| day.weight_sum as f64 * decay.powf(f64::from(as_of - day.day) / DAYS_PER_MONTH)).sum()
}

/// Powers of one decay, computed once.
pub(crate) struct Love {
    decay: f64,
    by_month: [f64; LOVE_MONTHS],
    by_day: Vec<f64>,
}

impl Love {
    pub(crate) fn new(decay: f64) -> Self {
        let by_month = std::array::from_fn(|months| decay.powi(months as i32));
        let by_day = (0..TABLE_DAYS).map(|days| decay.powf(days as f64 / DAYS_PER_MONTH)).collect();
        Self { decay, by_month, by_day }
    }

    fn after_days(&self, days: i32) -> f64 {
        let known = usize::try_from(days).ok().and_then(|days| self.by_day.get(days));
        known.copied().unwrap_or_else(|| self.decay.powf(f64::from(days) / DAYS_PER_MONTH))
    }
}

/// Both loves of one member, kept up to date as days are added in order.
#[derive(Default)]
pub(crate) struct RunningLove {
    /// Weights by month, in a ring; each with its month.
    months: [(MonthNumber, u64); RunningLove::SLOTS],
    /// Continuous love as of `last`, with the activity of that day undecayed.
    continuous: f64,
    last: LocalDay,
}

impl RunningLove {
    pub(crate) const SLOTS: usize = 16;

    pub(crate) fn add(&mut self, love: &Love, day: &ActiveDay) {
        let slot = &mut self.months[Self::slot(day.month())];
        let before = if slot.0 == day.month() { slot.1 } else { 0 };
        *slot = (day.month(), before + day.weight_sum);
        // While nothing was added, the age of nothing does not matter.
        let kept = if self.continuous > 0.0 { self.continuous * love.after_days(day.day - self.last) } else { 0.0 };
        self.continuous = kept + day.weight_sum as f64;
        self.last = day.day;
    }

    pub(crate) fn monthly(&self, love: &Love, current: MonthNumber) -> f64 {
        let value = |(decayed, month): (&f64, MonthNumber)| {
            let (held, sum) = self.months[Self::slot(month)];
            if held == month { sum as f64 * decayed } else { 0.0 }
        };
        love.by_month.iter().zip((0..).map(|k| current - k)).map(value).sum()
    }

    pub(crate) fn continuous(&self, love: &Love, as_of: LocalDay) -> f64 {
        if self.continuous > 0.0 { self.continuous * love.after_days(as_of - self.last) } else { 0.0 }
    }

    fn slot(month: MonthNumber) -> usize {
        month as usize % Self::SLOTS
    }
}

impl OrbitLevel {
    /// The level by the second generation's ranges of love: 1.5, 1 and 0.5 are the lower bounds of the inner three.
    pub fn of_v2_love(love: f64) -> Self {
        match love {
            love if love >= 1.5 => Self::Leading,
            love if love >= 1.0 => Self::Contributing,
            love if love >= 0.5 => Self::Participating,
            _ => Self::Exploring,
        }
    }

    /// The level by the first generation's scores, 0 to 10: love was the highest recent score.
    pub fn of_v1_love(score: u8) -> Self {
        match score {
            0..=2 => Self::Exploring,
            3..=6 => Self::Participating,
            7..=8 => Self::Contributing,
            _ => Self::Leading,
        }
    }
}

/// The first generation's love: the highest score among recent activities; 0 without any.
pub fn v1(recent_scores: impl IntoIterator<Item = u8>) -> u8 {
    recent_scores.into_iter().max().unwrap_or(0)
}

/// Gravity in the first two generations: the sum of love times reach over members.
pub fn v2_gravity(love_and_reach: impl IntoIterator<Item = (f64, f64)>) -> f64 {
    love_and_reach.into_iter().map(|(love, reach)| love * reach).sum()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::look_back::active_days;
    use crate::score::DayActivity;
    use crate::time::day_of_date;

    fn rows(rows: &[(i16, i8, i8, u8)]) -> Vec<ActiveDay> {
        let row = |(year, month, day, weight): &(i16, i8, i8, u8)| DayActivity {
            day: day_of_date(date(*year, *month, *day)),
            weight: *weight,
            count: 1,
        };
        active_days(&rows.iter().map(row).collect::<Vec<_>>())
    }

    /// Golden G1: the second generation's example, today being 2020-02-20.
    #[test]
    fn g1_love_of_marie_jennifer_and_terrence() {
        let today = day_of_date(date(2020, 2, 20));
        let love = |days: &[ActiveDay]| monthly(days, today, 0.9);
        assert!((love(&rows(&[(2020, 1, 14, 3), (2020, 1, 20, 3)])) - 5.4).abs() < 1e-12);
        assert!((love(&rows(&[(2019, 11, 14, 1), (2020, 2, 11, 3)])) - 3.729).abs() < 1e-12);
        assert!((love(&rows(&[(2019, 12, 21, 1)])) - 0.81).abs() < 1e-12);
    }

    #[test]
    fn monthly_love_reaches_back_twelve_months() {
        let days = rows(&[(2023, 2, 28, 5), (2023, 3, 1, 4)]);
        let value = |month| monthly(&days, day_of_date(date(2024, month, 29)), 0.9);
        assert!((value(2) - 4.0 * 0.9_f64.powi(11)).abs() < 1e-12);
        assert!(value(3).abs() < 1e-12);
        assert!(monthly(&days, day_of_date(date(2023, 2, 28)), 0.9).abs() < 1e-12, "the as-of day does not count");
    }

    /// Golden G17: the first generation's table, and the second's, in which Avery's reach grew from 5 to 6.
    #[test]
    fn g17_gravity_of_the_older_generations() {
        let others = [(6.0, 3.0), (7.0, 3.0), (4.0, 5.0), (2.0, 1.0)];
        let with_avery = |reach: f64| v2_gravity(others.into_iter().chain([(2.0, reach)]));
        assert!((with_avery(5.0) - 71.0).abs() < 1e-12);
        assert!((with_avery(6.0) - 73.0).abs() < 1e-12);
    }

    /// Golden G18: ten posts of weight 2, ten replies of weight 4 and ten reactions of weight 1 score 20 + 40 + 10.
    #[test]
    fn g18_a_month_scores_the_sum_of_its_weights() {
        let day = day_of_date(date(2026, 1, 10));
        let days = active_days(&[1, 2, 4].map(|weight| DayActivity { day, weight, count: 10 }));
        assert!((monthly(&days, day + 1, 0.9) - 70.0).abs() < 1e-12);
    }

    #[test]
    fn older_generations_have_their_own_bounds() {
        assert_eq!(v1([5, 7, 2]), 7);
        assert_eq!(v1([]), 0);
        assert_eq!([2, 6, 8, 9].map(OrbitLevel::of_v1_love), OrbitLevel::ALL);
        assert_eq!([0.49, 0.5, 1.0, 1.5].map(OrbitLevel::of_v2_love), OrbitLevel::ALL);
    }

    #[test]
    fn continuous_love_fades_by_the_mean_month() {
        let days = rows(&[(2024, 1, 1, 10)]);
        let first = day_of_date(date(2024, 1, 1));
        let value = |age| continuous(&days, first + age, 0.9);
        assert!((value(1) - 10.0 * 0.9_f64.powf(1.0 / 30.4375)).abs() < 1e-12);
        assert!((value(487) - 10.0 * 0.9_f64.powi(16)).abs() < 1e-9, "487 days are 16 mean months");
        let love = Love::new(0.9);
        let mut running = RunningLove::default();
        running.add(&love, &days[0]);
        for age in [1, 30, 365, 366, 1_023, 1_024, 5_000] {
            assert!((running.continuous(&love, first + age) - value(age)).abs() < 1e-12, "{age} days");
        }
    }
}
