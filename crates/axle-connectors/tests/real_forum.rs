//! Real communities' exports of a forum, a question-and-answer site and a mailing list, read and counted, against
//! figures that other tools computed. They name real people, so they live outside the repository: a test whose set is
//! missing says so and passes. `AXLE_SHARED_DATA` names their folder; the default is `../shared/data`, seen from the
//! workspace.
//! Every figure of a set is compared; one that is not computed fails.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use axle_connectors::sources::source;
use axle_connectors::{Input, Limits, RawRecord};
use axle_model::time::Grain;
use axle_model::{Activity, Entry, FactKind};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// A set as its source reads it.
struct Reading {
    records: BTreeMap<&'static str, u64>,
    files: BTreeSet<String>,
    activities: Vec<Activity>,
    names: HashMap<String, String>,
    rejects: Vec<String>,
}

/// One message as the figures count it.
struct Message {
    author: String,
    at: Timestamp,
    thread: String,
    /// Breaks ties between messages of one instant.
    order: (u64, String),
}

fn data() -> PathBuf {
    std::env::var_os("AXLE_SHARED_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

/// The set read by `format`, which must also be the source that recognizes it, with its expected figures.
fn reading(set: &str, format: &str) -> Option<(Reading, Value)> {
    let path = data().join(set);
    if !path.exists() {
        eprintln!("skipped: {} is missing", path.display());
        return None;
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(data().join("expected.json")).unwrap()).unwrap();
    let input = Input::open(&path, Limits::default()).unwrap();
    let source = source(format).unwrap();
    assert!(source.detect(&input.probe().unwrap()) > 90, "{set} is not recognized");
    let mut reading = Reading {
        records: BTreeMap::new(),
        files: BTreeSet::new(),
        activities: Vec::new(),
        names: HashMap::new(),
        rejects: Vec::new(),
    };
    source
        .read(&input, &mut |record| {
            reading
                .take(&record, record.broken.clone().map_or_else(|| source.normalize(&record).map_err(|e| e.0), Err));
            Ok(())
        })
        .unwrap();
    Some((reading, expected[set].clone()))
}

impl Reading {
    fn take(&mut self, record: &RawRecord, entries: Result<Vec<Entry>, String>) {
        if record.counted {
            *self.records.entry(record.kind).or_default() += 1;
            self.files.insert(record.place.file.to_string());
        }
        match entries {
            Err(reason) => self.rejects.push(format!("{}: {reason}", record.place)),
            Ok(entries) => entries.into_iter().for_each(|entry| match entry {
                Entry::Activity(activity) => self.activities.push(*activity),
                Entry::Fact(fact) if fact.kind == FactKind::PERSON => {
                    let uid = fact.subject().and_then(|identity| identity.uid).unwrap_or_default();
                    self.names.insert(uid, fact.text("name").unwrap_or_default().to_owned());
                }
                Entry::Fact(_) => {}
            }),
        }
    }

    fn of_types<'a>(&'a self, keys: &'a [&str]) -> impl Iterator<Item = &'a Activity> {
        self.activities.iter().filter(|activity| keys.contains(&activity.activity_type.as_str()))
    }

    fn sum(&self, property: &str) -> i64 {
        self.activities.iter().filter_map(|activity| activity.properties.get(property)?.as_i64()).sum()
    }
}

impl Message {
    fn of(activity: &Activity, author: String) -> Self {
        Self {
            author,
            at: activity.at,
            thread: activity.thread.clone().unwrap_or_default(),
            order: (activity.id.parse().unwrap_or(u64::MAX), activity.id.clone()),
        }
    }

    fn date(&self) -> Date {
        TimeZone::UTC.to_datetime(self.at).date()
    }
}

/// Every figure that the definitions at the head of `expected.json` derive from messages.
fn figures(messages: &mut [Message], name_of: &dyn Fn(&str) -> String) -> Value {
    messages.sort_by(|a, b| (a.at, &a.order).cmp(&(b.at, &b.order)));
    let mut months: BTreeMap<String, (u64, BTreeSet<&str>)> = BTreeMap::new();
    let mut weeks: BTreeMap<Date, BTreeSet<&str>> = BTreeMap::new();
    let mut firsts: BTreeMap<&str, Date> = BTreeMap::new();
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for message in &*messages {
        let month = months.entry(message.date().strftime("%Y-%m").to_string()).or_default();
        month.0 += 1;
        month.1.insert(&message.author);
        weeks.entry(Grain::Week.floor(message.date())).or_default().insert(&message.author);
        firsts.entry(&message.author).or_insert(message.date());
        *totals.entry(&message.author).or_default() += 1;
    }
    let mut new_authors: BTreeMap<String, u64> = BTreeMap::new();
    for first in firsts.values() {
        *new_authors.entry(first.strftime("%Y-%m").to_string()).or_default() += 1;
    }
    let mut weekly: Vec<f64> = weeks.values().map(|authors| authors.len() as f64).collect();
    weekly.sort_by(f64::total_cmp);
    let last12: BTreeMap<String, usize> = weeks
        .iter()
        .rev()
        .take(12)
        .map(|(monday, authors)| {
            let week = monday.iso_week_date();
            (format!("{:04}-W{:02}", week.year(), week.week()), authors.len())
        })
        .collect();
    let mut figures = json!({
        "messages": messages.len(),
        "authors": firsts.len(),
        "first": messages.first().map(|message| message.at.as_second()),
        "last": messages.last().map(|message| message.at.as_second()),
        "weekly_active_authors": {"last12": last12, "median": quantile(&weekly, 0.5), "max": weekly.last(), "weeks_with_messages": weekly.len()},
        "month1_retention": retention(&firsts, &months),
        "top_authors": top(&totals, name_of),
        "messages_per_month": months.iter().map(|(month, (count, _))| (month.clone(), json!(count))).collect::<serde_json::Map<_, _>>(),
        "active_authors_per_month": months.iter().map(|(month, (_, authors))| (month.clone(), json!(authors.len()))).collect::<serde_json::Map<_, _>>(),
        "new_authors_per_month": new_authors,
    });
    figures.as_object_mut().unwrap().extend(thread_figures(messages, name_of));
    figures
}

fn thread_figures(messages: &[Message], name_of: &dyn Fn(&str) -> String) -> serde_json::Map<String, Value> {
    let mut threads: BTreeMap<&str, Vec<&Message>> = BTreeMap::new();
    for message in messages {
        threads.entry(&message.thread).or_default().push(message);
    }
    let mut helpers: BTreeMap<&str, u64> = BTreeMap::new();
    let mut years: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    let mut waits = Vec::new();
    for thread in threads.values() {
        let asker = thread[0];
        let year = years.entry(asker.date().year().to_string()).or_default();
        year[0] += 1;
        let others: BTreeSet<&str> =
            thread.iter().map(|message| message.author.as_str()).filter(|author| *author != asker.author).collect();
        year[1] += u64::from(others.is_empty());
        others.iter().for_each(|helper| *helpers.entry(helper).or_default() += 1);
        let reply = thread.iter().find(|message| message.author != asker.author);
        waits.extend(reply.map(|reply| reply.at.duration_since(asker.at).as_secs_f64() / 60.0));
    }
    waits.sort_by(f64::total_cmp);
    let count = threads.len() as f64;
    let within = |minutes: f64| waits.iter().filter(|wait| **wait <= minutes).count() as f64 / count;
    let unanswered = threads.len() - waits.len();
    let figures = json!({
        "threads": threads.len(),
        "unanswered": unanswered,
        "unanswered_share": unanswered as f64 / count,
        "first_reply_minutes": {
            "median": quantile(&waits, 0.5), "mean": waits.iter().sum::<f64>() / waits.len() as f64, "p90": quantile(&waits, 0.9)
        },
        "replied_within_1h": within(60.0),
        "replied_within_24h": within(1440.0),
        "threads_and_unanswered_per_start_year": years,
        "top_helpers": top(&helpers, name_of),
    });
    figures.as_object().unwrap().clone()
}

fn retention(firsts: &BTreeMap<&str, Date>, months: &BTreeMap<String, (u64, BTreeSet<&str>)>) -> f64 {
    let last = months.keys().next_back().unwrap();
    let month = |date: Date| date.strftime("%Y-%m").to_string();
    let cohort: Vec<_> = firsts.iter().filter(|(_, first)| month(**first) != *last).collect();
    let stayed = cohort.iter().filter(|(author, first)| {
        months
            .get(&month(Grain::Month.next(first.first_of_month())))
            .is_some_and(|(_, authors)| authors.contains(**author))
    });
    stayed.count() as f64 / cohort.len() as f64
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (at.floor() as usize, at.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * at.fract()
}

/// The ten greatest, each as the name that people know. Ties stand in order of the author's key: the figures' note
/// says "by name", but their own ties are in that order and not in the order of the names shown.
fn top(counts: &BTreeMap<&str, u64>, name_of: &dyn Fn(&str) -> String) -> Value {
    let mut ranked: Vec<_> = counts.iter().collect();
    ranked.sort_by_key(|(author, count)| (std::cmp::Reverse(**count), **author));
    ranked.into_iter().take(10).map(|(author, count)| json!([name_of(author), count])).collect()
}

/// Compares every expected figure; instants to the second, shares as they were rounded.
fn compare(expected: &Value, mut ours: Value, more: Value) {
    ours.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut expected = expected.clone();
    for end in ["first", "last"] {
        expected[end] = expected[end].as_str().unwrap().parse::<Timestamp>().unwrap().as_second().into();
    }
    let mut differences = Vec::new();
    for (figure, value) in expected.as_object().unwrap() {
        if figure == "counting" {
            continue;
        }
        match ours.get(figure) {
            None => differences.push(format!("{figure}: not computed")),
            Some(our) => differ(figure, value, our, &mut differences),
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn differ(place: &str, expected: &Value, ours: &Value, differences: &mut Vec<String>) {
    match (expected, ours) {
        (Value::Object(theirs), Value::Object(own)) => {
            for key in theirs.keys().chain(own.keys()).collect::<BTreeSet<_>>() {
                let place = format!("{place}.{key}");
                differ(
                    &place,
                    theirs.get(key).unwrap_or(&Value::Null),
                    own.get(key).unwrap_or(&Value::Null),
                    differences,
                );
            }
        }
        (Value::Array(theirs), Value::Array(own)) if theirs.len() == own.len() => {
            for (position, (theirs, own)) in theirs.iter().zip(own).enumerate() {
                differ(&format!("{place}[{position}]"), theirs, own, differences);
            }
        }
        (Value::Number(theirs), Value::Number(own)) => {
            let (theirs, own) = (theirs.as_f64().unwrap(), own.as_f64().unwrap());
            if (theirs - own).abs() > 0.000_051 {
                differences.push(format!("{place}: expected {theirs}, got {own}"));
            }
        }
        _ if expected == ours => {}
        _ => differences.push(format!("{place}: expected {expected}, got {ours}")),
    }
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn distinct_threads<'a>(activities: impl Iterator<Item = &'a Activity>) -> usize {
    activities.map(|activity| activity.thread.as_deref().unwrap_or_default()).collect::<BTreeSet<_>>().len()
}

#[test]
fn the_forum_gives_its_figures() {
    let Some((reading, expected)) = reading("forum/discourse-urho3d.tar.zst", "discourse") else { return };
    assert_eq!(reading.rejects, [""; 0]);
    let posts = ["forum:topic:opened", "forum:post:replied"];
    let counted =
        |activity: &&Activity| activity.actor.bot != Some(true) && !activity.properties.contains_key("moderator_note");
    let username = |activity: &Activity| activity.actor.username.clone().unwrap();
    let mut messages: Vec<_> = reading.of_types(&posts).filter(counted).map(|a| Message::of(a, username(a))).collect();
    let notes = reading.of_types(&posts).filter(|a| a.properties.contains_key("moderator_note")).count();
    let plain = reading.of_types(&posts).count() - notes;
    let likes: i64 = reading.of_types(&posts).filter(counted).filter_map(|a| a.properties.get("likes")?.as_i64()).sum();
    let accepted = distinct_threads(reading.of_types(&["answer:accepted"]));
    let more = json!({
        "topic_files": reading.files.len(),
        "posts_by_type": {"1": plain, "2": notes, "3": reading.records["post"] as usize - plain - notes},
        "likes": likes,
        "topics_with_accepted_answer": accepted,
        "accepted_rate": share(accepted, reading.files.len()),
    });
    compare(&expected, figures(&mut messages, &str::to_owned), more);
    answers_exist(&reading.activities);
}

#[test]
fn the_question_site_gives_its_figures() {
    let Some((reading, expected)) = reading("qa/stackexchange-cardano.zip", "stack-exchange") else { return };
    assert_eq!(reading.rejects, [""; 0]);
    let author = |activity: &Activity| match &activity.actor.uid {
        Some(uid) => format!("u{uid}"),
        None => activity.actor.username.clone().unwrap(),
    };
    let name_of = |author: &str| {
        let known = author.strip_prefix('u').and_then(|uid| reading.names.get(uid));
        known.cloned().unwrap_or_else(|| author.trim_start_matches("name:").to_owned())
    };
    let posts = ["question:asked", "question:answered"];
    let mut messages: Vec<_> = reading.of_types(&posts).map(|a| Message::of(a, author(a))).collect();
    let askers: HashMap<_, _> =
        reading.of_types(&["question:asked"]).map(|question| (question.id.clone(), author(question))).collect();
    let answered: BTreeSet<_> = reading.of_types(&["question:answered"]).filter_map(|a| a.thread.as_ref()).collect();
    let mut answerers: BTreeMap<String, u64> = BTreeMap::new();
    let mut self_accepted = 0;
    for accepted in reading.of_types(&["answer:accepted"]) {
        *answerers.entry(author(accepted)).or_default() += 1;
        self_accepted += u64::from(askers.get(accepted.thread.as_ref().unwrap()) == Some(&author(accepted)));
    }
    let answerers: BTreeMap<&str, u64> = answerers.iter().map(|(author, count)| (author.as_str(), *count)).collect();
    let comments = ["question:commented"];
    let commenters: BTreeSet<_> = reading.of_types(&comments).map(author).collect();
    let comment_scores: i64 =
        reading.of_types(&comments).filter_map(|comment| comment.properties.get("score")?.as_i64()).sum();
    let accepted = distinct_threads(reading.of_types(&["answer:accepted"]));
    let rows: BTreeMap<&str, u64> = [
        ("Badges", "badge"),
        ("Comments", "comment"),
        ("PostLinks", "post_link"),
        ("Posts", "post"),
        ("Tags", "tag"),
        ("Users", "user"),
        ("Votes", "vote"),
    ]
    .map(|(file, kind)| (file, reading.records[kind]))
    .into();
    let more = json!({
        "rows": rows,
        "questions": askers.len(),
        "answers": reading.of_types(&["question:answered"]).count(),
        "accepted": accepted,
        "accepted_rate": share(accepted, askers.len()),
        "questions_without_answers": askers.keys().filter(|question| !answered.contains(question)).count(),
        "self_accepted": self_accepted,
        "top_accepted_answerers": top(&answerers, &name_of),
        "comments": reading.of_types(&comments).count(),
        "distinct_commenters": commenters.len(),
        "sum_of_scores": reading.sum("score") - comment_scores,
    });
    compare(&expected, figures(&mut messages, &name_of), more);
    answers_exist(&reading.activities);
}

#[test]
fn the_mailing_list_gives_its_figures() {
    let Some((reading, expected)) = reading("mail/r-package-devel.tar.zst", "mail") else { return };
    assert_eq!(reading.rejects, [""; 0]);
    // A key that comes twice is one activity: the first counts.
    let mut first_of: BTreeMap<&str, &Activity> = BTreeMap::new();
    for activity in &reading.activities {
        first_of.entry(&activity.id).or_insert(activity);
    }
    let mut messages: Vec<_> =
        first_of.values().map(|activity| Message::of(activity, activity.actor.uid.clone().unwrap())).collect();
    let more = json!({
        "raw_messages": reading.records["message"],
        "unreadable_dates": reading.rejects.len(),
        "duplicates_dropped": reading.activities.len() - messages.len(),
    });
    compare(&expected, figures(&mut messages, &str::to_owned), more);
    let lists: BTreeSet<_> = reading.activities.iter().filter_map(|activity| activity.channel.as_deref()).collect();
    assert_eq!(lists, BTreeSet::from(["r-package-devel"]));
}

/// The example answers of Discourse's API documentation: whatever is beside the topics does no harm.
#[test]
fn the_forums_api_answers_are_read() {
    let path = data().join("payloads/discourse-api-responses.zip");
    if !path.exists() {
        eprintln!("skipped: {} is missing", path.display());
        return;
    }
    let input = Input::open(&path, Limits::default()).unwrap();
    let source = source("discourse").unwrap();
    assert!(source.detect(&input.probe().unwrap()) > 80);
    let mut types = BTreeMap::<String, u64>::new();
    source
        .read(&input, &mut |record| {
            assert_eq!(record.broken, None, "{}", record.place);
            for entry in source.normalize(&record).unwrap_or_else(|error| panic!("{}: {error}", record.place)) {
                let name = match entry {
                    Entry::Activity(activity) => activity.activity_type,
                    Entry::Fact(fact) => fact.kind.name().to_owned(),
                };
                *types.entry(name).or_default() += 1;
            }
            Ok(())
        })
        .unwrap();
    for name in ["forum:topic:opened", "forum:post:replied", "forum:space:joined", "person", "channel"] {
        assert!(types.contains_key(name), "no {name} in {types:?}");
    }
}

/// Every accepted answer's parent is an answer that was read, by the same person and not later.
fn answers_exist(activities: &[Activity]) {
    let posts: HashMap<_, _> = activities
        .iter()
        .filter(|activity| {
            ["forum:topic:opened", "forum:post:replied", "question:answered"].contains(&activity.activity_type.as_str())
        })
        .map(|activity| (activity.id.as_str(), activity))
        .collect();
    for accepted in activities.iter().filter(|activity| activity.activity_type == "answer:accepted") {
        let answer = posts[accepted.parent.as_deref().unwrap()];
        assert_eq!(answer.actor.key(), accepted.actor.key());
        assert!(answer.at <= accepted.at);
    }
}
