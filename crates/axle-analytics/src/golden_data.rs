//! The language of golden cases: a few lines of who did what when, read into a directory and activities.
//!
//! ```text
//! ada asked 2026-01-03 thread=t1 channel=help       an activity: who, what, when, and what else is known
//! bob answered 2026-01-03T15:00 thread=t1 id=a1     local date (noon), local date and time, or RFC 3339 instant
//! ada liked 2026-01-04 thread=t1 parent=a1 deleted  deleted: it was there, and no longer holds
//! bot rex                                           rex is a program
//! teammate tim from=2026-02-01 to=2026-05-01        a teammate on these days; without from and to, always
//! same ada ada2                                     two identities of one member
//! organization acme ada from=2026-01-01             ada works for acme
//! qa help                                           threads of the channel are questions
//! external square                               the channel belongs to others
//! close t1 2026-01-09                               the thread was closed; `close t1 unknown`: nobody knows when
//! ada messaged 2026-01-05 says=question+thanks mood=positive   what was read in the words
//! bob messaged 2026-01-06 to=ada                    whom it speaks to
//! fact content impressions=100 published_at=2026-01-03T12:00:00Z
//! ```

use std::collections::BTreeMap;

use axle_model::analytics::{
    ActivityColumns, ActivityTypeRow, ChannelRow, Directory, FactTable, IdentityRow, MemberRow, OrganizationRow,
    SourceRow, ThreadRow,
};
use axle_model::catalogue::default_weight;
use axle_model::label::{Label, Labels, Reading, Sentiment};
use axle_model::thread::Cues;
use axle_model::time::{LocalDay, day_of_date};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// Short words for activity types.
const ALIASES: &[(&str, &str)] = &[
    ("joined", "chat:space:joined"),
    ("asked", "question:asked"),
    ("answered", "question:answered"),
    ("remarked", "question:commented"),
    ("accepted", "answer:accepted"),
    ("opened", "forum:topic:opened"),
    ("replied", "forum:post:replied"),
    ("messaged", "chat:message:sent"),
    ("liked", "forum:post:liked"),
    ("reacted", "chat:reaction:added"),
    ("shared", "social:post:shared"),
    ("commented", "social:post:commented"),
    ("contributed", "github:pull_request:opened"),
    ("read", "forum:topic:read"),
    ("left", "chat:space:left"),
    ("used", "product:event:tracked"),
];

/// What a case's lines say.
#[derive(Debug, Default)]
pub(crate) struct GoldenData {
    pub directory: Directory,
    pub rows: ActivityColumns,
    /// Sequence numbers of deleted activities.
    pub deleted: Vec<i64>,
    pub facts: Vec<FactTable>,
}

/// Reads the lines. The error names the line.
pub(crate) fn read(lines: &[String], zone: &TimeZone) -> Result<GoldenData, String> {
    let mut data = GoldenData::default();
    data.directory.time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    for line in lines {
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let rest: Vec<&str> = words.collect();
        let done = match first {
            "bot" => data.directive(&rest, 1).map(|member| data.directory.members[member].is_bot = true),
            "teammate" => data.teammate(&rest),
            "same" => data.same(&rest),
            "organization" => data.organization(&rest),
            "qa" => data.qa(&rest),
            "external" => data.external(&rest),
            "close" => data.close(&rest, zone),
            "fact" => data.fact(&rest),
            who => data.activity(who, &rest, zone),
        };
        done.map_err(|reason| format!("`{line}`: {reason}"))?;
    }
    Ok(data)
}

impl GoldenData {
    fn directive(&mut self, words: &[&str], least: usize) -> Result<usize, String> {
        let name = words.get(least - 1).ok_or("a word is missing")?;
        let identity = self.identity(name);
        Ok(self.directory.identities[identity].member as usize)
    }

    fn teammate(&mut self, words: &[&str]) -> Result<(), String> {
        let member = self.directive(words, 1)?;
        let range = range(&words[1..])?;
        self.directory.members[member].teammate.push(range);
        Ok(())
    }

    fn same(&mut self, words: &[&str]) -> Result<(), String> {
        let member = self.directive(words, 1)? as u32;
        for name in &words[1..] {
            let identity = self.identity(name);
            self.directory.identities[identity].member = member;
        }
        Ok(())
    }

    fn organization(&mut self, words: &[&str]) -> Result<(), String> {
        let member = self.directive(words, 2)?;
        let known = self.directory.organizations.iter().position(|row| row.name == words[0]);
        let number = known.unwrap_or_else(|| {
            let row = OrganizationRow { organization_id: words[0].into(), name: words[0].into(), lifecycle: None };
            self.directory.organizations.push(row);
            self.directory.organizations.len() - 1
        });
        let (from, to) = range(&words[2..])?;
        self.directory.members[member].affiliations.push((number as u32, from, to));
        Ok(())
    }

    fn qa(&mut self, words: &[&str]) -> Result<(), String> {
        let name = words.first().ok_or("a channel is missing")?;
        let channel = self.channel(name, None);
        self.directory.channels[channel].is_qa = true;
        Ok(())
    }

    fn external(&mut self, words: &[&str]) -> Result<(), String> {
        let name = words.first().ok_or("a channel is missing")?;
        let channel = self.channel(name, None);
        self.directory.channels[channel].is_ours = false;
        Ok(())
    }

    fn close(&mut self, words: &[&str], zone: &TimeZone) -> Result<(), String> {
        let [thread, when] = words else { return Err("a thread and a time are needed".into()) };
        let at = if *when == "unknown" { None } else { Some(instant(when, zone)?) };
        let row = self.directory.threads.iter_mut().find(|row| row.external_id == *thread);
        row.ok_or("the thread has no activity above")?.closed_at = Some(at);
        Ok(())
    }

    fn fact(&mut self, words: &[&str]) -> Result<(), String> {
        let (name, fields) = words.split_first().ok_or("a table is missing")?;
        let index = self.facts.iter().position(|table| table.name == *name).unwrap_or_else(|| {
            self.facts.push(FactTable { name: (*name).to_owned(), columns: Vec::new() });
            self.facts.len() - 1
        });
        let table = &mut self.facts[index];
        let rows = table.columns.first().map_or(0, |(_, values)| values.len());
        for (key, value) in pairs(fields)? {
            let value = value.parse::<serde_json::Number>().map_or_else(|_| Value::from(value), Value::from);
            match table.columns.iter_mut().find(|(column, _)| column == key) {
                Some((_, values)) => values.push(value),
                None => table.columns.push((key.to_owned(), [vec![Value::Null; rows], vec![value]].concat())),
            }
        }
        table.columns.iter_mut().for_each(|(_, values)| values.resize(rows + 1, Value::Null));
        Ok(())
    }

    fn activity(&mut self, who: &str, words: &[&str], zone: &TimeZone) -> Result<(), String> {
        let [what, when, rest @ ..] = words else { return Err("who, what and when are needed".into()) };
        let is_deleted = rest.contains(&"deleted");
        let fields: Vec<&str> = rest.iter().copied().filter(|word| *word != "deleted").collect();
        let fields: BTreeMap<&str, &str> = pairs(&fields)?.into_iter().collect();
        let known = ["channel", "source", "thread", "parent", "id", "weight", "says", "mood", "to"];
        if let Some(unknown) = fields.keys().find(|key| !known.contains(key)) {
            return Err(format!("{unknown} is none of {}", known.join(", ")));
        }
        let seq = self.rows.seq.len() as i64 + 1;
        let identity = self.identity(who) as u32;
        let counterparts = fields.get("to").map(|who| self.identity(who) as u32).into_iter().collect();
        let channel = self.channel(fields.get("channel").unwrap_or(&"general"), fields.get("source").copied()) as u32;
        let at = instant(when, zone)?;
        let weight = fields.get("weight").map(|weight| weight.parse::<u8>().map_err(|error| error.to_string()));
        let thread = fields.get("thread").map(|thread| self.thread(thread, channel));
        let kind = self.activity_type(what)?;
        let reading = reading(fields.get("says").copied(), fields.get("mood").copied())?;
        let rows = &mut self.rows;
        rows.seq.push(seq);
        rows.activity_id.push(fields.get("id").map_or_else(|| number_id(seq), |id| word_id(id)));
        rows.identity.push(identity);
        rows.channel.push(channel);
        rows.activity_type.push(kind);
        rows.occurred_at.push(at);
        rows.ingested_at.push(at);
        rows.weight.push(weight.transpose()?);
        rows.thread.push(thread);
        rows.parent.push(fields.get("parent").map(|id| word_id(id)));
        for texts in [&mut rows.title, &mut rows.text, &mut rows.url, &mut rows.language, &mut rows.properties] {
            texts.push(None);
        }
        rows.reading.push(reading);
        rows.sentiment_score.push(None);
        rows.counterparts.push(counterparts);
        if is_deleted {
            self.deleted.push(seq);
        }
        Ok(())
    }

    fn identity(&mut self, name: &str) -> usize {
        let rows = &mut self.directory.identities;
        rows.iter().position(|row| row.username.as_deref() == Some(name)).unwrap_or_else(|| {
            let member = self.directory.members.len() as u32;
            self.directory.members.push(MemberRow {
                member_id: number_id(i64::from(member)),
                name: name.to_owned(),
                is_bot: false,
                teammate: Vec::new(),
                affiliations: Vec::new(),
            });
            rows.push(IdentityRow {
                identity_id: rows.len() as u32,
                member,
                platform: "test".into(),
                uid: None,
                username: Some(name.to_owned()),
                email: None,
                name: None,
            });
            rows.len() - 1
        })
    }

    /// The channel of that name; a source makes it another channel than that of the default source `chat`.
    fn channel(&mut self, name: &str, source: Option<&str>) -> usize {
        let source = source.unwrap_or("chat");
        let sources = &mut self.directory.sources;
        let source_id = sources.iter().position(|row| row.name == source).unwrap_or_else(|| {
            let source_id = sources.len() as u32;
            sources.push(SourceRow { source_id, name: source.to_owned(), format: "interchange".into() });
            sources.len() - 1
        }) as u32;
        let channels = &mut self.directory.channels;
        channels.iter().position(|row| row.name == name && row.source_id == source_id).unwrap_or_else(|| {
            channels.push(ChannelRow {
                channel_id: channels.len() as u32,
                source_id,
                name: name.to_owned(),
                kind: "chat".into(),
                is_qa: false,
                is_ours: true,
            });
            channels.len() - 1
        })
    }

    fn thread(&mut self, name: &str, channel_id: u32) -> u32 {
        let threads = &mut self.directory.threads;
        let number = threads.iter().position(|row| row.external_id == name).unwrap_or_else(|| {
            let thread_id = threads.len() as u32;
            let external_id = name.to_owned();
            threads.push(ThreadRow { thread_id, channel_id, external_id, title: None, closed_at: None });
            threads.len() - 1
        });
        number as u32
    }

    fn activity_type(&mut self, word: &str) -> Result<u32, String> {
        let key = ALIASES.iter().find(|(alias, _)| *alias == word).map_or(word, |(_, key)| key);
        if !key.contains(':') {
            return Err(format!("{word} is no activity type"));
        }
        let types = &mut self.directory.activity_types;
        let number = types.iter().position(|row| row.key == key).unwrap_or_else(|| {
            let (activity_type_id, weight) = (types.len() as u32, default_weight(key));
            types.push(ActivityTypeRow { activity_type_id, key: key.to_owned(), weight });
            types.len() - 1
        });
        Ok(number as u32)
    }
}

/// Local noon of a date, a local date and time, or an instant; in microseconds.
fn instant(text: &str, zone: &TimeZone) -> Result<i64, String> {
    let local = |at: DateTime| zone.to_timestamp(at).map_err(|error| error.to_string());
    let at = if let Ok(at) = text.parse::<jiff::Timestamp>() {
        at
    } else if text.contains('T') {
        local(text.parse().map_err(|error: jiff::Error| error.to_string())?)?
    } else {
        local(date(text)?.at(12, 0, 0, 0))?
    };
    Ok(at.as_microsecond())
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error: jiff::Error| format!("{text} is no date: {error}"))
}

fn range(words: &[&str]) -> Result<(LocalDay, LocalDay), String> {
    let mut range = (LocalDay::MIN, LocalDay::MAX);
    for (key, value) in pairs(words)? {
        match key {
            "from" => range.0 = day_of_date(date(value)?),
            "to" => range.1 = day_of_date(date(value)?),
            other => return Err(format!("{other} is neither from nor to")),
        }
    }
    Ok(range)
}

fn pairs<'a>(words: &[&'a str]) -> Result<Vec<(&'a str, &'a str)>, String> {
    words.iter().map(|word| word.split_once('=').ok_or_else(|| format!("{word} is not key=value"))).collect()
}

/// What was read in the words, if anything was.
fn reading(says: Option<&str>, mood: Option<&str>) -> Result<Option<u32>, String> {
    if says.is_none() && mood.is_none() {
        return Ok(None);
    }
    let label = |name: &str| Label::named(name).ok_or_else(|| format!("{name} is no label"));
    let labels: Labels = says.into_iter().flat_map(|says| says.split('+')).map(label).collect::<Result<_, _>>()?;
    let mood = mood.unwrap_or("unknown");
    let known = Sentiment::ALL.into_iter().find(|sentiment| sentiment.name() == mood);
    let sentiment = known.ok_or_else(|| format!("{mood} is no sentiment"))?;
    let scores = [0.0; Label::COUNT];
    let (language, mentions) = (None, Vec::new());
    let cues = Cues::default()
        .with(Cues::ASKS, labels.has(Label::Question))
        .with(Cues::FITS, labels.has(Label::Answer))
        .with(Cues::THANKS, labels.has(Label::Thanks))
        .with(Cues::RESOLVES, labels.has(Label::Resolution));
    Ok(Some(Reading { language, sentiment, sentiment_score: 0.0, scores, labels, cues, mentions, model: 1 }.code()))
}

fn number_id(number: i64) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    id
}

/// Ids that a case gives are short words.
fn word_id(word: &str) -> [u8; 16] {
    let mut id = [255; 16];
    word.bytes().zip(&mut id[1..]).for_each(|(byte, place)| *place = byte);
    id
}
