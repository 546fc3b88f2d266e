//! Zulip, in two layouts: a public archive (a folder a stream, a file a topic) and an organization's own export
//! (`realm.json` and `messages-000001.json`). Both give a message the same key, since both hold Zulip's own ids.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Fact, Identity};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::chat::{self, Fields, PRIVATE};
use crate::input::{Walk, file_name, folder_name};
use crate::read::{self, JsonPart, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// A thread is a topic inside a stream. A topic that is marked as resolved keeps its thread: the check mark is cut off,
/// and its messages carry the properties `resolved: true` and `thread_state: "resolved"`. An archive knows a sender by
/// full name only, which is then both `username` and `name`; an organization's export knows them by id. Private
/// messages are counted, and nothing else of them is kept. What a quotation answers is its `parent`.
pub struct Zulip;

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

/// What stands before the name of a topic that is resolved.
const RESOLVED: &str = "\u{2714} ";

/// The tables of `realm.json` and the message files that may be large: they are read item by item.
const TABLES: &[&str] = &[
    "zerver_message",
    "zerver_usermessage",
    "zerver_userprofile",
    "zerver_userprofile_crossrealm",
    "zerver_userprofile_mirrordummy",
    "zerver_stream",
    "zerver_recipient",
    "zerver_reaction",
    "zerver_subscription",
    "zerver_realmauditlog",
    "zerver_userpresence",
    "zerver_useractivity",
    "zerver_useractivityinterval",
    "zerver_usertopic",
];

impl Source for Zulip {
    fn format(&self) -> &'static str {
        "zulip"
    }

    fn title(&self) -> &'static str {
        "Zulip archive or organization export"
    }

    fn looked_for(&self) -> &'static str {
        "realm.json with messages-000001.json, or folders <id>-<stream> of topics whose messages have a sender_full_name"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let is_export = |path: &str, head: &str| {
            (file_name(path) == "realm.json" && head.contains("\"zerver_"))
                || (is_message_file(path) && head.contains("\"zerver_message\""))
        };
        let is_archive = |path: &str, head: &str| {
            path.ends_with(".json") && head.contains("\"sender_full_name\"") && head.contains("\"timestamp\"")
        };
        probe
            .heads()
            .map(|(path, head)| match () {
                () if is_export(path, &head) => 94,
                () if !is_archive(path, &head) => 0,
                () if stream_of_folder(folder_name(path)).is_some() => 90,
                () => 55,
            })
            .max()
            .unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        match Realm::of(input)? {
            Some(realm) => realm.read(input, emit),
            None => read_archive(input, emit),
        }
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            PRIVATE => return Ok(Vec::new()),
            "stream folder" => return stream_folder(&raw.body),
            _ => {}
        }
        let body = chat::object(raw)?;
        let fields = Fields::of(&body);
        match raw.kind {
            "user" => user(fields),
            "cross-realm bot" => Ok(vec![cross_realm_bot(fields)?]),
            "stream" => Ok(vec![stream(fields)?]),
            "archived message" => Ok(vec![archived_message(raw, fields)?.into()]),
            _ => message(raw, fields),
        }
    }
}

fn is_message_file(path: &str) -> bool {
    file_name(path).starts_with("messages-") && path.ends_with(".json")
}

// The public archive.

fn read_archive(input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
    let mut streams = HashSet::new();
    input.walk(&mut |member| {
        let Some(topic) = file_name(member.path).strip_suffix(".json").map(dot_decoded) else { return Ok(Walk::On) };
        let (folder_path, _) = member.path.rsplit_once('/').unwrap_or(("", ""));
        let folder_path = folder_path.to_owned();
        let folder = folder_name(member.path).to_owned();
        let (stream_id, stream) = stream_of_folder(&folder).unwrap_or((&folder, dot_decoded(&folder)));
        let context = chat::context(&[("stream_id", stream_id), ("stream", &stream), ("topic", &topic)]);
        let places = Places::new(member.path, "item");
        let mut last = 0;
        let broken = read::json_stream(member, TABLES, &mut |part| {
            let JsonPart::Item("", position, item) = part else { return Ok(()) };
            last = position;
            if !folder.is_empty() && streams.insert(folder_path.clone()) {
                let place = Places::new(&folder_path, "folder").at(1);
                emit(RawRecord::describing("stream folder", place, &Context::default(), folder.clone().into()))?;
            }
            emit(RawRecord::new("archived message", places.at(position), &context, item.get().into()))
        })?;
        if let Some(reason) = broken {
            emit(RawRecord::broken(places.at(last + 1), &context, reason, Vec::new()))?;
        }
        Ok(Walk::On)
    })
}

/// The id and name of a stream from its folder, `187764-Lean-for-teaching`. Zulip writes a blank as a hyphen there, so
/// that the name may have had either.
fn stream_of_folder(folder: &str) -> Option<(&str, String)> {
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

fn stream_folder(folder: &[u8]) -> Result<Vec<Entry>, RecordError> {
    let folder = std::str::from_utf8(folder).map_err(|_| RecordError::new("the folder's name is not UTF-8"))?;
    let (id, name) = stream_of_folder(folder).unwrap_or((folder, dot_decoded(folder)));
    Ok(vec![fact(FactKind::CHANNEL, json!({"id": id, "name": name, "kind": "chat"}))?])
}

fn archived_message(raw: &RawRecord, message: Fields<'_>) -> Result<Activity, RecordError> {
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

// What both layouts share.

fn place_in(activity: &mut Activity, stream_id: &str, subject: &str) {
    let mut topic = subject;
    while let Some(unmarked) = topic.strip_prefix(RESOLVED) {
        topic = unmarked;
    }
    activity.channel = Some(stream_id.to_owned()).filter(|id| !id.is_empty());
    activity.thread = Some(if stream_id.is_empty() { topic.to_owned() } else { format!("{stream_id}/{topic}") });
    activity.title = Some(topic.to_owned()).filter(|topic| !topic.is_empty());
    if topic.len() < subject.len() {
        activity.properties.insert("resolved".into(), true.into());
        activity.properties.insert("thread_state".into(), "resolved".into());
    }
}

fn instant(fields: Fields<'_>, name: &str) -> Result<Option<Timestamp>, RecordError> {
    let Some(seconds) = fields.number(name)? else { return Ok(None) };
    chat::float_seconds(seconds).map(Some).ok_or_else(|| RecordError(format!("`{name}` is not seconds since 1970")))
}

fn fact(kind: FactKind, body: Value) -> Result<Entry, RecordError> {
    let Value::Object(body) = body else { return Err(RecordError::new("not a JSON object")) };
    Ok(Fact::new(kind, body)?.into())
}

/// People named in a rendered message, by id and name: `<span class="user-mention" data-user-id="7">@Ada</span>`.
/// Silent ones, as above a quotation, are among them; groups and everybody are not.
fn html_mentions(html: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    for span in html.split("<span class=\"user-mention").skip(1) {
        let Some((attributes, rest)) = span.split_once('>') else { continue };
        let id = attributes.split_once("data-user-id=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(id, _)| id);
        let name = unescaped(rest.split('<').next().unwrap_or(""));
        let name = name.strip_prefix('@').unwrap_or(&name).trim();
        if let Some(id) = id.filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty())
            && !name.is_empty()
        {
            found.push((id, name.to_owned()));
        }
    }
    found
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// Ids of people named in a message as written: `@**Ada|7**`. Without the id a name may be several people's.
fn written_mentions(text: &str) -> impl Iterator<Item = &str> {
    text.split('@').skip(1).filter_map(|rest| {
        let (name, _) = rest.strip_prefix('_').unwrap_or(rest).strip_prefix("**")?.split_once("**")?;
        let (_, id) = name.rsplit_once('|')?;
        (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
    })
}

/// The message that a quotation answers: Zulip's own "Quote and reply" opens with a link named "said" to it.
fn quoted(text: &str) -> Option<String> {
    text.match_indices("/near/").find_map(|(at, link)| {
        let rest = &text[at + link.len()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (id, after) = rest.split_at(digits);
        let is_html = after.starts_with("\">said</a>");
        let address = text[..at].rsplit_once("[said](").map(|(_, address)| address);
        let is_markdown = after.starts_with(')') && address.is_some_and(|address| !address.contains([' ', '\n', ')']));
        (digits > 0 && (is_html || is_markdown)).then(|| id.to_owned())
    })
}

// The organization's export.

/// What the tables of `realm.json` say about messages that stand in other files.
#[derive(Default)]
struct Realm {
    /// `None` for a private conversation.
    recipients: HashMap<String, Option<Context>>,
    /// The reactions to each message, as JSON objects.
    reactions: HashMap<String, Vec<String>>,
}

impl Realm {
    /// `None` when the input is no organization's export.
    fn of(input: &Input) -> Result<Option<Self>, SourceError> {
        let mut is_export = false;
        let mut realm = Self::default();
        let mut streams = HashMap::new();
        let mut of_stream = HashMap::new();
        input.walk(&mut |member| {
            is_export |= is_message_file(member.path);
            if file_name(member.path) != "realm.json" {
                return Ok(Walk::On);
            }
            is_export = true;
            read::json_stream(member, TABLES, &mut |part| {
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
                        if let Some(message) = id("message") {
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

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        input.walk(&mut |member| {
            if file_name(member.path) == "realm.json" {
                read_tables(member, emit)?;
            } else if is_message_file(member.path) {
                self.read_messages(member, emit)?;
            }
            Ok(Walk::On)
        })
    }

    fn read_messages(&self, member: Member<'_>, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let places = Places::new(member.path, "message");
        let mut last = 0;
        let broken = read::json_stream(member, TABLES, &mut |part| {
            let JsonPart::Item("zerver_message", position, item) = part else { return Ok(()) };
            last = position;
            emit(self.record(places.at(position), item.get()))
        })?;
        let none = Context::default();
        broken.map_or(Ok(()), |reason| emit(RawRecord::broken(places.at(last + 1), &none, reason, Vec::new())))
    }

    /// A message with what `realm.json` says around it. One whose recipient is unknown may be private: nothing of it
    /// is kept but its id.
    fn record(&self, place: crate::source::Place, item: &str) -> RawRecord {
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
    let mut last = 0;
    let broken = read::json_stream(member, TABLES, &mut |part| {
        let JsonPart::Item(table, position, item) = part else { return Ok(()) };
        last = position;
        let (kind, unit) = match table {
            "zerver_userprofile" | "zerver_userprofile_mirrordummy" => ("user", "user"),
            "zerver_userprofile_crossrealm" => ("cross-realm bot", "cross-realm bot"),
            "zerver_stream" => ("stream", "stream"),
            _ => return Ok(()),
        };
        emit(RawRecord::describing(kind, Places::new(&path, unit).at(position), &context, item.get().into()))
    })?;
    let place = Places::new(&path, "item").at(last + 1);
    broken.map_or(Ok(()), |reason| emit(RawRecord::broken(place, &context, reason, Vec::new())))
}

fn stream(stream: Fields<'_>) -> Result<Entry, RecordError> {
    let body = json!({
        "id": stream.required_id("id")?,
        "name": stream.label("name").ok_or_else(|| chat::missing("name"))?,
        "kind": "chat",
        "description": stream.label("description"),
        "is_archived": stream.flag("deactivated").then_some(true),
    });
    fact(FactKind::CHANNEL, body)
}

fn user(user: Fields<'_>) -> Result<Vec<Entry>, RecordError> {
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

fn cross_realm_bot(bot: Fields<'_>) -> Result<Entry, RecordError> {
    let identity = Identity {
        email: bot.label("email").map(str::to_owned),
        bot: Some(true),
        ..Identity::uid("zulip", bot.required_id("id")?)
    };
    fact(FactKind::PERSON, json!({"identity": identity, "bot": true}))
}

fn message(raw: &RawRecord, message: Fields<'_>) -> Result<Vec<Entry>, RecordError> {
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
    activity.version_at = changed_at(message)?;
    let mut entries = reactions(raw.around("reactions"), &activity)?;
    entries.insert(0, activity.into());
    Ok(entries)
}

/// The last edit of the text or move to another topic: resolving a topic is a move, too.
fn changed_at(message: Fields<'_>) -> Result<Option<Timestamp>, RecordError> {
    let mut latest = instant(message, "last_edit_time")?.max(instant(message, "last_moved_time")?);
    if let Some(history) = message.text("edit_history")? {
        let edits: Vec<Map<String, Value>> = serde_json::from_str(history)
            .map_err(|error| RecordError(format!("`edit_history` is not a list of edits: {error}")))?;
        for edit in &edits {
            latest = latest.max(instant(Fields::of(edit), "timestamp")?);
        }
    }
    Ok(latest)
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
        activity.properties.insert("reaction".into(), name.into());
        activity.properties.insert("time".into(), "of the message".into());
        entries.push(activity.into());
    }
    Ok(entries)
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

    #[test]
    fn a_quotation_names_its_message() {
        let html = r#"<p><span class="user-mention silent" data-user-id="7">Ada &amp; Co</span> <a href="https://z.example/#narrow/stream/1-a/topic/b/near/42">said</a>:</p>"#;
        assert_eq!(quoted(html).as_deref(), Some("42"));
        assert_eq!(html_mentions(html), [("7", "Ada & Co".to_owned())]);
        assert_eq!(quoted("@_**Ada|7** [said](https://z.example/#narrow/near/43):\n```quote").as_deref(), Some("43"));
        assert_eq!(quoted("[see](https://z.example/#narrow/near/43)"), None);
        assert_eq!(quoted("<a href=\"/near/44\">here</a>"), None);
        assert_eq!(written_mentions("@**Ada|7** and @_**Bob|8** and **bold** a|9").collect::<Vec<_>>(), ["7", "8"]);
    }
}
