//! Slack workspace exports: `users.json`, `channels.json`, and one folder a channel with one list of messages a day.
//! How a message is understood is shared with [`super::slack_events`], so that both give equal keys.

use std::collections::HashMap;
use std::sync::Arc;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED, SPACE_LEFT};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Extent, Fact, Identity, Part};
use serde_json::{Map, Value, json};

use super::chat::{self, Fields, PRIVATE};
use crate::avatar::avatar;
use crate::counted;
use crate::input::{Walk, file_name, folder_name};
use crate::json::{JsonPart, json_stream};
use crate::read::Places;
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

pub(super) mod message;

/// Workspace exports, as a folder or an archive. Direct messages (`dms.json`, `mpims.json`) are counted, and nothing
/// else of them is kept. Channels of `groups.json` are private. A channel is known by its id where `channels.json` names it,
/// otherwise by its folder.
pub struct Slack;

/// Kind of the record of a channel that Slack lists as private.
const PRIVATE_CHANNEL: &str = "private channel";

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
        let mut parts = HashMap::new();
        input.walk(&mut |member| {
            match file_name(member.path) {
                "users.json" => read_list(member, "user", emit)?,
                "channels.json" => read_list(member, "channel", emit)?,
                "groups.json" => read_list(member, PRIVATE_CHANNEL, emit)?,
                _ if is_day_file(member.path) => read_day(member, &conversations, &mut parts, emit)?,
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
            "channel" => Ok(vec![channel(fields, fields.stated_flag("is_private"))?]),
            PRIVATE_CHANNEL => Ok(vec![channel(fields, Some(true))?]),
            _ => {
                let channel = raw.around("channel");
                let mut entries = message::message(fields, channel, None)?;
                if let Some(Entry::Activity(of)) = entries.first() {
                    let mut below = message::reactions(fields, of)?;
                    below.extend(counts(fields, of)?);
                    entries.extend(below);
                }
                Ok(entries)
            }
        }
    }
}

/// What Slack counts: messages of the thread that a message opens, itself among them unless it was deleted, and
/// reactions below it.
fn counts(message: Fields<'_>, of: &Activity) -> Result<Vec<Entry>, RecordError> {
    let mut counts = Vec::new();
    if let (Some(thread), Some(replies)) = (&of.thread, message.number("reply_count")?)
        && *thread == of.id
    {
        let itself = u64::from(of.deleted_at.is_none());
        counts.push(counted::in_thread(&MESSAGE_SENT, thread, of.at, replies as u64 + itself)?);
    }
    let mut reactions = 0.0;
    for reaction in message.objects("reactions")? {
        reactions += reaction.number("count")?.unwrap_or(0.0);
    }
    if reactions >= 1.0 {
        counts.push(counted::below(&REACTION_ADDED, &of.id, of.at, reactions as u64)?);
    }
    Ok(counts)
}

/// A conversation that the export lists.
struct Conversation {
    id: String,
    is_private: bool,
}

/// The listed conversations by their folder's path.
fn conversations(input: &Input) -> Result<HashMap<String, Conversation>, SourceError> {
    let mut found = HashMap::new();
    input.survey(&mut |member| {
        let list = file_name(member.path);
        let is_private = matches!(list, "dms.json" | "mpims.json");
        if is_private || matches!(list, "channels.json" | "groups.json") {
            let root = member.path.strip_suffix(list).unwrap_or("").to_owned();
            // A damaged list is reported when its records are read.
            json_stream(member, &[], &mut |part| {
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
    json_stream(member, &[], &mut |part| match part {
        JsonPart::Item(_, position, item) => {
            emit(RawRecord::describing(kind, places.at(position), &context, item.get().into()))
        }
        JsonPart::Broken(_, position, reason, bytes) => {
            emit(RawRecord::broken(places.at(position), &context, reason, bytes.into()))
        }
        JsonPart::Field(..) => Ok(()),
    })
}

fn read_day(
    member: Member<'_>,
    conversations: &HashMap<String, Conversation>,
    parts: &mut HashMap<String, Arc<Part>>,
    emit: &mut Emit<'_>,
) -> Result<(), SourceError> {
    let places = Places::new(member.path, "item");
    let folder = member.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let name = folder_name(member.path);
    let known = conversations.get(folder);
    let is_private = known.map_or_else(|| is_direct(name), |known| known.is_private);
    let id = known.map_or(name, |known| known.id.as_str());
    let context = chat::context(&[("channel", id), ("channel_name", name)]);
    let days = parts.entry(folder.to_owned()).or_insert_with(|| Arc::new(part(folder)));
    json_stream(member, &[], &mut |part| match part {
        JsonPart::Item(_, position, item) if is_private => {
            emit(chat::private_record(places.at(position), &format!("{id}:{}", sent_at(item.get()))))
        }
        JsonPart::Item(_, position, item) => {
            emit(RawRecord::new("message", places.at(position), &context, item.get().into()).within(days, TYPES))
        }
        JsonPart::Broken(_, position, reason, _) if is_private => {
            let kept = chat::private_record(places.at(position), "");
            emit(RawRecord::broken(kept.place, &kept.context, reason, kept.body))
        }
        JsonPart::Broken(_, position, reason, bytes) => {
            emit(RawRecord::broken(places.at(position), &context, reason, bytes.into()).within(days, &[]))
        }
        JsonPart::Field(..) => Ok(()),
    })
}

/// The days of a channel are one part: an export holds a channel's messages between its first and its last day.
fn part(folder: &str) -> Part {
    let (export, _) = folder.rsplit_once('/').unwrap_or(("", folder));
    Part { export: export.to_owned(), name: folder.to_owned(), as_of: None, extent: Extent::Channel }
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

/// A user of the workspace. The address is proven where Slack says that it was confirmed.
pub(super) fn person(user: Fields<'_>) -> Result<Entry, RecordError> {
    let profile = user.object("profile")?;
    let of_profile = |name| profile.and_then(|profile| profile.label(name));
    let uid = user.required_id("id")?;
    let is_bot = user.flag("is_bot") || uid == SLACKBOT;
    let name = of_profile("real_name").or(user.label("real_name")).or(of_profile("display_name"));
    let identity = Identity {
        username: user.label("name").map(str::to_owned),
        email: of_profile("email").map(str::to_owned),
        email_verified: of_profile("email").is_some() && user.flag("is_email_confirmed"),
        name: name.map(str::to_owned),
        bot: (user.has("is_bot") || is_bot).then_some(is_bot),
        ..Identity::uid("slack", uid)
    };
    let body = json!({
        "identity": identity,
        "name": name,
        "title": of_profile("title"),
        "avatar": profile.and_then(picture),
        "status": of_profile("status_text"),
        "location_time_zone": user.label("tz"),
        "bot": identity.bot,
        "display_name": of_profile("display_name"),
        "deleted": user.flag("deleted").then_some(true),
    });
    fact(FactKind::PERSON, body)
}

/// The picture that a user chose here, or the one that their address has at Gravatar.
fn picture(profile: Fields<'_>) -> Option<String> {
    let sizes = ["image_original", "image_512", "image_192", "image_72", "image_48"];
    let address = sizes.into_iter().find_map(|size| profile.label(size))?;
    let known = avatar(address).filter(|word| word.starts_with("gravatar/"));
    let is_chosen = profile.flag("is_custom_image") || profile.has("image_original");
    let own = profile.label("avatar_hash").filter(|_| is_chosen).map(|hash| format!("slack/{hash}"));
    known.or(own)
}

/// A channel of the workspace. `is_private`: only who is in it reads it, where Slack says.
pub(super) fn channel(channel: Fields<'_>, is_private: Option<bool>) -> Result<Entry, RecordError> {
    let id = channel.required_id("id")?;
    let words = |name: &str| channel.object(name).ok().flatten().and_then(|words| words.label("value"));
    let body = json!({
        "name": channel.label("name").ok_or_else(|| chat::missing("name"))?,
        "id": id,
        "kind": "chat",
        "is_private": is_private,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_files_and_direct_messages_are_told_by_their_names() {
        assert!(is_day_file("export/general/2018-02-02.json"));
        for path in ["2018-02-02.json", "general/2018-2-2.json", "general/notes.json", "general/2018-02-02.csv"] {
            assert!(!is_day_file(path), "{path}");
        }
        assert!(is_direct("mpdm-ada--bob-1") && is_direct("D02AB3CD4"));
        assert!(!is_direct("DevOps") && !is_direct("general"));
    }

    #[test]
    fn an_address_is_proven_where_slack_says_so() {
        let is_verified = |confirmed: Value| {
            let user = json!({"id": "U1", "profile": {"email": "ada@acme.io"}, "is_email_confirmed": confirmed});
            let Entry::Fact(fact) = person(Fields::of(user.as_object().unwrap())).unwrap() else { panic!("a fact") };
            fact.identity("identity").unwrap().email_verified
        };
        assert!(is_verified(json!(true)));
        assert!(!is_verified(json!(false)) && !is_verified(Value::Null));
    }
}
