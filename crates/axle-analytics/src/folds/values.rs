//! The mean of one `value` a row, with its interval. Who did nothing is a row with 0.

use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{cast, col};

use super::cells::Cell;
use super::grouped::Rows;

/// The number of rows stands beside the mean as denominator. Its 95 % interval is that of a mean of many: 1.96 standard
/// errors each way; of one row there is none.
pub(super) async fn average(rows: Rows<'_>) -> Result<Vec<Cell>> {
    let value = vec![("value", cast(col("value"), DataType::Float64))];
    let aggregates = vec![
        expr_fn::sum(col("value")),
        expr_fn::stddev(col("value")),
        cast(expr_fn::count(col("value")), DataType::Float64),
    ];
    let groups = rows.by_period(value, aggregates).await?;
    let cell = |group: super::grouped::Group| {
        let (sum, count) = (group.values[0].unwrap_or(0.0), group.values[2].unwrap_or(0.0));
        let mut cell = Cell::ratio(group.period as usize, sum, count, 1.0);
        let error = group.values[1].filter(|_| count > 1.0).map(|deviation| 1.96 * deviation / count.sqrt());
        cell.interval = cell.value.zip(error).map(|(mean, error)| (mean - error, mean + error));
        cell.of(group.dimensions)
    };
    Ok(groups.into_iter().map(cell).collect())
}
