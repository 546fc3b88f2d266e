//! Answers of more than one value a period: as a heat table where they have two dimensions, as a plain table where
//! they rank or list.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use axle_app::figures::{PEOPLE, names_people};
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Unit};
use jiff::civil::Date;

use super::figures::{CURRENCY, by_currency, unit};
use crate::format;
use crate::link::Link;
use crate::pages::parts::{Listing, ListingCell, ListingColumn, Matrix, MatrixCell, MatrixRow, MemberKind, Person};

/// The order in which values of known dimensions are read: from far to near, from the edge inwards, from bad to good,
/// from few to many; what was earned before what it cost.
const ORDER: [&str; 39] = [
    "new",
    "market",
    "audience",
    "members",
    "internal",
    "gone",
    "Exploring",
    "Participating",
    "Contributing",
    "Leading",
    "up",
    "held",
    "down",
    "left",
    "negative",
    "neutral",
    "positive",
    "unknown",
    "lower",
    "low",
    "central",
    "high",
    "upper",
    "invited",
    "joined",
    "active",
    "0",
    "1",
    "2-4",
    "5-9",
    "10+",
    "none",
    "one",
    "two or more",
    "sourced deals",
    "influenced deals",
    "deflected tickets",
    "retention",
    "cost",
];

/// What stands where a figure that never adds up has no value.
const NOT_MEASURED: &str = "not measured";

/// The heat tables of an answer that has two dimensions of its own; money has one for each currency.
pub(crate) fn matrices(kpi: &KpiDefinition, answer: &KpiAnswer) -> Vec<Matrix> {
    let mut made = if kpi.value == "cohorts" { vec![cohorts(answer)] } else { pairs(kpi, answer) };
    made.retain(|matrix| !matrix.rows.is_empty());
    made
}

/// Periods of first activity down, age across.
fn cohorts(answer: &KpiAnswer) -> Matrix {
    let mut rows: BTreeMap<Date, (f64, Vec<Option<f64>>)> = BTreeMap::new();
    let mut oldest = 0;
    for point in &answer.points {
        let cohort = point.dimensions.get("cohort").and_then(|text| text.parse::<Date>().ok());
        let age = point.dimensions.get("age").and_then(|text| text.parse::<usize>().ok());
        let (Some(cohort), Some(age)) = (cohort, age) else { continue };
        oldest = oldest.max(age);
        let (size, cells) = rows.entry(cohort).or_default();
        *size = size.max(point.denominator.unwrap_or(0.0));
        if cells.len() <= age {
            cells.resize(age + 1, None);
        }
        cells[age] = point.value;
    }
    let row = |(cohort, (size, mut cells)): (Date, (f64, Vec<Option<f64>>))| {
        cells.resize(oldest + 1, None);
        let cell = |value: f64| MatrixCell::new(value, 100.0, format!("{value:.0}"));
        MatrixRow {
            label: format::period(cohort, answer.grain),
            size: format::number(size),
            cells: cells.into_iter().map(|value| value.map(cell)).collect(),
        }
    };
    Matrix {
        caption: format!("{}s since first activity, percent", capitalized(answer.grain.name())),
        corner: "First active".into(),
        size: Some("Members".into()),
        columns: (0..=oldest).map(|age| age.to_string()).collect(),
        rows: rows.into_iter().map(row).collect(),
    }
}

/// The latest period, in each currency. What has no value in any currency is not measured, and each table says so.
fn pairs(kpi: &KpiDefinition, answer: &KpiAnswer) -> Vec<Matrix> {
    let (Some((down, across)), Some(latest)) = (kpi.pair(), latest(answer)) else { return Vec::new() };
    let has_both = |point: &&KpiPoint| [down, across].iter().all(|name| point.dimensions.contains_key(*name));
    let points: Vec<&KpiPoint> = answer.points.iter().filter(|point| point.start == latest).filter(has_both).collect();
    let measured = by_currency(points.iter().copied());
    let with_value = points.iter().copied().filter(|point| point.value.is_some());
    let known: BTreeSet<(&str, &str)> = with_value.map(|point| cell_of(point, (down, across))).collect();
    let unmeasured: Vec<&KpiPoint> =
        points.into_iter().filter(|point| !known.contains(&cell_of(point, (down, across)))).collect();
    if measured.is_empty() {
        return vec![pair(kpi, answer, (down, across), latest, None, &unmeasured)];
    }
    let table = |(currency, points): &(Option<&str>, Vec<&KpiPoint>)| {
        pair(kpi, answer, (down, across), latest, *currency, &[points.as_slice(), unmeasured.as_slice()].concat())
    };
    measured.iter().map(table).collect()
}

fn cell_of<'a>(point: &'a KpiPoint, (down, across): (&str, &str)) -> (&'a str, &'a str) {
    (&point.dimensions[down], &point.dimensions[across])
}

/// A value's place in reading order, and the value.
type Place = (usize, String);

fn pair(
    kpi: &KpiDefinition,
    answer: &KpiAnswer,
    (down, across): (&str, &str),
    latest: Date,
    currency: Option<&str>,
    points: &[&KpiPoint],
) -> Matrix {
    let adds_up = kpi.each().is_empty();
    let mut values: BTreeMap<Place, BTreeMap<Place, Option<f64>>> = BTreeMap::new();
    for point in points {
        let row = values.entry(placed(&point.dimensions[down])).or_default();
        let cell = row.entry(placed(&point.dimensions[across])).or_default();
        if let Some(value) = point.value {
            *cell = Some(cell.unwrap_or_default() + value);
        }
    }
    let columns: BTreeSet<Place> = values.values().flat_map(BTreeMap::keys).cloned().collect();
    let largest = values.values().flat_map(BTreeMap::values).flatten().copied().fold(0.0, f64::max);
    let has_sizes = adds_up && answer.unit == Unit::Count;
    let written = unit(answer.unit, currency);
    let row = |((_, label), cells): (Place, BTreeMap<Place, Option<f64>>)| {
        let sum: f64 = cells.values().flatten().sum();
        let whole = if adds_up { sum } else { largest };
        let cell = |column: &Place| match cells.get(column)? {
            Some(value) => Some(MatrixCell::new(*value, whole, written.write(Some(*value)))),
            None if adds_up => None,
            None => Some(MatrixCell { shade: 0, text: NOT_MEASURED.to_owned() }),
        };
        MatrixRow {
            label: capitalized(&said(&label, down)),
            size: written.write(Some(sum)),
            cells: columns.iter().map(cell).collect(),
        }
    };
    let (period, is_over) = called(answer, latest);
    let mut caption = match (down, is_over) {
        ("from", true) => format!("From the start of {period}, down, to its end, across"),
        ("from", false) => format!("From the start of {period}, down, to now, across"),
        (_, true) => format!("{} down, {across} across, {period}", capitalized(down)),
        (_, false) => format!("{} down, {across} across, {period} so far", capitalized(down)),
    };
    if let Some(currency) = currency {
        caption.push_str(&format!(", {}", said(currency, CURRENCY)));
    }
    Matrix {
        caption,
        corner: if down == "from" { "From \\ to".into() } else { capitalized(down) },
        size: has_sizes.then(|| "All".to_owned()),
        rows: values.into_iter().map(row).collect(),
        columns: columns.iter().map(|(_, name)| capitalized(&said(name, across))).collect(),
    }
}

/// Where a value stands in reading order; `None` where it has no place.
pub(crate) fn place(name: &str) -> Option<usize> {
    ORDER.iter().position(|known| known.eq_ignore_ascii_case(name))
}

fn placed(name: &str) -> Place {
    (place(name).unwrap_or(ORDER.len()), name.to_owned())
}

/// A period's name, and whether it is over.
fn called(answer: &KpiAnswer, start: Date) -> (String, bool) {
    let is_over = !answer.points.iter().any(|point| point.start == start && point.partial);
    (format::period(start, answer.grain), is_over)
}

/// The latest complete period, or the running one when there is no other.
fn latest(answer: &KpiAnswer) -> Option<Date> {
    let complete = answer.points.iter().filter(|point| !point.partial).map(|point| point.start).max();
    complete.or_else(|| answer.points.iter().map(|point| point.start).max())
}

/// The table of the latest complete period of an answer whose points are lines of a list; people lead to the search for
/// them.
pub(crate) fn listing(kpi: &KpiDefinition, answer: &KpiAnswer, members: &Link, most: usize) -> Option<Listing> {
    let is_list = kpi.value == "table" || answer.points.iter().any(|point| point.dimensions.contains_key("rank"));
    let latest = latest(answer).filter(|_| is_list)?;
    let period = match called(answer, latest) {
        (period, true) => period,
        (period, false) => format!("{period} so far"),
    };
    let title = format!("{}, {period}", kpi.title);
    let mut points: Vec<&KpiPoint> = answer.points.iter().filter(|point| point.start == latest).collect();
    let rank = |point: &KpiPoint| point.dimensions.get("rank").and_then(|rank| rank.parse::<u64>().ok());
    points.sort_by_key(|point| rank(point).unwrap_or(u64::MAX));
    points.truncate(most);
    let mut names: Vec<&String> = points.iter().flat_map(|point| point.dimensions.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| *name != "rank");
    let is_number = |name: &str| {
        points.iter().all(|point| point.dimensions.get(name).is_none_or(|text| text.parse::<f64>().is_ok()))
    };
    // Names first, then the value, then other numbers.
    let (numbers, texts): (Vec<&String>, Vec<&String>) = names.into_iter().partition(|name| is_number(name));
    let heading = |name: &str, is_number| {
        let name = name.strip_suffix(SECONDS).filter(|_| is_number).unwrap_or(name);
        ListingColumn { name: capitalized(&name.replace('_', " ")), is_number }
    };
    let mut columns: Vec<ListingColumn> = texts.iter().map(|name| heading(name, false)).collect();
    columns.push(ListingColumn { name: title.clone(), is_number: true });
    columns.extend(numbers.iter().map(|name| heading(name, true)));
    let row = |point: &KpiPoint| {
        let dimension = |name: &String| point.dimensions.get(name).cloned().unwrap_or_default();
        let mut cells: Vec<ListingCell> = texts.iter().map(|name| named(name, dimension(name), members)).collect();
        cells.push(ListingCell::Text(unit(answer.unit, None).write(point.value)));
        cells.extend(numbers.iter().map(|name| ListingCell::Text(written(name, &dimension(name)))));
        cells
    };
    let rows: Vec<Vec<ListingCell>> = points.into_iter().map(row).collect();
    (!rows.is_empty()).then_some(Listing { caption: title, columns, rows })
}

/// What the names of columns end with that are durations.
const SECONDS: &str = "_seconds";

/// A number of a column of this name.
fn written(name: &str, number: &str) -> String {
    let write = if name.ends_with(SECONDS) { format::duration } else { format::number };
    number.parse().map_or_else(|_| number.to_owned(), write)
}

/// Somebody whom several may share a name with: the search tells them apart.
fn named(dimension: &str, name: String, members: &Link) -> ListingCell {
    if !PEOPLE.contains(&dimension) || name.is_empty() {
        return ListingCell::Text(said(&name, dimension));
    }
    let link = members.with("q", &name);
    ListingCell::Person(Person { link, name, detail: None, kind: MemberKind::Member })
}

/// Dimensions whose values are Axle's own words, and no names that others gave.
const OWN_WORDS: [&str; 18] = [
    "model", "estimate", "section", "layer", "level", "movement", "state", "stage", "kind", "mood", "gauge",
    "flywheel", "step", "owner", "segment", "function", "reason", "label",
];

/// A value of a dimension as people say it: `u_shape` is `U shape`, and what has none is `no campaign`.
pub(crate) fn said(value: &str, dimension: &str) -> String {
    match value {
        "" | "(none)" => format!("no {}", dimension.replace('_', " ")),
        _ if OWN_WORDS.contains(&dimension) => capitalized(&value.replace('_', " ")),
        _ => value.to_owned(),
    }
}

pub(crate) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axle_model::time::Grain;
    use jiff::civil::date;

    use super::*;

    fn kpi(text: &str) -> KpiDefinition {
        let common = "group = 'g'\ntitle = 'Helpers'\nquestion = 'q?'\nrows = 'select 1'\n";
        toml::from_str(&format!("{common}{text}")).unwrap()
    }

    /// Months after the first, dimensions, value.
    type Told<'a> = (i8, &'a [(&'a str, &'a str)], f64);

    fn answer(unit: Unit, points: &[Told<'_>]) -> KpiAnswer {
        let point = |(month, dimensions, value): &(i8, &[(&str, &str)], f64)| KpiPoint {
            start: date(2026, *month, 1),
            end: date(2026, *month + 1, 1),
            dimensions: dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            value: Some(*value),
            numerator: None,
            denominator: Some(40.0),
            interval: None,
            low_n: false,
            partial: *month == 3,
        };
        let at = "2026-03-15T00:00:00Z".parse().unwrap();
        let (from, to) = (date(2026, 1, 1), date(2026, 4, 1));
        KpiAnswer {
            kpi: "x".into(),
            version: 1,
            unit,
            measured_in: None,
            grain: Grain::Month,
            time_zone: "UTC".into(),
            as_of: at,
            from,
            to,
            points: points.iter().map(point).collect(),
            receipt: axle_model::kpi::Receipt {
                definition: String::new(),
                fold: String::new(),
                sql: String::new(),
                rows_command: String::new(),
                from,
                to,
                as_of: at,
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
    fn our_own_words_are_said_as_words_and_names_stay() {
        assert_eq!(said("u_shape", "model"), "U shape");
        assert_eq!(said("knowledge_sharing", "flywheel"), "Knowledge sharing");
        assert_eq!(said("Exploring", "level"), "Exploring");
        assert_eq!(said("help_desk", "channel"), "help_desk");
        assert_eq!(said("(none)", "campaign"), "no campaign");
    }

    #[test]
    fn a_flow_is_read_from_far_to_near_in_the_latest_complete_period() {
        let flow: &[Told<'_>] = &[
            (2, &[("from", "members"), ("to", "members")], 30.0),
            (2, &[("from", "audience"), ("to", "members")], 6.0),
            (2, &[("from", "audience"), ("to", "gone")], 2.0),
            (1, &[("from", "market"), ("to", "gone")], 99.0),
            (3, &[("from", "market"), ("to", "gone")], 1.0),
        ];
        let flows = kpi("unit = 'count'\nvalue = 'matrix'\noptions = { of = 'from', part = 'to' }");
        let made = matrices(&flows, &answer(Unit::Count, flow)).remove(0);
        assert_eq!(made.columns, ["Members", "Gone"]);
        assert_eq!(made.caption, "From the start of Feb 2026, down, to its end, across");
        let rows: Vec<_> = made.rows.iter().map(|row| (row.label.as_str(), row.size.as_str())).collect();
        assert_eq!(rows, [("Audience", "8"), ("Members", "30")]);
        assert_eq!(made.rows[0].cells[0], Some(MatrixCell { shade: 3, text: "6".into() }), "6 of 8");
        assert_eq!(made.rows[1].cells[1], None);
    }

    #[test]
    fn cohorts_age_across() {
        let points: &[Told<'_>] = &[
            (1, &[("cohort", "2026-01-01"), ("age", "0")], 100.0),
            (2, &[("cohort", "2026-01-01"), ("age", "1")], 45.0),
            (2, &[("cohort", "2026-02-01"), ("age", "0")], 100.0),
        ];
        let made = matrices(&kpi("unit = 'percent'\nvalue = 'cohorts'"), &answer(Unit::Percent, points)).remove(0);
        assert_eq!(made.columns, ["0", "1"]);
        assert_eq!(made.rows[0].cells[1], Some(MatrixCell { shade: 2, text: "45".into() }));
        assert_eq!((made.rows[1].size.as_str(), &made.rows[1].cells[1]), ("40", &None));
    }

    #[test]
    fn a_ranking_names_people_first_and_keeps_its_order() {
        let points: &[Told<'_>] = &[
            (2, &[("rank", "2"), ("member", "Bo"), ("answers", "10")], 3.0),
            (2, &[("rank", "1"), ("member", "Ada"), ("answers", "1200"), ("median_response_seconds", "27432")], 4.0),
            (1, &[("rank", "1"), ("member", "Cyd"), ("answers", "1")], 9.0),
        ];
        let members = Link::to(&["main", "members"]);
        let kpi = kpi("unit = 'count'\nvalue = 'table'");
        let made = listing(&kpi, &answer(Unit::Count, points), &members, 10).unwrap();
        let headings: Vec<_> = made.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(headings, ["Member", "Helpers, Feb 2026", "Answers", "Median response"]);
        let ListingCell::Person(first) = &made.rows[0][0] else { panic!("a person leads") };
        assert_eq!((first.name.as_str(), first.link.to_string().as_str()), ("Ada", "/main/members?q=Ada"));
        assert!(matches!(&made.rows[0][2], ListingCell::Text(text) if text == "1,200"));
        // 27,432 s = 7 h and 2,232 s, which are 37 min.
        assert!(matches!(&made.rows[0][3], ListingCell::Text(text) if text.replace('\u{a0}', " ") == "7 h 37 min"));
        assert_eq!(made.rows.len(), 2, "the latest period alone");
        assert!(matrices(&kpi, &answer(Unit::Count, points)).is_empty());
    }

    #[test]
    fn a_ranking_is_of_the_latest_complete_period_or_says_that_it_is_so_far() {
        let ranked: [Told<'_>; 2] =
            [(3, &[("rank", "1"), ("member", "Ada")], 1.0), (2, &[("rank", "1"), ("member", "Bo")], 7.0)];
        let (members, kpi) = (Link::to(&["main", "members"]), kpi("unit = 'count'\nvalue = 'table'"));
        let caption = |points: &[Told<'_>]| listing(&kpi, &answer(Unit::Count, points), &members, 10).unwrap().caption;
        assert_eq!(caption(&ranked), "Helpers, Feb 2026");
        assert_eq!(caption(&ranked[..1]), "Helpers, Mar 2026 so far");
    }

    #[test]
    fn sections_and_estimates_are_a_table_for_each_currency_and_say_what_is_not_measured() {
        const NAMES: [&str; 3] = ["section", "estimate", "currency"];
        let point = |values: [&str; 3], value: Option<f64>| {
            let dimensions = NAMES.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.to_owned()));
            let mut one = answer(Unit::Money, &[(2, &[], 0.0)]).points.remove(0);
            (one.dimensions, one.value) = (dimensions.collect(), value);
            one
        };
        let points = vec![
            point(["cost", "lower", "EUR"], Some(-5_000.0)),
            point(["cost", "upper", "EUR"], Some(-5_000.0)),
            point(["sourced deals", "upper", "EUR"], Some(80_000.0)),
            point(["sourced deals", "lower", "EUR"], Some(40_000.0)),
            point(["cost", "lower", "JPY"], Some(-1_000.0)),
            point(["retention", "lower", "(none)"], None),
            point(["retention", "upper", "(none)"], None),
        ];
        let value = kpi("unit = 'money'\nvalue = 'sum'\noptions = { each = 'section,estimate,currency' }");
        let of = |points| matrices(&value, &KpiAnswer { points, ..answer(Unit::Money, &[]) });
        let lines = |matrix: &Matrix| -> Vec<(String, Vec<String>)> {
            let text = |cell: &Option<MatrixCell>| {
                cell.as_ref().map_or_else(String::new, |cell| cell.text.replace('\u{a0}', " "))
            };
            matrix.rows.iter().map(|row| (row.label.clone(), row.cells.iter().map(text).collect())).collect()
        };
        let line = |label: &str, cells: [&str; 2]| (label.to_owned(), cells.map(str::to_owned).to_vec());
        let made = of(points.clone());
        assert_eq!(
            (made[0].caption.as_str(), made[0].size.as_deref()),
            ("Section down, estimate across, Feb 2026, EUR", None)
        );
        assert_eq!(made[0].columns, ["Lower", "Upper"]);
        let unmeasured = line("Retention", [NOT_MEASURED; 2]);
        let euros = [
            line("Sourced deals", ["400.00 EUR", "800.00 EUR"]),
            unmeasured.clone(),
            line("Cost", ["−50.00 EUR", "−50.00 EUR"]),
        ];
        assert_eq!(lines(&made[0]), euros);
        assert_eq!(lines(&made[1]), [unmeasured.clone(), line("Cost", ["−1,000 JPY", ""])]);
        // A cost whose currency nobody says stands apart, and takes nothing from the others.
        let apart = of([points.clone(), vec![point(["cost", "lower", "(none)"], Some(-700.0))]].concat());
        assert_eq!(lines(&apart[0]), euros);
        assert!(apart[2].caption.ends_with(", Feb 2026, no currency"), "{}", apart[2].caption);
        assert_eq!(lines(&apart[2]), [unmeasured.clone(), line("Cost", ["−7.00 no currency", ""])]);
        let nothing = of(points[5..].to_vec());
        assert_eq!((nothing.len(), lines(&nothing[0])), (1, vec![unmeasured]));
    }
}
