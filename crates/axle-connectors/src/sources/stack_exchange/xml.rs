//! The rows of a dump's XML files, as a stream.

use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::input::{Walk, unreadable};
use crate::read::LONGEST_RECORD;
use crate::{Member, SourceError};

const DEEPEST: usize = 16;
/// Each file's outermost element, and what its rows are.
pub(super) const FILES: [(&str, &str); 8] = [
    ("posts", "post"),
    ("users", "user"),
    ("comments", "comment"),
    ("votes", "vote"),
    ("badges", "badge"),
    ("postlinks", "post_link"),
    ("tags", "tag"),
    ("posthistory", "post_history"),
];

/// Where a file could not be read on.
pub(super) struct Stop {
    pub(super) is_export: bool,
    pub(super) position: u64,
    pub(super) reason: String,
    pub(super) rest: Vec<u8>,
}

pub(super) type OnRow<'f> = dyn FnMut(&'static str, u64, &BytesStart<'_>) -> Result<Walk, SourceError> + 'f;

/// Hands each row to `on_row` with its kind and position. `Some` when the file ends early, is not XML, or is no file
/// of the dump; the rows before that point have been handed on.
pub(super) fn rows(member: Member<'_>, on_row: &mut OnRow<'_>) -> Result<Option<Stop>, SourceError> {
    let path = member.path;
    let mut reader = Reader::from_reader(Bounded { inner: member.bytes, left: LONGEST_RECORD });
    let mut buffer = Vec::new();
    let (mut kind, mut depth, mut position) = (None, 0, 0);
    let reason = loop {
        buffer.clear();
        reader.get_mut().left = LONGEST_RECORD;
        let (element, is_open) = match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(_)) => {
                depth -= 1;
                continue;
            }
            Ok(Event::DocType(_)) => break "a document type definition is not read".to_owned(),
            Ok(Event::Eof) if depth > 0 => break "the file ends before its last element is closed".to_owned(),
            Ok(Event::Eof) if kind.is_none() => break "not XML: no element".to_owned(),
            Ok(Event::Eof) => return Ok(None),
            Ok(_) => continue,
            Err(quick_xml::Error::Io(cause)) if cause.kind() != io::ErrorKind::InvalidData => {
                return Err(unreadable(path, io::Error::new(cause.kind(), cause.to_string())));
            }
            Err(error) => break format!("not well-formed XML: {error}"),
        };
        if depth == 0 {
            let root = element.local_name().as_ref().to_ascii_lowercase();
            kind = FILES.iter().find(|(name, _)| *name == root).map(|(_, kind)| *kind);
            if kind.is_none() {
                break format!("`{root}` is no file of a data dump");
            }
        } else if depth == 1 && element.local_name().as_ref() == "row" {
            position += 1;
            if on_row(kind.unwrap_or_default(), position, &element)? == Walk::Enough {
                return Ok(None);
            }
        }
        depth += usize::from(is_open);
        if depth > DEEPEST {
            break format!("more than {DEEPEST} elements inside each other");
        }
    };
    buffer.truncate(1 << 16);
    Ok(Some(Stop { is_export: kind.is_some(), position: position + 1, reason, rest: buffer }))
}

/// Ends with an error where one element would take more than the bytes left.
struct Bounded<'a> {
    inner: &'a mut dyn BufRead,
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an element longer than 64 MiB"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}
