//! Tiles as the pages show them.

use std::collections::BTreeMap;

use axle_app::glance::{Slot, Tile};
use axle_model::kpi::{self, KpiAnswer, KpiDefinition, KpiPoint};
use axle_model::time::Grain;

use super::kpi_shapes::said;
use crate::chart::{Chart, Mark, Point, Series};
use crate::format::{self, Unit};
use crate::link::Link;
use crate::pages::parts::Figure;

/// The unit of a KPI; `money` needs its currency, without which it is a number. Amounts of which nobody says the currency say that.
pub(crate) fn unit(unit: kpi::Unit, currency: Option<&str>) -> Unit {
    match (unit, currency) {
        (kpi::Unit::Count, _) => Unit::Count,
        (kpi::Unit::Percent, _) => Unit::Percent,
        (kpi::Unit::Seconds, _) => Unit::Seconds,
        (kpi::Unit::Money, Some(currency)) => Unit::Money(said(currency, CURRENCY)),
        (kpi::Unit::Number | kpi::Unit::Money, _) => Unit::Number,
    }
}

/// The unit of an answer's values, with the words that its definition puts behind them.
pub(crate) fn unit_of(answer: &KpiAnswer, currency: Option<&str>) -> Unit {
    measured(answer.unit, answer.measured_in.as_deref(), currency)
}

fn measured(counted: kpi::Unit, measured_in: Option<&str>, currency: Option<&str>) -> Unit {
    match (counted, measured_in) {
        (kpi::Unit::Count | kpi::Unit::Number, Some(words)) => Unit::In(words.to_owned()),
        _ => unit(counted, currency),
    }
}

/// A tile: the last complete period that has a value, beside the one before and the same of the year before. Some
/// figures need months to be known. What rests on a few cases is held against nothing.
pub(crate) fn figure(tile: &Tile, kpis: &Link) -> Figure {
    let last = tile.last().map(|at| tile.slots[at]);
    let previous = tile.before(1);
    let in_unit = measured(tile.unit, tile.measured_in.as_deref(), tile.currency.as_deref());
    let named = |slot: Option<&Slot>| {
        let before = || format!("the {} before", tile.grain.name());
        slot.map_or_else(before, |slot| format::period(slot.start, tile.grain))
    };
    let link = kpis.below(&tile.kpi);
    Figure {
        link: if tile.grain == Grain::Month { link } else { link.with("grain", tile.grain.name()) },
        name: tile.title.clone(),
        range: last.and_then(|slot| slot.range).map(|(low, high)| in_unit.range(low, high)),
        unit: in_unit,
        value: last.and_then(|slot| slot.value),
        previous: tile.comparable(1),
        year_before: if tile.year > 1 { tile.comparable(tile.year) } else { None },
        period: named(last.as_ref()),
        previous_period: named(previous),
        population: last.and_then(|slot| slot.out_of).map(|of| format!("out of {}", format::number(of))),
        series: tile.slots.iter().map(|slot| slot.value).collect(),
        partial: false,
        low_n: last.is_some_and(|slot| slot.low_n),
        few: last.is_some_and(|slot| slot.is_few()),
    }
}

/// Dimension whose values are never held against each other.
pub(crate) const CURRENCY: &str = "currency";

/// The currency of a point that has one.
pub(crate) fn currency(point: &KpiPoint) -> Option<&str> {
    point.dimensions.get(CURRENCY).map(String::as_str)
}

/// Points by currency, those of the one with most of it first. What no currency has a value of is left out.
pub(crate) fn by_currency<'a>(
    points: impl IntoIterator<Item = &'a KpiPoint>,
) -> Vec<(Option<&'a str>, Vec<&'a KpiPoint>)> {
    let mut groups: BTreeMap<Option<&str>, Vec<&KpiPoint>> = BTreeMap::new();
    for point in points {
        groups.entry(currency(point)).or_default().push(point);
    }
    groups.retain(|_, points| points.iter().any(|point| point.value.is_some()));
    let size = |points: &[&KpiPoint]| points.iter().filter_map(|point| point.value).map(f64::abs).sum::<f64>();
    let mut found: Vec<_> = groups.into_iter().collect();
    found.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    found
}

/// Bars for what can be added up, over the parts that it is broken down by as well: people may be in several. A line for
/// everything else.
pub(crate) fn mark(kpi: &KpiDefinition, by: Option<&str>) -> Mark {
    let adds_up = match kpi.value.as_str() {
        "count" | "sum" => kpi.each().iter().all(|dimension| *dimension == CURRENCY),
        "distinct" => by.is_none(),
        _ => false,
    };
    if adds_up && matches!(kpi.unit, kpi::Unit::Count | kpi::Unit::Money) { Mark::Bar } else { Mark::Line }
}

/// A tile's course as a chart.
pub(crate) fn course(tile: &Tile, mark: Mark) -> Chart {
    let point = |slot: &Slot| Point { low_n: slot.low_n, ..Point::new(slot.start, slot.value) };
    Chart {
        id: format!("course-{}", tile.kpi),
        title: tile.title.clone(),
        unit: measured(tile.unit, tile.measured_in.as_deref(), tile.currency.as_deref()),
        grain: tile.grain,
        mark,
        series: vec![Series { name: tile.title.clone(), points: tile.slots.iter().map(point).collect() }],
        more: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpi(text: &str) -> KpiDefinition {
        let common = "group = 'g'\ntitle = 't'\nquestion = 'q?'\nrows = 'select 1'\n";
        toml::from_str(&format!("{common}{text}")).unwrap()
    }

    #[test]
    fn only_what_adds_up_is_stacked() {
        let value = kpi("unit = 'money'\nvalue = 'sum'\noptions = { each = 'currency' }");
        assert_eq!(mark(&value, Some("tier")), Mark::Bar);
        let models = kpi("unit = 'money'\nvalue = 'sum'\noptions = { each = 'model,currency' }");
        assert_eq!(mark(&models, None), Mark::Line, "seven models of one value");
        let people = kpi("unit = 'count'\nvalue = 'distinct'");
        assert_eq!((mark(&people, None), mark(&people, Some("source"))), (Mark::Bar, Mark::Line));
        assert_eq!(mark(&kpi("unit = 'count'\nvalue = 'count'"), Some("channel")), Mark::Bar);
    }

    #[test]
    fn a_number_says_what_it_is_in_where_its_definition_does() {
        let written = |counted, words| measured(counted, words, None).write(Some(2.5)).replace('\u{a0}', " ");
        assert_eq!(written(kpi::Unit::Number, Some("a week")), "2.5 a week");
        assert_eq!(written(kpi::Unit::Number, None), "2.5");
        assert_eq!(written(kpi::Unit::Percent, Some("a week")), "2.5 %", "a share has its unit");
    }

    #[test]
    fn an_amount_of_no_known_currency_says_so() {
        let written = |currency| unit(kpi::Unit::Money, currency).write(Some(4_000_000.0)).replace('\u{a0}', " ");
        assert_eq!(written(Some("EUR")), "40,000.00 EUR");
        assert_eq!(written(Some("(none)")), "40,000.00 no currency");
    }
}
