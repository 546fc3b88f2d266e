//! Tiles as the pages show them.

use axle_app::home::Tile;
use axle_model::kpi;
use axle_model::time::Grain;

use crate::format::{self, Unit};
use crate::link::Link;
use crate::pages::parts::Figure;

/// The unit of a KPI; `money` needs its currency, without which it is a number.
pub(crate) fn unit(unit: kpi::Unit) -> Unit {
    match unit {
        kpi::Unit::Count => Unit::Count,
        kpi::Unit::Percent => Unit::Percent,
        kpi::Unit::Seconds => Unit::Seconds,
        kpi::Unit::Number | kpi::Unit::Money => Unit::Number,
    }
}

/// A tile: the last complete month that has a value, beside the one before. Some figures need months to be known.
pub(crate) fn figure(tile: &Tile, kpis: &Link) -> Figure {
    let known = tile.months.iter().rposition(|month| month.value.is_some());
    let at = known.or(tile.months.len().checked_sub(1));
    let last = at.and_then(|at| tile.months.get(at));
    let previous = at.and_then(|at| tile.months.get(at.checked_sub(1)?));
    let named = |month: Option<&axle_app::home::Month>| {
        month.map_or_else(|| "the month before".to_owned(), |month| format::period(month.start, Grain::Month))
    };
    Figure {
        link: kpis.below(&tile.kpi),
        name: tile.title.clone(),
        unit: unit(tile.unit),
        value: last.and_then(|month| month.value),
        previous: previous.and_then(|month| month.value),
        period: named(last),
        previous_period: named(previous),
        population: None,
        series: tile.months.iter().map(|month| month.value).collect(),
        partial: false,
        low_n: last.is_some_and(|month| month.low_n),
    }
}
