//! Figures that never add up over some of their dimensions: money over currencies (convention C10), a value over the
//! models that divide it. A definition names these dimensions in `options.each`, and its fold runs once for each of
//! their values.

use std::collections::BTreeSet;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, cast as cast_to, ident, lit};

use super::Fold;
use super::cells::{Cell, few_points};
use crate::folds::Rows;
use crate::names::NO_VALUE;

/// The cells of every combination of values that rows have, with these values as dimensions. Without a breakdown, each
/// combination has a cell in every period.
pub(super) async fn cells(fold: &Fold, rows: Rows<'_>, each: &[&str]) -> Result<Vec<Cell>> {
    let by = rows.by.filter(|by| !each.contains(by));
    let text = |name: &&str| cast_to(ident(*name), DataType::Utf8).alias(*name);
    let mut columns: Vec<Expr> = each.iter().map(text).collect();
    let others =
        rows.frame.schema().fields().iter().map(|field| field.name()).filter(|name| !each.contains(&name.as_str()));
    columns.extend(others.map(ident));
    // The rows are asked for once, whatever they cost.
    let frame = rows.frame.clone().select(columns)?.cache().await?;
    let found =
        frame.clone().select(each.iter().map(|name| ident(*name)).collect::<Vec<_>>())?.distinct()?.collect().await?;
    let mut combinations: Vec<Vec<Option<String>>> = Vec::new();
    for batch in &found {
        let arrays = batch.columns().iter().map(|array| cast(array, &DataType::Utf8)).collect::<Result<Vec<_>, _>>()?;
        let text = |row: usize| {
            arrays.iter().map(move |array| array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned()))
        };
        combinations.extend((0..batch.num_rows()).map(|row| text(row).collect()));
    }
    combinations.sort();
    let mut cells: Vec<Cell> = Vec::new();
    for values in combinations {
        let mut condition = lit(true);
        for (name, value) in each.iter().zip(&values) {
            let is_it = match value {
                Some(value) => ident(*name).eq(lit(value)),
                None => ident(*name).is_null(),
            };
            condition = condition.and(is_it);
        }
        let some = Rows { frame: frame.clone().filter(condition)?, by, ..rows };
        let periods = some.periods.len();
        let mut own = Box::pin(fold.cells(some)).await?;
        if by.is_none() && !fold.has_own_dimensions() {
            let told: BTreeSet<usize> = own.iter().map(|cell| cell.period).collect();
            let missing = (0..periods).filter(|period| !told.contains(period));
            own.extend(missing.map(|period| Cell::value(period, fold.of_nothing())));
        }
        let named = each
            .iter()
            .zip(&values)
            .map(|(name, value)| ((*name).to_owned(), value.clone().unwrap_or_else(|| NO_VALUE.to_owned())));
        let named: Vec<(String, String)> = named.collect();
        few_points(cells.len() + own.len())?;
        cells.extend(own.into_iter().map(|cell| {
            let dimensions = [named.clone(), cell.dimensions.clone()].concat();
            cell.of(dimensions)
        }));
    }
    Ok(cells)
}
