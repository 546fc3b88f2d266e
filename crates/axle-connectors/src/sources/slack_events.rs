//! Slack message events, one JSON object a line: what an app received from the Events API (with its `event_callback`
//! wrapper or without). Unlike the export, they tell of edits and deletions.

use axle_model::{ActivityType, Entry, Identity};
use serde_json::{Map, Value};

use super::chat::{self, Fields, PRIVATE};
use super::slack;
use super::slack::message::{self, Kind};
use crate::input::Walk;
use crate::read::{self, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// Keys are those of [`super::slack`]: an event and the exported message are one activity. Events of direct messages
/// are counted, and nothing else of them is kept. A deletion takes its author from `previous_message`; where that is
/// missing Slack's own account stands for them, as in Slack's tombstones, so that the deletion applies all the same.
/// `message_replied` tells nothing that the reply does not tell itself.
pub struct SlackEvents;

impl Source for SlackEvents {
    fn format(&self) -> &'static str {
        "slack-events"
    }

    fn title(&self) -> &'static str {
        "Slack events (JSON Lines)"
    }

    fn looked_for(&self) -> &'static str {
        "JSON Lines of Slack events: event_callback wrappers, or events with type, channel and ts"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        slack::TYPES
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_event = |line: &str| {
            let Ok(Value::Object(line)) = serde_json::from_str(line) else { return false };
            let event = event_of(&line);
            match event.label("type") {
                Some("message") => event.has("ts") && event.has("channel"),
                Some("reaction_added" | "reaction_removed") => event.has("item") && event.has("event_ts"),
                Some("member_joined_channel" | "member_left_channel") => event.has("channel") && event.has("user"),
                _ => false,
            }
        };
        if probe.heads().any(|(_, head)| head.lines().take(50).any(is_event)) { 90 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let context = Context::default();
        input.walk(&mut |member| {
            let places = Places::new(member.path, "line");
            read::lines(member, &mut |number, line| {
                let place = places.at(number);
                match serde_json::from_slice::<Map<String, Value>>(&line) {
                    Ok(object) if is_private(event_of(&object)) => {
                        emit(chat::private_record(place, &private_id(event_of(&object))))
                    }
                    Ok(object) if is_describing(event_of(&object)) => {
                        emit(RawRecord::describing("event", place, &context, line))
                    }
                    Err(error) if may_be_private(&line) => {
                        let kept = chat::private_record(place, "");
                        let reason = format!("not a JSON object, and perhaps of a private conversation: {error}");
                        emit(RawRecord::broken(kept.place, &kept.context, reason, kept.body))
                    }
                    _ => emit(RawRecord::new("event", place, &context, line)),
                }
            })?;
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        if raw.kind == PRIVATE {
            return Ok(Vec::new());
        }
        let body = chat::object(raw)?;
        let event = event_of(&body);
        let mut entries = match event.text("type")?.ok_or_else(|| chat::missing("type"))? {
            "message" => message(event),
            "reaction_added" => reaction(event, false),
            "reaction_removed" => reaction(event, true),
            "member_joined_channel" => membership(event, Kind::Joined),
            "member_left_channel" => membership(event, Kind::Left),
            "channel_created" | "channel_rename" => described(event, None),
            "group_rename" => described(event, Some(true)),
            "team_join" | "user_change" => Ok(vec![slack::person(event.required_object("user")?)?]),
            _ => Ok(Vec::new()),
        }?;
        if !entries.is_empty() {
            entries.extend(private_channel(event)?);
        }
        Ok(entries)
    }
}

fn described(event: Fields<'_>, is_private: Option<bool>) -> Result<Vec<Entry>, RecordError> {
    let channel = event.required_object("channel")?;
    Ok(vec![slack::channel(channel, is_private.or(channel.stated_flag("is_private")))?])
}

/// That an event's channel is private, where the event tells: by the channel's type, or by an id as private ones used to
/// have. Its name is not told: the id stands for one.
fn private_channel(event: Fields<'_>) -> Result<Option<Entry>, RecordError> {
    let is_private = |id: &&str| matches!(event.label("channel_type"), Some("group" | "G")) || id.starts_with('G');
    let Some(id) = channel_of(event).filter(is_private) else { return Ok(None) };
    let mut channel = Map::new();
    for name in ["id", "name"] {
        channel.insert(name.into(), id.into());
    }
    slack::channel(Fields::of(&channel), Some(true)).map(Some)
}

/// The event itself, out of its wrapper if it has one.
fn event_of(line: &Map<String, Value>) -> Fields<'_> {
    let fields = Fields::of(line);
    match fields.object("event") {
        Ok(Some(event)) if fields.label("type") == Some("event_callback") => event,
        _ => fields,
    }
}

fn channel_of(event: Fields<'_>) -> Option<&str> {
    event.label("channel").or_else(|| event.object("item").ok().flatten()?.label("channel"))
}

fn is_private(event: Fields<'_>) -> bool {
    matches!(event.label("channel_type"), Some("im" | "mpim" | "app_home"))
        || channel_of(event).is_some_and(|channel| channel.starts_with('D'))
}

/// Whether a line that cannot be read seems to come from direct messages.
fn may_be_private(line: &[u8]) -> bool {
    let line: String = String::from_utf8_lossy(line).split_whitespace().collect();
    [r#""channel":"D"#, r#""channel_type":"im"#, r#""channel_type":"mpim"#].iter().any(|sign| line.contains(sign))
}

fn private_id(event: Fields<'_>) -> String {
    let ts = event.label("event_ts").or(event.label("ts")).unwrap_or_default();
    message::message_id(channel_of(event).unwrap_or_default(), ts)
}

fn is_describing(event: Fields<'_>) -> bool {
    matches!(
        event.label("type"),
        Some("channel_created" | "channel_rename" | "group_rename" | "team_join" | "user_change")
    )
}

fn message(event: Fields<'_>) -> Result<Vec<Entry>, RecordError> {
    let channel = event.required_id("channel")?;
    match event.text("subtype")? {
        Some("message_changed") => changed(event, &channel),
        Some("message_deleted") => deleted(event, &channel),
        Some("message_replied") => Ok(Vec::new()),
        _ => message::message(event, &channel, None),
    }
}

/// When the event happened, as written and as an instant.
fn happened_at(event: Fields<'_>) -> Result<(String, jiff::Timestamp), RecordError> {
    let ts = event.id("event_ts")?.or(event.id("ts")?).ok_or_else(|| chat::missing("event_ts"))?;
    let at = message::instant("event_ts", &ts)?;
    Ok((ts, at))
}

fn changed(event: Fields<'_>, channel: &str) -> Result<Vec<Entry>, RecordError> {
    let message = event.required_object("message")?;
    let (_, changed_at) = happened_at(event)?;
    if message::kind_of(message)? == Kind::Deleted {
        let ts = message.required_id("ts")?;
        return entomb(message, channel, &ts, changed_at, event.object("previous_message")?);
    }
    message::message(message, channel, Some(changed_at))
}

fn deleted(event: Fields<'_>, channel: &str) -> Result<Vec<Entry>, RecordError> {
    let previous = event.object("previous_message")?;
    let of_previous = previous.map(|previous| previous.id("ts")).transpose()?.flatten();
    let ts = event.id("deleted_ts")?.or(of_previous).ok_or_else(|| chat::missing("deleted_ts"))?;
    let (_, deleted_at) = happened_at(event)?;
    entomb(event, channel, &ts, deleted_at, previous)
}

fn entomb(
    message: Fields<'_>,
    channel: &str,
    ts: &str,
    deleted_at: jiff::Timestamp,
    previous: Option<Fields<'_>>,
) -> Result<Vec<Entry>, RecordError> {
    // What was no activity leaves no tombstone.
    if previous.map(message::kind_of).transpose()? == Some(Kind::Notice) {
        return Ok(Vec::new());
    }
    Ok(vec![message::tombstone(message, channel, ts, deleted_at, previous)?.into()])
}

fn reaction(event: Fields<'_>, is_removed: bool) -> Result<Vec<Entry>, RecordError> {
    let item = event.required_object("item")?;
    if item.text("type")?.is_some_and(|kind| kind != "message") {
        return Ok(Vec::new());
    }
    let channel = item.required_id("channel")?;
    let to = message::message_id(&channel, &item.required_id("ts")?);
    let name = event.label("reaction").ok_or_else(|| chat::missing("reaction"))?;
    let actor = Identity::uid("slack", event.required_id("user")?);
    let (_, at) = happened_at(event)?;
    let mut activity = message::reaction(name, &to, at, actor);
    activity.channel = Some(channel);
    if let Some(author) = event.id("item_user")? {
        chat::address(&mut activity.counterparts, &activity.actor, Identity::uid("slack", author));
    }
    activity.version_at = Some(at);
    activity.deleted_at = is_removed.then_some(at);
    Ok(vec![activity.into()])
}

fn membership(event: Fields<'_>, kind: Kind) -> Result<Vec<Entry>, RecordError> {
    let channel = event.required_id("channel")?;
    let actor = Identity::uid("slack", event.required_id("user")?);
    let (ts, _) = happened_at(event)?;
    let mut activity = message::membership(kind, &channel, &ts, actor)?;
    if let Some(inviter) = event.id("inviter")? {
        activity.properties.insert("inviter".into(), inviter.into());
    }
    Ok(vec![activity.into()])
}
