//! Folds that look at each period by itself.

use std::collections::BTreeMap;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, UInt32Type};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, cast, col, ident, lit};
use datafusion::prelude::DataFrame;

use super::Cell;
use crate::directory::DirectoryIndex;
use crate::functions::local_day;
use crate::names::{NO_VALUE, names};
use crate::operators::{self, kaplan_meier::KaplanMeier, smallest_set::smallest_set};
use crate::periods::Periods;

pub(super) const PERIOD: &str = "period_number";
const BY: &str = "breakdown";

/// The rows of a definition, and what the runner adds.
pub(crate) struct Rows<'a> {
    pub frame: DataFrame,
    pub periods: &'a Periods,
    pub by: Option<&'a str>,
    pub directory: &'a DirectoryIndex,
}

/// Period and dimensions.
type Key = (i32, Vec<(String, String)>);

/// A group of rows: its period and dimensions, and its aggregates.
pub(super) struct Group {
    pub period: i32,
    pub dimensions: Vec<(String, String)>,
    pub values: Vec<Option<f64>>,
    pub lists: Vec<Vec<f64>>,
}

impl Rows<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.frame.schema().has_column_with_unqualified_name(name)
    }

    /// The local day of a row: its column `day`, or the day of `at`.
    pub(super) fn day(&self) -> Result<Expr> {
        if self.has("day") {
            Ok(cast(col("day"), DataType::Date32))
        } else if self.has("at") {
            Ok(local_day(self.directory.zone.clone()).call(vec![col("at")]))
        } else {
            Err(DataFusionError::Plan("rows need a column `day` or `at`".into()))
        }
    }

    /// The number of a row's period.
    pub(super) fn period(&self) -> Result<Expr> {
        Ok(self.periods.number().call(vec![self.day()?]))
    }

    /// Groups rows by `keys` and the breakdown and aggregates them; `values` are the columns that aggregates see.
    pub(super) async fn group(
        &self,
        values: Vec<(&str, Expr)>,
        keys: &[&str],
        inside: Option<Expr>,
        aggregates: Vec<Expr>,
    ) -> Result<Vec<RecordBatch>> {
        let mut columns: Vec<Expr> = values.into_iter().map(|(name, value)| value.alias(name)).collect();
        let mut keys: Vec<Expr> = keys.iter().map(|key| ident(*key)).collect();
        if let Some(by) = self.by {
            columns.push(ident(by).alias(BY));
            keys.push(ident(BY));
        }
        let mut frame = self.frame.clone().select(columns)?;
        if let Some(inside) = inside {
            frame = frame.filter(inside)?;
        }
        frame.aggregate(keys, aggregates)?.collect().await
    }

    /// As [`Rows::group`] by period, of the rows inside the periods, read into numbers.
    pub(super) async fn by_period(&self, mut values: Vec<(&str, Expr)>, aggregates: Vec<Expr>) -> Result<Vec<Group>> {
        values.push((PERIOD, self.period()?));
        let batches = self.group(values, &[PERIOD], Some(self.inside()), aggregates).await?;
        self.read(&batches)
    }

    /// Whether a row lies in one of the periods.
    pub(super) fn inside(&self) -> Expr {
        ident(PERIOD).gt_eq(lit(0_i32)).and(ident(PERIOD).lt(lit(self.periods.len() as i32)))
    }

    /// Turns batches whose columns are keys, then aggregates, into groups. Numbers of the directory become names.
    pub(super) fn read(&self, batches: &[RecordBatch]) -> Result<Vec<Group>> {
        let names = self.by.map(|by| names(&self.directory.directory, by)).unwrap_or_default();
        let mut groups = Vec::new();
        for batch in batches {
            let period = batch.column_by_name(PERIOD).map(|array| array.as_primitive::<Int32Type>());
            let by = batch.column_by_name(BY);
            let by_text = by.filter(|by| by.data_type() != &DataType::UInt32).map(|by| cast_array(by, &DataType::Utf8));
            let by_text = by_text.transpose()?;
            let keys = usize::from(period.is_some()) + usize::from(by.is_some());
            let aggregates = &batch.columns()[keys..];
            let is_list = |array: &dyn Array| matches!(array.data_type(), DataType::List(_));
            let numbers =
                aggregates.iter().filter(|array| !is_list(array)).map(|array| cast_array(array, &DataType::Float64));
            let numbers = numbers.collect::<datafusion::arrow::error::Result<Vec<_>>>()?;
            for row in 0..batch.num_rows() {
                let name = match (&by_text, by) {
                    (Some(text), _) => text.is_valid(row).then(|| text.as_string::<i32>().value(row).to_owned()),
                    (None, Some(code)) if code.is_valid(row) => {
                        names.get(code.as_primitive::<UInt32Type>().value(row) as usize).cloned().flatten()
                    }
                    _ => None,
                };
                let dimension = self.by.map(|by| (by.to_owned(), name.unwrap_or_else(|| NO_VALUE.to_owned())));
                let number = |array: &datafusion::arrow::array::ArrayRef| {
                    array.is_valid(row).then(|| array.as_primitive::<Float64Type>().value(row))
                };
                let list = |array: &datafusion::arrow::array::ArrayRef| {
                    array.as_list::<i32>().value(row).as_primitive::<Float64Type>().values().to_vec()
                };
                groups.push(Group {
                    period: period.map_or(0, |period| period.value(row)),
                    dimensions: dimension.into_iter().collect(),
                    values: numbers.iter().map(number).collect(),
                    lists: aggregates.iter().filter(|array| is_list(array)).map(list).collect(),
                });
            }
        }
        Ok(groups)
    }
}

fn float(name: &str) -> Expr {
    cast(col(name), DataType::Float64)
}

pub(super) async fn sum(rows: Rows<'_>, of_rows: bool) -> Result<Vec<Cell>> {
    let value = if of_rows { lit(1.0) } else { float("value") };
    let groups = rows.by_period(vec![("value", value)], vec![expr_fn::sum(col("value"))]).await?;
    Ok(groups
        .into_iter()
        .map(|group| Cell::value(group.period as usize, group.values[0]).of(group.dimensions))
        .collect())
}

pub(super) async fn ratio(rows: Rows<'_>, is_percent: bool, is_share: bool, once_per_id: bool) -> Result<Vec<Cell>> {
    let mut values = vec![("numerator", float("numerator")), ("denominator", float("denominator"))];
    let groups = if once_per_id {
        values.extend([("id", cast(col("id"), DataType::UInt64)), (PERIOD, rows.period()?)]);
        let greatest = vec![expr_fn::max(col("numerator")), expr_fn::max(col("denominator"))];
        let batches = rows.group(values, &["id", PERIOD], Some(rows.inside()), greatest).await?;
        rows.read(&without_first(&batches)?)?
    } else {
        rows.by_period(values, vec![expr_fn::sum(col("numerator")), expr_fn::sum(col("denominator"))]).await?
    };
    let mut sums: BTreeMap<Key, [f64; 2]> = BTreeMap::new();
    for group in groups {
        let sum = sums.entry((group.period, group.dimensions)).or_default();
        sum[0] += group.values[0].unwrap_or(0.0);
        sum[1] += group.values[1].unwrap_or(0.0);
    }
    let scale = if is_percent { 100.0 } else { 1.0 };
    let cell = |((period, dimensions), [numerator, denominator]): ((i32, _), [f64; 2])| {
        Cell { is_share, ..Cell::ratio(period as usize, numerator, denominator, scale) }.of(dimensions)
    };
    Ok(sums.into_iter().map(cell).collect())
}

/// The batches without their first column: an id has done its work once rows are grouped.
fn without_first(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let project = |batch: &RecordBatch| batch.project(&(1..batch.num_columns()).collect::<Vec<_>>());
    Ok(batches.iter().map(project).collect::<datafusion::arrow::error::Result<_>>()?)
}

/// The number of answered and of all stand beside the median as numerator and denominator.
pub(super) async fn median(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let seconds = cast(col("seconds"), DataType::UInt64);
    let event = cast(col("event"), DataType::Int32);
    let median = operators::aggregate(KaplanMeier).call(vec![col("seconds"), col("event")]);
    let groups = rows.by_period(vec![("seconds", seconds), ("event", event)], vec![median]).await?;
    let cell = |group: Group| {
        let result = &group.lists[0];
        let value = Some(result[0]).filter(|value| value.is_finite());
        let cell = Cell {
            numerator: Some(result[1]),
            denominator: Some(result[2]),
            ..Cell::value(group.period as usize, value)
        };
        cell.of(group.dimensions)
    };
    Ok(groups.into_iter().map(cell).collect())
}

pub(super) async fn smallest(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let values = vec![(PERIOD, rows.period()?), ("id", cast(col("id"), DataType::UInt64)), ("value", float("value"))];
    let total = expr_fn::sum(col("value"));
    let mut sets: BTreeMap<Key, Vec<f64>> = BTreeMap::new();
    let batches = rows.group(values, &["id", PERIOD], Some(rows.inside()), vec![total]).await?;
    for group in rows.read(&without_first(&batches)?)? {
        sets.entry((group.period, group.dimensions)).or_default().extend(group.values[0]);
    }
    let cell = |((period, dimensions), values): ((i32, _), _)| {
        Cell::value(period as usize, smallest_set(values)).of(dimensions)
    };
    Ok(sets.into_iter().map(cell).collect())
}

/// A number as an unsigned literal of the widest type.
pub(super) fn wide(value: u64) -> Expr {
    lit(ScalarValue::UInt64(Some(value)))
}
