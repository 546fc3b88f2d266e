//! Answers of more than one value a period: as a heat table where they have two dimensions, as a plain table where
//! they rank or list.

use std::collections::BTreeMap;

pub(crate) use axle_app::figures::{PEOPLE, names_people};
use axle_model::kpi::toml_value::Value;
use axle_model::kpi::{KpiAnswer, KpiDefinition, KpiPoint, Unit};
use jiff::civil::Date;

use super::figures::unit;
use crate::format;
use crate::link::Link;
use crate::pages::parts::{Listing, ListingCell, ListingColumn, Matrix, MatrixCell, MatrixRow, MemberKind, Person};

/// The order in which values of known dimensions are read: from far to near, from the edge inwards, from bad to good.
const ORDER: [&str; 22] = [
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
    "low",
    "central",
    "high",
    "upper",
];

/// The heat table of an answer, when it has two dimensions of its own.
pub(crate) fn matrix(kpi: &KpiDefinition, answer: &KpiAnswer) -> Option<Matrix> {
    let made = if kpi.value == "cohorts" { cohorts(answer) } else { pairs(kpi, answer)? };
    Some(made).filter(|matrix| !matrix.rows.is_empty())
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

/// The two dimensions that an answer has by itself: what goes down, and what goes across.
fn two_dimensions(kpi: &KpiDefinition, points: &[&KpiPoint]) -> Option<(String, String)> {
    let has = |name: &str| points.iter().all(|point| point.dimensions.contains_key(name));
    if has("from") && has("to") {
        return Some(("from".into(), "to".into()));
    }
    match (kpi.options.get("of"), kpi.options.get("part")) {
        (Some(Value::Text(of)), Some(Value::Text(part))) if has(of) && has(part) => Some((of.clone(), part.clone())),
        _ => None,
    }
}

fn pairs(kpi: &KpiDefinition, answer: &KpiAnswer) -> Option<Matrix> {
    let latest = latest(answer)?;
    let points: Vec<&KpiPoint> = answer.points.iter().filter(|point| point.start == latest).collect();
    let (down, across) = two_dimensions(kpi, &points)?;
    let mut values: BTreeMap<(usize, String), BTreeMap<(usize, String), f64>> = BTreeMap::new();
    let mut columns: Vec<(usize, String)> = Vec::new();
    for point in points {
        let row = placed(&point.dimensions[&down]);
        let column = placed(&point.dimensions[&across]);
        if !columns.contains(&column) {
            columns.push(column.clone());
        }
        let cells = values.entry(row).or_default();
        if let Some(value) = point.value {
            *cells.entry(column).or_default() += value;
        }
    }
    columns.sort();
    let is_count = answer.unit == Unit::Count;
    let written = unit(answer.unit, None);
    let row = |((_, label), cells): ((usize, String), BTreeMap<(usize, String), f64>)| {
        let sum: f64 = cells.values().sum();
        let cell = |column: &(usize, String)| {
            cells.get(column).map(|value| MatrixCell::new(*value, sum, written.write(Some(*value))))
        };
        MatrixRow {
            label: capitalized(&said(&label, &down)),
            size: written.write(Some(sum)),
            cells: columns.iter().map(cell).collect(),
        }
    };
    let period = format::period(latest, answer.grain);
    let caption = if down == "from" {
        format!("From the start of {period}, down, to its end, across")
    } else {
        format!("{} down, {across} across, {period}", capitalized(&down))
    };
    Some(Matrix {
        caption,
        corner: if down == "from" { "From \\ to".into() } else { capitalized(&down) },
        size: is_count.then(|| "All".to_owned()),
        rows: values.into_iter().map(row).collect(),
        columns: columns.iter().map(|(_, name)| capitalized(&said(name, &across))).collect(),
    })
}

fn placed(name: &str) -> (usize, String) {
    let at = ORDER.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or(ORDER.len());
    (at, name.to_owned())
}

/// The latest complete period, or the running one when there is no other.
fn latest(answer: &KpiAnswer) -> Option<Date> {
    let complete = answer.points.iter().filter(|point| !point.partial).map(|point| point.start).max();
    complete.or_else(|| answer.points.iter().map(|point| point.start).max())
}

/// The table of the latest period of an answer whose points are lines of a list; people lead to the search for them.
pub(crate) fn listing(kpi: &KpiDefinition, answer: &KpiAnswer, members: &Link, most: usize) -> Option<Listing> {
    let is_list = kpi.value == "table" || answer.points.iter().any(|point| point.dimensions.contains_key("rank"));
    let latest = answer.points.iter().map(|point| point.start).max().filter(|_| is_list)?;
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
    let heading = |name: &str, is_number| ListingColumn { name: capitalized(&name.replace('_', " ")), is_number };
    let mut columns: Vec<ListingColumn> = texts.iter().map(|name| heading(name, false)).collect();
    columns.push(ListingColumn { name: kpi.title.clone(), is_number: true });
    columns.extend(numbers.iter().map(|name| heading(name, true)));
    let row = |point: &KpiPoint| {
        let dimension = |name: &String| point.dimensions.get(name).cloned().unwrap_or_default();
        let mut cells: Vec<ListingCell> = texts.iter().map(|name| named(name, dimension(name), members)).collect();
        cells.push(ListingCell::Text(unit(answer.unit, None).write(point.value)));
        cells.extend(numbers.iter().map(|name| ListingCell::Text(written(&dimension(name)))));
        cells
    };
    let caption = format!("{}, {}", kpi.title, format::period(latest, answer.grain));
    let rows: Vec<Vec<ListingCell>> = points.into_iter().map(row).collect();
    (!rows.is_empty()).then_some(Listing { caption, columns, rows })
}

fn written(number: &str) -> String {
    number.parse().map_or_else(|_| number.to_owned(), format::number)
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
const OWN_WORDS: [&str; 13] = [
    "model", "estimate", "section", "layer", "level", "movement", "state", "kind", "mood", "gauge", "step", "reason",
    "label",
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
        let made = matrix(&kpi("unit = 'count'\nvalue = 'matrix'"), &answer(Unit::Count, flow)).unwrap();
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
        let made = matrix(&kpi("unit = 'percent'\nvalue = 'cohorts'"), &answer(Unit::Percent, points)).unwrap();
        assert_eq!(made.columns, ["0", "1"]);
        assert_eq!(made.rows[0].cells[1], Some(MatrixCell { shade: 2, text: "45".into() }));
        assert_eq!((made.rows[1].size.as_str(), &made.rows[1].cells[1]), ("40", &None));
    }

    #[test]
    fn a_ranking_names_people_first_and_keeps_its_order() {
        let points: &[Told<'_>] = &[
            (2, &[("rank", "2"), ("member", "Bo"), ("answers", "10")], 3.0),
            (2, &[("rank", "1"), ("member", "Ada"), ("answers", "1200")], 4.0),
            (1, &[("rank", "1"), ("member", "Cyd"), ("answers", "1")], 9.0),
        ];
        let members = Link::to(&["main", "members"]);
        let kpi = kpi("unit = 'count'\nvalue = 'table'");
        let made = listing(&kpi, &answer(Unit::Count, points), &members, 10).unwrap();
        let headings: Vec<_> = made.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(headings, ["Member", "Helpers", "Answers"]);
        let ListingCell::Person(first) = &made.rows[0][0] else { panic!("a person leads") };
        assert_eq!((first.name.as_str(), first.link.to_string().as_str()), ("Ada", "/main/members?q=Ada"));
        assert!(matches!(&made.rows[0][2], ListingCell::Text(text) if text == "1,200"));
        assert_eq!(made.rows.len(), 2, "the latest period alone");
        assert!(matrix(&kpi, &answer(Unit::Count, points)).is_none());
    }
}
