//! Cutting JSON documents into their items, however broken one of them is.
//!
//! A document is cut by its brackets and strings alone, so that an item that is no JSON is one broken item and its
//! neighbours are read. Three rules find the way back: a raw line break ends a string, since JSON allows none inside;
//! a closing bracket closes what stands open inside it; and where a broken item has swallowed others, those that
//! begin a line as it did are cut out of it again.

use std::io::{BufRead, Read};

use serde_json::value::RawValue;

use crate::input::unreadable;
use crate::read::LONGEST_RECORD;
use crate::{Member, SourceError};

/// A part of a JSON document that is read as a stream.
pub enum JsonPart<'a> {
    /// A field of the outermost object that is not streamed.
    Field(&'a str, &'a RawValue),
    /// An item of the list in that field (`""` when the document is a list), counted from 1.
    Item(&'a str, u64, &'a RawValue),
    /// What stands where that field, or an item of that list, should: the item's number, why it is none, and the bytes.
    Broken(&'a str, u64, String, &'a [u8]),
}

/// Receives parts; an error stops the reading.
type Sink<'s> = dyn FnMut(JsonPart<'_>) -> Result<(), SourceError> + 's;

/// Reads a JSON document that is a list, or an object of which the lists named in `lists` are large, one item at a
/// time and in the document's order. What is broken comes as [`JsonPart::Broken`], once for each place.
pub fn json_stream(member: Member<'_>, lists: &[&str], part: &mut Sink<'_>) -> Result<(), SourceError> {
    let mut document =
        Document { path: member.path, bytes: member.bytes, indent: None, position: 0, is_told: false, part };
    let head = document.bytes.fill_buf().map_err(|cause| unreadable(document.path, cause))?;
    if head.starts_with(b"\xef\xbb\xbf") {
        document.bytes.consume(3);
    }
    match document.next()? {
        Some(b'[') => {
            document.bytes.consume(1);
            document.items("")?;
        }
        Some(b'{') => {
            document.bytes.consume(1);
            document.fields(lists)?;
        }
        _ => return document.rest("neither a JSON object nor a list"),
    }
    match document.next()? {
        None => Ok(()),
        Some(_) => document.rest("something stands behind the JSON document"),
    }
}

struct Document<'m, 's> {
    path: &'m str,
    bytes: &'m mut dyn BufRead,
    /// The blanks before the next byte, where it is the first of its line.
    indent: Option<Vec<u8>>,
    /// Items met so far.
    position: u64,
    /// Whether something broken was told of: that the document then ends too early follows from it.
    is_told: bool,
    part: &'m mut Sink<'s>,
}

impl Document<'_, '_> {
    /// The next byte that is not blank; it is not consumed.
    fn next(&mut self) -> Result<Option<u8>, SourceError> {
        loop {
            let head = self.bytes.fill_buf().map_err(|cause| unreadable(self.path, cause))?;
            let Some(byte) = head.first().copied() else { return Ok(None) };
            match byte {
                b'\n' => self.indent = Some(Vec::new()),
                b' ' | b'\t' | b'\r' => self.indent.iter_mut().for_each(|indent| indent.push(byte)),
                _ => return Ok(Some(byte)),
            }
            self.bytes.consume(1);
        }
    }

    fn skip(&mut self) {
        self.bytes.consume(1);
        self.indent = None;
    }

    fn broken(&mut self, name: &str, reason: &str, bytes: &[u8]) -> Result<(), SourceError> {
        self.is_told = true;
        (self.part)(JsonPart::Broken(name, self.position + 1, reason.to_owned(), bytes))
    }

    fn ends(&mut self, name: &str) -> Result<(), SourceError> {
        if self.is_told { Ok(()) } else { self.broken(name, "the document ends before it is closed", b"") }
    }

    fn stray(&mut self, name: &str, bracket: &[u8]) -> Result<(), SourceError> {
        self.skip();
        self.broken(name, "a bracket closes what nothing opened", bracket)
    }

    fn rest(&mut self, reason: &str) -> Result<(), SourceError> {
        let mut rest = Vec::new();
        let read = (&mut *self.bytes).take(LONGEST_RECORD as u64).read_to_end(&mut rest);
        read.map_err(|cause| unreadable(self.path, cause))?;
        self.broken("", reason, &rest)
    }

    fn fields(&mut self, lists: &[&str]) -> Result<(), SourceError> {
        loop {
            match self.next()? {
                None => return self.ends(""),
                Some(b',') => self.skip(),
                Some(b'}') => {
                    self.skip();
                    return Ok(());
                }
                Some(b']') => self.stray("", b"]")?,
                Some(_) => {
                    let name = self.value()?;
                    match serde_json::from_slice::<String>(&name) {
                        Ok(name) if self.next()? == Some(b':') => {
                            self.skip();
                            self.field(&name, lists)?;
                        }
                        _ => self.broken("", "a field without name or value", &name)?,
                    }
                }
            }
        }
    }

    fn field(&mut self, name: &str, lists: &[&str]) -> Result<(), SourceError> {
        let (is_streamed, next) = (lists.contains(&name), self.next()?);
        if is_streamed && next == Some(b'[') {
            self.skip();
            return self.items(name);
        }
        let bytes = self.value()?;
        match only_value(&bytes) {
            Ok(value) if !is_streamed => (self.part)(JsonPart::Field(name, value)),
            Ok(value) if value.get() == "null" => Ok(()),
            Ok(_) => self.broken(name, &format!("`{name}` is not a list"), &bytes),
            Err(reason) => self.broken(name, &format!("`{name}`: {reason}"), &bytes),
        }
    }

    fn items(&mut self, list: &str) -> Result<(), SourceError> {
        self.position = 0;
        loop {
            match self.next()? {
                None => return self.ends(list),
                Some(b',') => self.skip(),
                Some(b']') => {
                    self.skip();
                    return Ok(());
                }
                Some(b'}') => self.stray(list, b"}")?,
                Some(_) => {
                    let indent = self.indent.take();
                    let bytes = self.value()?;
                    match only_value(&bytes) {
                        Ok(item) => self.item(list, item)?,
                        Err(_) => self.broken_item(list, &bytes, indent.as_deref())?,
                    }
                }
            }
        }
    }

    fn item(&mut self, list: &str, item: &RawValue) -> Result<(), SourceError> {
        self.position += 1;
        (self.part)(JsonPart::Item(list, self.position, item))
    }

    /// The broken item, and those that it has swallowed.
    fn broken_item(&mut self, list: &str, bytes: &[u8], indent: Option<&[u8]>) -> Result<(), SourceError> {
        for piece in pieces(bytes, indent) {
            match first_value(piece) {
                Ok(item) => self.item(list, item)?,
                Err(reason) => {
                    self.broken(list, &reason, piece)?;
                    self.position += 1;
                }
            }
        }
        Ok(())
    }

    /// The bytes of one value as its brackets say.
    fn value(&mut self) -> Result<Vec<u8>, SourceError> {
        self.indent = None;
        let (mut value, mut scan) = (Vec::new(), Scan::default());
        loop {
            let chunk = self.bytes.fill_buf().map_err(|cause| unreadable(self.path, cause))?;
            if chunk.is_empty() {
                return Ok(value);
            }
            let (used, is_done) = scan.take(chunk);
            let room = LONGEST_RECORD.saturating_sub(value.len());
            value.extend_from_slice(&chunk[..used.min(room)]);
            self.bytes.consume(used);
            if is_done {
                return Ok(value);
            }
        }
    }
}

/// Where one value ends.
#[derive(Default)]
struct Scan {
    /// The brackets that must close, the innermost last.
    open: Vec<u8>,
    in_string: bool,
    is_escaped: bool,
}

impl Scan {
    /// How many of these bytes belong to the value, and whether it ends behind them.
    fn take(&mut self, chunk: &[u8]) -> (usize, bool) {
        for (at, byte) in chunk.iter().enumerate() {
            if self.in_string {
                let ends = *byte == b'\n' || (*byte == b'"' && !self.is_escaped);
                self.is_escaped = *byte == b'\\' && !self.is_escaped;
                self.in_string = !ends;
                if ends && self.open.is_empty() {
                    return (at + 1, true);
                }
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' => self.open.push(b'}'),
                b'[' => self.open.push(b']'),
                b'}' | b']' => match self.open.iter().rposition(|open| open == byte) {
                    Some(opened) => {
                        self.open.truncate(opened);
                        if self.open.is_empty() {
                            return (at + 1, true);
                        }
                    }
                    // It closes what stands around the value.
                    None => return (at, true),
                },
                b',' | b' ' | b'\t' | b'\r' | b'\n' if self.open.is_empty() => return (at, true),
                _ => {}
            }
        }
        (chunk.len(), false)
    }
}

fn only_value(bytes: &[u8]) -> Result<&RawValue, String> {
    if bytes.len() >= LONGEST_RECORD {
        return Err(format!("longer than {} MiB", LONGEST_RECORD >> 20));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))
}

/// The value at the beginning, if nothing stands behind it but what follows when the list around it is closed.
fn first_value(bytes: &[u8]) -> Result<&RawValue, String> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(format!("not JSON: {error}")),
        None => return Err("not JSON: nothing stands here".to_owned()),
    };
    let rest = bytes[values.byte_offset()..].trim_ascii();
    if rest.is_empty() || rest == b"," || rest.starts_with(b"]") { Ok(value) } else { only_value(bytes) }
}

/// The item cut before every line that begins as its own line did.
fn pieces<'b>(bytes: &'b [u8], indent: Option<&[u8]>) -> Vec<&'b [u8]> {
    let (Some(indent), Some(first)) = (indent, bytes.first()) else { return vec![bytes] };
    let sign = [b"\n", indent, &[*first]].concat();
    let cuts = bytes.windows(sign.len()).enumerate().filter(|(_, window)| *window == sign).map(|(at, _)| at);
    let mut pieces = Vec::new();
    let mut start = 0;
    for cut in cuts {
        pieces.push(&bytes[start..cut]);
        start = cut + sign.len() - 1;
    }
    pieces.push(&bytes[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a document; a broken part as `!number bytes`.
    fn parts(document: &[u8]) -> Vec<String> {
        let mut parts = Vec::new();
        let mut bytes = document;
        json_stream(Member { path: "export.json", bytes: &mut bytes }, &["messages"], &mut |part| {
            parts.push(match part {
                JsonPart::Field(key, value) => format!("{key}={value}"),
                JsonPart::Item(key, position, value) => format!("{key}[{position}]={value}"),
                JsonPart::Broken(_, position, reason, bytes) => {
                    assert!(!reason.is_empty());
                    format!("!{position} {}", String::from_utf8_lossy(bytes))
                }
            });
            Ok(())
        })
        .unwrap();
        parts
    }

    #[test]
    fn a_document_is_read_item_by_item() {
        let read = parts(br#"{"guild" : {"id":"1"},"messages": [{"a":1},{"a":2}],"count": 2 }"#);
        assert_eq!(read, [r#"guild={"id":"1"}"#, r#"messages[1]={"a":1}"#, r#"messages[2]={"a":2}"#, "count=2"]);
        assert_eq!(parts(b"\xef\xbb\xbf[1, 2 ,\"a]\\\"\"]\n"), ["[1]=1", "[2]=2", r#"[3]="a]\"""#]);
        assert!(parts(br#"{"messages":null}"#).is_empty() && parts(b"[]").is_empty());
    }

    #[test]
    fn a_broken_item_is_alone() {
        for broken in [
            r#"{"a" 2}"#,
            r#"{"a":2,}"#,
            r#"{a:"2"}"#,
            r#"{"a":[2}"#,
            r#"{"a":{"b":2}"#,
            r#"{"a":"2}"#,
            r#"{"a":2"}"#,
            r#"{"a":"#,
            r#"{"a":[{"b":"#,
        ] {
            let document = format!("[\n {{\"a\":1}},\n {broken},\n {{\"a\":3}},\n {{\"a\":4}}\n]");
            let read = parts(document.as_bytes());
            let is_broken = read[1].strip_prefix("!2 ").is_some_and(|rest| rest.starts_with(broken));
            assert!(is_broken && read.len() == 4, "{broken}: {read:?}");
            assert_eq!([&read[0], &read[2], &read[3]], [r#"[1]={"a":1}"#, r#"[3]={"a":3}"#, r#"[4]={"a":4}"#]);
        }
        assert_eq!(parts(b"[{\"a\":\"\xff\"},{\"a\":2}]"), ["!1 {\"a\":\"\u{fffd}\"}", r#"[2]={"a":2}"#]);
        assert_eq!(parts(br#"[{"a":1}},{"a":2}]"#), [r#"[1]={"a":1}"#, "!2 }", r#"[2]={"a":2}"#]);
    }

    #[test]
    fn a_document_that_ends_early_says_so_once() {
        assert_eq!(parts(br#"{"messages":[{"a":1},{"a":"#), [r#"messages[1]={"a":1}"#, r#"!2 {"a":"#]);
        assert_eq!(parts(br#"[{"a":1},"#), [r#"[1]={"a":1}"#, "!2 "]);
        assert_eq!(parts(br#"{"guild":{"id""#), [r#"!1 {"id""#]);
        assert_eq!(parts(br#"[1] trailing"#), ["[1]=1", "!2 trailing"]);
        for whole in ["3", "", "\u{0}"] {
            assert_eq!(parts(whole.as_bytes()), [format!("!1 {whole}")]);
        }
        assert_eq!(parts(br#"{"messages":7}"#), ["!1 7"]);
    }
}
