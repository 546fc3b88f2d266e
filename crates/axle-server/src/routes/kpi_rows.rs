//! The rows behind a figure: a page at a time, or all as a file.

use axle_app::figures;
use axum::extract::{Path, Query};
use serde_json::Value;

use super::kpi::{Parameters, request};
use super::kpi_shapes::capitalized;
use crate::export::{Cell, Format, Sheet};
use crate::failure::{Answer, Failure, html};
use crate::format;
use crate::pages::kpi::KpiRowsPage;
use crate::pages::layout::Section;
use crate::pages::parts::{Exports, Listing, ListingCell, ListingColumn, Pager};
use crate::visit::Visit;

/// Rows of a page.
const PER_PAGE: usize = 100;

/// Rows of a file.
const MOST_ROWS: usize = 100_000;

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
    let asked = request(&query, link.clone()).map_err(Failure::Invalid)?;
    let answer = figures::evaluate(workspace, &id, &asked.question, now).await?;
    if let Some(format) = Format::of(query.get("format").map_or("", String::as_str))? {
        let rows = figures::rows(workspace, &id, &asked.question, (0, MOST_ROWS), now).await?;
        let cells = rows.table.rows.into_iter().map(|row| row.into_iter().map(cell).collect());
        let sheet = Sheet { name: format!("{id}-rows"), columns: rows.table.columns, rows: Box::new(cells) };
        return sheet.into_answer(format).await;
    }
    let skipped: usize = query.get("cursor").and_then(|text| text.parse().ok()).unwrap_or(0);
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
        exports: Exports { link: here.clone(), what: format::plural(rows.total.min(MOST_ROWS as u64), "row") },
        kpi: asked.here,
    })
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

fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Nothing,
        Value::Bool(switch) => switch.into(),
        Value::Number(number) => number.as_f64().into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
