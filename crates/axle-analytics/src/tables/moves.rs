//! The table `member_moves`: what members are, from day to day. A member comes with a row of `change` 1; where their
//! layer or organization changes, a row of -1 takes them off what they were and one of 1 puts them where they are, so
//! that the sum of `change` up to a day says how many there are of each at its end.

use std::sync::Arc;

use axle_model::layer::{LOOK_BACK_DAYS, LastDays, Layer};
use axle_model::time::LocalDay;
use datafusion::arrow::array::{AsArray, Date32Array, Int64Array, RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::Result;

use super::days::batch;
use crate::columns::{column, u8s, u32s};
use crate::directory::DirectoryIndex;

/// Rows of `member_days` as layers see them. They lie by member, then day.
pub(super) struct Days<'a> {
    pub member: &'a [u32],
    pub day: &'a [LocalDay],
    weight: &'a [u8],
    channel: &'a [u32],
    activity_type: &'a [u32],
}

impl<'a> Days<'a> {
    pub(super) fn new(rows: &'a RecordBatch) -> Self {
        Self {
            member: u32s(rows, "member").values(),
            day: column(rows, "day").as_primitive::<Date32Type>().values(),
            weight: u8s(rows, "weight").values(),
            channel: u32s(rows, "channel").values(),
            activity_type: u32s(rows, "activity_type").values(),
        }
    }

    /// Takes a row.
    fn take(&self, row: usize, last: &mut LastDays, directory: &DirectoryIndex) {
        let is_join = directory.activity_type(self.activity_type[row]).flags.has(axle_model::activity::Flags::JOIN);
        last.take(self.day[row], self.weight[row], directory.is_ours(self.channel[row]), is_join);
    }

    /// Rows `[row, end)` of the same member and day.
    fn end_of_day(&self, row: usize) -> usize {
        let same = |other: &usize| (self.member[*other], self.day[*other]) == (self.member[row], self.day[row]);
        (row..self.member.len()).take_while(same).last().map_or(row, |last| last + 1)
    }

    /// The layer of each row's member at the end of its day.
    pub(super) fn layers(&self, directory: &DirectoryIndex) -> UInt32Array {
        let mut layers = Vec::with_capacity(self.member.len());
        let mut last = LastDays::default();
        while layers.len() < self.member.len() {
            let row = layers.len();
            if row > 0 && self.member[row - 1] != self.member[row] {
                last = LastDays::default();
            }
            let end = self.end_of_day(row);
            (row..end).for_each(|row| self.take(row, &mut last, directory));
            layers.resize(end, last.layer(self.day[row], false).map(|layer| layer as u32));
        }
        UInt32Array::from(layers)
    }
}

/// What a member is at the end of a day.
type Place = (Option<Layer>, Option<u32>);

/// The table `member_moves`.
pub(crate) fn member_moves(member_days: &RecordBatch, directory: &DirectoryIndex) -> Result<RecordBatch> {
    let days = Days::new(member_days);
    let (mut member, mut day, mut change) = (Vec::new(), Vec::new(), Vec::new());
    let (mut layer, mut organization) = (Vec::new(), Vec::new());
    let mut row = 0;
    while row < days.member.len() {
        let number = days.member[row];
        let end = row + days.member[row..].partition_point(|other| *other == number);
        let mut put = |at: LocalDay, value: i64, place: Place| {
            member.push(number);
            day.push(at);
            change.push(value);
            layer.push(place.0.map(|layer| layer as u32));
            organization.push(place.1);
        };
        let mut was: Option<Place> = None;
        let mut last = LastDays::default();
        for at in days_of_change(&days, row..end, number, directory) {
            while row < end && days.day[row] <= at {
                days.take(row, &mut last, directory);
                row += 1;
            }
            let place = (last.layer(at, directory.is_teammate(number, at)), directory.organization(number, at));
            if was != Some(place) {
                was.into_iter().for_each(|was| put(at, -1, was));
                put(at, 1, place);
                was = Some(place);
            }
        }
    }
    batch(vec![
        ("member", Arc::new(UInt32Array::from(member))),
        ("day", Arc::new(Date32Array::from(day))),
        ("change", Arc::new(Int64Array::from(change))),
        ("layer", Arc::new(UInt32Array::from(layer))),
        ("organization", Arc::new(UInt32Array::from(organization))),
    ])
}

/// Days on which a member may become something else, rising, none before their first: those on which they are active,
/// those on which an active one leaves the look-back, and those on which being a teammate or an affiliation begins or ends.
fn days_of_change(
    days: &Days<'_>,
    rows: std::ops::Range<usize>,
    member: u32,
    directory: &DirectoryIndex,
) -> Vec<LocalDay> {
    let first = days.day[rows.start];
    let active = days.day[rows].iter().copied();
    let mut found: Vec<LocalDay> = active.clone().chain(active.map(|day| day.saturating_add(LOOK_BACK_DAYS))).collect();
    if let Some(known) = directory.member(member) {
        let stays = directory.affiliations(member).iter().map(|place| (place.from, place.to));
        let spans = known.teammate.iter().copied().chain(stays);
        // An open end is no day.
        found.extend(spans.flat_map(|(from, to)| [from, to]).filter(|day| *day > first && *day < LocalDay::MAX));
    }
    found.sort_unstable();
    found.dedup();
    found
}
