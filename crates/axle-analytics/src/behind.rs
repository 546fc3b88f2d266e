//! The rows behind a figure: those that its definition's SQL gives in the window, where the condition holds, with
//! names in place of small numbers.

use axle_model::analytics::{AnalyticsError, FigureRows};
use axle_model::kpi::{KpiDefinition, KpiRequest};
use axle_model::time::{LocalDay, date_of_day};
use datafusion::arrow::array::Array;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, SortExpr, ident, lit};
use datafusion::prelude::DataFrame;

use crate::folds::Fold;
use crate::functions::name_of;
use crate::periods::Periods;
use crate::runner::{bound, day_of_row, filtered, missing, of_kpi};
use crate::sql;
use crate::view::View;

/// `limit` rows after the first `skip`, newest first, and how many there are in all.
pub(crate) async fn rows(
    view: &View,
    kpi: &KpiDefinition,
    request: &KpiRequest,
    skip: usize,
    limit: usize,
) -> Result<FigureRows, AnalyticsError> {
    let fold = Fold::of(kpi).map_err(AnalyticsError::Invalid)?;
    let periods = Periods::new(request, &view.tables.known.directory.zone)?;
    let explain = |error| of_kpi(kpi, error);
    let frame = view.context.sql(&bound(&kpi.rows, request.as_of, &periods)).await.map_err(explain)?;
    let frame = filtered(view, kpi, frame, request.filter.as_deref())?;
    let frame = within(frame, &(fold.first_day(&periods)..periods.days.end)).map_err(explain)?;
    // What is not defined is made of nothing.
    let frame = if missing(view, kpi).is_empty() { frame } else { frame.filter(lit(false)).map_err(explain)? };
    let total = frame.clone().count().await.map_err(explain)? as u64;
    let page = named(view, kpi, frame).and_then(|frame| in_order(frame)?.limit(skip, Some(limit))).map_err(explain)?;
    Ok(FigureRows { table: sql::all(page, limit).await?, total })
}

/// Rows whose local day is one of these; all where rows have no day.
pub(crate) fn within(frame: DataFrame, days: &std::ops::Range<LocalDay>) -> Result<DataFrame, DataFusionError> {
    match is_within(&frame, days)? {
        Some(inside) => frame.filter(inside),
        None => Ok(frame),
    }
}

/// That the local day of a row is one of these; `None` where rows have no day.
pub(crate) fn is_within(frame: &DataFrame, days: &std::ops::Range<LocalDay>) -> Result<Option<Expr>, DataFusionError> {
    let Some(day) = day_of_row(frame) else { return Ok(None) };
    let (from, to) = (date_of_day(days.start), date_of_day(days.end));
    frame.parse_sql_expr(&format!("{day} >= date '{from}' and {day} < date '{to}'")).map(Some)
}

/// Names in place of the small numbers that never leave the record.
fn named(view: &View, kpi: &KpiDefinition, frame: DataFrame) -> Result<DataFrame, DataFusionError> {
    let directory = &view.tables.known.directory;
    let column = |field: &datafusion::arrow::datatypes::FieldRef| -> Expr {
        let name = field.name();
        let dimension = named_by(&kpi.rows, name).unwrap_or(name);
        let known = (field.data_type() == &DataType::UInt32).then(|| directory.names_of(dimension));
        match known.filter(|known| !known.is_empty()) {
            Some(known) => name_of(name, known).call(vec![ident(name)]).alias(name),
            None => ident(name),
        }
    };
    let columns: Vec<Expr> = frame.schema().fields().iter().map(column).collect();
    frame.select(columns)
}

/// What a column is made of: `member` of `reply.member as id`.
fn named_by<'a>(rows: &'a str, column: &str) -> Option<&'a str> {
    let mut words = rows.split([' ', '\n', '\t', ',', '(', ')']).filter(|word| !word.is_empty());
    let mut before = words.next()?;
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case("as") {
            before = word;
            continue;
        }
        let alias = words.next()?;
        if alias == column {
            return before.rsplit('.').next();
        }
        before = alias;
    }
    None
}

/// The newest first, then by every column, so that pages do not overlap.
fn in_order(frame: DataFrame) -> Result<DataFrame, DataFusionError> {
    let names: Vec<String> = frame.schema().fields().iter().map(|field| field.name().clone()).collect();
    let (times, others): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| matches!(name.as_str(), "at" | "day"));
    let newest = times.into_iter().map(|name| ident(name).sort(false, false));
    let rest = others.into_iter().map(|name| ident(name).sort(true, false));
    frame.sort(newest.chain(rest).collect::<Vec<SortExpr>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_by_what_it_is_made_of() {
        let rows = "select day, reply.responder as id, asker as item, 1 as answers from replies";
        assert_eq!(named_by(rows, "id"), Some("responder"));
        assert_eq!(named_by(rows, "item"), Some("asker"));
        assert_eq!(named_by(rows, "answers"), Some("1"));
        assert_eq!(named_by(rows, "day"), None);
    }
}
