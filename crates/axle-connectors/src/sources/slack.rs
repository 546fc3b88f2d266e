//! Slack workspace exports: `users.json`, `channels.json`, and one folder a channel with one list of messages a day.
//! How a message is understood is shared with [`super::slack_events`], so that both give equal keys.

use std::collections::HashMap;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED, SPACE_LEFT};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Fact, Identity};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::chat::{self, Fields, PRIVATE};
use crate::input::{Walk, file_name, folder_name};
use crate::read::{self, JsonPart, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// Workspace exports, as a folder or an archive. Direct messages (`dms.json`, `mpims.json`) are counted, and nothing
/// else of them is kept. A channel is known by its id where `channels.json` names it, otherwise by its folder.
pub struct Slack;

/// Slack's own account. It also stands as the author of a deleted message where nothing says who wrote it, as in
/// Slack's own tombstones.
const SLACKBOT: &str = "USLACKBOT";

pub(super) const TYPES: &[ActivityType] = &[MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED, SPACE_LEFT];

impl Source for Slack {
    fn format(&self) -> &'static str {
        "slack"
    }

    fn title(&self) -> &'static str {
        "Slack workspace export"
    }

    fn looked_for(&self) -> &'static str {
        "channels.json or users.json beside channel folders with one YYYY-MM-DD.json a day"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        TYPES
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_day = |path: &str, head: &str| is_day_file(path) && head.contains("\"ts\"");
        if !probe.is_collection || !probe.heads().any(|(path, head)| is_day(path, &head)) {
            return 0;
        }
        let is_listed = ["channels.json", "users.json", "groups.json"].iter().any(|list| probe.named(list).count() > 0);
        if is_listed { 93 } else { 75 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let conversations = conversations(input)?;
        input.walk(&mut |member| {
            match file_name(member.path) {
                "users.json" => read_list(member, "user", emit)?,
                "channels.json" | "groups.json" => read_list(member, "channel", emit)?,
                _ if is_day_file(member.path) => read_day(member, &conversations, emit)?,
                _ => {}
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        if raw.kind == PRIVATE {
            return Ok(Vec::new());
        }
        let body = chat::object(raw)?;
        let fields = Fields::of(&body);
        match raw.kind {
            "user" => Ok(vec![person(fields)?]),
            "channel" => Ok(vec![channel(fields)?]),
            _ => {
                let channel = raw.around("channel");
                let mut entries = message(fields, channel, None)?;
                if let Some(Entry::Activity(of)) = entries.first() {
                    let reactions = reactions(fields, of)?;
                    entries.extend(reactions);
                }
                Ok(entries)
            }
        }
    }
}

/// A conversation that the export lists.
struct Conversation {
    id: String,
    is_private: bool,
}

/// The listed conversations by their folder's path.
fn conversations(input: &Input) -> Result<HashMap<String, Conversation>, SourceError> {
    let mut found = HashMap::new();
    input.walk(&mut |member| {
        let list = file_name(member.path);
        let is_private = matches!(list, "dms.json" | "mpims.json");
        if is_private || matches!(list, "channels.json" | "groups.json") {
            let root = member.path.strip_suffix(list).unwrap_or("").to_owned();
            // A damaged list is reported when its records are read.
            read::json_stream(member, &[], &mut |part| {
                if let JsonPart::Item(_, _, item) = part
                    && let Ok(Value::Object(item)) = serde_json::from_str(item.get())
                    && let Ok(Some(id)) = Fields::of(&item).id("id")
                {
                    let fields = Fields::of(&item);
                    let is_private = is_private || fields.flag("is_im") || fields.flag("is_mpim");
                    let folder = format!("{root}{}", fields.label("name").unwrap_or(&id));
                    found.insert(folder, Conversation { id, is_private });
                }
                Ok(())
            })?;
        }
        Ok(Walk::On)
    })?;
    Ok(found)
}

fn is_day_file(path: &str) -> bool {
    let Some(day) = file_name(path).strip_suffix(".json") else { return false };
    day.len() == 10
        && day
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
        && !folder_name(path).is_empty()
}

fn read_list(member: Member<'_>, kind: &'static str, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let places = Places::new(member.path, "item");
    let context = Context::default();
    let mut last = 0;
    let broken = read::json_stream(member, &[], &mut |part| {
        let JsonPart::Item(_, position, item) = part else { return Ok(()) };
        last = position;
        emit(RawRecord::describing(kind, places.at(position), &context, item.get().into()))
    })?;
    broken.map_or(Ok(()), |reason| emit(RawRecord::broken(places.at(last + 1), &context, reason, Vec::new())))
}

fn read_day(
    member: Member<'_>,
    conversations: &HashMap<String, Conversation>,
    emit: &mut Emit<'_>,
) -> Result<(), SourceError> {
    let places = Places::new(member.path, "item");
    let folder = member.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = folder_name(member.path);
    let known = conversations.get(folder);
    let is_private = known.map_or_else(|| is_direct(name), |known| known.is_private);
    let id = known.map_or(name, |known| known.id.as_str());
    let context = chat::context(&[("channel", id), ("channel_name", name)]);
    let mut last = 0;
    let broken = read::json_stream(member, &[], &mut |part| {
        let JsonPart::Item(_, position, item) = part else { return Ok(()) };
        last = position;
        if is_private {
            return emit(chat::private_record(places.at(position), &format!("{id}:{}", sent_at(item.get()))));
        }
        emit(RawRecord::new("message", places.at(position), &context, item.get().into()))
    })?;
    broken.map_or(Ok(()), |reason| emit(RawRecord::broken(places.at(last + 1), &context, reason, Vec::new())))
}

/// Whether a folder that no list names holds direct messages, by Slack's own naming.
fn is_direct(folder: &str) -> bool {
    let is_id = |rest: &str| rest.len() >= 8 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    folder.starts_with("mpdm-") || folder.strip_prefix('D').is_some_and(is_id)
}

/// The `ts` of a message of which nothing else may be kept.
fn sent_at(item: &str) -> String {
    let ts = serde_json::from_str::<Map<String, Value>>(item).ok().and_then(|item| Fields::of(&item).id("ts").ok()?);
    ts.unwrap_or_default()
}

/// A user of the workspace. The address is what the profile says: that it was proven is not said.
pub(super) fn person(user: Fields<'_>) -> Result<Entry, RecordError> {
    let profile = user.object("profile")?;
    let of_profile = |name| profile.and_then(|profile| profile.label(name));
    let uid = user.required_id("id")?;
    let is_bot = user.flag("is_bot") || uid == SLACKBOT;
    let name = of_profile("real_name").or(user.label("real_name")).or(of_profile("display_name"));
    let identity = Identity {
        username: user.label("name").map(str::to_owned),
        email: of_profile("email").map(str::to_owned),
        name: name.map(str::to_owned),
        bot: (user.has("is_bot") || is_bot).then_some(is_bot),
        ..Identity::uid("slack", uid)
    };
    let body = json!({
        "identity": identity,
        "name": name,
        "title": of_profile("title"),
        "location_time_zone": user.label("tz"),
        "bot": identity.bot,
        "display_name": of_profile("display_name"),
        "deleted": user.flag("deleted").then_some(true),
    });
    fact(FactKind::PERSON, body)
}

/// A channel of the workspace.
pub(super) fn channel(channel: Fields<'_>) -> Result<Entry, RecordError> {
    let id = channel.required_id("id")?;
    let words = |name: &str| channel.object(name).ok().flatten().and_then(|words| words.label("value"));
    let body = json!({
        "name": channel.label("name").ok_or_else(|| chat::missing("name"))?,
        "id": id,
        "kind": "chat",
        "topic": words("topic"),
        "purpose": words("purpose"),
        "is_archived": channel.flag("is_archived").then_some(true),
    });
    fact(FactKind::CHANNEL, body)
}

fn fact(kind: FactKind, body: Value) -> Result<Entry, RecordError> {
    let Value::Object(body) = body else { return Err(RecordError::new("not a JSON object")) };
    Ok(Fact::new(kind, body)?.into())
}

/// What a message's `subtype` makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Joined,
    Left,
    Deleted,
    /// A notice of the channel (a topic, a pin, a file's comment): no activity.
    Notice,
}

pub(super) fn kind_of(message: Fields<'_>) -> Result<Kind, RecordError> {
    Ok(match message.text("subtype")? {
        None | Some("thread_broadcast" | "reply_broadcast" | "file_share" | "me_message" | "bot_message") => {
            Kind::Message
        }
        Some("channel_join" | "group_join") => Kind::Joined,
        Some("channel_leave" | "group_leave") => Kind::Left,
        Some("tombstone") => Kind::Deleted,
        Some(_) => Kind::Notice,
    })
}

/// The activity of a message, if it is one. `changed_at` is when this state of it came to be, where the message
/// itself does not say. A message without a channel is known by its time alone.
pub(super) fn message(
    message: Fields<'_>,
    channel: &str,
    changed_at: Option<Timestamp>,
) -> Result<Vec<Entry>, RecordError> {
    let kind = kind_of(message)?;
    if kind == Kind::Notice {
        return Ok(Vec::new());
    }
    let ts = message.required_id("ts")?;
    let at = instant("ts", &ts)?;
    let edited_at = edited_at(message)?.or(changed_at);
    if kind == Kind::Deleted {
        return Ok(vec![tombstone(message, channel, &ts, edited_at.unwrap_or(at), None)?.into()]);
    }
    let actor = author(message)?.ok_or_else(|| chat::missing("user"))?;
    if let Kind::Joined | Kind::Left = kind {
        let mut activity = membership(kind, channel, &ts, actor)?;
        if let Some(inviter) = message.id("inviter")? {
            activity.properties.insert("inviter".into(), inviter.into());
        }
        return Ok(vec![activity.into()]);
    }
    let mut activity = Activity::new(&MESSAGE_SENT, message_id(channel, &ts), at, actor);
    place_in(&mut activity, message, channel, &ts)?;
    activity.text = message.text("text")?.filter(|text| !text.is_empty()).map(str::to_owned);
    activity.version_at = edited_at;
    for (uid, label) in mentions(activity.text.as_deref().unwrap_or("")) {
        let other = Identity { username: label.map(str::to_owned), ..Identity::uid("slack", uid) };
        chat::address(&mut activity.counterparts, &activity.actor, other);
    }
    if let Some(subtype) = message.label("subtype") {
        activity.properties.insert("subtype".into(), subtype.into());
    }
    let files = files(message)?;
    if !files.is_empty() {
        activity.properties.insert("files".into(), files.into());
    }
    Ok(vec![activity.into()])
}

/// That somebody joined or left a channel. Slack tells it as a message and as an event of its own, a moment apart:
/// the key holds the second only, so that both are the same activity.
pub(super) fn membership(kind: Kind, channel: &str, ts: &str, actor: Identity) -> Result<Activity, RecordError> {
    let (activity_type, verb) = if kind == Kind::Left { (&SPACE_LEFT, "left") } else { (&SPACE_JOINED, "joined") };
    let at = instant("ts", ts)?;
    let who = actor.uid.as_deref().unwrap_or_default();
    let id = message_id(channel, &format!("{verb}:{who}:{}", at.as_second()));
    let mut activity = Activity::new(activity_type, id, at, actor);
    activity.channel = Some(channel.to_owned()).filter(|channel| !channel.is_empty());
    Ok(activity)
}

/// That a message was deleted. `previous` is the message as it was; without it [`SLACKBOT`] stands as the author.
pub(super) fn tombstone(
    message: Fields<'_>,
    channel: &str,
    ts: &str,
    deleted_at: Timestamp,
    previous: Option<Fields<'_>>,
) -> Result<Activity, RecordError> {
    let slackbot = || Identity { bot: Some(true), ..Identity::uid("slack", SLACKBOT) };
    let actor = previous.map(author).transpose()?.flatten().unwrap_or_else(slackbot);
    let mut activity = match previous.map(kind_of).transpose()? {
        Some(kind @ (Kind::Joined | Kind::Left)) => membership(kind, channel, ts, actor)?,
        _ => Activity::new(&MESSAGE_SENT, message_id(channel, ts), instant("ts", ts)?, actor),
    };
    place_in(&mut activity, previous.unwrap_or(message), channel, ts)?;
    activity.deleted_at = Some(deleted_at);
    activity.version_at = Some(deleted_at);
    Ok(activity)
}

fn place_in(activity: &mut Activity, message: Fields<'_>, channel: &str, ts: &str) -> Result<(), RecordError> {
    activity.channel = Some(channel.to_owned()).filter(|channel| !channel.is_empty());
    if let Some(root) = message.id("thread_ts")? {
        instant("thread_ts", &root)?;
        let root_id = message_id(channel, &root);
        activity.parent = (root != ts).then(|| root_id.clone());
        activity.thread = Some(root_id);
    }
    Ok(())
}

/// The key of a message: a `ts` is one message of a channel.
pub(super) fn message_id(channel: &str, ts: &str) -> String {
    if channel.is_empty() { ts.to_owned() } else { format!("{channel}:{ts}") }
}

pub(super) fn instant(name: &str, ts: &str) -> Result<Timestamp, RecordError> {
    chat::decimal_seconds(ts).ok_or_else(|| RecordError(format!("`{name}` is not seconds since 1970")))
}

fn edited_at(message: Fields<'_>) -> Result<Option<Timestamp>, RecordError> {
    let Some(edited) = message.object("edited")? else { return Ok(None) };
    edited.id("ts")?.map(|ts| instant("edited.ts", &ts)).transpose()
}

/// Who wrote a message; `None` when it names nobody. A program is known by its `bot_id`, else by the name it gave.
pub(super) fn author(message: Fields<'_>) -> Result<Option<Identity>, RecordError> {
    let is_program = message.label("subtype") == Some("bot_message");
    if let (Some(uid), false) = (message.id("user")?, is_program) {
        let profile = message.object("user_profile")?;
        let of_profile = |name| profile.and_then(|profile| profile.label(name)).map(str::to_owned);
        let is_bot = uid == SLACKBOT || profile.is_some_and(|profile| profile.flag("is_bot"));
        return Ok(Some(Identity {
            username: of_profile("name"),
            name: of_profile("real_name").or_else(|| of_profile("display_name")),
            bot: is_bot.then_some(true),
            ..Identity::uid("slack", uid)
        }));
    }
    let name = message.label("username").map(str::to_owned);
    let identity = match message.id("bot_id")? {
        Some(uid) => Identity { name, ..Identity::uid("slack", uid) },
        None => match message.id("user")? {
            Some(uid) => Identity { name, ..Identity::uid("slack", uid) },
            None => Identity { platform: "slack".into(), username: name, ..Identity::default() },
        },
    };
    Ok(identity.key().is_some().then_some(Identity { bot: Some(true), ..identity }))
}

/// People named in a message: `<@U024BE7LH>` or, in old messages, `<@U024BE7LH|ada>`.
fn mentions(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split("<@").skip(1).filter_map(|rest| {
        let inside = rest.split_once('>')?.0;
        let (uid, label) = inside.split_once('|').map_or((inside, None), |(uid, label)| (uid, Some(label)));
        let is_id = !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        is_id.then_some((uid, label.filter(|label| !label.is_empty())))
    })
}

fn files(message: Fields<'_>) -> Result<Vec<Value>, RecordError> {
    let mut files = message.objects("files")?;
    files.extend(message.object("file")?);
    let described = |file: &Fields<'_>| {
        let mut described = Map::new();
        for name in ["id", "name", "mimetype"] {
            if let Some(value) = file.label(name) {
                described.insert(name.to_owned(), value.into());
            }
        }
        Value::Object(described)
    };
    Ok(files.iter().map(described).collect())
}

/// The reactions that an export lists below a message: who and with what. When is not said, so the message's own
/// time stands for it.
fn reactions(message: Fields<'_>, of: &Activity) -> Result<Vec<Entry>, RecordError> {
    let mut entries = Vec::new();
    for reaction in message.objects("reactions")? {
        let name = reaction.label("name").ok_or_else(|| chat::missing("reactions.name"))?;
        for uid in reaction.texts("users")? {
            let mut activity = self::reaction(name, &of.id, of.at, Identity::uid("slack", uid));
            activity.channel.clone_from(&of.channel);
            activity.thread.clone_from(&of.thread);
            activity.properties.insert("time".into(), "of the message".into());
            entries.push(activity.into());
        }
    }
    Ok(entries)
}

/// A reaction to the message of that key.
pub(super) fn reaction(name: &str, to: &str, at: Timestamp, actor: Identity) -> Activity {
    let id = format!("{to}:{name}:{}", actor.uid.as_deref().unwrap_or_default());
    let mut activity = Activity::new(&REACTION_ADDED, id, at, actor);
    activity.parent = Some(to.to_owned());
    activity.properties.insert("reaction".into(), name.into());
    activity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_named_in_a_text() {
        let named: Vec<_> = mentions("<@U1> and <@W2|ada>, <@> <@lower> <!here> <@U3").collect();
        assert_eq!(named, [("U1", None), ("W2", Some("ada"))]);
    }

    #[test]
    fn day_files_and_direct_messages_are_told_by_their_names() {
        assert!(is_day_file("export/general/2018-02-02.json"));
        for path in ["2018-02-02.json", "general/2018-2-2.json", "general/notes.json", "general/2018-02-02.csv"] {
            assert!(!is_day_file(path), "{path}");
        }
        assert!(is_direct("mpdm-ada--bob-1") && is_direct("D02AB3CD4"));
        assert!(!is_direct("DevOps") && !is_direct("general"));
    }
}
