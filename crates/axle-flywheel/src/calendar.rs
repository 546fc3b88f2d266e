//! The workspace's working hours, and service times counted in them. A task that people do waits in business time, a
//! member's step in calendar time.

use std::collections::BTreeSet;

use axle_model::time::{LocalDay, local_day, start_of_day};
use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// How long a step or a task may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Service {
    /// So many seconds of the clock.
    Seconds(i64),
    /// So many local days later, at the same time of day.
    Days(u32),
    /// So many seconds of working time.
    BusinessSeconds(i64),
    /// So many times the working time of one day: from Friday 15:00, one is Monday 15:00.
    BusinessDays(u32),
    /// Until work ends on the day it began, or on the next working day when it began outside of working hours.
    SameBusinessDay,
}

impl Service {
    /// Reads `5 business minutes`, `2 business days`, `same business day`, `24 hours`, `14 days`.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (number, unit, is_business) = match words.as_slice() {
            ["same", "business", "day"] => return Some(Self::SameBusinessDay),
            [number, unit] => (number, unit, false),
            [number, "business", unit] => (number, unit, true),
            _ => return None,
        };
        let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
        let seconds = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3600,
            "day" if is_business => return Some(Self::BusinessDays(number)),
            "day" => return Some(Self::Days(number)),
            "week" if !is_business => return Some(Self::Days(number.checked_mul(7)?)),
            _ => return None,
        };
        let seconds = i64::from(number) * seconds;
        Some(if is_business { Self::BusinessSeconds(seconds) } else { Self::Seconds(seconds) })
    }
}

/// Working hours of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusinessCalendar {
    #[serde(with = "zone_name")]
    zone: TimeZone,
    /// From Monday on.
    works: [bool; 7],
    opens: Time,
    closes: Time,
    holidays: BTreeSet<Date>,
}

impl BusinessCalendar {
    /// Monday to Friday, 9 to 17.
    pub fn weekdays(zone: TimeZone) -> Self {
        let works = [true, true, true, true, true, false, false];
        let (opens, closes) = (Time::constant(9, 0, 0, 0), Time::constant(17, 0, 0, 0));
        Self { zone, works, opens, closes, holidays: BTreeSet::new() }
    }

    /// With these working days. `None` without any.
    pub fn with_days(mut self, days: &[Weekday]) -> Option<Self> {
        self.works = [false; 7];
        days.iter().for_each(|day| self.works[day.to_monday_zero_offset() as usize] = true);
        (!days.is_empty()).then_some(self)
    }

    /// With these hours. `None` unless they open before they close.
    pub fn with_hours(mut self, opens: Time, closes: Time) -> Option<Self> {
        (self.opens, self.closes) = (opens, closes);
        (opens < closes).then_some(self)
    }

    /// With days on which nobody works.
    #[must_use]
    pub fn with_holidays(mut self, holidays: impl IntoIterator<Item = Date>) -> Self {
        self.holidays.extend(holidays);
        self
    }

    /// The workspace's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The local day of an instant.
    pub fn day(&self, at: Timestamp) -> LocalDay {
        local_day(at, &self.zone)
    }

    /// The first instant of a local day.
    pub fn start(&self, day: LocalDay) -> Timestamp {
        start_of_day(day, &self.zone)
    }

    /// When something that begins at `at` is due.
    pub fn due(&self, at: Timestamp, service: Service) -> Timestamp {
        match service {
            Service::Seconds(seconds) => at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX),
            Service::Days(days) => {
                let later = at.to_zoned(self.zone.clone()).checked_add(i64::from(days).days());
                later.map_or(Timestamp::MAX, |later| later.timestamp())
            }
            Service::BusinessSeconds(seconds) => self.after_work(at, seconds),
            Service::BusinessDays(days) => self.after_work(at, i64::from(days) * self.day_seconds()),
            Service::SameBusinessDay => self.end_of_work(at),
        }
    }

    /// Working time of one day, by the clock on the wall.
    fn day_seconds(&self) -> i64 {
        self.opens.duration_until(self.closes).as_secs()
    }

    /// When so much working time has passed.
    fn after_work(&self, at: Timestamp, mut seconds: i64) -> Timestamp {
        for (opens, closes) in self.hours_from(at) {
            let from = opens.max(at);
            let open_for = closes.duration_since(from).as_secs();
            if open_for <= 0 {
                continue;
            }
            if seconds <= open_for {
                return from + SignedDuration::from_secs(seconds);
            }
            seconds -= open_for;
        }
        Timestamp::MAX
    }

    fn end_of_work(&self, at: Timestamp) -> Timestamp {
        self.hours_from(at).find(|(_, closes)| at < *closes).map_or(Timestamp::MAX, |(_, closes)| closes)
    }

    /// Working hours from the day of an instant on, day by day, through ten years.
    fn hours_from(&self, at: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = at.to_zoned(self.zone.clone()).date();
        first.series(1.day()).take(3660).filter(|date| self.is_working(*date)).filter_map(|date| {
            let instant = |time| self.zone.to_timestamp(date.to_datetime(time)).ok();
            Some((instant(self.opens)?, instant(self.closes)?))
        })
    }

    fn is_working(&self, date: Date) -> bool {
        self.works[date.weekday().to_monday_zero_offset() as usize] && !self.holidays.contains(&date)
    }
}

/// A time zone as its name.
mod zone_name {
    use jiff::tz::TimeZone;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(zone: &TimeZone, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.iana_name().unwrap_or("UTC"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
        TimeZone::get(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(calendar: &BusinessCalendar, at: &str, service: &str) -> String {
        let at = at.parse().unwrap();
        calendar.due(at, Service::parse(service).unwrap()).to_string()
    }

    /// 2026-01-02 is a Friday.
    #[test]
    fn business_time_passes_in_working_hours_only() {
        let utc = BusinessCalendar::weekdays(TimeZone::UTC);
        for (at, service, expected) in [
            ("2026-01-02T15:00:00Z", "1 business day", "2026-01-05T15:00:00Z"),
            ("2026-01-02T15:00:00Z", "2 business days", "2026-01-06T15:00:00Z"),
            ("2026-01-03T11:00:00Z", "1 business day", "2026-01-05T17:00:00Z"),
            ("2026-01-02T16:58:00Z", "5 business minutes", "2026-01-05T09:03:00Z"),
            ("2026-01-02T16:58:00Z", "2 business minutes", "2026-01-02T17:00:00Z"),
            ("2026-01-02T08:00:00Z", "same business day", "2026-01-02T17:00:00Z"),
            ("2026-01-02T17:00:00Z", "same business day", "2026-01-05T17:00:00Z"),
            ("2026-01-02T17:00:00Z", "24 hours", "2026-01-03T17:00:00Z"),
            ("2026-01-02T17:00:00Z", "2 weeks", "2026-01-16T17:00:00Z"),
        ] {
            assert_eq!(due(&utc, at, service), expected, "{at} {service}");
        }
    }

    #[test]
    fn holidays_and_other_weeks_move_it() {
        let calendar = BusinessCalendar::weekdays(TimeZone::UTC).with_holidays([jiff::civil::date(2026, 1, 5)]);
        assert_eq!(due(&calendar, "2026-01-02T15:00:00Z", "1 business day"), "2026-01-06T15:00:00Z");
        let sunday = calendar.clone().with_days(&[Weekday::Sunday]).unwrap();
        assert_eq!(due(&sunday, "2026-01-02T15:00:00Z", "1 business day"), "2026-01-04T17:00:00Z");
        assert!(calendar.clone().with_days(&[]).is_none());
        assert!(calendar.with_hours(Time::constant(17, 0, 0, 0), Time::constant(9, 0, 0, 0)).is_none());
    }

    /// Summer time began in Berlin on 2026-03-29: a day later is 23 hours later, and work begins an hour earlier.
    #[test]
    fn days_are_local() {
        let berlin = BusinessCalendar::weekdays(TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(due(&berlin, "2026-03-28T11:00:00Z", "1 day"), "2026-03-29T10:00:00Z");
        assert_eq!(due(&berlin, "2026-03-27T15:00:00Z", "2 business hours"), "2026-03-30T08:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "0 days", "2", "2 business weeks", "same day", "-1 days", "two days"] {
            assert_eq!(Service::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_calendar_survives_storing() {
        let calendar = BusinessCalendar::weekdays(TimeZone::get("Europe/Berlin").unwrap());
        let text = serde_json::to_string(&calendar).unwrap();
        assert_eq!(serde_json::from_str::<BusinessCalendar>(&text).unwrap(), calendar);
    }
}
