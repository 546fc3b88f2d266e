//! A figure: where the independent value stands, how Axle is asked, and how the answer is read.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

/// One row of a set.
pub(super) struct Figure {
    /// Below the set in `expected.json`, keys joined by `/`.
    pub place: String,
    pub ask: Ask,
    /// The figure in the answer, in the form that `expected.json` has.
    pub read: Box<dyn Fn(&Value) -> Value>,
    /// Brings the independent figure into a form that Axle's answers can have.
    pub adapt: fn(&Value) -> Value,
}

pub(super) enum Ask {
    Kpi {
        id: &'static str,
        grain: &'static str,
        more: &'static [&'static str],
    },
    Sql(String),
    /// The receipts of the imports, a list.
    Receipt,
}

impl Ask {
    /// What the page of differences calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Kpi { id, .. } => id,
            Self::Sql(_) => "sql",
            Self::Receipt => "import",
        }
    }
}

pub(super) fn figure(place: impl Into<String>, ask: Ask, read: impl Fn(&Value) -> Value + 'static) -> Figure {
    Figure { place: place.into(), ask, read: Box::new(read), adapt: Value::clone }
}

pub(super) fn kpi(id: &'static str, grain: &'static str) -> Ask {
    Ask::Kpi { id, grain, more: &[] }
}

pub(super) fn sql(query: impl Into<String>) -> Ask {
    Ask::Sql(query.into())
}

impl Figure {
    pub(super) fn adapt(self, adapt: fn(&Value) -> Value) -> Self {
        Self { adapt, ..self }
    }
}

/// Calls `differs` with each leaf in which the two are not equal. Counts are equal exactly, shares and means as far as
/// they were rounded.
pub(super) fn compare(place: &str, ours: &Value, theirs: &Value, differs: &mut impl FnMut(&str, &Value, &Value)) {
    match (ours, theirs) {
        (Value::Object(own), Value::Object(their)) => {
            let more = their.keys().filter(|key| !own.contains_key(*key));
            for key in own.keys().chain(more) {
                let value = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                compare(&format!("{place}/{key}"), &value(own), &value(their), differs);
            }
        }
        (Value::Array(own), Value::Array(their)) if own.len() == their.len() => {
            for (index, (ours, theirs)) in own.iter().zip(their).enumerate() {
                compare(&format!("{place}/{index}"), ours, theirs, differs);
            }
        }
        (Value::Number(own), Value::Number(their)) => {
            let tolerance = if their.is_f64() { 0.000_05 + 1e-9 } else { 0.0 };
            if (own.as_f64().unwrap() - their.as_f64().unwrap()).abs() > tolerance {
                differs(place, ours, theirs);
            }
        }
        _ if ours == theirs => {}
        _ => differs(place, ours, theirs),
    }
}

/// The places of all leaves, lists taken as one.
pub(super) fn places(place: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let below = |key: &String| if place.is_empty() { key.clone() } else { format!("{place}/{key}") };
            map.iter().flat_map(|(key, value)| places(&below(key), value)).collect()
        }
        _ => vec![place.to_owned()],
    }
}

// How the answer of a KPI is read.

/// The one value.
pub(super) fn value(answer: &Value) -> Value {
    let [point] = answer["points"].as_array().unwrap().as_slice() else { panic!("several values: {answer}") };
    point["value"].clone()
}

pub(super) fn percent_as_share(answer: &Value) -> Value {
    json!(number(&value(answer)) / 100.0)
}

pub(super) fn rest_of_percent_as_share(answer: &Value) -> Value {
    json!(1.0 - number(&value(answer)) / 100.0)
}

pub(super) fn seconds_as_minutes(answer: &Value) -> Value {
    json!(number(&value(answer)) / 60.0)
}

/// Those of the denominator that are not in the numerator.
pub(super) fn rest(answer: &Value) -> Value {
    json!(rest_of(&answer["points"][0]))
}

/// Denominator and rest of each period.
pub(super) fn all_and_rest_by_period(answer: &Value) -> Value {
    let points = points(answer).filter(|(_, point)| number(&point["denominator"]) > 0.0);
    points.map(|(period, point)| (period, json!([point["denominator"], rest_of(point)]))).collect()
}

/// The value of each period that has one.
pub(super) fn by_period(answer: &Value) -> Value {
    active(answer).into_iter().map(|(period, value)| (period, json!(value))).collect()
}

pub(super) fn last_twelve(answer: &Value) -> Value {
    active(answer).into_iter().rev().take(12).map(|(period, value)| (period, json!(value))).collect()
}

pub(super) fn count_of_periods(answer: &Value) -> Value {
    json!(active(answer).len())
}

pub(super) fn greatest(answer: &Value) -> Value {
    json!(active(answer).into_iter().map(|(_, value)| value).fold(f64::NEG_INFINITY, f64::max))
}

pub(super) fn median(answer: &Value) -> Value {
    let mut values: Vec<f64> = active(answer).into_iter().map(|(_, value)| value).collect();
    values.sort_by(f64::total_cmp);
    json!(f64::midpoint(values[(values.len() - 1) / 2], values[values.len() / 2]))
}

/// Of all cohorts that can have an age of one, the share that was there at that age.
pub(super) fn share_after_one_period(answer: &Value) -> Value {
    let aged = points(answer).filter(|(_, point)| point["dimensions"]["age"] == "1");
    let (there, all) = aged.fold((0.0, 0.0), |(there, all), (_, point)| {
        (there + number(&point["numerator"]), all + number(&point["denominator"]))
    });
    json!(there / all)
}

pub(super) fn by_channel(answer: &Value) -> Value {
    let points = points(answer).map(|(_, point)| point);
    points.map(|point| (point["dimensions"]["channel"].as_str().unwrap().to_owned(), point["value"].clone())).collect()
}

// How the answer of a query is read.

/// The one cell.
pub(super) fn cell(answer: &Value) -> Value {
    let cells = only_row(answer).as_object().unwrap();
    assert_eq!(cells.len(), 1, "several columns: {answer}");
    cells.values().next().unwrap().clone()
}

/// The cell of that name in the one row.
pub(super) fn column(name: &'static str) -> impl Fn(&Value) -> Value {
    move |answer| {
        let cell = only_row(answer).get(name);
        cell.unwrap_or_else(|| panic!("no column {name}: {answer}")).clone()
    }
}

fn only_row(answer: &Value) -> &Value {
    let [row] = answer.as_array().unwrap().as_slice() else { panic!("several rows: {answer}") };
    row
}

/// The instant of that name in the one row, in whole seconds, as `expected.json` writes instants.
pub(super) fn instant(name: &'static str) -> impl Fn(&Value) -> Value {
    move |answer| {
        let at: jiff::Timestamp = column(name)(answer).as_str().unwrap().parse().unwrap();
        json!(at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string())
    }
}

/// The rows, as lists in the columns' order.
pub(super) fn rows(answer: &Value) -> Value {
    let row = |row: &Value| row.as_object().unwrap().values().cloned().collect::<Value>();
    answer.as_array().unwrap().iter().map(row).collect()
}

/// The first column as keys of the second, or of the list of the others.
pub(super) fn by_first(answer: &Value) -> Value {
    let entry = |row: &Value| {
        let cells = row.as_array().unwrap();
        let key = cells[0].as_str().map_or_else(|| cells[0].to_string(), str::to_owned);
        (key, if cells.len() == 2 { cells[1].clone() } else { json!(cells[1..]) })
    };
    rows(answer).as_array().unwrap().iter().map(entry).collect()
}

/// The field of the first import's receipt that a JSON pointer names.
pub(super) fn receipt(pointer: &'static str) -> impl Fn(&Value) -> Value {
    move |receipts| receipts[0].pointer(pointer).unwrap_or_else(|| panic!("no {pointer}: {receipts}")).clone()
}

/// The sum of what the independent figure keeps apart.
pub(super) fn summed(theirs: &Value) -> Value {
    json!(theirs.as_object().unwrap().values().map(|part| part.as_u64().unwrap()).sum::<u64>())
}

pub(super) fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn rest_of(point: &Value) -> f64 {
    number(&point["denominator"]) - number(&point["numerator"])
}

fn points(answer: &Value) -> impl Iterator<Item = (String, &Value)> {
    let grain = answer["grain"].as_str().unwrap();
    answer["points"].as_array().unwrap().iter().map(move |point| {
        let start: Date = point["start"].as_str().unwrap().parse().unwrap();
        let week = start.iso_week_date();
        let period = match grain {
            "week" => format!("{:04}-W{:02}", week.year(), week.week()),
            "year" => start.strftime("%Y").to_string(),
            _ => start.strftime("%Y-%m").to_string(),
        };
        (period, point)
    })
}

/// The periods in which anything was.
fn active(answer: &Value) -> Vec<(String, f64)> {
    let values = points(answer).map(|(period, point)| (period, number(&point["value"])));
    values.filter(|(_, value)| *value > 0.0).collect()
}

/// Counts must be equal, shares within their rounding; a part that only one of the two has differs.
#[test]
fn comparing_finds_what_differs() {
    let ours =
        json!({"count": 10.0, "share": 0.123_44, "months": {"2024-01": 3.0, "2024-03": 1.0}, "top": [["ada", 2]]});
    let theirs = json!({"count": 10, "share": 0.1234, "months": {"2024-01": 4, "2024-02": 0}, "top": [["bob", 2]]});
    let mut found = Vec::new();
    compare("set", &ours, &theirs, &mut |place, _, _| found.push(place.to_owned()));
    assert_eq!(found, ["set/months/2024-01", "set/months/2024-03", "set/months/2024-02", "set/top/0/0"]);
    let mut found = 0;
    compare("share", &json!(0.123_46), &json!(0.1234), &mut |_, _, _| found += 1);
    compare("count", &json!(10.000_01), &json!(10), &mut |_, _, _| found += 1);
    compare("none", &json!(null), &json!(0.0), &mut |_, _, _| found += 1);
    assert_eq!(found, 3);
}
