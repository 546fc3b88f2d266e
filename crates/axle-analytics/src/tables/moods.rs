//! `moods`: what members wrote by day, channel and layer, and in which mood (S82). Made by reading one small column.

use std::sync::Arc;

use axle_model::label::{Sentiment, sentiment_of};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, UInt32Array};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::error::{DataFusionError, Result};
use rayon::prelude::*;

use super::days::batch;
use crate::columns::{column, i64s, micros, u32s};
use crate::directory::NONE;
use crate::rollup::{DayClock, is_gone};
use crate::view::Tables;

/// Member, local day and channel.
type Place = (u32, i32, u32);
/// Texts by their mood.
type Counts = [u32; Sentiment::ALL.len()];

/// The table: a row for each member, day and channel with texts. `unknown` are those whose mood could not be read.
pub(crate) fn moods(tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    let directory = &*known.directory;
    let read = known.rows.pick(
        &["seq", "identity", "channel", "occurred_at", "reading"],
        |segment| segment.min_at <= known.as_of,
        |rows, texts: &mut Vec<(Place, Sentiment)>| {
            let (seq, at, reading) = (i64s(rows, "seq"), micros(rows, "occurred_at"), u32s(rows, "reading"));
            let (identity, channel) = (u32s(rows, "identity"), u32s(rows, "channel"));
            let mut clock = DayClock::new(&directory.zone);
            for row in (0..rows.num_rows()).filter(|row| reading.is_valid(*row)) {
                let mood = sentiment_of(reading.value(row));
                let holds = at.value(row) <= known.as_of && !is_gone(&known.rows.gone, seq.value(row));
                let member = directory.member_of(identity.value(row));
                if !holds || member == NONE {
                    continue;
                }
                let day = clock.day(at.value(row));
                if directory.kind(member, day) == "member" {
                    texts.push(((member, day, channel.value(row)), mood));
                }
            }
        },
    );
    let mut texts = read.map_err(|error| DataFusionError::External(Box::new(error)))?;
    texts.par_sort_unstable_by_key(|(place, _)| *place);
    // Texts that are negative, neutral, positive and unknown.
    let counted = texts.chunk_by(|(a, _), (b, _)| a == b).map(|texts| {
        let mut moods: Counts = Default::default();
        texts.iter().for_each(|(_, mood)| moods[*mood as usize] += 1);
        (texts[0].0, moods)
    });
    let counts: Vec<(Place, Counts)> = counted.collect();
    let moves = tables.must("layer_moves")?;
    let layers = Layers::new(&moves);
    let numbers = |value: &dyn Fn(&Place, &Counts) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(counts.iter().map(|(key, moods)| value(key, moods))))
    };
    batch(vec![
        ("member", numbers(&|(member, ..), _| *member)),
        ("day", Arc::new(Date32Array::from_iter_values(counts.iter().map(|((_, day, _), _)| *day)))),
        ("channel", numbers(&|(_, _, channel), _| *channel)),
        ("source", numbers(&|(_, _, channel), _| directory.source_of(*channel))),
        (
            "layer",
            Arc::new(counts.iter().map(|((member, day, _), _)| layers.at(*member, *day)).collect::<UInt32Array>()),
        ),
        ("negative", numbers(&|_, [negative, ..]| *negative)),
        ("neutral", numbers(&|_, [_, neutral, ..]| *neutral)),
        ("positive", numbers(&|_, [_, _, positive, _]| *positive)),
        ("unknown", numbers(&|_, [.., unknown]| *unknown)),
    ])
}

/// Where people stand from day to day: rows of `layer_moves`, which lie by member, then day.
struct Layers<'a> {
    member: &'a UInt32Array,
    day: &'a Date32Array,
    change: &'a Int64Array,
    layer: &'a UInt32Array,
}

impl<'a> Layers<'a> {
    fn new(moves: &'a RecordBatch) -> Self {
        Self {
            member: u32s(moves, "member"),
            day: column(moves, "day").as_primitive::<Date32Type>(),
            change: i64s(moves, "change"),
            layer: u32s(moves, "layer"),
        }
    }

    /// The layer of a member at the end of a day, whatever they did on it.
    fn at(&self, member: u32, day: i32) -> Option<u32> {
        let (mut low, mut high) = (0, self.member.len());
        while low < high {
            let middle = low.midpoint(high);
            let is_before = (self.member.value(middle), self.day.value(middle)) <= (member, day);
            if is_before { low = middle + 1 } else { high = middle }
        }
        let came = (0..low).rev().take_while(|row| self.member.value(*row) == member);
        let row = came.into_iter().find(|row| self.change.value(*row) > 0)?;
        self.layer.is_valid(row).then(|| self.layer.value(row))
    }
}
