//! Dates as tables write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Formats of local times and dates. `/` is American, month first, unless that cannot be.
const FORMATS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y %H:%M:%S",
    "%B %d, %Y %I:%M %p",
];

const DATES: &[&str] =
    &["%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d %b %Y"];

/// The instant that a text means, in any of the usual forms. A time without a zone is taken for UTC, a date for its
/// first instant.
pub fn guess(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let local = || {
        text.parse::<DateTime>()
            .ok()
            .or_else(|| FORMATS.iter().find_map(|format| DateTime::strptime(format, text).ok()))
    };
    let date =
        || text.parse::<Date>().ok().or_else(|| DATES.iter().find_map(|format| Date::strptime(format, text).ok()));
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| utc(local()?))
        .or_else(|| utc(date()?.at(0, 0, 0, 0)))
        .or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// The instant that a text in that strptime format means; without a zone UTC, without a time the day's first instant.
pub fn by_format(text: &str, format: &str) -> Option<Timestamp> {
    Timestamp::strptime(format, text)
        .ok()
        .or_else(|| utc(DateTime::strptime(format, text).ok()?))
        .or_else(|| utc(Date::strptime(format, text).ok()?.at(0, 0, 0, 0)))
}

/// The instant of a local time in UTC.
pub fn utc(local: DateTime) -> Option<Timestamp> {
    local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_understood() {
        for (text, instant) in [
            ("2024-05-07T12:00:00+02:00", "2024-05-07T10:00:00Z"),
            ("2024-05-07T10:00:00", "2024-05-07T10:00:00Z"),
            ("2024-05-07 10:00:00", "2024-05-07T10:00:00Z"),
            ("05/07/2024 10:00:00 PM", "2024-05-07T22:00:00Z"),
            ("5/7/2024 9:05 AM", "2024-05-07T09:05:00Z"),
            ("13/05/2024 10:00", "2024-05-13T10:00:00Z"),
            ("07.05.2024 10:00", "2024-05-07T10:00:00Z"),
            ("May 7, 2024 10:00 AM", "2024-05-07T10:00:00Z"),
            ("2024-05-07", "2024-05-07T00:00:00Z"),
            ("7 May 2024", "2024-05-07T00:00:00Z"),
        ] {
            assert_eq!(guess(text).map(|at| at.to_string()).as_deref(), Some(instant), "{text}");
        }
        assert_eq!(guess("soon"), None);
        assert_eq!(by_format("07-2024-05", "%d-%Y-%m").unwrap().to_string(), "2024-05-07T00:00:00Z");
    }
}
