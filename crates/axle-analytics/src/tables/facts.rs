//! Tables of facts: a query over their files and tail for each kind of interchange, and small tables that the
//! application hands over whole, with types read off the values.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::analytics::{AnalyticsError, Cells, Directory, FactTable, TypedTable};
use axle_model::interchange::FactKind;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::array::{StringArray, UInt32Array, new_null_array};
use datafusion::arrow::compute::{cast as cast_array, concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use datafusion::catalog::TableProvider;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, ScalarUDF, cast, col, ident};
use datafusion::prelude::SessionContext;
use serde_json::Value;

use super::activities::{files, member_of, seen_through};
use super::motions;
use crate::columns::{instants, internal};
use crate::directory::{DirectoryIndex, NONE};
use crate::fact_rows::{FactFiles, data_type, hold, instant, schema, words};
use crate::functions::{fact_holds, function};
use crate::segment;
use crate::view::Tables;

/// Names of all tables of facts.
pub(crate) fn names(tables: &Tables) -> Vec<String> {
    let mut names: Vec<String> = FactKind::tables().map(FactKind::table).collect();
    names.extend(tables.known.facts.keys().cloned());
    names.sort();
    names.dedup();
    names
}

/// The facts of a kind, as a view over `context`: only the columns asked for are read.
pub(crate) async fn of_kind(
    tables: &Arc<Tables>,
    kind: FactKind,
    context: &SessionContext,
) -> Result<Arc<dyn TableProvider>> {
    let none = FactFiles::new(kind, &tables.known.rows.folder);
    let known = tables.known.fact_files.get(&kind.table()).unwrap_or(&none);
    let schema = schema(kind);
    let tail = if known.tail.is_empty() { vec![RecordBatch::new_empty(schema.clone())] } else { known.tail.clone() };
    let mut rows = context.read_batches(tail)?;
    if !known.segments.is_empty() {
        rows = files(&known.folder, &known.segments, &schema, context).await?.union(rows)?;
    }
    let latest = known.latest().map_err(|error| DataFusionError::External(Box::new(error)))?;
    if !latest.is_empty() {
        rows = rows.filter(fact_holds(latest).call(vec![col("fact_id"), col("seq")]))?;
    }
    Ok(rows.select(columns(kind, &tables.known.directory))?.into_view())
}

/// The facts of a kind that hold, in the public columns. Only those that are wanted are worked out; the others are null.
pub(crate) fn in_memory(tables: &Tables, kind: FactKind, wanted: &dyn Fn(&str) -> bool) -> Result<RecordBatch> {
    let names: Vec<String> = kind.columns().map(|column| column.name).collect();
    let rows = tables.facts(kind, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    seen_through(&concat_batches(&schema(kind), &rows)?, columns(kind, &tables.known.directory), wanted)
}

/// The public columns, from those of the files.
fn columns(kind: FactKind, directory: &Arc<DirectoryIndex>) -> Vec<Expr> {
    let mut columns: Vec<Expr> = vec![col("source")];
    if kind.line_type().subject.is_some() {
        columns.push(cast(col("identity"), DataType::Int64).alias("identity_id"));
        columns.push(member_of(directory).call(vec![col("identity")]).alias("member_id"));
    }
    let canonical = organization_of(directory);
    columns.extend(kind.columns().map(|column| match &canonical {
        Some(canonical) if column.name == ORGANIZATION => {
            canonical.call(vec![col("source"), ident(ORGANIZATION)]).alias(ORGANIZATION)
        }
        _ => ident(column.name),
    }));
    columns
}

/// Columns of the facts of a kind that hold, in memory, and `member`: the number of whom each is about, if anybody.
pub(crate) fn rows(tables: &Tables, kind: FactKind, columns: &[&str]) -> Result<RecordBatch> {
    let directory = &tables.known.directory;
    let none = FactFiles::new(kind, &tables.known.rows.folder);
    let known = tables.known.fact_files.get(&kind.table()).unwrap_or(&none);
    let external = |error: AnalyticsError| DataFusionError::External(Box::new(error));
    let latest = known.latest().map_err(external)?;
    let names: Vec<&str> = ["seq", "fact_id", "identity"].into_iter().chain(columns.iter().copied()).collect();
    let mut batches = Vec::new();
    let mut take = |batch: &RecordBatch| -> Result<()> {
        let mut wanted = Vec::new();
        for name in columns {
            let index = batch.schema().index_of(name)?;
            wanted.push((*name, batch.column(index).clone(), true));
        }
        let identity = batch.column(batch.schema().index_of("identity")?).as_primitive::<UInt32Type>();
        let number = |identity| Some(directory.member_of(identity)).filter(|member| *member != NONE);
        let member: UInt32Array = identity.iter().map(|identity| number(identity?)).collect();
        wanted.push(("member", Arc::new(member) as ArrayRef, true));
        let all = RecordBatch::try_from_iter_with_nullable(wanted)?;
        let (seq, id) = (batch.schema().index_of("seq")?, batch.schema().index_of("fact_id")?);
        let holds = hold(&latest, batch.column(id), batch.column(seq));
        batches.push(if latest.is_empty() { all } else { filter_record_batch(&all, &holds)? });
        Ok(())
    };
    for one in &known.segments {
        for batch in segment::read(&known.folder, &one.path, &names).map_err(external)? {
            take(&batch)?;
        }
    }
    known.tail.iter().try_for_each(&mut take)?;
    take(&RecordBatch::new_empty(schema(kind)))?;
    let schema = batches[0].schema();
    Ok(concat_batches(&schema, &batches)?)
}

/// The column that names an organization.
const ORGANIZATION: &str = "organization_id";

/// The public id of the organization that a source's fact names: of several accounts that are one organization, facts name
/// any. `None` while no fact can name an organization by another id than its public one.
fn organization_of(directory: &Arc<DirectoryIndex>) -> Option<ScalarUDF> {
    (!directory.directory.organization_ids.is_empty()).then(|| organization_known_as(&directory.directory))
}

/// `organization_known_as(source, id)`: the public id of the organization that a source calls so, else what it says.
pub(crate) fn organization_known_as(known: &Directory) -> ScalarUDF {
    let id = |(source, id, at): &(String, String, u32)| {
        let organization = known.organizations.get(*at as usize)?;
        Some(((source.clone(), id.clone()), organization.organization_id.clone()))
    };
    let ids: HashMap<(String, String), String> = known.organization_ids.iter().filter_map(id).collect();
    let types = vec![DataType::Utf8, DataType::Utf8];
    function("organization_known_as", types, DataType::Utf8, move |arguments| {
        let (sources, stated) = (arguments[0].as_string::<i32>(), arguments[1].as_string::<i32>());
        let mut key = (String::new(), String::new());
        let mut of = |source: Option<&str>, stated: Option<&str>| {
            let stated = stated?;
            for source in [source.unwrap_or_default(), ""] {
                key.0.clear();
                key.0.push_str(source);
                key.1.clear();
                key.1.push_str(stated);
                if let Some(id) = ids.get(&key) {
                    return Some(id.clone());
                }
            }
            Some(stated.to_owned())
        };
        Ok(Arc::new(sources.iter().zip(stated).map(|(source, stated)| of(source, stated)).collect::<StringArray>()))
    })
}

/// A table handed over whole, with every documented column: what was not handed over is null. Beside `member_id` stands
/// `member`, the number that other tables carry.
pub(crate) fn table(given: &RecordBatch, name: &str, directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = given.num_rows();
    let mut fields: Vec<Arc<Field>> = given.schema().fields().to_vec();
    let mut arrays: Vec<ArrayRef> = given.columns().to_vec();
    for (column, kind) in documented(name) {
        if !fields.iter().any(|given| *given.name() == column) {
            arrays.push(new_null_array(&kind, rows));
            fields.push(Arc::new(Field::new(column, kind, true)));
        }
    }
    if let Some(ids) = given.column_by_name("member_id") {
        let number = |id: &str| directory.member_number(*uuid::Uuid::parse_str(id).ok()?.as_bytes());
        let ids = cast_array(ids, &DataType::Utf8)?;
        let numbers: UInt32Array = ids.as_string::<i32>().iter().map(|id| number(id?)).collect();
        arrays.push(Arc::new(numbers));
        fields.push(Arc::new(Field::new("member", DataType::UInt32, true)));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

/// Columns of a table of facts, with their types.
fn documented(name: &str) -> Vec<(String, DataType)> {
    match FactKind::of_table(name) {
        Some(kind) => kind.columns().map(|column| (column.name, data_type(column.field.kind))).collect(),
        None => motions::columns(name).unwrap_or_default(),
    }
}

/// Columns of values as a batch. Columns must be equally long.
pub(crate) fn to_batch(table: &FactTable) -> Result<RecordBatch, AnalyticsError> {
    let known = documented(&table.name);
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for (name, values) in &table.columns {
        let kind = known.iter().find(|(column, _)| column == name).map(|(_, kind)| kind.clone());
        let array = to_array(name, values, kind);
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let rows = table.columns.first().map_or(0, |(_, values)| values.len());
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).map_err(internal)
}

/// Typed columns as a batch; no columns are no rows.
pub(crate) fn typed_batch(table: TypedTable) -> Result<RecordBatch, AnalyticsError> {
    let rows = table.rows();
    let (names, cells): (Vec<String>, Vec<Cells>) = table.columns.into_iter().unzip();
    let array = |cells| -> ArrayRef {
        match cells {
            Cells::Numbers(values) => Arc::new(Int64Array::from(values)),
            Cells::Instants(values) => Arc::new(instants(values)),
            Cells::Texts(values) => Arc::new(StringArray::from(values)),
        }
    };
    let arrays: Vec<ArrayRef> = cells.into_iter().map(array).collect();
    let fields = names.into_iter().zip(&arrays).map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<Field>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, arrays, &options).map_err(internal)
}

fn to_array(name: &str, values: &[Value], documented: Option<DataType>) -> ArrayRef {
    if let Some(documented) = documented {
        return crate::fact_rows::to_array(values, &documented);
    }
    let all = |is: fn(&Value) -> bool| values.iter().all(|value| value.is_null() || is(value));
    if values.iter().all(Value::is_null) {
        return new_null_array(&DataType::Utf8, values.len());
    }
    if all(Value::is_boolean) {
        return Arc::new(values.iter().map(Value::as_bool).collect::<BooleanArray>());
    }
    if all(Value::is_i64) {
        return Arc::new(values.iter().map(Value::as_i64).collect::<Int64Array>());
    }
    if all(Value::is_number) {
        return Arc::new(values.iter().map(Value::as_f64).collect::<Float64Array>());
    }
    if (name == "at" || name.ends_with("_at")) && all(|value| instant(value).is_some()) {
        return Arc::new(instants(values.iter().map(instant)));
    }
    Arc::new(values.iter().map(words).collect::<StringArray>())
}
