//! Tables cut into rows: CSV of any delimiter and encoding, workbooks, and lists of JSON objects.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, Reader, Sheets};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::csv_rows::{BROKEN_QUOTES, CsvRow, CsvRows};
use crate::input::unreadable;
use crate::json::{JsonPart, json_stream};
use crate::read;
use crate::{Member, SourceError};

/// The largest workbook, or table in UTF-16, that is read: these are held in memory.
const LARGEST_HELD: u64 = 512 << 20;

/// What the parts of a workbook may unpack to.
const LARGEST_INFLATED: u128 = 2 << 30;

/// Columns that Excel has.
const MOST_COLUMNS: usize = 16_384;

/// The cells of one row of a sheet, before anything is known about columns.
pub struct Cells {
    /// Line of the file, or row of the sheet, from 1. Blank lines before a row count as its beginning.
    pub position: u64,
    /// The sheet's name; empty for CSV.
    pub sheet: String,
    /// Trimmed texts. Dates of workbooks are written as in ISO 8601.
    pub values: Vec<String>,
    /// Why they are no cells; what stands there is the only value then.
    pub broken: Option<&'static str>,
}

/// Receives cells; an error stops the reading.
pub type EachCells<'a> = dyn FnMut(Cells) -> Result<(), SourceError> + 'a;

/// Whether a member's beginning is that of a workbook (Excel or OpenDocument).
pub fn is_workbook(head: &[u8]) -> bool {
    let has = |part: &[u8]| head.windows(part.len()).any(|window| window == part);
    head.starts_with(b"PK\x03\x04") && (has(b"xl/") || has(b"[Content_Types].xml") || has(b"opendocument.spreadsheet"))
}

/// Whether a member's beginning is that of a JSON list or of JSON Lines.
pub fn is_json(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        Some(b'{') => true,
        Some(b'[') => matches!(text[1..].trim_ascii_start().first(), Some(b'{' | b']')),
        _ => false,
    }
}

/// Hands on every row that is not empty, headers included. Returns why the rest could not be read, if so.
pub fn cells(member: Member<'_>, each: &mut EachCells<'_>) -> Result<Option<String>, SourceError> {
    let path = member.path;
    let head = member.bytes.fill_buf().map_err(|cause| unreadable(path, cause))?;
    if is_workbook(head) {
        return workbook(read::whole(member, LARGEST_HELD)?, each);
    }
    let head = head.to_vec();
    match utf_16(&head) {
        Some(encoding) => {
            let bytes = read::whole(member, LARGEST_HELD)?;
            let text = encoding.decode(&bytes).0.into_owned();
            csv(path, text.as_bytes(), delimiter(text.as_bytes()), each)
        }
        None => {
            if head.starts_with(b"\xef\xbb\xbf") {
                member.bytes.consume(3);
            }
            csv(path, member.bytes, delimiter(&head), each)
        }
    }
}

/// The first rows of a member's beginning, as a probe sees it. The last one may be cut off.
pub fn first_cells(head: &[u8], count: usize) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    if is_workbook(head) || head.contains(&0) && utf_16(head).is_none() {
        return rows;
    }
    let mut bytes = head;
    let stop = || SourceError::Stopped("enough".into());
    // What cannot be read is not there; stopping early is no failure here.
    let _ = cells(Member { path: "", bytes: &mut bytes }, &mut |cells| {
        rows.push(cells.values);
        if rows.len() < count { Ok(()) } else { Err(stop()) }
    });
    rows
}

/// The columns of a table, as a probe sees its beginning: the first row, or the keys of the first object.
pub fn first_columns(head: &[u8]) -> Option<Vec<String>> {
    if !is_json(head) {
        return first_cells(head, 1).pop();
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let objects = text.strip_prefix(b"[").unwrap_or(text);
    let first = serde_json::Deserializer::from_slice(objects).into_iter::<Map<String, Value>>().next()?;
    Some(first.ok()?.into_iter().map(|(name, _)| name).collect())
}

/// UTF-16 by its byte order mark, or by the zero bytes of plain letters.
fn utf_16(head: &[u8]) -> Option<&'static Encoding> {
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(UTF_16LE),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// The delimiter of which the first line has most, outside quotes; `sep=;` says it outright.
fn delimiter(head: &[u8]) -> u8 {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if let Some([given, b'\r' | b'\n', ..]) = head.strip_prefix(b"sep=") {
        return *given;
    }
    let (mut counts, mut quoted) = ([(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)], false);
    for byte in head {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(known, _)| known == byte).for_each(|(_, count)| *count += 1),
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map_or(b',', |(byte, _)| *byte)
}

fn csv(path: &str, bytes: impl Read, delimiter: u8, each: &mut EachCells<'_>) -> Result<Option<String>, SourceError> {
    let mut rows = CsvRows::new(bytes, delimiter, 0);
    loop {
        let CsvRow { line: position, cells } = match rows.next_row() {
            Ok(None) => return Ok(None),
            Ok(Some(row)) => row,
            Err(error) if error.is_io_error() => {
                let csv::ErrorKind::Io(cause) = error.into_kind() else { return Ok(Some("not a table".into())) };
                return Err(unreadable(path, cause));
            }
            Err(error) => return Ok(Some(error.to_string())),
        };
        let sheet = String::new();
        let record = match cells {
            Ok(record) => record,
            Err(bytes) => {
                let values = vec![cell_text(&bytes)];
                each(Cells { position, sheet, values, broken: Some(BROKEN_QUOTES) })?;
                continue;
            }
        };
        let values: Vec<String> = record.iter().map(cell_text).collect();
        let says_delimiter = position == 1 && values.iter().any(|value| value.starts_with("sep="));
        if !says_delimiter && values.iter().any(|value| !value.is_empty()) {
            each(Cells { position, sheet, values, broken: None })?;
        }
    }
}

/// UTF-8, or else Windows-1252, which every byte is.
fn cell_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.trim().to_owned(),
    }
}

/// A sheet's name and its rows, each with its number from 1.
type Sheet = (String, Vec<(u64, Vec<String>)>);

fn workbook(bytes: Vec<u8>, each: &mut EachCells<'_>) -> Result<Option<String>, SourceError> {
    if inflated_size(&bytes).is_some_and(|size| size > LARGEST_INFLATED) {
        return Ok(Some(format!("the workbook unpacks to more than {} MiB", LARGEST_INFLATED >> 20)));
    }
    // calamine counts by what a damaged workbook says of itself, and may panic; nothing of ours is half done then.
    let sheets = match std::panic::catch_unwind(|| sheets(bytes)) {
        Ok(Ok(sheets)) => sheets,
        Ok(Err(error)) => return Ok(Some(format!("not a workbook that can be read: {error}"))),
        Err(_) => return Ok(Some("a damaged workbook".into())),
    };
    for (sheet, rows) in sheets {
        for (position, values) in rows {
            if values.iter().any(|value| !value.is_empty()) {
                each(Cells { position, sheet: sheet.clone(), values, broken: None })?;
            }
        }
    }
    Ok(None)
}

/// What the parts of a zip archive say they unpack to; `None` when it is none.
fn inflated_size(bytes: &[u8]) -> Option<u128> {
    zip::ZipArchive::new(Cursor::new(bytes)).ok()?.decompressed_size()
}

fn sheets(bytes: Vec<u8>) -> Result<Vec<Sheet>, calamine::Error> {
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes))?;
    let names = book.sheet_names();
    names.into_iter().map(|name| Ok((name.clone(), sheet_rows(&mut book, &name)?))).collect()
}

fn sheet_rows(book: &mut Sheets<Cursor<Vec<u8>>>, name: &str) -> Result<Vec<(u64, Vec<String>)>, calamine::Error> {
    let Sheets::Xlsx(book) = book else {
        let range = book.worksheet_range(name)?;
        let first = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
        return Ok((first..).zip(range.rows().map(|row| row.iter().map(sheet_text).collect())).collect());
    };
    // Cell by cell: a range would hold every cell up to the last one, and one alone can stand a long way off.
    let mut rows: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let mut cells = book.worksheet_cells_reader(name)?;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        let (column, text) = (column as usize, sheet_text(&Data::from(cell.get_value().clone())));
        if column < MOST_COLUMNS && !text.is_empty() {
            let values = rows.entry(u64::from(row) + 1).or_default();
            values.resize(values.len().max(column + 1), String::new());
            values[column] = text;
        }
    }
    Ok(rows.into_iter().collect())
}

fn sheet_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}") }
        }
        Data::DateTime(length) => length.as_f64().to_string(),
        other => other.to_string().trim().to_owned(),
    }
}

/// One row with its columns' names.
pub struct Row {
    /// As [`Cells::position`]; for JSON the line or item.
    pub position: u64,
    /// What the position counts: `line`, `row` or `item`.
    pub unit: &'static str,
    /// Whether it names its columns itself, as an object of JSON does, and no header names them for all.
    pub is_object: bool,
    /// The row, or why it is none, with what stands there instead.
    pub fields: Result<Map<String, Value>, (String, Vec<u8>)>,
}

/// Receives rows; an error stops the reading.
pub type EachRow<'a> = dyn FnMut(Row) -> Result<(), SourceError> + 'a;

/// Hands on every row below a header: the first row of the file or of each sheet. Objects of JSON are rows as well.
/// Returns why the rest could not be read, if so.
pub fn rows(member: Member<'_>, each: &mut EachRow<'_>) -> Result<Option<String>, SourceError> {
    let head = member.bytes.fill_buf().map_err(|cause| unreadable(member.path, cause))?;
    if is_json(head) {
        return json_rows(member, each);
    }
    let unit = if is_workbook(head) { "row" } else { "line" };
    let mut header: Option<(String, Vec<String>)> = None;
    cells(member, &mut |cells| match &header {
        _ if cells.broken.is_some() => {
            let broken = (cells.broken.unwrap_or_default().to_owned(), cells.values.concat().into_bytes());
            each(Row { position: cells.position, unit, is_object: false, fields: Err(broken) })
        }
        Some((sheet, columns)) if *sheet == cells.sheet => {
            let fields = fields(columns, cells.values, unit == "row");
            each(Row { position: cells.position, unit, is_object: false, fields })
        }
        _ => {
            // Bytes of something else may pass for a header with nothing below it.
            let odd = cells.values.iter().any(|name| name.chars().any(|c| c.is_control() && !c.is_whitespace()));
            let reason = || "a header of control characters: this is no table".to_owned();
            let fields = odd.then(|| Err((reason(), cells.values.join(",").into_bytes())));
            header = Some((cells.sheet, cells.values));
            fields.map_or(Ok(()), |fields| each(Row { position: cells.position, unit, is_object: false, fields }))
        }
    })
}

/// The cells by their columns' names. A sheet keeps no empty cells at a row's end; in a file they are missed.
fn fields(
    columns: &[String],
    mut values: Vec<String>,
    is_sheet: bool,
) -> Result<Map<String, Value>, (String, Vec<u8>)> {
    if is_sheet {
        values.resize(values.len().max(columns.len()), String::new());
    }
    if values.len() < columns.len() || values.iter().skip(columns.len()).any(|value| !value.is_empty()) {
        let reason = format!("{} cells where there are {} columns", values.len(), columns.len());
        return Err((reason, values.join("\u{1f}").into_bytes()));
    }
    let named = columns.iter().zip(values).filter(|(column, _)| !column.is_empty());
    Ok(named.map(|(column, value)| (column.clone(), Value::String(value))).collect())
}

fn json_rows(member: Member<'_>, each: &mut EachRow<'_>) -> Result<Option<String>, SourceError> {
    let object = |text: &[u8]| {
        serde_json::from_slice(text).map_err(|error| (format!("not a JSON object: {error}"), text.to_vec()))
    };
    let head = member.bytes.fill_buf().map_err(|cause| unreadable(member.path, cause))?;
    let is_list = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().starts_with(b"[");
    if is_list {
        let unit = "item";
        json_stream(member, &[], &mut |part| match part {
            JsonPart::Item(_, position, item) => {
                each(Row { position, unit, is_object: true, fields: object(RawValue::get(item).as_bytes()) })
            }
            JsonPart::Broken(_, position, reason, bytes) => {
                each(Row { position, unit, is_object: true, fields: Err((reason, bytes.into())) })
            }
            JsonPart::Field(..) => Ok(()),
        })?;
        return Ok(None);
    }
    let unit = "line";
    read::lines(member, &mut |position, line| each(Row { position, unit, is_object: true, fields: object(&line) }))?;
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Vec<String> {
        let mut bytes = bytes;
        let mut rows_read = Vec::new();
        rows(Member { path: "a", bytes: &mut bytes }, &mut |row| {
            let fields =
                row.fields.unwrap_or_else(|(reason, _)| Map::from_iter([("broken".to_owned(), reason.into())]));
            rows_read.push(format!("{} {} {}", row.unit, row.position, Value::Object(fields)));
            Ok(())
        })
        .unwrap();
        rows_read
    }

    #[test]
    fn a_table_reads_the_same_in_every_dress() {
        let plain = "name;town\nZoë;\"Köln;\nam Rhein\"\n\nBo;\n";
        let expected = [r#"line 2 {"name":"Zoë","town":"Köln;\nam Rhein"}"#, r#"line 4 {"name":"Bo","town":""}"#];
        assert_eq!(read_all(plain.as_bytes()), expected);
        assert_eq!(read_all(format!("\u{feff}{plain}").as_bytes()), expected);
        assert_eq!(read_all(&WINDOWS_1252.encode(plain).0), expected);
        let little: Vec<u8> = format!("\u{feff}{plain}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read_all(&little), expected);
        assert_eq!(read_all(&big), expected);
    }

    #[test]
    fn delimiters_are_found() {
        for table in ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "a|b\n1|2\n", "\"a\",\"b\"\n1,2\n"] {
            assert_eq!(read_all(table.as_bytes()), [r#"line 2 {"a":"1","b":"2"}"#], "{table}");
        }
        assert_eq!(read_all(b"sep=;\na,x;b\n1;2\n"), [r#"line 3 {"a,x":"1","b":"2"}"#]);
        assert_eq!(read_all(b"a,b\n1,2,3\n"), [r#"line 2 {"broken":"3 cells where there are 2 columns"}"#]);
    }

    #[test]
    fn objects_are_rows() {
        assert_eq!(read_all(br#"[{"a":1},{"a":2}]"#), [r#"item 1 {"a":1}"#, r#"item 2 {"a":2}"#]);
        assert_eq!(read_all(b"{\"a\":1}\n{\"a\":2}\n"), [r#"line 1 {"a":1}"#, r#"line 2 {"a":2}"#]);
    }
}
