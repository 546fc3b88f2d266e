//! The periods that an answer has points for.

use std::ops::Range;

use axle_model::analytics::AnalyticsError;
use axle_model::kpi::KpiRequest;
use axle_model::time::{Grain, LocalDay, Period, day_of_date, local_day, start_of_day};
use datafusion::logical_expr::ScalarUDF;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::functions::{period_numbers, period_of};

/// More points than anybody can read: a mistake in the request.
const MOST_PERIODS: usize = 20_000;

/// One period, seen from the instant asked as of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub start: Date,
    pub end: Date,
    /// It is not over.
    pub partial: bool,
    /// It has begun; otherwise nothing can be said of it.
    pub begun: bool,
    /// The local day as of which a trailing window is taken: the period's end, or today when that comes first.
    /// The window holds the complete days before it (convention C2), so the point carries the last complete day.
    pub as_of_day: LocalDay,
}

/// All periods of a request.
#[derive(Debug, Clone)]
pub(crate) struct Periods {
    pub grain: Grain,
    pub slots: Vec<Slot>,
    /// First day of the period before the first one, of the same grain.
    pub before: LocalDay,
    /// Days `[first, end)`.
    pub days: Range<LocalDay>,
    ranges: Vec<Range<LocalDay>>,
}

impl Periods {
    /// Fails when the window is empty or has too many periods.
    pub(crate) fn new(request: &KpiRequest, zone: &TimeZone) -> Result<Self, AnalyticsError> {
        let window = Period::new(request.from, request.to)
            .ok_or_else(|| AnalyticsError::Invalid(format!("{} does not lie before {}", request.from, request.to)))?;
        if window.days().len() > MOST_PERIODS * 40 {
            return Err(AnalyticsError::Invalid(format!(
                "{} to {} is too long: ask for a shorter window",
                request.from, request.to
            )));
        }
        let periods = window.split(request.grain);
        if periods.len() > MOST_PERIODS {
            return Err(AnalyticsError::Invalid(format!(
                "{} periods are too many: ask by a coarser grain, or for a shorter window",
                periods.len()
            )));
        }
        let today = local_day(request.as_of, zone);
        let slot = |period: &Period| {
            let end = day_of_date(period.end);
            Slot {
                start: period.start,
                end: period.end,
                partial: start_of_day(end, zone) > request.as_of,
                begun: start_of_day(day_of_date(period.start), zone) <= request.as_of,
                as_of_day: end.min(today.max(day_of_date(period.start))),
            }
        };
        let ranges: Vec<_> = periods.iter().map(|period| period.days()).collect();
        let days = ranges.first().map_or(0, |first| first.start)..ranges.last().map_or(0, |last| last.end);
        let first = periods.first().map_or(request.from, |period| period.start);
        let before = match request.grain {
            Grain::Total => days.start - (days.end - days.start),
            grain => day_of_date(grain.floor(first.saturating_sub(1.day()))),
        };
        Ok(Self { grain: request.grain, slots: periods.iter().map(slot).collect(), before, days, ranges })
    }

    /// The function that gives a day's period: see [`period_of`].
    pub(crate) fn number(&self) -> ScalarUDF {
        period_of(self.before, self.days.start, period_numbers(&self.ranges))
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}
