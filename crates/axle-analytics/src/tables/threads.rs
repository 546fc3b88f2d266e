//! `thread_facts` (a row for each thread), `questions` (a row for each thread that asks, in public words), `replies` (a row for each reply by others) and `responses` (likes, shares
//! and comments), made by walking the activities of each thread once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::interchange::FactKind;
use axle_model::time::local_day;
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray, UInt8Array, UInt32Array,
};
use datafusion::error::{DataFusionError, Result};
use serde_json::Value;

use super::days::batch;
use super::thread_walk::{Event, Object, ThreadFact, closing, events, raises_hand, walk, walk_conversations};
use crate::columns::{column, i64s, instants, micros, u32s};
use crate::directory::{DirectoryIndex, NONE};
use crate::fact_functions::value_at;
use crate::known::Known;
use crate::names::name_at;
use crate::rollup::{TYPE_WEIGHT, timestamp};
use crate::view::Tables;

/// Seconds of an interval of microseconds.
fn seconds(from: i64, to: i64) -> i64 {
    (to - from).div_euclid(1_000_000)
}

fn day_of(at: i64, directory: &DirectoryIndex) -> i32 {
    local_day(timestamp(at), &directory.zone)
}

/// The table `thread_facts`.
pub(crate) fn thread_facts(tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    walk(known, |facts| thread_rows(facts, known))
}

fn thread_rows(facts: &[ThreadFact], known: &Known) -> Result<RecordBatch> {
    let directory = &*known.directory;
    let closed = |fact: &ThreadFact| closing(known, fact.opening.thread);
    let first = |kind: Option<&'static str>| {
        facts.iter().map(move |fact| fact.first(kind).map(|reply| (fact.opening.at, reply)))
    };
    let u32s = |value: &dyn Fn(&ThreadFact) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(facts.iter().map(value)))
    };
    let first_at = |kind| -> ArrayRef { Arc::new(instants(first(kind).map(|first| first.map(|(_, reply)| reply.at)))) };
    let first_seconds = |kind| -> ArrayRef {
        Arc::new(first(kind).map(|first| first.map(|(at, reply)| seconds(at, reply.at))).collect::<Int64Array>())
    };
    batch(vec![
        ("thread", u32s(&|fact| fact.opening.thread)),
        ("channel", u32s(&|fact| fact.opening.channel)),
        ("source", u32s(&|fact| directory.source_of(fact.opening.channel))),
        ("is_qa", Arc::new(facts.iter().map(|fact| Some(fact.is_qa)).collect::<BooleanArray>())),
        ("day", Arc::new(Date32Array::from_iter_values(facts.iter().map(|fact| day_of(fact.opening.at, directory))))),
        ("opened_at", Arc::new(instants(facts.iter().map(|fact| Some(fact.opening.at))))),
        (
            "weight",
            Arc::new(UInt8Array::from_iter_values(
                facts.iter().map(|fact| directory.weight(fact.opening.activity_type, TYPE_WEIGHT)),
            )),
        ),
        ("raises_hand", Arc::new(facts.iter().map(|fact| Some(raises_hand(&fact.opening))).collect::<BooleanArray>())),
        ("asker", u32s(&|fact| fact.asker)),
        ("asker_kind", Arc::new(facts.iter().map(|fact| Some(fact.asker_kind)).collect::<StringArray>())),
        ("first_reply_at", first_at(None)),
        (
            "first_reply_kind",
            Arc::new(first(None).map(|first| first.map(|(_, reply)| reply.kind)).collect::<StringArray>()),
        ),
        ("first_reply_seconds", first_seconds(None)),
        ("first_community_reply_at", first_at(Some("member"))),
        ("first_community_reply_seconds", first_seconds(Some("member"))),
        ("first_teammate_reply_at", first_at(Some("teammate"))),
        ("first_teammate_reply_seconds", first_seconds(Some("teammate"))),
        (
            "repliers",
            u32s(&|fact| fact.replies.iter().map(|reply| reply.responder).collect::<HashSet<_>>().len() as u32),
        ),
        ("replies_by_others", u32s(&|fact| fact.replies.len() as u32)),
        ("accepted_at", Arc::new(instants(facts.iter().map(|fact| fact.accepted_at)))),
        ("is_closed", Arc::new(facts.iter().map(|fact| Some(closed(fact).is_some())).collect::<BooleanArray>())),
        ("closed_at", Arc::new(instants(facts.iter().map(|fact| closed(fact).flatten())))),
    ])
}

/// The public table `questions`.
pub(crate) fn questions(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    let names = ["source", "channel", "thread"].map(|of| directory.names_of(of));
    walk_conversations(&tables.known, |facts| question_rows(facts, &tables.known, &names))
}

fn question_rows(
    facts: &[ThreadFact],
    known: &Known,
    [sources, channels, threads]: &[StringArray; 3],
) -> Result<RecordBatch> {
    let directory = &*known.directory;
    let facts: Vec<&ThreadFact> = facts.iter().filter(|fact| fact.is_qa).collect();
    let is_closed = |fact: &&ThreadFact| closing(known, fact.opening.thread).is_some();
    let texts = |value: &dyn Fn(&ThreadFact) -> Option<String>| -> ArrayRef {
        Arc::new(facts.iter().copied().map(value).collect::<StringArray>())
    };
    let uuid = |id: [u8; 16]| uuid::Uuid::from_bytes(id).to_string();
    let member = |member: u32| directory.member(member).map(|member| uuid(member.member_id));
    let times = |value: &dyn Fn(&ThreadFact) -> Option<i64>| -> ArrayRef {
        Arc::new(instants(facts.iter().copied().map(value)))
    };
    let answer = |fact: &ThreadFact| fact.answer.map(|answer| fact.replies[answer].clone());
    batch(vec![
        ("activity_id", texts(&|fact| Some(uuid(fact.opening.activity_id())))),
        ("source", texts(&|fact| name_at(sources, directory.source_of(fact.opening.channel)))),
        ("channel", texts(&|fact| name_at(channels, fact.opening.channel))),
        ("thread_id", texts(&|fact| name_at(threads, fact.opening.thread))),
        (
            "thread",
            Arc::new(
                facts
                    .iter()
                    .map(|fact| Some(fact.opening.thread).filter(|thread| *thread != NONE))
                    .collect::<UInt32Array>(),
            ),
        ),
        ("member_id", texts(&|fact| member(fact.asker))),
        ("asker_kind", texts(&|fact| Some(fact.asker_kind.to_owned()))),
        ("asked_at", times(&|fact| Some(fact.opening.at))),
        ("state", texts(&|fact| Some(fact.state.name().to_owned()))),
        ("replies", Arc::new(facts.iter().map(|fact| fact.replies.len() as i64).collect::<Int64Array>())),
        ("answered_at", times(&|fact| answer(fact).map(|reply| reply.at))),
        ("answered_by", texts(&|fact| answer(fact).and_then(|reply| member(reply.responder)))),
        ("answered_by_kind", texts(&|fact| answer(fact).map(|reply| reply.kind.to_owned()))),
        ("accepted_at", times(&|fact| fact.accepted_at)),
        ("resolved_at", times(&|fact| fact.resolved_at)),
        ("is_closed", Arc::new(facts.iter().map(|fact| Some(is_closed(fact))).collect::<BooleanArray>())),
    ])
}

/// The table `replies`.
pub(crate) fn replies(tables: &Tables) -> Result<RecordBatch> {
    let directory = &*tables.known.directory;
    walk(&tables.known, |facts| reply_rows(facts, directory))
}

fn reply_rows(facts: &[ThreadFact], directory: &DirectoryIndex) -> Result<RecordBatch> {
    let rows: Vec<_> = facts.iter().flat_map(|fact| fact.replies.iter().map(move |reply| (fact, reply))).collect();
    let u32s = |value: &dyn Fn(&ThreadFact) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|(fact, _)| value(fact))))
    };
    batch(vec![
        ("thread", u32s(&|fact| fact.opening.thread)),
        ("channel", u32s(&|fact| fact.opening.channel)),
        ("source", u32s(&|fact| directory.source_of(fact.opening.channel))),
        ("is_qa", Arc::new(rows.iter().map(|(fact, _)| Some(fact.is_qa)).collect::<BooleanArray>())),
        ("responder", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|(_, reply)| reply.responder)))),
        ("responder_kind", Arc::new(rows.iter().map(|(_, reply)| Some(reply.kind)).collect::<StringArray>())),
        ("asker", u32s(&|fact| fact.asker)),
        ("asker_kind", Arc::new(rows.iter().map(|(fact, _)| Some(fact.asker_kind)).collect::<StringArray>())),
        ("at", Arc::new(instants(rows.iter().map(|(_, reply)| Some(reply.at))))),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|(_, reply)| day_of(reply.at, directory))))),
        (
            "seconds",
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|(fact, reply)| seconds(fact.opening.at, reply.at)))),
        ),
        ("is_first", Arc::new(rows.iter().map(|(_, reply)| Some(reply.is_first)).collect::<BooleanArray>())),
        ("is_accepted", Arc::new(rows.iter().map(|(_, reply)| Some(reply.is_accepted)).collect::<BooleanArray>())),
        ("signal_at", Arc::new(instants(rows.iter().map(|(_, reply)| reply.signal_at)))),
        ("thanks", Arc::new(UInt32Array::from_iter_values(rows.iter().map(|(_, reply)| reply.thanks)))),
    ])
}

/// Of threads that somebody answered, when for the first time.
fn first_replies(tables: &Tables) -> Result<HashMap<u32, i64>> {
    let facts = tables.must("thread_facts")?;
    let (thread, at) = (u32s(&facts, "thread"), micros(&facts, "first_reply_at"));
    let answered = (0..facts.num_rows()).filter(|row| at.is_valid(*row));
    Ok(answered.map(|row| (thread.value(row), at.value(row))).collect())
}

/// The table `thread_reads`: when members read a thread that was answered by then. Of one member and thread, a read within
/// 30 days of one that counts does not.
pub(crate) fn thread_reads(tables: &Tables) -> Result<RecordBatch> {
    const PAUSE: i64 = 30 * 24 * 3600 * 1_000_000;
    let known = &tables.known;
    let directory = &*known.directory;
    let is_read = |kind: u32| directory.activity_type(kind).key.ends_with(":read");
    let mut reads: Vec<(u32, u32, i64)> = Vec::new();
    if directory.directory.activity_types.iter().any(|row| is_read(row.activity_type_id)) {
        let events = events(known, |kind, thread| thread.is_some() && is_read(kind))?;
        reads.extend(events.iter().map(|event| (directory.member_of(event.identity), event.thread, event.at)));
    }
    reads.retain(|(member, _, at)| *member != NONE && directory.kind(*member, day_of(*at, directory)) == "member");
    let answered = first_replies(tables)?;
    reads.retain(|(_, thread, at)| answered.get(thread).is_some_and(|first| at >= first));
    reads.sort_unstable();
    let mut counted: Vec<(u32, u32, i64)> = Vec::new();
    for read in reads {
        let again = |last: &(u32, u32, i64)| (last.0, last.1) == (read.0, read.1) && read.2 - last.2 < PAUSE;
        if !counted.last().is_some_and(again) {
            counted.push(read);
        }
    }
    batch(vec![
        ("member", Arc::new(UInt32Array::from_iter_values(counted.iter().map(|read| read.0)))),
        ("thread", Arc::new(UInt32Array::from_iter_values(counted.iter().map(|read| read.1)))),
        ("at", Arc::new(instants(counted.iter().map(|read| Some(read.2))))),
    ])
}

/// The table `responses`: likes, shares and comments of members, without those on what they wrote themselves (S76).
pub(crate) fn responses(tables: &Tables) -> Result<RecordBatch> {
    let known = &tables.known;
    let directory = &*known.directory;
    let kind_of = |activity_type: u32| {
        let flags = directory.activity_type(activity_type).flags;
        let kinds = [(Flags::LIKE, "like"), (Flags::SHARE, "share"), (Flags::COMMENT, "comment")];
        kinds.into_iter().find(|(flag, _)| flags.has(*flag)).map(|(_, kind)| kind)
    };
    let found = events(known, |activity_type, _| kind_of(activity_type).is_some())?;
    let wanted: HashSet<Object> = found.iter().filter_map(|event| event.parent).collect();
    let mut author: HashMap<Object, u32> = HashMap::new();
    if !wanted.is_empty() {
        for event in events(known, |_, _| true)?.into_iter().filter(|event| wanted.contains(&event.object)) {
            author.insert(event.object, directory.member_of(event.identity));
        }
    }
    let on_own_content = on_own_content(tables, |activity_type| kind_of(activity_type).is_some())?;
    let counts = |event: &&Event| {
        let member = directory.member_of(event.identity);
        let is_own =
            event.parent.and_then(|parent| author.get(&parent)) == Some(&member) || on_own_content.contains(&event.seq);
        member != NONE && !is_own && directory.kind(member, day_of(event.at, directory)) == "member"
    };
    let rows: Vec<&Event> = found.iter().filter(counts).collect();
    let u32s = |value: &dyn Fn(&Event) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(rows.iter().map(|event| value(event))))
    };
    batch(vec![
        ("kind", Arc::new(rows.iter().map(|event| kind_of(event.activity_type)).collect::<StringArray>())),
        ("member", u32s(&|event| directory.member_of(event.identity))),
        ("channel", u32s(&|event| event.channel)),
        ("source", u32s(&|event| directory.source_of(event.channel))),
        ("at", Arc::new(instants(rows.iter().map(|event| Some(event.at))))),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|event| day_of(event.at, directory))))),
        (
            "weight",
            Arc::new(UInt8Array::from_iter_values(
                rows.iter().map(|event| directory.weight(event.activity_type, TYPE_WEIGHT)),
            )),
        ),
    ])
}

/// Sequence numbers of responses that name a piece of content, and are its author's own.
fn on_own_content(tables: &Tables, is_response: impl Fn(u32) -> bool + Sync) -> Result<HashSet<i64>> {
    let known = &tables.known;
    let directory = &*known.directory;
    let mut authors: HashSet<(String, u32)> = HashSet::new();
    for rows in tables.facts(FactKind::CONTENT, &["content_id"])? {
        let (piece, author) = (column(&rows, "content_id").as_string::<i32>(), u32s(&rows, "identity"));
        let told = (0..rows.num_rows()).filter(|row| author.is_valid(*row));
        authors.extend(told.map(|row| (piece.value(row).to_owned(), directory.member_of(author.value(row)))));
    }
    if authors.is_empty() {
        return Ok(HashSet::new());
    }
    let columns = ["seq", "identity", "activity_type", "properties"];
    let is_wanted = |activity_type: Option<u32>| activity_type.is_some_and(&is_response);
    let picked = known.rows.pick_where(&columns, "activity_type", is_wanted, |batch, own: &mut Vec<i64>| {
        let (seq, identity, kind) = (i64s(batch, "seq"), u32s(batch, "identity"), u32s(batch, "activity_type"));
        let properties = column(batch, "properties").as_string::<i32>();
        let named = (0..batch.num_rows()).filter(|row| is_response(kind.value(*row)) && properties.is_valid(*row));
        let is_own = |row: &usize| {
            let piece = content_of(properties.value(*row));
            piece.is_some_and(|piece| authors.contains(&(piece, directory.member_of(identity.value(*row)))))
        };
        own.extend(named.filter(is_own).map(|row| seq.value(row)));
    });
    Ok(picked.map_err(|error| DataFusionError::External(Box::new(error)))?.into_iter().collect())
}

/// The id of the piece of content that the properties of an activity say it was done on.
fn content_of(properties: &str) -> Option<String> {
    let read = || serde_json::from_str::<Value>(properties).ok();
    let properties = properties.contains("\"content\"").then(read)??;
    let text = |path| value_at(&properties, path).and_then(Value::as_str);
    (text("object.kind") == Some("content")).then(|| text("object.id").map(str::to_owned))?
}
