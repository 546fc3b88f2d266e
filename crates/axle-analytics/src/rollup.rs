//! The `member_day` rollup: counted per identity, local day, channel, activity type and own weight.
//!
//! Everything that most KPIs ask lies in here, so their cost follows people and active days, not messages.
//! A rollup is a sorted list; adding one to another is a merge.

use axle_model::time::{LocalDay, date_of_day, local_day};
use datafusion::arrow::array::{Array, RecordBatch};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use roaring::RoaringTreemap;

use crate::columns::{i64s, micros, u8s, u32s};
use crate::sorted;

/// Stands for "the weight of its type" in [`DayRow::weight`].
pub(crate) const TYPE_WEIGHT: u8 = u8::MAX;

/// Columns of a segment that a rollup is made from.
pub(crate) const ROLLUP_COLUMNS: &[&str] = &["seq", "identity", "channel", "activity_type", "occurred_at", "weight"];

/// Activities of one identity on one local day in one channel, of one type and own weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayRow {
    pub identity: u32,
    pub day: LocalDay,
    pub channel: u32,
    pub activity_type: u32,
    /// Own weight of the activities, or [`TYPE_WEIGHT`].
    pub weight: u8,
    pub count: u32,
    /// Microseconds since 1970.
    pub first: i64,
    pub last: i64,
}

impl DayRow {
    fn key(&self) -> (u32, LocalDay, u32, u32, u8) {
        (self.identity, self.day, self.channel, self.activity_type, self.weight)
    }

    fn absorb(&mut self, other: &Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Local days of many instants: remembers the day last seen, so that runs of one day cost a comparison.
pub(crate) struct DayClock<'a> {
    zone: &'a TimeZone,
    day: LocalDay,
    /// Microseconds `[start, end)` of `day`.
    range: std::ops::Range<i64>,
}

impl<'a> DayClock<'a> {
    pub(crate) fn new(zone: &'a TimeZone) -> Self {
        Self { zone, day: 0, range: 0..0 }
    }

    /// The local day of an instant in microseconds.
    pub(crate) fn day(&mut self, at: i64) -> LocalDay {
        if !self.range.contains(&at) {
            let instant = timestamp(at);
            self.day = local_day(instant, self.zone);
            self.range = start_micros(self.day, self.zone)..start_micros(self.day + 1, self.zone);
        }
        self.day
    }
}

/// An instant of the record; what lies outside the calendar is clamped to it.
pub(crate) fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_microsecond(at).unwrap_or(if at < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// The first microsecond of a local day.
pub(crate) fn start_micros(day: LocalDay, zone: &TimeZone) -> i64 {
    date_of_day(day).to_zoned(zone.clone()).map_or(i64::MAX, |zoned| zoned.timestamp().as_microsecond())
}

/// Which rows of a batch a rollup takes.
pub(crate) enum Take<'a> {
    /// All that hold.
    All,
    /// Those of these identities' days only.
    Days(&'a std::collections::HashSet<(u32, LocalDay)>),
    /// Those at or before this microsecond, of this day.
    Until(i64, LocalDay),
}

/// The rows of a batch of activities that still hold, rolled up and sorted.
pub(crate) fn roll_up(batch: &RecordBatch, gone: &RoaringTreemap, zone: &TimeZone, take: &Take<'_>) -> Vec<DayRow> {
    let (seq, identity, channel) = (i64s(batch, "seq"), u32s(batch, "identity"), u32s(batch, "channel"));
    let (activity_type, at, weight) =
        (u32s(batch, "activity_type"), micros(batch, "occurred_at"), u8s(batch, "weight"));
    let mut clock = DayClock::new(zone);
    let mut rows = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        if is_gone(gone, seq.value(row)) {
            continue;
        }
        let first = at.value(row);
        let day = clock.day(first);
        let taken = match take {
            Take::All => true,
            Take::Days(days) => days.contains(&(identity.value(row), day)),
            Take::Until(until, only) => first <= *until && day == *only,
        };
        if taken {
            rows.push(DayRow {
                identity: identity.value(row),
                day,
                channel: channel.value(row),
                activity_type: activity_type.value(row),
                weight: if weight.is_valid(row) { weight.value(row) } else { TYPE_WEIGHT },
                count: 1,
                first,
                last: first,
            });
        }
    }
    sort_and_join(rows)
}

/// Whether a state of an activity no longer holds.
pub(crate) fn is_gone(gone: &RoaringTreemap, seq: i64) -> bool {
    !gone.is_empty() && u64::try_from(seq).is_ok_and(|seq| gone.contains(seq))
}

/// Sorts by identity and day, and joins rows of one key.
pub(crate) fn sort_and_join(mut rows: Vec<DayRow>) -> Vec<DayRow> {
    rows.sort_unstable_by_key(DayRow::key);
    rows.dedup_by(|later, kept| {
        let same = later.key() == kept.key();
        if same {
            kept.absorb(later);
        }
        same
    });
    rows
}

/// The sum of sorted rollups.
pub(crate) fn merge_all(rollups: Vec<Vec<DayRow>>) -> Vec<DayRow> {
    sorted::all_of(rollups, DayRow::key, DayRow::absorb)
}

/// The sum of two sorted rollups: cheap where one is long and the other short.
pub(crate) fn merge(left: Vec<DayRow>, right: Vec<DayRow>) -> Vec<DayRow> {
    let (mut long, short) = if left.len() < right.len() { (right, left) } else { (left, right) };
    sorted::put_in(&mut long, short, DayRow::key, DayRow::absorb);
    long
}
