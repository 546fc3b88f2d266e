//! How many rows a figure is made of, and how many are left out, by reason: of the rows that its definition gives, and of
//! every table that it reads.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use axle_model::analytics::AnalyticsError;
use axle_model::kpi::{KpiDefinition, KpiRequest, RowCounts, TableRows};
use axle_model::time::LocalDay;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, cast, ident, lit, when};
use datafusion::prelude::DataFrame;
use jiff::Timestamp;

use crate::behind::is_within;
use crate::conditions::places;
use crate::filter::{filtered, ran};
use crate::folds::Fold;
use crate::periods::Periods;
use crate::receipt;
use crate::runner::{bound, missing, of_kpi};
use crate::tables;
use crate::view::View;

/// Letters of a condition that a reason shows.
const MOST_LETTERS: usize = 120;

/// What a statement reads.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// Tables, kept queries and table functions that it names, and those that kept queries name.
    pub named: BTreeSet<String>,
    /// The statement, and those of the kept queries among `named`.
    pub statements: Vec<String>,
}

/// What a statement reads, as it is parsed: its own parts (`with … as`) are no tables.
pub(crate) fn reads(view: &View, sql: &str) -> Result<Reads> {
    let state = view.context.state();
    let dialect = state.config().options().sql_parser.dialect;
    let (mut found, mut next) = (Reads::default(), vec![sql.to_owned()]);
    while let Some(sql) = next.pop() {
        let statement = state.sql_to_statement(&sql, &dialect)?;
        for reference in state.resolve_table_references(&statement)? {
            let name = reference.table();
            if found.named.insert(name.to_owned()) {
                next.extend(tables::queries::named(name).map(|query| query.sql().to_owned()));
            }
        }
        found.statements.push(sql);
    }
    Ok(found)
}

impl Reads {
    /// The tables that hold what is read: those named, and in place of kept queries and table functions what they are made from.
    pub(crate) fn tables(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for name in self.named.iter().filter(|name| tables::queries::named(name).is_none()) {
            match tables::is_function(name) {
                true => found.extend(tables::made_from(name).iter().map(|name| (*name).to_owned())),
                false => drop(found.insert(name.clone())),
            }
        }
        found.into_iter().collect()
    }

    /// The tables that hold what is read in the end: see [`tables::bases`].
    pub(crate) fn bases(&self) -> BTreeSet<String> {
        let mut bases = BTreeSet::new();
        self.named.iter().for_each(|name| tables::bases(name, &mut bases));
        bases
    }
}

/// Rows that a figure is made of, and those left out.
pub(crate) async fn counts(
    view: &View,
    kpi: &KpiDefinition,
    request: &KpiRequest,
) -> Result<RowCounts, AnalyticsError> {
    let fold = Fold::of(kpi).map_err(AnalyticsError::Invalid)?;
    let periods = Periods::new(request, &view.tables.known.directory.zone)?;
    let explain = |error| ran(kpi, request.filter.as_deref(), error);
    let sql = bound(&kpi.rows, request.as_of, &periods);
    let days = fold.days(&periods);
    let given = view.context.sql(&sql).await.map_err(|error| of_kpi(kpi, error))?;
    let filter = request.filter.as_deref().filter(|filter| !filter.trim().is_empty());
    let met = filtered(view, kpi, given.clone(), filter)?;
    let rates = rates_of_days(met.clone(), &days).await.map_err(explain)?;
    let (meeting, inside) = rows_of_days(met, &days).await.map_err(explain)?;
    let all = if filter.is_some() { rows_of(given).await.map_err(explain)? } else { meeting };
    // What is not defined is made of nothing.
    let is_defined = missing(view, kpi).is_empty();
    let mut counts = RowCounts { included: if is_defined { inside } else { 0 }, rates, ..RowCounts::default() };
    put(&mut counts.excluded, "where the condition does not hold", all.saturating_sub(meeting));
    put(&mut counts.excluded, "outside the window", meeting.saturating_sub(inside));
    put(&mut counts.excluded, "data that is needed is not there", inside - counts.included);
    let reads = reads(view, &sql).map_err(explain)?;
    counts.tables = of_tables(view, &reads, request.as_of, &days).await.map_err(explain)?;
    Ok(counts)
}

async fn rows_of(frame: DataFrame) -> Result<u64> {
    Ok(frame.count().await? as u64)
}

/// Rows that there are, and those of these local days, in one pass.
async fn rows_of_days(frame: DataFrame, days: &[Range<LocalDay>]) -> Result<(u64, u64)> {
    let Some(inside) = is_within(&frame, days)? else {
        let rows = rows_of(frame).await?;
        return Ok((rows, rows));
    };
    let all = expr_fn::count(lit(1_i64)).alias("all_rows");
    let of_days = expr_fn::count(when(inside, lit(1_i64)).end()?).alias("rows_of_days");
    let counted = frame.aggregate(Vec::new(), vec![all, of_days])?.collect().await?;
    let number = |column: usize| {
        let batch = counted.iter().find(|batch| batch.num_rows() > 0);
        batch.map_or(0, |batch| batch.column(column).as_primitive::<Int64Type>().value(0) as u64)
    };
    Ok((number(0), number(1)))
}

/// What the rows of these local days say that their amounts were converted by, in order.
async fn rates_of_days(frame: DataFrame, days: &[Range<LocalDay>]) -> Result<Vec<String>> {
    const COLUMN: &str = "converted_by";
    if !frame.schema().has_column_with_unqualified_name(COLUMN) {
        return Ok(Vec::new());
    }
    let inside = is_within(&frame, days)?;
    let frame = if let Some(inside) = inside { frame.filter(inside)? } else { frame };
    let named = vec![cast(ident(COLUMN), DataType::Utf8).alias(COLUMN)];
    let batches = frame.select(named)?.distinct()?.collect().await?;
    let texts = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter().flatten());
    let rates: BTreeSet<String> = texts.map(str::to_owned).collect();
    Ok(rates.into_iter().collect())
}

fn put(excluded: &mut BTreeMap<String, u64>, reason: &str, rows: u64) {
    if rows > 0 {
        *excluded.entry(reason.to_owned()).or_default() += rows;
    }
}

/// What becomes of the rows of every table: those that sources state first, then those made of them, by name.
async fn of_tables(view: &View, reads: &Reads, as_of: Timestamp, days: &[Range<LocalDay>]) -> Result<Vec<TableRows>> {
    let known: BTreeSet<String> = tables::names(&view.tables).into_iter().collect();
    let mut asked: BTreeMap<String, Vec<Vec<Expr>>> = BTreeMap::new();
    for sql in &reads.statements {
        let plan = view.context.state().create_logical_plan(sql).await?;
        for place in places(&plan, &|name| reads.named.contains(name) && known.contains(name)) {
            asked.entry(place.table).or_default().push(place.conditions);
        }
    }
    let bases = reads.bases();
    let mut found = Vec::new();
    if bases.contains("activities") {
        found.push(receipt::activities(&view.tables, days));
    }
    for table in bases.iter().filter(|table| known.contains(*table) && !asked.contains_key(*table)) {
        if table != "activities" {
            found.push(of_table(view, table, &[], as_of).await?);
        }
    }
    for (table, places) in asked.iter().filter(|(table, _)| *table != "activities") {
        found.push(of_table(view, table, places, as_of).await?);
    }
    let is_made = |name: &str| !tables::made_from(name).is_empty() || tables::queries::named(name).is_some();
    found.sort_by_key(|rows| is_made(&rows.table));
    Ok(found)
}

/// What becomes of the rows of one table, which is read at these places.
async fn of_table(view: &View, table: &str, places: &[Vec<Expr>], as_of: Timestamp) -> Result<TableRows> {
    let mut frame = view.context.table(table).await?;
    let mut left = rows_of(frame.clone()).await?;
    let stated = view.tables.stated(table).map_or(left, |stated| stated.max(left));
    let mut excluded = BTreeMap::new();
    put(&mut excluded, "superseded", stated - left);
    let said = |conditions: &[Expr]| conditions.iter().map(ToString::to_string).collect::<Vec<_>>();
    if places.windows(2).any(|pair| said(&pair[0]) != said(&pair[1])) {
        let any = of_any_use(places);
        if let Some((_, rows)) = narrowed(&frame, any.as_ref()).await? {
            put(&mut excluded, "of no use at any place of the statement", left.saturating_sub(rows));
            left = rows;
        }
    } else {
        // One after the other, so that each row has one reason.
        for condition in places.first().into_iter().flatten() {
            if let Some((next, rows)) = narrowed(&frame, Some(condition)).await? {
                put(&mut excluded, &reason(condition, as_of), left.saturating_sub(rows));
                (frame, left) = (next, rows);
            }
        }
    }
    Ok(TableRows { table: table.to_owned(), rows: stated, included: left, excluded })
}

/// The rows that meet a condition, and how many they are; `None` where it can be asked inside of its statement alone.
async fn narrowed(frame: &DataFrame, condition: Option<&Expr>) -> Result<Option<(DataFrame, u64)>> {
    let Some(condition) = condition else { return Ok(None) };
    let Ok(next) = frame.clone().filter(condition.clone()) else { return Ok(None) };
    match rows_of(next.clone()).await {
        Ok(rows) => Ok(Some((next, rows))),
        // A limit that was met is told.
        Err(error @ DataFusionError::ResourcesExhausted(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// That a row meets what is asked at one place at least; `None` where one asks nothing.
fn of_any_use(places: &[Vec<Expr>]) -> Option<Expr> {
    let each: Option<Vec<Expr>> =
        places.iter().map(|conditions| conditions.iter().cloned().reduce(Expr::and)).collect();
    each?.into_iter().reduce(Expr::or)
}

/// Why a row that does not meet a condition is left out.
fn reason(condition: &Expr, as_of: Timestamp) -> String {
    let text = condition.human_display().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains("kind_on(") {
        return "bots and teammates".to_owned();
    }
    if text.contains(&format!("{as_of:.6}")) {
        return "not by the instant asked as of".to_owned();
    }
    let cut: String = text.chars().take(MOST_LETTERS).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("not {cut}{dots}")
}
