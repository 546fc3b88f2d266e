//! Tables that flywheels hand over whole. Before they do, the tables are known and empty, so that figures over them can
//! be asked for and say what is missing.

use std::sync::Arc;

use axle_model::interchange::Kind::{self, Instant, Integer, Text};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;

use crate::fact_rows::data_type;

type Columns = &'static [(&'static str, Kind)];

/// Each table and its columns. Those with `member_id` have `member` beside it.
const TABLES: &[(&str, Columns)] = &[
    (
        "flywheel_runs",
        &[
            ("run_id", Text),
            ("flywheel", Text),
            ("version", Integer),
            ("subject_kind", Text),
            ("subject_id", Text),
            ("member_id", Text),
            ("state", Text),
            ("step", Text),
            ("opened_at", Instant),
            ("entered_at", Instant),
            ("due_at", Instant),
            ("ended_at", Instant),
            ("reason", Text),
        ],
    ),
    (
        "flywheel_visits",
        &[
            ("run_id", Text),
            ("visit", Integer),
            ("flywheel", Text),
            ("version", Integer),
            ("member_id", Text),
            ("step", Text),
            ("segment", Text),
            ("function", Text),
            ("owner", Text),
            ("how", Text),
            ("entered_at", Instant),
            ("due_at", Instant),
            ("left_at", Instant),
            ("became", Text),
            ("reason", Text),
            ("delight_until", Instant),
        ],
    ),
    (
        "flywheel_evidence",
        &[
            ("run_id", Text),
            ("step", Text),
            ("kind", Text),
            ("evidence_id", Text),
            ("observed_at", Instant),
            ("confirmed_by", Text),
        ],
    ),
];

/// The columns of such a table with their types; `None` when there is none of that name.
pub(crate) fn columns(name: &str) -> Option<Vec<(String, DataType)>> {
    let (_, columns) = TABLES.iter().find(|(known, _)| *known == name)?;
    Some(columns.iter().map(|(name, kind)| ((*name).to_owned(), data_type(*kind))).collect())
}

/// The table as it is before anybody hands it over.
pub(crate) fn empty(name: &str) -> Result<RecordBatch> {
    let mut columns = columns(name).unwrap_or_default();
    if columns.iter().any(|(name, _)| name == "member_id") {
        columns.push(("member".to_owned(), DataType::UInt32));
    }
    let fields: Vec<Field> = columns.into_iter().map(|(name, kind)| Field::new(name, kind, true)).collect();
    Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
}
