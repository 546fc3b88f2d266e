//! The values of one KPI, drawn: its course, one chart for each currency, and the last period by the values of a dimension.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axle_app::compare::{Compared, Comparison};
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Unit};
use axle_model::time::Grain;
use jiff::civil::Date;

use super::figures::{CURRENCY, by_currency, currency, mark, unit_of};
use super::kpi::MOST_LINES;
use super::kpi_shapes::{capitalized, said};
use crate::chart::{Chart, Point, Series};
use crate::format;
use crate::link::Link;
use crate::pages::kpi::{Breakdown, BreakdownRow};
use crate::pages::parts::Figure;

/// Series of a breakdown that a chart can show; files have all.
const MOST_SERIES: usize = 8;

/// The course of an answer, of money by currency, that with most of it first. None where no period has a value.
pub(crate) fn charts(kpi: &KpiDefinition, answer: &KpiAnswer, by: Option<&str>) -> Vec<Chart> {
    let currencies = by_currency(&answer.points);
    let are_several = currencies.len() > 1;
    let chart = |(at, (currency, points)): (usize, (Option<&str>, Vec<&KpiPoint>))| {
        let (series, more) = series(answer, &points, &kpi.title);
        Chart {
            id: if at == 0 { "course".to_owned() } else { format!("course-{}", at + 1) },
            title: match currency.filter(|_| are_several) {
                Some(currency) => format!("{}, {}", kpi.title, said(currency, CURRENCY)),
                None => kpi.title.clone(),
            },
            unit: unit_of(answer, currency),
            grain: answer.grain,
            mark: mark(kpi, by),
            series,
            more,
        }
    };
    currencies.into_iter().enumerate().map(chart).collect()
}

/// The points of one currency by their other dimensions, in every period of the answer: those with the largest values when
/// there are many, and how many are left out.
fn series(answer: &KpiAnswer, points: &[&KpiPoint], title: &str) -> (Vec<Series>, usize) {
    let starts: BTreeSet<Date> = answer.points.iter().map(|point| point.start).collect();
    let running: BTreeSet<Date> = answer.points.iter().filter(|point| point.partial).map(|point| point.start).collect();
    let mut by_name: BTreeMap<String, HashMap<Date, &KpiPoint>> = BTreeMap::new();
    for point in points {
        let others = point.dimensions.iter().filter(|(dimension, _)| *dimension != CURRENCY);
        let values: Vec<String> = others.map(|(dimension, value)| said(value, dimension)).collect();
        let name = if values.is_empty() { title.to_owned() } else { values.join(", ") };
        by_name.entry(name).or_default().insert(point.start, point);
    }
    let size = |points: &HashMap<Date, &KpiPoint>| -> f64 {
        points.values().filter_map(|point| point.value).map(f64::abs).sum()
    };
    let mut by_size: Vec<_> = by_name.into_iter().collect();
    by_size.sort_by(|(_, a), (_, b)| size(b).total_cmp(&size(a)));
    let more = by_size.len().saturating_sub(MOST_SERIES);
    by_size.truncate(MOST_SERIES);
    let point = |points: &HashMap<Date, &KpiPoint>, start: Date| {
        let partial = running.contains(&start);
        let Some(found) = points.get(&start) else { return Point { partial, ..Point::new(start, None) } };
        Point {
            start,
            value: found.value,
            low_n: found.low_n,
            partial,
            of: found.numerator.zip(found.denominator),
            interval: found.interval,
        }
    };
    let drawn = by_size
        .into_iter()
        .map(|(name, points)| Series { name, points: starts.iter().map(|start| point(&points, *start)).collect() });
    (drawn.collect(), more)
}

/// The last period by the values of a dimension. Each leads to the KPI where the dimension has this value as well, unless there the
/// KPI says something else.
pub(crate) fn breakdown(
    kpi: &KpiDefinition,
    comparison: &Comparison,
    answer: &KpiAnswer,
    by: &str,
    here: &Link,
) -> Option<Breakdown> {
    let currencies = by_currency(comparison.values.iter().map(|compared| &compared.point));
    let place = |point: &KpiPoint| {
        currencies.iter().position(|(known, _)| *known == currency(point)).unwrap_or(currencies.len())
    };
    let largest = |point: &KpiPoint| {
        let same = currencies.get(place(point)).map_or(&[][..], |(_, points)| points.as_slice());
        same.iter().filter_map(|point| point.value).fold(0.0, f64::max)
    };
    let mut values: Vec<&Compared> = comparison.values.iter().collect();
    values.sort_by(|a, b| {
        let by_value = || b.point.value.unwrap_or_default().total_cmp(&a.point.value.unwrap_or_default());
        place(&a.point).cmp(&place(&b.point)).then_with(by_value)
    });
    let more = values.len().saturating_sub(MOST_LINES);
    // Money says its currency itself.
    let is_told = |dimension: &str| dimension == by || (dimension == CURRENCY && answer.unit == Unit::Money);
    let row = |compared: &&Compared| {
        let dimensions = &compared.point.dimensions;
        let value = dimensions.get(by).cloned().unwrap_or_default();
        let condition = and(here.get("where"), &format!("{by} = '{}'", value.replace('\'', "''")));
        let others = dimensions.iter().filter(|(dimension, _)| !is_told(dimension));
        let mut name = said(&value, by);
        others.for_each(|(dimension, value)| name.push_str(&format!(", {}", said(value, dimension))));
        let in_unit = unit_of(answer, currency(&compared.point));
        let figure = compared_figure(comparison, compared, answer.grain, in_unit, name);
        BreakdownRow {
            figure: Figure { link: here.without("by").with("where", condition), ..figure },
            parts: parts(&compared.point).unwrap_or_default(),
            largest: largest(&compared.point),
        }
    };
    let rows: Vec<BreakdownRow> = values.iter().take(MOST_LINES).map(row).collect();
    (!rows.is_empty()).then(|| Breakdown {
        leads: kpi.conditional().any(|dimension| dimension == by),
        by: capitalized(&by.replace('_', " ")),
        period: format::period(comparison.period.start, answer.grain),
        previous_period: format::period(comparison.before.start, answer.grain),
        year_period: comparison.year_before.map(|period| format::period(period.start, answer.grain)),
        rows,
        more,
    })
}

/// Both conditions, of which the first may be none.
fn and(one: &str, other: &str) -> String {
    if one.is_empty() { other.to_owned() } else { format!("({one}) and {other}") }
}

/// `62 of 99`, of a share.
pub(crate) fn parts(point: &KpiPoint) -> Option<String> {
    let (part, whole) = (point.numerator?, point.denominator?);
    Some(format!("{} of {}", format::number(part), format::number(whole)))
}

/// A value beside earlier ones, without its course.
pub(crate) fn compared_figure(
    comparison: &Comparison,
    compared: &Compared,
    grain: Grain,
    unit: format::Unit,
    name: String,
) -> Figure {
    let value = |point: &Option<KpiPoint>| point.as_ref().and_then(|point| point.value);
    Figure {
        link: Link::to(&[]),
        name,
        unit,
        value: compared.point.value,
        previous: value(&compared.before),
        year_before: value(&compared.year_before),
        period: format::period(comparison.period.start, grain),
        previous_period: format::period(comparison.before.start, grain),
        population: compared.point.denominator.map(|of| format!("out of {}", format::number(of))),
        series: Vec::new(),
        partial: compared.point.partial,
        low_n: compared.point.low_n,
        few: false,
        range: None,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use axle_model::kpi::{Receipt, toml_value};
    use axle_model::time::Period;
    use jiff::civil::date;

    use super::*;
    use crate::chart::Mark;
    use crate::format::Unit as Written;

    fn kpi(each: &str) -> KpiDefinition {
        let text = "group = 'g'\ntitle = 'Value'\nquestion = 'q?'\nrows = 'select 1'\nunit = 'money'\nvalue = 'sum'\n";
        toml::from_str(&format!("{text}options = {{ each = '{each}' }}")).unwrap()
    }

    pub(crate) fn point(dimensions: &[(&str, &str)], value: f64) -> KpiPoint {
        KpiPoint {
            start: date(2026, 1, 1),
            end: date(2026, 2, 1),
            dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            value: Some(value),
            numerator: None,
            denominator: None,
            interval: None,
            low_n: false,
            partial: false,
        }
    }

    pub(crate) fn answer(points: Vec<KpiPoint>) -> KpiAnswer {
        let as_of = "2026-03-15T00:00:00Z".parse().unwrap();
        let (from, to) = (date(2026, 1, 1), date(2026, 2, 1));
        KpiAnswer {
            kpi: "x".into(),
            version: 1,
            unit: Unit::Money,
            measured_in: None,
            grain: Grain::Month,
            time_zone: "UTC".into(),
            as_of,
            from,
            to,
            points,
            receipt: Receipt {
                definition: String::new(),
                fold: String::new(),
                sql: String::new(),
                rows_command: String::new(),
                from,
                to,
                as_of,
                time_zone: "UTC".into(),
                business_hours: None,
                rates: Vec::new(),
                revisions: Vec::new(),
                bases: Vec::new(),
                included: None,
                excluded: BTreeMap::new(),
                reads: Vec::new(),
                tables: Vec::new(),
                caveats: Vec::new(),
            },
        }
    }

    #[test]
    fn money_is_drawn_in_its_own_currency_one_chart_each() {
        let model = |model, currency, value| point(&[("model", model), ("currency", currency)], value);
        let told = answer(vec![
            model("first", "EUR", 4_000_000.0),
            model("u_shape", "EUR", 4_000_000.0),
            model("first", "JPY", 1_054.0),
        ]);
        let drawn = charts(&kpi("model,currency"), &told, None);
        let seen: Vec<_> = drawn.iter().map(|chart| (chart.id.as_str(), chart.title.as_str(), &chart.unit)).collect();
        let (euros, yen) = (Written::Money("EUR".into()), Written::Money("JPY".into()));
        assert_eq!(seen, [("course", "Value, EUR", &euros), ("course-2", "Value, JPY", &yen)]);
        assert!(drawn.iter().all(|chart| chart.mark == Mark::Line), "models of one value are not stacked");
        assert_eq!(
            drawn[0].summary().replace('\u{a0}', " "),
            "In Jan 2026: First 40,000.00 EUR, U shape 40,000.00 EUR."
        );
        let one = charts(&kpi("currency"), &answer(vec![point(&[("currency", "EUR")], 5.0)]), None);
        assert_eq!((one.len(), one[0].series[0].name.as_str(), one[0].mark), (1, "Value", Mark::Bar));
    }

    #[test]
    fn what_is_not_measured_is_not_drawn_and_what_is_left_out_is_counted() {
        let mut nothing = point(&[("section", "retention"), ("currency", "(none)")], 0.0);
        nothing.value = None;
        assert!(charts(&kpi("section,currency"), &answer(vec![nothing]), None).is_empty());
        let many = (0..10u8).map(|at| {
            let tier = format!("t{at}");
            point(&[("tier", tier.as_str()), ("currency", "EUR")], f64::from(at) + 1.0)
        });
        let drawn = charts(&kpi("currency"), &answer(many.collect()), Some("tier"));
        assert_eq!((drawn[0].series.len(), drawn[0].more), (8, 2));
        assert_eq!(drawn[0].series[0].name, "t9", "the largest are drawn");
    }

    #[test]
    fn rows_of_a_breakdown_name_their_other_dimensions_and_stand_by_currency() {
        let told = |campaign, model, currency, value| {
            point(&[("campaign", campaign), ("model", model), ("currency", currency)], value)
        };
        let points = vec![
            told("spring", "first", "EUR", 300.0),
            told("spring", "last", "EUR", 900.0),
            told("(none)", "first", "EUR", 600.0),
            told("spring", "first", "JPY", 50.0),
        ];
        let period = |month| Period { start: date(2026, month, 1), end: date(2026, month + 1, 1) };
        let values = points.iter().map(|point| Compared { point: point.clone(), before: None, year_before: None });
        let comparison =
            Comparison { period: period(2), before: period(1), year_before: None, values: values.collect() };
        let here = Link::to(&["main", "kpis", "x"]).with("by", "campaign").with("where", "a = 1 or b = 2");
        let kpi = KpiDefinition { dimensions: vec!["campaign".into()], ..kpi("model,currency") };
        let made = breakdown(&kpi, &comparison, &answer(points.clone()), "campaign", &here).unwrap();
        let seen: Vec<_> =
            made.rows.iter().map(|row| (row.figure.name.as_str(), row.figure.written(), row.largest)).collect();
        let row = |name, value: &str, largest| (name, value.replace(' ', "\u{a0}"), largest);
        assert_eq!(
            seen,
            [
                row("spring, Last", "9.00 EUR", 900.0),
                row("no campaign, First", "6.00 EUR", 900.0),
                row("spring, First", "3.00 EUR", 900.0),
                row("spring, First", "50 JPY", 50.0),
            ]
        );
        let link = &made.rows[1].figure.link;
        assert_eq!(
            (link.get("by"), link.get("where"), made.leads),
            ("", "(a = 1 or b = 2) and campaign = '(none)'", true)
        );
        // Of one part alone the whole is not known.
        let share = KpiDefinition {
            value: "part_of".into(),
            options: [("part".to_owned(), toml_value::Value::Text("campaign".into()))].into(),
            ..kpi
        };
        assert!(!breakdown(&share, &comparison, &answer(points), "campaign", &here).unwrap().leads);
    }
}
