//! Tables as files: CSV and JSON a piece at a time, XLSX at once. A cell that a spreadsheet would run as a formula is
//! marked as text in CSV; XLSX knows texts from formulas, and JSON is for programs.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_xlsxwriter::Workbook;
use serde_json::{Map, Value};

use crate::failure::{Answer, Failure};
use crate::format::clean;

/// A file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Xlsx,
    Json,
}

impl Format {
    /// The format that an address asks for; `None` for a page.
    pub(crate) fn of(name: &str) -> Result<Option<Self>, Failure> {
        Ok(Some(match name {
            "" => return Ok(None),
            "csv" => Self::Csv,
            "xlsx" => Self::Xlsx,
            "json" => Self::Json,
            other => return Err(Failure::Invalid(format!("`{other}` is no format: use csv, xlsx or json"))),
        }))
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Nothing,
    Text(String),
    Number(f64),
    Switch(bool),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() { Self::Number(number) } else { Self::Nothing }
    }
}
impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Number(number as f64)
    }
}
impl From<bool> for Cell {
    fn from(switch: bool) -> Self {
        Self::Switch(switch)
    }
}
impl From<Date> for Cell {
    fn from(date: Date) -> Self {
        Self::Text(date.to_string())
    }
}
impl From<Timestamp> for Cell {
    fn from(at: Timestamp) -> Self {
        Self::Text(format!("{at:.0}"))
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// A table to be saved.
pub(crate) struct Sheet {
    /// The file's name without its ending.
    pub(crate) name: String,
    /// Headings.
    pub(crate) columns: Vec<String>,
    /// As many cells as headings each.
    pub(crate) rows: Box<dyn Iterator<Item = Vec<Cell>> + Send>,
}

/// Rows that are written before a piece is sent.
const ROWS_PER_PIECE: usize = 1_000;

impl Sheet {
    /// The table as an answer that browsers save.
    pub(crate) async fn into_answer(self, format: Format) -> Answer {
        let (kind, ending) = match format {
            Format::Csv => ("text/csv; charset=utf-8", "csv"),
            Format::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
            Format::Json => ("application/json", "json"),
        };
        let name = self.name.clone();
        let body = match format {
            Format::Csv => pieces(self.csv()),
            Format::Json => pieces(self.json()),
            Format::Xlsx => {
                let made = tokio::task::spawn_blocking(move || self.xlsx()).await;
                Body::from(made.map_err(|error| Failure::Failed(error.to_string()))??)
            }
        };
        Ok(saved(&format!("{name}.{ending}"), kind, body))
    }

    fn csv(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let head = std::iter::once(self.columns.iter().map(|column| Cell::from(column.as_str())).collect());
        let mut rows = head.chain(self.rows).peekable();
        std::iter::from_fn(move || {
            rows.peek()?;
            let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
            for row in rows.by_ref().take(ROWS_PER_PIECE) {
                let cells: Vec<String> = row.into_iter().map(csv_cell).collect();
                writer.write_record(&cells).expect("writing to memory cannot fail, and rows are of one length");
            }
            Some(writer.into_inner().expect("writing to memory cannot fail"))
        })
    }

    fn json(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let columns = self.columns;
        let mut rows = self.rows;
        let mut is_first = true;
        let mut is_over = false;
        std::iter::from_fn(move || {
            if is_over {
                return None;
            }
            let mut piece = Vec::new();
            let mut taken = 0;
            for row in rows.by_ref().take(ROWS_PER_PIECE) {
                taken += 1;
                piece.extend_from_slice(if std::mem::take(&mut is_first) { b"[\n" } else { b",\n" });
                let object: Map<String, Value> = columns.iter().cloned().zip(row.into_iter().map(json_cell)).collect();
                serde_json::to_writer(&mut piece, &object).expect("writing to memory cannot fail");
            }
            if taken < ROWS_PER_PIECE {
                is_over = true;
                piece.extend_from_slice(if std::mem::take(&mut is_first) { b"[]\n" } else { b"\n]\n" });
            }
            Some(piece)
        })
    }

    fn xlsx(self) -> Result<Vec<u8>, Failure> {
        let failed = |error: rust_xlsxwriter::XlsxError| Failure::Failed(error.to_string());
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let bold = rust_xlsxwriter::Format::new().set_bold();
        for (column, name) in (0u16..).zip(&self.columns) {
            sheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
        }
        for (row, cells) in (1u32..).zip(self.rows) {
            if row >= 1_048_576 {
                return Err(Failure::Invalid("a sheet holds 1,048,575 rows: save this as CSV".into()));
            }
            for (column, cell) in (0u16..).zip(cells) {
                match cell {
                    Cell::Nothing => continue,
                    Cell::Text(text) => sheet.write_string(row, column, fitting(&text)).map_err(failed)?,
                    Cell::Number(number) => sheet.write_number(row, column, number).map_err(failed)?,
                    Cell::Switch(switch) => sheet.write_boolean(row, column, switch).map_err(failed)?,
                };
            }
        }
        workbook.save_to_buffer().map_err(failed)
    }
}

/// A file that browsers save instead of showing it.
pub(crate) fn saved(name: &str, kind: &'static str, body: Body) -> Response {
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' }).collect();
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{safe}\"")),
    ];
    (headers, body).into_response()
}

fn pieces(pieces: impl Iterator<Item = Vec<u8>> + Send + 'static) -> Body {
    Body::from_stream(futures::stream::iter(pieces.map(Ok::<_, Infallible>)))
}

/// The longest text that a cell of a sheet takes.
fn fitting(text: &str) -> &str {
    match text.char_indices().nth(32_000) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

fn csv_cell(cell: Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Switch(switch) => switch.to_string(),
        Cell::Text(text) => harmless(&text),
    }
}

/// Marks what a spreadsheet would take for a formula, also in full-width form or behind a control character.
fn harmless(text: &str) -> String {
    let starts =
        |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | '|' | '%');
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{3000}', '\u{feff}', '\0']).chars().next();
    if text.starts_with(starts) || first.is_some_and(starts) || clean(text).starts_with(starts) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn json_cell(cell: Cell) -> Value {
    match cell {
        Cell::Nothing => Value::Null,
        Cell::Text(text) => text.into(),
        // Whole numbers stay whole.
        Cell::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => (number as i64).into(),
        Cell::Number(number) => number.into(),
        Cell::Switch(switch) => switch.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(texts: &[&str]) -> Sheet {
        let rows: Vec<Vec<Cell>> = texts.iter().map(|text| vec![Cell::from(*text), Cell::from(-1.5)]).collect();
        Sheet { name: "t".into(), columns: vec!["name".into(), "value".into()], rows: Box::new(rows.into_iter()) }
    }

    #[test]
    fn formulas_become_texts_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", " =1", "\u{0}=1", "\u{202e}=1"] {
            assert!(csv_cell(Cell::from(text)).starts_with('\''), "{text:?}");
        }
        assert_eq!(csv_cell(Cell::from("a=1")), "a=1");
        assert_eq!(csv_cell(Cell::from(-1.5)), "-1.5");
    }

    #[test]
    fn csv_quotes_and_json_is_untouched() {
        let csv: Vec<u8> = sheet(&["a,\"b\"\nc", "=1"]).csv().flatten().collect();
        assert_eq!(String::from_utf8(csv).unwrap(), "name,value\r\n\"a,\"\"b\"\"\nc\",-1.5\r\n'=1,-1.5\r\n");
        let json: Vec<u8> = sheet(&["=1"]).json().flatten().collect();
        let value: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value, serde_json::json!([{ "name": "=1", "value": -1.5 }]));
        let empty: Vec<u8> = sheet(&[]).json().flatten().collect();
        assert_eq!(serde_json::from_slice::<Value>(&empty).unwrap(), serde_json::json!([]));
    }

    #[test]
    fn pieces_join_to_the_whole() {
        let texts: Vec<String> = (0..2 * ROWS_PER_PIECE).map(|number| format!("n{number}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let json: Vec<u8> = sheet(&texts).json().flatten().collect();
        assert_eq!(serde_json::from_slice::<Vec<Value>>(&json).unwrap().len(), texts.len());
        let csv: Vec<u8> = sheet(&texts).csv().flatten().collect();
        assert_eq!(csv::Reader::from_reader(&csv[..]).records().count(), texts.len());
    }

    #[test]
    fn a_sheet_is_written_as_a_workbook() {
        let bytes = sheet(&["=1+1", "ada"]).xlsx().unwrap();
        assert_eq!(&bytes[..2], b"PK");
    }
}
