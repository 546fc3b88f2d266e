//! Tables as files: CSV and JSON a piece at a time, XLSX at once. A cell that a spreadsheet would run as a formula is
//! marked as text in CSV; XLSX knows texts from formulas, and JSON is for programs.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
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

    /// Its media type, and how names of such files end.
    fn kind(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::Xlsx => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
            Self::Json => ("application/json", "json"),
        }
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

/// Rows that a sheet of a spreadsheet takes below its headings.
const MOST_OF_A_SHEET: u32 = 1_048_575;

/// Some of the rows of a table, or why they are not there.
pub(crate) type Part = Result<Vec<Vec<Cell>>, Failure>;

/// A table whose rows come a part at a time, as an answer that browsers save: however many there are, few are in memory. A
/// sheet of a spreadsheet is made at once. What fails on the way breaks the file off, so that nobody takes it for whole.
pub(crate) async fn long(
    name: String,
    columns: Vec<String>,
    parts: impl Stream<Item = Part> + Send + 'static,
    format: Format,
) -> Answer {
    if format == Format::Xlsx {
        let rows = parts.try_fold(Vec::new(), |mut rows: Vec<Vec<Cell>>, part| async move {
            rows.extend(part);
            if rows.len() > MOST_OF_A_SHEET as usize { Err(too_long()) } else { Ok(rows) }
        });
        let rows = Box::new(rows.await?.into_iter());
        return Sheet { name, columns, rows }.into_answer(format).await;
    }
    let (kind, ending) = format.kind();
    let parts = parts.map_err(|failure| format!("{failure:?}"));
    let piece = |piece: Vec<u8>| stream::iter([Ok::<_, String>(piece)]);
    let body = if format == Format::Csv {
        let lines = parts.map_ok(|rows| csv_lines(rows.into_iter()));
        Body::from_stream(piece(csv_head(&columns)).chain(lines))
    } else {
        let mut is_first = true;
        let objects = parts.map_ok(move |rows| json_objects(&columns, rows.into_iter(), &mut is_first));
        Body::from_stream(piece(JSON_HEAD.to_vec()).chain(objects).chain(piece(JSON_FOOT.to_vec())))
    };
    Ok(saved(&format!("{name}.{ending}"), kind, body))
}

fn too_long() -> Failure {
    Failure::Invalid("a sheet holds 1,048,575 rows: save this as CSV".into())
}

impl Sheet {
    /// The table as an answer that browsers save.
    pub(crate) async fn into_answer(self, format: Format) -> Answer {
        let (kind, ending) = format.kind();
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
        let mut rows = self.rows.peekable();
        let lines = std::iter::from_fn(move || {
            rows.peek()?;
            Some(csv_lines(rows.by_ref().take(ROWS_PER_PIECE)))
        });
        std::iter::once(csv_head(&self.columns)).chain(lines)
    }

    fn json(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let columns = self.columns;
        let mut rows = self.rows.peekable();
        let mut is_first = true;
        let objects = std::iter::from_fn(move || {
            rows.peek()?;
            Some(json_objects(&columns, rows.by_ref().take(ROWS_PER_PIECE), &mut is_first))
        });
        std::iter::once(JSON_HEAD.to_vec()).chain(objects).chain(std::iter::once(JSON_FOOT.to_vec()))
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
            if row > MOST_OF_A_SHEET {
                return Err(too_long());
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

fn csv_head(columns: &[String]) -> Vec<u8> {
    csv_lines(std::iter::once(columns.iter().map(|column| Cell::from(column.as_str())).collect()))
}

fn csv_lines(rows: impl Iterator<Item = Vec<Cell>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(csv_cell).collect();
        writer.write_record(&cells).expect("writing to memory cannot fail, and rows are of one length");
    }
    writer.into_inner().expect("writing to memory cannot fail")
}

const JSON_HEAD: &[u8] = b"[";
const JSON_FOOT: &[u8] = b"\n]\n";

/// Rows as objects of a list that was begun; `is_first` until there is one.
fn json_objects(columns: &[String], rows: impl Iterator<Item = Vec<Cell>>, is_first: &mut bool) -> Vec<u8> {
    let mut piece = Vec::new();
    for row in rows {
        piece.extend_from_slice(if std::mem::take(is_first) { b"\n" } else { b",\n" });
        let object: Map<String, Value> = columns.iter().cloned().zip(row.into_iter().map(json_cell)).collect();
        serde_json::to_writer(&mut piece, &object).expect("writing to memory cannot fail");
    }
    piece
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

    #[tokio::test]
    async fn parts_join_to_the_whole() {
        let parts = |texts: &[&[&str]]| -> Vec<Part> {
            let row = |text: &&str| vec![Cell::from(*text)];
            texts.iter().map(|part| Ok(part.iter().map(row).collect())).collect()
        };
        let saved = async |texts: &[&[&str]], format| {
            let answer = long("t".into(), vec!["name".into()], stream::iter(parts(texts)), format).await.unwrap();
            axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap()
        };
        let whole: [&[&str]; 2] = [&["ada", "bob"], &["cyd"]];
        assert_eq!(&saved(&whole, Format::Csv).await[..], b"name\r\nada\r\nbob\r\ncyd\r\n");
        let names = serde_json::json!([{ "name": "ada" }, { "name": "bob" }, { "name": "cyd" }]);
        assert_eq!(serde_json::from_slice::<Value>(&saved(&whole, Format::Json).await).unwrap(), names);
        assert_eq!(serde_json::from_slice::<Value>(&saved(&[], Format::Json).await).unwrap(), serde_json::json!([]));
        assert_eq!(&saved(&whole, Format::Xlsx).await[..2], b"PK");
        // A part that fails breaks the file off.
        let failing = [Ok(Vec::new()), Err(Failure::Failed("gone".into()))];
        let answer = long("t".into(), vec!["name".into()], stream::iter(failing), Format::Csv).await.unwrap();
        assert!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.is_err());
    }

    #[test]
    fn a_sheet_is_written_as_a_workbook() {
        let bytes = sheet(&["=1+1", "ada"]).xlsx().unwrap();
        assert_eq!(&bytes[..2], b"PK");
    }
}
