//! `docs/reference/differences.md`, read as what it says.

use std::fmt;
use std::path::Path;

use serde_json::Value;

/// A figure that is known to differ, values as the page writes them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Difference {
    pub set: String,
    place: String,
    asked: String,
    ours: String,
    theirs: String,
}

impl Difference {
    pub(super) fn new(set: &str, place: &str, asked: &str, ours: &Value, theirs: &Value) -> Self {
        Self { set: set.into(), place: place.into(), asked: asked.into(), ours: written(ours), theirs: written(theirs) }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, place, asked, ours, theirs } = self;
        write!(f, "| `{set}` | `{place}` | `{asked}` | {ours} | {theirs} |")
    }
}

pub(super) struct Page {
    pub differences: Vec<Difference>,
    /// Set and place of figures that are not asked for; the place `all` for whole sets.
    pub not_asked: Vec<(String, String)>,
}

impl Page {
    /// Every row of a table whose first cell is code tells of a set: with six cells what differs, with three what is
    /// not asked for. The last cell is the reason.
    pub(super) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/differences.md");
        let text = std::fs::read_to_string(path).unwrap();
        let mut page = Self { differences: Vec::new(), not_asked: Vec::new() };
        for line in text.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<String> =
                line.trim_matches('|').split(" | ").map(|cell| cell.replace('`', "").trim().to_owned()).collect();
            let reason = cells.last().unwrap();
            assert!(reason.split_whitespace().count() > 2, "a reason is missing: {line}");
            match cells.as_slice() {
                [set, places, _] => {
                    page.not_asked.extend(places.split(", ").map(|place| (set.clone(), place.to_owned())));
                }
                [set, place, asked, ours, theirs, _] => page.differences.push(Difference {
                    set: set.clone(),
                    place: place.clone(),
                    asked: asked.clone(),
                    ours: ours.clone(),
                    theirs: theirs.clone(),
                }),
                _ => panic!("a row of another table: {line}"),
            }
        }
        page
    }
}

/// `6,538`, `0.8686`, `none`.
fn written(value: &Value) -> String {
    let Some(number) = value.as_f64() else {
        return value.as_str().map_or_else(|| "none".to_owned(), str::to_owned);
    };
    let digits = format!("{number:.4}");
    let (whole, part) = digits.split_once('.').unwrap();
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let part = part.trim_end_matches('0');
    if part.is_empty() { grouped } else { format!("{grouped}.{part}") }
}

#[test]
fn values_are_written_as_people_read_them() {
    let read = [Value::from(6_538), 1_234_567.into(), 0.868_62.into(), 120.083_33.into(), 19.95.into(), Value::Null];
    assert_eq!(read.each_ref().map(written), ["6,538", "1,234,567", "0.8686", "120.0833", "19.95", "none"]);
}
