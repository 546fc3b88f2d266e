//! Damages to rows, messages and events that are written as text.

use std::ops::Range;

use super::{Damage, Expect, damage, rejected};

/// The offset of a line, counted from 1.
pub fn line_start(bytes: &[u8], line: usize) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(ends).nth(line.checked_sub(1)?)
}

/// Where the first `sign` ends.
pub fn end_of(bytes: &[u8], sign: &[u8]) -> Option<usize> {
    bytes.windows(sign.len()).position(|window| window == sign).map(|at| at + sign.len())
}

/// A row of CSV without its line's end: the nth line, or the nth row where rows are counted.
pub fn row_span(bytes: &[u8], unit: &str, position: usize) -> Option<Range<usize>> {
    let start = if unit == "line" {
        line_start(bytes, position)?
    } else {
        (1..position).try_fold(0, |start, _| Some(end_of_row(bytes, start)? + 1))?
    };
    let end = end_of_row(bytes, start)?;
    Some(start..if bytes[..end].ends_with(b"\r") { end - 1 } else { end })
}

fn end_of_row(bytes: &[u8], start: usize) -> Option<usize> {
    let mut quoted = false;
    let end = bytes[start..].iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    Some(start + end.unwrap_or(bytes.len() - start)).filter(|end| *end > start)
}

pub fn xml(good: &[u8]) -> Vec<Damage> {
    let row = std::str::from_utf8(good).unwrap();
    let with = |attribute: &str| row.replace("/>", &format!("{attribute} />"));
    let time = if row.contains(" CreationDate=") { "CreationDate" } else { "Date" };
    let mut not_utf_8 = with("Odd=\"?\"").into_bytes();
    let at = not_utf_8.iter().rposition(|byte| *byte == b'?').unwrap();
    not_utf_8[at] = 0xff;
    vec![
        rejected("a quote that does not close", row.replacen("\" ", " ", 1)),
        rejected("an entity that nobody defined", with("Odd=\"&two;\"")),
        rejected("without its id", attribute(row, "Id", None)),
        rejected("an id that is no number", attribute(row, "Id", Some("abc"))),
        rejected("a time that is none", attribute(row, time, Some("someday"))),
        rejected("the beginning of all clocks", attribute(row, time, Some("1970-01-02T00:00:00.000"))),
        rejected("a time a lifetime ahead", attribute(row, time, Some("2107-01-01T00:00:00.000"))),
        rejected("an attribute twice", with("Id=\"1\"")),
        rejected("an attribute without a value", with("Odd")),
        rejected("a value without quotes", with("Odd=1")),
        rejected("a byte that is no UTF-8", not_utf_8),
        rejected("another element", row.replacen("<row", "<rwo", 1)),
        rejected("without its first bracket", &good[1..]),
        rejected("cut in half", &good[..good.len() / 2]),
        damage("without its last slash", row.replace("/>", ">"), Expect::Unchanged),
        damage(
            "ten megabytes that nobody reads",
            with(&format!("Odd=\"{}\"", "a".repeat(10 << 20))),
            Expect::Unchanged,
        ),
    ]
}

fn attribute(row: &str, name: &str, value: Option<&str>) -> String {
    let start = row.find(&format!(" {name}=\"")).unwrap();
    let open = start + name.len() + 3;
    let close = open + row[open..].find('"').unwrap();
    let new = value.map_or_else(String::new, |value| format!(" {name}=\"{value}\""));
    format!("{}{new}{}", &row[..start], &row[close + 1..])
}

pub fn table(format: &str, file: &[u8], span: &Range<usize>, entries: &[String]) -> Vec<Damage> {
    let good = &file[span.clone()];
    let header: &[u8] = file.split(|byte| *byte == b'\n').next().unwrap();
    let delimiter = if header.contains(&b';') { b';' } else { b',' };
    let row = Row::of(good, delimiter);
    let last = row.cells.len() - 1;
    // An attendance list's rows have no form of their own: what is gone or odd there is a person of fewer words.
    let (is_list, is_last) = (format == "attendance", file[span.end..].trim_ascii().is_empty());
    let unless_list = if is_list { Expect::OthersUnharmed } else { Expect::Rejected };
    let quotes = match (good.contains(&b'\n'), is_last) {
        (true, _) => Expect::RejectedInParts,
        (false, true) => Expect::OthersUnharmed,
        (false, false) => Expect::Rejected,
    };
    // A file may end with a row whose last cells are left off.
    let cut = match quotes {
        Expect::Rejected => unless_list,
        in_parts_or_last => in_parts_or_last,
    };
    let many = row.written(&[&row.cells[..], &[b"one".to_vec(), b"too many".to_vec()]].concat());
    let open_last = [&row.written(&row.cells[..last]), &[delimiter, b'"'][..], &row.cells[last]].concat();
    let mut damages = vec![
        damage(
            "a quote that does not close",
            without_a_quote(good),
            if is_list { Expect::OthersUnharmed } else { quotes },
        ),
        damage("a quote that opens in its last cell", open_last, quotes),
        damage("too many cells", many, unless_list),
        damage("cut in half", &good[..good.len() / 2], cut),
        damage("a line of words in its place", "the row was lost", unless_list),
        damage("its first two cells", row.written(&row.cells[..2]), unless_list),
        damage("its cells in quotes", row.written(&row.cells), Expect::Unchanged),
        damage(
            "ten megabytes in its last cell",
            row.with(|at, cell| if at == last { vec![b'1'; 10 << 20] } else { cell.to_vec() }),
            Expect::OthersUnharmed,
        ),
    ];
    if row.cells.iter().any(|cell| is_date(cell)) {
        // Of somebody who will not come no time is read.
        let tells = !is_list || entries.iter().any(|entry| entry.contains("\"attendance\""));
        let expect = if tells { Expect::Rejected } else { Expect::OthersUnharmed };
        for (name, date) in [
            ("a time that is none", "25:99 2-2-2"),
            ("a thirteenth month", "2024-13-13 10:00"),
            ("the thirty-first of February", "2024-02-31 10:00"),
            ("a word for its time", "soon 0000:"),
        ] {
            let changed = row.with(|_, cell| if is_date(cell) { date.into() } else { cell.to_vec() });
            damages.push(damage(name, changed, expect));
        }
    }
    if format == "discord-csv" {
        let has_id = String::from_utf8_lossy(header).contains("AuthorID");
        let is_author = |at: usize| at == 0 || (has_id && at == 1);
        damages
            .push(rejected("from nobody", row.with(|at, cell| if is_author(at) { Vec::new() } else { cell.to_vec() })));
        let not_utf_8 = row.with(|at, cell| if at == usize::from(has_id) { vec![0xff] } else { cell.to_vec() });
        damages.push(rejected("a byte that is no UTF-8", not_utf_8));
    }
    if is_list {
        let nobody = row.with(|_, cell| if is_date(cell) { cell.to_vec() } else { Vec::new() });
        damages.push(damage("of nobody", nobody, Expect::OthersUnharmed));
    }
    damages
}

fn is_date(cell: &[u8]) -> bool {
    let text = String::from_utf8_lossy(cell);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let begins = text.starts_with(|c: char| c.is_ascii_digit());
    digits >= 4 && text.len() < 40 && begins && text.contains([':', '-'])
}

/// The row without the quote that closes its first cell, or with one more at its beginning.
fn without_a_quote(good: &[u8]) -> Vec<u8> {
    match good.strip_prefix(b"\"") {
        Some(rest) => {
            let close = rest.iter().position(|byte| *byte == b'"').unwrap();
            [b"\"", &rest[..close], &rest[close + 1..]].concat()
        }
        None => [b"\"", good].concat(),
    }
}

struct Row {
    cells: Vec<Vec<u8>>,
    delimiter: u8,
}

impl Row {
    fn of(good: &[u8], delimiter: u8) -> Self {
        let mut record = csv::ByteRecord::new();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(good);
        assert!(reader.read_byte_record(&mut record).unwrap());
        Self { cells: record.iter().map(<[u8]>::to_vec).collect(), delimiter }
    }

    /// Every cell in quotes.
    fn written(&self, cells: &[Vec<u8>]) -> Vec<u8> {
        let quoted: Vec<Vec<u8>> = cells
            .iter()
            .map(|cell| {
                [b"\"", &cell.split(|byte| *byte == b'"').collect::<Vec<_>>().join(&b"\"\""[..])[..], b"\""].concat()
            })
            .collect();
        quoted.join(&self.delimiter)
    }

    fn with(&self, cell: impl Fn(usize, &[u8]) -> Vec<u8>) -> Vec<u8> {
        self.written(&self.cells.iter().enumerate().map(|(at, value)| cell(at, value)).collect::<Vec<_>>())
    }
}

pub fn mail(good: &[u8]) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (name, header, value) in [
        ("from nobody", "From", None),
        ("from an empty address", "From", Some("")),
        ("from brackets without an address", "From", Some("<>")),
        ("from a bracket alone", "From", Some("<")),
        ("without a time", "Date", None),
        ("an empty time", "Date", Some("")),
        ("a time that is none", "Date", Some("someday")),
        ("the beginning of all clocks", "Date", Some("Thu, 01 Jan 1970 00:00:00 +0000")),
        ("a time a lifetime ahead", "Date", Some("Sat, 01 Jan 2107 00:00:00 +0000")),
        ("a month that is none", "Date", Some("Wed, 01 Foo 2024 12:00:00 +0000")),
        ("a day that is none", "Date", Some("Wed, 45 May 2024 12:00:00 +0000")),
    ] {
        damages.push(rejected(name, set_header(good, header, value)));
    }
    let from = end_of(good, b"\nFrom: ").unwrap();
    let from_ends = from + end_of(&good[from..], b"\n").unwrap();
    let start = end_of(good, b"\n").unwrap();
    let only_from = [&good[..start], b"From: ", &good[from..from_ends], b"\n"].concat();
    damages.push(rejected("cut behind its sender", only_from));
    damages.push(damage("ten megabytes of words", [good, &vec![b'a'; 10 << 20], b"\n\n"].concat(), Expect::Kept));
    damages
}

fn set_header(message: &[u8], name: &str, value: Option<&str>) -> Vec<u8> {
    let sign = format!("\n{name}:");
    let start = end_of(message, sign.as_bytes()).unwrap() - sign.len();
    let end = start + 1 + message[start + 1..].iter().position(|byte| *byte == b'\n').unwrap();
    let new = value.map_or_else(String::new, |value| format!("\n{name}: {value}"));
    [&message[..start], new.as_bytes(), &message[end..]].concat()
}

pub fn calendar(good: &[u8]) -> Vec<Damage> {
    let event = std::str::from_utf8(good).unwrap();
    let set = |name: &str, new: Option<&str>| {
        let kept = event.lines().filter_map(|line| if line.starts_with(name) { new } else { Some(line) });
        kept.collect::<Vec<_>>().join("\n")
    };
    let with = |line: &str| event.replacen("END:VEVENT", &format!("{line}\nEND:VEVENT"), 1);
    vec![
        rejected("without an id", set("UID", None)),
        rejected("an empty id", set("UID", Some("UID:"))),
        rejected("without a start", set("DTSTART", None)),
        rejected("an empty start", set("DTSTART", Some("DTSTART:"))),
        rejected("a start that is no time", set("DTSTART", Some("DTSTART:soon"))),
        rejected("a thirteenth month", set("DTSTART", Some("DTSTART:20241301T100000Z"))),
        rejected("the thirty-first of February", set("DTSTART", Some("DTSTART:20240231T100000Z"))),
        rejected("without its end", set("END:VEVENT", None)),
        rejected("without its beginning", set("BEGIN:VEVENT", None)),
        rejected("another beginning", set("BEGIN:VEVENT", Some("BEGIN:VEVNET"))),
        damage("an alarm that does not end", with("BEGIN:VALARM"), Expect::OthersUnharmed),
        rejected("cut in half", &good[..good.len() / 2]),
        damage("a property that nobody knows", with("X-ODD:\u{7}"), Expect::Unchanged),
        damage("ten megabytes that nobody reads", with(&format!("X-ODD:{}", "a".repeat(10 << 20))), Expect::Unchanged),
    ]
}

pub fn mailmap() -> Vec<Damage> {
    let lines = ["<", ">", "Name", "Name <", "Name >", "Name <a@b.example", "Name a@b.example>", "{}", "7", "\u{0}"];
    lines.into_iter().map(|line| rejected(line, line)).collect()
}
