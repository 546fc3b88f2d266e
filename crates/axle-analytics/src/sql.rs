//! `axle sql`: one read-only statement over the tables, as JSON values.

use axle_model::analytics::{AnalyticsError, Table};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::columns::internal;
use crate::limits::out_of_memory;
use crate::rollup::timestamp;
use crate::view::View;

/// Runs one statement and keeps at most `limit` rows. Statements that change anything are refused.
pub(crate) async fn run(view: &View, query: &str, limit: usize) -> Result<Table, AnalyticsError> {
    collect(frame(view, query).await?, limit).await
}

async fn frame(view: &View, query: &str) -> Result<DataFrame, AnalyticsError> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    view.context.sql_with_options(query, read_only).await.map_err(invalid)
}

/// Runs one statement and hands its rows on, some at a time.
pub(crate) async fn each(view: &View, query: &str, to: Sender<Table>) -> Result<(), AnalyticsError> {
    let frame = frame(view, query).await?;
    let columns: Vec<String> = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut stream = frame.execute_stream().await.map_err(invalid)?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(invalid)?;
        let rows = (0..batch.num_rows()).map(|row| values(&batch, row)).collect::<Result<_, _>>().map_err(internal)?;
        if to.send(Table { columns: columns.clone(), rows, truncated: false }).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The rows of a frame as JSON values, at most `limit` of them.
pub(crate) async fn collect(frame: DataFrame, limit: usize) -> Result<Table, AnalyticsError> {
    let columns = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut table = Table { columns, ..Table::default() };
    let mut stream = frame.execute_stream().await.map_err(invalid)?;
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(invalid)?;
        for row in 0..batch.num_rows() {
            if table.rows.len() == limit {
                table.truncated = true;
                return Ok(table);
            }
            table.rows.push(values(&batch, row).map_err(internal)?);
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

fn values(batch: &RecordBatch, row: usize) -> Result<Vec<Value>, DataFusionError> {
    batch.columns().iter().map(|array| value(array, row)).collect()
}

fn value(array: &dyn Array, row: usize) -> Result<Value, DataFusionError> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    let one = array.slice(row, 1);
    Ok(match array.data_type() {
        DataType::Boolean => Value::Bool(one.as_boolean().value(0)),
        kind if kind.is_unsigned_integer() => {
            cast(&one, &DataType::UInt64)?.as_primitive::<UInt64Type>().value(0).into()
        }
        kind if kind.is_integer() => cast(&one, &DataType::Int64)?.as_primitive::<Int64Type>().value(0).into(),
        kind if kind.is_floating() => cast(&one, &DataType::Float64)?.as_primitive::<Float64Type>().value(0).into(),
        DataType::Timestamp(_, zone) => {
            let micros = cast(&one, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            timestamp(micros.as_primitive::<TimestampMicrosecondType>().value(0)).to_string().into()
        }
        _ => array_value_to_string(&one, 0)?.into(),
    })
}
