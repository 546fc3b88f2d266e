//! Damages to one record each, and what must become of it, by the way in which a format is written.

mod json;
mod text;

use std::ops::Range;

use axle_connectors::RawRecord;

/// What must become of a damaged record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It is rejected: counted, kept, with place and reason. All other entries are as before.
    Rejected,
    /// It is rejected, and nothing tells where the next record of its line begins: those behind it may go with it.
    RejectedWithTheRest,
    /// The format allows it: nothing is rejected, and all other entries are as before.
    Kept,
    /// It covers several lines, of which each may be rejected by itself. All other entries are as before.
    RejectedInParts,
    /// Whether what is left can still be understood differs from record to record. All other entries are as before.
    OthersUnharmed,
    /// It says nothing that is read: nothing changes.
    Unchanged,
}

/// A damaged record in place of the good one.
pub struct Damage {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub expect: Expect,
}

fn damage(name: &'static str, bytes: impl Into<Vec<u8>>, expect: Expect) -> Damage {
    Damage { name, bytes: bytes.into(), expect }
}

fn rejected(name: &'static str, bytes: impl Into<Vec<u8>>) -> Damage {
    damage(name, bytes, Expect::Rejected)
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Json,
    Xml,
    Table,
    Mail,
    Calendar,
    Mailmap,
    /// A workbook or a bundle: its bytes say nothing about one record.
    Binary,
}

fn dialect(format: &str, file: &str) -> Dialect {
    match (format, file.rsplit_once('.').map_or("", |(_, ending)| ending)) {
        ("stack-exchange", _) => Dialect::Xml,
        ("mail", _) => Dialect::Mail,
        ("icalendar", _) => Dialect::Calendar,
        (_, "bundle" | "xlsx" | "ods") => Dialect::Binary,
        (_, "mailmap") => Dialect::Mailmap,
        (_, "csv") => Dialect::Table,
        _ => Dialect::Json,
    }
}

/// Where in its file the record stands; `None` where that cannot be told.
pub fn span(format: &str, file: &str, bytes: &[u8], record: &RawRecord) -> Option<Range<usize>> {
    let position = usize::try_from(record.place.position).unwrap();
    match dialect(format, file) {
        Dialect::Json | Dialect::Mail | Dialect::Mailmap => {
            let found: Vec<usize> = matches(bytes, &record.body).collect();
            let [start] = found.as_slice() else { return None };
            Some(*start..start + record.body.len())
        }
        Dialect::Xml => {
            let start = matches(bytes, b"<row ").nth(position.checked_sub(1)?)?;
            Some(start..start + text::end_of(&bytes[start..], b"/>")?)
        }
        Dialect::Calendar => {
            let start = text::line_start(bytes, position)?;
            let end = text::end_of(&bytes[start..], b"END:VEVENT")?;
            Some(start..start + end)
        }
        Dialect::Table => text::row_span(bytes, record.place.unit, position),
        Dialect::Binary => None,
    }
}

/// Ten and more damages to the record at `span`.
pub fn damages(
    format: &str,
    file: &str,
    bytes: &[u8],
    span: &Range<usize>,
    record: &RawRecord,
    entries: &[String],
) -> Vec<Damage> {
    let good = &bytes[span.clone()];
    match dialect(format, file) {
        Dialect::Json => {
            let begins_line = bytes[..span.start].iter().rposition(|byte| !b" \t".contains(byte));
            let is_line = begins_line.is_some_and(|at| bytes[at] == b'\n');
            let is_own = file.ends_with("jsonl") || record.place.unit == "line" || (is_line && !is_nested(format));
            let structural = if is_own { Expect::Rejected } else { Expect::RejectedWithTheRest };
            json::damages(format, record, std::str::from_utf8(good).unwrap(), structural)
        }
        Dialect::Xml => text::xml(good),
        Dialect::Table => text::table(format, bytes, span, entries),
        Dialect::Mail => text::mail(good),
        Dialect::Calendar => text::calendar(good),
        Dialect::Mailmap => text::mailmap(),
        Dialect::Binary => Vec::new(),
    }
}

/// Whether records stand in a list inside a list, whose end goes with a broken one.
fn is_nested(format: &str) -> bool {
    matches!(format, "github")
}

/// Ten damages to a whole file. It is refused or rejected with a reason, or unharmed: nothing is made up.
pub fn whole_file(good: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let (middle, end) = (good.len() / 2, good.len());
    let zeroed = |range: Range<usize>| {
        let mut bytes = good.to_vec();
        bytes[range.start..range.end.min(end)].fill(0);
        bytes
    };
    let utf_16 = String::from_utf8_lossy(good).encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("empty", Vec::new()),
        ("its first half", good[..middle].to_vec()),
        ("its first nine tenths", good[..end * 9 / 10].to_vec()),
        ("its second half", good[middle..].to_vec()),
        ("zeroes at its beginning", zeroed(0..16)),
        ("zeroes in its middle", zeroed(middle..middle + 64)),
        ("zeroes at its end", zeroed(end.saturating_sub(64)..end)),
        ("nothing but zeroes", zeroed(0..end)),
        ("lines of words in its place", b"the file was lost\nand nobody knows where\n".to_vec()),
        ("UTF-16", utf_16),
    ]
}

fn matches<'b>(bytes: &'b [u8], part: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    (0..bytes.len()).filter(move |at| !part.is_empty() && bytes[*at..].starts_with(part))
}
