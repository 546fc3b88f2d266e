//! Cutting members into records: lines, whole members, and the items of JSON lists. Shared by the sources.

use std::io::{BufRead, Read};
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::input::unreadable;
use crate::source::Place;
use crate::{Member, RecordError, SourceError};

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

/// The items of a JSON list, each as the bytes that stand in the list.
pub fn json_items(list: &[u8]) -> Result<Vec<&RawValue>, RecordError> {
    serde_json::from_slice(list).map_err(|error| RecordError(format!("not a JSON list: {error}")))
}

/// A part of a JSON document that is read as a stream.
pub enum JsonPart<'a> {
    /// A field of the outermost object that is not streamed.
    Field(&'a str, &'a RawValue),
    /// An item of the list in that field (`""` when the document is a list), counted from 1.
    Item(&'a str, u64, &'a RawValue),
}

/// Reads a JSON document that is a list, or an object of which the lists named in `lists` are large, one item at a
/// time and in the document's order. Returns the reason when the document ends early or is not JSON: the items before
/// that point have been handed on.
pub fn json_stream(
    member: Member<'_>,
    lists: &[&str],
    part: &mut dyn FnMut(JsonPart<'_>) -> Result<(), SourceError>,
) -> Result<Option<String>, SourceError> {
    let mut stopped = None;
    let mut sink = |item: JsonPart<'_>| {
        part(item).map_err(|error| {
            stopped = Some(error);
            "stopped"
        })
    };
    let mut bytes = member.bytes;
    if bytes.fill_buf().map_err(|cause| unreadable(member.path, cause))?.starts_with(b"\xef\xbb\xbf") {
        bytes.consume(3);
    }
    let mut document = serde_json::Deserializer::from_reader(&mut bytes);
    let result = document.deserialize_any(Document { lists, sink: &mut sink }).and_then(|()| document.end());
    match (stopped, result) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(None),
        (None, Err(error)) if error.is_io() => Err(unreadable(member.path, error.into())),
        (None, Err(error)) => Ok(Some(format!("not the JSON that was expected: {error}"))),
    }
}

type Sink<'s> = dyn FnMut(JsonPart<'_>) -> Result<(), &'static str> + 's;

struct Document<'a, 's> {
    lists: &'a [&'a str],
    sink: &'a mut Sink<'s>,
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.lists.contains(&key.as_str()) {
                map.next_value_seed(List { key: &key, sink: &mut *self.sink })?;
            } else {
                let value: Box<RawValue> = map.next_value()?;
                (self.sink)(JsonPart::Field(&key, &value)).map_err(de::Error::custom)?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        List { key: "", sink: self.sink }.visit_seq(items)
    }
}

struct List<'a, 's> {
    key: &'a str,
    sink: &'a mut Sink<'s>,
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a list in `{}`", self.key)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut position = 0;
        while let Some(item) = items.next_element::<Box<RawValue>>()? {
            position += 1;
            (self.sink)(JsonPart::Item(self.key, position, &item)).map_err(de::Error::custom)?;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
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

    fn parts(document: &str) -> (Vec<String>, Option<String>) {
        let mut parts = Vec::new();
        let mut bytes = document.as_bytes();
        let broken = json_stream(Member { path: "export.json", bytes: &mut bytes }, &["messages"], &mut |part| {
            parts.push(match part {
                JsonPart::Field(key, value) => format!("{key}={value}"),
                JsonPart::Item(key, position, value) => format!("{key}[{position}]={value}"),
            });
            Ok(())
        })
        .unwrap();
        (parts, broken)
    }

    #[test]
    fn a_json_document_is_read_item_by_item() {
        let (read, broken) = parts(r#"{"guild":{"id":"1"},"messages":[{"a":1},{"a":2}],"count":2}"#);
        assert_eq!(read, [r#"guild={"id":"1"}"#, r#"messages[1]={"a":1}"#, r#"messages[2]={"a":2}"#, "count=2"]);
        assert_eq!(broken, None);
        assert_eq!(parts("[1,2]").0, ["[1]=1", "[2]=2"]);
        assert_eq!(parts(r#"{"messages":null}"#), (vec![], None));
    }

    #[test]
    fn a_cut_off_document_gives_the_items_before_the_cut() {
        let (read, broken) = parts(r#"{"messages":[{"a":1},{"a":"#);
        assert_eq!(read, [r#"messages[1]={"a":1}"#]);
        assert!(broken.is_some());
        assert!(parts(r#"[1] trailing"#).1.is_some());
        assert!(parts(r#"3"#).1.is_some());
    }

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
