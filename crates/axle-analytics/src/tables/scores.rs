//! Table functions `scores(periods)` and `gauges(periods)`: what members' scores were when periods began and ended.
//!
//! `periods` is a list `from:to,from:to,…` of local days, which the runner puts in place of `$periods`. Scores are as
//! of local midnight of those days (convention C2). One walk over each member's days gives all periods.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::orbit::OrbitLevel;
use axle_model::presence::{Gauge, Presence, PresenceDays, peer_rate};
use axle_model::score::{DayActivity, ScoreLine, Scorer};
use axle_model::time::LocalDay;
use datafusion::arrow::array::{
    ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::Date32Type;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;

use super::days::batch;
use crate::columns::{column, u8s, u32s};
use crate::view::{Tables, sliced};

/// Makes the table of a list of periods.
type Make = fn(&Tables, &[(LocalDay, LocalDay)]) -> Result<RecordBatch>;

/// The table functions, by name.
pub(crate) const FUNCTIONS: &[(&str, Make)] = &[("scores", scores), ("gauges", gauges)];

/// A table function over the tables of a view.
#[derive(Debug)]
pub(crate) struct OfPeriods {
    pub tables: Arc<Tables>,
    pub name: &'static str,
    pub make: Make,
}

impl TableFunctionImpl for OfPeriods {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let [Expr::Literal(ScalarValue::Utf8(Some(periods)), _)] = arguments.exprs() else {
            return Err(DataFusionError::Plan(format!("{} takes one text `from:to,…` of days", self.name)));
        };
        let list = periods.split(',').filter(|period| !period.is_empty()).map(parse).collect::<Option<Vec<_>>>();
        let list = list.ok_or_else(|| DataFusionError::Plan(format!("{periods} is no list of days")))?;
        let key = format!("{}({periods})", self.name);
        let made = self.tables.kept(&key, || (self.make)(&self.tables, &list))?;
        Ok(Arc::new(sliced(&made)?))
    }
}

fn parse(period: &str) -> Option<(LocalDay, LocalDay)> {
    let (from, to) = period.split_once(':')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// Each member's counted days, member after member.
fn members(days: &RecordBatch, mut each: impl FnMut(u32, &[DayActivity])) {
    let (member, weight, count) = (u32s(days, "member"), u8s(days, "weight"), u32s(days, "count"));
    let day = column(days, "day").as_primitive::<Date32Type>();
    let mut rows = Vec::new();
    for row in 0..days.num_rows() {
        rows.push(DayActivity { day: day.value(row), weight: weight.value(row), count: count.value(row) });
        if row + 1 == days.num_rows() || member.value(row + 1) != member.value(row) {
            each(member.value(row), &rows);
            rows.clear();
        }
    }
}

/// The days of all periods, rising, and where each period's begin and end lie among them.
fn as_of_days(periods: &[(LocalDay, LocalDay)]) -> (Vec<LocalDay>, Vec<(usize, usize)>) {
    let mut days: Vec<LocalDay> = periods.iter().flat_map(|(from, to)| [*from, *to]).collect();
    days.sort_unstable();
    days.dedup();
    let at = |day| days.binary_search(&day).expect("it was just put in");
    let places = periods.iter().map(|(from, to)| (at(*from), at(*to))).collect();
    (days, places)
}

/// The number of a level, as names know it.
fn level(line: &ScoreLine) -> Option<u32> {
    line.step.level().map(|level| level as u32)
}

/// A row for each member and period in which they are in orbit or loved at either end. Who is a teammate at the end
/// is left out (convention C4); who was one at the beginning comes from outside.
fn scores(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    let directory = &tables.known.directory;
    let settings = tables.known.directory.directory.score.clone();
    let mut scorer = Scorer::new(&settings);
    let (days, places) = as_of_days(periods);
    let (mut member, mut day, mut love) = (Vec::new(), Vec::new(), Vec::new());
    let (mut step_from, mut step_to) = (Vec::new(), Vec::new());
    let (mut level_from, mut level_to) = (Vec::new(), Vec::new());
    let mut lines: Vec<ScoreLine> = Vec::new();
    members(&tables.must("member_days")?, |number, rows| {
        lines.clear();
        scorer.series(rows, &days, |line| lines.push(line));
        for (period, (from, to)) in periods.iter().zip(&places) {
            let (from, to) = (&lines[*from], &lines[*to]);
            let was_outside = directory.is_teammate(number, period.0);
            let is_nobody = !from.step.in_orbit() && !to.step.in_orbit() && to.love(settings.love) <= 0.0;
            if is_nobody || directory.is_teammate(number, period.1) {
                continue;
            }
            member.push(number);
            day.push(period.0);
            love.push(to.love(settings.love));
            step_from.push(if was_outside { 0 } else { i64::from(from.step.get()) });
            step_to.push(i64::from(to.step.get()));
            level_from.push(level(from).filter(|_| !was_outside));
            level_to.push(level(to));
        }
    });
    let movement = level_from.iter().zip(&level_to).map(|(from, to)| match (from, to) {
        (None, _) => None,
        (Some(_), None) => Some("left"),
        (Some(from), Some(to)) if to > from => Some("up"),
        (Some(from), Some(to)) if to < from => Some("down"),
        _ => Some("held"),
    });
    let movement: ArrayRef = Arc::new(movement.collect::<StringArray>());
    batch(vec![
        ("member", Arc::new(UInt32Array::from(member))),
        ("day", Arc::new(Date32Array::from(day))),
        ("step_from", Arc::new(Int64Array::from(step_from))),
        ("step_to", Arc::new(Int64Array::from(step_to))),
        ("level_from", Arc::new(UInt32Array::from(level_from))),
        ("level_to", Arc::new(UInt32Array::from(level_to))),
        ("love", Arc::new(Float64Array::from(love))),
        ("movement", movement),
    ])
}

/// A row for each member with activity before the end of a period: what the presence gauge shows there.
fn gauges(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    let directory = &tables.known.directory;
    let settings = tables.known.directory.directory.score.clone();
    let mut scorer = Scorer::new(&settings);
    let (days, places) = as_of_days(periods);
    let mut found: Vec<(usize, u32, Option<OrbitLevel>, Option<PresenceDays>)> = Vec::new();
    let mut lines: Vec<ScoreLine> = Vec::new();
    members(&tables.must("member_days")?, |number, rows| {
        lines.clear();
        scorer.series(rows, &days, |line| lines.push(line));
        for (index, ((_, to), (_, place))) in periods.iter().zip(&places).enumerate() {
            if rows[0].day < *to && !directory.is_teammate(number, *to) {
                found.push((index, number, lines[*place].step.level(), scorer.presence_days(rows, *to)));
            }
        }
    });
    let mut peers: HashMap<(usize, Option<OrbitLevel>), Vec<PresenceDays>> = HashMap::new();
    for (index, _, level, days) in &found {
        peers.entry((*index, *level)).or_default().extend(days);
    }
    let rates: HashMap<_, f64> =
        peers.into_iter().filter_map(|(group, peers)| Some((group, peer_rate(peers)?))).collect();
    let gauge = |(index, _, level, days): &(usize, u32, Option<OrbitLevel>, Option<PresenceDays>)| {
        let read =
            days.zip(rates.get(&(*index, *level))).map(|(days, rate)| Presence::read(days, *rate, &settings.gauge));
        match read.map_or(Gauge::NoBaseline, |presence| presence.gauge) {
            Gauge::NoBaseline => "no baseline",
            Gauge::Low => "low",
            Gauge::Neutral => "neutral",
            Gauge::High => "high",
        }
    };
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(found.iter().map(|row| row.1)))),
        ("day", Arc::new(Date32Array::from_iter_values(found.iter().map(|row| periods[row.0].0)))),
        ("gauge", Arc::new(StringArray::from_iter_values(found.iter().map(gauge)))),
    ])
}
