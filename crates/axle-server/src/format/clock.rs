//! Instants as a reader of the page sees them: relative to the page, exact in the workspace's zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{NBSP, date, plural};

/// Seconds of a mean month.
const MONTH: u64 = 2_629_800;
const TWO_MONTHS: u64 = 2 * MONTH;
const TWO_YEARS: u64 = 24 * MONTH;

/// When the page was made and in which zone it is read; relative times and titles need both.
#[derive(Debug, Clone)]
pub struct Clock {
    /// The page's instant.
    pub now: Timestamp,
    /// The workspace's time zone.
    pub zone: TimeZone,
}

impl Clock {
    /// The zone's IANA name, or `UTC` and its offset where it has none.
    pub fn zone_name(&self) -> String {
        self.zone
            .iana_name()
            .map_or_else(|| self.now.to_zoned(self.zone.clone()).strftime("UTC%:z").to_string(), str::to_owned)
    }

    /// The exact instant: `3 Mar 2026, 09:12 CET`.
    pub fn exact(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%-d %b %Y, %H:%M %Z").to_string()
    }

    /// The local date of an instant: `3 Mar 2026`.
    pub fn day(&self, at: Timestamp) -> String {
        date(self.zone.to_datetime(at).date())
    }

    /// The local time of day: `09:12`.
    pub fn time(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%H:%M").to_string()
    }

    /// `5 min ago`, `in 3 h`; beyond eight weeks the date.
    pub fn relative(&self, at: Timestamp) -> String {
        let seconds = self.now.as_second() - at.as_second();
        let size = seconds.unsigned_abs();
        let span = match size {
            0..60 => return "just now".to_owned(),
            60..3_600 => format!("{}{NBSP}min", size / 60),
            3_600..86_400 => format!("{}{NBSP}h", size / 3_600),
            86_400..1_209_600 => plural(size / 86_400, "day"),
            1_209_600..4_838_400 => plural(size / 604_800, "week"),
            _ => return self.day(at),
        };
        if seconds > 0 { format!("{span} ago") } else { format!("in {span}") }
    }

    /// How long ago, without "ago": `5 min`, `3 h`, `12 days`, `5 months`, `2 years`.
    pub fn age(&self, at: Timestamp) -> String {
        let seconds = (self.now.as_second() - at.as_second()).max(0) as u64;
        match seconds {
            0..3_600 => format!("{}{NBSP}min", seconds / 60),
            3_600..86_400 => format!("{}{NBSP}h", seconds / 3_600),
            86_400..TWO_MONTHS => plural(seconds / 86_400, "day"),
            TWO_MONTHS..TWO_YEARS => plural(seconds / MONTH, "month"),
            _ => plural(seconds / (12 * MONTH), "year"),
        }
    }
}
