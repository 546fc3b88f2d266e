//! Discord channels as DiscordChatExporter writes them in JSON, one file a channel or thread.

use std::sync::Arc;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Extent, Fact, Identity, Part};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::chat::{self, Fields, PRIVATE};
use crate::counted;
use crate::input::Walk;
use crate::json::{JsonPart, json_stream};
use crate::read::Places;
use crate::source::{Confidence, Context, Emit, Place};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// Ids are Discord's own, so that overlapping exports meet. A thread exported as a channel is a thread of its parent
/// channel. Direct messages are counted, and nothing else of them is kept. An edit gives a version only when its time
/// differs from the message's: some exporters know that a message was edited but not when.
pub struct Discord;

const TYPES: &[ActivityType] = &[MESSAGE_SENT, SPACE_JOINED, REACTION_ADDED];
const WITHOUT_REACTIONS: &[ActivityType] = &[MESSAGE_SENT, SPACE_JOINED];

impl Source for Discord {
    fn format(&self) -> &'static str {
        "discord"
    }

    fn title(&self) -> &'static str {
        "Discord channels (DiscordChatExporter JSON)"
    }

    fn looked_for(&self) -> &'static str {
        "JSON files with guild, channel and messages, as DiscordChatExporter writes them"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        TYPES
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_channel = |head: &str| {
            let has = |name: &str| head.contains(name);
            head.trim_start().starts_with('{')
                && has("\"guild\"")
                && has("\"channel\"")
                && (has("\"messages\"") || has("\"dateRange\"") || has("\"exportedAt\""))
        };
        if probe.heads().any(|(path, head)| path.ends_with(".json") && is_channel(&head)) { 92 } else { 0 }
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        input.walk(&mut |member| {
            if member.path.to_lowercase().ends_with(".json") {
                read_channel(member, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            PRIVATE => Ok(Vec::new()),
            "channel" => channel(raw),
            _ => message(raw),
        }
    }
}

fn read_channel(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let places = Places::new(member.path, "message");
    let head = Places::new(member.path, "channel");
    let (mut guild, mut channel) = (Map::new(), Map::new());
    let mut context = Context::default();
    let path = member.path.to_owned();
    let mut exported_at = None;
    let mut whole: Option<Arc<Part>> = None;
    let mut is_known = true;
    json_stream(member, &["messages"], &mut |part| match part {
        JsonPart::Field("exportedAt", value) => {
            exported_at = serde_json::from_str::<Timestamp>(value.get()).ok();
            Ok(())
        }
        JsonPart::Field("guild", value) => {
            guild = serde_json::from_str(value.get()).unwrap_or_default();
            context = surroundings(&guild, &channel);
            Ok(())
        }
        JsonPart::Field("channel", value) => {
            channel = serde_json::from_str(value.get()).unwrap_or_default();
            context = surroundings(&guild, &channel);
            if is_private(&context) {
                return Ok(());
            }
            emit(RawRecord::describing("channel", head.at(1), &context, value.get().into()))
        }
        JsonPart::Item("messages", position, item) => {
            if is_private(&context) {
                return emit(chat::private_record(places.at(position), &id_of(item.get())));
            }
            if !is_known {
                let reason = "the channel cannot be read: it may be a private message";
                return emit(withheld(places.at(position), &id_of(item.get()), reason));
            }
            let types = if hides_people(item.get()) { WITHOUT_REACTIONS } else { TYPES };
            let whole = whole.get_or_insert_with(|| Arc::new(whole_file(&path, exported_at, &context)));
            emit(RawRecord::new("message", places.at(position), &context, item.get().into()).within(whole, types))
        }
        JsonPart::Broken(name, position, reason, bytes) => {
            let is_head = matches!(name, "guild" | "channel");
            is_known &= !is_head;
            let broken = if is_private(&context) || !is_known {
                withheld(places.at(position), "", &reason)
            } else {
                RawRecord::broken(places.at(position), &context, reason, bytes.into())
            };
            if whole.is_none() && name == "messages" {
                whole = Some(Arc::new(whole_file(&path, exported_at, &context)));
            }
            emit(match &whole {
                Some(whole) => broken.within(whole, &[]),
                None => broken,
            })
        }
        _ => Ok(()),
    })
}

/// What may be private and cannot be read: it is counted and rejected, and nothing of it is kept but its id.
fn withheld(place: Place, id: &str, reason: &str) -> RawRecord {
    let kept = chat::private_record(place, id);
    RawRecord::broken(kept.place, &kept.context, reason, kept.body)
}

/// A file is an export of its own: each says when it was made.
fn whole_file(path: &str, as_of: Option<Timestamp>, context: &Context) -> Part {
    let extent = if is_thread_in(context) { Extent::Thread } else { Extent::OutsideThreads };
    Part { export: path.to_owned(), name: path.to_owned(), as_of, extent }
}

/// Whether a message counts reactions of people whom it does not name: older exporters name nobody.
fn hides_people(message: &str) -> bool {
    #[derive(Deserialize)]
    struct Message {
        #[serde(default)]
        reactions: Vec<Reaction>,
    }
    #[derive(Deserialize)]
    struct Reaction {
        #[serde(default)]
        count: f64,
        #[serde(default)]
        users: Vec<serde::de::IgnoredAny>,
    }
    // Most messages have no reactions, and need no second look.
    message.contains("\"emoji\"")
        && serde_json::from_str::<Message>(message)
            .is_ok_and(|message| message.reactions.iter().any(|reaction| reaction.count > reaction.users.len() as f64))
}

/// What a message needs to know of its channel. A thread's `categoryId` is its parent channel.
fn surroundings(guild: &Map<String, Value>, channel: &Map<String, Value>) -> Context {
    let (guild, channel) = (Fields::of(guild), Fields::of(channel));
    let id = |fields: Fields<'_>, name: &str| fields.id(name).ok().flatten().unwrap_or_default();
    let text = |fields: Fields<'_>, name: &str| fields.label(name).unwrap_or_default().to_owned();
    chat::context(&[
        ("guild_id", &id(guild, "id")),
        ("guild", &text(guild, "name")),
        ("channel_id", &id(channel, "id")),
        ("channel", &text(channel, "name")),
        ("channel_type", &text(channel, "type")),
        ("category_id", &id(channel, "categoryId")),
        ("category", &text(channel, "category")),
    ])
}

/// Direct messages: their channel says so, and they belong to no guild.
fn is_private(context: &Context) -> bool {
    let around = |name: &str| context.get(name).map_or("", String::as_str);
    around("channel_type").starts_with("Direct") || around("guild_id") == "0"
}

fn id_of(item: &str) -> String {
    let item: Map<String, Value> = serde_json::from_str(item).unwrap_or_default();
    Fields::of(&item).id("id").ok().flatten().unwrap_or_default()
}

fn is_thread(raw: &RawRecord) -> bool {
    is_thread_in(&raw.context)
}

/// A private thread has other readers than its parent: it is a channel of its own.
fn is_thread_in(context: &Context) -> bool {
    let is_open = |kind: &String| kind.ends_with("Thread") && !is_private_thread(kind);
    context.get("channel_type").is_some_and(is_open) && context.contains_key("category_id")
}

fn is_private_thread(kind: &str) -> bool {
    kind.ends_with("PrivateThread")
}

/// The channel, or a thread's parent: said by both in the same words, so that neither replaces the other.
fn channel(raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
    let (id, name) = if is_thread(raw) { ("category_id", "category") } else { ("channel_id", "channel") };
    let filled = |name: &str| Some(raw.around(name).to_owned()).filter(|text| !text.is_empty());
    let body = json!({
        "id": filled(id).ok_or_else(|| chat::missing("channel.id"))?,
        "name": filled(name).ok_or_else(|| chat::missing("channel.name"))?,
        "kind": "chat",
        "is_private": is_private_thread(raw.around("channel_type")).then_some(true),
        "guild_id": filled("guild_id"),
        "guild": filled("guild"),
    });
    let Value::Object(body) = body else { return Err(RecordError::new("not a JSON object")) };
    Ok(vec![Fact::new(FactKind::CHANNEL, body)?.into()])
}

fn message(raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
    let body = chat::object(raw)?;
    let message = Fields::of(&body);
    let id = message.required_id("id")?;
    let kind = message.id("type")?.ok_or_else(|| chat::missing("type"))?;
    let activity_type = match kind.as_str() {
        "Default" | "0" | "Reply" | "19" => &MESSAGE_SENT,
        "GuildMemberJoin" | "7" => &SPACE_JOINED,
        _ => return Ok(Vec::new()),
    };
    let at = sent_at(message, &id)?;
    let author = message.required_object("author")?;
    let actor = identity(author)?.ok_or_else(|| chat::missing("author.id"))?;
    let mut activity = Activity::new(activity_type, &id, at, actor);
    place_in(&mut activity, raw);
    if *activity_type == SPACE_JOINED {
        return Ok(vec![activity.into()]);
    }
    if matches!(kind.as_str(), "Reply" | "19")
        && let Some(reference) = message.object("reference")?
    {
        activity.parent = reference.id("messageId")?;
    }
    activity.text = message.text("content")?.filter(|text| !text.is_empty()).map(str::to_owned);
    for person in message.objects("mentions")? {
        if let Some(other) = identity(person)? {
            chat::address(&mut activity.counterparts, &activity.actor, other);
        }
    }
    describe(&mut activity, message)?;
    let mut entries = reactions(message, &activity)?;
    let count = counted_reactions(message)?;
    if count > 0 {
        entries.push(counted::below(&REACTION_ADDED, &activity.id, activity.at, count)?);
    }
    entries.insert(0, activity.into());
    Ok(entries)
}

/// The time as written, or else as the id holds it.
fn sent_at(message: Fields<'_>, id: &str) -> Result<Timestamp, RecordError> {
    let written = message.text("timestamp")?.and_then(|text| text.parse().ok());
    written.or_else(|| snowflake_time(id)).ok_or_else(|| RecordError::new("`timestamp` is not an RFC 3339 instant"))
}

/// The time in a Discord id: milliseconds since 2015 above its lowest 22 bits.
pub(super) fn snowflake_time(id: &str) -> Option<Timestamp> {
    let milliseconds = id.parse::<i64>().ok().filter(|id| *id >= 1 << 22)? >> 22;
    Timestamp::from_millisecond(milliseconds + 1_420_070_400_000).ok()
}

fn place_in(activity: &mut Activity, raw: &RawRecord) {
    let filled = |name: &str| Some(raw.around(name).to_owned()).filter(|text| !text.is_empty());
    let channel = filled("channel_id");
    if let (Some(guild), Some(channel)) = (filled("guild_id"), &channel) {
        activity.url = Some(format!("https://discord.com/channels/{guild}/{channel}/{}", activity.id));
    }
    if is_thread(raw) {
        activity.channel = filled("category_id");
        activity.thread = channel;
        activity.title = filled("channel");
    } else {
        activity.channel = channel;
    }
}

/// An account. Old accounts are `name#1234`; a discriminator of zeros means that the name alone is the handle.
fn identity(person: Fields<'_>) -> Result<Option<Identity>, RecordError> {
    let discriminator = person.label("discriminator").filter(|digits| digits.bytes().any(|digit| digit != b'0'));
    let username = person.label("name").map(|name| match discriminator {
        Some(digits) => format!("{name}#{digits}"),
        None => name.to_owned(),
    });
    let identity = Identity {
        platform: "discord".into(),
        uid: person.id("id")?,
        username,
        name: person.label("nickname").map(str::to_owned),
        bot: person.has("isBot").then_some(person.flag("isBot")),
        ..Identity::default()
    };
    Ok(identity.key().is_some().then_some(identity))
}

fn describe(activity: &mut Activity, message: Fields<'_>) -> Result<(), RecordError> {
    if let Some(text) = message.text("timestampEdited")? {
        let edited_at: Timestamp =
            text.parse().map_err(|_| RecordError::new("`timestampEdited` is not an RFC 3339 instant"))?;
        activity.properties.insert("edited".into(), true.into());
        activity.version_at = (edited_at > activity.at).then_some(edited_at);
    }
    let attachments = message.objects("attachments")?;
    if !attachments.is_empty() {
        let names = attachments.iter().map(|file| file.label("fileName").or(file.label("url")).unwrap_or("unnamed"));
        activity.properties.insert("attachments".into(), names.collect());
    }
    if message.flag("isPinned") {
        activity.properties.insert("pinned".into(), true.into());
    }
    let mut named = 0;
    for reaction in message.objects("reactions")? {
        named += reaction.objects("users")?.len() as u64;
    }
    // Where everybody is named, the reactions are activities of their own.
    let count = counted_reactions(message)?;
    if count > named {
        activity.properties.insert("reactions".into(), count.into());
    }
    Ok(())
}

/// Reactions below a message, as Discord counts them.
fn counted_reactions(message: Fields<'_>) -> Result<u64, RecordError> {
    let mut count = 0.0;
    for reaction in message.objects("reactions")? {
        count += reaction.number("count")?.unwrap_or(0.0);
    }
    Ok(count as u64)
}

/// Reactions whose people are named. When is not said, so the message's own time stands for it.
fn reactions(message: Fields<'_>, of: &Activity) -> Result<Vec<Entry>, RecordError> {
    let mut entries = Vec::new();
    for reaction in message.objects("reactions")? {
        let emoji = reaction.required_object("emoji")?;
        let name = emoji.label("name").or(emoji.label("code")).ok_or_else(|| chat::missing("emoji.name"))?;
        // An emoji of the guild's own is known by its id: its name may change.
        let key = emoji.id("id")?.unwrap_or_else(|| name.to_owned());
        for user in reaction.objects("users")? {
            let Some(actor) = identity(user)? else { continue };
            let who = actor.uid.as_deref().or(actor.username.as_deref()).unwrap_or_default();
            let mut activity = Activity::new(&REACTION_ADDED, format!("{}:{key}:{who}", of.id), of.at, actor);
            activity.channel.clone_from(&of.channel);
            activity.thread.clone_from(&of.thread);
            activity.parent = Some(of.id.clone());
            chat::address(&mut activity.counterparts, &activity.actor, of.actor.clone());
            activity.properties.insert("reaction".into(), name.into());
            activity.properties.insert("time".into(), "of the message".into());
            entries.push(activity.into());
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_its_time() {
        // Discord's own example.
        assert_eq!(snowflake_time("175928847299117063").unwrap().to_string(), "2016-04-30T11:18:25.796Z");
        for none in ["", "12", "-175928847299117063", "abc"] {
            assert_eq!(snowflake_time(none), None, "{none}");
        }
    }
}
