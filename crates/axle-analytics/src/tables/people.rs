//! `identities`, `member_tags` and `members`, as far as the directory gives them; scores come from `member_scores`.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::analytics::MemberRow;
use axle_model::layer::Layer;
use axle_model::tag::{self, Tag};
use axle_model::time::{LocalDay, local_day};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
    new_null_array,
};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Date32Type, UInt32Type};
use datafusion::error::Result;

use super::days::batch;
use crate::columns::{column, i64s, instants, micros, u32s};
use crate::directory::DirectoryIndex;
use crate::rollup::timestamp;
use crate::view::Tables;

pub(crate) fn uuid(id: [u8; 16]) -> String {
    uuid::Uuid::from_bytes(id).to_string()
}

pub(super) fn text(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// The table `identities`.
pub(crate) fn identities(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows = &directory.directory.identities;
    batch(vec![
        ("identity_id", text(rows.iter().map(|row| Some(row.identity_id.to_string())))),
        ("platform", text(rows.iter().map(|row| Some(row.platform.clone())))),
        ("uid", text(rows.iter().map(|row| row.uid.clone()))),
        ("username", text(rows.iter().map(|row| row.username.clone()))),
        ("email", text(rows.iter().map(|row| row.email.clone()))),
        ("name", text(rows.iter().map(|row| row.name.clone()))),
        ("member_id", text(rows.iter().map(|row| directory.member(row.member).map(|member| uuid(member.member_id))))),
    ])
}

/// The table `member_tags`: each tag of each member once, as tags are compared: in lower case. `sources` state it; `is_said`: a
/// person said so.
pub(crate) fn member_tags(directory: &DirectoryIndex) -> Result<RecordBatch> {
    let numbered = (0_u32..).zip(&directory.directory.members);
    let rows: Vec<(u32, &MemberRow, &Tag)> =
        numbered.flat_map(|(number, row)| row.tags.iter().map(move |tag| (number, row, tag))).collect();
    batch(vec![
        ("member_id", text(rows.iter().map(|(_, row, _)| Some(uuid(row.member_id))))),
        ("member", Arc::new(rows.iter().map(|(number, ..)| Some(*number)).collect::<UInt32Array>()) as ArrayRef),
        ("tag", text(rows.iter().map(|(.., tag)| Some(tag::key(&tag.tag))))),
        ("sources", text(rows.iter().map(|(.., tag)| Some(tag.sources.join(", "))))),
        ("is_said", Arc::new(rows.iter().map(|(.., tag)| Some(tag.is_said)).collect::<BooleanArray>())),
    ])
}

/// The table `members`: everybody, bots and teammates too. `is_teammate` and `organization_id` hold on the day of the
/// instant asked as of; first and last activity are the counted ones, and `layer` holds at the end of that day or of the
/// last day known, whichever is earlier.
pub(crate) fn members(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    let rows = &directory.directory.members;
    let today = tables.known.today;
    let numbers = 0..rows.len() as u32;
    let (first, last) = first_and_last(tables, rows.len())?;
    let organization = |member| {
        let number = directory.organization(member, today)?;
        Some(directory.directory.organizations.get(number as usize)?.organization_id.clone())
    };
    let ids: Vec<String> = rows.iter().map(|row| uuid(row.member_id)).collect();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("member_id", text(ids.iter().cloned().map(Some))),
        ("name", text(rows.iter().map(|row| Some(row.name.clone())))),
    ];
    columns.extend(scores(tables, &ids)?);
    columns.extend([
        (
            "is_teammate",
            Arc::new(numbers.clone().map(|member| Some(directory.is_teammate(member, today))).collect::<BooleanArray>())
                as ArrayRef,
        ),
        ("is_bot", Arc::new(rows.iter().map(|row| Some(row.is_bot)).collect::<BooleanArray>())),
        ("layer", layers(tables, today)?),
        ("first_activity_at", Arc::new(instants(first))),
        ("last_activity_at", Arc::new(instants(last))),
        ("organization_id", text(numbers.map(organization))),
    ]);
    batch(columns)
}

/// Names of members' layers at the end of a day; of teammates without activity of their own too.
fn layers(tables: &Tables, today: LocalDay) -> Result<ArrayRef> {
    let directory = &*tables.known.directory;
    let today = today.min(local_day(timestamp(tables.known.rows.last_at()), &directory.zone));
    let moves = tables.must("member_moves")?;
    let (member, layer) = (u32s(&moves, "member"), u32s(&moves, "layer"));
    let (day, change) = (column(&moves, "day").as_primitive::<Date32Type>(), i64s(&moves, "change"));
    let mut names: Vec<Option<&str>> = (0..directory.directory.members.len() as u32)
        .map(|member| directory.is_teammate(member, today).then_some(Layer::Internal.name()))
        .collect();
    for row in (0..moves.num_rows()).filter(|row| change.value(*row) > 0 && day.value(*row) <= today) {
        let layer = layer.is_valid(row).then(|| Layer::ALL[layer.value(row) as usize].name());
        names[member.value(row) as usize] = layer;
    }
    Ok(Arc::new(StringArray::from(names)))
}

type Instants = Vec<Option<i64>>;

fn first_and_last(tables: &Tables, members: usize) -> Result<(Instants, Instants)> {
    let days = tables.must("member_days")?;
    let member = column(&days, "member").as_primitive::<UInt32Type>();
    let (first_at, last_at) = (micros(&days, "first_at"), micros(&days, "last_at"));
    let (mut first, mut last) = (vec![None; members], vec![None; members]);
    for row in 0..days.num_rows() {
        let member = member.value(row) as usize;
        first[member] = Some(first[member].map_or(first_at.value(row), |at: i64| at.min(first_at.value(row))));
        last[member] = Some(last[member].map_or(last_at.value(row), |at: i64| at.max(last_at.value(row))));
    }
    Ok((first, last))
}

/// Columns of the fact table `member_scores`, by member; null where it does not have them.
fn scores(tables: &Tables, ids: &[String]) -> Result<Vec<(&'static str, ArrayRef)>> {
    let wanted = [
        ("level", DataType::Utf8),
        ("level_step", DataType::Int64),
        ("love", DataType::Float64),
        ("presence", DataType::Utf8),
        ("reach", DataType::Float64),
    ];
    let scores = tables.known.facts.get("member_scores");
    let row_of: HashMap<String, u32> = match scores.and_then(|scores| scores.column_by_name("member_id")) {
        Some(ids) => {
            let ids = cast(ids, &DataType::Utf8)?;
            let ids = ids.as_string::<i32>();
            (0..ids.len()).map(|row| (ids.value(row).to_owned(), row as u32)).collect()
        }
        None => HashMap::new(),
    };
    let rows: UInt32Array = ids.iter().map(|id| row_of.get(id).copied()).collect();
    let mut columns = Vec::new();
    for (name, kind) in wanted {
        let array = match scores.and_then(|scores| scores.column_by_name(name)) {
            // Presence and level may come as words or as numbers: they are passed on as they came.
            Some(values) => take(values, &rows, None)?,
            None if kind == DataType::Int64 => Arc::new(Int64Array::new_null(ids.len())),
            None if kind == DataType::Float64 => Arc::new(Float64Array::new_null(ids.len())),
            None => new_null_array(&kind, ids.len()),
        };
        columns.push((name, array));
    }
    Ok(columns)
}
