//! The language of golden cases: a few lines of who did what when, read into a directory and activities.
//!
//! ```text
//! ada asked 2026-01-03 thread=t1 channel=help       an activity: who, what, when, and what else is known
//! bob answered 2026-01-03T15:00 thread=t1 id=a1     local date (noon), local date and time, or RFC 3339 instant
//! ada liked 2026-01-04 thread=t1 parent=a1 deleted  deleted: it was there, and no longer holds
//! ada liked 2026-01-04 deleted=2026-01-09           deleted then: as of instants before, it holds
//! ada liked 2026-01-04 arrived=2026-01-09           read then: what was `known_at` an instant before lacks it
//! bot rex                                           rex is a program
//! teammate tim from=2026-02-01 to=2026-05-01        a teammate on these days; without from and to, always
//! teammate tim department=sales                     a person says in which department
//! tag ada "early adopter"                           a person tagged her so
//! same ada ada2                                     two identities of one member
//! organization acme ada from=2026-01-01             ada works for acme
//! qa help                                           threads of the channel are questions
//! external square                               the channel belongs to others
//! close t1 2026-01-09                               the thread was closed; `close t1 unknown`: nobody knows when
//! ada messaged 2026-01-05 says=question+thanks mood=positive   what was read in the words
//! bob messaged 2026-01-06 to=ada                    whom it speaks to
//! ada messaged 2026-01-06 text="two words"          values with spaces stand in quotes
//! ada read 2026-01-06 campaign=spring content=c1    the campaign that it belongs to, the content that it was done on
//! each 500 u# joined 2026-01-03                     500 lines, with the numbers 1 to 500 in place of #
//! ```
//!
//! Facts are `fact KIND field=value …`, with the kinds and fields of interchange, and become tables as they do in the
//! record; `golden_facts.rs` has the rules.
//!
//! ```text
//! fact product_event user=ada at=2026-01-03T12:00 name=login    people by their names, local times as above
//! fact deal id=d1 organization=acme created_at=2026-01-03 won=true amount=100000 currency=EUR
//! fact deal organization=acme created_at=2026-01-03 contacts=[{"identity":"ada","role":"buyer"}]   lists as JSON
//! fact mention at=2026-01-03 channel=linkedin author=bob text="Axle is good" source=mentions
//! fact brand name=Axle own=true terms=axle+"axle hub"           lists of words with +
//! fact organization id=acme lifecycle=customer customer_since=2025-01-01      a row of `accounts`
//! fact teammate identity=tim from=2026-01-01 department=sales   with departments; also a row of `teammates`
//! fact role identity=ada role=champion from=2026-01-01
//! fact channel id=square ownership=external kind=social         whose a channel is, and what it is
//! fact affiliation identity=ada organization=acme from=2026-01-01 title=CTO
//! fact feedback at=2026-01-03 author=ada mood=negative          what was read in the words of the activity that it is
//! ```
//!
//! Rows of the tables of flywheels are `row TABLE column=value …`: see `golden_rows.rs`.
//!
//! An `id` (and a `name` where one must be) that is left out is made up; without `source` all comes from `chat`. A plain
//! date is local noon where interchange wants an instant, and stays a date where it takes one (then the first instant
//! in UTC). A fact that comes again with the same key replaces the earlier. Kinds that no line names are empty.

use std::collections::{BTreeMap, HashMap};

use axle_model::analytics::{
    ActivityColumns, ActivityTypeRow, ChannelRow, Department, Directory, FactTable, IdentityRow, MemberRow,
    OrganizationRow, Place, SourceRow, ThreadRow,
};
use axle_model::catalogue::default_weight;
use axle_model::label::{Label, Labels, Reading, Sentiment};
use axle_model::tag::Tag;
use axle_model::thread::Cues;
use axle_model::time::{LocalDay, day_of_date};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::golden_facts::{self, GoldenFacts, SOURCE};

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
    /// Sequence numbers of activities that hold as of no instant.
    pub deleted: Vec<i64>,
    pub facts: GoldenFacts,
    /// Tables that flywheels hand over.
    pub tables: Vec<FactTable>,
    /// Rows of identities by name.
    identities: HashMap<String, usize>,
}

/// Somebody did something, in microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub who: &'a str,
    pub what: &'a str,
    pub channel: &'a str,
    pub source: &'a str,
    pub at: i64,
}

/// Reads the lines. The error names the line.
pub(crate) fn read(lines: &[String], zone: &TimeZone) -> Result<GoldenData, String> {
    let mut data = GoldenData::default();
    data.directory.time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    for line in lines {
        data.line(line, zone).map_err(|reason| format!("`{line}`: {reason}"))?;
    }
    Ok(data)
}

impl GoldenData {
    fn line(&mut self, line: &str, zone: &TimeZone) -> Result<(), String> {
        if let Some((count, line)) = line.strip_prefix("each ").and_then(|rest| rest.split_once(' ')) {
            let count: u32 = count.parse().map_err(|_| format!("{count} is no number"))?;
            return (1..=count).try_for_each(|number| self.line(&line.replace('#', &number.to_string()), zone));
        }
        let words = golden_facts::words(line)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some((first, rest)) = words.split_first() else { return Ok(()) };
        match *first {
            "bot" => self.directive(rest, 1).map(|member| self.directory.members[member].is_bot = true),
            "teammate" => self.teammate(rest),
            "tag" => self.tag(rest),
            "same" => self.same(rest),
            "organization" => self.organization(rest),
            "qa" => self.qa(rest),
            "external" => self.external(rest),
            "close" => self.close(rest, zone),
            "fact" => self.fact(rest, zone),
            "row" => self.row(rest, zone),
            who => self.activity(who, rest, zone),
        }
    }

    fn directive(&mut self, words: &[&str], least: usize) -> Result<usize, String> {
        let name = words.get(least - 1).ok_or("a word is missing")?;
        let identity = self.identity(name);
        Ok(self.directory.identities[identity].member as usize)
    }

    fn teammate(&mut self, words: &[&str]) -> Result<(), String> {
        let member = self.directive(words, 1)?;
        let (department, days): (Vec<&str>, Vec<&str>) =
            words[1..].iter().partition(|word| word.starts_with("department="));
        let (from, to) = range(&days)?;
        let row = &mut self.directory.members[member];
        row.teammate.push((from, to));
        let names = department.iter().filter_map(|word| word.split_once('='));
        row.departments.extend(names.map(|(_, name)| Department { from, to, name: name.to_owned(), is_said: true }));
        Ok(())
    }

    fn tag(&mut self, words: &[&str]) -> Result<(), String> {
        let member = self.directive(words, 1)?;
        let tag = (*words.get(1).ok_or("a tag is missing")?).to_owned();
        self.directory.members[member].tags.push(Tag { tag, sources: Vec::new(), is_said: true });
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
        let number = self.organization_number(words[0]);
        let (from, to) = range(&words[2..])?;
        self.directory.members[member].affiliations.push(Place::stated(number, from, to));
        Ok(())
    }

    /// The organization of that id.
    pub(crate) fn organization_number(&mut self, id: &str) -> u32 {
        let rows = &mut self.directory.organizations;
        let number = rows.iter().position(|row| row.organization_id == id).unwrap_or_else(|| {
            let (organization_id, name) = (id.to_owned(), id.to_owned());
            rows.push(OrganizationRow { organization_id, name, lifecycle: None, accounts: Vec::new() });
            rows.len() - 1
        });
        number as u32
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

    fn activity(&mut self, who: &str, words: &[&str], zone: &TimeZone) -> Result<(), String> {
        let [what, when, rest @ ..] = words else { return Err("who, what and when are needed".into()) };
        let is_deleted = rest.contains(&"deleted");
        let fields: Vec<&str> = rest.iter().copied().filter(|word| *word != "deleted").collect();
        let fields: BTreeMap<&str, &str> = pairs(&fields)?.into_iter().collect();
        let known = [
            "channel", "source", "thread", "parent", "id", "weight", "says", "mood", "to", "text", "title", "campaign",
            "content", "arrived", "deleted",
        ];
        if let Some(unknown) = fields.keys().find(|key| !known.contains(key)) {
            return Err(format!("{unknown} is none of {}", known.join(", ")));
        }
        let (channel, source) = (fields.get("channel").unwrap_or(&"general"), fields.get("source").unwrap_or(&SOURCE));
        let (seq, channel) = self.push(Doing { who, what, channel, source, at: instant(when, zone)? })?;
        let thread = fields.get("thread").map(|thread| self.thread(thread, channel));
        if let Some((thread, title)) = thread.zip(fields.get("title")) {
            self.directory.threads[thread as usize].title = Some((*title).to_owned());
        }
        let to = fields.get("to").map(|who| self.identity(who) as u32).into_iter().collect();
        let arrived_at = fields.get("arrived").map(|when| instant(when, zone)).transpose()?;
        let weight = fields.get("weight").map(|weight| weight.parse::<u8>().map_err(|error| error.to_string()));
        let deleted_at = fields.get("deleted").map(|when| instant(when, zone)).transpose()?;
        let rows = &mut self.rows;
        let last = rows.seq.len() - 1;
        rows.activity_id[last] = fields.get("id").map_or_else(|| number_id(seq), |id| word_id(id));
        rows.weight[last] = weight.transpose()?;
        rows.ingested_at[last] = arrived_at.unwrap_or(rows.occurred_at[last]);
        rows.thread[last] = thread;
        rows.parent[last] = fields.get("parent").map(|id| word_id(id));
        rows.title[last] = fields.get("title").map(|title| (*title).to_owned());
        rows.text[last] = fields.get("text").map(|text| (*text).to_owned());
        rows.properties[last] = properties(&fields);
        rows.reading[last] = reading(fields.get("says").copied(), fields.get("mood").copied())?;
        rows.counterparts[last] = to;
        rows.deleted_at[last] = deleted_at;
        if is_deleted {
            self.deleted.push(seq);
        }
        Ok(())
    }

    /// Adds an activity of which nothing else is known; gives its sequence number and channel.
    pub(crate) fn push(&mut self, doing: Doing<'_>) -> Result<(i64, u32), String> {
        let seq = self.rows.seq.len() as i64 + 1;
        let identity = self.identity(doing.who) as u32;
        let channel = self.channel(doing.channel, Some(doing.source)) as u32;
        let kind = self.activity_type(doing.what)?;
        let rows = &mut self.rows;
        rows.seq.push(seq);
        rows.activity_id.push(number_id(seq));
        rows.identity.push(identity);
        rows.channel.push(channel);
        rows.activity_type.push(kind);
        rows.occurred_at.push(doing.at);
        rows.ingested_at.push(doing.at);
        rows.weight.push(None);
        rows.thread.push(None);
        rows.parent.push(None);
        for texts in [&mut rows.title, &mut rows.text, &mut rows.url, &mut rows.language, &mut rows.properties] {
            texts.push(None);
        }
        rows.reading.push(None);
        rows.sentiment_score.push(None);
        rows.counterparts.push(Vec::new());
        rows.deleted_at.push(None);
        Ok((seq, channel))
    }

    pub(crate) fn identity(&mut self, name: &str) -> usize {
        if let Some(known) = self.identities.get(name) {
            return *known;
        }
        let (member, number) = (self.directory.members.len() as u32, self.directory.identities.len());
        self.directory.members.push(MemberRow {
            member_id: number_id(i64::from(member)),
            name: name.to_owned(),
            is_bot: false,
            teammate: Vec::new(),
            departments: Vec::new(),
            affiliations: Vec::new(),
            tags: Vec::new(),
        });
        self.directory.identities.push(IdentityRow {
            identity_id: number as u32,
            member,
            platform: "test".into(),
            uid: None,
            username: Some(name.to_owned()),
            email: None,
            name: None,
        });
        self.identities.insert(name.to_owned(), number);
        number
    }

    /// The channel of that name; a source makes it another channel than that of the default source.
    pub(crate) fn channel(&mut self, name: &str, source: Option<&str>) -> usize {
        let source = source.unwrap_or(SOURCE);
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
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Result<i64, String> {
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

pub(crate) fn date(text: &str) -> Result<Date, String> {
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

pub(crate) fn pairs<'a>(words: &[&'a str]) -> Result<Vec<(&'a str, &'a str)>, String> {
    words.iter().map(|word| word.split_once('=').ok_or_else(|| format!("{word} is not key=value"))).collect()
}

/// Campaign, and the piece of content that it was done on, as the record keeps them.
fn properties(fields: &BTreeMap<&str, &str>) -> Option<String> {
    let campaign = fields.get("campaign").map(|campaign| ("campaign", serde_json::json!(campaign)));
    let object = fields.get("content").map(|id| ("object", serde_json::json!({"kind": "content", "id": id})));
    let all: BTreeMap<&str, serde_json::Value> = campaign.into_iter().chain(object).collect();
    (!all.is_empty()).then(|| serde_json::json!(all).to_string())
}

/// What was read in the words, if anything was.
pub(crate) fn reading(says: Option<&str>, mood: Option<&str>) -> Result<Option<u32>, String> {
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
