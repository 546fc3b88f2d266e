//! One walk over each thread's activities, in the order of time: who asked, who answered, what was accepted.

use std::collections::HashMap;

use axle_model::analytics::{AnalyticsError, Seq};
use axle_model::time::local_day;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::error::{DataFusionError, Result};

use crate::columns::{i64s, id_at, ids, micros, u32s};
use crate::directory::{DirectoryIndex, NONE};
use crate::rollup::{is_gone, timestamp};
use crate::state::{Known, Rows};

/// The first 12 bytes of a public id.
pub(crate) type Object = [u8; 12];

fn object(id: [u8; 16]) -> Object {
    let [object @ .., _, _, _, _] = id;
    object
}

/// An activity, as far as threads care.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub thread: u32,
    pub at: i64,
    pub seq: i64,
    pub identity: u32,
    pub channel: u32,
    pub activity_type: u32,
    /// What it was done on: activities on one object share it.
    pub object: Object,
    /// The object that it answers.
    pub parent: Option<Object>,
}

const COLUMNS: &[&str] =
    &["seq", "activity_id", "identity", "channel", "activity_type", "occurred_at", "thread", "parent"];

/// Activities known that `wanted` says, which sees type and thread. In the order of the files.
pub(super) fn events(known: &Known, wanted: impl Fn(u32, Option<u32>) -> bool) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let read = known.rows.read(
        COLUMNS,
        |segment| segment.min_at <= known.as_of,
        |batch| {
            collect(batch, &mut events, |seq, at, kind, thread| {
                at <= known.as_of && !is_gone(&known.rows.gone, seq) && wanted(kind, thread)
            });
        },
    );
    read.map_err(|error| DataFusionError::External(Box::new(error)))?;
    Ok(events)
}

/// Activities of the threads that `wanted` says, whose sequence number and instant hold. In the order of the files.
pub(crate) fn events_of_threads(
    rows: &Rows,
    wanted: impl Fn(u32) -> bool,
    holds: impl Fn(Seq, i64) -> bool,
) -> Result<Vec<Event>, AnalyticsError> {
    let mut events = Vec::new();
    rows.read_where(COLUMNS, "thread", &wanted, |batch| {
        collect(batch, &mut events, |seq, at, _, thread| thread.is_some_and(&wanted) && holds(seq, at));
    })?;
    Ok(events)
}

fn collect(batch: &RecordBatch, events: &mut Vec<Event>, takes: impl Fn(Seq, i64, u32, Option<u32>) -> bool) {
    let (seq, id, parent) = (i64s(batch, "seq"), ids(batch, "activity_id"), ids(batch, "parent"));
    let (identity, channel) = (u32s(batch, "identity"), u32s(batch, "channel"));
    let (kind, at, thread) = (u32s(batch, "activity_type"), micros(batch, "occurred_at"), u32s(batch, "thread"));
    for row in 0..batch.num_rows() {
        let of_thread = thread.is_valid(row).then(|| thread.value(row));
        if takes(seq.value(row), at.value(row), kind.value(row), of_thread) {
            events.push(Event {
                thread: of_thread.unwrap_or(NONE),
                at: at.value(row),
                seq: seq.value(row),
                identity: identity.value(row),
                channel: channel.value(row),
                activity_type: kind.value(row),
                object: object(id_at(id, row).unwrap_or_default()),
                parent: id_at(parent, row).map(object),
            });
        }
    }
}

/// What became of one thread.
#[derive(Debug, Clone)]
pub(super) struct ThreadFact {
    pub opening: Event,
    pub is_qa: bool,
    pub asker: u32,
    pub asker_kind: &'static str,
    pub replies: Vec<Reply>,
    pub accepted_at: Option<i64>,
}

/// A post of somebody else than the asker, no bot.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub at: i64,
    pub responder: u32,
    pub kind: &'static str,
    pub is_accepted: bool,
    /// When a teammate first liked it.
    pub signal_at: Option<i64>,
}

impl ThreadFact {
    /// The first reply of that kind, or of any kind.
    pub(super) fn first(&self, kind: Option<&str>) -> Option<&Reply> {
        self.replies.iter().find(|reply| kind.is_none_or(|kind| reply.kind == kind))
    }
}

/// Walks every thread from its opening on. Threads whose opening is not known are left out. A sort and one pass.
pub(super) fn walk(known: &Known) -> Result<Vec<ThreadFact>> {
    let mut events = events(known, |_, thread| thread.is_some())?;
    events.sort_unstable_by_key(|event| (event.thread, event.at, event.seq));
    Ok(events.chunk_by(|a, b| a.thread == b.thread).filter_map(|thread| walk_one(thread, &known.directory)).collect())
}

fn walk_one(events: &[Event], directory: &DirectoryIndex) -> Option<ThreadFact> {
    let opens = |event: &Event| {
        let kind = directory.activity_type(event.activity_type);
        kind.is_post && !kind.is_reply
    };
    // A reply may be dated before it: posts are moved into other threads, and clocks differ.
    let start = events.iter().position(opens)?;
    let opening = events[start];
    let kind = directory.activity_type(opening.activity_type);
    let asker = directory.member_of(opening.identity);
    if asker == NONE {
        return None;
    }
    let kind_of = |member, at| directory.kind(member, local_day(timestamp(at), &directory.zone));
    let mut fact = ThreadFact {
        opening,
        is_qa: directory.is_qa(opening.channel) || kind.flags.has(axle_model::activity::Flags::QUESTION),
        asker,
        asker_kind: kind_of(asker, opening.at),
        replies: Vec::new(),
        accepted_at: None,
    };
    let mut reply_of: HashMap<Object, usize> = HashMap::new();
    for event in &events[start + 1..] {
        let kind = directory.activity_type(event.activity_type);
        let member = directory.member_of(event.identity);
        if member == NONE {
            continue;
        }
        let who = kind_of(member, event.at);
        let answered = event.parent.and_then(|parent| reply_of.get(&parent).copied());
        if kind.is_acceptance {
            fact.accepted_at.get_or_insert(event.at);
            let by_author = || fact.replies.iter().rposition(|reply| reply.responder == member);
            if let Some(reply) = answered.or_else(by_author) {
                fact.replies[reply].is_accepted = true;
            }
        } else if kind.flags.has(axle_model::activity::Flags::LIKE) {
            if let Some(reply) = answered.filter(|_| who == "teammate") {
                fact.replies[reply].signal_at.get_or_insert(event.at);
            }
        } else if kind.is_post && !kind.is_remark && member != asker && who != "bot" {
            reply_of.insert(event.object, fact.replies.len());
            let at = event.at;
            fact.replies.push(Reply { at, responder: member, kind: who, is_accepted: false, signal_at: None });
        }
    }
    Some(fact)
}
