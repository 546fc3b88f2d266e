//! Replies that stand in no thread: of chats without threads, and of sites whose comments name a post alone. What they
//! answer says whom they meet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};

use axle_model::analytics::{AnalyticsError, Segment, Seq};
use axle_model::reach::Pair;
use datafusion::arrow::array::{Array, RecordBatch};

use super::{Change, Meeting, Sum};
use crate::columns::{i64s, id_at, ids, micros, u32s};
use crate::known::Known;
use crate::rollup::{DayClock, is_gone};
use crate::tables::thread_walk::{Object, object};

/// What was read of them so far.
#[derive(Debug, Default)]
pub(super) struct Replies {
    said: Vec<Reply>,
    /// Who wrote what is answered, and the number of that state; nobody while it was not read.
    authors: HashMap<Object, Option<(u32, Seq)>>,
    /// The meetings that the network holds because of them.
    held: Vec<Meeting>,
}

#[derive(Debug, Clone, Copy)]
struct Reply {
    seq: Seq,
    at: i64,
    identity: u32,
    parent: Object,
}

impl Replies {
    /// Takes in what was read after `watermark`.
    pub(super) fn read(
        &mut self,
        known: &Known,
        watermark: Seq,
        has_unknown: &AtomicBool,
    ) -> Result<(), AnalyticsError> {
        if known.watermark <= watermark {
            return Ok(());
        }
        let is_new = |segment: &Segment| segment.max_seq > watermark;
        let mut waiting = false;
        let columns = ["seq", "identity", "activity_type", "occurred_at", "thread", "parent"];
        known.rows.read(&columns, is_new, |batch| {
            let (seq, at, identity) = (i64s(batch, "seq"), micros(batch, "occurred_at"), u32s(batch, "identity"));
            let (kind, thread) = (u32s(batch, "activity_type"), u32s(batch, "thread"));
            let parent = ids(batch, "parent");
            for row in (0..batch.num_rows()).filter(|row| thread.is_null(*row) && seq.value(*row) > watermark) {
                let Some(parent) = id_at(parent, row).map(object) else { continue };
                let kind = known.directory.activity_type(kind.value(row));
                if kind.key.is_empty() {
                    has_unknown.store(true, Ordering::Relaxed);
                }
                if kind.connects {
                    if let Entry::Vacant(place) = self.authors.entry(parent) {
                        place.insert(None);
                        waiting = true;
                    }
                    self.said.push(Reply {
                        seq: seq.value(row),
                        at: at.value(row),
                        identity: identity.value(row),
                        parent,
                    });
                }
            }
        })?;
        if self.authors.is_empty() {
            return Ok(());
        }
        // What is answered for the first time may have been read long ago.
        let wanted = |segment: &Segment| waiting || is_new(segment);
        known.rows.read(&["seq", "activity_id", "identity"], wanted, |batch| self.find_authors(batch))
    }

    fn find_authors(&mut self, batch: &RecordBatch) {
        let (seq, id, identity) = (i64s(batch, "seq"), ids(batch, "activity_id"), u32s(batch, "identity"));
        for row in 0..batch.num_rows() {
            let author = id_at(id, row).and_then(|id| self.authors.get_mut(&object(id)));
            if let Some(author) = author {
                let newest = author.map_or(Seq::MIN, |(_, seq)| seq);
                if seq.value(row) > newest {
                    *author = Some((identity.value(row), seq.value(row)));
                }
            }
        }
    }

    /// What comes and what goes of the meetings because of them.
    pub(super) fn change(&mut self, change: &Change<'_>) -> Vec<Meeting> {
        let known = change.known;
        let holds = |seq: Seq| !is_gone(&known.rows.gone, seq);
        let mut clock = DayClock::new(&known.directory.zone);
        let mut met = Sum::default();
        for reply in self.said.iter().filter(|reply| reply.at <= known.as_of && holds(reply.seq)) {
            let author = self.authors.get(&reply.parent).copied().flatten().filter(|(_, seq)| holds(*seq));
            let Some((author, _)) = author else { continue };
            let pair = change.member(reply.identity, reply.at, &mut clock).and_then(|(member, when)| {
                let (other, _) = change.member(author, reply.at, &mut clock)?;
                Some((Pair::new(member, other)?, when))
            });
            if let Some((pair, when)) = pair {
                met.add(pair, when, true, 1);
            }
        }
        let now = met.finish();
        let waiting = now.iter().copied().chain(self.held.iter().map(Meeting::taken_off)).collect();
        self.held = now;
        Sum { waiting, ..Sum::default() }.finish()
    }
}
