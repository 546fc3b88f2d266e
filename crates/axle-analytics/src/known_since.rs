//! From when on a figure is measured. Before the first fact of a kind that it needs, nothing is not 0: nobody knows.

use std::sync::Arc;

use axle_model::analytics::AnalyticsError;
use axle_model::interchange::{FactKind, Kind};
use axle_model::kpi::{KpiDefinition, KpiPoint, KpiRequest};
use axle_model::time::{date_of_day, day_of_date, local_day};
use datafusion::arrow::array::{Array, AsArray, TimestampMicrosecondArray};
use datafusion::arrow::datatypes::TimestampMicrosecondType;
use datafusion::error::Result;

use crate::columns::{instants, internal, micros};
use crate::folds::Fold;
use crate::rollup::timestamp;
use crate::tables::days::batch;
use crate::view::{Tables, View};

/// Makes points that say 0 null where they lie before the first fact of a kind that the definition needs. Gives the
/// sentence that says so, if there are such points.
pub(crate) fn forget(
    view: &View,
    kpi: &KpiDefinition,
    request: &KpiRequest,
    points: &mut [KpiPoint],
) -> Result<Option<String>, AnalyticsError> {
    if !points.iter().any(is_nothing) {
        return Ok(None);
    }
    let Some((since, tables)) = known_since(&view.tables, kpi).map_err(internal)? else { return Ok(None) };
    let day = local_day(timestamp(since), &view.tables.known.directory.zone);
    let is_early = since > request.as_of.as_microsecond();
    let mut is_any = false;
    for point in points {
        if is_nothing(point) && (is_early || day_of_date(point.end) <= day) {
            (point.value, point.numerator, point.denominator, point.interval) = (None, None, None, None);
            point.low_n = false;
            is_any = true;
        }
    }
    let tables = tables.replace('/', " or ");
    let sentence = || format!("Not defined before {}: of that time no {tables} were read.", date_of_day(day));
    Ok(is_any.then(sentence))
}

fn is_nothing(point: &KpiPoint) -> bool {
    point.value == Some(0.0)
}

/// When the last of the kinds that a definition needs begins, and which one it is; `None` where that cannot be told. Of
/// kinds of which any one will do, the first that begins.
fn known_since<'a>(tables: &Tables, kpi: &'a KpiDefinition) -> Result<Option<(i64, &'a str)>> {
    let mut last: Option<(i64, &str)> = None;
    for group in Fold::needs(kpi) {
        let mut first: Option<i64> = None;
        let mut is_told = true;
        for table in group.split('/').map(str::trim).filter(|table| tables.known.has_facts(table)) {
            match first_of(tables, table)? {
                Some(at) => first = Some(first.map_or(at, |first| first.min(at))),
                None => is_told = false,
            }
        }
        if let Some(at) = first.filter(|_| is_told)
            && last.is_none_or(|(last, _)| at > last)
        {
            last = Some((at, group));
        }
    }
    Ok(last)
}

/// The first instant that any fact of a table names, looked for once for a state of the record. `None` where a fact names
/// none: it may be as old as anything. So may where people work and who is a teammate, which addresses tell as well, and what is no
/// event, as an account is: the dates of such a thing say what became of it, not since when it is there.
fn first_of(tables: &Tables, table: &str) -> Result<Option<i64>> {
    let is_undated = |kind: FactKind| kind == FactKind::TEAMMATE || kind.line_type().at.is_none();
    if table == "affiliations" || FactKind::of_table(table).is_some_and(is_undated) {
        return Ok(None);
    }
    let found = tables.kept(&format!("first of {table}"), || {
        let first = earliest(tables, table)?;
        batch(vec![("at", Arc::new(instants([first])))])
    })?;
    let at = micros(&found, "at");
    Ok(at.is_valid(0).then(|| at.value(0)))
}

fn earliest(tables: &Tables, table: &str) -> Result<Option<i64>> {
    let batches = match (tables.known.facts.get(table), FactKind::of_table(table)) {
        (Some(given), _) => vec![given.clone()],
        (None, Some(kind)) => {
            let dated = kind.columns().filter(|column| matches!(column.field.kind, Kind::Instant | Kind::When));
            let names: Vec<String> = dated.map(|column| column.name).collect();
            tables.facts(kind, &names.iter().map(String::as_str).collect::<Vec<_>>())?
        }
        (None, None) => Vec::new(),
    };
    let mut first: Option<i64> = None;
    for rows in &batches {
        let dates: Vec<&TimestampMicrosecondArray> =
            rows.columns().iter().filter_map(|column| column.as_primitive_opt::<TimestampMicrosecondType>()).collect();
        for row in 0..rows.num_rows() {
            let of_row = dates.iter().filter(|dates| dates.is_valid(row)).map(|dates| dates.value(row)).min();
            let Some(at) = of_row else { return Ok(None) };
            first = Some(first.map_or(at, |first| first.min(at)));
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    /// A share of 0 says as little as a count of 0. The first ticket is of 10 February: of January nothing is known, and February
    /// counts from its first day on, with one row and none of it above.
    #[tokio::test]
    async fn a_share_before_the_first_fact_is_null() {
        let text = r#"
            group = "x"
            title = "x"
            question = "x"
            unit = "percent"
            value = "ratio"
            options = { needs = "tickets" }
            rows = "select day, 0 as numerator, 1 as denominator from member_days"
            [[golden]]
            name = "the first ticket is of February"
            data = ["ada messaged 2026-01-03", "ada messaged 2026-02-03", "fact ticket opened_at=2026-02-10"]
            expect = { "2026-01" = "null", "2026-02" = 0 }
        "#;
        let definition = crate::definitions::parse("x", "x.toml", text).unwrap();
        let outcomes = crate::golden::check(&[definition]).await;
        assert!(outcomes[0].differences.is_empty(), "{:?}", outcomes[0].differences);
    }
}
