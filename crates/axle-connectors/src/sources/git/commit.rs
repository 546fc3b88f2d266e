//! What a commit says: who wrote it, and who reviewed, tested, or reported what it mends.

use axle_model::catalogue::{COMMIT_AUTHORED, COMMIT_REPORTED, COMMIT_REVIEWED, COMMIT_TESTED};
use axle_model::{Activity, ActivityType, Entry, Identity, Weight};
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use super::date;
use crate::RecordError;

/// No version control is older than what Axle takes for a true author date: 1990-01-01.
const EARLIEST_AUTHOR_DATE: Timestamp = Timestamp::constant(631_152_000, 0);

/// The trailers that tell what somebody did, with the part of the activity's id.
const TRAILERS: &[(&str, &str, &ActivityType)] = &[
    ("co-authored-by", "co-authored", &COMMIT_AUTHORED),
    ("reviewed-by", "reviewed-by", &COMMIT_REVIEWED),
    ("acked-by", "acked-by", &COMMIT_REVIEWED),
    ("tested-by", "tested-by", &COMMIT_TESTED),
    ("reported-by", "reported-by", &COMMIT_REPORTED),
];

/// Somebody as git knows them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Person {
    name: String,
    email: String,
}

impl Person {
    /// `Name <email>`; anything behind it is a remark.
    fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        Some(Self { name: name.trim().to_owned(), email: email.to_owned() })
    }

    fn is_somebody(&self) -> bool {
        let is_address = self.email.contains('@') && !self.email.contains(char::is_whitespace);
        !self.name.is_empty() && is_address
    }

    fn identity(&self) -> Identity {
        let is_bot = self.name.contains("[bot]") || self.email.contains("[bot]");
        Identity {
            email: Some(self.email.clone()).filter(|email| !email.trim().is_empty()),
            bot: is_bot.then_some(true),
            ..Identity::uid("git", format!("{} <{}>", self.name, self.email)).named(&self.name)
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other || (!self.email.is_empty() && self.email.eq_ignore_ascii_case(&other.email))
    }
}

/// One commit, from whichever form it came in.
#[derive(Debug, Default)]
pub(super) struct Commit {
    hash: String,
    parents: usize,
    author: Person,
    authored_at: Option<Timestamp>,
    committed_at: Option<Timestamp>,
    subject: String,
    trailers: Vec<(String, String)>,
}

impl Commit {
    /// Reads the fields of [`super::repository::FORMAT`]. Bytes that are not UTF-8 are taken for Windows-1252.
    pub(super) fn from_log(body: &[u8]) -> Result<Self, RecordError> {
        let fields: Vec<String> = body.split(|byte| *byte == 0).map(decoded).collect();
        let [hash, parents, name, email, authored_at, committed_at, subject, trailers] = fields.as_slice() else {
            return Err(RecordError(format!("{} fields of a commit instead of 8", fields.len())));
        };
        Ok(Self {
            hash: hash.clone(),
            parents: parents.split_whitespace().count(),
            author: Person { name: name.clone(), email: email.clone() },
            authored_at: date::parse(authored_at),
            committed_at: date::parse(committed_at),
            subject: subject.clone(),
            trailers: trailers.lines().filter_map(trailer).collect(),
        })
    }

    /// Whether a line is a commit in JSON, nested or flat.
    pub(super) fn is_log_line(line: &str) -> bool {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        line.starts_with('{')
            && serde_json::from_str(line).is_ok_and(|line| {
                Self::from_json(&line).is_ok_and(|commit| {
                    commit.hash.len() >= 7 && commit.hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                })
            })
    }

    /// Reads a line of `git log` in JSON: `hash` or `commit`, and the author nested or flat.
    pub(super) fn from_json(line: &Map<String, Value>) -> Result<Self, RecordError> {
        let text = |names: &[&str]| names.iter().find_map(|name| plain(line.get(*name)?));
        let hash =
            text(&["hash", "commit", "sha", "commit_hash"]).ok_or_else(|| RecordError::new("`hash` is missing"))?;
        let author = person(line, "author").ok_or_else(|| RecordError::new("`author` is missing"))?;
        let (authored_at, committed_at) = (date_of(line, "author"), date_of(line, "committer"));
        let message = text(&["message", "body"]).unwrap_or_default();
        let subject = text(&["subject", "title"]).unwrap_or_else(|| message.lines().next().unwrap_or("").to_owned());
        let authored_at = authored_at.or_else(|| date::parse(&text(&["date", "timestamp"])?));
        let trailers = line.get("trailers").map_or_else(|| trailers_of_message(&message), trailers_of_json);
        let parents = match line.get("parents") {
            Some(Value::Array(parents)) => parents.len(),
            Some(Value::String(parents)) => parents.split_whitespace().count(),
            _ => 0,
        };
        Ok(Self { hash, parents, author, authored_at, committed_at, subject, trailers })
    }

    /// The commit itself, and one activity for each person of its trailers.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, RecordError> {
        if self.hash.trim().is_empty() {
            return Err(RecordError::new("`hash` is empty"));
        }
        if self.author.name.trim().is_empty() && self.author.email.trim().is_empty() {
            return Err(RecordError::new("the author has neither name nor e-mail"));
        }
        let mut authored = self.activity(&COMMIT_AUTHORED, self.hash.clone(), &self.author)?;
        authored.title = Some(self.subject.clone()).filter(|subject| !subject.is_empty());
        let mut entries = vec![authored.into()];
        for (known, part, activity_type) in TRAILERS {
            let values = self.trailers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(known));
            let mut seen: Vec<Person> = vec![self.author.clone()];
            for (n, (_, value)) in (1..).zip(values) {
                let Some(person) = Person::parse(value).filter(Person::is_somebody) else { continue };
                if seen.iter().any(|other| other.is_same(&person)) {
                    continue;
                }
                let mut activity = self.activity(activity_type, format!("{}/{part}/{n}", self.hash), &person)?;
                activity.parent = Some(self.hash.clone());
                activity.counterparts = vec![self.author.identity()];
                entries.push(activity.into());
                seen.push(person);
            }
        }
        Ok(entries)
    }

    fn activity(&self, activity_type: &ActivityType, id: String, person: &Person) -> Result<Activity, RecordError> {
        let (at, skewed) = self.happened_at().ok_or_else(|| RecordError::new("the commit has no readable date"))?;
        let mut activity = Activity::new(activity_type, id, at, person.identity());
        if activity_type == &COMMIT_AUTHORED && self.parents >= 2 {
            activity.weight = Weight::new(0);
            activity.properties.insert("merge".into(), true.into());
        }
        if skewed {
            activity.properties.insert("author_date_skewed".into(), true.into());
            activity.properties.extend(self.authored_at.map(|at| ("author_date".to_owned(), at.to_string().into())));
        }
        Ok(activity)
    }

    /// The author's date, or the committer's with `true` when the author's clock cannot have been right.
    fn happened_at(&self) -> Option<(Timestamp, bool)> {
        match (self.authored_at, self.committed_at) {
            (Some(authored), Some(committed)) => {
                let latest = committed.saturating_add(24.hours()).unwrap_or(Timestamp::MAX);
                let is_skewed = authored < EARLIEST_AUTHOR_DATE || authored > latest;
                Some(if is_skewed { (committed, true) } else { (authored, false) })
            }
            (Some(authored), None) => Some((authored, false)),
            (None, committed) => Some((committed?, true)),
        }
    }
}

fn decoded(field: &[u8]) -> String {
    match std::str::from_utf8(field) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(field).0.into_owned(),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `author: {name, email}`, `author: "Name <email>"`, or `author_name` and `author_email`.
fn person(line: &Map<String, Value>, role: &str) -> Option<Person> {
    let flat = |field: &str| line.get(&format!("{role}_{field}")).and_then(plain);
    match line.get(role) {
        Some(Value::Object(nested)) => {
            let text = |field: &str| nested.get(field).and_then(plain);
            Some(Person { name: text("name")?, email: text("email").unwrap_or_default() })
        }
        Some(Value::String(text)) if text.contains('<') => Person::parse(text),
        Some(Value::String(name)) => Some(Person { name: name.clone(), email: flat("email").unwrap_or_default() }),
        _ => match (flat("name"), flat("email")) {
            (None, None) => None,
            (name, email) => Some(Person { name: name.unwrap_or_default(), email: email.unwrap_or_default() }),
        },
    }
}

/// `author: {date}` or `author_date`.
fn date_of(line: &Map<String, Value>, role: &str) -> Option<Timestamp> {
    let nested = line.get(role).and_then(|person| person.get("date"));
    date::parse(&plain(nested.or_else(|| line.get(&format!("{role}_date")))?)?)
}

/// `Key: value`, where the key is one word of letters, digits and hyphens.
fn trailer(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once(':')?;
    let is_token = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_token.then(|| (key.to_owned(), value.trim().to_owned()))
}

fn trailers_of_json(trailers: &Value) -> Vec<(String, String)> {
    let pair = |key: &str, value: &Value| value.as_str().map(|value| (key.to_owned(), value.to_owned()));
    match trailers {
        Value::String(block) => block.lines().filter_map(trailer).collect(),
        Value::Array(items) => items
            .iter()
            .filter_map(|item| match item {
                Value::String(line) => trailer(line),
                _ => pair(item.get("key")?.as_str()?, item.get("value")?),
            })
            .collect(),
        Value::Object(keys) => keys
            .iter()
            .flat_map(|(key, value)| match value {
                Value::Array(values) => values.iter().filter_map(|value| pair(key, value)).collect(),
                one => pair(key, one).into_iter().collect::<Vec<_>>(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The trailers in the last paragraph of a message that has more than one.
fn trailers_of_message(message: &str) -> Vec<(String, String)> {
    let message = message.replace("\r\n", "\n");
    match message.trim_end().rsplit_once("\n\n") {
        Some((_, last)) => last.lines().filter_map(trailer).collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activities(line: &str) -> Vec<Activity> {
        let commit = Commit::from_json(&serde_json::from_str(line).unwrap()).unwrap();
        let activity = |entry| match entry {
            Entry::Activity(activity) => *activity,
            Entry::Fact(fact) => panic!("{fact:?}"),
        };
        commit.entries().unwrap().into_iter().map(activity).collect()
    }

    #[test]
    fn a_clock_that_is_wrong_gives_way_to_the_committers() {
        for (authored, skewed) in
            [("1970-01-05T00:00:00Z", true), ("2024-05-03T00:00:00Z", true), ("2024-05-02T00:00:00Z", false)]
        {
            let line = format!(
                r#"{{"hash":"abcdef1","author":{{"name":"Ada","email":"a@axle.example","date":"{authored}"}},
                    "committer":{{"name":"Bo","email":"b@axle.example","date":"2024-05-01T12:00:00Z"}}}}"#
            );
            let commit = &activities(&line)[0];
            assert_eq!(commit.properties.contains_key("author_date_skewed"), skewed, "{authored}");
            assert_eq!(commit.at.to_string(), if skewed { "2024-05-01T12:00:00Z" } else { authored });
        }
    }

    #[test]
    fn the_trailers_of_a_message_are_its_last_paragraph() {
        let given = activities(
            r#"{"commit":"abcdef1","author":"Ada <a@axle.example>","date":"Wed May 1 12:00:00 2024 +0000",
                "message":"Mend it\n\nReported-by: Nobody <n@axle.example>\n\nWords.\n\nReviewed-by: Bo <b@axle.example> # twice\nAcked-by: Ada <A@axle.example>\nTested-by: somebody\n"}"#,
        );
        let keys: Vec<_> = given.iter().map(|activity| (activity.id.as_str(), activity.actor.display_name())).collect();
        assert_eq!(keys, [("abcdef1", "Ada"), ("abcdef1/reviewed-by/1", "Bo")]);
    }

    #[test]
    fn names_that_are_not_utf_8_are_kept() {
        let commit = Commit::from_log(b"abc\0\0Ren\xe9\0r@axle.example\x001714564800\x001714564800\0Hi\0").unwrap();
        assert_eq!(commit.author.name, "René");
        assert_eq!(commit.happened_at().unwrap().0.to_string(), "2024-05-01T12:00:00Z");
    }
}
