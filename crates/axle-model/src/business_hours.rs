//! Business hours: when somebody is at work, as a workspace sets it (convention C9). Service times of flywheels, tasks and
//! figures all count in them.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::time::{date_of_day, local_day};

/// The days of the week, as [`BusinessHours`] counts them.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Minutes of a day by the clock on the wall.
const DAY_MINUTES: u16 = 24 * 60;

/// The working week and the days on which nobody works. [`Default`] is Monday to Friday, 9:00 to 17:00, without holidays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct BusinessHours {
    /// From Monday on; at least one.
    works: [bool; 7],
    /// Minutes after midnight, less than `closes`.
    opens: u16,
    /// Minutes after midnight, at most [`DAY_MINUTES`].
    closes: u16,
    holidays: BTreeSet<Date>,
}

impl Default for BusinessHours {
    fn default() -> Self {
        let works = [true, true, true, true, true, false, false];
        Self { works, opens: 9 * 60, closes: 17 * 60, holidays: BTreeSet::new() }
    }
}

/// Business hours as people write them; what is left out is as shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// `monday`, …
    pub days: Vec<String>,
    /// Local time at which work begins on each of them: `09:00`.
    pub from: String,
    /// Local time at which it ends: `17:00`; `24:00` is the end of the day.
    pub to: String,
    /// Days on which nobody works: `2026-12-25`.
    pub holidays: Vec<String>,
}

impl Default for Written {
    fn default() -> Self {
        BusinessHours::default().into()
    }
}

/// Why something says no business hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusinessHoursError {
    /// A word that names no day.
    #[error("`{0}` is no day of the week: write monday, tuesday, wednesday, thursday, friday, saturday or sunday")]
    Day(String),
    /// A week in which nobody works.
    #[error("nobody works on any day: name at least one day of the week")]
    NoDay,
    /// No time by the clock.
    #[error("`{0}` is no time of day: write it as 09:00; 24:00 is the end of the day")]
    Time(String),
    /// Hours that end before they begin, or at once.
    #[error("work begins at {0}, so it cannot end at {1}: the end must come after the beginning, on the same day")]
    Reversed(String, String),
    /// No date.
    #[error("`{0}` is no date: write a holiday as 2026-12-25")]
    Holiday(String),
}

impl TryFrom<Written> for BusinessHours {
    type Error = BusinessHoursError;

    fn try_from(written: Written) -> Result<Self, BusinessHoursError> {
        let mut works = [false; 7];
        for name in &written.days {
            let day = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name.trim()));
            works[day.ok_or_else(|| BusinessHoursError::Day(name.clone()))?] = true;
        }
        if !works.contains(&true) {
            return Err(BusinessHoursError::NoDay);
        }
        let minutes = |text: &str| minutes(text.trim()).ok_or_else(|| BusinessHoursError::Time(text.to_owned()));
        let (opens, closes) = (minutes(&written.from)?, minutes(&written.to)?);
        if opens >= closes {
            return Err(BusinessHoursError::Reversed(clock(opens), clock(closes)));
        }
        let date = |text: &String| text.trim().parse::<Date>().map_err(|_| BusinessHoursError::Holiday(text.clone()));
        let holidays = written.holidays.iter().map(date).collect::<Result<BTreeSet<Date>, _>>()?;
        Ok(Self { works, opens, closes, holidays })
    }
}

impl From<BusinessHours> for Written {
    fn from(hours: BusinessHours) -> Self {
        Self {
            days: hours.day_names().map(str::to_lowercase).collect(),
            from: clock(hours.opens),
            to: clock(hours.closes),
            holidays: hours.holidays.iter().map(Date::to_string).collect(),
        }
    }
}

/// `Monday to Friday, 09:00 to 17:00, but for 2 holidays`
impl fmt::Display for BusinessHours {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<&str> = self.day_names().collect();
        let is_stretch = self.works.split(|works| !works).filter(|run| !run.is_empty()).count() == 1;
        match days.as_slice() {
            [first, _, .., last] if is_stretch => write!(formatter, "{first} to {last}")?,
            _ => formatter.write_str(&days.join(", "))?,
        }
        write!(formatter, ", {} to {}", clock(self.opens), clock(self.closes))?;
        match self.holidays.len() {
            0 => Ok(()),
            1 => formatter.write_str(", but for 1 holiday"),
            many => write!(formatter, ", but for {many} holidays"),
        }
    }
}

impl BusinessHours {
    /// With more days on which nobody works.
    #[must_use]
    pub fn with_holidays(mut self, holidays: impl IntoIterator<Item = Date>) -> Self {
        self.holidays.extend(holidays);
        self
    }

    /// Working time of one day in seconds, by the clock on the wall: what a business day is.
    pub fn day_seconds(&self) -> i64 {
        i64::from(self.closes - self.opens) * 60
    }

    /// When a local day's hours begin and end; `None` on a day off. A day on which clocks change is as long as it is.
    pub fn of_day(&self, date: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        if !self.works[date.weekday().to_monday_zero_offset() as usize] || self.holidays.contains(&date) {
            return None;
        }
        let at = |minutes: u16| {
            let time = date.to_datetime(Time::midnight()).checked_add(i64::from(minutes).minutes()).ok()?;
            zone.to_timestamp(time).ok()
        };
        Some((at(self.opens)?, at(self.closes)?))
    }

    /// Whole seconds of `[from, to)` in which somebody is at work; 0 when `to` comes first.
    pub fn seconds(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> i64 {
        let inside = |day| {
            self.of_day(date_of_day(day), zone).map_or(0, |(opens, closes)| {
                let [opens, closes] = [opens.max(from), closes.min(to)].map(Timestamp::as_microsecond);
                (closes - opens).max(0)
            })
        };
        (local_day(from, zone)..=local_day(to, zone)).map(inside).sum::<i64>() / 1_000_000
    }

    /// The same in business days.
    pub fn days(&self, from: Timestamp, to: Timestamp, zone: &TimeZone) -> f64 {
        self.seconds(from, to, zone) as f64 / self.day_seconds() as f64
    }

    /// Names of the days on which somebody works, from Monday on.
    fn day_names(&self) -> impl Iterator<Item = &'static str> {
        DAYS.into_iter().zip(self.works).filter(|(_, works)| *works).map(|(name, _)| name)
    }
}

/// `9:00` and `09:00` are 540, `24:00` is 1440.
fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(is_number(hours) && is_number(minutes) && minutes.len() == 2 && hours.len() <= 2) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some(hours * 60 + minutes).filter(|all| minutes < 60 && *all <= DAY_MINUTES)
}

/// The reverse of [`minutes`].
fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> BusinessHours {
        serde_json::from_str(json).unwrap()
    }

    fn seconds(hours: &BusinessHours, from: &str, to: &str, zone: &str) -> i64 {
        hours.seconds(from.parse().unwrap(), to.parse().unwrap(), &TimeZone::get(zone).unwrap())
    }

    /// 2026-01-02 is a Friday.
    #[test]
    fn nights_and_weekends_do_not_count() {
        let utc = |from: &str, to: &str| seconds(&BusinessHours::default(), from, to, "UTC");
        assert_eq!(utc("2026-01-02T10:00:00Z", "2026-01-02T10:05:00Z"), 300);
        // Two minutes before the end of Friday, one after the beginning of Monday.
        assert_eq!(utc("2026-01-02T16:58:00Z", "2026-01-05T09:01:00Z"), 180);
        assert_eq!(utc("2026-01-03T10:00:00Z", "2026-01-04T16:00:00Z"), 0);
        // Five days of eight hours.
        assert_eq!(utc("2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"), 5 * 8 * 3600);
        assert_eq!(utc("2026-01-02T12:00:00Z", "2026-01-02T11:00:00Z"), 0);
        assert_eq!(utc("2026-01-09T12:00:00Z", "2026-01-02T11:00:00Z"), 0);
    }

    #[test]
    fn hours_are_local_also_when_clocks_change() {
        let berlin = |from: &str, to: &str| seconds(&BusinessHours::default(), from, to, "Europe/Berlin");
        // 9:00 in Berlin is 8:00 UTC in winter and 7:00 in summer; clocks change on Sunday, 2026-03-29.
        assert_eq!(berlin("2026-03-27T07:30:00Z", "2026-03-27T08:30:00Z"), 1800);
        assert_eq!(berlin("2026-03-27T15:00:00Z", "2026-03-30T08:00:00Z"), 2 * 3600);
        // Who works all day and night has 23 hours on that Sunday.
        let always = read(r#"{"days": ["saturday", "Sunday"], "from": "0:00", "to": "24:00"}"#);
        assert_eq!(seconds(&always, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin"), 23 * 3600);
    }

    #[test]
    fn another_week_and_holidays_count_as_they_are_set() {
        // Sunday to Thursday, ten to two; Monday 5 January is a holiday.
        let hours = read(
            r#"{"days": ["sunday", "monday", "tuesday", "wednesday", "thursday"], "from": "10:00", "to": "14:00", "holidays": ["2026-01-05"]}"#,
        );
        assert_eq!(seconds(&hours, "2026-01-01T13:00:00Z", "2026-01-06T11:00:00Z", "UTC"), (1 + 4 + 1) * 3600);
        let (from, to) = ("2026-01-01T13:00:00Z".parse().unwrap(), "2026-01-06T11:00:00Z".parse().unwrap());
        assert_eq!((hours.day_seconds(), hours.days(from, to, &TimeZone::UTC)), (4 * 3600, 1.5));
        assert_eq!(
            hours.to_string(),
            "Monday, Tuesday, Wednesday, Thursday, Sunday, 10:00 to 14:00, but for 1 holiday"
        );
    }

    #[test]
    fn what_is_left_out_is_as_shipped_and_what_is_written_reads_the_same() {
        let shipped = BusinessHours::default();
        assert_eq!((read("{}"), shipped.to_string().as_str()), (shipped.clone(), "Monday to Friday, 09:00 to 17:00"));
        let text = serde_json::to_string(&shipped).unwrap();
        let days = r#"["monday","tuesday","wednesday","thursday","friday"]"#;
        assert_eq!(text, format!(r#"{{"days":{days},"from":"09:00","to":"17:00","holidays":[]}}"#));
        let other =
            read(r#"{"days": ["saturday"], "from": "22:15", "to": "24:00", "holidays": ["2026-12-25", "2026-12-25"]}"#);
        assert_eq!(read(&serde_json::to_string(&other).unwrap()), other);
        assert_eq!(other.to_string(), "Saturday, 22:15 to 24:00, but for 1 holiday");
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        let refused = |json: &str| {
            let written: Written = serde_json::from_str(json).unwrap();
            BusinessHours::try_from(written).unwrap_err().to_string()
        };
        for (json, expected) in [
            (r#"{"days": ["mon"]}"#, "`mon` is no day of the week: write monday, tuesday"),
            (r#"{"days": []}"#, "name at least one day"),
            (r#"{"from": "nine"}"#, "`nine` is no time of day: write it as 09:00"),
            (r#"{"to": "24:01"}"#, "`24:01` is no time of day"),
            (r#"{"to": "17:60"}"#, "`17:60` is no time of day"),
            (r#"{"to": "17"}"#, "`17` is no time of day"),
            (r#"{"from": "17:00", "to": "09:00"}"#, "work begins at 17:00, so it cannot end at 09:00"),
            (r#"{"from": "9:00", "to": "09:00"}"#, "work begins at 09:00, so it cannot end at 09:00"),
            (r#"{"holidays": ["2026-02-30"]}"#, "`2026-02-30` is no date: write a holiday as 2026-12-25"),
        ] {
            assert!(refused(json).contains(expected), "{json}: {}", refused(json));
        }
        assert!(serde_json::from_str::<Written>(r#"{"hours": 8}"#).unwrap_err().to_string().contains("unknown field"));
    }
}
