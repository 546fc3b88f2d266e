//! Evaluates a definition. Rows come from its SQL; period, breakdown, filter, time zone, partial flags, intervals and
//! the receipt are added here, once for all KPIs.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use axle_model::analytics::AnalyticsError;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, KpiRequest, Unit};
use axle_model::time::{Grain, day_of_date};
use datafusion::error::DataFusionError;
use datafusion::prelude::DataFrame;
use jiff::Timestamp;

use crate::filter::{Condition, ran};
use crate::folds::{Cell, Fold, MOST_POINTS, Rows};
use crate::known_since;
use crate::periods::{Periods, Slot};
use crate::receipt::receipt;
use crate::sql::invalid;
use crate::tables;
use crate::view::View;

/// A rate over fewer is marked (convention C7).
const LOW_N: f64 = 30.0;

/// Points of a breakdown that say that nothing happened, at most: by day and by organization they would be millions.
const MOST_OF_NOTHING: usize = 50_000;

/// The answer to a request, from one state of the workspace.
pub(crate) async fn evaluate(
    view: &View,
    kpi: &KpiDefinition,
    request: &KpiRequest,
) -> Result<KpiAnswer, AnalyticsError> {
    let fold = Fold::of(kpi).map_err(AnalyticsError::Invalid)?;
    let zone = &view.tables.known.directory.zone;
    let periods = Periods::new(request, zone)?;
    if let Some(by) = &request.by
        && !kpi.dimensions.contains(by)
    {
        let message = match kpi.dimensions.as_slice() {
            [] => format!("{} cannot be broken down", kpi.id),
            known => format!("{} can be broken down by {}, not by {by}", kpi.id, known.join(", ")),
        };
        return Err(AnalyticsError::Invalid(message));
    }
    let mut sql = bound(&kpi.rows, request.as_of, &periods);
    let missing = missing(view, kpi);
    let mut points = if missing.is_empty() {
        let all = view.context.sql(&sql).await.map_err(|error| of_kpi(kpi, error))?;
        let explain = |error| ran(kpi, request.filter.as_deref(), error);
        let condition = Condition::read(view, kpi, all.schema(), request.filter.as_deref())?;
        let frame = match &condition {
            Some(condition) => condition.met(all.clone()).map_err(explain)?,
            None => all.clone(),
        };
        if let Some(condition) = condition {
            sql = condition.narrowed(&sql);
        }
        let by = request.by.as_deref();
        let rows = Rows { frame, all: &all, periods: &periods, by, directory: &view.tables.known.directory };
        let cells = fold.cells_of_each(rows, &kpi.each()).await.map_err(explain)?;
        points(&fold, kpi, request, &periods, cells)
    } else {
        periods.slots.iter().map(|slot| point(slot, kpi.unit, Cell::default())).collect()
    };
    for point in &mut points {
        point.value = point.value.filter(|value| value.is_finite());
    }
    let unknown = known_since::forget(view, kpi, request, &mut points)?;
    let notes = missing.into_iter().chain(not_measured(view, kpi)).chain(unknown).collect();
    Ok(KpiAnswer {
        kpi: kpi.id.clone(),
        version: kpi.version,
        unit: kpi.unit,
        measured_in: kpi.measured_in.clone(),
        grain: request.grain,
        time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        as_of: request.as_of,
        from: request.from,
        to: request.to,
        points,
        receipt: receipt(view, kpi, &fold, request, &periods, sql, notes),
    })
}

/// SQL for the local day of a row.
pub(crate) fn day_of_row(frame: &DataFrame) -> Option<&'static str> {
    let has = |name| frame.schema().has_column_with_unqualified_name(name);
    if has("day") { Some("day") } else { has("at").then_some("local_day(at)") }
}

/// In a definition's SQL `$as_of` is the instant asked as of, `$periods` the days at which periods begin and end, as the table
/// functions `scores` and `gauges` want them, and `$span` the grain up to a month, as `meetings` wants it.
pub(crate) fn bound(rows: &str, as_of: Timestamp, periods: &Periods) -> String {
    let instant = format!("arrow_cast('{as_of:.6}', 'Timestamp(Microsecond, Some(\"UTC\"))')");
    let days = |slot: &Slot| format!("{}:{}", day_of_date(slot.start), slot.as_of_day);
    let list: Vec<String> = periods.slots.iter().filter(|slot| slot.begun).map(days).collect();
    let span = if matches!(periods.grain, Grain::Day | Grain::Week) { periods.grain } else { Grain::Month };
    let bound = rows.trim().replace("$as_of", &instant).replace("$span", &format!("'{}'", span.name()));
    bound.replace("$periods", &format!("'{}'", list.join(",")))
}

/// Sentences on the data that a definition needs and nobody has read.
pub(crate) fn missing(view: &View, kpi: &KpiDefinition) -> Vec<String> {
    let needed = Fold::needs(kpi).into_iter().filter(|tables| !has_any(view, tables));
    needed.map(|tables| format!("Not defined: no {} were read.", tables.replace('/', " or "))).collect()
}

/// Sentences on the data without which a part of the figure is missing.
fn not_measured(view: &View, kpi: &KpiDefinition) -> Vec<String> {
    let wanted = Fold::wants(kpi).into_iter().filter(|tables| !has_any(view, tables));
    wanted.map(|tables| format!("Not measured: no {} were read.", tables.replace('/', " or "))).collect()
}

fn has_any(view: &View, tables: &str) -> bool {
    tables.split('/').any(|table| view.tables.known.has_facts(table))
}

/// What is wrong with a definition, for whoever wrote it.
pub(crate) fn of_kpi(kpi: &KpiDefinition, error: DataFusionError) -> AnalyticsError {
    if let Some(name) = unknown_table(&error) {
        let known: Vec<String> = tables::always().into_iter().collect();
        let message = format!("KPI {}: there is no table `{name}`; there are {}", kpi.id, known.join(", "));
        return AnalyticsError::Invalid(message);
    }
    match invalid(error) {
        AnalyticsError::Invalid(message) => AnalyticsError::Invalid(format!("KPI {}: {message}", kpi.id)),
        other => other,
    }
}

/// The table that a statement names and that there is not.
fn unknown_table(error: &DataFusionError) -> Option<&str> {
    let DataFusionError::Plan(says) = error.find_root() else { return None };
    says.strip_prefix("table '")?.strip_suffix("' not found")?.rsplit('.').next()
}

/// Cells in their periods. Without a breakdown every period has a point. With one, each part that occurs has one where it has
/// rows, and where nothing has a value in every other period that has begun as well.
fn points(
    fold: &Fold,
    kpi: &KpiDefinition,
    request: &KpiRequest,
    periods: &Periods,
    cells: Vec<Cell>,
) -> Vec<KpiPoint> {
    let room = MOST_POINTS.saturating_sub(cells.len());
    let mut by_slot: BTreeMap<usize, Vec<Cell>> = BTreeMap::new();
    for cell in cells.into_iter().filter(|cell| cell.period < periods.len()) {
        by_slot.entry(cell.period).or_default().push(cell);
    }
    if let (Some(_), Some(of_nothing), false) = (&request.by, fold.of_nothing(), fold.has_own_dimensions()) {
        for cell in without_rows(&by_slot, periods, of_nothing, room.min(MOST_OF_NOTHING)) {
            by_slot.entry(cell.period).or_default().push(cell);
        }
    }
    let mut points = Vec::new();
    for (index, slot) in periods.slots.iter().enumerate() {
        let mut cells = by_slot.remove(&index).unwrap_or_default();
        if cells.is_empty() && request.by.is_none() && !fold.has_own_dimensions() {
            // Nothing of no known currency is no amount.
            let value = if kpi.each().is_empty() { fold.of_nothing() } else { None };
            cells.push(Cell { value, ..Cell::default() });
        }
        if !fold.has_own_dimensions() {
            // Namesakes differ by nothing but their size.
            let size = |cell: &Cell| [cell.value, cell.denominator].map(|number| number.unwrap_or(f64::NEG_INFINITY));
            let larger = |a: &Cell, b: &Cell| size(b).partial_cmp(&size(a)).unwrap_or(Ordering::Equal);
            cells.sort_by(|a, b| a.dimensions.cmp(&b.dimensions).then_with(|| larger(a, b)));
        }
        points.extend(cells.into_iter().map(|cell| point(slot, kpi.unit, cell)));
    }
    points
}

/// How large a part is, and in which periods it has rows, rising.
#[derive(Default)]
struct Part {
    size: f64,
    has: Vec<usize>,
}

/// Cells of the parts that occur in any period for the others, `most` at most. Of too many those of the largest parts: whatever shows
/// few parts shows these.
fn without_rows(by_slot: &BTreeMap<usize, Vec<Cell>>, periods: &Periods, of_nothing: f64, most: usize) -> Vec<Cell> {
    let mut parts: BTreeMap<&[(String, String)], Part> = BTreeMap::new();
    for cell in by_slot.values().flatten() {
        let part = parts.entry(&cell.dimensions).or_default();
        part.size += cell.value.unwrap_or_default().abs();
        part.has.push(cell.period);
    }
    let mut parts: Vec<_> = parts.into_iter().filter(|(_, part)| part.size > 0.0).collect();
    parts.sort_by(|(_, a), (_, b)| b.size.total_cmp(&a.size));
    let begun: Vec<usize> = (0..periods.len()).filter(|period| periods.slots[*period].begun).collect();
    let mut cells = Vec::new();
    for (dimensions, Part { has, .. }) in parts {
        let others = begun.iter().filter(|period| has.binary_search(period).is_err());
        cells.extend(others.map(|period| Cell {
            period: *period,
            dimensions: dimensions.to_vec(),
            value: Some(of_nothing),
            ..Cell::default()
        }));
        if cells.len() >= most {
            break;
        }
    }
    cells.truncate(most);
    cells
}

fn point(slot: &Slot, unit: Unit, cell: Cell) -> KpiPoint {
    let cell = if slot.begun { cell } else { Cell { dimensions: cell.dimensions, ..Cell::default() } };
    let is_share = unit == Unit::Percent && cell.is_share;
    let interval = match (cell.numerator, cell.denominator) {
        (Some(numerator), Some(denominator)) if is_share && denominator > 0.0 => Some(wilson(numerator, denominator)),
        _ => cell.interval,
    };
    KpiPoint {
        start: slot.start,
        end: slot.end,
        dimensions: cell.dimensions.into_iter().collect(),
        value: cell.value,
        numerator: cell.numerator,
        denominator: cell.denominator,
        interval,
        low_n: unit == Unit::Percent && cell.denominator.is_some_and(|denominator| denominator < LOW_N),
        partial: slot.partial,
    }
}

/// Wilson's 95 % interval of a share, in percent.
fn wilson(numerator: f64, denominator: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let share = (numerator / denominator).clamp(0.0, 1.0);
    let spread = Z * Z / denominator;
    let middle = share + spread / 2.0;
    let reach = Z * (share * (1.0 - share) / denominator + spread / (4.0 * denominator)).sqrt();
    let bound = |value: f64| (value / (1.0 + spread) * 100.0).clamp(0.0, 100.0);
    // Nothing and everything are bounds that rounding must not miss.
    let low = if share == 0.0 { 0.0 } else { bound(middle - reach) };
    (low, if share == 1.0 { 100.0 } else { bound(middle + reach) })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn parts_are_nothing_where_they_lack_rows_as_far_as_an_answer_has_room() {
        let text = "group = 'g'\ntitle = 't'\nquestion = 'q?'\nunit = 'count'\nvalue = 'count'\nrows = 'select 1'";
        let kpi: KpiDefinition = toml::from_str(text).unwrap();
        let as_of = "2026-03-01T00:00:00Z".parse().unwrap();
        let by = Some("channel".to_owned());
        let request =
            KpiRequest { from: date(2026, 1, 1), to: date(2026, 3, 1), grain: Grain::Month, by, filter: None, as_of };
        let periods = Periods::new(&request, &TimeZone::UTC).unwrap();
        // All of January; the last is the largest.
        let cell = |part: usize| {
            let dimensions = vec![("channel".to_owned(), part.to_string())];
            Cell { dimensions, value: Some(part as f64), ..Cell::default() }
        };
        let february = |parts: usize| {
            let cells = (1..=parts).map(cell).collect();
            let points = points(&Fold::Sum { of_rows: true }, &kpi, &request, &periods, cells);
            assert!(points.len() <= MOST_POINTS);
            let named = points.into_iter().filter(|point| point.start == date(2026, 2, 1));
            named.map(|point| (point.dimensions["channel"].clone(), point.value)).collect::<Vec<_>>()
        };
        assert_eq!(february(2), [("1".to_owned(), Some(0.0)), ("2".to_owned(), Some(0.0))]);
        let last = MOST_POINTS - 1;
        assert_eq!(february(last), [(last.to_string(), Some(0.0))]);
        assert!(february(MOST_POINTS).is_empty());
    }

    #[test]
    fn wilson_gives_the_golden_vectors() {
        // G16 of the specification.
        let rounded = |(low, high): (f64, f64)| ((low * 10.0).round() / 1000.0, (high * 10.0).round() / 1000.0);
        assert_eq!(rounded(wilson(3.0, 10.0)), (0.108, 0.603));
        assert_eq!(rounded(wilson(30.0, 100.0)), (0.219, 0.396));
        assert_eq!(wilson(0.0, 5.0).0, 0.0);
        assert_eq!(wilson(34.0, 34.0).1, 100.0);
    }
}
