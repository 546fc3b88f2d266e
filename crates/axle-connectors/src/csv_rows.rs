//! Rows of CSV, of which one whose quotes are broken does not take its neighbours with it.
//!
//! A quote that is never closed swallows the lines below it. Such a row gives itself away: it covers several lines, and
//! has an odd number of quotes or not as many cells as the row before it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::rc::Rc;

use csv::ByteRecord;

/// How much is read before what was handed on is forgotten.
const HELD: usize = 256 << 10;

/// One row.
pub struct CsvRow {
    /// Line of the file, from 1. Blank lines before a row count as its beginning.
    pub line: u64,
    /// Its cells, or what stands there when its quotes are broken.
    pub cells: Result<ByteRecord, Vec<u8>>,
}

/// The reason for which a row without cells is rejected.
pub const BROKEN_QUOTES: &str = "a quote is opened and not closed";

/// Reads rows of any number of cells; the first one is no header to it.
pub struct CsvRows<R> {
    reader: csv::Reader<Held<R>>,
    held: Rc<RefCell<Bytes>>,
    delimiter: u8,
    /// Cells of the row before.
    width: usize,
    found: VecDeque<CsvRow>,
}

/// Keeps what passes through.
struct Held<R> {
    inner: R,
    bytes: Rc<RefCell<Bytes>>,
}

#[derive(Default)]
struct Bytes {
    /// Where in the file the kept ones begin.
    start: u64,
    kept: Vec<u8>,
}

impl<R: Read> Read for Held<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.borrow_mut().kept.extend_from_slice(&buffer[..count]);
        Ok(count)
    }
}

impl Bytes {
    fn forget_before(&mut self, position: u64) {
        let count = usize::try_from(position.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.kept.len());
        self.kept.drain(..count);
        self.start += count as u64;
    }

    /// What stands between these positions, if that is several lines.
    fn lines_between(&self, from: u64, to: u64) -> Option<Vec<u8>> {
        let at = |position: u64| {
            usize::try_from(position.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.kept.len())
        };
        let bytes = &self.kept[at(from)..at(to).max(at(from))];
        bytes.trim_ascii().contains(&b'\n').then(|| bytes.to_vec())
    }
}

impl<R: Read> CsvRows<R> {
    /// Rows of a file with that delimiter. `width`: how many cells a row has, where a header said so; else 0.
    pub fn new(bytes: R, delimiter: u8, width: usize) -> Self {
        let held = Rc::new(RefCell::new(Bytes::default()));
        let reader = reader(delimiter).from_reader(Held { inner: bytes, bytes: Rc::clone(&held) });
        Self { reader, held, delimiter, width, found: VecDeque::new() }
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> Result<Option<CsvRow>, csv::Error> {
        if let Some(row) = self.found.pop_front() {
            return Ok(Some(row));
        }
        let mut record = ByteRecord::new();
        if !self.reader.read_byte_record(&mut record)? {
            return Ok(None);
        }
        let (line, start) = record.position().map_or((0, 0), |position| (position.line(), position.byte()));
        let end = self.reader.position().byte();
        let lines = self.held.borrow().lines_between(start, end);
        if let Some(bytes) = lines {
            self.cut(line, &bytes, record.len())?;
        }
        if self.held.borrow().kept.len() > HELD {
            self.held.borrow_mut().forget_before(end);
        }
        if let Some(row) = self.found.pop_front() {
            return Ok(Some(row));
        }
        self.width = record.len();
        Ok(Some(CsvRow { line, cells: Ok(record) }))
    }

    /// Finds the rows that one has swallowed. Whether its quotes are even tells how it is broken: where they are not,
    /// its first line is, and those below are read anew.
    fn cut(&mut self, line: u64, bytes: &[u8], cells: usize) -> Result<(), csv::Error> {
        let is_even = bytes.iter().filter(|byte| **byte == b'"').count().is_multiple_of(2);
        if is_even && (cells == self.width || self.width < 2) {
            return Ok(());
        }
        if is_even {
            self.found.extend(self.whole_rows(line, bytes));
            return Ok(());
        }
        let blank = bytes.len() - bytes.trim_ascii_start().len();
        let end = bytes[blank..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| blank + end + 1);
        self.found.push_back(CsvRow { line, cells: Err(bytes[..end].to_vec()) });
        let above = line + bytes[..end].iter().filter(|byte| **byte == b'\n').count() as u64 - 1;
        let mut below = CsvRows::new(&bytes[end..], self.delimiter, self.width);
        while let Some(row) = below.next_row()? {
            self.found.push_back(CsvRow { line: above + row.line, ..row });
        }
        Ok(())
    }

    /// The lines cut apart where one is a row by itself; nothing if none is.
    fn whole_rows(&self, line: u64, bytes: &[u8]) -> Vec<CsvRow> {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let rows: Vec<Option<ByteRecord>> = lines.iter().map(|line| self.whole_row(line)).collect();
        let mut found: Vec<CsvRow> = Vec::new();
        if rows.iter().all(Option::is_none) {
            return found;
        }
        for (line, (bytes, row)) in (line..).zip(lines.into_iter().zip(rows)) {
            match (row, found.last_mut()) {
                (Some(record), _) => found.push(CsvRow { line, cells: Ok(record) }),
                (None, Some(CsvRow { cells: Err(kept), .. })) => kept.extend_from_slice(bytes),
                (None, _) if bytes.trim_ascii().is_empty() => {}
                (None, _) => found.push(CsvRow { line, cells: Err(bytes.to_vec()) }),
            }
        }
        found
    }

    /// The line as a row of as many cells as the one before, if it is one by itself.
    fn whole_row(&self, line: &[u8]) -> Option<ByteRecord> {
        let is_closed = line.iter().filter(|byte| **byte == b'"').count().is_multiple_of(2);
        let mut record = ByteRecord::new();
        let is_row = is_closed && reader(self.delimiter).from_reader(line).read_byte_record(&mut record).ok()?;
        (is_row && record.len() == self.width).then_some(record)
    }
}

fn reader(delimiter: u8) -> csv::ReaderBuilder {
    let mut reader = csv::ReaderBuilder::new();
    reader.has_headers(false).flexible(true).delimiter(delimiter);
    reader
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of a table, cells parted by bars, with their lines; broken ones as `!`.
    fn rows(table: &str) -> Vec<String> {
        let mut rows = CsvRows::new(table.as_bytes(), b',', 0);
        let mut read = Vec::new();
        while let Some(row) = rows.next_row().unwrap() {
            read.push(match row.cells {
                Ok(cells) => {
                    let cells: Vec<_> = cells.iter().map(String::from_utf8_lossy).collect();
                    format!("{} {}", row.line, cells.join("|"))
                }
                Err(bytes) => format!("{} !{}", row.line, String::from_utf8_lossy(&bytes).trim_end()),
            });
        }
        read
    }

    #[test]
    fn a_broken_quote_takes_no_neighbours() {
        let good = "a,b,c\n1,\"two\nlines\",3\n4,5,6\n";
        assert_eq!(rows(good), ["1 a|b|c", "2 1|two\nlines|3", "4 4|5|6"]);
        for (broken, row) in [("1,\"2,3", "2 !1,\"2,3"), ("1,2,\"3", "2 !1,2,\"3"), ("\"1,2,3", "2 !\"1,2,3")] {
            assert_eq!(
                rows(&format!("a,b,c\n{broken}\n4,5,6\n7,8,9\n")),
                ["1 a|b|c", row, "3 4|5|6", "4 7|8|9"],
                "{broken}"
            );
        }
        assert_eq!(rows("a,b,c\n1,2,\"3\n\"4\",\"5\",\"6\"\n7,8,9\n"), ["1 a|b|c", "2 !1,2,\"3", "3 4|5|6", "4 7|8|9"]);
        assert_eq!(rows("a,b,c\n1,5\" pipe,3\n4,5,6\n"), ["1 a|b|c", "2 1|5\" pipe|3", "3 4|5|6"]);
    }
}
