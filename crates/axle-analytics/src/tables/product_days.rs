//! `product_days`: who used the product on which local day (S73). Teammates and bots are left out.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::interchange::FactKind;
use datafusion::arrow::array::{Array, Date32Array, RecordBatch, UInt32Array};
use datafusion::error::Result;

use super::days::batch;
use crate::columns::{instants, micros, u32s};
use crate::directory::NONE;
use crate::rollup::DayClock;
use crate::view::Tables;

/// The table: a row for each member and day, with the instant of the first event and how many there were. By member,
/// then day.
pub(crate) fn product_days(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    let mut clock = DayClock::new(&directory.zone);
    let mut days: HashMap<(u32, i32), (i64, u32)> = HashMap::new();
    for rows in tables.facts(FactKind::PRODUCT_EVENT, &["at"])? {
        let (identity, at) = (u32s(&rows, "identity"), micros(&rows, "at"));
        for row in (0..rows.num_rows()).filter(|row| identity.is_valid(*row) && at.is_valid(*row)) {
            let (member, at) = (directory.member_of(identity.value(row)), at.value(row));
            if member != NONE {
                let (first, events) = days.entry((member, clock.day(at))).or_insert((at, 0));
                (*first, *events) = ((*first).min(at), *events + 1);
            }
        }
    }
    let mut days: Vec<_> =
        days.into_iter().filter(|((member, day), _)| directory.kind(*member, *day) == "member").collect();
    days.sort_unstable();
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(days.iter().map(|((member, _), _)| *member)))),
        ("day", Arc::new(Date32Array::from_iter_values(days.iter().map(|((_, day), _)| *day)))),
        ("first_at", Arc::new(instants(days.iter().map(|(_, (first, _))| Some(*first))))),
        ("events", Arc::new(UInt32Array::from_iter_values(days.iter().map(|(_, (_, events))| *events)))),
    ])
}
