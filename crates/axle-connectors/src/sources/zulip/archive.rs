//! A public archive: a folder a stream, a file a topic, and senders known by their full names.

use std::collections::HashSet;
use std::sync::Arc;

use axle_model::catalogue::MESSAGE_SENT;
use axle_model::interchange::FactKind;
use axle_model::{Activity, Entry, Extent, Identity, Part};
use serde_json::json;

use super::{TABLES, fact, html_mentions, instant, place_in, quoted};
use crate::input::{Walk, file_name, folder_name};
use crate::json::{JsonPart, json_stream};
use crate::read::Places;
use crate::source::{Context, Emit};
use crate::sources::chat::{self, Fields};
use crate::{Input, RawRecord, RecordError, SourceError};

/// Zulip's own programs, which write under these names on every server.
const SYSTEM_BOTS: &[&str] = &[
    "Notification Bot",
    "Welcome Bot",
    "Reminder Bot",
    "Email Gateway",
    "Zulip Error Bot",
    "Zulip Feedback Bot",
    "Nagios Send Bot",
    "Nagios Receive Bot",
];

pub(super) fn read(input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let mut streams = HashSet::new();
    input.walk(&mut |member| {
        let Some(topic) = file_name(member.path).strip_suffix(".json").map(dot_decoded) else { return Ok(Walk::On) };
        let (folder_path, _) = member.path.rsplit_once('/').unwrap_or(("", ""));
        let folder_path = folder_path.to_owned();
        let folder = folder_name(member.path).to_owned();
        let (stream_id, stream) = stream_of_folder(&folder).unwrap_or((&folder, dot_decoded(&folder)));
        let context = chat::context(&[("stream_id", stream_id), ("stream", &stream), ("topic", &topic)]);
        let places = Places::new(member.path, "item");
        let whole = Arc::new(part(member.path, &folder_path));
        json_stream(member, TABLES, &mut |part| {
            let (position, item) = match part {
                JsonPart::Item("", position, item) => (position, item),
                JsonPart::Broken(_, position, reason, bytes) => {
                    let broken = RawRecord::broken(places.at(position), &context, reason, bytes.into());
                    return emit(broken.within(&whole, &[]));
                }
                _ => return Ok(()),
            };
            if !folder.is_empty() && streams.insert(folder_path.clone()) {
                let place = Places::new(&folder_path, "folder").at(1);
                emit(RawRecord::describing("stream folder", place, &Context::default(), folder.clone().into()))?;
            }
            let message = RawRecord::new("archived message", places.at(position), &context, item.get().into());
            emit(message.within(&whole, &[MESSAGE_SENT]))
        })?;
        Ok(Walk::On)
    })
}

/// A file is a topic, an archive a folder of streams. It tells of no reactions.
fn part(path: &str, stream_folder: &str) -> Part {
    let (archive, _) = stream_folder.rsplit_once('/').unwrap_or(("", stream_folder));
    Part { export: archive.to_owned(), name: path.to_owned(), as_of: None, extent: Extent::Thread }
}

/// The id and name of a stream from its folder, `187764-Lean-for-teaching`. Zulip writes a blank as a hyphen there, so
/// that the name may have had either.
pub(super) fn stream_of_folder(folder: &str) -> Option<(&str, String)> {
    let (id, name) = folder.split_once('-')?;
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    (is_id && !name.is_empty()).then(|| (id, dot_decoded(name)))
}

/// Undoes Zulip's encoding of names in addresses: `.20` is a blank, `.2E` a dot; some archives write `%20`.
fn dot_decoded(name: &str) -> String {
    let mut decoded = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |digit: &u8| char::from(*digit).to_digit(16);
        let byte = match (first, after) {
            (b'.' | b'%', [high, low, ..]) => {
                hex(high).zip(hex(low)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok())
            }
            _ => None,
        };
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| name.to_owned())
}

pub(super) fn stream_folder(folder: &[u8]) -> Result<Vec<Entry>, RecordError> {
    let folder = std::str::from_utf8(folder).map_err(|_| RecordError::new("the folder's name is not UTF-8"))?;
    let (id, name) = stream_of_folder(folder).unwrap_or((folder, dot_decoded(folder)));
    Ok(vec![fact(FactKind::CHANNEL, json!({"id": id, "name": name, "kind": "chat"}))?])
}

pub(super) fn message(raw: &RawRecord, message: Fields<'_>) -> Result<Activity, RecordError> {
    let id = message.required_id("id")?;
    let name = message.text("sender_full_name")?.map(str::trim).filter(|name| !name.is_empty());
    let actor = named(name.ok_or_else(|| chat::missing("sender_full_name"))?);
    let at = instant(message, "timestamp")?.ok_or_else(|| chat::missing("timestamp"))?;
    let mut activity = Activity::new(&MESSAGE_SENT, id, at, actor);
    place_in(&mut activity, raw.around("stream_id"), raw.around("topic"));
    let html = message.text("content")?.unwrap_or_default();
    for (_, name) in html_mentions(html) {
        chat::address(&mut activity.counterparts, &activity.actor, named(&name));
    }
    activity.parent = quoted(html);
    activity.text = Some(html.to_owned()).filter(|text| !text.is_empty());
    Ok(activity)
}

/// Somebody of whom an archive tells the full name only.
fn named(name: &str) -> Identity {
    let bot = SYSTEM_BOTS.contains(&name).then_some(true);
    Identity { bot, ..Identity::username("zulip", name).named(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded() {
        assert_eq!(dot_decoded(".E2.9C.94.20Polynomials.2E.20R.5BX.5D"), "\u{2714} Polynomials. R[X]");
        assert_eq!(dot_decoded("code-for-X%3F"), "code-for-X?");
        for unchanged in ["v1.0 beta", "end.", "end.4", ".ZZ", ".C3 alone"] {
            assert_eq!(dot_decoded(unchanged), unchanged);
        }
        assert_eq!(stream_of_folder("17-new.20members"), Some(("17", "new members".into())));
        assert_eq!(stream_of_folder("avatars"), None);
    }
}
