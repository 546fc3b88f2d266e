//! Rollups as Arrow columns, for the file beside a segment.

use std::sync::{Arc, LazyLock};

use axle_model::analytics::AnalyticsError;
use datafusion::arrow::array::{AsArray, Date32Array, Int64Array, RecordBatch, UInt8Array, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Date32Type, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::reader::ChunkReader;

use crate::columns::{column, i64s, internal, u8s, u32s};
use crate::rollup::DayRow;

/// Rows of a file in memory at a time: files are read side by side.
const ROWS_PER_PIECE: usize = 8_192;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("identity", DataType::UInt32, false),
        Field::new("day", DataType::Date32, false),
        Field::new("channel", DataType::UInt32, false),
        Field::new("activity_type", DataType::UInt32, false),
        Field::new("weight", DataType::UInt8, false),
        Field::new("count", DataType::UInt32, false),
        Field::new("first_at", DataType::Int64, false),
        Field::new("last_at", DataType::Int64, false),
    ]))
});

/// One batch of all rows.
pub(crate) fn to_batch(rows: &[DayRow]) -> Result<RecordBatch, AnalyticsError> {
    let u32s = |value: fn(&DayRow) -> u32| Arc::new(UInt32Array::from_iter_values(rows.iter().map(value)));
    RecordBatch::try_new(
        SCHEMA.clone(),
        vec![
            u32s(|row| row.identity),
            Arc::new(rows.iter().map(|row| Some(row.day)).collect::<Date32Array>()),
            u32s(|row| row.channel),
            u32s(|row| row.activity_type),
            Arc::new(rows.iter().map(|row| Some(row.weight)).collect::<UInt8Array>()),
            u32s(|row| row.count),
            Arc::new(rows.iter().map(|row| Some(row.first)).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| Some(row.last)).collect::<Int64Array>()),
        ],
    )
    .map_err(internal)
}

/// A rollup file that is read piece by piece: what the iterator gives is in the file's order.
pub(crate) struct Pieces {
    /// How many there are in the end.
    pub rows: usize,
    batches: ParquetRecordBatchReader,
}

impl Pieces {
    pub(crate) fn of(file: ParquetRecordBatchReaderBuilder<impl ChunkReader + 'static>) -> Result<Self, ParquetError> {
        let rows = usize::try_from(file.metadata().file_metadata().num_rows()).unwrap_or_default();
        Ok(Self { rows, batches: file.with_batch_size(ROWS_PER_PIECE).build()? })
    }
}

impl Iterator for Pieces {
    type Item = Result<Vec<DayRow>, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next().map(|batch| batch.map(|batch| from_batch(&batch)))
    }
}

fn from_batch(batch: &RecordBatch) -> Vec<DayRow> {
    let (identity, channel, kind) = (u32s(batch, "identity"), u32s(batch, "channel"), u32s(batch, "activity_type"));
    let day = column(batch, "day").as_primitive::<Date32Type>();
    let (weight, count) = (u8s(batch, "weight"), u32s(batch, "count"));
    let (first, last) = (i64s(batch, "first_at"), i64s(batch, "last_at"));
    let row = |row| DayRow {
        identity: identity.value(row),
        day: day.value(row),
        channel: channel.value(row),
        activity_type: kind.value(row),
        weight: weight.value(row),
        count: count.value(row),
        first: first.value(row),
        last: last.value(row),
    };
    (0..batch.num_rows()).map(row).collect()
}
