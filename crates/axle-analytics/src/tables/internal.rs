//! Teammates as a community (S9): `teammate_spans`, who was one when and in which department, and
//! `internal_connections`, which two of them met in which month.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::analytics::Department;
use axle_model::calendar::first_day_of_month;
use axle_model::interchange::FactKind;
use axle_model::time::LocalDay;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array, RecordBatch, StringArray, UInt32Array};
use datafusion::error::{DataFusionError, Result};

use super::days::batch;
use crate::columns::{column, micros, u32s};
use crate::directory::NONE;
use crate::network::Network;
use crate::rollup::DayClock;
use crate::view::Tables;

/// Open ends, as dates that SQL can compare.
const FIRST: LocalDay = -719_162;
const LAST: LocalDay = 2_932_896;

/// The table `teammate_spans`: `member`, `from_day`, `to_day` (not in it) and `department`, null where nobody says: people's
/// word, then lists, then addresses at own domains. Without programs.
pub(crate) fn teammate_spans(tables: &Tables) -> Result<RecordBatch> {
    let departments = departments(tables)?;
    type Span<'a> = (u32, LocalDay, LocalDay, Option<&'a str>);
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (number, row) in (0..).zip(&tables.known.directory.directory.members) {
        let known = departments.get(&number).map_or(&[][..], Vec::as_slice);
        for (from, to) in row.teammate.iter().filter(|_| !row.is_bot) {
            let others = row.departments.iter().flat_map(|one| [one.from, one.to]);
            let later = known.iter().map(|(day, _)| *day).chain(others).filter(|day| from < day && day < to);
            let mut ends: Vec<LocalDay> = [*from].into_iter().chain(later).collect();
            ends.push(*to);
            ends.sort_unstable();
            ends.dedup();
            for pair in ends.windows(2) {
                let of = |is_said: bool| {
                    let holds = |one: &&Department| one.is_said == is_said && (one.from..one.to).contains(&pair[0]);
                    row.departments.iter().rev().find(holds).map(|one| one.name.as_str())
                };
                let listed = || known.iter().rev().find(|(day, _)| *day <= pair[0]).map(|(_, name)| name.as_str());
                spans.push((number, pair[0], pair[1], of(true).or_else(listed).or_else(|| of(false))));
            }
        }
    }
    let days = |day: &dyn Fn(&Span<'_>) -> LocalDay| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(spans.iter().map(|span| day(span).clamp(FIRST, LAST))))
    };
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(spans.iter().map(|span| span.0)))),
        ("from_day", days(&|span| span.1)),
        ("to_day", days(&|span| span.2)),
        ("department", Arc::new(spans.iter().map(|span| span.3).collect::<StringArray>())),
    ])
}

/// Departments by member as lists state them, with the day from which each holds, rising.
fn departments(tables: &Tables) -> Result<HashMap<u32, Vec<(LocalDay, String)>>> {
    let directory = &*tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let mut found: HashMap<u32, Vec<(LocalDay, String)>> = HashMap::new();
    for rows in tables.facts(FactKind::TEAMMATE, &["from", "department"])? {
        let (identity, from) = (u32s(&rows, "identity"), micros(&rows, "from"));
        let department = column(&rows, "department").as_string::<i32>();
        for row in (0..rows.num_rows()).filter(|row| identity.is_valid(*row) && department.is_valid(*row)) {
            let member = directory.member_of(identity.value(row));
            if member != NONE && from.is_valid(row) {
                let said = (clock.day(from.value(row)), department.value(row).to_owned());
                found.entry(member).or_default().push(said);
            }
        }
    }
    found.values_mut().for_each(|said| said.sort());
    Ok(found)
}

/// The table `internal_connections`: as `connections`, of teammates.
pub(crate) fn internal_connections(tables: &Tables) -> Result<RecordBatch> {
    let meetings = Network::of_teammates(&tables.known).map_err(|error| DataFusionError::External(Box::new(error)))?;
    let all = || meetings.iter();
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.member)))),
        ("other", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.other)))),
        ("day", Arc::new(Date32Array::from_iter_values(all().map(|meeting| first_day_of_month(meeting.when))))),
    ])
}
