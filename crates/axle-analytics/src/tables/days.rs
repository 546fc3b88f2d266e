//! `all_days` and what follows from it: the rollup by member, with what the directory says of each row.
//!
//! Rows lie by member, then day, so that operators see one person's days together. Building them is linear: the
//! rollup is sorted by identity, and only members of several identities need their days merged.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, UInt8Array, UInt32Array, UInt32Builder,
};
use datafusion::arrow::compute::take_record_batch;
use datafusion::arrow::datatypes::{Date32Type, Field, Schema, UInt32Type};
use datafusion::error::Result;
use rayon::prelude::*;

use super::moves::Days;
use crate::columns::{column, instants};
use crate::directory::{DirectoryIndex, NONE};
use crate::rollup::{DayRow, TYPE_WEIGHT};

/// Indexes of rollup rows by member, then day. Rows of identities that belong to nobody are left out.
fn member_order(rows: &[DayRow], directory: &DirectoryIndex) -> Vec<u32> {
    let mut ranges: Vec<(u32, u32, u32)> = Vec::new();
    let mut start = 0;
    while start < rows.len() {
        let identity = rows[start].identity;
        let end = start + rows[start..].iter().take_while(|row| row.identity == identity).count();
        let member = directory.member_of(identity);
        if member != NONE {
            ranges.push((member, start as u32, end as u32));
        }
        start = end;
    }
    ranges.sort_unstable();
    let mut order: Vec<u32> = Vec::with_capacity(rows.len());
    for group in ranges.chunk_by(|a, b| a.0 == b.0) {
        let first = order.len();
        group.iter().for_each(|(_, start, end)| order.extend(*start..*end));
        if group.len() > 1 {
            order[first..].sort_by_key(|row| rows[*row as usize].day);
        }
    }
    order
}

/// What a row is, beside what it counts.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    pub is_bot: bool,
    pub is_teammate: bool,
    pub is_product: bool,
    pub is_counted: bool,
}

impl Flags {
    pub(crate) fn of(row: &DayRow, directory: &DirectoryIndex) -> Self {
        let member = directory.member_of(row.identity);
        let is_bot = directory.member(member).is_some_and(|member| member.is_bot);
        let is_teammate = directory.is_teammate(member, row.day);
        let is_product = directory.activity_type(row.activity_type).is_product;
        let weighs = directory.weight(row.activity_type, row.weight) >= 1;
        Self { is_bot, is_teammate, is_product, is_counted: weighs && !is_bot && !is_teammate && !is_product }
    }
}

/// The table `all_days`: every row, with flags.
pub(crate) fn all_days(rows: &[DayRow], directory: &DirectoryIndex) -> Result<RecordBatch> {
    let order = member_order(rows, directory);
    let flags: Vec<Flags> = order.iter().map(|row| Flags::of(&rows[*row as usize], directory)).collect();
    let flag = |value: fn(&Flags) -> bool| -> ArrayRef {
        Arc::new(flags.iter().map(|flags| Some(value(flags))).collect::<BooleanArray>())
    };
    let mut columns = columns(rows, &order, directory);
    columns.extend([
        ("is_bot", flag(|flags| flags.is_bot)),
        ("is_teammate", flag(|flags| flags.is_teammate)),
        ("is_product", flag(|flags| flags.is_product)),
        ("is_counted", flag(|flags| flags.is_counted)),
    ]);
    batch(columns)
}

/// Columns of rows in that order.
fn columns(rows: &[DayRow], order: &[u32], directory: &DirectoryIndex) -> Vec<(&'static str, ArrayRef)> {
    let each = || order.iter().map(|row| &rows[*row as usize]);
    let moment = |value: fn(&DayRow) -> i64| -> ArrayRef { Arc::new(instants(each().map(|row| Some(value(row))))) };
    let own_weight = |row: &DayRow| Some(row.weight).filter(|weight| *weight != TYPE_WEIGHT);
    let organization = |row: &DayRow| directory.organization(directory.member_of(row.identity), row.day);
    let columns: [(&str, &(dyn Fn() -> ArrayRef + Sync)); 12] = [
        ("member", &|| u32s(each().map(|row| directory.member_of(row.identity)))),
        ("identity", &|| u32s(each().map(|row| row.identity))),
        ("day", &|| Arc::new(Date32Array::from_iter_values(each().map(|row| row.day)))),
        ("source", &|| u32s(each().map(|row| directory.source_of(row.channel)))),
        ("channel", &|| u32s(each().map(|row| row.channel))),
        ("activity_type", &|| u32s(each().map(|row| row.activity_type))),
        ("weight", &|| {
            Arc::new(UInt8Array::from_iter_values(each().map(|row| directory.weight(row.activity_type, row.weight))))
        }),
        ("own_weight", &|| Arc::new(each().map(own_weight).collect::<UInt8Array>())),
        ("count", &|| u32s(each().map(|row| row.count))),
        ("first_at", &|| moment(|row| row.first)),
        ("last_at", &|| moment(|row| row.last)),
        ("organization", &|| Arc::new(each().map(organization).collect::<UInt32Array>())),
    ];
    columns.par_iter().map(|(name, make)| (*name, make())).collect()
}

fn u32s(values: impl Iterator<Item = u32>) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(values))
}

/// A batch whose columns are nullable only where it has nulls to hold, so that plans stay simple.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| {
            let nullable = matches!(*name, "organization" | "layer") || array.null_count() > 0;
            Field::new(*name, array.data_type().clone(), nullable)
        })
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// The table `member_days`: the rows that count (conventions C3, C4, C5 and C13). `starts_day` marks one row of each
/// member's day, so that days are counted without grouping; `layer` is the member's at the end of the day.
pub(crate) fn member_days(rows: &[DayRow], directory: &DirectoryIndex) -> Result<RecordBatch> {
    let mut order = member_order(rows, directory);
    order.retain(|row| Flags::of(&rows[*row as usize], directory).is_counted);
    let rows = batch(columns(rows, &order, directory))?;
    let member = column(&rows, "member").as_primitive::<UInt32Type>().values();
    let day = column(&rows, "day").as_primitive::<Date32Type>().values();
    let starts = |row: usize| row == 0 || (member[row], day[row]) != (member[row - 1], day[row - 1]);
    let starts_day: BooleanArray = (0..rows.num_rows()).map(|row| Some(starts(row))).collect();
    let schema = rows.schema();
    let columns =
        schema.fields().iter().zip(rows.columns()).map(|(field, array)| (field.name().as_str(), array.clone()));
    let layer = Days::new(&rows).layers(directory);
    let added: [(&str, ArrayRef); 2] = [("starts_day", Arc::new(starts_day)), ("layer", Arc::new(layer))];
    batch(columns.chain(added).collect())
}

/// The table `member_firsts`: of each member, the counted row with the earliest first instant; of several at that instant the one whose
/// source comes first by its name, whichever was read first.
pub(crate) fn member_firsts(member_days: &RecordBatch, directory: &DirectoryIndex) -> Result<RecordBatch> {
    let member = column(member_days, "member").as_primitive::<UInt32Type>();
    let day = column(member_days, "day").as_primitive::<Date32Type>();
    let source = column(member_days, "source").as_primitive::<UInt32Type>();
    let names = directory.names_of("source");
    let first = crate::columns::micros(member_days, "first_at");
    let name_of =
        |row: usize| Some(source.value(row) as usize).filter(|code| *code < names.len()).map(|code| names.value(code));
    let place = |row: usize| (first.value(row), name_of(row));
    let mut picked = UInt32Builder::new();
    let mut row = 0;
    while row < member_days.num_rows() {
        let (mut best, start) = (row, row);
        while row < member_days.num_rows() && member.value(row) == member.value(start) {
            // Rows lie by day: later days cannot hold the first instant.
            if day.value(row) == day.value(start) && place(row) < place(best) {
                best = row;
            }
            row += 1;
        }
        picked.append_value(best as u32);
    }
    Ok(take_record_batch(member_days, &picked.finish())?)
}

/// The table `affiliated_days`: rows of `member_days` of affiliated members, once for each of their organizations.
pub(crate) fn affiliated_days(member_days: &RecordBatch, directory: &DirectoryIndex) -> Result<RecordBatch> {
    let member = column(member_days, "member").as_primitive::<UInt32Type>();
    let day = column(member_days, "day").as_primitive::<Date32Type>();
    let (mut rows, mut organizations) = (Vec::new(), Vec::new());
    for row in 0..member_days.num_rows() {
        for organization in directory.organizations(member.value(row), day.value(row)) {
            rows.push(row as u32);
            organizations.push(organization);
        }
    }
    let taken = take_record_batch(member_days, &UInt32Array::from(rows))?;
    let schema = taken.schema();
    let columns = schema.fields().iter().zip(taken.columns()).map(|(field, array)| {
        let array = if field.name() == "organization" {
            Arc::new(UInt32Array::from(organizations.clone()))
        } else {
            array.clone()
        };
        (field.name().as_str(), array)
    });
    batch(columns.collect())
}

/// The schema check that other tables rely on.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::instant_type;
    use axle_model::analytics::{Directory, IdentityRow, MemberRow};
    use datafusion::arrow::datatypes::DataType;

    #[test]
    fn days_of_two_identities_of_one_member_lie_together() {
        let identity = |identity_id, member| IdentityRow {
            identity_id,
            member,
            platform: "slack".into(),
            uid: None,
            username: None,
            email: None,
            name: None,
        };
        let member = |name: &str| MemberRow {
            member_id: [0; 16],
            name: name.into(),
            is_bot: false,
            teammate: Vec::new(),
            departments: Vec::new(),
            affiliations: Vec::new(),
            tags: Vec::new(),
        };
        let directory = Directory {
            time_zone: "UTC".into(),
            identities: vec![identity(1, 1), identity(2, 0), identity(3, 1)],
            members: vec![member("ada"), member("bob")],
            ..Directory::default()
        };
        let row = |identity, day| DayRow {
            identity,
            day,
            channel: 0,
            activity_type: 0,
            weight: 4,
            count: 1,
            first: 0,
            last: 0,
        };
        let rows = [row(1, 5), row(1, 9), row(2, 1), row(3, 7), row(4, 7)];
        let table = all_days(&rows, &DirectoryIndex::new(directory).unwrap()).unwrap();
        assert_eq!(column(&table, "member").as_primitive::<UInt32Type>().values().to_vec(), [0, 1, 1, 1]);
        assert_eq!(column(&table, "day").as_primitive::<Date32Type>().values().to_vec(), [1, 5, 7, 9]);
        assert_eq!(table.schema().field_with_name("first_at").unwrap().data_type(), &instant_type());
        assert_eq!(column(&table, "day").data_type(), &DataType::Date32);
    }
}
