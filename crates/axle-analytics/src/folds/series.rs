//! Folds that follow ids through time: one pass over their days gives all periods at once.

use std::ops::{Range, RangeInclusive};

use axle_model::time::LocalDay;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int32Type, UInt32Type};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, cast, col, ident, lit};
use roaring::RoaringBitmap;

use super::cells::{Cell, Cells};
use super::grouped::{Group, PERIOD, Rows, wide};
use crate::operators::engaged::Engaged;
use crate::operators::lifecycle::{Lifecycle, Measure};
use crate::operators::rolling::Rolling;
use crate::operators::{PairFold, aggregate};

fn id() -> Expr {
    cast(col("id"), DataType::UInt64)
}

/// Rows grouped by the breakdown only, each group folded by operators over `(name, when)`.
async fn lists(
    rows: &Rows<'_>,
    values: Vec<(&str, Expr)>,
    days: Range<LocalDay>,
    folds: Vec<Expr>,
) -> Result<Vec<Group>> {
    let batches = rows.group(values, &[], days, folds).await?;
    rows.read(&batches)
}

pub(super) fn call(fold: impl PairFold + 'static, id: &str, when: &str) -> Expr {
    aggregate(fold).call(vec![ident(id), ident(when)])
}

pub(super) async fn lifecycle(rows: Rows<'_>, measure: Measure, is_share: bool) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let values = vec![("id", id()), (PERIOD, rows.period()?)];
    let groups = lists(&rows, values, rows.until_end(), vec![call(Lifecycle { periods }, "id", PERIOD)]).await?;
    let mut cells = Cells::default();
    for group in groups {
        let of = |measure: Measure, period: usize| group.lists[0][measure as usize * periods + period];
        for period in 0..periods {
            let value = of(measure, period);
            let cell = match is_share {
                true => Cell::ratio(period, value, of(Measure::Before, period), 100.0).share(),
                false => Cell::value(period, Some(value)),
            };
            // Broken down, a value that nobody has in this period is no point, as in any other fold.
            let is_empty = if is_share { of(Measure::Before, period) == 0.0 } else { value == 0.0 };
            if !is_empty || rows.by.is_none() {
                cells.push(cell.of(group.dimensions.clone()))?;
            }
        }
    }
    Ok(cells.0)
}

/// As-of days of the points, and the range that holds them. A window of one day counts today so far where the period
/// has no complete day.
fn as_of_days(rows: &Rows<'_>, window: i32) -> (Vec<i32>, RangeInclusive<LocalDay>) {
    let day = |slot: &crate::periods::Slot| {
        let is_first = axle_model::time::day_of_date(slot.start) == slot.as_of_day;
        slot.as_of_day + i32::from(window == 1 && slot.begun && is_first)
    };
    let days: Vec<i32> = rows.periods.slots.iter().map(day).collect();
    let range = days.iter().copied().min().unwrap_or(0)..=days.iter().copied().max().unwrap_or(0);
    (days, range)
}

/// The days that any of the windows holds.
fn in_windows(window: i32, days: &RangeInclusive<LocalDay>) -> Range<LocalDay> {
    days.start() - window..*days.end()
}

fn day_number(rows: &Rows<'_>) -> Result<Expr> {
    Ok(cast(rows.day()?, DataType::Int32))
}

pub(super) async fn rolling(rows: Rows<'_>, window: i32) -> Result<Vec<Cell>> {
    let (days, range) = as_of_days(&rows, window);
    let first = *range.start();
    let values = vec![("id", id()), ("day", day_number(&rows)?)];
    let fold = call(Rolling { window, as_of_days: range.clone(), with_days: false }, "id", "day");
    let mut cells = Cells::default();
    for group in lists(&rows, values, in_windows(window, &range), vec![fold]).await? {
        for (period, day) in days.iter().enumerate() {
            let value = group.lists[0][(day - first) as usize];
            if value > 0.0 || rows.by.is_none() {
                cells.push(Cell::value(period, Some(value)).of(group.dimensions.clone()))?;
            }
        }
    }
    Ok(cells.0)
}

pub(super) async fn rolling_ratio(rows: Rows<'_>, window: i32, of_window: bool) -> Result<Vec<Cell>> {
    let (days, range) = as_of_days(&rows, window);
    let first = *range.start();
    let mut values = vec![("id", id()), ("day", day_number(&rows)?)];
    let fold = |id, with_days| call(Rolling { window, as_of_days: range.clone(), with_days }, id, "day");
    // Without another item, days are what is counted.
    let mut folds = vec![fold("id", !rows.has("item"))];
    if rows.has("item") {
        // No id is a packed 0: operators take such for one that packs nothing.
        values.push(("both", (id() + wide(1)) * wide(1 << 32) + cast(col("item"), DataType::UInt64)));
        folds.push(fold("both", false).alias("items"));
    }
    let scale = if of_window { 100.0 } else { 1.0 };
    let of_days = if of_window { f64::from(window) } else { 1.0 };
    let mut cells = Cells::default();
    for group in lists(&rows, values, in_windows(window, &range), folds).await? {
        // Either a list of each, or one with the days after the ids.
        let both = group.lists.concat();
        let (ids, items) = both.split_at(both.len() / 2);
        for (period, day) in days.iter().enumerate() {
            let at = (day - first) as usize;
            let cell = Cell::ratio(period, items[at] / of_days, ids[at], scale);
            if cell.value.is_some() || rows.by.is_none() {
                cells.push(cell.of(group.dimensions.clone()))?;
            }
        }
    }
    Ok(cells.0)
}

pub(super) async fn engaged(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let packed = rows.period()? * lit(2_i32) + cast(col("is_engaged"), DataType::Int32);
    // Days after the last period have the greatest number, with which packing overflows: they are left out before.
    let values = vec![("id", id()), ("packed", packed)];
    let groups = lists(&rows, values, rows.until_end(), vec![call(Engaged { periods }, "id", "packed")]).await?;
    let mut cells = Cells::default();
    for group in groups {
        for period in 0..periods {
            let [engaged, known] = [group.lists[0][period], group.lists[0][periods + period]];
            cells.push(Cell::ratio(period, engaged, known, 100.0).share().of(group.dimensions.clone()))?;
        }
    }
    Ok(cells.0)
}

/// Pairs that met, of all pairs of those who took part: both of a pair must have.
pub(super) async fn density(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let number = |name: &str| cast(col(name), DataType::UInt32).alias(name);
    let columns = vec![number("member"), number("other"), cast(rows.period()?, DataType::Int32).alias(PERIOD)];
    let batches = rows.of_days(rows.inside())?.select(columns)?.collect().await?;
    let mut people = vec![RoaringBitmap::new(); periods];
    let mut pairs: Vec<Vec<(u32, u32)>> = vec![Vec::new(); periods];
    for batch in &batches {
        let [member, other] = [0, 1].map(|column| batch.column(column).as_primitive::<UInt32Type>());
        let period = batch.column(2).as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            let (member, other, period) = (member.value(row), other.value(row), period.value(row) as usize);
            if member == other {
                people[period].insert(member);
            } else {
                pairs[period].push((member, other));
            }
        }
    }
    let cell = |(period, (mut pairs, people)): (usize, (Vec<(u32, u32)>, RoaringBitmap))| {
        pairs.retain(|(member, other)| people.contains(*member) && people.contains(*other));
        pairs.sort_unstable();
        pairs.dedup();
        let count = people.len() as f64;
        Cell::ratio(period, pairs.len() as f64, count * (count - 1.0) / 2.0, 1.0)
    };
    Ok(pairs.into_iter().zip(people).enumerate().map(cell).collect())
}
