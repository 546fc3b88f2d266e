//! Stack Exchange: the data dump of one site, a folder of XML files with one `row` element a record.
//!
//! The files are read as streams by a pull parser: nothing is expanded, document type definitions are refused, and
//! a row's length is bounded. A raw record's body is the row's attributes as a JSON object, in their order.
//!
//! That an answer was accepted stands in its question's row, and when stands in a vote's row, to the day. A first
//! walk gathers both (eight bytes for each), so that the answer's context can tell.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

use axle_model::catalogue::{
    ANSWER_ACCEPTED, BADGE_EARNED, FORUM_JOINED, QUESTION_ANSWERED, QUESTION_ASKED, QUESTION_COMMENTED,
};
use axle_model::time::{date_of_day, day_of_date};
use axle_model::{Activity, ActivityType, Entry, Fact, FactKind, Identity};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

use crate::input::{Walk, file_name, folder_name, unreadable};
use crate::read::{LONGEST_RECORD, Places};
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Member, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct StackExchange;

const PLATFORM: &str = "stackexchange";
const CHANNEL: &str = "questions";
const DEEPEST: usize = 16;
/// Each file's outermost element, and what its rows are.
const FILES: [(&str, &str); 8] = [
    ("posts", "post"),
    ("users", "user"),
    ("comments", "comment"),
    ("votes", "vote"),
    ("badges", "badge"),
    ("postlinks", "post_link"),
    ("tags", "tag"),
    ("posthistory", "post_history"),
];

impl Source for StackExchange {
    fn format(&self) -> &'static str {
        "stack-exchange"
    }

    fn title(&self) -> &'static str {
        "Stack Exchange data dump (XML)"
    }

    fn looked_for(&self) -> &'static str {
        "Posts.xml, Users.xml, Comments.xml, Votes.xml or Badges.xml with `<row Id=… />` elements"
    }

    fn activity_types(&self) -> &'static [ActivityType] {
        &[QUESTION_ASKED, QUESTION_ANSWERED, ANSWER_ACCEPTED, QUESTION_COMMENTED, FORUM_JOINED, BADGE_EARNED]
    }

    fn detect(&self, probe: &Probe) -> Confidence {
        let judge = |head: &str| {
            let has_rows = head.contains("<row Id=\"");
            let is_root = |(root, _): &(&str, &str)| head.contains(&format!("<{root}>"));
            match FILES.iter().find(|file| is_root(file)) {
                Some(("posts", _)) if has_rows && head.contains("PostTypeId=\"") => 97,
                Some(_) if has_rows => 85,
                _ => 0,
            }
        };
        probe.heads().map(|(_, head)| judge(&head)).max().unwrap_or(0)
    }

    fn read(&self, input: &Input, emit: &mut Emit<'_>) -> Result<(), SourceError> {
        let accepted = Accepted::gather(input)?;
        let alone = !input.is_collection();
        let mut site_is_known = false;
        input.walk(&mut |member| {
            let path = member.path.to_owned();
            if !alone && !path.to_ascii_lowercase().ends_with(".xml") {
                return Ok(Walk::On);
            }
            let places = Places::new(&path, "row");
            let stop = rows(member, &mut |kind, position, row| {
                if kind == "post" && !site_is_known {
                    site_is_known = true;
                    emit(site(&path))?;
                }
                emit(record(kind, &places, position, row, &accepted))?;
                Ok(Walk::On)
            })?;
            match stop {
                Some(stop) if stop.is_export || alone || is_named_like_an_export(&path) => {
                    emit(RawRecord::broken(places.at(stop.position), &Context::default(), stop.reason, stop.rest))?;
                }
                _ => {}
            }
            Ok(Walk::On)
        })
    }

    fn normalize(&self, raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
        match raw.kind {
            "site" => channel(raw),
            "post" => post_entries(raw, &Row(raw.json()?)),
            "comment" => comment_entries(&Row(raw.json()?)),
            "user" => user_entries(&Row(raw.json()?)),
            "badge" => badge_entries(&Row(raw.json()?)),
            _ => Ok(Vec::new()),
        }
    }
}

fn is_named_like_an_export(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    FILES.iter().any(|(root, _)| name.strip_suffix(".xml") == Some(root))
}

/// The site as the one channel of its dump, known by the folder's name where that is a host's.
fn site(path: &str) -> RawRecord {
    let folder = folder_name(path);
    let name = if folder.contains('.') { folder } else { "Questions" };
    let context = Arc::new(BTreeMap::from([("site".to_owned(), name.to_owned())]));
    RawRecord::describing("site", Places::new(path, "row").at(1), &context, b"<posts>".to_vec())
}

fn channel(raw: &RawRecord) -> Result<Vec<Entry>, RecordError> {
    let body = json!({"id": CHANNEL, "name": raw.around("site"), "kind": "qa", "is_qa": true});
    let Value::Object(body) = body else { return Ok(Vec::new()) };
    Ok(vec![Fact::new(FactKind::CHANNEL, body)?.into()])
}

/// Where a file could not be read on.
struct Stop {
    is_export: bool,
    position: u64,
    reason: String,
    rest: Vec<u8>,
}

type OnRow<'f> = dyn FnMut(&'static str, u64, &BytesStart<'_>) -> Result<Walk, SourceError> + 'f;

/// Hands each row to `on_row` with its kind and position. `Some` when the file ends early, is not XML, or is no file
/// of the dump; the rows before that point have been handed on.
fn rows(member: Member<'_>, on_row: &mut OnRow<'_>) -> Result<Option<Stop>, SourceError> {
    let path = member.path;
    let mut reader = Reader::from_reader(Bounded { inner: member.bytes, left: LONGEST_RECORD });
    let mut buffer = Vec::new();
    let (mut kind, mut depth, mut position) = (None, 0, 0);
    let reason = loop {
        buffer.clear();
        reader.get_mut().left = LONGEST_RECORD;
        let (element, is_open) = match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(_)) => {
                depth -= 1;
                continue;
            }
            Ok(Event::DocType(_)) => break "a document type definition is not read".to_owned(),
            Ok(Event::Eof) if depth > 0 => break "the file ends before its last element is closed".to_owned(),
            Ok(Event::Eof) if kind.is_none() => break "not XML: no element".to_owned(),
            Ok(Event::Eof) => return Ok(None),
            Ok(_) => continue,
            Err(quick_xml::Error::Io(cause)) if cause.kind() != io::ErrorKind::InvalidData => {
                return Err(unreadable(path, io::Error::new(cause.kind(), cause.to_string())));
            }
            Err(error) => break format!("not well-formed XML: {error}"),
        };
        if depth == 0 {
            let root = element.local_name().as_ref().to_ascii_lowercase();
            kind = FILES.iter().find(|(name, _)| *name == root).map(|(_, kind)| *kind);
            if kind.is_none() {
                break format!("`{root}` is no file of a data dump");
            }
        } else if depth == 1 && element.local_name().as_ref() == "row" {
            position += 1;
            if on_row(kind.unwrap_or_default(), position, &element)? == Walk::Enough {
                return Ok(None);
            }
        }
        depth += usize::from(is_open);
        if depth > DEEPEST {
            break format!("more than {DEEPEST} elements inside each other");
        }
    };
    buffer.truncate(1 << 16);
    Ok(Some(Stop { is_export: kind.is_some(), position: position + 1, reason, rest: buffer }))
}

/// Ends with an error where one element would take more than the bytes left.
struct Bounded<'a> {
    inner: &'a mut dyn BufRead,
    left: usize,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Bounded<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an element longer than 64 MiB"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}

fn record(kind: &'static str, places: &Places, position: u64, row: &BytesStart<'_>, accepted: &Accepted) -> RawRecord {
    let mut body = Map::new();
    for attribute in row.attributes() {
        let read = attribute.map_err(|error| error.to_string()).and_then(|attribute| {
            let value = unescape(&attribute.value).map_err(|error| error.to_string())?;
            body.insert(attribute.key.as_ref().to_owned(), value.into_owned().into());
            Ok(())
        });
        if let Err(reason) = read {
            let reason = format!("an attribute of the row cannot be read: {reason}");
            return RawRecord::broken(places.at(position), &Context::default(), reason, row.attributes_raw().into());
        }
    }
    let context = match body.get("Id").and_then(Value::as_str).and_then(|id| id.parse().ok()) {
        Some(id) if kind == "post" => accepted.context(id),
        _ => Context::default(),
    };
    RawRecord::new(kind, places.at(position), &context, Value::Object(body).to_string().into_bytes())
}

/// The accepted answers of a dump, and on which days answers were accepted. Both sorted.
#[derive(Default)]
struct Accepted {
    answers: Vec<u64>,
    /// `id << DAY_BITS | days since 1970`.
    marked: Vec<u64>,
}

const DAY_BITS: u32 = 20;

impl Accepted {
    /// Reads the posts and the votes, and nothing else.
    fn gather(input: &Input) -> Result<Self, SourceError> {
        let mut accepted = Self::default();
        let alone = !input.is_collection();
        input.walk(&mut |member| {
            if alone || member.path.to_ascii_lowercase().ends_with(".xml") {
                rows(member, &mut |kind, _, row| {
                    match kind {
                        "post" => accepted.answers.extend(number(row, "AcceptedAnswerId")),
                        "vote" if attribute(row, "VoteTypeId").as_deref() == Some("1") => accepted.mark(row),
                        "vote" => {}
                        _ => return Ok(Walk::Enough),
                    }
                    Ok(Walk::On)
                })?;
            }
            Ok(Walk::On)
        })?;
        accepted.answers.sort_unstable();
        accepted.answers.dedup();
        accepted.marked.sort_unstable();
        Ok(accepted)
    }

    fn mark(&mut self, vote: &BytesStart<'_>) {
        let day = attribute(vote, "CreationDate").and_then(|at| instant_of(&at)).map(|at| {
            u64::try_from(day_of_date(TimeZone::UTC.to_datetime(at).date())).unwrap_or(0) & ((1 << DAY_BITS) - 1)
        });
        if let (Some(answer), Some(day)) = (number(vote, "PostId"), day) {
            self.marked.push(answer << DAY_BITS | day);
        }
    }

    fn context(&self, post: u64) -> Context {
        if self.answers.binary_search(&post).is_err() {
            return Context::default();
        }
        let mut context = BTreeMap::from([("accepted".to_owned(), "true".to_owned())]);
        // The last of several votes: an acceptance can be taken back and given again.
        let end = self.marked.partition_point(|mark| mark >> DAY_BITS <= post);
        if let Some(mark) = self.marked[..end].last().filter(|mark| **mark >> DAY_BITS == post) {
            let day = i32::try_from(mark & ((1 << DAY_BITS) - 1)).unwrap_or(0);
            context.insert("accepted_on".into(), date_of_day(day).to_string());
        }
        Arc::new(context)
    }
}

fn attribute(row: &BytesStart<'_>, name: &str) -> Option<String> {
    row.try_get_attribute(name).ok().flatten().map(|attribute| attribute.value.into_owned())
}

/// An id, as long as it fits beside a day.
fn number(row: &BytesStart<'_>, name: &str) -> Option<u64> {
    attribute(row, name)?.parse().ok().filter(|id: &u64| *id < 1 << (u64::BITS - DAY_BITS))
}

/// The dump writes UTC without saying so.
fn instant_of(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp()))
}

/// The attributes of a row, asked for by name, so that a reason can name the attribute.
struct Row(BTreeMap<String, String>);

impl Row {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &str) -> Result<&str, RecordError> {
        self.get(name).ok_or_else(|| RecordError::new(format!("`{name}` is missing")))
    }

    fn id(&self, name: &str) -> Result<&str, RecordError> {
        let id = self.required(name)?;
        id.parse::<i64>().map(|_| id).map_err(|_| RecordError::new(format!("`{name}` is not a whole number")))
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>, RecordError> {
        let wrong = || RecordError::new(format!("`{name}` is not a time"));
        self.get(name).map(|text| instant_of(text).ok_or_else(wrong)).transpose()
    }

    fn required_instant(&self, name: &str) -> Result<Timestamp, RecordError> {
        self.required(name)?;
        self.instant(name)?.ok_or_else(|| RecordError::new(format!("`{name}` is missing")))
    }

    /// The account in `id_name`, or, where that is gone, the name that the account had.
    fn author(&self, id_name: &str, name_name: &str) -> Result<Identity, RecordError> {
        if self.get(id_name).is_some() {
            return Ok(account(self.id(id_name)?));
        }
        let name = self.get(name_name).ok_or_else(|| RecordError::new(format!("`{id_name}` is missing")))?;
        Ok(Identity::username(PLATFORM, format!("name:{name}")).named(name))
    }

    /// `(ours, theirs)`: numbers as numbers.
    fn numbers(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let number = |name: &str| self.get(name)?.parse::<i64>().ok();
        names.iter().filter_map(|(ours, theirs)| Some(((*ours).to_owned(), number(theirs)?.into()))).collect()
    }
}

/// Negative ids belong to programs: -1 is "Community".
fn account(id: &str) -> Identity {
    let mut identity = Identity::uid(PLATFORM, id);
    identity.bot = id.starts_with('-').then_some(true);
    identity
}

fn post_entries(raw: &RawRecord, row: &Row) -> Result<Vec<Entry>, RecordError> {
    let id = row.id("Id")?;
    let activity_type = match row.required("PostTypeId")? {
        "1" => &QUESTION_ASKED,
        "2" => &QUESTION_ANSWERED,
        // Tag wikis, moderator nominations and the like.
        _ => return Ok(Vec::new()),
    };
    let author = row.author("OwnerUserId", "OwnerDisplayName")?;
    let mut activity = Activity::new(activity_type, id, row.required_instant("CreationDate")?, author);
    activity.channel = Some(CHANNEL.into());
    activity.title = row.get("Title").map(str::to_owned);
    activity.text = row.get("Body").map(str::to_owned);
    let closed_at = row.instant("ClosedDate")?;
    activity.version_at = row.instant("LastEditDate")?.max(closed_at);
    activity.properties = row.numbers(&[("score", "Score"), ("views", "ViewCount")]);
    if let Some(tags) = row.get("Tags") {
        // `<a><b>` in older dumps, `|a|b|` in newer ones.
        let tags: Vec<_> = tags.split(['<', '>', '|']).filter(|tag| !tag.is_empty()).collect();
        activity.properties.insert("tags".into(), tags.into());
    }
    if let Some(closed_at) = closed_at {
        activity.properties.insert("closed".into(), true.into());
        activity.properties.insert("closed_at".into(), closed_at.to_string().into());
    }
    let license = row.get("ContentLicense").map(|license| ("license".to_owned(), license.into()));
    activity.properties.extend(license);
    if row.get("PostTypeId") == Some("1") {
        activity.thread = Some(id.into());
        let answer = row.get("AcceptedAnswerId").map(|answer| ("accepted_answer_id".to_owned(), answer.into()));
        activity.properties.extend(answer);
        return Ok(vec![activity.into()]);
    }
    let question = row.id("ParentId")?;
    activity.thread = Some(question.into());
    activity.parent = Some(question.into());
    if raw.around("accepted") != "true" {
        return Ok(vec![activity.into()]);
    }
    activity.properties.insert("accepted".into(), true.into());
    let accepted = acceptance(&activity, raw.around("accepted_on"));
    Ok(vec![activity.into(), accepted.into()])
}

/// The day of the acceptance is all that is known: its beginning, but never before the answer itself.
fn acceptance(answer: &Activity, day: &str) -> Activity {
    let day = day.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let at = day.map_or(answer.at, |day| day.timestamp().max(answer.at));
    let mut accepted = Activity::new(&ANSWER_ACCEPTED, format!("{}/accepted", answer.id), at, answer.actor.clone());
    accepted.channel.clone_from(&answer.channel);
    accepted.thread.clone_from(&answer.thread);
    accepted.parent = Some(answer.id.clone());
    accepted
}

/// A comment names the post that it stands under, a question or an answer, and so has a parent but no thread.
/// Comments have ids of their own, apart from those of the posts.
fn comment_entries(row: &Row) -> Result<Vec<Entry>, RecordError> {
    let id = format!("comment/{}", row.id("Id")?);
    let author = row.author("UserId", "UserDisplayName")?;
    let mut activity = Activity::new(&QUESTION_COMMENTED, id, row.required_instant("CreationDate")?, author);
    activity.channel = Some(CHANNEL.into());
    activity.parent = Some(row.id("PostId")?.to_owned());
    activity.text = row.get("Text").map(str::to_owned);
    activity.properties = row.numbers(&[("score", "Score")]);
    Ok(vec![activity.into()])
}

fn user_entries(row: &Row) -> Result<Vec<Entry>, RecordError> {
    let id = row.id("Id")?;
    let mut identity = account(id);
    let mut body = Map::new();
    body.insert("identity".into(), json!(identity));
    let fields = [("name", "DisplayName"), ("location", "Location"), ("bio", "AboutMe"), ("website", "WebsiteUrl")];
    for (ours, theirs) in fields {
        body.extend(row.get(theirs).map(|text| (ours.to_owned(), text.into())));
    }
    body.extend(identity.bot.map(|bot| ("bot".to_owned(), bot.into())));
    body.extend(row.numbers(&[("reputation", "Reputation")]));
    let person = Fact::new(FactKind::PERSON, body)?;
    identity = identity.named(row.get("DisplayName").unwrap_or_default());
    let at = row.required_instant("CreationDate")?;
    let mut joined = Activity::new(&FORUM_JOINED, format!("user/{id}"), at, identity);
    joined.channel = Some(CHANNEL.into());
    Ok(vec![person.into(), joined.into()])
}

fn badge_entries(row: &Row) -> Result<Vec<Entry>, RecordError> {
    let actor = account(row.id("UserId")?);
    let id = format!("badge/{}", row.id("Id")?);
    let mut activity = Activity::new(&BADGE_EARNED, id, row.required_instant("Date")?, actor);
    activity.channel = Some(CHANNEL.into());
    activity.title = row.get("Name").map(str::to_owned);
    activity.properties = row.numbers(&[("class", "Class")]);
    Ok(vec![activity.into()])
}
