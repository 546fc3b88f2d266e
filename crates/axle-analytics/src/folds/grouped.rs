//! Folds that look at each period by itself.

use std::collections::BTreeMap;
use std::ops::Range;

use axle_model::time::LocalDay;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, ListArray, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::compute::cast as cast_array;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, UInt32Type};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, cast, col, ident, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt;

use super::cells::{Cell, Cells, few_numbers, few_points};
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
    /// What the definition gives, whatever the condition.
    pub all: &'a DataFrame,
    pub periods: &'a Periods,
    pub by: Option<&'a str>,
    pub directory: &'a DirectoryIndex,
}

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

    /// The rows of these local days. Days are compared before anything is worked out of a row.
    pub(super) fn of_days(&self, days: Range<LocalDay>) -> Result<DataFrame> {
        let bound = |day| lit(ScalarValue::Date32(Some(day)));
        let before = self.day()?.lt(bound(days.end));
        let inside = match days.start {
            LocalDay::MIN => before,
            start => self.day()?.gt_eq(bound(start)).and(before),
        };
        self.frame.clone().filter(inside)
    }

    /// Groups the rows of these days by `keys` and the breakdown and aggregates them; `values` are the columns that
    /// aggregates see.
    pub(super) async fn group(
        &self,
        values: Vec<(&str, Expr)>,
        keys: &[&str],
        days: Range<LocalDay>,
        aggregates: Vec<Expr>,
    ) -> Result<Vec<RecordBatch>> {
        let mut columns: Vec<Expr> = values.into_iter().map(|(name, value)| value.alias(name)).collect();
        let mut keys: Vec<Expr> = keys.iter().map(|key| ident(*key)).collect();
        if let Some(by) = self.by {
            columns.push(ident(by).alias(BY));
            keys.push(ident(BY));
        }
        let mut groups = self.of_days(days)?.select(columns)?.aggregate(keys, aggregates)?.execute_stream().await?;
        let (mut batches, mut numbers) = (Vec::new(), 0);
        while let Some(batch) = groups.next().await {
            let batch = batch?;
            numbers += numbers_of_lists(&batch);
            few_numbers(numbers)?;
            batches.push(batch);
        }
        Ok(batches)
    }

    /// As [`Rows::group`] by period, of the rows inside the periods, read into numbers.
    pub(super) async fn by_period(&self, mut values: Vec<(&str, Expr)>, aggregates: Vec<Expr>) -> Result<Vec<Group>> {
        values.push((PERIOD, self.period()?));
        let batches = self.group(values, &[PERIOD], self.inside(), aggregates).await?;
        few_points(batches.iter().map(RecordBatch::num_rows).sum())?;
        self.read(&batches)
    }

    /// The days of all periods.
    pub(super) fn inside(&self) -> Range<LocalDay> {
        self.periods.days.clone()
    }

    /// The days up to the end of the last period.
    pub(super) fn until_end(&self) -> Range<LocalDay> {
        LocalDay::MIN..self.periods.days.end
    }

    /// Turns batches whose columns are keys, then aggregates, into groups.
    pub(super) fn read(&self, batches: &[RecordBatch]) -> Result<Vec<Group>> {
        let names = self.names();
        let mut groups = Vec::new();
        for batch in batches {
            let columns = self.columns(batch, &names)?;
            for row in 0..batch.num_rows() {
                let dimension = self.by.map(|by| (by.to_owned(), columns.name(row).unwrap_or(NO_VALUE).to_owned()));
                groups.push(Group {
                    period: columns.period(row),
                    dimensions: dimension.into_iter().collect(),
                    values: columns.values(row).collect(),
                    lists: columns.lists.iter().map(|list| numbers(&list.value(row))).collect(),
                });
            }
        }
        Ok(groups)
    }

    /// Gives `fold` the values of each aggregate in each period and value of the breakdown.
    pub(super) fn folded(
        &self,
        batches: &[RecordBatch],
        fold: impl Fn(usize, Vec<Vec<f64>>) -> Cell,
    ) -> Result<Vec<Cell>> {
        let names = self.names();
        let columns = batches.iter().map(|batch| self.columns(batch, &names)).collect::<Result<Vec<_>>>()?;
        let mut found: BTreeMap<(i32, &str), Vec<Vec<f64>>> = BTreeMap::new();
        for (columns, batch) in columns.iter().zip(batches) {
            for row in 0..batch.num_rows() {
                let values = found.entry((columns.period(row), columns.name(row).unwrap_or(NO_VALUE))).or_default();
                values.resize(columns.values.len(), Vec::new());
                values.iter_mut().zip(columns.values(row)).for_each(|(values, value)| values.extend(value));
            }
        }
        let cell = |((period, name), values): ((i32, &str), _)| {
            let dimension = self.by.map(|by| (by.to_owned(), name.to_owned()));
            fold(period as usize, values).of(dimension.into_iter().collect())
        };
        Ok(found.into_iter().map(cell).collect())
    }

    /// Names of the breakdown's values, where those are numbers of the directory.
    pub(super) fn names(&self) -> Vec<Option<String>> {
        self.by.map(|by| names(&self.directory.directory, by)).unwrap_or_default()
    }

    /// A batch whose columns are keys, then aggregates, read row by row.
    pub(super) fn columns<'a>(&self, batch: &'a RecordBatch, names: &'a [Option<String>]) -> Result<Columns<'a>> {
        let period = batch.column_by_name(PERIOD).map(|array| array.as_primitive::<Int32Type>());
        let by = batch.column_by_name(BY);
        let keys = usize::from(period.is_some()) + usize::from(by.is_some());
        let (lists, values): (Vec<&ArrayRef>, Vec<&ArrayRef>) =
            batch.columns()[keys..].iter().partition(|array| matches!(array.data_type(), DataType::List(_)));
        let label = match by {
            None => Label::Nothing,
            Some(by) if by.data_type() == &DataType::UInt32 => Label::Numbers(by.as_primitive::<UInt32Type>(), names),
            Some(by) => Label::Texts(cast_array(by, &DataType::Utf8)?.as_string::<i32>().clone()),
        };
        let float = |array: &ArrayRef| Ok(cast_array(array, &DataType::Float64)?.as_primitive::<Float64Type>().clone());
        Ok(Columns {
            period,
            label,
            values: values.into_iter().map(float).collect::<Result<_>>()?,
            lists: lists.into_iter().map(|array| array.as_list::<i32>()).collect(),
        })
    }
}

/// Groups as columns: many of them are read without making anything for each.
pub(super) struct Columns<'a> {
    period: Option<&'a Int32Array>,
    label: Label<'a>,
    values: Vec<Float64Array>,
    lists: Vec<&'a ListArray>,
}

/// The values of a breakdown.
enum Label<'a> {
    Nothing,
    Numbers(&'a UInt32Array, &'a [Option<String>]),
    Texts(StringArray),
}

impl Columns<'_> {
    pub(super) fn period(&self, row: usize) -> i32 {
        self.period.map_or(0, |period| period.value(row))
    }

    /// The name of a row's value of the breakdown.
    pub(super) fn name(&self, row: usize) -> Option<&str> {
        match &self.label {
            Label::Numbers(codes, names) if codes.is_valid(row) => names.get(codes.value(row) as usize)?.as_deref(),
            Label::Texts(texts) if texts.is_valid(row) => Some(texts.value(row)),
            _ => None,
        }
    }

    /// The small number of a row's value of the breakdown, where it is one.
    pub(super) fn number(&self, row: usize) -> Option<u32> {
        match &self.label {
            Label::Numbers(codes, _) => codes.is_valid(row).then(|| codes.value(row)),
            _ => None,
        }
    }

    /// A row's aggregates that are numbers.
    pub(super) fn values(&self, row: usize) -> impl Iterator<Item = Option<f64>> {
        self.values.iter().map(move |array| array.is_valid(row).then(|| array.value(row)))
    }
}

/// How many numbers the lists of a batch have: one for each period of each part.
fn numbers_of_lists(batch: &RecordBatch) -> usize {
    let lists = batch.columns().iter().filter_map(|column| column.as_list_opt::<i32>());
    lists
        .map(|list| list.offsets().last().zip(list.offsets().first()).map_or(0, |(end, start)| (end - start) as usize))
        .sum()
}

fn numbers(list: &ArrayRef) -> Vec<f64> {
    list.as_primitive::<Float64Type>().values().to_vec()
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

/// Rows of before the first period are what there is when it begins.
pub(super) async fn stock(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let values = vec![("value", float("value")), (PERIOD, rows.period()?)];
    let batches = rows.group(values, &[PERIOD], rows.until_end(), vec![expr_fn::sum(col("value"))]).await?;
    let mut changes: BTreeMap<Vec<(String, String)>, BTreeMap<usize, f64>> = BTreeMap::new();
    for group in rows.read(&batches)? {
        let changes = changes.entry(group.dimensions).or_default();
        *changes.entry(group.period.max(0) as usize).or_default() += group.values[0].unwrap_or(0.0);
    }
    few_numbers(changes.len() * periods)?;
    let mut cells = Cells::default();
    for (dimensions, changes) in changes {
        let mut held = 0.0;
        for period in 0..periods {
            held += changes.get(&period).unwrap_or(&0.0);
            if held != 0.0 || rows.by.is_none() {
                cells.push(Cell::value(period, Some(held)).of(dimensions.clone()))?;
            }
        }
    }
    Ok(cells.0)
}

pub(super) async fn ratio(rows: Rows<'_>, is_percent: bool, is_share: bool, once_per_id: bool) -> Result<Vec<Cell>> {
    let mut values = vec![("numerator", float("numerator")), ("denominator", float("denominator"))];
    let batches = if once_per_id {
        values.extend([("id", cast(col("id"), DataType::UInt64)), (PERIOD, rows.period()?)]);
        let greatest = vec![expr_fn::max(col("numerator")), expr_fn::max(col("denominator"))];
        without_first(&rows.group(values, &["id", PERIOD], rows.inside(), greatest).await?)?
    } else {
        values.push((PERIOD, rows.period()?));
        let sums = vec![expr_fn::sum(col("numerator")), expr_fn::sum(col("denominator"))];
        rows.group(values, &[PERIOD], rows.inside(), sums).await?
    };
    let scale = if is_percent { 100.0 } else { 1.0 };
    let cell = |period, values: Vec<Vec<f64>>| Cell {
        is_share,
        ..Cell::ratio(period, values[0].iter().sum(), values[1].iter().sum(), scale)
    };
    rows.folded(&batches, cell)
}

/// As [`ratio`], in percent; broken down by `part`, the denominators of each against those of all, or the sums of `size` where
/// rows say how much of a part there is beside what the figure is out of.
pub(super) async fn part_of(mut rows: Rows<'_>, part: &str) -> Result<Vec<Cell>> {
    let is_by_part = rows.by == Some(part);
    if is_by_part && rows.has("size") {
        rows.frame = rows.frame.with_column("denominator", col("size"))?;
    }
    let mut cells = ratio(rows, true, true, false).await?;
    if is_by_part {
        let mut all: BTreeMap<usize, f64> = BTreeMap::new();
        for cell in &cells {
            *all.entry(cell.period).or_default() += cell.denominator.unwrap_or(0.0);
        }
        for cell in &mut cells {
            let dimensions = std::mem::take(&mut cell.dimensions);
            let of_all = Cell::ratio(cell.period, cell.denominator.unwrap_or(0.0), all[&cell.period], 100.0);
            *cell = of_all.share().of(dimensions);
        }
    }
    Ok(cells)
}

/// The batches without their first column: an id has done its work once rows are grouped.
pub(super) fn without_first(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let project = |batch: &RecordBatch| batch.project(&(1..batch.num_columns()).collect::<Vec<_>>());
    Ok(batches.iter().map(project).collect::<datafusion::arrow::error::Result<_>>()?)
}

/// The number of answered and of all stand beside the percentile as numerator and denominator.
pub(super) async fn percentile(rows: Rows<'_>, percent: u8) -> Result<Vec<Cell>> {
    let seconds = cast(col("seconds"), DataType::UInt64);
    let event = cast(col("event"), DataType::Int32);
    let fold = operators::aggregate(KaplanMeier { percent }).call(vec![col("seconds"), col("event")]);
    let groups = rows.by_period(vec![("seconds", seconds), ("event", event)], vec![fold]).await?;
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

pub(super) async fn middle(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let groups = rows.by_period(vec![("value", float("value"))], vec![expr_fn::median(col("value"))]).await?;
    Ok(groups
        .into_iter()
        .map(|group| Cell::value(group.period as usize, group.values[0]).of(group.dimensions))
        .collect())
}

pub(super) async fn smallest(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let values = vec![(PERIOD, rows.period()?), ("id", cast(col("id"), DataType::UInt64)), ("value", float("value"))];
    let total = expr_fn::sum(col("value"));
    let batches = rows.group(values, &["id", PERIOD], rows.inside(), vec![total]).await?;
    rows.folded(&without_first(&batches)?, |period, mut values| Cell::value(period, smallest_set(values.remove(0))))
}

/// A number as an unsigned literal of the widest type.
pub(super) fn wide(value: u64) -> Expr {
    lit(ScalarValue::UInt64(Some(value)))
}
