//! What the chat sources share: fields of JSON objects with errors that name the field, times as platforms write
//! them, and the record that stands for a private message.

use std::collections::BTreeMap;
use std::sync::Arc;

use axle_model::Identity;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::source::{Context, Place};
use crate::{RawRecord, RecordError};

/// Kind of the record that stands for a message of a private conversation. Its words are never kept.
pub(super) const PRIVATE: &str = "private message";

/// A message of a private conversation: it is counted, with its id, and nothing else of it is kept.
pub(super) fn private_record(place: Place, id: &str) -> RawRecord {
    let body = json!({ "id": id, "private": true }).to_string().into_bytes();
    RawRecord::new(PRIVATE, place, &Context::default(), body)
}

/// A context of these values; empty ones are left out.
pub(super) fn context(values: &[(&str, &str)]) -> Context {
    let filled = values.iter().filter(|(_, value)| !value.is_empty());
    Arc::new(filled.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>())
}

/// The fields of a JSON object. A null counts as absent; an error names the field.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

/// A raw record's body as an object.
pub(super) fn object(raw: &RawRecord) -> Result<Map<String, Value>, RecordError> {
    match serde_json::from_slice(&raw.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(RecordError::new("not a JSON object")),
        Err(error) => Err(RecordError(format!("not a JSON object: {error}"))),
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(fields: &'a Map<String, Value>) -> Self {
        Self(fields)
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'a str>, RecordError> {
        self.get(name)
            .map(|value| value.as_str().ok_or_else(|| RecordError(format!("`{name}` is not a string"))))
            .transpose()
    }

    /// A text that is worth showing: `None` when it is blank or no text at all.
    pub(super) fn label(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// An id, which platforms write as a string or a whole number. `None` when it is blank.
    pub(super) fn id(self, name: &str) -> Result<Option<String>, RecordError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Value::Number(number)) if !number.is_f64() => Ok(Some(number.to_string())),
            Some(_) => Err(RecordError(format!("`{name}` is neither a string nor a whole number"))),
        }
    }

    pub(super) fn required_id(self, name: &str) -> Result<String, RecordError> {
        self.id(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn number(self, name: &str) -> Result<Option<f64>, RecordError> {
        self.get(name)
            .map(|value| value.as_f64().ok_or_else(|| RecordError(format!("`{name}` is not a number"))))
            .transpose()
    }

    pub(super) fn flag(self, name: &str) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A flag where it is stated.
    pub(super) fn stated_flag(self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    pub(super) fn object(self, name: &str) -> Result<Option<Fields<'a>>, RecordError> {
        self.get(name)
            .map(|value| value.as_object().map(Fields).ok_or_else(|| RecordError(format!("`{name}` is not an object"))))
            .transpose()
    }

    pub(super) fn required_object(self, name: &str) -> Result<Fields<'a>, RecordError> {
        self.object(name)?.ok_or_else(|| missing(name))
    }

    /// The objects of a list; an absent list is empty.
    pub(super) fn objects(self, name: &str) -> Result<Vec<Fields<'a>>, RecordError> {
        let wrong = || RecordError(format!("`{name}` is not a list of objects"));
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_object().map(Fields).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    /// The strings of a list; an absent list is empty.
    pub(super) fn texts(self, name: &str) -> Result<Vec<&'a str>, RecordError> {
        let wrong = || RecordError(format!("`{name}` is not a list of strings"));
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }
}

/// The reason for a required field that is not there.
pub(super) fn missing(name: &str) -> RecordError {
    RecordError(format!("`{name}` is missing"))
}

/// Seconds since 1970, with decimals read exactly to the microsecond: Slack's `1517559148.000044`.
pub(super) fn decimal_seconds(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !is_digits(seconds) || !is_digits(fraction) {
        return None;
    }
    let micros: i32 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, micros * 1000).ok()
}

/// Seconds since 1970 as a JSON number, to the microsecond.
pub(super) fn float_seconds(seconds: f64) -> Option<Timestamp> {
    let micros = (seconds * 1e6).round();
    // Beyond 2^53 a double no longer counts microseconds; such an instant lies in the year 2255.
    (0.0..9e15).contains(&micros).then(|| Timestamp::from_microsecond(micros as i64).ok()).flatten()
}

/// Adds somebody who is addressed, once, and never the speaker.
pub(super) fn address(counterparts: &mut Vec<Identity>, actor: &Identity, other: Identity) {
    let key = other.key();
    if key.is_some() && key != actor.key() && counterparts.iter().all(|known| known.key() != key) {
        counterparts.push(other);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::sources::source;
    use crate::{Input, Limits};

    #[test]
    fn seconds_are_read_to_the_microsecond() {
        assert_eq!(decimal_seconds("1517559148.000044").unwrap().to_string(), "2018-02-02T08:12:28.000044Z");
        assert_eq!(decimal_seconds("1517559148"), decimal_seconds("1517559148.000000"));
        for wrong in ["", ".5", "-1.0", "1e9", "15175591 48", "99999999999999999999"] {
            assert_eq!(decimal_seconds(wrong), None, "{wrong}");
        }
        assert_eq!(float_seconds(1517559148.25).unwrap().to_string(), "2018-02-02T08:12:28.25Z");
        assert_eq!(float_seconds(f64::NAN), None);
        assert_eq!(float_seconds(-1.0), None);
    }

    #[test]
    fn an_error_names_the_field() {
        let value = json!({"id": 1.5, "text": 3, "user": null, "list": [1]});
        let fields = Fields::of(value.as_object().unwrap());
        assert_eq!(fields.id("id").unwrap_err().0, "`id` is neither a string nor a whole number");
        assert_eq!(fields.text("text").unwrap_err().0, "`text` is not a string");
        assert_eq!(fields.required_id("user").unwrap_err().0, "`user` is missing");
        assert!(fields.objects("list").is_err() && fields.texts("list").is_err());
        assert!(fields.objects("absent").unwrap().is_empty());
    }

    /// The fixtures' private messages say so in their words.
    #[test]
    fn words_of_private_messages_are_never_kept() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for (case, private) in [
            ("slack/workspace/input", 1),
            ("slack/folders_only/input", 1),
            ("slack-events/bare/input.jsonl", 1),
            ("zulip/organization/input", 2),
            ("discord/channels/input", 1),
            ("discord-csv/without_ids/input", 1),
        ] {
            let source = source(case.split('/').next().unwrap()).unwrap();
            let input = Input::open(&fixtures.join(case), Limits::default()).unwrap();
            let mut found = 0;
            source
                .read(&input, &mut |record| {
                    let kept = String::from_utf8_lossy(&record.body);
                    assert!(!kept.contains("a secret") && !kept.contains("between us"), "{case}: {kept}");
                    found += u32::from(record.kind == PRIVATE);
                    Ok(())
                })
                .unwrap();
            assert_eq!(found, private, "{case}");
        }
    }
}
