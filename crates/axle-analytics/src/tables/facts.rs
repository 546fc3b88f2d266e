//! Tables of facts as the application hands them over, with types read off the values.

use std::sync::Arc;

use axle_model::analytics::{AnalyticsError, FactTable};
use axle_model::interchange::{Kind, LineType, TYPES};
use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use serde_json::Value;

use crate::columns::{instant_type, instants, internal};
use crate::view::Tables;

/// The table that holds facts of a type: `deal` lies in `deals`.
fn plural(name: &str) -> String {
    match name {
        "feedback" | "content" | "attendance" => name.to_owned(),
        _ => name.strip_suffix('y').map_or_else(|| format!("{name}s"), |stem| format!("{stem}ies")),
    }
}

fn line_type(table: &str) -> Option<&'static LineType> {
    TYPES.iter().find(|known| plural(known.name) == table)
}

/// Whether a table of that name exists even while nothing was handed over: one for each type of interchange.
pub(crate) fn is_known(table: &str) -> bool {
    line_type(table).is_some()
}

/// Names of all tables of facts.
pub(crate) fn names(tables: &Tables) -> Vec<String> {
    let mut names: Vec<String> = TYPES.iter().map(|known| plural(known.name)).collect();
    names.extend(tables.known.facts.keys().cloned());
    names.sort();
    names.dedup();
    names
}

/// The rows handed over, with every documented column: what was not handed over is null.
pub(crate) fn table(tables: &Tables, name: &str) -> Result<RecordBatch> {
    let given = tables.known.facts.get(name);
    let rows = given.map_or(0, RecordBatch::num_rows);
    let mut fields: Vec<Arc<Field>> = given.map(|batch| batch.schema().fields().to_vec()).unwrap_or_default();
    let mut arrays: Vec<ArrayRef> = given.map(|batch| batch.columns().to_vec()).unwrap_or_default();
    for field in line_type(name).map_or(&[][..], |known| known.fields) {
        if !fields.iter().any(|given| given.name() == field.name) {
            let kind = data_type(field.kind);
            arrays.push(new_null_array(&kind, rows));
            fields.push(Arc::new(Field::new(field.name, kind, true)));
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Instant | Kind::When => instant_type(),
        Kind::Bool => DataType::Boolean,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        _ => DataType::Utf8,
    }
}

/// Columns of values as a batch. Columns must be equally long.
pub(crate) fn to_batch(table: &FactTable) -> Result<RecordBatch, AnalyticsError> {
    let line_type = line_type(&table.name);
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, values) in &table.columns {
        let documented = line_type.and_then(|known| known.fields.iter().find(|field| field.name == name));
        let array = to_array(name, values, documented.map(|field| data_type(field.kind)));
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let rows = table.columns.first().map_or(0, |(_, values)| values.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(internal)
}

fn to_array(name: &str, values: &[Value], documented: Option<DataType>) -> ArrayRef {
    let all = |is: fn(&Value) -> bool| values.iter().all(|value| value.is_null() || is(value));
    if values.iter().all(Value::is_null) {
        return new_null_array(&documented.unwrap_or(DataType::Utf8), values.len());
    }
    if all(Value::is_boolean) {
        return Arc::new(values.iter().map(Value::as_bool).collect::<BooleanArray>());
    }
    if all(Value::is_i64) && documented != Some(DataType::Float64) {
        return Arc::new(values.iter().map(Value::as_i64).collect::<Int64Array>());
    }
    if all(Value::is_number) {
        return Arc::new(values.iter().map(Value::as_f64).collect::<Float64Array>());
    }
    let is_time = name == "at" || name.ends_with("_at") || documented == Some(instant_type());
    if is_time && all(|value| instant(value).is_some()) {
        return Arc::new(instants(values.iter().map(instant)));
    }
    Arc::new(values.iter().map(words).collect::<StringArray>())
}

fn instant(value: &Value) -> Option<i64> {
    Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_microsecond())
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
