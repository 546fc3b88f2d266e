//! The company's calendar: which days are busy (working days, holidays, launches), and at what hour people are awake.

use axle_model::time::{date_of_day, day_of_date};
use jiff::ToSpan;
use jiff::civil::Weekday;
use rand::Rng;

use crate::CompanySettings;
use crate::clock::{DAY, HOUR};
use crate::random::{Stream, between, poisson, stream, weighted, whole};

/// A release that the whole community talks about.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Day of the calendar, counted from its start.
    pub day: usize,
    /// What was released, such as `2.3`.
    pub version: String,
}

/// Days from the first simulated one to the last.
#[derive(Debug)]
pub struct Calendar {
    /// First instant.
    pub start: i64,
    /// First instant after the last day.
    pub end: i64,
    /// Releases, oldest first.
    pub launches: Vec<Launch>,
    /// How busy each day is; 1 is an ordinary working day.
    pub busy: Vec<f64>,
}

/// How likely people write at each hour of their own day.
const HOURS: [f64; 24] = [
    1.0, 0.5, 0.3, 0.2, 0.2, 0.4, 1.0, 2.5, 5.0, 8.0, 9.5, 9.0, 6.5, 8.0, 9.5, 9.0, 8.0, 6.5, 4.5, 4.0, 4.5, 4.0, 3.0,
    1.8,
];

impl Calendar {
    /// The calendar of a company. At least two years long: the scripted stories need them.
    pub fn new(settings: &CompanySettings) -> Self {
        let years = i64::from(settings.years.clamp(2, 50));
        let first = settings.end_on.saturating_sub(years.years()).saturating_add(1.day());
        let (first, last) = (i64::from(day_of_date(first)), i64::from(day_of_date(settings.end_on)));
        let days = usize::try_from(last - first + 1).unwrap_or(1);
        let launches = launches(days, &mut stream(settings.seed, "launches", 0));
        let mut busy: Vec<f64> = (first..=last).map(season).collect();
        for launch in &launches {
            for (age, factor) in busy[launch.day..].iter_mut().take(12).enumerate() {
                *factor *= 1.0 + 0.9 * (-(age as f64) / 4.0).exp();
            }
        }
        Self { start: first * DAY, end: (last + 1) * DAY, launches, busy }
    }

    /// Number of days.
    pub fn days(&self) -> usize {
        self.busy.len()
    }

    /// First instant of a day of the calendar.
    pub fn start_of(&self, day: usize) -> i64 {
        self.start + day as i64 * DAY
    }

    /// The calendar's day of an instant, clamped into the calendar.
    pub fn day_of(&self, at: i64) -> usize {
        usize::try_from((at - self.start).div_euclid(DAY)).unwrap_or(0).min(self.days() - 1)
    }

    /// The instant, if the calendar has it.
    pub fn known(&self, at: i64) -> Option<i64> {
        (at < self.end).then_some(at)
    }

    /// How many of about `total` things fall on each day, when they follow `shape` (one number a day) and the season.
    pub fn spread(&self, total: f64, shape: &[f64], rng: &mut Stream) -> Vec<u32> {
        let weights: Vec<f64> = self.busy.iter().zip(shape).map(|(busy, shape)| busy * shape).collect();
        let sum = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        weights.into_iter().map(|weight| poisson(rng, total * weight / sum)).collect()
    }

    /// An instant on that day at an hour when people in that zone (seconds east of UTC) write.
    pub fn moment(&self, day: usize, zone: i64, rng: &mut Stream) -> i64 {
        let hour = weighted(rng, &HOURS) as i64;
        self.start_of(day) + (hour * HOUR + whole(rng, 0, HOUR - 1) - zone).rem_euclid(DAY)
    }

    /// An instant between the two, on a day chosen by the season. `None` when there is no room.
    pub fn moment_between(&self, from: i64, to: i64, zone: i64, rng: &mut Stream) -> Option<i64> {
        let to = to.min(self.end);
        if from >= to {
            return None;
        }
        for _ in 0..12 {
            let day = self.day_of(rng.random_range(from..to));
            if between(rng, 0.0, 1.6) < self.busy[day] {
                let at = self.moment(day, zone, rng);
                if (from..to).contains(&at) {
                    return Some(at);
                }
            }
        }
        Some(rng.random_range(from..to))
    }

    /// The same instant, or, when it is night or (mostly) weekend in that zone, a later one.
    pub fn awake(&self, at: i64, zone: i64, rng: &mut Stream) -> i64 {
        let mut local = at + zone;
        let weekday = (local.div_euclid(DAY) + 3).rem_euclid(7);
        if weekday >= 5 && rng.random::<f64>() < 0.6 {
            local = (local.div_euclid(DAY) + 7 - weekday) * DAY + 8 * HOUR + whole(rng, 0, 5 * HOUR);
        } else if local.rem_euclid(DAY) < 7 * HOUR {
            local = local.div_euclid(DAY) * DAY + 7 * HOUR + whole(rng, 0, 4 * HOUR);
        }
        (local - zone).max(at)
    }
}

fn season(day: i64) -> f64 {
    let date = date_of_day(i32::try_from(day).unwrap_or(i32::MAX));
    let week = match date.weekday() {
        Weekday::Saturday => 0.3,
        Weekday::Sunday => 0.35,
        Weekday::Friday => 0.85,
        _ => 1.0,
    };
    let year = match (date.month(), date.day()) {
        (8, _) => 0.65,
        (12, 20..) | (1, ..=2) => 0.4,
        (12, _) => 0.8,
        (7, _) => 0.85,
        _ => 1.0,
    };
    week * year
}

/// A launch about every quarter.
fn launches(days: usize, rng: &mut Stream) -> Vec<Launch> {
    let mut launches = Vec::new();
    let mut day = whole(rng, 30, 60) as usize;
    while day < days {
        let number = launches.len();
        launches.push(Launch { day, version: format!("{}.{}", 1 + number / 5, number % 5) });
        day += whole(rng, 78, 104) as usize;
    }
    launches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let end_on = jiff::civil::date(2025, 6, 30);
        Calendar::new(&CompanySettings { seed: 1, members: 100, end_on, years: 3 })
    }

    #[test]
    fn three_years_end_with_the_last_day() {
        let calendar = calendar();
        assert_eq!(crate::clock::instant(calendar.start), "2022-07-01T00:00:00Z");
        assert_eq!(crate::clock::instant(calendar.end), "2025-07-01T00:00:00Z");
        assert_eq!(calendar.days(), 1096);
        assert!(calendar.launches.len() >= 10);
    }

    #[test]
    fn nobody_is_woken_at_night() {
        let calendar = calendar();
        let mut rng = stream(1, "test", 0);
        for hour in 0..200 {
            let at = calendar.start + hour * HOUR;
            let awake = calendar.awake(at, 2 * HOUR, &mut rng);
            assert!(awake >= at);
            assert!((awake + 2 * HOUR).rem_euclid(DAY) >= 7 * HOUR);
        }
    }

    #[test]
    fn moments_stay_between_their_bounds() {
        let calendar = calendar();
        let mut rng = stream(1, "test", 1);
        for length in [1, 60, DAY, 30 * DAY] {
            let from = calendar.start + 5 * DAY;
            for _ in 0..50 {
                let at = calendar.moment_between(from, from + length, -7 * HOUR, &mut rng).unwrap();
                assert!((from..from + length).contains(&at));
            }
        }
        assert_eq!(calendar.moment_between(calendar.end, calendar.end + DAY, 0, &mut rng), None);
    }
}
