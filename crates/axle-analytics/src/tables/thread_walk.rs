//! One walk over each thread's activities, in the order of time: who asked, who answered, what was accepted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axle_model::activity::Flags;
use axle_model::analytics::{AnalyticsError, Segment, Seq};
use axle_model::label::{Label, cues_of, labels_of};
use axle_model::thread::{Cues, Post, State, read_thread};
use axle_model::time::local_day;
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::{DataFusionError, Result};
use rayon::prelude::*;

use super::conversations::{followed, named};
use crate::columns::{i64s, id_at, ids, micros, u32s};
use crate::directory::{DirectoryIndex, NONE, TypeInfo};
use crate::known::Known;
use crate::rollup::{is_gone, timestamp};
use crate::rows::Rows;

/// The first 12 bytes of a public id.
pub(crate) type Object = [u8; 12];

pub(crate) fn object(id: [u8; 16]) -> Object {
    let [object @ .., _, _, _, _] = id;
    object
}

impl Event {
    /// Its public id.
    pub(super) fn activity_id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..12].copy_from_slice(&self.object);
        id[12..].copy_from_slice(&self.verb);
        id
    }
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
    /// The rest of its public id.
    pub verb: [u8; 4],
    /// The object that it answers.
    pub parent: Option<Object>,
    /// What was read in its words.
    pub reading: Option<u32>,
}

pub(crate) const COLUMNS: &[&str] =
    &["seq", "activity_id", "identity", "channel", "activity_type", "occurred_at", "thread", "parent", "reading"];

/// Activities known that `wanted` says, which sees type and thread. In the order of the files.
pub(super) fn events(known: &Known, wanted: impl Fn(u32, Option<u32>) -> bool + Sync) -> Result<Vec<Event>> {
    let is_wanted =
        |seq, at, kind, thread| at <= known.as_of && !is_gone(&known.rows.gone, seq) && wanted(kind, thread);
    let is_in_time = |segment: &Segment| segment.min_at <= known.as_of;
    let picked = known.rows.pick(COLUMNS, is_in_time, |batch, events| collect(batch, events, is_wanted));
    picked.map_err(|error| DataFusionError::External(Box::new(error)))
}

/// Activities of the threads that `wanted` says, whose sequence number and instant hold. In the order of the files.
pub(crate) fn events_of_threads(
    rows: &Rows,
    wanted: impl Fn(u32) -> bool + Sync,
    holds: impl Fn(Seq, i64) -> bool + Sync,
) -> Result<Vec<Event>, AnalyticsError> {
    let is_wanted = |thread: Option<u32>| thread.is_some_and(&wanted);
    rows.pick_where(COLUMNS, "thread", is_wanted, |batch, events| {
        collect(batch, events, |seq, at, _, thread| is_wanted(thread) && holds(seq, at));
    })
}

pub(crate) fn collect(
    batch: &RecordBatch,
    events: &mut Vec<Event>,
    takes: impl Fn(Seq, i64, u32, Option<u32>) -> bool,
) {
    let (seq, id, parent) = (i64s(batch, "seq"), ids(batch, "activity_id"), ids(batch, "parent"));
    let (identity, channel) = (u32s(batch, "identity"), u32s(batch, "channel"));
    let (kind, at, thread) = (u32s(batch, "activity_type"), micros(batch, "occurred_at"), u32s(batch, "thread"));
    let reading = u32s(batch, "reading");
    for row in 0..batch.num_rows() {
        let of_thread = thread.is_valid(row).then(|| thread.value(row));
        if takes(seq.value(row), at.value(row), kind.value(row), of_thread) {
            let public = id_at(id, row).unwrap_or_default();
            events.push(Event {
                thread: of_thread.unwrap_or(NONE),
                at: at.value(row),
                seq: seq.value(row),
                identity: identity.value(row),
                channel: channel.value(row),
                activity_type: kind.value(row),
                object: object(public),
                verb: [public[12], public[13], public[14], public[15]],
                parent: id_at(parent, row).map(object),
                reading: reading.is_valid(row).then(|| reading.value(row)),
            });
        }
    }
}

/// What became of one thread.
#[derive(Debug, Clone)]
pub(super) struct ThreadFact {
    pub opening: Event,
    /// Whether it is a question: by its channel, by its type, or by its words.
    pub is_qa: bool,
    pub asker: u32,
    pub asker_kind: &'static str,
    pub replies: Vec<Reply>,
    pub accepted_at: Option<i64>,
    pub state: State,
    /// The reply that answers it, as far as can be told.
    pub answer: Option<usize>,
    /// When the asker, or an acceptance, said that it is settled.
    pub resolved_at: Option<i64>,
}

/// A post of somebody else than the asker, no bot.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub at: i64,
    pub responder: u32,
    pub kind: &'static str,
    /// No reply of the responder in this thread comes before it.
    pub is_first: bool,
    pub is_accepted: bool,
    /// When a teammate first liked it.
    pub signal_at: Option<i64>,
    /// Likes and reactions of others than the responder and bots.
    pub thanks: u32,
}

impl ThreadFact {
    /// The first reply of that kind, or of any kind, whatever it says.
    pub(super) fn first(&self, kind: Option<&str>) -> Option<&Reply> {
        self.replies.iter().find(|reply| kind.is_none_or(|kind| reply.kind == kind))
    }
}

/// Walks every thread from its opening on; `rows` makes rows of some threads at a time, so that all of them are never held
/// at once. Threads whose opening is not known are left out. A sort and one pass.
///
/// Where people talk without threads, a post whose words ask opens one, to which the replies belong that name it, or name a
/// reply to it: what figures count must not move with how words are read.
pub(super) fn walk(known: &Known, rows: impl Fn(&[ThreadFact]) -> Result<RecordBatch> + Sync) -> Result<RecordBatch> {
    let (events, loose) = thread_events(known)?;
    let conversations = named(&loose, &known.directory);
    drop(loose);
    walk_all(known, events, conversations, rows)
}

/// As [`walk`], but in chats also what follows a question in its channel belongs to it, as far as its words tell.
pub(super) fn walk_conversations(
    known: &Known,
    rows: impl Fn(&[ThreadFact]) -> Result<RecordBatch> + Sync,
) -> Result<RecordBatch> {
    let directory = &*known.directory;
    let (events, loose) = thread_events(known)?;
    let kind = |event: &Event| directory.activity_type(event.activity_type);
    let (talk, other): (Vec<Event>, Vec<Event>) = loose.into_iter().partition(|event| kind(event).is_chat);
    let acceptances: Vec<Event> = other.iter().filter(|event| kind(event).is_acceptance).copied().collect();
    let mut conversations = named(&other, directory);
    conversations.extend(followed(known, talk, &acceptances)?);
    walk_all(known, events, conversations, rows)
}

/// About how many activities are walked before rows are made of their threads. Few in tests, so that rows come in parts there.
const WALKED_AT_ONCE: usize = if cfg!(test) { 3 } else { 100_000 };

/// Rows of the threads, then of the conversations, some at a time on each core.
fn walk_all(
    known: &Known,
    events: Vec<Event>,
    conversations: Vec<Vec<Event>>,
    rows: impl Fn(&[ThreadFact]) -> Result<RecordBatch> + Sync,
) -> Result<RecordBatch> {
    let directory = &*known.directory;
    let of_threads = parts_of(&events).into_par_iter().map(|part| {
        let threads = part.chunk_by(|a, b| a.thread == b.thread);
        let walked = threads.filter_map(|posts| walk_one(posts, directory, closing(known, posts[0].thread).is_some()));
        rows(&walked.collect::<Vec<_>>())
    });
    let mut made = of_threads.collect::<Result<Vec<RecordBatch>>>()?;
    drop(events);
    let of_conversations = conversations.iter().filter_map(|posts| walk_one(posts, directory, false));
    made.push(rows(&of_conversations.collect::<Vec<_>>())?);
    // Whether a column has gaps shows in some of the parts alone.
    let schema = Schema::try_merge(made.iter().map(|batch| batch.schema().as_ref().clone()))?;
    Ok(concat_batches(&Arc::new(schema), &made)?)
}

/// Events that lie by thread, some whole threads at a time.
pub(crate) fn parts_of(events: &[Event]) -> Vec<&[Event]> {
    let mut parts = Vec::with_capacity(events.len() / WALKED_AT_ONCE + 1);
    let mut rest = events;
    while !rest.is_empty() {
        let last = rest[WALKED_AT_ONCE.min(rest.len()) - 1].thread;
        let (part, later) = rest.split_at(rest.partition_point(|event| event.thread <= last));
        parts.push(part);
        rest = later;
    }
    parts
}

/// What happened in threads, by thread and in order; posts and acceptances without one, in the order of time.
fn thread_events(known: &Known) -> Result<(Vec<Event>, Vec<Event>)> {
    let directory = &known.directory;
    let is_like = |event: &Event| directory.activity_type(event.activity_type).flags.has(Flags::LIKE);
    let is_said = |kind: &TypeInfo| kind.is_post || kind.is_acceptance || kind.flags.has(Flags::LIKE);
    let mut events = events(known, |kind, thread| thread.is_some() || is_said(directory.activity_type(kind)))?;
    // What is done to a post comes after it, and what answers after what is answered, also at the same instant.
    let rank = |event: &Event| {
        let kind = directory.activity_type(event.activity_type);
        (!kind.is_post, kind.is_reply)
    };
    let in_order = |event: &Event| (event.thread, event.at, rank(event), event.seq);
    events.par_sort_unstable_by_key(in_order);
    let loose = events.split_off(events.partition_point(|event| event.thread < NONE));
    let (mut likes, loose): (Vec<Event>, Vec<Event>) = loose.into_iter().partition(is_like);
    put_in_threads(&mut likes, &events);
    if !likes.is_empty() {
        events.append(&mut likes);
        events.par_sort_unstable_by_key(in_order);
    }
    Ok((events, loose))
}

/// Likes that name what they like, but no thread, are in the thread of what they like; the others go.
fn put_in_threads(likes: &mut Vec<Event>, events: &[Event]) {
    let liked: HashSet<Object> = likes.iter().filter_map(|like| like.parent).collect();
    if liked.is_empty() {
        return likes.clear();
    }
    let thread_of: HashMap<Object, u32> =
        events.iter().filter(|event| liked.contains(&event.object)).map(|event| (event.object, event.thread)).collect();
    likes.retain_mut(|like| match like.parent.and_then(|parent| thread_of.get(&parent)) {
        Some(thread) => {
            like.thread = *thread;
            true
        }
        None => false,
    });
}

/// Whether the words of a post ask somebody: those of an article ask its readers at most.
pub(super) fn asks(post: &Event, directory: &DirectoryIndex) -> bool {
    let is_read = post.reading.is_some_and(|code| labels_of(code).has(Label::Question));
    is_read && directory.activity_type(post.activity_type).is_message
}

/// Whether the words of a post show interest in buying.
pub(super) fn raises_hand(post: &Event) -> bool {
    post.reading.is_some_and(|code| labels_of(code).has(Label::HandRaise))
}

/// What the words of a post do; one that was not read could answer.
pub(super) fn cues(post: &Event) -> Cues {
    post.reading.map_or(Cues::FITS, cues_of)
}

/// When a thread was closed: `Some(None)` when only that is known. What lies after `as_of` is open.
pub(super) fn closing(known: &Known, thread: u32) -> Option<Option<i64>> {
    known.directory.closing(thread).filter(|at| at.is_none_or(|at| at <= known.as_of))
}

fn walk_one(events: &[Event], directory: &DirectoryIndex, is_closed: bool) -> Option<ThreadFact> {
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
    // What is asked in places of others is not asked of us.
    let asks = asks(&opening, directory) && directory.is_ours(opening.channel);
    let is_qa = directory.is_qa(opening.channel) || kind.flags.has(Flags::QUESTION) || asks;
    let mut replies: Vec<Reply> = Vec::new();
    let mut accepted_at = None;
    let mut reply_of: HashMap<Object, usize> = HashMap::new();
    let mut responders: HashSet<u32> = HashSet::new();
    // The posts of the conversation, each with its instant and its place among the replies.
    let mut posts = vec![Post { author: asker, is_accepted: false, cues: cues(&opening).with(Cues::ASKS, is_qa) }];
    let mut places = vec![(opening.at, None)];
    for event in &events[start + 1..] {
        let kind = directory.activity_type(event.activity_type);
        let member = directory.member_of(event.identity);
        if member == NONE {
            continue;
        }
        let who = kind_of(member, event.at);
        let answered = event.parent.and_then(|parent| reply_of.get(&parent).copied());
        if kind.is_acceptance {
            accepted_at.get_or_insert(event.at);
            let by_author = || replies.iter().rposition(|reply| reply.responder == member);
            if let Some(reply) = answered.or_else(by_author) {
                replies[reply].is_accepted = true;
            }
        } else if kind.flags.has(Flags::LIKE) {
            if let Some(reply) = answered {
                let reply = &mut replies[reply];
                if who == "teammate" {
                    reply.signal_at.get_or_insert(event.at);
                }
                reply.thanks += u32::from(who != "bot" && member != reply.responder);
            }
        } else if kind.is_post && !kind.is_remark && who != "bot" {
            // What a platform itself calls an answer is one.
            let cues = cues(event).with(Cues::FITS, kind.flags.has(Flags::ANSWER));
            posts.push(Post { author: member, is_accepted: false, cues });
            places.push((event.at, (member != asker).then_some(replies.len())));
            if member != asker {
                reply_of.insert(event.object, replies.len());
                replies.push(Reply {
                    at: event.at,
                    responder: member,
                    kind: who,
                    is_first: responders.insert(member),
                    is_accepted: false,
                    signal_at: None,
                    thanks: 0,
                });
            }
        }
    }
    for (post, (_, reply)) in posts.iter_mut().zip(&places) {
        post.is_accepted = reply.is_some_and(|reply| replies[reply].is_accepted);
    }
    let found = read_thread(&posts, is_closed || accepted_at.is_some());
    Some(ThreadFact {
        opening,
        is_qa,
        asker,
        asker_kind: kind_of(asker, opening.at),
        answer: found.answer.and_then(|post| places[post].1),
        resolved_at: accepted_at.or_else(|| found.resolution.map(|post| places[post].0)),
        state: found.state,
        replies,
        accepted_at,
    })
}
