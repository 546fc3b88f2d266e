//! The rows of a dump's XML files, as a stream.
//!
//! An attribute cannot hold `<`, so a file is cut at each of them: a row that is broken, whatever is wrong with its
//! quotes and its end, is alone.

use std::io::{self, BufRead};

use quick_xml::events::BytesStart;

use crate::input::{Walk, unreadable};
use crate::read::LONGEST_RECORD;
use crate::{Member, SourceError};

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

const BETWEEN_ROWS: &str = "text stands between the rows";

/// A row, or why it is none and what stands there.
pub(super) type Row<'a> = Result<BytesStart<'a>, (String, &'a [u8])>;

pub(super) type OnRow<'f> = dyn FnMut(&'static str, u64, Row<'_>) -> Result<Walk, SourceError> + 'f;

/// Hands each row to `on_row` with its kind and position. `Some` when the file ends early, is not XML, or is no file
/// of the dump; the rows before that point have been handed on.
pub(super) fn rows(member: Member<'_>, on_row: &mut OnRow<'_>) -> Result<Option<Stop>, SourceError> {
    let path = member.path;
    let mut markups = Markups { bytes: member.bytes, is_first: true, at_end: false };
    let mut root: Option<(String, &'static str)> = None;
    let (mut is_open, mut position, mut last) = (false, 0, Vec::new());
    let reason = loop {
        let Some(markup) = markups.next().map_err(|cause| unreadable(path, cause))? else {
            match root {
                None => break "not XML: no element".to_owned(),
                Some(_) if is_open => break "the file ends before its last element is closed".to_owned(),
                Some(_) => return Ok(None),
            }
        };
        let name = name_of(&markup);
        match &root {
            _ if markup.starts_with(b"!DOCTYPE") => break "a document type definition is not read".to_owned(),
            Some((root, _)) if markup.starts_with(b"/") => is_open &= name[1..] != **root,
            Some((_, kind)) => {
                let (row, behind) = row(&name, &markup);
                // Of a row that is cut off, the file's end need not be told as well.
                is_open &= row.is_ok() || !markups.at_end;
                position += 1;
                if on_row(kind, position, row)? == Walk::Enough {
                    return Ok(None);
                }
                if let Some(behind) = behind {
                    position += 1;
                    on_row(kind, position, Err((BETWEEN_ROWS.to_owned(), behind)))?;
                }
            }
            None => match FILES.iter().find(|(root, _)| *root == name.to_ascii_lowercase()) {
                Some((_, kind)) => {
                    let end = markup.iter().position(|byte| *byte == b'>').map_or(markup.len(), |end| end + 1);
                    is_open = !markup[..end].ends_with(b"/>");
                    root = Some((name, kind));
                    let behind = markup[end..].trim_ascii();
                    if !behind.is_empty() {
                        position += 1;
                        on_row(kind, position, Err((BETWEEN_ROWS.to_owned(), behind)))?;
                    }
                }
                None => {
                    last = markup;
                    break format!("`{name}` is no file of a data dump");
                }
            },
        }
    };
    last.truncate(1 << 16);
    Ok(Some(Stop { is_export: root.is_some(), position: position + 1, reason, rest: last }))
}

/// The name of an element, with the slash of one that closes.
fn name_of(markup: &[u8]) -> String {
    let end = markup.iter().skip(1).position(|byte| byte.is_ascii_whitespace() || b"/>".contains(byte));
    String::from_utf8_lossy(&markup[..end.map_or(markup.len(), |end| end + 1)]).into_owned()
}

/// The row of this markup, and what stands behind it.
fn row<'m>(name: &str, markup: &'m [u8]) -> (Row<'m>, Option<&'m [u8]>) {
    let broken = |reason: &str| (Err((reason.to_owned(), markup)), None);
    if markup.len() >= LONGEST_RECORD {
        return broken("an element longer than 64 MiB");
    }
    if name != "row" {
        return broken("not a row");
    }
    let mut quote = None;
    let end = markup.iter().position(|byte| {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
        quote.is_none() && *byte == b'>'
    });
    let Some(end) = end else { return broken("the row does not end, or its quotes do not") };
    let Ok(content) = std::str::from_utf8(&markup[..end]) else { return broken("the row is not UTF-8") };
    let behind = markup[end + 1..].trim_ascii();
    let content = content.strip_suffix('/').unwrap_or(content);
    (Ok(BytesStart::from_content(content, name.len())), (!behind.is_empty()).then_some(behind))
}

/// Everything that begins with `<`, without it: elements with the text behind them. Declarations and comments are
/// passed over.
struct Markups<'a> {
    bytes: &'a mut dyn BufRead,
    is_first: bool,
    at_end: bool,
}

impl Markups<'_> {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        // Before the first one stands no element, but perhaps a byte order mark.
        let mut is_passed_over = std::mem::take(&mut self.is_first);
        let mut in_comment = false;
        loop {
            let Some(markup) = self.cut()? else { return Ok(None) };
            in_comment |= markup.starts_with(b"!--");
            if !in_comment && !is_passed_over && !markup.starts_with(b"?") {
                return Ok(Some(markup));
            }
            is_passed_over = false;
            in_comment &= !markup.windows(3).any(|window| window == b"-->");
        }
    }

    /// The bytes up to the next `<`, at most [`LONGEST_RECORD`] of them.
    fn cut(&mut self) -> io::Result<Option<Vec<u8>>> {
        if self.at_end {
            return Ok(None);
        }
        let mut markup = Vec::new();
        loop {
            let chunk = self.bytes.fill_buf()?;
            if chunk.is_empty() {
                self.at_end = true;
                return Ok(Some(markup));
            }
            let end = chunk.iter().position(|byte| *byte == b'<');
            let used = end.unwrap_or(chunk.len());
            let room = LONGEST_RECORD - markup.len();
            markup.extend_from_slice(&chunk[..used.min(room)]);
            self.bytes.consume(end.map_or(used, |end| end + 1));
            if end.is_some() {
                return Ok(Some(markup));
            }
        }
    }
}
