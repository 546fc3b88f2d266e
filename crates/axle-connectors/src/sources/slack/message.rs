//! How a Slack message is understood, the same from an export and from an event.

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED, SPACE_LEFT};
use axle_model::{Activity, Entry, Identity};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::SLACKBOT;
use crate::RecordError;
use crate::sources::chat::{self, Fields};

const JUST_AFTER: SignedDuration = SignedDuration::from_micros(1);

/// What a message's `subtype` makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) enum Kind {
    Message,
    Joined,
    Left,
    Deleted,
    /// A notice of the channel (a topic, a pin, a file's comment): no activity.
    Notice,
}

pub(in crate::sources) fn kind_of(message: Fields<'_>) -> Result<Kind, RecordError> {
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
pub(in crate::sources) fn message(
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
    // A message learns of its thread by the first reply, which no time tells: that state is the newer one.
    let opens_thread = activity.thread.as_ref() == Some(&activity.id);
    activity.version_at = if opens_thread { edited_at.unwrap_or(at).checked_add(JUST_AFTER).ok() } else { edited_at };
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
pub(in crate::sources) fn membership(
    kind: Kind,
    channel: &str,
    ts: &str,
    actor: Identity,
) -> Result<Activity, RecordError> {
    let (activity_type, verb) = if kind == Kind::Left { (&SPACE_LEFT, "left") } else { (&SPACE_JOINED, "joined") };
    let at = instant("ts", ts)?;
    let who = actor.uid.as_deref().unwrap_or_default();
    let id = message_id(channel, &format!("{verb}:{who}:{}", at.as_second()));
    let mut activity = Activity::new(activity_type, id, at, actor);
    activity.channel = Some(channel.to_owned()).filter(|channel| !channel.is_empty());
    Ok(activity)
}

/// That a message was deleted. `previous` is the message as it was; without it [`SLACKBOT`] stands as the author.
pub(in crate::sources) fn tombstone(
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
pub(in crate::sources) fn message_id(channel: &str, ts: &str) -> String {
    if channel.is_empty() { ts.to_owned() } else { format!("{channel}:{ts}") }
}

pub(in crate::sources) fn instant(name: &str, ts: &str) -> Result<Timestamp, RecordError> {
    chat::decimal_seconds(ts).ok_or_else(|| RecordError(format!("`{name}` is not seconds since 1970")))
}

fn edited_at(message: Fields<'_>) -> Result<Option<Timestamp>, RecordError> {
    let Some(edited) = message.object("edited")? else { return Ok(None) };
    edited.id("ts")?.map(|ts| instant("edited.ts", &ts)).transpose()
}

/// Who wrote a message; `None` when it names nobody. A program is known by its `bot_id`, else by the name it gave.
pub(in crate::sources) fn author(message: Fields<'_>) -> Result<Option<Identity>, RecordError> {
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
pub(in crate::sources) fn reactions(message: Fields<'_>, of: &Activity) -> Result<Vec<Entry>, RecordError> {
    let mut entries = Vec::new();
    for reaction in message.objects("reactions")? {
        let name = reaction.label("name").ok_or_else(|| chat::missing("reactions.name"))?;
        for uid in reaction.texts("users")? {
            let mut activity = self::reaction(name, &of.id, of.at, Identity::uid("slack", uid));
            chat::address(&mut activity.counterparts, &activity.actor, of.actor.clone());
            activity.channel.clone_from(&of.channel);
            activity.thread.clone_from(&of.thread);
            activity.properties.insert("time".into(), "of the message".into());
            entries.push(activity.into());
        }
    }
    Ok(entries)
}

/// A reaction to the message of that key.
pub(in crate::sources) fn reaction(name: &str, to: &str, at: Timestamp, actor: Identity) -> Activity {
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
}
