//! An organization's own export: `realm.json` with its tables, and files of messages.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Extent, Identity, Part};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{RESOLVED, TABLES, fact, html_mentions, instant, is_message_file, place_in, quoted, written_mentions};
use crate::input::{Walk, file_name};
use crate::json::{JsonPart, json_stream};
use crate::read::Places;
use crate::source::{Context, Emit, Place};
use crate::sources::chat::{self, Fields};
use crate::{Input, Member, RawRecord, RecordError, SourceError};

/// What messages tell of.
const TYPES: &[ActivityType] = &[MESSAGE_SENT, REACTION_ADDED];

/// What the tables of `realm.json` say about messages that stand in other files.
#[derive(Default)]
pub(super) struct Realm {
    /// `None` for a private conversation.
    recipients: HashMap<String, Option<Context>>,
    /// The reactions to each message, as JSON objects.
    reactions: HashMap<String, Vec<String>>,
}

impl Realm {
    /// `None` when the input is no organization's export.
    pub(super) fn of(input: &Input) -> Result<Option<Self>, SourceError> {
        let mut is_export = false;
        let mut realm = Self::default();
        let mut streams = HashMap::new();
        let mut of_stream = HashMap::new();
        input.survey(&mut |member| {
            is_export |= is_message_file(member.path);
            if file_name(member.path) != "realm.json" {
                return Ok(Walk::On);
            }
            is_export = true;
            json_stream(member, TABLES, &mut |part| {
                let JsonPart::Item(table, _, item) = part else { return Ok(()) };
                let Ok(Value::Object(fields)) = serde_json::from_str(item.get()) else { return Ok(()) };
                let id = |name: &str| Fields::of(&fields).id(name).ok().flatten();
                match (table, id("id")) {
                    ("zerver_stream", Some(stream)) => {
                        streams.insert(stream, Fields::of(&fields).label("name").unwrap_or("").to_owned());
                    }
                    ("zerver_recipient", Some(recipient)) => match (id("type").as_deref(), id("type_id")) {
                        (Some("2"), Some(stream)) => drop(of_stream.insert(recipient, stream)),
                        _ => drop(realm.recipients.insert(recipient, None)),
                    },
                    ("zerver_reaction", _) => {
                        // One that is broken is told where the tables are read.
                        if let Ok(message) = message_of_reaction(Fields::of(&fields)) {
                            realm.reactions.entry(message).or_default().push(item.get().to_owned());
                        }
                    }
                    _ => {}
                }
                Ok(())
            })?;
            Ok(Walk::On)
        })?;
        for (recipient, stream) in of_stream {
            let name = streams.get(&stream).map_or("", String::as_str);
            realm.recipients.insert(recipient, Some(chat::context(&[("stream_id", &stream), ("stream", name)])));
        }
        Ok(is_export.then_some(realm))
    }

    pub(super) fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        // Messages stand in the order of their ids, in files of a thousand: the files are one part.
        let whole =
            Arc::new(Part { export: String::new(), name: "messages".into(), as_of: None, extent: Extent::Channel });
        input.walk(&mut |member| {
            if file_name(member.path) == "realm.json" {
                read_tables(member, emit)?;
            } else if is_message_file(member.path) {
                self.read_messages(member, &whole, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn read_messages(&self, member: Member<'_>, whole: &Arc<Part>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let places = Places::new(member.path, "message");
        json_stream(member, TABLES, &mut |part| match part {
            JsonPart::Item("zerver_message", position, item) => {
                emit(self.record(places.at(position), item.get()).within(whole, TYPES))
            }
            JsonPart::Broken(_, position, reason, _) => {
                let kept = chat::private_record(places.at(position), "");
                let reason = format!("perhaps a private message: {reason}");
                emit(RawRecord::broken(kept.place, &kept.context, reason, kept.body).within(whole, &[]))
            }
            _ => Ok(()),
        })
    }

    /// A message with what `realm.json` says around it. One whose recipient is unknown may be private: nothing of it
    /// is kept but its id.
    fn record(&self, place: Place, item: &str) -> RawRecord {
        let fields: Map<String, Value> = serde_json::from_str(item).unwrap_or_default();
        let id_of = |name: &str| Fields::of(&fields).id(name).ok().flatten().unwrap_or_default();
        let (id, recipient) = (id_of("id"), id_of("recipient"));
        match self.recipients.get(&recipient) {
            Some(None) => chat::private_record(place, &id),
            Some(Some(context)) => {
                let context = self.reactions.get(&id).map_or_else(
                    || Arc::clone(context),
                    |reactions| {
                        let mut around: BTreeMap<String, String> = (**context).clone();
                        around.insert("reactions".into(), format!("[{}]", reactions.join(",")));
                        Arc::new(around)
                    },
                );
                RawRecord::new("message", place, &context, item.into())
            }
            None => {
                let reason = format!("`recipient` {recipient} is not in realm.json: it may be a private message");
                let kept = chat::private_record(place, &id);
                RawRecord::broken(kept.place, &kept.context, reason, kept.body)
            }
        }
    }
}

fn read_tables(member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let path = member.path.to_owned();
    let context = Context::default();
    json_stream(member, TABLES, &mut |part| {
        let (table, position, item) = match part {
            JsonPart::Item(table, position, item) => (table, position, item),
            JsonPart::Broken(_, position, reason, bytes) => {
                let place = Places::new(&path, "item").at(position);
                return emit(RawRecord::broken(place, &context, reason, bytes.into()));
            }
            JsonPart::Field(..) => return Ok(()),
        };
        let kind = match table {
            "zerver_userprofile" | "zerver_userprofile_mirrordummy" => "user",
            "zerver_userprofile_crossrealm" => "cross-realm bot",
            "zerver_stream" => "stream",
            "zerver_reaction" => {
                // Good ones are told with their messages.
                let place = Places::new(&path, "reaction").at(position);
                let body = item.get().as_bytes().to_vec();
                let fields: Map<String, Value> = serde_json::from_str(item.get()).unwrap_or_default();
                return match message_of_reaction(Fields::of(&fields)) {
                    Ok(_) => Ok(()),
                    Err(error) => emit(RawRecord::broken(place, &context, error.0, body)),
                };
            }
            _ => return Ok(()),
        };
        emit(RawRecord::describing(kind, Places::new(&path, kind).at(position), &context, item.get().into()))
    })
}

/// The message that a reaction is to, where it says all that a reaction must say.
fn message_of_reaction(reaction: Fields<'_>) -> Result<String, RecordError> {
    reaction.required_id("user_profile")?;
    reaction.label("emoji_name").ok_or_else(|| chat::missing("emoji_name"))?;
    reaction.required_id("message")
}

pub(super) fn stream(stream: Fields<'_>) -> Result<Entry, RecordError> {
    let body = json!({
        "id": stream.required_id("id")?,
        "name": stream.label("name").ok_or_else(|| chat::missing("name"))?,
        "kind": "chat",
        "is_private": stream.stated_flag("invite_only"),
        "description": stream.label("description"),
        "is_archived": stream.flag("deactivated").then_some(true),
    });
    fact(FactKind::CHANNEL, body)
}

pub(super) fn user(user: Fields<'_>) -> Result<Vec<Entry>, RecordError> {
    let uid = user.required_id("id")?;
    let name = user.label("full_name");
    let is_bot = user.flag("is_bot");
    // `user7@…` is what Zulip puts in place of an address that is hidden.
    let stand_in = format!("user{uid}@");
    let address = user.label("delivery_email").or(user.label("email").filter(|email| !email.starts_with(&stand_in)));
    let identity = Identity {
        email: address.map(str::to_owned),
        name: name.map(str::to_owned),
        bot: (user.has("is_bot")).then_some(is_bot),
        ..Identity::uid("zulip", &uid)
    };
    let is_stand_in = user.flag("is_mirror_dummy");
    let body = json!({
        "identity": identity,
        "name": name,
        "location_time_zone": user.label("timezone"),
        "bot": identity.bot,
        "deleted": (user.has("is_active") && !user.flag("is_active")).then_some(true),
        "is_mirror_dummy": is_stand_in.then_some(true),
    });
    let mut entries = vec![fact(FactKind::PERSON, body)?];
    if let Some(at) = instant(user, "date_joined")?
        && !is_bot
        && !is_stand_in
    {
        entries.push(Activity::new(&SPACE_JOINED, format!("joined:{uid}"), at, identity).into());
    }
    Ok(entries)
}

pub(super) fn cross_realm_bot(bot: Fields<'_>) -> Result<Entry, RecordError> {
    let identity = Identity {
        email: bot.label("email").map(str::to_owned),
        bot: Some(true),
        ..Identity::uid("zulip", bot.required_id("id")?)
    };
    fact(FactKind::PERSON, json!({"identity": identity, "bot": true}))
}

pub(super) fn message(raw: &RawRecord, message: Fields<'_>) -> Result<Vec<Entry>, RecordError> {
    let id = message.required_id("id")?;
    let actor = Identity::uid("zulip", message.required_id("sender")?);
    let at = instant(message, "date_sent")?.ok_or_else(|| chat::missing("date_sent"))?;
    let mut activity = Activity::new(&MESSAGE_SENT, id, at, actor);
    place_in(&mut activity, raw.around("stream_id"), message.text("subject")?.unwrap_or_default());
    let text = message.text("content")?.unwrap_or_default();
    let people: Vec<(&str, Option<String>)> = match message.text("rendered_content")? {
        Some(html) => html_mentions(html).into_iter().map(|(id, name)| (id, Some(name))).collect(),
        None => written_mentions(text).map(|id| (id, None)).collect(),
    };
    for (uid, name) in people {
        let other = Identity { name, ..Identity::uid("zulip", uid) };
        chat::address(&mut activity.counterparts, &activity.actor, other);
    }
    activity.parent = quoted(text);
    activity.text = Some(text.to_owned()).filter(|text| !text.is_empty());
    let history = edits(message)?;
    activity.version_at = changed_at(message, &history)?;
    let was_resolved = |edit: &Map<String, Value>| {
        Fields::of(edit).label("prev_topic").is_some_and(|topic| topic.starts_with(RESOLVED))
    };
    if !activity.properties.contains_key("resolved") && history.iter().any(was_resolved) {
        activity.properties.insert("thread_state".into(), "open".into());
    }
    let mut entries = reactions(raw.around("reactions"), &activity)?;
    entries.insert(0, activity.into());
    Ok(entries)
}

/// The last edit of the text or move to another topic: resolving a topic is a move, too.
fn changed_at(message: Fields<'_>, history: &[Map<String, Value>]) -> Result<Option<Timestamp>, RecordError> {
    let mut latest = instant(message, "last_edit_time")?.max(instant(message, "last_moved_time")?);
    for edit in history {
        latest = latest.max(instant(Fields::of(edit), "timestamp")?);
    }
    Ok(latest)
}

fn edits(message: Fields<'_>) -> Result<Vec<Map<String, Value>>, RecordError> {
    let Some(history) = message.text("edit_history")? else { return Ok(Vec::new()) };
    serde_json::from_str(history)
        .map_err(|error| RecordError(format!("`edit_history` is not a list of edits: {error}")))
}

/// The reactions to a message. When is not said, so the message's own time stands for it.
fn reactions(list: &str, of: &Activity) -> Result<Vec<Entry>, RecordError> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let list: Vec<Map<String, Value>> = serde_json::from_str(list)
        .map_err(|error| RecordError(format!("`zerver_reaction` is not a list of reactions: {error}")))?;
    let mut entries = Vec::new();
    for reaction in &list {
        let reaction = Fields::of(reaction);
        let name = reaction.label("emoji_name").ok_or_else(|| chat::missing("emoji_name"))?;
        let uid = reaction.required_id("user_profile")?;
        let id = format!("{}:{name}:{uid}", of.id);
        let mut activity = Activity::new(&REACTION_ADDED, id, of.at, Identity::uid("zulip", uid));
        activity.channel.clone_from(&of.channel);
        activity.thread.clone_from(&of.thread);
        activity.parent = Some(of.id.clone());
        chat::address(&mut activity.counterparts, &activity.actor, of.actor.clone());
        activity.properties.insert("reaction".into(), name.into());
        activity.properties.insert("time".into(), "of the message".into());
        entries.push(activity.into());
    }
    Ok(entries)
}
