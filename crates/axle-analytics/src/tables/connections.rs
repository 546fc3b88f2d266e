//! The table `connections`: which two members met in which calendar month, and whether directly (S17, S18).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axle_model::calendar::{first_day_of_month, month_of_day};
use axle_model::reach::Strength;
use axle_model::time::local_day;
use datafusion::arrow::array::{BooleanArray, Date32Array, RecordBatch, UInt32Array};
use datafusion::error::{DataFusionError, Result};
use jiff::Timestamp;

use super::days::batch;
use crate::network::{Meeting, Network};
use crate::state::Known;
use crate::view::Tables;

/// The table `connections`. Months are calendar months of the workspace's zone; `day` is the first of the month.
pub(crate) fn connections(tables: &Tables) -> Result<RecordBatch> {
    let meetings = meetings(&tables.known)?;
    let all = || meetings.iter();
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.member)))),
        ("other", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.other)))),
        ("day", Arc::new(Date32Array::from_iter_values(all().map(|meeting| first_day_of_month(meeting.month))))),
        ("is_direct", Arc::new(all().map(|meeting| Some(meeting.is_direct())).collect::<BooleanArray>())),
    ])
}

/// By pair, then month. The network of everything is kept; that as of an earlier instant is made for the occasion.
fn meetings(known: &Known) -> Result<Arc<Vec<Meeting>>> {
    let meetings = if known.as_of == i64::MAX {
        known.network.lock().unwrap_or_else(PoisonError::into_inner).of(known)
    } else {
        Network::default().of(known)
    };
    meetings.map_err(|error| DataFusionError::External(Box::new(error)))
}

/// Everybody's reach in the month of an instant, by member number.
pub(crate) fn reach(known: &Known, as_of: Timestamp) -> Result<HashMap<u32, f64>> {
    let directory = &known.directory;
    let settings = &directory.directory.score;
    let month = month_of_day(local_day(as_of, &directory.zone));
    let meetings = meetings(known)?;
    let mut reach = vec![0.0; directory.directory.members.len()];
    for pair in meetings.chunk_by(|a, b| (a.member, a.other) == (b.member, b.other)) {
        let mut strength = Strength::first(pair[0].month, pair[0].is_direct(), settings);
        pair[1..].iter().for_each(|meeting| strength.meet(meeting.month, meeting.is_direct(), settings));
        let strength = strength.as_of(month, settings);
        reach[pair[0].member as usize] += strength;
        reach[pair[0].other as usize] += strength;
    }
    Ok((0..).zip(reach).filter(|(_, reach)| *reach > 0.0).collect())
}
