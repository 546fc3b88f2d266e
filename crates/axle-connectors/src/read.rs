//! Cutting members into records: lines and whole members. Shared by the sources; JSON documents are cut in
//! [`crate::json`].

use std::io::{BufRead, Read};
use std::sync::Arc;

use crate::input::unreadable;
use crate::source::Place;
use crate::{Member, SourceError};

/// The longest line or record that is read; a longer one is cut there, and then rejected as broken.
pub const LONGEST_RECORD: usize = 64 << 20;

/// Hands each line to `line` with its number from 1, without its end; blank lines are passed over. A byte order mark
/// is dropped. A line over [`LONGEST_RECORD`] is handed on cut.
pub fn lines(
    member: Member<'_>,
    line: &mut dyn FnMut(u64, Vec<u8>) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let mut number = 0;
    loop {
        let mut buffer = Vec::with_capacity(512);
        let count = (&mut *member.bytes)
            .take(LONGEST_RECORD as u64)
            .read_until(b'\n', &mut buffer)
            .map_err(|cause| unreadable(member.path, cause))?;
        if count == 0 {
            return Ok(());
        }
        number += 1;
        if count == LONGEST_RECORD && buffer.last() != Some(&b'\n') {
            skip_line(member.bytes).map_err(|cause| unreadable(member.path, cause))?;
        }
        while matches!(buffer.last(), Some(b'\n' | b'\r')) {
            buffer.pop();
        }
        if number == 1 && buffer.starts_with(b"\xef\xbb\xbf") {
            buffer.drain(..3);
        }
        if !buffer.iter().all(u8::is_ascii_whitespace) {
            line(number, buffer)?;
        }
    }
}

fn skip_line(bytes: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let buffer = bytes.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        bytes.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// The whole member, at most `limit` bytes, without a byte order mark. Longer members end with an error.
pub fn whole(member: Member<'_>, limit: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    let count = member.bytes.take(limit + 1).read_to_end(&mut bytes).map_err(|cause| unreadable(member.path, cause))?;
    if count as u64 > limit {
        return Err(SourceError::TooLarge(format!("{}: larger than {} MiB", member.path, limit >> 20)));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    Ok(bytes)
}

/// Names places inside one member.
pub struct Places {
    file: Arc<str>,
    unit: &'static str,
}

impl Places {
    /// Places in `file`, counted in `unit`s.
    pub fn new(file: &str, unit: &'static str) -> Self {
        Self { file: file.into(), unit }
    }

    /// The place at a position, counted from 1.
    pub fn at(&self, position: u64) -> Place {
        Place { file: Arc::clone(&self.file), unit: self.unit, position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_numbers_and_no_ends() {
        let mut bytes = "\u{feff}one\r\n\n  \ntwo".as_bytes();
        let mut read = Vec::new();
        lines(Member { path: "a", bytes: &mut bytes }, &mut |number, line| {
            read.push((number, String::from_utf8(line).unwrap()));
            Ok(())
        })
        .unwrap();
        assert_eq!(read, [(1, "one".to_owned()), (4, "two".to_owned())]);
    }
}
