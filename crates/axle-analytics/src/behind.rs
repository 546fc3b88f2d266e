//! The rows behind a figure: those that its definition's SQL gives in the window, where the condition holds, with
//! names in place of small numbers.

use std::collections::HashSet;
use std::ops::Range;

use axle_model::analytics::{AnalyticsError, FigureRows};
use axle_model::kpi::{KpiDefinition, KpiRequest};
use axle_model::time::LocalDay;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, SortExpr, cast, ident, lit};
use datafusion::prelude::DataFrame;

use crate::filter::{filtered, ran};
use crate::folds::Fold;
use crate::functions::{name_of, period_of};
use crate::origin;
use crate::periods::Periods;
use crate::runner::{bound, day_of_row, missing, of_kpi};
use crate::sql;
use crate::view::View;

/// What numbers that say which one are called; what has names is named.
const NAMELESS: &[&str] = &["id", "item", "customer", "visitor"];

/// `limit` rows after the first `skip`, newest first, and how many there are in all. Refuses to skip more than there are.
pub(crate) async fn rows(
    view: &View,
    kpi: &KpiDefinition,
    request: &KpiRequest,
    skip: usize,
    limit: usize,
) -> Result<FigureRows, AnalyticsError> {
    let fold = Fold::of(kpi).map_err(AnalyticsError::Invalid)?;
    let periods = Periods::new(request, &view.tables.known.directory.zone)?;
    let explain = |error| ran(kpi, request.filter.as_deref(), error);
    let sql = bound(&kpi.rows, request.as_of, &periods);
    let frame = view.context.sql(&sql).await.map_err(|error| of_kpi(kpi, error))?;
    let frame = filtered(view, kpi, frame, request.filter.as_deref())?;
    let frame = match is_within(&frame, &fold.days(&periods)).map_err(explain)? {
        Some(inside) => frame.filter(inside).map_err(explain)?,
        None => frame,
    };
    // What is not defined is made of nothing.
    let frame = if missing(view, kpi).is_empty() { frame } else { frame.filter(lit(false)).map_err(explain)? };
    let total = frame.clone().count().await.map_err(explain)?;
    let Some(left) = total.checked_sub(skip) else {
        let message = format!("there are {total} rows, and none after the first {skip}: begin with the first");
        return Err(AnalyticsError::Invalid(message));
    };
    let limit = limit.min(left);
    let page = named(view, frame).and_then(|frame| in_order(frame)?.limit(skip, Some(limit))).map_err(explain)?;
    Ok(FigureRows { table: sql::all(page, limit).await?, total: total as u64 })
}

/// That the local day of a row lies in one of these ranges, which rise; `None` where rows have no day.
pub(crate) fn is_within(frame: &DataFrame, days: &[Range<LocalDay>]) -> Result<Option<Expr>, DataFusionError> {
    let Some(day) = day_of_row(frame) else { return Ok(None) };
    let day = frame.parse_sql_expr(day)?;
    let date = |day: LocalDay| lit(ScalarValue::Date32(Some(day)));
    Ok(Some(match days {
        [] => lit(false),
        [days] => day.clone().gt_eq(date(days.start)).and(day.lt(date(days.end))),
        [first, .., last] => {
            let place = |day: LocalDay| (day - first.start) as usize;
            let mut numbers = vec![1_i32; place(last.end)];
            days.iter().for_each(|days| numbers[place(days.start)..place(days.end)].fill(0));
            let number = period_of(first.start, first.start, numbers.into());
            number.call(vec![cast(day, DataType::Date32)]).eq(lit(0_i32))
        }
    }))
}

/// Names in place of the small numbers that never leave the record. Namesakes are not one: beside members and organizations
/// stand their public ids. A number that says which one, of what has no name, is left out.
fn named(view: &View, frame: DataFrame) -> Result<DataFrame, DataFusionError> {
    let directory = &view.tables.known.directory;
    let fields = frame.schema().fields();
    let mut taken: HashSet<String> = fields.iter().map(|field| field.name().clone()).collect();
    let mut columns: Vec<Expr> = Vec::new();
    for (column, field) in fields.iter().enumerate() {
        let (name, kind) = (field.name(), field.data_type());
        match origin::dimension(frame.logical_plan(), column) {
            // Of parts put together the first may have nothing there.
            Some(of) if matches!(kind, DataType::UInt32 | DataType::Null) => {
                let named = |by: &str| name_of(by, directory.names_of(by)).call(vec![ident(name)]);
                columns.push(named(of).alias(name));
                let id = format!("{}_id", if name == "id" { of } else { name.as_str() });
                if matches!(of, "member" | "organization") && taken.insert(id.clone()) {
                    columns.push(named(&format!("{of}_id")).alias(id));
                }
            }
            // Two of them in one number are a decimal.
            of if (kind.is_integer() || kind.is_decimal()) && (of.is_some() || NAMELESS.contains(&name.as_str())) => {}
            _ => columns.push(ident(name)),
        }
    }
    frame.select(columns)
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
