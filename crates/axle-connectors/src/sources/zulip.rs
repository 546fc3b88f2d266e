//! Zulip, in two layouts: a public archive (a folder a stream, a file a topic) and an organization's own export
//! (`realm.json` and `messages-000001.json`). Both give a message the same key, since both hold Zulip's own ids.

use axle_model::catalogue::{MESSAGE_SENT, REACTION_ADDED, SPACE_JOINED};
use axle_model::interchange::FactKind;
use axle_model::{Activity, ActivityType, Entry, Fact};
use jiff::Timestamp;
use serde_json::Value;

use super::chat::{self, Fields, PRIVATE};
use crate::input::{file_name, folder_name};
use crate::source::{Confidence, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

mod archive;
mod organization;

/// A thread is a topic inside a stream. A topic that is marked as resolved keeps its thread: the check mark is cut off,
/// and its messages carry the properties `resolved: true` and `thread_state: "resolved"`; where an organization's export
/// tells that the mark was taken off again, `thread_state: "open"`. An archive knows a sender by
/// full name only, which is then both `username` and `name`; an organization's export knows them by id. Private
/// messages are counted, and nothing else of them is kept. What a quotation answers is its `parent`.
pub struct Zulip;

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
                () if archive::stream_of_folder(folder_name(path)).is_some() => 90,
                () => 55,
            })
            .max()
            .unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        match organization::Realm::of(input)? {
            Some(realm) => realm.read(input, emit),
            None => archive::read(input, emit),
        }
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            PRIVATE => return Ok(Vec::new()),
            "stream folder" => return archive::stream_folder(&raw.body),
            _ => {}
        }
        let body = chat::object(raw)?;
        let fields = Fields::of(&body);
        match raw.kind {
            "user" => organization::user(fields),
            "cross-realm bot" => Ok(vec![organization::cross_realm_bot(fields)?]),
            "stream" => Ok(vec![organization::stream(fields)?]),
            "archived message" => Ok(vec![archive::message(raw, fields)?.into()]),
            _ => organization::message(raw, fields),
        }
    }
}

fn is_message_file(path: &str) -> bool {
    file_name(path).starts_with("messages-") && path.ends_with(".json")
}

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

#[cfg(test)]
mod tests {
    use super::*;

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
