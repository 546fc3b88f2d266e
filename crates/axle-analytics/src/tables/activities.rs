//! The public table `activities`: a query over the segment files and the tail, so that only the columns asked for
//! are read, and names are put in place of numbers only where they are wanted.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use axle_model::activity::Flags;
use axle_model::analytics::Segment;
use axle_model::label::{Label, labels_of, sentiment_of};
use axle_model::time::local_day;
use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, UInt8Array, UInt32Array,
    new_null_array,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Schema, TimestampMicrosecondType, UInt8Type, UInt32Type};
use datafusion::catalog::TableProvider;
use datafusion::common::DFSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::execution_props::ExecutionProps;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, ExprSchemable, ScalarUDF, cast, col, lit};
use datafusion::physical_expr::create_physical_expr;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use datafusion::scalar::ScalarValue;

use crate::columns::{ACTIVITY_SCHEMA, i64s, instant_type};
use crate::directory::DirectoryIndex;
use crate::functions::{function, holds, uuid_text};
use crate::names::name_at;
use crate::rollup::{TYPE_WEIGHT, is_gone, timestamp};
use crate::view::Tables;

/// The table, as a view over `context`.
pub(crate) async fn table(tables: &Arc<Tables>, context: &SessionContext) -> Result<Arc<dyn TableProvider>> {
    let known = &tables.known;
    let mut rows = context.read_batches(known.rows.tail.clone())?;
    if known.rows.tail.is_empty() {
        rows = context.read_batch(RecordBatch::new_empty(ACTIVITY_SCHEMA.clone()))?;
    }
    if !known.rows.segments.is_empty() {
        let known = &known.rows;
        rows = files(&known.folder, &known.segments, &ACTIVITY_SCHEMA, context).await?.union(rows)?;
    }
    if !known.rows.gone.is_empty() {
        rows = rows.filter(holds(known.rows.gone.clone()).call(vec![col("seq")]))?;
    }
    if known.as_of != i64::MAX {
        let as_of = ScalarValue::TimestampMicrosecond(Some(known.as_of), Some("UTC".into()));
        rows = rows.filter(col("occurred_at").lt_eq(lit(as_of)))?;
    }
    Ok(rows.select(columns(&known.directory))?.into_view())
}

/// The rows of files, of which only the columns asked for are read.
pub(super) async fn files(
    folder: &Path,
    segments: &[Segment],
    schema: &Schema,
    context: &SessionContext,
) -> Result<DataFrame> {
    let mut paths = BTreeSet::new();
    for segment in segments {
        let path = std::path::absolute(folder.join(&segment.path)).map_err(DataFusionError::IoError)?;
        paths.insert(path.to_string_lossy().into_owned());
    }
    let options = ParquetReadOptions::default().schema(schema);
    context.read_parquet(paths.into_iter().collect::<Vec<_>>(), options).await
}

/// A function of small numbers that gives texts.
fn text_of(name: &str, text: impl Fn(u32) -> Option<String> + Send + Sync + 'static) -> ScalarUDF {
    function(name, vec![DataType::UInt32], DataType::Utf8, move |arguments| {
        let numbers = arguments[0].as_primitive::<UInt32Type>();
        Ok(Arc::new(numbers.iter().map(|number| text(number?)).collect::<StringArray>()))
    })
}

/// The public id of the member of an identity.
pub(super) fn member_of(directory: &Arc<DirectoryIndex>) -> ScalarUDF {
    let index = directory.clone();
    text_of("member_uuid", move |identity| {
        index.member(index.member_of(identity)).map(|member| uuid::Uuid::from_bytes(member.member_id).to_string())
    })
}

/// The number that other tables carry.
fn member_number(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("member_number", vec![DataType::UInt32], DataType::UInt32, move |arguments| {
        let identities = arguments[0].as_primitive::<UInt32Type>();
        let number = |identity: Option<u32>| {
            let member = directory.member_of(identity?);
            directory.member(member).map(|_| member)
        };
        Ok(Arc::new(identities.iter().map(number).collect::<UInt32Array>()))
    })
}

fn named(directory: &Arc<DirectoryIndex>, dimension: &'static str) -> ScalarUDF {
    let (directory, names) = (directory.clone(), OnceLock::new());
    let name = move |number| name_at(names.get_or_init(|| directory.names_of(dimension)), number);
    text_of(&format!("{dimension}_text"), name)
}

/// The rows in memory that hold, in the public columns. Only those that are wanted are worked out; the others are null.
pub(crate) fn in_memory(tables: &Tables, wanted: &dyn Fn(&str) -> bool) -> Result<RecordBatch> {
    let known = &tables.known;
    let all = concat_batches(&ACTIVITY_SCHEMA, &known.rows.tail)?;
    let seq = i64s(&all, "seq");
    let holds = BooleanBuffer::collect_bool(all.num_rows(), |row| !is_gone(&known.rows.gone, seq.value(row)));
    seen_through(&filter_record_batch(&all, &BooleanArray::from(holds))?, columns(&known.directory), wanted)
}

/// Rows seen through expressions. Only those columns that are wanted are worked out; the others are null.
pub(super) fn seen_through(
    rows: &RecordBatch,
    columns: Vec<Expr>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<RecordBatch> {
    let schema = DFSchema::try_from(rows.schema())?;
    let (properties, planning) = (ExecutionProps::new(), PhysicalPlanningContext::default());
    let (mut fields, mut arrays) = (Vec::new(), Vec::new());
    for column in columns {
        let (_, name) = column.qualified_name();
        let array = match wanted(&name) {
            true => create_physical_expr(&column, &schema, &properties, &planning)?
                .evaluate(rows)?
                .into_array(rows.num_rows())?,
            false => new_null_array(&column.get_type(&schema)?, rows.num_rows()),
        };
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)?)
}

fn organization(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("organization_at", vec![DataType::UInt32, instant_type()], DataType::Utf8, move |arguments| {
        let identity = arguments[0].as_primitive::<UInt32Type>();
        let at = arguments[1].as_primitive::<TimestampMicrosecondType>();
        let of = |(identity, at): (Option<u32>, Option<i64>)| {
            let member = directory.member_of(identity?);
            let number = directory.organization(member, local_day(timestamp(at?), &directory.zone))?;
            Some(directory.directory.organizations.get(number as usize)?.organization_id.clone())
        };
        Ok(Arc::new(identity.iter().zip(at).map(of).collect::<StringArray>()))
    })
}

fn weight(directory: Arc<DirectoryIndex>) -> ScalarUDF {
    function("weight_of", vec![DataType::UInt32, DataType::UInt8], DataType::UInt8, move |arguments| {
        let (kind, own) = (arguments[0].as_primitive::<UInt32Type>(), arguments[1].as_primitive::<UInt8Type>());
        let weights = kind.iter().zip(own).map(|(kind, own)| Some(directory.weight(kind?, own.unwrap_or(TYPE_WEIGHT))));
        Ok(Arc::new(weights.collect::<UInt8Array>()))
    })
}

/// Whether an activity is a question or an answer: by its type, by its channel, or by its words.
fn says(name: &str, directory: Arc<DirectoryIndex>, flag: Flags, label: Label, is_reply: bool) -> ScalarUDF {
    let types = vec![DataType::UInt32, DataType::UInt32, DataType::UInt32];
    function(name, types, DataType::Boolean, move |arguments| {
        let numbers = |index: usize| arguments[index].as_primitive::<UInt32Type>();
        let says = |((kind, channel), reading): ((Option<u32>, Option<u32>), Option<u32>)| {
            let kind = directory.activity_type(kind?);
            let fits = if is_reply { kind.is_reply && !kind.is_remark } else { kind.key.ends_with(":opened") };
            let is_read = kind.is_post && reading.is_some_and(|code| labels_of(code).has(label));
            Some(kind.flags.has(flag) || is_read || (directory.is_qa(channel?) && fits))
        };
        Ok(Arc::new(numbers(0).iter().zip(numbers(1)).zip(numbers(2)).map(says).collect::<BooleanArray>()) as ArrayRef)
    })
}

/// Whether an activity's type is marked so.
fn is_marked(name: &str, directory: Arc<DirectoryIndex>, flag: Flags) -> ScalarUDF {
    function(name, vec![DataType::UInt32], DataType::Boolean, move |arguments| {
        let kinds = arguments[0].as_primitive::<UInt32Type>();
        let marked = kinds.iter().map(|kind| Some(directory.activity_type(kind?).flags.has(flag)));
        Ok(Arc::new(marked.collect::<BooleanArray>()))
    })
}

/// A text made of what was read; null where nothing was.
fn read(name: &str, text: impl Fn(u32) -> Option<String> + Send + Sync + 'static) -> ScalarUDF {
    text_of(&format!("{name}_read"), text)
}

/// `question,thanks`; null where the words say none of it.
fn label_names(code: u32) -> Option<String> {
    let names: Vec<&str> = labels_of(code).iter().map(Label::name).collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// The public columns, from those of the files.
pub(crate) fn columns(directory: &Arc<DirectoryIndex>) -> Vec<Expr> {
    let uuid = uuid_text();
    let member = member_of(directory);
    let index = directory.clone();
    let sources = OnceLock::new();
    let source = text_of("source_text", move |channel| {
        name_at(sources.get_or_init(|| index.names_of("source")), index.source_of(channel))
    });
    vec![
        uuid.call(vec![col("activity_id")]).alias("activity_id"),
        source.call(vec![col("channel")]).alias("source"),
        named(directory, "channel").call(vec![col("channel")]).alias("channel"),
        named(directory, "activity_type").call(vec![col("activity_type")]).alias("activity_type"),
        col("occurred_at"),
        col("ingested_at"),
        cast(col("identity"), DataType::Utf8).alias("identity_id"),
        member.call(vec![col("identity")]).alias("member_id"),
        member_number(directory.clone()).call(vec![col("identity")]).alias("member"),
        organization(directory.clone()).call(vec![col("identity"), col("occurred_at")]).alias("organization_id"),
        weight(directory.clone()).call(vec![col("activity_type"), col("weight")]).alias("weight"),
        named(directory, "thread").call(vec![col("thread")]).alias("thread_id"),
        uuid.call(vec![col("parent")]).alias("parent_activity_id"),
        col("title"),
        col("text"),
        col("url"),
        col("language"),
        read("sentiment", |code| Some(sentiment_of(code).name().to_owned()))
            .call(vec![col("reading")])
            .alias("sentiment"),
        col("sentiment_score"),
        read("labels", label_names).call(vec![col("reading")]).alias("labels"),
        says("is_question", directory.clone(), Flags::QUESTION, Label::Question, false)
            .call(vec![col("activity_type"), col("channel"), col("reading")])
            .alias("is_question"),
        says("is_answer", directory.clone(), Flags::ANSWER, Label::Answer, true)
            .call(vec![col("activity_type"), col("channel"), col("reading")])
            .alias("is_answer"),
        is_marked("is_advocacy", directory.clone(), Flags::ADVOCACY)
            .call(vec![col("activity_type")])
            .alias("is_advocacy"),
        col("properties"),
    ]
}
