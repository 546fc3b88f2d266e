//! Mailing lists: mbox (mboxo and mboxrd) and the monthly or quarterly text archives of Pipermail.
//!
//! A message is known by its Message-ID. Which thread it belongs to cannot be told from one message alone, since many
//! name only the message that they answer, or one that is not in the archive. So a first walk over the headers
//! gathers who answers whom, and each message's context carries its parent and the first message of its thread.

mod mbox;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axle_model::catalogue::{MAIL_REPLIED, MAIL_THREAD_OPENED};
use axle_model::{Activity, ActivityType, Entry, Fact, FactKind, Identity};
use jiff::{Span, Timestamp, ToSpan};
use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, MessageParser, MimeHeaders};
use serde_json::{Value, json};

use self::mbox::{Cut, Headers};
use self::threads::{Links, Threads};
use crate::input::{Walk, file_name, folder_name};
use crate::read::Places;
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct Mail;

const PLATFORM: &str = "mail";
/// Mailing lists are older, but their archives' dates before this are mistakes.
const EARLIEST: Timestamp = Timestamp::constant(788_918_400, 0);
/// How much later than its arrival a message may say that it was written: clocks are wrong, but seldom by more.
const AHEAD: i64 = 366;

impl Source for Mail {
    fn format(&self) -> &'static str {
        "mail"
    }

    fn title(&self) -> &'static str {
        "Mailing list archive (mbox, Pipermail)"
    }

    fn looked_for(&self) -> &'static str {
        "text files whose messages each begin with a `From ` line and headers such as `From:` and `Date:`"
    }

    fn accounts_are_global(&self) -> bool {
        true
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[MAIL_THREAD_OPENED, MAIL_REPLIED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let judge = |head: &[u8]| match mbox::holds_a_message(head) {
            true if String::from_utf8_lossy(head).to_ascii_lowercase().contains("\nmessage-id:") => 94,
            true => 90,
            false => 0,
        };
        probe.members.iter().map(|member| judge(&member.head)).max().unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let mut links = Links::default();
        let survey = walk(input, &mut |_, cut| {
            let headers = Headers::of(&cut.bytes);
            if cut.broken.is_none() {
                links.add(&message_key(&headers, &cut.bytes), &headers.answered());
            }
            Ok(())
        });
        // What is damaged is met again while reading.
        survey.or_else(|error| if error.is_damage() { Ok(()) } else { Err(error) })?;
        let threads = links.settle();
        let mut lists = BTreeSet::new();
        walk(input, &mut |path, cut| {
            let place = Places::new(path, "message").at(cut.position);
            if let Some(reason) = cut.broken {
                return emit(RawRecord::broken(place, &Context::default(), reason, cut.bytes));
            }
            let context = context_of(&cut.bytes, path, input, &threads);
            let list = list_of(&Headers::of(&cut.bytes), context.get("list").map_or("", String::as_str));
            let is_message = ["from", "date"].iter().all(|name| Headers::of(&cut.bytes).get(name).is_some());
            if is_message && lists.insert(list.id.clone()) {
                let about = BTreeMap::from([("list".to_owned(), list.id), ("name".to_owned(), list.name)]);
                emit(RawRecord::describing("list", place.clone(), &Arc::new(about), list.sent.into_bytes()))?;
            }
            emit(RawRecord::new("message", place, &context, cut.bytes))
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            "list" => {
                let body = json!({"id": raw.around("list"), "name": raw.around("name"), "kind": "mail"});
                let Value::Object(body) = body else { return Ok(Vec::new()) };
                Ok(vec![Fact::new(FactKind::CHANNEL, body)?.into()])
            }
            _ => Ok(vec![message(raw)?.into()]),
        }
    }
}

/// Hands every message of every archive file to `visit`, with the file's path. In a folder, files without messages
/// (a read-me, an HTML index) are passed over.
fn walk(input: &Input, visit: &mut dyn FnMut(&str, Cut) -> Result<(), SourceError>) -> Result<(), SourceError> {
    let alone = !input.is_collection();
    input.walk(&mut |member| {
        let path = member.path.to_owned();
        mbox::cut(member, alone, &mut |cut| visit(&path, cut))?;
        Ok(Walk::On)
    })
}

/// Its Message-ID; without one, what tells it from every other message.
fn message_key(headers: &Headers, message: &[u8]) -> String {
    headers.message_id().unwrap_or_else(|| headers.fingerprint(message))
}

fn context_of(message: &[u8], path: &str, input: &Input, threads: &Threads) -> Context {
    let headers = Headers::of(message);
    let key = message_key(&headers, message);
    let mut context = BTreeMap::from([("list".to_owned(), list_name_of_path(path, input))]);
    context.insert("thread".into(), threads.root(&key));
    if let Some(parent) = threads.parent(&key, &headers.answered()) {
        context.insert("parent".into(), parent.to_owned());
    }
    Arc::new(context)
}

fn message(raw: &RawRecord) -> Result<Activity, RecordError> {
    let headers = Headers::of(&raw.body);
    let bytes = mbox::plain(&raw.body, &headers);
    let parsed = MessageParser::default().parse(&*bytes).ok_or_else(|| RecordError::new("no header can be read"))?;
    let author = author(&headers)?;
    let at = written_at(&headers, &raw.body)?;
    let key = message_key(&headers, &raw.body);
    let answered = headers.answered();
    let activity_type = if answered.is_empty() { &MAIL_THREAD_OPENED } else { &MAIL_REPLIED };
    let mut activity = Activity::new(activity_type, key.clone(), at, author);
    activity.channel = Some(list_of(&headers, raw.around("list")).id);
    activity.thread = Some(Some(raw.around("thread")).filter(|id| !id.is_empty()).map_or(key, str::to_owned));
    activity.parent = match raw.around("parent") {
        "" => answered.into_iter().next(),
        parent => Some(parent.to_owned()),
    };
    activity.title = headers.get("subject").map(decoded).filter(|subject| !subject.is_empty());
    activity.text = parsed.body_text(0).filter(|text| !text.trim().is_empty()).map(std::borrow::Cow::into_owned);
    activity.url = headers.get("archived-at").map(|url| url.trim_matches(['<', '>', ' ']).to_owned());
    let attachments: Vec<_> =
        parsed.attachments().map(|part| part.attachment_name().unwrap_or("unnamed").to_owned()).collect();
    if !attachments.is_empty() {
        activity.properties.insert("attachments".into(), attachments.into());
    }
    Ok(activity)
}

fn written_at(headers: &Headers, message: &[u8]) -> Result<Timestamp, RecordError> {
    let text = headers.get("date").ok_or_else(|| RecordError::new("`Date` is missing"))?;
    let at = DateTime::parse_rfc822(text)
        .filter(|date| date.is_valid() && names_month(text))
        .and_then(|date| Timestamp::from_second(date.to_timestamp()).ok())
        .ok_or_else(|| RecordError::new("`Date` cannot be read"))?;
    if at < EARLIEST {
        return Err(RecordError::new("`Date` lies before 1995"));
    }
    let latest = mbox::arrived_at(message).and_then(|arrived| arrived.checked_add(ahead()).ok());
    if latest.is_some_and(|latest| at > latest) {
        return Err(RecordError::new("`Date` lies more than a year after the message arrived"));
    }
    Ok(at)
}

/// The parser takes any word for some month.
fn names_month(date: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words = date.split(|c: char| !c.is_ascii_alphabetic());
    words.filter_map(|word| word.get(..3)).any(|word| MONTHS.contains(&word.to_ascii_lowercase().as_str()))
}

fn ahead() -> Span {
    (AHEAD * 24).hours()
}

/// An address and a name as a header shows them.
#[derive(Debug, PartialEq)]
struct Mailbox {
    address: String,
    name: String,
}

/// `Name <address>`, `address (Name)` or `address`; the first of several. Lists disguise addresses: ` at ` stands for
/// `@`, and other disguises are kept as they are.
fn mailbox(value: &str) -> Mailbox {
    let mut quoted = false;
    let open = value.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '<' && !quoted
    });
    let (address, name) = if let Some((open, _)) = open {
        (value[open + 1..].split('>').next().unwrap_or_default(), &value[..open])
    } else if let Some((address, name)) = value.split_once(" (") {
        (address, name.trim_end().strip_suffix(')').unwrap_or(name))
    } else {
        (value.split(',').next().unwrap_or(value), "")
    };
    let name = decoded(name.trim());
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(&name).replace('\\', "");
    Mailbox { address: address.trim().replace(" at ", "@"), name: name.trim().to_owned() }
}

/// Text whose encoded words (`=?utf-8?q?…?=`) are read.
fn decoded(text: &str) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let line = format!("{text}\n");
    MessageStream::new(line.as_bytes()).parse_unstructured().as_text().unwrap_or(text).trim().to_owned()
}

/// Who wrote it. A list that rewrites senders (`Ada via the-list <the-list@…>`) leaves the real one in other headers.
fn author(headers: &Headers) -> Result<Identity, RecordError> {
    let from = headers.get("from").filter(|from| !from.is_empty());
    let mut from = mailbox(from.ok_or_else(|| RecordError::new("`From` is missing"))?);
    if let Some((name, _)) = from.name.clone().rsplit_once(" via ") {
        let others = ["x-original-from", "reply-to"].into_iter().filter_map(|name| headers.get(name)).map(mailbox);
        let post = headers.get("list-post").unwrap_or_default().to_lowercase();
        let is_writer = |other: &Mailbox| {
            let address = other.address.to_lowercase();
            is_real(&address) && address != from.address.to_lowercase() && !post.contains(&address)
        };
        if let Some(real) = others.into_iter().find(is_writer) {
            let name = if real.name.is_empty() { name.trim_matches(['"', '\'']).to_owned() } else { real.name };
            from = Mailbox { address: real.address, name };
        }
    }
    if from.address.is_empty() {
        return Err(RecordError::new("`From` names no address"));
    }
    let mut identity = Identity::uid(PLATFORM, from.address.to_lowercase()).named(from.name);
    identity.email = is_real(&from.address).then_some(from.address);
    Ok(identity)
}

/// Whether mail could be sent to it: disguised addresses hold spaces, bars, or several `@`.
fn is_real(address: &str) -> bool {
    let well_formed = |c: char| !c.is_whitespace() && !matches!(c, '|' | '@' | '<' | '>' | '"' | ',');
    address.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && host.contains('.') && user.chars().all(well_formed) && host.chars().all(well_formed)
    })
}

struct List {
    id: String,
    name: String,
    /// The header that says so, or the name that the path gave.
    sent: String,
}

fn list_of(headers: &Headers, fallback: &str) -> List {
    if let Some(value) = headers.get("list-id") {
        let Mailbox { address, name } = mailbox(value);
        if !address.is_empty() {
            let name = if name.is_empty() { address.clone() } else { name };
            return List { id: address.to_lowercase(), name, sent: format!("List-Id: {value}") };
        }
    }
    let post = headers.get("list-post").and_then(|value| value.split("mailto:").nth(1));
    if let Some(address) = post.and_then(|post| post.split(['>', '?', ',']).next()).filter(|a| a.contains('@')) {
        let name = address.split('@').next().unwrap_or(address).to_owned();
        return List { id: address.trim().to_lowercase(), name, sent: format!("List-Post: <mailto:{address}>") };
    }
    List { id: fallback.to_owned(), name: fallback.to_owned(), sent: fallback.to_owned() }
}

/// The list's name from where its archive stands: the file's name without dates and ending, or else the folder's,
/// or else the input's.
fn list_name_of_path(path: &str, input: &Input) -> String {
    let outer = input.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    [file_name(path), folder_name(path), &outer]
        .into_iter()
        .map(without_dates)
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| "mail".into())
}

fn without_dates(name: &str) -> String {
    const ENDINGS: [&str; 8] = ["txt", "mbox", "mbx", "mboxrd", "gz", "zst", "tar", "zip"];
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let is_date = |part: &str| {
        let part = part.to_ascii_lowercase();
        part.chars().all(|c| c.is_ascii_digit() || c == 'q')
            || (part.len() >= 3 && MONTHS.iter().any(|month| *month == part || month[..3] == part))
    };
    let mut parts: Vec<&str> = name.split('.').collect();
    while parts.len() > 1 && parts.last().is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()))
    {
        parts.pop();
    }
    let stem = parts.join(".");
    let kept: Vec<&str> = stem.split(['-', '_', ' ']).filter(|part| !part.is_empty() && !is_date(part)).collect();
    kept.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (value, address, name) in [
            ("\"Lovelace, Ada\" <Ada@x.io>", "Ada@x.io", "Lovelace, Ada"),
            ("ada at x.io (Ada Lovelace)", "ada@x.io", "Ada Lovelace"),
            ("=?utf-8?q?J=C3=B6rg?= <j@x.io>", "j@x.io", "Jörg"),
            ("@d@ @end|ng |rom x@|o (Ada (the first))", "@d@ @end|ng |rom x@|o", "Ada (the first)"),
            ("ada@x.io", "ada@x.io", ""),
        ] {
            assert_eq!(mailbox(value), Mailbox { address: address.into(), name: name.into() }, "{value}");
        }
        assert!(is_real("ada@x.io"));
        assert!(!is_real("@d@ @end|ng |rom x@|o"));
        assert!(!is_real("ada@localhost"));
    }

    #[test]
    fn archives_are_named_without_their_dates() {
        for (path, name) in [
            ("2023q1.txt", ""),
            ("2024-January.txt", ""),
            ("r-help-2023q1.mbox", "r-help"),
            ("dev.example.org", "dev.example.org"),
            ("announce_202401.txt", "announce"),
        ] {
            assert_eq!(without_dates(path), name, "{path}");
        }
    }
}
