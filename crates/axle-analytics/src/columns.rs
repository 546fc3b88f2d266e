//! Activities as Arrow columns: the schema of segment files and of the tail, and the way there.

use std::sync::{Arc, LazyLock};

use axle_model::analytics::{ActivityColumns, AnalyticsError};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder, Float32Array, Int64Array, ListBuilder,
    RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array, UInt32Array, UInt32Builder,
};
use datafusion::arrow::datatypes::{
    DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt32Type,
};

/// The type of every instant: microseconds, UTC.
pub(crate) fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Instants from microseconds since 1970.
pub(crate) fn instants(values: impl IntoIterator<Item = Option<i64>>) -> TimestampMicrosecondArray {
    values.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC")
}

/// Columns of a segment, in their order in the file.
pub(crate) static ACTIVITY_SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let id = DataType::FixedSizeBinary(16);
    let people = DataType::List(Arc::new(Field::new_list_field(DataType::UInt32, true)));
    Arc::new(Schema::new(vec![
        Field::new("seq", DataType::Int64, false),
        Field::new("activity_id", id.clone(), false),
        Field::new("identity", DataType::UInt32, false),
        Field::new("channel", DataType::UInt32, false),
        Field::new("activity_type", DataType::UInt32, false),
        Field::new("occurred_at", instant_type(), false),
        Field::new("ingested_at", instant_type(), false),
        Field::new("weight", DataType::UInt8, true),
        Field::new("thread", DataType::UInt32, true),
        Field::new("parent", id, true),
        Field::new("title", DataType::Utf8, true),
        Field::new("text", DataType::Utf8, true),
        Field::new("url", DataType::Utf8, true),
        Field::new("language", DataType::Utf8, true),
        Field::new("reading", DataType::UInt32, true),
        Field::new("sentiment_score", DataType::Float32, true),
        Field::new("properties", DataType::Utf8, true),
        Field::new("counterparts", people, true),
        Field::new("deleted_at", instant_type(), true),
    ]))
});

/// The same rows as a record batch. Fails when the columns differ in length.
pub(crate) fn to_batch(rows: ActivityColumns) -> Result<RecordBatch, AnalyticsError> {
    let mut activity_id = FixedSizeBinaryBuilder::with_capacity(rows.activity_id.len(), 16);
    for id in &rows.activity_id {
        activity_id.append_value(id).map_err(internal)?;
    }
    let mut parent = FixedSizeBinaryBuilder::with_capacity(rows.parent.len(), 16);
    for id in &rows.parent {
        match id {
            Some(id) => parent.append_value(id).map_err(internal)?,
            None => parent.append_null(),
        }
    }
    let mut counterparts = ListBuilder::new(UInt32Builder::new());
    for people in &rows.counterparts {
        counterparts.values().append_slice(people);
        counterparts.append(true);
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(rows.seq)),
        Arc::new(activity_id.finish()),
        Arc::new(UInt32Array::from(rows.identity)),
        Arc::new(UInt32Array::from(rows.channel)),
        Arc::new(UInt32Array::from(rows.activity_type)),
        Arc::new(instants(rows.occurred_at.into_iter().map(Some))),
        Arc::new(instants(rows.ingested_at.into_iter().map(Some))),
        Arc::new(UInt8Array::from(rows.weight)),
        Arc::new(UInt32Array::from(rows.thread)),
        Arc::new(parent.finish()),
        Arc::new(StringArray::from(rows.title)),
        Arc::new(StringArray::from(rows.text)),
        Arc::new(StringArray::from(rows.url)),
        Arc::new(StringArray::from(rows.language)),
        Arc::new(UInt32Array::from(rows.reading)),
        Arc::new(Float32Array::from(rows.sentiment_score)),
        Arc::new(StringArray::from(rows.properties)),
        Arc::new(counterparts.finish()),
        Arc::new(instants(rows.deleted_at)),
    ];
    RecordBatch::try_new(ACTIVITY_SCHEMA.clone(), columns)
        .map_err(|error| AnalyticsError::Invalid(format!("activities do not line up: {error}")))
}

/// An error of Arrow, Parquet or DataFusion in our words.
pub(crate) fn internal(error: impl std::fmt::Display) -> AnalyticsError {
    AnalyticsError::Internal(error.to_string())
}

/// A column of a batch of the activity schema, by name.
pub(crate) fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a ArrayRef {
    batch.column_by_name(name).expect("the reader projects every column that it asks for")
}

/// Numbers of a column that has no nulls, or whose nulls the caller looks up itself.
pub(crate) fn u32s<'a>(batch: &'a RecordBatch, name: &str) -> &'a UInt32Array {
    column(batch, name).as_primitive::<UInt32Type>()
}

/// Small numbers.
pub(crate) fn u8s<'a>(batch: &'a RecordBatch, name: &str) -> &'a UInt8Array {
    column(batch, name).as_primitive::<UInt8Type>()
}

/// Sequence numbers.
pub(crate) fn i64s<'a>(batch: &'a RecordBatch, name: &str) -> &'a Int64Array {
    column(batch, name).as_primitive::<Int64Type>()
}

/// Instants, in microseconds.
pub(crate) fn micros<'a>(batch: &'a RecordBatch, name: &str) -> &'a TimestampMicrosecondArray {
    column(batch, name).as_primitive::<TimestampMicrosecondType>()
}

/// Public ids of activities.
pub(crate) fn ids<'a>(batch: &'a RecordBatch, name: &str) -> &'a FixedSizeBinaryArray {
    column(batch, name).as_fixed_size_binary()
}

/// A public id at a row, or `None` where it is null.
pub(crate) fn id_at(array: &FixedSizeBinaryArray, row: usize) -> Option<[u8; 16]> {
    array.is_valid(row).then(|| array.value(row).try_into().expect("the column is 16 bytes wide"))
}
