//! Folds that hold a period against an earlier one, against what is usual, or against the whole.

use std::collections::BTreeMap;

use axle_model::time::{LocalDay, day_of_date};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, cast, col, lit};

use super::Cell;
use super::grouped::{Group, PERIOD, Rows, without_first};
use super::series::call;
use crate::operators::engaged_again::EngagedAgain;
use crate::operators::lifecycle::{Lifecycle, Measure};
use crate::operators::restricted_mean::{MEASURES, RestrictedMean};

type Dimensions = Vec<(String, String)>;

fn float(name: &str) -> Expr {
    cast(col(name), DataType::Float64)
}

fn id() -> Expr {
    cast(col("id"), DataType::UInt64)
}

/// The sum of `value` against that of the period before. A period that is not over is compared with nothing.
pub(super) async fn growth(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let values = vec![("value", float("value")), (PERIOD, rows.period()?)];
    let days = rows.periods.before..rows.periods.days.end;
    let batches = rows.group(values, &[PERIOD], days, vec![expr_fn::sum(col("value"))]).await?;
    let mut sums: BTreeMap<Dimensions, Vec<f64>> = BTreeMap::new();
    for group in rows.read(&batches)? {
        let sums = sums.entry(group.dimensions).or_insert_with(|| vec![0.0; periods + 1]);
        sums[(group.period + 1) as usize] += group.values[0].unwrap_or(0.0);
    }
    let mut cells = Vec::new();
    for (dimensions, sums) in sums {
        for (period, pair) in sums.windows(2).enumerate() {
            let (before, now) = (pair[0], pair[1]);
            if rows.periods.slots[period].partial || (rows.by.is_some() && before == 0.0 && now == 0.0) {
                continue;
            }
            let value = (before > 0.0).then(|| (now - before) / before * 100.0);
            let cell = Cell { numerator: Some(now), denominator: Some(before), ..Cell::value(period, value) };
            cells.push(cell.of(dimensions.clone()));
        }
    }
    Ok(cells)
}

/// Days of the window that a trend looks at, and windows before it that say what is usual (S12).
const TREND_DAYS: i32 = 7;
const USUAL_WEEKS: i32 = 8;
/// Fewer are no trend, and so is what chance would do more often than this.
const LEAST_OF_TREND: f64 = 10.0;
const CHANCE: f64 = 0.01;

/// 1 where there are more rows, each as many as its `value` says if it has one, on the seven complete days that end with the period's last
/// one than chance explains, else 0. Not defined while rows are known of less than nine weeks: a row with the value 0 says no more than
/// since when.
pub(super) async fn trend(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let day = cast(rows.day()?, DataType::Int32);
    let all = LocalDay::MIN..LocalDay::MAX;
    let number = if rows.has("value") { float("value") } else { lit(1.0) };
    let batches =
        rows.group(vec![("number", number), (PERIOD, day)], &[PERIOD], all, vec![expr_fn::sum(col("number"))]).await?;
    let mut counts: BTreeMap<Dimensions, BTreeMap<i32, f64>> = BTreeMap::new();
    for group in rows.read(&batches)? {
        counts.entry(group.dimensions).or_default().insert(group.period, group.values[0].unwrap_or(0.0));
    }
    let first = counts.values().filter_map(|days| days.keys().next()).min().copied();
    let mut cells = Vec::new();
    for (dimensions, days) in counts {
        for (period, slot) in rows.periods.slots.iter().enumerate() {
            let now = slot.as_of_day - TREND_DAYS;
            let before = now - USUAL_WEEKS * TREND_DAYS;
            let count = days.range(now..slot.as_of_day).fold(0.0, |sum, (_, count)| sum + count);
            let usual = days.range(before..now).fold(0.0, |sum, (_, count)| sum + count) / f64::from(USUAL_WEEKS);
            let is_known = first.is_some_and(|first| first <= before);
            if rows.by.is_some() && count == 0.0 && usual == 0.0 {
                continue;
            }
            let is_trend = count >= LEAST_OF_TREND && upper_tail(count, usual) < CHANCE;
            let value = is_known.then(|| f64::from(u8::from(is_trend)));
            let cell = Cell { numerator: Some(count), denominator: Some(usual), ..Cell::value(period, value) };
            cells.push(cell.of(dimensions.clone()));
        }
    }
    Ok(cells)
}

/// The chance of `count` or more where `mean` is usual, after Poisson.
fn upper_tail(count: f64, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    let mut number = 0.0;
    while number < count {
        below += term;
        number += 1.0;
        term *= mean / number;
    }
    1.0 - below
}

/// The share that the `top` ids have of the sum of `value`.
pub(super) async fn top_share(rows: Rows<'_>, top: usize) -> Result<Vec<Cell>> {
    let values = vec![(PERIOD, rows.period()?), ("id", id()), ("value", float("value"))];
    let batches = rows.group(values, &["id", PERIOD], rows.inside(), vec![expr_fn::sum(col("value"))]).await?;
    rows.folded(&without_first(&batches)?, |period, mut values| {
        let mut values = values.remove(0);
        values.sort_unstable_by(|a, b| b.total_cmp(a));
        Cell::ratio(period, values.iter().take(top).sum(), values.iter().sum(), 100.0)
    })
}

/// Of the ids of a period, the share with at least so many rows in it.
pub(super) async fn repeats(rows: Rows<'_>, at_least: f64) -> Result<Vec<Cell>> {
    let values = vec![(PERIOD, rows.period()?), ("id", id()), ("one", lit(1.0))];
    let batches = rows.group(values, &["id", PERIOD], rows.inside(), vec![expr_fn::sum(col("one"))]).await?;
    rows.folded(&without_first(&batches)?, |period, values| {
        let many = values[0].iter().filter(|count| **count >= at_least).count();
        Cell::ratio(period, many as f64, values[0].len() as f64, 100.0).share()
    })
}

async fn lists(rows: &Rows<'_>, values: Vec<(&str, Expr)>, fold: Expr) -> Result<Vec<Group>> {
    let batches = rows.group(values, &[], rows.until_end(), vec![fold]).await?;
    rows.read(&batches)
}

/// Of the ids of a period, the share that had a row before it.
pub(super) async fn came_before(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let values = vec![("id", id()), (PERIOD, rows.period()?)];
    let mut cells = Vec::new();
    for group in lists(&rows, values, call(Lifecycle { periods }, "id", PERIOD)).await? {
        let of = |measure: Measure, period: usize| group.lists[0][measure as usize * periods + period];
        for period in 0..periods {
            let before = of(Measure::Returning, period) + of(Measure::Resurrected, period);
            let all = of(Measure::Active, period);
            if all > 0.0 || rows.by.is_none() {
                cells.push(Cell::ratio(period, before, all, 100.0).share().of(group.dimensions.clone()));
            }
        }
    }
    Ok(cells)
}

/// Of the ids with a row before a period, the share with one in it; `lapsed` leaves out those with one so few days before.
pub(super) async fn engaged_again(rows: Rows<'_>, lapsed: i32) -> Result<Vec<Cell>> {
    let days = |slot: &crate::periods::Slot| day_of_date(slot.start)..day_of_date(slot.end);
    let periods: Vec<_> = rows.periods.slots.iter().map(days).collect();
    let count = periods.len();
    let values = vec![("id", id()), ("day_number", cast(rows.day()?, DataType::Int32))];
    let mut cells = Vec::new();
    for group in lists(&rows, values, call(EngagedAgain { periods, lapsed }, "id", "day_number")).await? {
        for period in 0..count {
            let [again, before] = [group.lists[0][period], group.lists[0][count + period]];
            if before > 0.0 || rows.by.is_none() {
                cells.push(Cell::ratio(period, again, before, 100.0).share().of(group.dimensions.clone()));
            }
        }
    }
    Ok(cells)
}

/// Seconds of a month: a year has 365.25 days.
const MONTH: f64 = 30.4375 * 86_400.0;

/// The restricted mean of `seconds`, in months; broken down by `measure`, its companions beside it.
pub(super) async fn restricted_mean(rows: Rows<'_>, horizon_months: i64) -> Result<Vec<Cell>> {
    let by_measure = rows.by == Some("measure");
    let rows = Rows { by: rows.by.filter(|by| *by != "measure"), ..rows };
    let values =
        vec![("seconds", cast(col("seconds"), DataType::UInt64)), ("event", cast(col("event"), DataType::Int32))];
    let fold = RestrictedMean { horizon: (horizon_months as f64 * MONTH) as u64 };
    let mut cells = Vec::new();
    for group in rows.by_period(values, vec![call(fold, "seconds", "event")]).await? {
        let shown = if by_measure { MEASURES.len() } else { 1 };
        let [ended, all] = [group.lists[0][MEASURES.len()], group.lists[0][MEASURES.len() + 1]];
        for (measure, seconds) in MEASURES.iter().zip(&group.lists[0]).take(shown) {
            let value = Some(seconds / MONTH).filter(|value| value.is_finite());
            let cell =
                Cell { numerator: Some(ended), denominator: Some(all), ..Cell::value(group.period as usize, value) };
            let own = by_measure.then(|| ("measure".to_owned(), (*measure).to_owned()));
            cells.push(cell.of(group.dimensions.iter().cloned().chain(own).collect()));
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_poisson() {
        // R: ppois(9, 4, lower.tail = FALSE), ppois(0, 2, lower.tail = FALSE).
        assert!((upper_tail(10.0, 4.0) - 0.008_132_243).abs() < 1e-8);
        assert!((upper_tail(1.0, 2.0) - 0.864_664_717).abs() < 1e-8);
        assert!((upper_tail(0.0, 3.0) - 1.0).abs() < 1e-12);
        assert!(upper_tail(10.0, 0.0) < 1e-12);
    }
}
