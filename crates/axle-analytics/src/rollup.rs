//! The `member_day` rollup: counted per identity, local day, channel, activity type and own weight.
//!
//! Everything that most KPIs ask lies in here, so their cost follows people and active days, not messages.
//! A rollup is a sorted list; adding one to another is a merge.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::mpsc::{Receiver, sync_channel};

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
    sort_and_join_from(&mut rows, 0);
    rows
}

/// Sorts the rows from there on and joins those of one key.
fn sort_and_join_from(rows: &mut Vec<DayRow>, start: usize) {
    rows[start..].sort_by_key(DayRow::key);
    let mut kept = start;
    for next in start + 1..rows.len() {
        let row = rows[next];
        if rows[kept].key() == row.key() {
            rows[kept].absorb(&row);
        } else {
            kept += 1;
            rows[kept] = row;
        }
    }
    rows.truncate(kept + 1);
}

/// A sorted rollup that comes in pieces, while it is added to others.
struct Coming<E> {
    pieces: Receiver<Result<Vec<DayRow>, E>>,
    piece: Vec<DayRow>,
    /// Rows of the piece that were taken.
    taken: usize,
}

impl<E> Coming<E> {
    /// Whose row is next; `None` at the end.
    fn next_identity(&mut self) -> Result<Option<u32>, E> {
        while self.taken == self.piece.len() {
            let Ok(piece) = self.pieces.recv() else { return Ok(None) };
            (self.piece, self.taken) = (piece?, 0);
        }
        Ok(Some(self.piece[self.taken].identity))
    }

    /// Moves the next rows of an identity, all of the piece at hand.
    fn take(&mut self, identity: u32, rows: &mut Vec<DayRow>) {
        let rest = &self.piece[self.taken..];
        let count = rest.iter().take_while(|row| row.identity == identity).count();
        rows.extend_from_slice(&rest[..count]);
        self.taken += count;
    }
}

/// The sum of sorted rollups that come in pieces, each made by a thread of its own. Little more than the sum is in memory at a
/// time. `capacity`: how many rows it has at most.
pub(crate) fn sum_of<E: Send, R: Iterator<Item = Result<Vec<DayRow>, E>> + Send>(
    rollups: Vec<R>,
    capacity: usize,
) -> Result<Vec<DayRow>, E> {
    std::thread::scope(|threads| {
        let begun = |rollup: R| {
            let (sender, pieces) = sync_channel(1);
            // Whoever adds up may have stopped at an error elsewhere.
            threads.spawn(move || { rollup }.all(|piece| sender.send(piece).is_ok()));
            Coming { pieces, piece: Vec::new(), taken: 0 }
        };
        let mut coming: Vec<Coming<E>> = rollups.into_iter().map(begun).collect();
        let mut next = BinaryHeap::new();
        for (at, one) in coming.iter_mut().enumerate() {
            next.extend(one.next_identity()?.map(|identity| Reverse((identity, at))));
        }
        let mut sum: Vec<DayRow> = Vec::with_capacity(capacity);
        // Where the rows of the identity that is being added begin, and of how many pieces they are.
        let (mut start, mut parts) = (0, 0);
        while let Some(mut first) = next.peek_mut() {
            let Reverse((identity, at)) = *first;
            if sum.get(start).is_some_and(|row| row.identity != identity) {
                if parts > 1 {
                    sort_and_join_from(&mut sum, start);
                }
                (start, parts) = (sum.len(), 0);
            }
            coming[at].take(identity, &mut sum);
            parts += 1;
            match coming[at].next_identity()? {
                Some(identity) => *first = Reverse((identity, at)),
                None => drop(PeekMut::pop(first)),
            }
        }
        sort_and_join_from(&mut sum, start);
        Ok(sum)
    })
}

/// The sum of two sorted rollups: cheap where one is long and the other short.
pub(crate) fn merge(left: Vec<DayRow>, right: Vec<DayRow>) -> Vec<DayRow> {
    let (mut long, short) = if left.len() < right.len() { (right, left) } else { (left, right) };
    sorted::put_in(&mut long, short, DayRow::key, DayRow::absorb);
    long
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn row(identity: u32, day: LocalDay, at: i64) -> DayRow {
        DayRow { identity, day, channel: 0, activity_type: 0, weight: TYPE_WEIGHT, count: 1, first: at, last: at }
    }

    proptest! {
        /// However many rollups there are, and in whatever pieces they come, their sum is the rollup of all.
        #[test]
        fn a_sum_is_the_rollup_of_all(
            rollups in prop::collection::vec(prop::collection::vec((0..6_u32, 0..4_i32, 0..90_i64), 0..20), 0..6),
            piece in 1..7_usize,
        ) {
            let rows = |rollup: &Vec<(u32, i32, i64)>| -> Vec<DayRow> {
                rollup.iter().map(|(identity, day, at)| row(*identity, *day, *at)).collect()
            };
            let all = sort_and_join(rollups.iter().flat_map(rows).collect());
            let sorted: Vec<Vec<DayRow>> = rollups.iter().map(|rollup| sort_and_join(rows(rollup))).collect();
            let pieces = sorted.iter().map(|rollup| rollup.chunks(piece).map(|piece| Ok(piece.to_vec()))).collect();
            let sum: Result<_, Infallible> = sum_of(pieces, 0);
            prop_assert_eq!(sum.unwrap(), all);
        }
    }

    #[test]
    fn a_rollup_that_cannot_be_read_on_ends_the_sum() {
        let whole = vec![Ok(vec![row(1, 1, 1)]), Ok(vec![row(2, 1, 1)]), Ok(vec![row(3, 1, 1)])];
        let broken = vec![Ok(vec![row(1, 2, 1)]), Err("a page of it is not what was written")];
        let sum = sum_of(vec![whole.into_iter(), broken.into_iter()], 0);
        assert_eq!(sum, Err("a page of it is not what was written"));
    }
}
