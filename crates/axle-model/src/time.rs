//! Instants, local days, grains and periods (conventions C1 and C2).

use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Days since 1970-01-01 in the workspace's time zone.
pub type LocalDay = i32;

/// The earliest instant that an activity may carry: nothing that Axle reads is older.
pub const EARLIEST: Timestamp = Timestamp::constant(0, 0);

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// The local day of an instant. A day of 23 or 25 hours is one day.
pub fn local_day(at: Timestamp, zone: &TimeZone) -> LocalDay {
    day_of_date(zone.to_datetime(at).date())
}

/// Days from 1970-01-01 to `date`.
pub fn day_of_date(date: Date) -> LocalDay {
    (date - EPOCH).get_days()
}

/// The calendar date of a day number. Days outside the years -9999 to 9999 are clamped to that range.
pub fn date_of_day(day: LocalDay) -> Date {
    let limit = if day < 0 { Date::MIN } else { Date::MAX };
    Span::new().try_days(day).and_then(|span| EPOCH.checked_add(span)).unwrap_or(limit)
}

/// The first instant of a local day.
pub fn start_of_day(day: LocalDay, zone: &TimeZone) -> Timestamp {
    date_of_day(day).to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// An instant as people write it: in whole (RFC 3339), or as a date, which is the start of that day where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Moment {
    /// In whole.
    Instant(Timestamp),
    /// As a date.
    Day(Date),
}

impl Moment {
    /// The instant that is meant where days begin in `zone`.
    pub fn at(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Instant(at) => at,
            Self::Day(date) => start_of_day(day_of_date(date), zone),
        }
    }
}

/// Text that is no [`Moment`]: what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a date such as 2026-03-01, which means its beginning, or an instant such as 2026-03-01T09:30:00Z")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        // A date and time without an offset is neither: its time would be lost. `26-03-01` would be of the year 26.
        let date = || Date::strptime("%Y-%m-%d", text).ok().filter(|_| text.len() == 10).map(Self::Day);
        text.parse::<Timestamp>().ok().map(Self::Instant).or_else(date).ok_or(NoMoment)
    }
}

impl TryFrom<String> for Moment {
    type Error = NoMoment;

    fn try_from(text: String) -> Result<Self, NoMoment> {
        text.parse()
    }
}

/// How finely a figure is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// A local day.
    Day,
    /// An ISO week: Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// The whole window asked for, as one period.
    Total,
}

impl Grain {
    /// Every grain, finest first.
    pub const ALL: [Self; 6] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year, Self::Total];

    /// The name on the command line and in URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::Total => "total",
        }
    }

    /// The grain of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grain| grain.name() == name)
    }

    /// The first date of the period that holds `date`; `date` itself for [`Grain::Total`].
    pub fn floor(self, date: Date) -> Date {
        match self {
            Self::Day | Self::Total => date,
            Self::Week => date.saturating_sub(i64::from(date.weekday().to_monday_zero_offset()).days()),
            Self::Month => date.first_of_month(),
            Self::Quarter => jiff::civil::date(date.year(), (date.month() - 1) / 3 * 3 + 1, 1),
            Self::Year => date.first_of_year(),
        }
    }

    /// The first date of the following period; `start` must begin one. [`Grain::Total`] has no next: `Date::MAX`.
    pub fn next(self, start: Date) -> Date {
        match self {
            Self::Day => start.saturating_add(1.day()),
            Self::Week => start.saturating_add(7.days()),
            Self::Month => start.saturating_add(1.month()),
            Self::Quarter => start.saturating_add(3.months()),
            Self::Year => start.saturating_add(1.year()),
            Self::Total => Date::MAX,
        }
    }
}

/// Local dates, half-open: `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First date inside.
    pub start: Date,
    /// First date after.
    pub end: Date,
}

impl Period {
    /// `None` unless `start` lies before `end`.
    pub fn new(start: Date, end: Date) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The periods of `grain` that cover `self`, whole ones: the first and last may reach beyond it.
    pub fn split(self, grain: Grain) -> Vec<Self> {
        if grain == Grain::Total {
            return vec![self];
        }
        let mut start = grain.floor(self.start);
        let mut periods = Vec::new();
        while start < self.end {
            let end = grain.next(start);
            periods.push(Self { start, end });
            start = end;
        }
        periods
    }

    /// The days inside, as day numbers `[first, end)`.
    pub fn days(self) -> std::ops::Range<LocalDay> {
        day_of_date(self.start)..day_of_date(self.end)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_of_25_hours_is_one_day() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2024-10-27: 02:30 happens twice, at 00:30 and 01:30 UTC.
        let day = local_day("2024-10-26T22:30:00Z".parse().unwrap(), &zone);
        assert_eq!(date_of_day(day), date(2024, 10, 27));
        for at in ["2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27T22:59:00Z"] {
            assert_eq!(local_day(at.parse().unwrap(), &zone), day);
        }
        assert_eq!(local_day("2024-10-27T23:00:00Z".parse().unwrap(), &zone), day + 1);
        let hours = start_of_day(day + 1, &zone).duration_since(start_of_day(day, &zone)).as_hours();
        assert_eq!(hours, 25);
    }

    #[test]
    fn a_date_is_the_start_of_its_day_and_other_text_is_told_what_to_write() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| text.parse::<Moment>().map(|moment| moment.at(&berlin).to_string());
        assert_eq!(at("2026-06-01").unwrap(), "2026-05-31T22:00:00Z");
        assert_eq!(at("2026-06-01T12:00:00+02:00").unwrap(), "2026-06-01T10:00:00Z");
        for text in ["yesterday", "2026-13-01", "2026-06-01T12:00:00", "2026-06", "26-06-01", ""] {
            let told = at(text).unwrap_err().to_string();
            assert!(told.contains("2026-03-01T09:30:00Z"), "{text}: {told}");
        }
    }

    #[test]
    fn a_day_without_a_midnight_or_with_two_starts_at_its_first_instant() {
        for (zone, date, start) in [
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
            // A day that Samoa left out: what follows it.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ] {
            let moment: Moment = date.parse().unwrap();
            assert_eq!(moment.at(&TimeZone::get(zone).unwrap()).to_string(), start, "{zone}");
        }
    }

    #[test]
    fn days_beyond_the_calendar_are_its_ends() {
        assert_eq!(date_of_day(0), date(1970, 1, 1));
        assert_eq!(date_of_day(i32::MAX), Date::MAX);
        assert_eq!(date_of_day(i32::MIN), Date::MIN);
    }

    #[test]
    fn weeks_are_iso_weeks() {
        assert_eq!(Grain::Week.floor(date(2024, 12, 31)), date(2024, 12, 30));
        assert_eq!(Grain::Week.floor(date(2024, 12, 30)), date(2024, 12, 30));
    }

    #[test]
    fn a_window_is_cut_into_whole_periods() {
        let window = Period::new(date(2024, 1, 15), date(2024, 3, 2)).unwrap();
        let months: Vec<_> = window.split(Grain::Month).into_iter().map(|p| (p.start, p.end)).collect();
        assert_eq!(
            months,
            [
                (date(2024, 1, 1), date(2024, 2, 1)),
                (date(2024, 2, 1), date(2024, 3, 1)),
                (date(2024, 3, 1), date(2024, 4, 1))
            ]
        );
        assert_eq!(window.split(Grain::Total), [window]);
        assert_eq!(Grain::Quarter.floor(date(2024, 6, 30)), date(2024, 4, 1));
    }
}
