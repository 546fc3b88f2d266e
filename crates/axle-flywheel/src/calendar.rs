//! The workspace's working hours, and service times counted in them. A task that people do waits in business time, a
//! member's step in calendar time.

use axle_model::business_hours::BusinessHours;
use axle_model::time::{LocalDay, local_day, start_of_day};
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

/// Where a workspace is, and when somebody is at work there.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessCalendar {
    zone: TimeZone,
    hours: BusinessHours,
}

impl BusinessCalendar {
    /// Of these hours.
    pub fn new(zone: TimeZone, hours: BusinessHours) -> Self {
        Self { zone, hours }
    }

    /// Of the hours that a workspace has unless it sets others: Monday to Friday, 9 to 17.
    pub fn weekdays(zone: TimeZone) -> Self {
        Self::new(zone, BusinessHours::default())
    }

    /// Everything that it consists of.
    pub(crate) fn description(&self) -> String {
        format!("{:?} {:?}", self.zone.iana_name(), self.hours)
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
            Service::BusinessDays(days) => self.after_work(at, i64::from(days) * self.hours.day_seconds()),
            Service::SameBusinessDay => self.end_of_work(at),
        }
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
        first.series(1.day()).take(3660).filter_map(|date| self.hours.of_day(date, &self.zone))
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
        let due_in = |hours: &str, service: &str| {
            let calendar = BusinessCalendar::new(TimeZone::UTC, serde_json::from_str(hours).unwrap());
            due(&calendar, "2026-01-02T15:00:00Z", service)
        };
        let holiday = r#"{"holidays": ["2026-01-05"]}"#;
        assert_eq!(due_in(holiday, "1 business day"), "2026-01-06T15:00:00Z");
        let sundays = r#"{"days": ["sunday"], "holidays": ["2026-01-05"]}"#;
        assert_eq!(due_in(sundays, "1 business day"), "2026-01-04T17:00:00Z");
        // A business day of four hours: one of Friday's is left, three are Monday's.
        let afternoons = r#"{"from": "12:00", "to": "16:00"}"#;
        assert_eq!(due_in(afternoons, "1 business day"), "2026-01-05T15:00:00Z");
        assert_eq!(due_in(afternoons, "same business day"), "2026-01-02T16:00:00Z");
        // Nobody works for ten years.
        let never: Vec<String> =
            jiff::civil::date(2026, 1, 4).series(7.days()).take(530).map(|day| day.to_string()).collect();
        let never = serde_json::json!({"days": ["sunday"], "holidays": never}).to_string();
        assert_eq!(due_in(&never, "same business day"), Timestamp::MAX.to_string());
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
}
