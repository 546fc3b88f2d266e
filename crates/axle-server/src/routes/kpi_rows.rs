//! The rows behind a figure: a page at a time, or all as a file.

use std::sync::Arc;

use axle_app::figures::{self, Question};
use axum::extract::{Path, Query};
use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::Value;

use super::kpi::{Parameters, request};
use super::kpi_shapes::capitalized;
use crate::export::{self, Cell, Format};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::kpi::KpiRowsPage;
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Listing, ListingCell, ListingColumn, Pager};
use crate::state::Opened;
use crate::visit::Visit;

/// Rows of a page.
const PER_PAGE: usize = 100;

/// Rows of a file that are read at a time.
const ROWS_PER_PART: usize = 100_000;

/// `GET /{workspace}/kpis/{kpi}/rows`
pub(crate) async fn page(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(query): Query<Parameters>,
) -> Answer {
    visit.must_see_members()?;
    let workspace = &visit.opened.workspace;
    let kpi = figures::kpi(workspace, &id)?;
    let now = visit.clock.now;
    let link = visit.link("kpis").below(&id);
    let asked = request(&query, link.clone(), &visit.clock.zone).map_err(Failure::Invalid)?;
    let answer = figures::evaluate(workspace, &id, &asked.question, now).await?;
    if let Some(format) = Format::of(query.get("format").map_or("", String::as_str))? {
        return file(visit.opened.clone(), id, asked.question, now, format).await;
    }
    let skipped = match query.get("cursor").map_or("", |text| text.trim()) {
        "" => 0,
        text => text.parse::<usize>().map_err(|_| {
            Failure::Invalid(format!(
                "“{}” is no place among the rows: begin with the first page.",
                format::clean(text)
            ))
        })?,
    };
    let rows = figures::rows(workspace, &id, &asked.question, (skipped, PER_PAGE), now).await?;
    let here = asked.here.below("rows");
    let shown = rows.table.rows.len() as u64;
    let next = skipped + rows.table.rows.len();
    let until = answer.receipt.to.yesterday().unwrap_or(answer.receipt.to);
    html(&KpiRowsPage {
        layout: visit.layout(format!("Rows behind {}", kpi.title), Section::Kpis),
        name: kpi.title.clone(),
        window: match answer.receipt.begins() {
            Some(from) => {
                format!("{} to {}, as of {}", format::date(from), format::date(until), visit.clock.exact(answer.as_of))
            }
            None => format!("up to {}, as of {}", format::date(until), visit.clock.exact(answer.as_of)),
        },
        listing: listing(&kpi.title, rows.table),
        pager: Pager {
            shown,
            total: rows.total,
            noun: "row",
            first: (skipped > 0).then(|| here.clone()),
            next: (shown > 0 && (next as u64) < rows.total).then(|| here.at(next.to_string())),
        },
        exports: Exports { link: here.clone(), what: format::plural(rows.total, "row") },
        kpi: asked.here,
    })
}

/// All rows as a file: read a part at a time, each as of the same instant, so that they go on from one another.
async fn file(opened: Arc<Opened>, id: String, question: Question, now: Timestamp, format: Format) -> Answer {
    let first = figures::rows(&opened.workspace, &id, &question, (0, ROWS_PER_PART), now).await?;
    let (name, columns, total) = (format!("{id}-rows"), first.table.columns, first.total);
    let read = first.table.rows.len();
    let others = stream::unfold((read, opened, id, question), move |(read, opened, id, question)| async move {
        if read as u64 >= total {
            return None;
        }
        let rows = figures::rows(&opened.workspace, &id, &question, (read, ROWS_PER_PART), now).await;
        match rows.map(|rows| rows.table.rows) {
            Ok(rows) if rows.is_empty() => None,
            Ok(rows) => {
                let read = read + rows.len();
                Some((Ok(rows), (read, opened, id, question)))
            }
            Err(error) => Some((Err(Failure::from(error)), (usize::MAX, opened, id, question))),
        }
    });
    let parts = stream::iter([Ok(first.table.rows)]).chain(others).map(|part| part.map(cells));
    export::long(name, columns, parts, format).await
}

fn listing(title: &str, table: axle_model::analytics::Table) -> Listing {
    let is_number = |column: usize| {
        let mut values =
            table.rows.iter().filter_map(|row| row.get(column)).filter(|value| !value.is_null()).peekable();
        values.peek().is_some() && values.all(Value::is_number)
    };
    let heading = |(at, name): (usize, &String)| ListingColumn {
        name: capitalized(&name.replace('_', " ")),
        is_number: is_number(at),
    };
    let text = |value: &Value| {
        ListingCell::Text(match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_f64().map_or_else(String::new, written),
            Value::Bool(true) => "yes".into(),
            Value::Bool(false) => "no".into(),
            other => other.to_string(),
        })
    };
    Listing {
        caption: format!("Rows behind {title}"),
        columns: table.columns.iter().enumerate().map(heading).collect(),
        rows: table.rows.iter().map(|row| row.iter().map(text).collect()).collect(),
    }
}

/// Whole numbers as they are: many are numbers of things, not sizes.
fn written(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format::number(number) }
}

/// Rows as files have them.
pub(super) fn cells(rows: Vec<Vec<Value>>) -> Vec<Vec<Cell>> {
    rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect()
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Nothing,
        Value::Bool(switch) => switch.into(),
        Value::Number(number) => number.as_f64().into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
