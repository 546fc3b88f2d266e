//! Deleted activities. They lie among the others and count as gone, so that nobody who asks of now sees or pays for them;
//! as of an instant before its deletion, one holds.

use std::collections::BTreeMap;
use std::path::Path;

use axle_model::analytics::{AnalyticsError, Seq};
use datafusion::arrow::array::{Array, BooleanArray, RecordBatch};
use datafusion::arrow::buffer::BooleanBuffer;
use jiff::Timestamp;
use roaring::RoaringTreemap;

use crate::columns::{i64s, micros};
use crate::segment;

/// What [`of_batch`] reads.
const COLUMNS: &[&str] = &["seq", "occurred_at", "ingested_at", "deleted_at"];

/// A deleted activity. Instants are microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deleted {
    pub occurred_at: i64,
    pub deleted_at: i64,
    /// When the deletion was read.
    pub read_at: i64,
}

/// The deleted activities among all rows, by sequence number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deletions {
    rows: BTreeMap<Seq, Deleted>,
    /// The latest deletion of something that was there before.
    last_at: Option<i64>,
}

impl Deletions {
    /// Adds one, which is gone from now on. One that is gone already was superseded: it holds as of no instant.
    pub(crate) fn add(&mut self, seq: Seq, one: Deleted, gone: &mut RoaringTreemap) {
        if u64::try_from(seq).is_ok_and(|seq| gone.insert(seq)) {
            self.rows.insert(seq, one);
            if one.occurred_at < one.deleted_at {
                self.last_at = self.last_at.max(Some(one.deleted_at));
            }
        }
    }

    pub(crate) fn contains(&self, seq: Seq) -> bool {
        self.rows.contains_key(&seq)
    }

    /// It was superseded.
    pub(crate) fn remove(&mut self, seq: Seq) {
        self.rows.remove(&seq);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seq, &Deleted)> {
        self.rows.iter().map(|(seq, one)| (*seq, one))
    }

    /// As of this instant and later, nothing that was deleted holds.
    pub(crate) fn last_at(&self) -> i64 {
        self.last_at.unwrap_or(i64::MIN)
    }

    /// Of what is gone, that which was superseded.
    pub(crate) fn superseded(&self, gone: &RoaringTreemap) -> RoaringTreemap {
        let mut superseded = gone.clone();
        for seq in self.rows.keys().filter_map(|seq| u64::try_from(*seq).ok()) {
            superseded.remove(seq);
        }
        superseded
    }

    /// What holds as of an instant though it was deleted. `known`: of later deletions, and of those read later, nothing is
    /// known either; see [`axle_model::analytics::Knowledge::deletions`].
    pub(crate) fn held(&self, as_of: i64, known: Option<(Timestamp, Timestamp)>) -> RoaringTreemap {
        if as_of >= self.last_at() && known.is_none() {
            return RoaringTreemap::new();
        }
        let (made_by, read_by) =
            known.map_or((i64::MAX, i64::MAX), |(made, read)| (made.as_microsecond(), read.as_microsecond()));
        let holds = |one: Deleted| one.deleted_at > as_of.min(made_by) || one.read_at > read_by;
        let held = self.iter().filter(|(_, one)| holds(**one));
        held.filter_map(|(seq, _)| u64::try_from(seq).ok()).collect()
    }
}

/// The deleted activities of a batch that has these columns.
pub(crate) fn of_batch(batch: &RecordBatch) -> impl Iterator<Item = (Seq, Deleted)> {
    let [occurred_at, read_at, deleted_at] =
        ["occurred_at", "ingested_at", "deleted_at"].map(|name| micros(batch, name));
    let seq = i64s(batch, "seq");
    let is_deleted = move |row: &usize| deleted_at.is_valid(*row);
    (0..batch.num_rows()).filter(is_deleted).map(move |row| {
        let (occurred_at, deleted_at) = (occurred_at.value(row), deleted_at.value(row));
        (seq.value(row), Deleted { occurred_at, deleted_at, read_at: read_at.value(row) })
    })
}

/// Those of a file. Pages without any are not unpacked.
pub(crate) fn of_file(folder: &Path, name: &str) -> Result<Vec<(Seq, Deleted)>, AnalyticsError> {
    let is_deleted = |batch: &RecordBatch| {
        let deleted_at = micros(batch, "deleted_at");
        BooleanArray::from(BooleanBuffer::collect_bool(batch.num_rows(), |row| deleted_at.is_valid(row)))
    };
    let chosen: Vec<BooleanArray> = segment::read(folder, name, &["deleted_at"])?.iter().map(is_deleted).collect();
    let mut found = Vec::new();
    segment::read_chosen(folder, name, COLUMNS, &chosen, |batch| found.extend(of_batch(batch)))?;
    Ok(found)
}
