//! The table `connections`: which two members met in which calendar month, and whether directly (S17, S18). The table function
//! `meetings('week')` has the same by week, by day and by month, for figures that are asked so.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use axle_model::analytics::{AnalyticsError, Connected};
use axle_model::calendar::{first_day_of_month, month_of_day};
use axle_model::reach::Strength;
use axle_model::time::local_day;
use datafusion::arrow::array::{BooleanArray, Date32Array, RecordBatch, UInt32Array};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use jiff::Timestamp;

use super::days::batch;
use crate::known::Known;
use crate::network::{Meeting, Network, Span};
use crate::view::{Tables, sliced};

/// The table `connections`. Months are calendar months of the workspace's zone; `day` is the first of the month.
pub(crate) fn connections(tables: &Tables) -> Result<RecordBatch> {
    rows(&in_network(&tables.known, |network| network.of(&tables.known))?, Span::Month)
}

fn rows(meetings: &[Meeting], span: Span) -> Result<RecordBatch> {
    let all = || meetings.iter();
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.member)))),
        ("other", Arc::new(UInt32Array::from_iter_values(all().map(|meeting| meeting.other)))),
        ("day", Arc::new(Date32Array::from_iter_values(all().map(|meeting| span.first_day(meeting.when))))),
        ("is_direct", Arc::new(all().map(|meeting| Some(meeting.is_direct())).collect::<BooleanArray>())),
    ])
}

/// The table function `meetings(span)`: as `connections`, with the first day of each span in which two met.
#[derive(Debug)]
pub(crate) struct Meetings {
    pub tables: Arc<Tables>,
}

impl TableFunctionImpl for Meetings {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let span = match arguments.exprs() {
            [Expr::Literal(ScalarValue::Utf8(Some(name)), _)] => Span::named(name),
            _ => None,
        };
        let made = match span {
            None => return Err(DataFusionError::Plan("meetings takes 'day', 'week' or 'month'".into())),
            Some(Span::Month) => self.tables.must("connections")?,
            Some(span) => self.tables.kept(&format!("meetings({span:?})"), || {
                let meetings = Network::within(span, &self.tables.known);
                rows(&meetings.map_err(|error| DataFusionError::External(Box::new(error)))?, span)
            })?,
        };
        Ok(Arc::new(sliced(&made)?))
    }
}

/// Everybody's reach in the month of an instant, by member number.
pub(crate) fn reach(known: &Known, as_of: Timestamp) -> Result<HashMap<u32, f64>> {
    let month = month_of_day(local_day(as_of, &known.directory.zone));
    let reach = in_network(known, |network| network.reach(known, month))?;
    Ok((0..).zip(reach).filter(|(_, reach)| *reach > 0.0).collect())
}

/// Whom a member met by the month of an instant, strongest first.
pub(crate) fn of_member(known: &Known, member: u32, as_of: Timestamp) -> Result<Vec<Connected>> {
    let settings = &known.directory.directory.score;
    let month = month_of_day(local_day(as_of, &known.directory.zone));
    let meetings = in_network(known, |network| network.of(known))?;
    let mut met = Vec::new();
    for pair in meetings.chunk_by(|a, b| (a.member, a.other) == (b.member, b.other)) {
        let (one, other) = (pair[0].member, pair[0].other);
        if one == member || other == member {
            let mut strength = Strength::first(pair[0].when, pair[0].is_direct(), settings);
            pair[1..].iter().for_each(|meeting| strength.meet(meeting.when, meeting.is_direct(), settings));
            met.push(Connected {
                member: if one == member { other } else { one },
                strength: strength.as_of(month, settings),
                last_month: first_day_of_month(strength.last_month()),
            });
        }
    }
    let public_id = |met: &Connected| known.directory.member(met.member).map(|row| row.member_id);
    met.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| public_id(a).cmp(&public_id(b))));
    Ok(met)
}

/// Asks the network that is kept of everything, or one of its own for an earlier instant.
fn in_network<T>(known: &Known, ask: impl FnOnce(&mut Network) -> Result<T, AnalyticsError>) -> Result<T> {
    let answer = if known.as_of == i64::MAX {
        ask(&mut known.network.lock().unwrap_or_else(PoisonError::into_inner))
    } else {
        ask(&mut Network::default())
    };
    answer.map_err(|error| DataFusionError::External(Box::new(error)))
}
