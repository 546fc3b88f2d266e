//! Table functions of periods: `scores` and `gauges` say what members' scores were when periods began and ended,
//! `periods` when they do; `layer_flow` stands in `layer_moves.rs`.
//!
//! `periods` is a list `from:to,from:to,…` of local days, which the runner puts in place of `$periods`. Scores are as
//! of local midnight of those days (convention C2). One walk over each member's days gives all periods.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::analytics::AnalyticsError;
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
use super::layer_moves;
use super::product;
use crate::columns::{column, instants, u8s, u32s};
use crate::rollup::start_micros;
use crate::view::{Tables, sliced};

/// Members by periods: rows of such a table, and how many are looked at for them. More take minutes, and more memory than queries may.
const MOST_ROWS: usize = 10_000_000;
const MOST_LOOKED_AT: usize = 200_000_000;

/// Makes the table of a list of periods.
type Make = fn(&Tables, &[(LocalDay, LocalDay)]) -> Result<RecordBatch>;

/// The table functions, by name.
pub(crate) const FUNCTIONS: &[(&str, Make)] = &[
    ("scores", scores),
    ("gauges", gauges),
    ("periods", ends),
    ("layer_flow", layer_moves::layer_flow),
    ("product_uses", product::product_uses),
];

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
        let members = if self.name == "periods" { 1 } else { self.tables.known.directory.directory.members.len() };
        few(list.len().saturating_mul(members), MOST_LOOKED_AT)?;
        let key = format!("{}({periods})", self.name);
        let made = self.tables.kept(&key, || (self.make)(&self.tables, &list))?;
        Ok(Arc::new(sliced(&made)?))
    }
}

/// Fails where there are more rows than such a table may have.
pub(super) fn few_rows(rows: usize) -> Result<()> {
    few(rows, MOST_ROWS)
}

fn few(number: usize, most: usize) -> Result<()> {
    if number <= most {
        return Ok(());
    }
    let message = "there are too many members in too many periods: ask by a coarser grain, or for a shorter window";
    Err(DataFusionError::External(Box::new(AnalyticsError::Invalid(message.into()))))
}

fn parse(period: &str) -> Option<(LocalDay, LocalDay)> {
    let (from, to) = period.split_once(':')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// Each member's counted days, member after member.
fn members(days: &RecordBatch, mut each: impl FnMut(u32, &[DayActivity]) -> Result<()>) -> Result<()> {
    let (member, weight, count) = (u32s(days, "member"), u8s(days, "weight"), u32s(days, "count"));
    let day = column(days, "day").as_primitive::<Date32Type>();
    let mut rows = Vec::new();
    for row in 0..days.num_rows() {
        rows.push(DayActivity { day: day.value(row), weight: weight.value(row), count: count.value(row) });
        if row + 1 == days.num_rows() || member.value(row + 1) != member.value(row) {
            each(member.value(row), &rows)?;
            rows.clear();
        }
    }
    Ok(())
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

/// A row for each period: its first day, the day after its last complete one so far, the instant at which that begins,
/// and how many days that are.
fn ends(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    let zone = &tables.known.directory.zone;
    let days = |day: fn(&(LocalDay, LocalDay)) -> LocalDay| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(periods.iter().map(day)))
    };
    batch(vec![
        ("day", days(|period| period.0)),
        ("until_day", days(|period| period.1)),
        ("from_at", Arc::new(instants(periods.iter().map(|(from, _)| Some(start_micros(*from, zone)))))),
        ("until_at", Arc::new(instants(periods.iter().map(|(_, to)| Some(start_micros(*to, zone)))))),
        ("days", Arc::new(Int64Array::from_iter_values(periods.iter().map(|(from, to)| i64::from(to - from))))),
    ])
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
        few_rows(member.len())
    })?;
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

/// A member at the end of a period, as the presence gauge sees them.
struct Seen {
    period: usize,
    member: u32,
    /// Index of the members of the same level at the end of the same period.
    peers: usize,
    days: Option<PresenceDays>,
}

/// A row for each member with activity before the end of a period: what the presence gauge shows there.
fn gauges(tables: &Tables, periods: &[(LocalDay, LocalDay)]) -> Result<RecordBatch> {
    /// Levels, and being out of orbit.
    const LEVELS: usize = OrbitLevel::ALL.len() + 1;
    let directory = &tables.known.directory;
    let settings = &directory.directory.score;
    let mut scorer = Scorer::new(settings);
    let ends: Vec<LocalDay> = periods.iter().map(|(_, to)| *to).collect();
    let mut seen: Vec<Seen> = Vec::new();
    let mut peers: Vec<Vec<PresenceDays>> = vec![Vec::new(); periods.len() * LEVELS];
    members(&tables.must("member_days")?, |member, rows| {
        let mut period = 0;
        scorer.presence_series(rows, &ends, |line, days| {
            let (to, at) = (&ends[period], period);
            period += 1;
            if rows[0].day < *to && !directory.is_teammate(member, *to) {
                let level = line.step.level().map_or(LEVELS - 1, |level| level as usize);
                let group = at * LEVELS + level;
                peers[group].extend(days);
                seen.push(Seen { period: at, member, peers: group, days });
            }
        });
        few_rows(seen.len())
    })?;
    let rates: Vec<Option<f64>> = peers.into_iter().map(peer_rate).collect();
    // Most members share their few active days with many others, and reading the gauge is the dear part.
    let mut read: HashMap<(u64, PresenceDays), Gauge> = HashMap::new();
    let gauge = |row: &Seen| {
        let Some((days, rate)) = row.days.zip(rates[row.peers]) else { return "no baseline" };
        let same = read.entry((rate.to_bits(), days));
        match same.or_insert_with(|| Presence::read(days, rate, &settings.gauge).gauge) {
            Gauge::NoBaseline => "no baseline",
            Gauge::Low => "low",
            Gauge::Neutral => "neutral",
            Gauge::High => "high",
        }
    };
    batch(vec![
        ("gauge", Arc::new(StringArray::from_iter_values(seen.iter().map(gauge)))),
        ("member", Arc::new(UInt32Array::from_iter_values(seen.iter().map(|row| row.member)))),
        ("day", Arc::new(Date32Array::from_iter_values(seen.iter().map(|row| periods[row.period].0)))),
    ])
}
