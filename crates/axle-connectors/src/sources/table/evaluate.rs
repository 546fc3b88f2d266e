//! Makes entries of a row as its mapping says.

use axle_model::{Entry, Fact, FactKind};
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use super::mapping::{Condition, EntryRule, File, MadeOf, Rule, Shape};
use crate::{RecordError, when};

/// The entries of one row, rows looked up included under their names.
pub(super) fn entries(file: &File, row: Map<String, Value>) -> Result<Vec<Entry>, RecordError> {
    let row = cleaned(file, row);
    let holding = file.entries.iter().filter(|rule| rule.when.iter().all(|condition| holds(condition, &row)));
    holding.map(|rule| entry(rule, &row)).collect()
}

/// The row with the values that the mapping writes otherwise.
pub(super) fn cleaned(file: &File, mut row: Map<String, Value>) -> Map<String, Value> {
    for (column, values) in &file.clean {
        if let Some(text) = row.get(column).and_then(Value::as_str).and_then(|text| values.get(text)) {
            row.insert(column.clone(), text.clone().into());
        }
    }
    row
}

fn entry(rule: &EntryRule, row: &Map<String, Value>) -> Result<Entry, RecordError> {
    let mut body = object(&rule.fields, row)?;
    if let Some(kind) = FactKind::from_name(&rule.entry_type) {
        return Ok(Fact::new(kind, body)?.into());
    }
    body.insert("type".into(), rule.entry_type.clone().into());
    Ok(Entry::from_line(&serde_json::to_vec(&body).map_err(|error| RecordError(error.to_string()))?)?.0)
}

fn object<'a>(
    rules: impl IntoIterator<Item = (&'a String, &'a Rule)>,
    row: &Map<String, Value>,
) -> Result<Map<String, Value>, RecordError> {
    let mut object = Map::new();
    for (name, rule) in rules {
        if let Some(value) = value(rule, row)? {
            object.insert(name.clone(), value);
        }
    }
    Ok(object)
}

fn holds(condition: &Condition, row: &Map<String, Value>) -> bool {
    let text = text(row, &condition.column).unwrap_or_default();
    condition.is.as_ref().is_none_or(|values| values.contains(&text))
        && condition.not.as_ref().is_none_or(|values| !values.contains(&text))
        && condition.empty.is_none_or(|empty| text.is_empty() == empty)
}

/// A column by its name, or by its path when it is a row looked up or an object of JSON.
fn column<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    row.get(name).or_else(|| {
        let mut parts = name.split('.');
        let first = row.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    })
}

/// The column's text, trimmed; `None` when it is empty or no single value.
fn text(row: &Map<String, Value>, name: &str) -> Option<String> {
    let text = match column(row, name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn value(rule: &Rule, row: &Map<String, Value>) -> Result<Option<Value>, RecordError> {
    let made = match &rule.made_of {
        MadeOf::Object(rules) => return object(rules, row).map(|object| Some(Value::Object(object))),
        MadeOf::Constant(constant) => return Ok(Some(json(constant))),
        MadeOf::Template(template) => filled(template, row),
        MadeOf::Column(name) => match column(row, name) {
            Some(list @ Value::Array(_)) => return Ok(Some(list.clone())),
            _ => text(row, name),
        },
    };
    let made = match rule.map.get(made.as_deref().unwrap_or_default()) {
        Some(toml::Value::String(other)) => Some(other.clone()),
        Some(other) => return Ok(Some(json(other))),
        None => made.filter(|_| !rule.only),
    };
    let Some(made) = made else { return Ok(rule.otherwise.as_ref().map(json)) };
    if let Some(delimiter) = &rule.split {
        let parts = made.split(delimiter.as_str()).map(str::trim).filter(|part| !part.is_empty());
        return Ok(Some(parts.map(Value::from).collect()));
    }
    let shaped = shaped(&rule.shape, &made);
    shaped.map(Some).ok_or_else(|| RecordError(format!("`{made}` is not {}", rule.shape.described())))
}

/// The template with its `{column}`s filled in; `None` when one of them is empty.
fn filled(template: &str, row: &Map<String, Value>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(&text(row, name)?);
        rest = behind;
    }
    Some(filled + rest)
}

fn json(constant: &toml::Value) -> Value {
    serde_json::to_value(constant).unwrap_or(Value::Null)
}

impl Shape {
    fn described(&self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "yes or no",
            Self::Date(_) => "a date of the format looked for",
            Self::EpochSeconds => "a number of seconds since 1970",
            Self::EpochMilliseconds => "a number of milliseconds since 1970",
            Self::MonthNumber(_) => "the number of a month",
            Self::MinorUnits(_) => "an amount of money",
        }
    }
}

fn shaped(shape: &Shape, text: &str) -> Option<Value> {
    let instant = |at: Timestamp| Value::from(at.to_string());
    Some(match shape {
        Shape::Text => text.into(),
        Shape::Integer => whole(text)?.into(),
        Shape::Number => Value::from(text.parse::<f64>().ok().filter(|number| number.is_finite())?),
        Shape::Boolean => truth(text)?.into(),
        Shape::Date(None) => instant(when::guess(text)?),
        Shape::Date(Some(format)) => instant(when::by_format(text, format)?),
        Shape::EpochSeconds => instant(Timestamp::from_second(whole(text)?).ok()?),
        Shape::EpochMilliseconds => instant(Timestamp::from_millisecond(whole(text)?).ok()?),
        Shape::MonthNumber(first) => {
            let month = first.checked_add(whole(text)?.checked_sub(1).filter(|n| n.abs() < 12_000)?.months()).ok()?;
            instant(when::utc(month.at(0, 0, 0, 0))?)
        }
        Shape::MinorUnits(digits) => minor_units(text, *digits)?.into(),
    })
}

/// A whole number, also one that is written as `3.0`.
fn whole(text: &str) -> Option<i64> {
    let (number, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|digit| digit == b'0') { number.parse().ok() } else { None }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "x" => Some(true),
        "no" | "false" | "0" | "n" => Some(false),
        _ => None,
    }
}

/// `1,054.5`, `1.054,50 €` or `$1054` in hundredths, or with other `digits`: exactly, without rounding.
fn minor_units(text: &str, digits: u32) -> Option<i64> {
    let is_negative = text.contains('-') || (text.starts_with('(') && text.ends_with(')'));
    let number: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    // Three digits behind a lone separator are thousands; of two kinds the last one is the decimal point.
    let last = number.rfind(['.', ',']);
    let decimal = last.filter(|at| {
        let (before, behind) = (&number[..*at], &number[at + 1..]);
        let other_kind = before.contains(if number[*at..].starts_with(',') { '.' } else { ',' });
        let again = before.contains(&number[*at..=*at]);
        !again && (other_kind || behind.len() != 3)
    });
    let (whole, fraction) = decimal.map_or((number.as_str(), ""), |at| (&number[..at], &number[at + 1..]));
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let wanted = usize::try_from(digits).ok()?;
    if whole.is_empty() && fraction.is_empty() || fraction.bytes().skip(wanted).any(|digit| digit != b'0') {
        return None;
    }
    let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(wanted).collect();
    let units: i64 = format!("{whole}{fraction}").parse().ok()?;
    Some(if is_negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact() {
        for (text, units) in [
            ("1054", Some(105_400)),
            ("$1,054.5", Some(105_450)),
            ("1.054,50 €", Some(105_450)),
            ("1,054", Some(105_400)),
            ("1,054,000", Some(105_400_000)),
            ("0.29", Some(29)),
            ("-3.5", Some(-350)),
            ("(3.50)", Some(-350)),
            ("1.005,5", Some(100_550)),
            ("0.2950", None),
            ("much", None),
        ] {
            assert_eq!(minor_units(text, 2), units, "{text}");
        }
        assert_eq!(minor_units("1054.0", 0), Some(1054));
    }

    #[test]
    fn every_shape_is_made() {
        let month = Shape::MonthNumber(jiff::civil::date(2020, 1, 1));
        assert_eq!(shaped(&month, "14.0"), Some("2021-02-01T00:00:00Z".into()));
        assert_eq!(shaped(&month, "1.5"), None);
        assert_eq!(shaped(&Shape::EpochMilliseconds, "1240338022000"), Some("2009-04-21T18:20:22Z".into()));
        assert_eq!(shaped(&Shape::EpochSeconds, "0"), Some("1970-01-01T00:00:00Z".into()));
        assert_eq!(shaped(&Shape::Date(Some("%d/%m/%y".into())), "02/05/24"), Some("2024-05-02T00:00:00Z".into()));
        assert_eq!(shaped(&Shape::Number, "2.5"), Some(2.5.into()));
        assert_eq!(shaped(&Shape::Boolean, "No"), Some(false.into()));
    }
}
