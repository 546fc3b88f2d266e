//! Business hours: the seconds between two instants in which somebody is at work (convention C9). Figures that use them
//! say so in their titles.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::time::{LocalDay, date_of_day, local_day};

/// Local hours of a working day.
pub const HOURS: Range<i8> = 9..17;

/// Seconds of `[from, to)` that lie on a Monday to Friday in [`HOURS`] of a zone; 0 when `to` comes first. Holidays are
/// not known. A day on which clocks change is as long as it is.
pub fn business_seconds(from: Timestamp, to: Timestamp, zone: &TimeZone) -> i64 {
    let inside = |day| {
        opening(day, zone).map_or(0, |(opens, closes)| {
            let [opens, closes] = [opens.max(from), closes.min(to)].map(Timestamp::as_microsecond);
            (closes - opens).max(0)
        })
    };
    (local_day(from, zone)..=local_day(to, zone)).map(inside).sum::<i64>() / 1_000_000
}

/// When a local day's hours begin and end; `None` on a day off.
fn opening(day: LocalDay, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let date = date_of_day(day);
    let at = |hour| zone.to_timestamp(date.at(hour, 0, 0, 0)).ok();
    let is_off = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    (!is_off).then(|| Some((at(HOURS.start)?, at(HOURS.end)?))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(from: &str, to: &str, zone: &str) -> i64 {
        business_seconds(from.parse().unwrap(), to.parse().unwrap(), &TimeZone::get(zone).unwrap())
    }

    /// 2026-01-02 is a Friday.
    #[test]
    fn nights_and_weekends_do_not_count() {
        let utc = |from: &str, to: &str| seconds(from, to, "UTC");
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
        // 9:00 in Berlin is 8:00 UTC in winter and 7:00 in summer; clocks change on Sunday, 2026-03-29.
        assert_eq!(seconds("2026-03-27T07:30:00Z", "2026-03-27T08:30:00Z", "Europe/Berlin"), 1800);
        assert_eq!(seconds("2026-03-27T15:00:00Z", "2026-03-30T08:00:00Z", "Europe/Berlin"), 2 * 3600);
    }
}
