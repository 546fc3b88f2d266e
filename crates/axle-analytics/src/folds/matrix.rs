//! Folds whose points have dimensions of their own: cohorts by age, and tables by rank.

use std::collections::BTreeMap;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, UInt32Type};
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, cast, col, ident, lit};

use super::cells::{Cell, Cells};
use super::grouped::{PERIOD, Rows, without_first};
use super::series::call;
use crate::names::NO_VALUE;
use crate::names::names;
use crate::operators::cohorts::Cohorts;

/// A point for each cohort and age, in the period that the cohort then had reached.
pub(super) async fn cohorts(rows: Rows<'_>, cumulative: bool) -> Result<Vec<Cell>> {
    let periods = rows.periods.len();
    let values = vec![("id", cast(col("id"), DataType::UInt64)), (PERIOD, rows.period()?)];
    let rows = Rows { by: None, ..rows };
    let fold = call(Cohorts { periods, cumulative }, "id", PERIOD);
    let batches = rows.group(values, &[], rows.until_end(), vec![fold]).await?;
    let mut cohorts: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
    for group in rows.read(&batches)? {
        for told in group.lists[0].chunks_exact(3) {
            cohorts.entry(told[0] as usize).or_default().push((told[1] as usize, told[2]));
        }
    }
    let mut cells = Cells::default();
    for (cohort, active) in cohorts {
        let mut counts = vec![0.0; periods - cohort];
        active.into_iter().for_each(|(age, count)| counts[age] = count);
        if cumulative {
            for age in (1..counts.len()).rev() {
                counts[age - 1] += counts[age];
            }
        }
        let (name, size) = (rows.periods.slots[cohort].start.to_string(), counts[0]);
        for (age, count) in counts.into_iter().enumerate() {
            let dimensions = vec![("cohort".to_owned(), name.clone()), ("age".to_owned(), age.to_string())];
            cells.push(Cell::ratio(cohort + age, count, size, 100.0).share().of(dimensions))?;
        }
    }
    Ok(cells.0)
}

/// A point for each of the first `limit` ids of a period, by rank; equals by name, and namesakes by public id, so that no order
/// of reading matters. An id without values of a column of `medians` has no such dimension.
pub(super) async fn table(
    rows: Rows<'_>,
    subject: &str,
    columns: &[String],
    medians: &[String],
    limit: usize,
) -> Result<Vec<Cell>> {
    let mut values: Vec<(&str, Expr)> = vec![("item", ident("item"))];
    let mut aggregates = vec![expr_fn::count_distinct(col("item"))];
    let sums = columns.iter().map(|name| (name, expr_fn::sum(ident(name))));
    for (name, aggregate) in sums.chain(medians.iter().map(|name| (name, expr_fn::median(ident(name))))) {
        values.push((name, cast(ident(name), DataType::Float64)));
        aggregates.push(aggregate);
    }
    let rows = Rows { by: Some("id"), ..rows };
    values.push((PERIOD, rows.period()?));
    let batches = rows.group(values, &[PERIOD], rows.inside(), aggregates).await?;
    let names = rows.names();
    let groups = batches.iter().map(|batch| rows.columns(batch, &names)).collect::<Result<Vec<_>>>()?;
    let public_id = |number: u32| rows.directory.member(number).map(|member| member.member_id);
    let mut periods: BTreeMap<i32, Vec<Line<'_>>> = BTreeMap::new();
    for (group, batch) in groups.iter().zip(&batches) {
        for row in 0..batch.num_rows() {
            let mut order: Vec<Option<f64>> = group.values(row).collect();
            let medians = order.split_off(1 + columns.len());
            let order = order.into_iter().map(|value| value.unwrap_or(0.0)).collect();
            let (name, id) = (group.name(row).unwrap_or(NO_VALUE), group.number(row).and_then(public_id));
            let line = Line { order, medians, name, id };
            periods.entry(group.period(row)).or_default().push(line);
        }
    }
    let rank = |a: &Line<'_>, b: &Line<'_>| {
        let by_size = b.order.partial_cmp(&a.order).unwrap_or(std::cmp::Ordering::Equal);
        by_size.then_with(|| (a.name, a.id).cmp(&(b.name, b.id)))
    };
    let mut cells = Cells::default();
    for (period, mut ranked) in periods {
        if limit < ranked.len() {
            ranked.select_nth_unstable_by(limit, rank);
            ranked.truncate(limit);
        }
        ranked.sort_unstable_by(rank);
        for (rank, line) in ranked.into_iter().enumerate() {
            let mut dimensions =
                vec![("rank".to_owned(), (rank + 1).to_string()), (subject.to_owned(), line.name.to_owned())];
            let sums = columns.iter().zip(line.order[1..].iter().copied());
            let found = medians.iter().zip(line.medians).filter_map(|(column, median)| Some((column, median?)));
            dimensions.extend(sums.chain(found).map(|(column, value)| (column.clone(), value.to_string())));
            cells.push(Cell::value(period as usize, Some(line.order[0])).of(dimensions))?;
        }
    }
    Ok(cells.0)
}

/// An id of a table: what it is ranked by, and what stands beside it.
struct Line<'a> {
    order: Vec<f64>,
    medians: Vec<Option<f64>>,
    name: &'a str,
    /// Of a member.
    id: Option<[u8; 16]>,
}

/// A point for each pair of texts that occurs, by the texts.
pub(super) async fn matrix(rows: Rows<'_>, of: &str, part: &str) -> Result<Vec<Cell>> {
    let values = vec![
        ("of", cast(ident(of), DataType::Utf8)),
        ("value", cast(col("value"), DataType::Float64)),
        (PERIOD, rows.period()?),
    ];
    let rows = Rows { by: Some(part), ..rows };
    let batches = rows.group(values, &["of", PERIOD], rows.inside(), vec![expr_fn::sum(col("value"))]).await?;
    let mut names = Vec::new();
    for batch in &batches {
        let texts = batch.column(0).as_string::<i32>();
        names.extend(texts.iter().map(|text| text.unwrap_or(NO_VALUE).to_owned()));
    }
    let mut cells: Vec<Cell> = Vec::new();
    for (group, name) in rows.read(&without_first(&batches)?)?.into_iter().zip(names) {
        let dimensions = [vec![(of.to_owned(), name)], group.dimensions].concat();
        cells.push(Cell::value(group.period as usize, group.values[0]).of(dimensions));
    }
    cells.sort_by(|a, b| (a.period, &a.dimensions).cmp(&(b.period, &b.dimensions)));
    Ok(cells)
}

/// A point for each group and part that occurs; the parts of a group add up to 100.
pub(super) async fn shares(rows: Rows<'_>, of: &str, part: &str) -> Result<Vec<Cell>> {
    let known = names(&rows.directory.directory, of);
    let rows = Rows { by: Some(part), ..rows };
    let values = vec![("of", cast(ident(of), DataType::UInt32)), ("one", lit(1.0)), (PERIOD, rows.period()?)];
    let batches = rows.group(values, &["of", PERIOD], rows.inside(), vec![expr_fn::sum(col("one"))]).await?;
    let numbers = batches.iter().flat_map(|batch| batch.column(0).as_primitive::<UInt32Type>().iter());
    let mut sizes: BTreeMap<(i32, u32), Vec<(String, f64)>> = BTreeMap::new();
    for (group, number) in rows.read(&without_first(&batches)?)?.into_iter().zip(numbers) {
        let name = group.dimensions.into_iter().next().map_or_else(|| NO_VALUE.to_owned(), |(_, name)| name);
        if let Some(number) = number {
            sizes.entry((group.period, number)).or_default().push((name, group.values[0].unwrap_or(0.0)));
        }
    }
    let name = |number: u32| known.get(number as usize).cloned().flatten().unwrap_or_else(|| NO_VALUE.to_owned());
    // Levels and layers have an order; other numbers tell the order of reading.
    let place = |number: u32| if matches!(of, "level" | "layer") { number } else { 0 };
    let named = sizes.into_iter().map(|((period, number), parts)| ((period, place(number), name(number)), parts));
    let mut groups: Vec<_> = named.collect();
    groups.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut cells = Vec::new();
    for ((period, _, group), mut parts) in groups {
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        let size: f64 = parts.iter().map(|(_, count)| count).sum();
        for (name, count) in parts {
            let dimensions = vec![(of.to_owned(), group.clone()), (part.to_owned(), name)];
            cells.push(Cell::ratio(period as usize, count, size, 100.0).share().of(dimensions));
        }
    }
    Ok(cells)
}
