//! Facts of one kind, of which there may be many millions: files and a tail, like activities. A fact that comes again
//! replaces what it was, so its earlier rows no longer hold.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axle_model::analytics::{AnalyticsError, FactRows, Segment, Seq};
use axle_model::interchange::{FactKind, Kind};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::compute::{concat_batches, filter_record_batch};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use roaring::RoaringTreemap;
use serde_json::Value;

use crate::columns::{column, i64s, instant_type, instants, internal};
use crate::segment;

/// What stands before the columns made of fields.
const LEADING: &[&str] = &["seq", "fact_id", "source", "identity", "ingested_at"];

/// Stands for the number of a fact of which nothing was known.
const NEVER: Seq = Seq::MIN;

/// Where the facts of one kind lie. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct FactFiles {
    pub kind: FactKind,
    pub folder: PathBuf,
    pub segments: Vec<Segment>,
    pub tail: Vec<RecordBatch>,
    /// Filled when somebody first needs it, since files must be looked through for it.
    seen: OnceLock<Seen>,
    /// Whether none of them was known: see [`FactFiles::known_at`].
    is_unknown: bool,
}

/// Which facts there are.
#[derive(Debug, Clone, Default)]
struct Seen {
    ids: RoaringTreemap,
    /// The number that holds of a fact that came more than once.
    latest: Arc<HashMap<i64, Seq>>,
}

impl Seen {
    fn note(&mut self, batch: &RecordBatch) {
        let (seq, id) = (i64s(batch, "seq"), i64s(batch, "fact_id"));
        for (id, seq) in id.values().iter().zip(seq.values()) {
            if !self.ids.insert(id.unsigned_abs()) {
                Arc::make_mut(&mut self.latest).insert(*id, *seq);
            }
        }
    }
}

impl FactFiles {
    pub(crate) fn new(kind: FactKind, folder: &Path) -> Self {
        let (folder, segments, tail) = (folder.to_owned(), Vec::new(), Vec::new());
        Self { kind, folder, segments, tail, seen: OnceLock::new(), is_unknown: false }
    }

    pub(crate) fn watermark(&self) -> Seq {
        let tail = self.tail.last().and_then(|batch| i64s(batch, "seq").values().last().copied());
        tail.or(self.segments.last().map(|segment| segment.max_seq)).unwrap_or(0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.is_unknown || (self.segments.is_empty() && self.tail.is_empty())
    }

    /// The same facts as they were known at an instant in microseconds: of each the state that was read last by then.
    pub(crate) fn known_at(&self, until: i64) -> Result<Self, AnalyticsError> {
        let mut later = RoaringTreemap::new();
        self.look_through(|id, _, at| {
            if at > until {
                later.insert(id.unsigned_abs());
            }
        })?;
        if later.is_empty() {
            return Ok(self.clone());
        }
        let (mut ids, mut latest) = (RoaringTreemap::new(), HashMap::new());
        self.look_through(|id, seq, at| {
            if at <= until && (!ids.insert(id.unsigned_abs()) || later.contains(id.unsigned_abs())) {
                latest.insert(id, seq);
            }
        })?;
        for id in later.iter().filter_map(|id| i64::try_from(id).ok()) {
            latest.entry(id).or_insert(NEVER);
        }
        let is_unknown = ids.is_empty();
        let seen = OnceLock::from(Seen { ids, latest: Arc::new(latest) });
        Ok(Self { seen, is_unknown, ..self.clone() })
    }

    /// Hands out every state in the order of the numbers: the fact, the number, and when it was read.
    fn look_through(&self, mut each: impl FnMut(i64, Seq, i64)) -> Result<(), AnalyticsError> {
        let mut look = |batch: &RecordBatch| {
            let (seq, id, at) = (i64s(batch, "seq"), i64s(batch, "fact_id"), i64s(batch, "ingested_at"));
            for row in 0..batch.num_rows() {
                each(id.value(row), seq.value(row), at.value(row));
            }
        };
        for one in &self.segments {
            segment::read(&self.folder, &one.path, &["seq", "fact_id", "ingested_at"])?.iter().for_each(&mut look);
        }
        self.tail.iter().for_each(look);
        Ok(())
    }

    /// How many states of facts there are, replaced ones included.
    pub(crate) fn states(&self) -> u64 {
        let tail: usize = self.tail.iter().map(RecordBatch::num_rows).sum();
        self.segments.iter().map(|segment| segment.rows).sum::<u64>() + tail as u64
    }

    /// Adds rows after the watermark.
    pub(crate) fn append(&mut self, batch: RecordBatch) -> Result<(), AnalyticsError> {
        let mut last = self.watermark();
        for seq in i64s(&batch, "seq").values() {
            if *seq <= last {
                return Err(AnalyticsError::Invalid(format!("fact {seq} does not come after {last}")));
            }
            last = *seq;
        }
        if batch.num_rows() > 0 {
            if let Some(seen) = self.seen.get_mut() {
                seen.note(&batch);
            }
            self.tail.push(batch);
        }
        Ok(())
    }

    /// The tail becomes a file once it has that many rows.
    pub(crate) fn compact(&mut self, at: usize) -> Result<Option<Segment>, AnalyticsError> {
        let rows: usize = self.tail.iter().map(RecordBatch::num_rows).sum();
        if rows == 0 || rows < at {
            return Ok(None);
        }
        let all = concat_batches(&schema(self.kind), &self.tail).map_err(internal)?;
        let written = segment::write_rows(&self.folder, &prefix(self.kind), &all, Vec::new())?;
        self.segments.push(written.clone());
        self.tail.clear();
        Ok(Some(written))
    }

    /// Columns of the facts that hold, and `source` and `identity`, for tables made of them.
    pub(crate) fn read(&self, columns: &[&str]) -> Result<Vec<RecordBatch>, AnalyticsError> {
        self.read_wanted(columns, |latest, seq| latest == seq)
    }

    /// The same of every state up to the one that holds.
    pub(crate) fn read_states(&self, columns: &[&str]) -> Result<Vec<RecordBatch>, AnalyticsError> {
        self.read_wanted(columns, |latest, seq| seq <= latest)
    }

    /// Of facts that came more than once the states that are wanted, by the number that holds and their own.
    fn read_wanted(
        &self,
        columns: &[&str],
        is_wanted: impl Fn(Seq, Seq) -> bool,
    ) -> Result<Vec<RecordBatch>, AnalyticsError> {
        let latest = self.latest()?;
        let names: Vec<&str> = LEADING.iter().chain(columns).copied().collect();
        let mut rows = Vec::new();
        for one in &self.segments {
            rows.extend(segment::read(&self.folder, &one.path, &names)?);
        }
        rows.extend(self.tail.iter().cloned());
        if latest.is_empty() {
            return Ok(rows);
        }
        let of_batch = |batch: &RecordBatch| {
            let rows = wanted(&latest, column(batch, "fact_id"), column(batch, "seq"), &is_wanted);
            filter_record_batch(batch, &rows).map_err(internal)
        };
        rows.iter().map(of_batch).collect()
    }

    /// The number that holds of each fact that came more than once; all rows of others hold.
    pub(crate) fn latest(&self) -> Result<Arc<HashMap<i64, Seq>>, AnalyticsError> {
        if let Some(seen) = self.seen.get() {
            return Ok(seen.latest.clone());
        }
        let mut seen = Seen::default();
        for one in &self.segments {
            let batches = segment::read(&self.folder, &one.path, &["seq", "fact_id"])?;
            batches.iter().for_each(|batch| seen.note(batch));
        }
        self.tail.iter().for_each(|batch| seen.note(batch));
        Ok(self.seen.get_or_init(|| seen).latest.clone())
    }
}

/// How the names of a kind's files begin.
pub(crate) fn prefix(kind: FactKind) -> String {
    format!("{}{}", segment::FACTS, kind.name())
}

/// The kind whose facts a file holds; `None` for activities.
pub(crate) fn kind_of(path: &str) -> Option<FactKind> {
    let (kind, _) = path.strip_prefix(segment::FACTS)?.split_once('-')?;
    FactKind::from_name(kind)
}

/// Columns of a kind's files.
pub(crate) fn schema(kind: FactKind) -> SchemaRef {
    let leading = [DataType::Int64, DataType::Int64, DataType::Utf8, DataType::UInt32, DataType::Int64];
    let leading = LEADING.iter().zip(leading).map(|(name, kind)| Field::new(*name, kind, *name == "identity"));
    let fields = kind.columns().map(|column| Field::new(column.name, data_type(column.field.kind), true));
    Arc::new(Schema::new(leading.chain(fields).collect::<Vec<_>>()))
}

/// The type of a field's column.
pub(crate) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Instant | Kind::When => instant_type(),
        Kind::Bool => DataType::Boolean,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        _ => DataType::Utf8,
    }
}

/// Rows as a batch of [`schema`]. A value of another type than its column's is null.
pub(crate) fn to_batch(rows: FactRows) -> Result<RecordBatch, AnalyticsError> {
    let schema = schema(rows.kind);
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(rows.seq)),
        Arc::new(Int64Array::from(rows.fact_id)),
        Arc::new(StringArray::from(rows.source)),
        Arc::new(UInt32Array::from(rows.identity)),
        Arc::new(Int64Array::from(rows.ingested_at)),
    ];
    let kinds = schema.fields().iter().skip(LEADING.len());
    arrays.extend(rows.columns.iter().zip(kinds).map(|(values, field)| to_array(values, field.data_type())));
    RecordBatch::try_new(schema, arrays)
        .map_err(|error| AnalyticsError::Invalid(format!("facts do not line up: {error}")))
}

/// Values as an array of a type of [`data_type`].
pub(crate) fn to_array(values: &[Value], kind: &DataType) -> ArrayRef {
    let values = values.iter();
    match kind {
        DataType::Boolean => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
        DataType::Int64 => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
        DataType::Float64 => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
        DataType::Timestamp(..) => Arc::new(instants(values.map(instant))),
        _ => Arc::new(values.map(words).collect::<StringArray>()),
    }
}

/// Microseconds of an instant that stands as text.
pub(crate) fn instant(value: &Value) -> Option<i64> {
    Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_microsecond())
}

pub(crate) fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Whether rows hold, given what [`FactFiles::latest`] says.
pub(crate) fn hold(latest: &HashMap<i64, Seq>, id: &dyn Array, seq: &dyn Array) -> BooleanArray {
    wanted(latest, id, seq, |latest, seq| latest == seq)
}

/// Which rows are wanted, by the number that holds of their fact and their own; all of facts that came once.
fn wanted(
    latest: &HashMap<i64, Seq>,
    id: &dyn Array,
    seq: &dyn Array,
    is_wanted: impl Fn(Seq, Seq) -> bool,
) -> BooleanArray {
    let (id, seq) = (id.as_primitive::<Int64Type>(), seq.as_primitive::<Int64Type>());
    let both = id.values().iter().zip(seq.values());
    both.map(|(id, seq)| Some(latest.get(id).is_none_or(|latest| is_wanted(*latest, *seq)))).collect()
}
