//! The chat sources against real communities' exports, where those are at hand: every figure that entries alone can
//! give must equal the figure that other tools computed. `AXLE_SHARED_DATA` names the folder with `expected.json`;
//! where it is missing these tests pass without having looked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use axle_connectors::sources::{SOURCES, source};
use axle_connectors::{Input, Limits};
use axle_model::time::Grain;
use axle_model::{Activity, Entry};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

/// The set and what is expected of it; `None` where the data is missing.
fn set(name: &str) -> Option<(PathBuf, Value)> {
    let folder = std::env::var_os("AXLE_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let expected: Value = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).ok()?).unwrap();
    let path = folder.join(name);
    path.exists().then(|| (path, expected.get(name).cloned().unwrap_or_default()))
}

struct Reading {
    records: u64,
    counted: u64,
    rejects: Vec<String>,
    activities: Vec<Activity>,
    facts: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Reads with the source of that format, which must also be the one that recognizes the input.
fn read(format: &str, path: &Path) -> Reading {
    let input = Input::open(path, Limits::default()).unwrap();
    let probe = input.probe().unwrap();
    let surest = SOURCES.iter().max_by_key(|source| source.detect(&probe)).unwrap();
    assert_eq!(surest.format(), format);
    let source = source(format).unwrap();
    let mut reading =
        Reading { records: 0, counted: 0, rejects: Vec::new(), activities: Vec::new(), facts: BTreeMap::new() };
    source
        .read(&input, &mut |record| {
            reading.records += 1;
            reading.counted += u64::from(record.counted);
            match record.broken.clone().map_or_else(|| source.normalize(&record).map_err(|error| error.0), Err) {
                Err(reason) => reading.rejects.push(format!("{}: {reason}", record.place)),
                Ok(entries) => {
                    for entry in entries {
                        match entry {
                            Entry::Activity(activity) => reading.activities.push(*activity),
                            Entry::Fact(fact) => {
                                reading.facts.entry(fact.kind.name()).or_default().insert(fact.key);
                            }
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    reading
}

impl Reading {
    fn of_type(&self, key: &str) -> impl Iterator<Item = &Activity> {
        self.activities.iter().filter(move |activity| activity.activity_type == key)
    }

    fn facts(&self, kind: &str) -> usize {
        self.facts.get(kind).map_or(0, BTreeSet::len)
    }
}

/// One message as the figures see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    at: Timestamp,
    /// Ids sort as the platform counts them.
    id: (usize, String),
    author: String,
    thread: Option<String>,
}

fn messages<'a>(
    activities: impl Iterator<Item = &'a Activity>,
    author: impl Fn(&Activity) -> String,
    thread: impl Fn(&Activity) -> Option<String>,
) -> Vec<Message> {
    let mut messages: Vec<Message> = activities
        .map(|activity| Message {
            at: activity.at,
            id: (activity.id.len(), activity.id.clone()),
            author: author(activity),
            thread: thread(activity),
        })
        .collect();
    messages.sort();
    messages
}

fn period(grain: Grain, at: Timestamp) -> String {
    let date = grain.floor(at.to_zoned(TimeZone::UTC).date());
    match grain {
        Grain::Week => {
            let week = date.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        _ => format!("{:04}-{:02}", date.year(), date.month()),
    }
}

fn top(counts: &BTreeMap<&str, u64>) -> Value {
    let mut ranked: Vec<(&str, u64)> = counts.iter().map(|(name, count)| (*name, *count)).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    ranked.truncate(10);
    json!(ranked)
}

/// Equal up to the rounding of the expected figure.
fn assert_near(what: &str, actual: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what} is not expected"));
    let digits = expected.to_string().split_once('.').map_or(0, |(_, digits)| digits.len()).max(3);
    let tolerance = 0.5001 * 10f64.powi(-i32::try_from(digits.min(4)).unwrap());
    assert!((actual - expected).abs() <= tolerance, "{what}: {actual} instead of {expected}");
}

fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = share * (sorted.len() - 1) as f64;
    let (below, above) = (rank.floor() as usize, rank.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * (rank - rank.floor())
}

/// Messages, authors and their months and weeks.
fn assert_activity(messages: &[Message], expected: &Value) {
    assert_eq!(json!(messages.len()), expected["messages"]);
    let mut of_author = BTreeMap::<&str, u64>::new();
    let mut first_of_author = BTreeMap::<&str, String>::new();
    let (mut by_month, mut by_week) = (BTreeMap::<String, Vec<&str>>::new(), BTreeMap::<String, BTreeSet<&str>>::new());
    for message in messages {
        *of_author.entry(&message.author).or_default() += 1;
        let month = period(Grain::Month, message.at);
        first_of_author.entry(&message.author).or_insert_with(|| month.clone());
        by_month.entry(month).or_default().push(&message.author);
        by_week.entry(period(Grain::Week, message.at)).or_default().insert(&message.author);
    }
    assert_eq!(json!(of_author.len()), expected["authors"]);
    assert_eq!(top(&of_author), expected["top_authors"]);
    for (name, message) in [("first", messages.first()), ("last", messages.last())] {
        let at = message.unwrap().at.as_second();
        assert_eq!(
            Some(at),
            expected[name].as_str().map(|text| text.parse::<Timestamp>().unwrap().as_second()),
            "{name}"
        );
    }
    let sizes = |f: &dyn Fn(&[&str]) -> usize| by_month.iter().map(|(month, who)| (month.clone(), f(who))).collect();
    let active: BTreeMap<String, usize> = sizes(&|who| who.iter().collect::<BTreeSet<_>>().len());
    let sent: BTreeMap<String, usize> = sizes(&|who| who.len());
    assert_eq!(json!(sent), expected["messages_per_month"]);
    assert_eq!(json!(active), expected["active_authors_per_month"]);
    let mut new = BTreeMap::<&String, u64>::new();
    first_of_author.values().for_each(|month| *new.entry(month).or_default() += 1);
    assert_eq!(json!(new), expected["new_authors_per_month"]);
    assert_weeks(&by_week, &expected["weekly_active_authors"]);
    assert_retention(&by_month, &first_of_author, &expected["month1_retention"]);
}

fn assert_weeks(by_week: &BTreeMap<String, BTreeSet<&str>>, expected: &Value) {
    let mut sizes: Vec<f64> = by_week.values().map(|authors| authors.len() as f64).collect();
    sizes.sort_by(f64::total_cmp);
    assert_eq!(json!(sizes.len()), expected["weeks_with_messages"]);
    assert_near("median weekly authors", percentile(&sizes, 0.5), &expected["median"]);
    assert_near("most weekly authors", *sizes.last().unwrap(), &expected["max"]);
    let last: BTreeMap<&String, usize> = by_week.iter().rev().take(12).map(|(week, who)| (week, who.len())).collect();
    assert_eq!(json!(last), expected["last12"]);
}

fn assert_retention(
    by_month: &BTreeMap<String, Vec<&str>>,
    first_of_author: &BTreeMap<&str, String>,
    expected: &Value,
) {
    let last = by_month.keys().next_back().unwrap();
    let (mut came, mut stayed) = (0u64, 0u64);
    for (author, first) in first_of_author.iter().filter(|(_, first)| *first != last) {
        let next = format!("{first}-01").parse::<jiff::civil::Date>().unwrap().saturating_add(1.month());
        let next = format!("{:04}-{:02}", next.year(), next.month());
        came += 1;
        stayed += u64::from(by_month.get(&next).is_some_and(|authors| authors.contains(author)));
    }
    assert_near("month-1 retention", stayed as f64 / came as f64, expected);
}

/// Threads, who answered in them, and how soon. `messages` are sorted.
fn assert_threads(messages: &[Message], expected: &Value) {
    let mut threads = BTreeMap::<&str, Vec<&Message>>::new();
    for message in messages {
        if let Some(thread) = &message.thread {
            threads.entry(thread).or_default().push(message);
        }
    }
    let total = threads.len() as f64;
    assert_eq!(json!(threads.len()), expected["threads"]);
    let mut waits = Vec::new();
    let mut years = BTreeMap::<String, [u64; 2]>::new();
    let mut helped = BTreeMap::<&str, u64>::new();
    for thread in threads.values() {
        let asked = thread[0];
        let year = years.entry(asked.at.to_zoned(TimeZone::UTC).year().to_string()).or_default();
        year[0] += 1;
        match thread.iter().find(|message| message.author != asked.author) {
            Some(reply) => waits.push(reply.at.duration_since(asked.at).as_secs_f64() / 60.0),
            None => year[1] += 1,
        }
        let helpers: BTreeSet<&str> =
            thread.iter().map(|message| message.author.as_str()).filter(|author| *author != asked.author).collect();
        helpers.into_iter().for_each(|helper| *helped.entry(helper).or_default() += 1);
    }
    waits.sort_by(f64::total_cmp);
    assert_eq!(json!(threads.len() - waits.len()), expected["unanswered"]);
    assert_near("unanswered share", (total - waits.len() as f64) / total, &expected["unanswered_share"]);
    let replied = &expected["first_reply_minutes"];
    assert_near("median first reply", percentile(&waits, 0.5), &replied["median"]);
    assert_near("90th percentile of first replies", percentile(&waits, 0.9), &replied["p90"]);
    assert_near("mean first reply", waits.iter().sum::<f64>() / waits.len() as f64, &replied["mean"]);
    let within = |minutes: f64| waits.iter().filter(|wait| **wait <= minutes).count() as f64 / total;
    assert_near("replied within an hour", within(60.0), &expected["replied_within_1h"]);
    assert_near("replied within a day", within(1440.0), &expected["replied_within_24h"]);
    assert_eq!(json!(years), expected["threads_and_unanswered_per_start_year"]);
    assert_eq!(top(&helped), expected["top_helpers"]);
}

fn count_by<'a>(keys: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    keys.for_each(|key| *counts.entry(key).or_default() += 1);
    counts
}

fn is_bot(activity: &Activity) -> bool {
    activity.actor.bot == Some(true)
}

#[test]
fn zulip_archive() {
    let Some((path, expected)) = set("chat/zulip-lean.tar.zst") else { return };
    let reading = read("zulip", &path);
    assert_eq!(reading.rejects, Vec::<String>::new());
    assert_eq!(json!(reading.counted), expected["messages_with_bots"]);
    assert_eq!(json!(reading.activities.len()), expected["messages_with_bots"]);
    assert_eq!(json!(reading.activities.iter().filter(|activity| is_bot(activity)).count()), expected["bot_messages"]);
    let ids: BTreeSet<&str> = reading.activities.iter().map(|activity| activity.id.as_str()).collect();
    assert_eq!(ids.len(), reading.activities.len());

    // The figures take a topic and its resolved twin for two threads; a key without the mark joins them.
    let is_resolved = |activity: &Activity| activity.properties.contains_key("resolved");
    let file =
        |activity: &Activity| activity.thread.as_ref().map(|thread| format!("{} {thread}", is_resolved(activity)));
    let files: BTreeSet<_> = reading.activities.iter().map(file).collect();
    assert_eq!(json!(files.len()), expected["topic_files"]);
    let resolved =
        reading.activities.iter().filter(|activity| is_resolved(activity)).map(file).collect::<BTreeSet<_>>();
    assert_eq!(json!(resolved.len()), expected["resolved_topics"]);
    assert_near("resolved share", resolved.len() as f64 / files.len() as f64, &expected["resolved_share"]);
    let threads: BTreeSet<_> = reading.activities.iter().map(|activity| &activity.thread).collect();
    assert!(threads.len() < files.len());

    let people = || reading.activities.iter().filter(|activity| !is_bot(activity));
    let people = || people().filter(|activity| activity.activity_type == "chat:message:sent");
    let messages = messages(people(), |activity| activity.actor.username.clone().unwrap(), file);
    assert_activity(&messages, &expected);
    assert_threads(&messages, &expected);
    let of_stream: BTreeMap<String, u64> = expected["messages_per_stream"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(folder, count)| (folder.split('-').next().unwrap().to_owned(), count.as_u64().unwrap()))
        .collect();
    let counted = count_by(people().map(|activity| activity.channel.as_deref().unwrap()));
    assert_eq!(json!(counted), json!(of_stream));
    assert_eq!(reading.facts("channel"), of_stream.len());
    assert_eq!(reading.records - reading.counted, of_stream.len() as u64);
}

#[test]
fn slack_export() {
    let Some((path, expected)) = set("chat/slack-clojurians-export.zip") else { return };
    let reading = read("slack", &path);
    assert_eq!(reading.rejects, Vec::<String>::new());
    assert_eq!(json!(reading.facts("person")), expected["users_json"]);
    assert_eq!(json!(reading.facts("channel")), expected["channels_json"]);
    let subtypes: u64 = expected["subtypes"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(reading.counted, subtypes);
    assert_eq!(json!(reading.of_type("chat:space:joined").count()), expected["channel_joins"]);
    assert_eq!(json!(reading.of_type("chat:space:left").count()), expected["subtypes"]["channel_leave"]);
    assert_eq!(json!(reading.of_type("chat:reaction:added").count()), expected["reactions"]);
    assert_eq!(
        json!(reading.of_type("chat:message:sent").filter(|activity| is_bot(activity)).count()),
        expected["bot_messages"]
    );
    let subtype = |name: &str| {
        reading.activities.iter().filter(|activity| activity.properties.get("subtype") == Some(&json!(name))).count()
    };
    for name in ["file_share", "me_message"] {
        assert_eq!(json!(subtype(name)), expected["subtypes"][name], "{name}");
    }

    let people = || reading.of_type("chat:message:sent").filter(|activity| !is_bot(activity));
    let messages =
        messages(people(), |activity| activity.actor.uid.clone().unwrap(), |activity| activity.thread.clone());
    assert_activity(&messages, &expected);
    assert_threads(&messages, &expected["slack_threads"]);
    let names = channel_names(&path);
    let per_channel = count_by(people().map(|activity| names[activity.channel.as_deref().unwrap()].as_str()));
    let sorted: BTreeMap<String, u64> = serde_json::from_value(expected["messages_per_channel"].clone()).unwrap();
    assert_eq!(json!(per_channel), json!(sorted));
}

/// Channel names by id, as the facts tell them.
fn channel_names(path: &Path) -> BTreeMap<String, String> {
    let source = source("slack").unwrap();
    let mut names = BTreeMap::new();
    let input = Input::open(path, Limits::default()).unwrap();
    source
        .read(&input, &mut |record| {
            if record.kind == "channel"
                && let Some(Entry::Fact(fact)) = source.normalize(&record).unwrap().first()
            {
                names.insert(fact.key.clone(), fact.text("name").unwrap().to_owned());
            }
            Ok(())
        })
        .unwrap();
    names
}

/// What arrived as events and what was exported are the same messages under the same keys.
#[test]
fn slack_events_meet_the_export() {
    let Some((path, _)) = set("chat/slack-clojurians-events.jsonl.gz") else { return };
    let Some((export, _)) = set("chat/slack-clojurians-export.zip") else { return };
    let (events, export) = (read("slack-events", &path), read("slack", &export));
    assert_eq!(events.rejects, Vec::<String>::new());
    let keys = |reading: &Reading, is_kept: &dyn Fn(&Activity) -> bool| -> BTreeSet<(String, String)> {
        let kept = reading.activities.iter().filter(|activity| is_kept(activity));
        kept.map(|activity| (activity.activity_type.clone(), activity.id.clone())).collect()
    };
    let exported = keys(&export, &|_| true);
    let sent = keys(&events, &|activity| activity.deleted_at.is_none() && activity.version_at.is_none());
    assert_eq!(sent, exported);
    let actor = |activity: &Activity| (activity.id.clone(), activity.actor.uid.clone());
    let sent = events.activities.iter().filter(|activity| activity.version_at.is_none());
    let senders: BTreeMap<_, _> = sent.map(actor).collect();
    assert!(senders == export.activities.iter().map(actor).collect(), "senders differ");
    // Edits and deletions of messages that lie inside the export name them by the same keys. The export leaves out
    // what was sent before its first message.
    let start = export.activities.iter().map(|activity| activity.at).min().unwrap();
    let changed = keys(&events, &|activity| activity.version_at.is_some() && activity.at >= start);
    let unmet: Vec<_> = changed.difference(&exported).collect();
    assert!(unmet.is_empty(), "changes that meet no message: {unmet:?}");
    let deleted = events.activities.iter().filter(|activity| activity.deleted_at.is_some()).count();
    assert!(deleted > 0 && changed.len() > deleted);
}

#[test]
fn discord_json() {
    let Some((path, expected)) = set("chat/discord-pyscript.zip") else { return };
    let reading = read("discord", &path);
    assert_eq!(reading.rejects, Vec::<String>::new());
    let types: u64 = expected["types"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(reading.counted, types);
    let people = || reading.of_type("chat:message:sent").filter(|activity| !is_bot(activity));
    let messages = messages(people(), |activity| activity.actor.uid.clone().unwrap(), |_| None);
    assert_activity(&messages, &expected);
    let reactions: u64 = people().filter_map(|activity| activity.properties.get("reactions")?.as_u64()).sum();
    assert_eq!(json!(reactions), expected["reactions_on_counted"]);

    let by_id: BTreeMap<&str, &Activity> = people().map(|activity| (activity.id.as_str(), activity)).collect();
    let mut gaps: Vec<f64> = people()
        .filter_map(|reply| Some((reply, by_id.get(reply.parent.as_deref()?)?)))
        .filter(|(reply, answered)| reply.actor.uid != answered.actor.uid)
        .map(|(reply, answered)| reply.at.duration_since(answered.at).as_secs_f64() / 60.0)
        .collect();
    gaps.sort_by(f64::total_cmp);
    assert_eq!(json!(gaps.len()), expected["replies_to_another_person_in_the_set"]);
    assert_near("median gap of replies", percentile(&gaps, 0.5), &expected["reply_gap_minutes_median"]);
}

/// This set has no expected figures but the count of its messages, which stands in the data's own README.
#[test]
fn discord_csv() {
    let Some((path, _)) = set("chat/discord-komodo-csv.zip") else { return };
    let readme = fs::read_to_string(path.parent().unwrap().parent().unwrap().join("README.md")).unwrap();
    let row = readme.lines().find(|line| line.contains("discord-komodo-csv.zip")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    let before = |word: &str| -> u64 {
        let at = words.iter().position(|known| known.trim_end_matches(',') == word).unwrap();
        words[at - 1].replace(',', "").parse().unwrap()
    };
    let reading = read("discord-csv", &path);
    assert_eq!(reading.rejects, Vec::<String>::new());
    assert_eq!(reading.counted, before("messages"));
    let ids: BTreeSet<&str> = reading.activities.iter().map(|activity| activity.id.as_str()).collect();
    assert_eq!(ids.len() as u64, before("messages"), "two messages share an id");
    assert_eq!(reading.facts("channel"), 2);
    assert!(
        reading
            .activities
            .iter()
            .all(|activity| activity.actor.uid.is_some() && activity.at.to_zoned(TimeZone::UTC).year() < 2020)
    );
}
