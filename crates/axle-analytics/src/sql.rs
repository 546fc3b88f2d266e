//! `axle sql`: one read-only statement over the tables, as JSON values.

use axle_model::analytics::{AnalyticsError, Cells, Table, TypedTable};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::DataFrame;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::columns::internal;
use crate::complaint;
use crate::fact_rows::words;
use crate::limits::out_of_memory;
use crate::rollup::timestamp;
use crate::tables;
use crate::view::View;

/// Runs one statement and keeps at most `limit` rows. Statements that change anything are refused.
pub(crate) async fn run(view: &View, query: &str, limit: usize) -> Result<Table, AnalyticsError> {
    all(frame(view, query).await?, limit).await
}

async fn frame(view: &View, query: &str) -> Result<DataFrame, AnalyticsError> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    view.context.sql_with_options(query, read_only).await.map_err(|error| {
        match complaint::of_statement(query, &error, &tables::names(&view.tables)) {
            Some(complaint) => AnalyticsError::Invalid(complaint),
            None => invalid(error),
        }
    })
}

/// Runs one statement and hands its rows on, some at a time.
pub(crate) async fn each(view: &View, query: &str, to: Sender<TypedTable>) -> Result<(), AnalyticsError> {
    let mut stream = frame(view, query).await?.execute_stream().await.map_err(invalid)?;
    while let Some(batch) = stream.next().await {
        let rows = typed(&batch.map_err(invalid)?).map_err(internal)?;
        if to.send(rows).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// All rows that come, as columns of one kind each.
pub(crate) async fn collect_typed(stream: SendableRecordBatchStream) -> Result<TypedTable, AnalyticsError> {
    let schema = stream.schema();
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(invalid)?;
    typed(&concat_batches(&schema, &batches).map_err(internal)?).map_err(internal)
}

fn typed(batch: &RecordBatch) -> Result<TypedTable, DataFusionError> {
    let schema = batch.schema();
    let named = schema.fields().iter().zip(batch.columns());
    let columns = named.map(|(field, array)| Ok((field.name().clone(), cells(array)?)));
    Ok(TypedTable { columns: columns.collect::<Result<_, DataFusionError>>()? })
}

fn cells(array: &ArrayRef) -> Result<Cells, DataFusionError> {
    Ok(match array.data_type() {
        kind if kind.is_integer() => {
            Cells::Numbers(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().iter().collect())
        }
        DataType::Timestamp(..) => {
            Cells::Instants(micros(array)?.as_primitive::<TimestampMicrosecondType>().iter().collect())
        }
        _ => Cells::Texts(values(array)?.iter().map(words).collect()),
    })
}

/// The rows of a frame as JSON values, at most `limit` of them.
pub(crate) async fn all(frame: DataFrame, limit: usize) -> Result<Table, AnalyticsError> {
    collect(frame.execute_stream().await.map_err(invalid)?, limit).await
}

/// As [`all`], of rows that come.
pub(crate) async fn collect(mut stream: SendableRecordBatchStream, limit: usize) -> Result<Table, AnalyticsError> {
    let columns = stream.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut table = Table { columns, ..Table::default() };
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(invalid)?;
        let room = limit - table.rows.len();
        table.rows.extend(rows(&batch.slice(0, room.min(batch.num_rows()))).map_err(internal)?);
        if batch.num_rows() > room {
            table.truncated = true;
            return Ok(table);
        }
    }
    Ok(table)
}

/// Whoever wrote the query is told, unless it is our fault.
pub(crate) fn invalid(error: DataFusionError) -> AnalyticsError {
    let root = error.find_root();
    if let DataFusionError::External(ours) = root
        && let Some(ours) = ours.downcast_ref::<AnalyticsError>()
    {
        return ours.clone();
    }
    match root {
        DataFusionError::ResourcesExhausted(_) => out_of_memory(),
        DataFusionError::Internal(_) | DataFusionError::IoError(_) => internal(error),
        root => AnalyticsError::Invalid(root.strip_backtrace()),
    }
}

/// Rows of JSON values.
fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, DataFusionError> {
    let columns = batch.columns().iter().map(values).collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    Ok((0..batch.num_rows()).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect())
}

/// The values of a column.
fn values(array: &ArrayRef) -> Result<Vec<Value>, DataFusionError> {
    let cast_to = |kind: &DataType| cast(array, kind);
    Ok(match array.data_type() {
        DataType::Boolean => array.as_boolean().iter().map(Value::from).collect(),
        kind if kind.is_unsigned_integer() => {
            cast_to(&DataType::UInt64)?.as_primitive::<UInt64Type>().iter().map(Value::from).collect()
        }
        kind if kind.is_integer() => {
            cast_to(&DataType::Int64)?.as_primitive::<Int64Type>().iter().map(Value::from).collect()
        }
        kind if kind.is_floating() => {
            cast_to(&DataType::Float64)?.as_primitive::<Float64Type>().iter().map(Value::from).collect()
        }
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => {
            let (whole, float) = (cast_to(&DataType::Int64)?, cast_to(&DataType::Float64)?);
            let (whole, float) = (whole.as_primitive::<Int64Type>(), float.as_primitive::<Float64Type>());
            // Of what 64 bits do not hold nothing is there as a whole number.
            let number = |row: usize| {
                if *scale <= 0 && whole.is_valid(row) {
                    Value::from(whole.value(row))
                } else {
                    Value::from(float.is_valid(row).then(|| float.value(row)))
                }
            };
            (0..array.len()).map(number).collect()
        }
        DataType::Timestamp(..) => {
            let text = |at: Option<i64>| Value::from(at.map(|at| timestamp(at).to_string()));
            micros(array)?.as_primitive::<TimestampMicrosecondType>().iter().map(text).collect()
        }
        DataType::Utf8 => array.as_string::<i32>().iter().map(Value::from).collect(),
        _ => {
            let options = FormatOptions::default().with_display_error(true);
            let shown = ArrayFormatter::try_new(array, &options)?;
            let text = |row: usize| array.is_valid(row).then(|| shown.value(row).to_string());
            (0..array.len()).map(text).map(Value::from).collect()
        }
    })
}

/// Instants in microseconds.
fn micros(instants: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    let DataType::Timestamp(_, zone) = instants.data_type() else { return Ok(instants.clone()) };
    Ok(cast(instants, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?)
}
