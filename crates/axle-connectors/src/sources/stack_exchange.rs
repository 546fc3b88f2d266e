//! Stack Exchange: the data dump of one site, a folder of XML files with one `row` element a record.
//!
//! The files are read as streams, row by row: nothing is expanded, document type definitions are refused, and a row's
//! length is bounded. A raw record's body is the row's attributes as a JSON object, in their order.
//!
//! That an answer was accepted stands in its question's row, and when stands in a vote's row, to the day. A first
//! walk gathers both (eight bytes for each), so that the answer's context can tell.

mod accepted;
mod xml;

use std::collections::BTreeMap;
use std::sync::Arc;

use axle_model::catalogue::{
    ANSWER_ACCEPTED, BADGE_EARNED, FORUM_JOINED, QUESTION_ANSWERED, QUESTION_ASKED, QUESTION_COMMENTED,
};
use axle_model::{Activity, ActivityType, Entry, Extent, Fact, FactKind, Identity, Part};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;
use serde_json::{Map, Value, json};

use self::accepted::Accepted;
use self::xml::{FILES, rows};
use crate::avatar::avatar;
use crate::counted;
use crate::input::{Walk, file_name, folder_name};
use crate::read::Places;
use crate::source::{Confidence, Context, Emit};
use crate::{Input, Probe, RawRecord, RecordError, Source, SourceError};

/// See the module.
pub struct StackExchange;

const PLATFORM: &str = "stackexchange";
const CHANNEL: &str = "questions";

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
            let part = Arc::new(part(&path));
            let stop = rows(member, &mut |kind, position, row| {
                if kind == "post" && !site_is_known {
                    site_is_known = true;
                    emit(site(&path))?;
                }
                let row = match row {
                    Ok(row) => record(kind, &places, position, &row, &accepted),
                    Err((reason, bytes)) => {
                        RawRecord::broken(places.at(position), &Context::default(), reason, bytes.into())
                    }
                };
                emit(row.within(&part, types(kind)))?;
                Ok(Walk::On)
            })?;
            match stop {
                Some(stop) if stop.is_export || alone || is_named_like_an_export(&path) => {
                    let rest = RawRecord::broken(places.at(stop.position), &Context::default(), stop.reason, stop.rest);
                    emit(rest.within(&part, &[]))?;
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

/// A file is a table of its own, which may be left out; a folder is a dump.
fn part(path: &str) -> Part {
    let (dump, _) = path.rsplit_once('/').unwrap_or(("", path));
    Part { export: dump.to_owned(), name: path.to_owned(), as_of: None, extent: Extent::Channel }
}

/// What the rows of a table tell of.
fn types(kind: &str) -> &'static [ActivityType] {
    match kind {
        "post" => &[QUESTION_ASKED, QUESTION_ANSWERED, ANSWER_ACCEPTED],
        "comment" => &[QUESTION_COMMENTED],
        "user" => &[FORUM_JOINED],
        "badge" => &[BADGE_EARNED],
        _ => &[],
    }
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
    let mut entries = activities(raw, row)?;
    if let Some(Entry::Activity(post)) = entries.first() {
        let counts = counts(row, post)?;
        entries.extend(counts);
    }
    Ok(entries)
}

/// What the site counts below a post. Of questions, the answers and whether one is accepted; of both, the comments.
fn counts(row: &Row, post: &Activity) -> Result<Vec<Entry>, RecordError> {
    let number = |name: &str| row.get(name).and_then(|count| count.parse::<u64>().ok());
    let mut counts = Vec::new();
    if post.activity_type == QUESTION_ASKED.key {
        let accepted = row.get("AcceptedAnswerId").map(|_| 1);
        for (kind, count) in [(&QUESTION_ANSWERED, number("AnswerCount")), (&ANSWER_ACCEPTED, accepted)] {
            if let Some(count) = count {
                counts.push(counted::in_thread(kind, &post.id, post.at, count)?);
            }
        }
    }
    if let Some(comments) = number("CommentCount") {
        counts.push(counted::below(&QUESTION_COMMENTED, &post.id, post.at, comments)?);
    }
    Ok(counts)
}

fn activities(raw: &RawRecord, row: &Row) -> Result<Vec<Entry>, RecordError> {
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
    let fields = [("name", "DisplayName"), ("location", "Location"), ("bio", "AboutMe")];
    for (ours, theirs) in fields {
        body.extend(row.get(theirs).map(|text| (ours.to_owned(), text.into())));
    }
    body.extend(row.get("WebsiteUrl").map(|website| ("links".to_owned(), json!([website]))));
    let picture = row.get("ProfileImageUrl").and_then(avatar);
    body.extend(picture.map(|picture| ("avatar".to_owned(), picture.into())));
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
