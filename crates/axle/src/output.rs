//! Answers on standard output: tables for people, exact JSON for scripts, CSV for spreadsheets.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::{Map, Value};

/// Form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// One document.
    Json,
    /// With a header row.
    Csv,
}

/// Rows and columns to print.
pub(crate) struct Listing {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Listing {
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        self.rows.push(values.into_iter().collect());
    }
}

/// Prints the listing, or `document` as JSON.
pub(crate) fn print(format: Format, listing: &Listing, document: &impl Serialize) -> anyhow::Result<()> {
    match format {
        Format::Table => print_table(&listing.columns, &listing.rows),
        Format::Json => print_json(document),
        Format::Csv => print_csv(&listing.columns, &listing.rows),
    }
}

/// Prints one thing, a row for each of its fields; or the document as JSON.
pub(crate) fn print_fields(format: Format, document: &impl Serialize) -> anyhow::Result<()> {
    let mut listing = Listing::new(&["what", "value"]);
    add_fields(&mut listing, "", &serde_json::to_value(document)?);
    print(format, &listing, document)
}

/// What lies in a field or a list of more than words and numbers is a row of its own: `score.weights.question:asked`, `rates.1.date`.
fn add_fields(listing: &mut Listing, name: &str, value: &Value) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(fields) if fields.is_empty() => listing.row([Value::from(name), Value::Null]),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| add_fields(listing, &below(key), value)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            (1..)
                .zip(items)
                .for_each(|(number, item): (usize, _)| add_fields(listing, &below(&number.to_string()), item));
        }
        value => listing.row([Value::from(name), value.clone()]),
    }
}

/// Prints one JSON document.
pub(crate) fn print_json(document: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, document)?;
    writeln!(out)?;
    Ok(())
}

/// Prints text as it is.
pub(crate) fn print_text(text: &str) -> anyhow::Result<()> {
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// Prints rows of any columns; as JSON an object each.
pub(crate) fn print_rows(format: Format, table: &axle_model::analytics::Table) -> anyhow::Result<()> {
    match format {
        Format::Table => print_table(&table.columns, &table.rows),
        Format::Csv => print_csv(&table.columns, &table.rows),
        Format::Json => {
            let object = |row: &Vec<Value>| table.columns.iter().cloned().zip(row.iter().cloned()).collect();
            print_json(&table.rows.iter().map(object).collect::<Vec<Map<String, Value>>>())
        }
    }
}

fn print_table(columns: &[impl AsRef<str>], rows: &[Vec<Value>]) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(columns.iter().map(AsRef::as_ref));
    for row in rows {
        table.add_row(row.iter().map(|value| on_one_line(&text(value))));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let is_numeric = !rows.is_empty()
            && rows.iter().all(|row| row.get(index).is_none_or(|value| value.is_number() || value.is_null()));
        if is_numeric {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    writeln!(io::stdout().lock(), "{table}")?;
    Ok(())
}

pub(crate) fn print_csv(columns: &[impl AsRef<str>], rows: &[Vec<Value>]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    write_csv_row(&mut out, columns.iter().map(|column| column.as_ref().to_owned()))?;
    for row in rows {
        write_csv_row(&mut out, row.iter().map(exact))?;
    }
    Ok(())
}

/// A value as a cell for programs, which round themselves.
fn exact(value: &Value) -> String {
    match value.as_f64() {
        Some(float) if value.is_f64() => float.to_string(),
        _ => text(value),
    }
}

/// RFC 4180; a cell that a spreadsheet would take for a formula is led by an apostrophe.
fn write_csv_row(out: &mut impl Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<String> = cells
        .map(|cell| {
            let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
            let cell = if is_formula { format!("'{cell}") } else { cell };
            if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
        })
        .collect();
    writeln!(out, "{}", cells.join(","))
}

/// A text without the line breaks, tabs and other control characters that would tear a table.
fn on_one_line(text: &str) -> String {
    let tears = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if !text.contains(tears) {
        return text.to_owned();
    }
    text.split(tears).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A value as a cell for people.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && !number.is_u64() => {
                format!("{float:.4}").trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            _ => number.to_string(),
        },
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn line_breaks_of_texts_do_not_tear_a_table() {
        assert_eq!(on_one_line("How do I\r\n\r\n  mount a\tshare?\n"), "How do I mount a share?");
        assert_eq!(on_one_line("one\u{2028}line"), "one line");
        assert_eq!(on_one_line("  stored"), "  stored", "what is set in stays so");
    }

    #[test]
    fn one_thing_is_a_row_for_each_of_its_fields() {
        let settings = json!({"zone": "UTC", "score": {"decay": 0.5, "weights": {}}, "days": ["monday", "friday"],
            "rates": [{"from": "USD", "rate": 0.92}]});
        let mut listing = Listing::new(&["what", "value"]);
        add_fields(&mut listing, "", &settings);
        let rows: Vec<String> =
            listing.rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" = ")).collect();
        let told = [
            "zone = UTC",
            "score.decay = 0.5",
            "score.weights = ",
            "days = monday, friday",
            "rates.1.from = USD",
            "rates.1.rate = 0.92",
        ];
        assert_eq!(rows, told);
    }

    #[test]
    fn people_read_rounded_numbers_and_programs_exact_ones() {
        let third = json!(1.0 / 3.0);
        assert_eq!((text(&third), exact(&third)), ("0.3333".to_owned(), "0.3333333333333333".to_owned()));
        assert_eq!(
            [json!(2.0), json!(2), json!("=x"), json!(null), json!(true)].map(|value| exact(&value)),
            ["2", "2", "=x", "", "true"]
        );
    }
}
