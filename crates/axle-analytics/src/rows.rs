//! Where activities lie, and reading them: files, then the tail.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axle_model::analytics::{AnalyticsError, Segment};
use datafusion::arrow::array::{Array, RecordBatch};
use rayon::prelude::*;
use roaring::RoaringTreemap;

use crate::columns::{id_at, ids, internal, micros, u32s};
use crate::segment;
use crate::tables::thread_walk::{Object, object};

/// Where activities lie. Cheap to clone: a reader keeps the one that it started with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub folder: PathBuf,
    pub segments: Vec<Segment>,
    pub tail: Vec<RecordBatch>,
    /// States of activities that no longer hold.
    pub gone: Arc<RoaringTreemap>,
    /// See [`Rows::keys`].
    keys: Arc<Mutex<HashMap<String, Arc<Keys>>>>,
}

/// By what few activities of a segment are picked.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Who did what in which thread: the columns `identity`, `activity_type` and `thread`.
    pub rows: Vec<RecordBatch>,
    /// Of each batch the rows that name an object, but no thread, with its [`short`] name.
    pub about: Vec<Vec<(u32, u32)>>,
}

/// What they are made from.
const KEYS: &[&str] = &["identity", "activity_type", "thread", "parent"];

/// Few objects have the same.
pub(crate) fn short(object: Object) -> u32 {
    let words = object.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap_or_default()));
    words.fold(0, |mixed: u32, word| mixed.rotate_left(5).wrapping_mul(0x9e37_79b1) ^ word)
}

impl Rows {
    /// The rows of these files, but for states that no longer hold.
    pub(crate) fn of(folder: &Path, segments: Vec<Segment>, gone: Arc<RoaringTreemap>) -> Self {
        Self { folder: folder.to_owned(), segments, gone, ..Self::default() }
    }

    /// These rows alone, all in memory.
    pub(crate) fn few(&self, tail: Vec<RecordBatch>) -> Self {
        Self { tail, ..Self::of(&self.folder, Vec::new(), self.gone.clone()) }
    }

    /// Kept in memory once read: twelve bytes for each row, eight more for those that are about an object alone.
    pub(crate) fn keys(&self, segment: &Segment) -> Result<Arc<Keys>, AnalyticsError> {
        if let Some(known) = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&segment.path) {
            return Ok(known.clone());
        }
        let mut keys = Keys { rows: Vec::new(), about: Vec::new() };
        for mut batch in segment::read(&self.folder, &segment.path, KEYS)? {
            let (thread, parent) = (u32s(&batch, "thread"), ids(&batch, "parent"));
            let about = (0..batch.num_rows()).filter(|row| thread.is_null(*row));
            let about = about.filter_map(|row| Some((row as u32, short(object(id_at(parent, row)?)))));
            keys.about.push(about.collect());
            batch.remove_column(batch.schema().index_of("parent").map_err(internal)?);
            keys.rows.push(batch);
        }
        let read = Arc::new(keys);
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(segment.path.clone(), read.clone());
        Ok(read)
    }

    /// Reads columns of the segments that `wanted` says, then of the tail. The batches still hold what is gone.
    pub(crate) fn read(
        &self,
        columns: &[&str],
        wanted: impl Fn(&Segment) -> bool,
        mut each: impl FnMut(&RecordBatch),
    ) -> Result<(), AnalyticsError> {
        for one in self.segments.iter().filter(|segment| wanted(segment)) {
            segment::read(&self.folder, &one.path, columns)?.iter().for_each(&mut each);
        }
        self.tail.iter().for_each(each);
        Ok(())
    }

    /// As [`Rows::read`], with several files read at once: what `pick` takes of each, in the order of the files.
    pub(crate) fn pick<T: Send>(
        &self,
        columns: &[&str],
        wanted: impl Fn(&Segment) -> bool + Sync,
        pick: impl Fn(&RecordBatch, &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>, AnalyticsError> {
        self.pick_of_each(&pick, |one, picked| {
            if wanted(one) {
                segment::read(&self.folder, &one.path, columns)?.iter().for_each(|batch| pick(batch, picked));
            }
            Ok(())
        })
    }

    /// As [`Rows::read_where`], with several files read at once.
    pub(crate) fn pick_where<T: Send>(
        &self,
        columns: &[&str],
        key: &str,
        wanted: impl Fn(Option<u32>) -> bool + Sync,
        pick: impl Fn(&RecordBatch, &mut Vec<T>) + Sync,
    ) -> Result<Vec<T>, AnalyticsError> {
        self.pick_of_each(&pick, |one, picked| {
            segment::read_where(&self.folder, &one.path, columns, key, &wanted, |batch| pick(batch, picked))
        })
    }

    fn pick_of_each<T: Send>(
        &self,
        pick: &impl Fn(&RecordBatch, &mut Vec<T>),
        of_file: impl Fn(&Segment, &mut Vec<T>) -> Result<(), AnalyticsError> + Sync,
    ) -> Result<Vec<T>, AnalyticsError> {
        let of_file = |one: &Segment| {
            let mut picked = Vec::new();
            of_file(one, &mut picked).map(|()| picked)
        };
        let mut parts = self.segments.par_iter().map(of_file).collect::<Result<Vec<_>, _>>()?;
        let mut of_tail = Vec::new();
        self.tail.iter().for_each(|batch| pick(batch, &mut of_tail));
        parts.push(of_tail);
        let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        parts.into_iter().for_each(|part| all.extend(part));
        Ok(all)
    }

    /// As [`Rows::read`], of the rows in segments whose `key` is wanted, a batch in memory at a time; the tail comes whole.
    pub(crate) fn read_where(
        &self,
        columns: &[&str],
        key: &str,
        wanted: impl Fn(Option<u32>) -> bool,
        mut each: impl FnMut(&RecordBatch),
    ) -> Result<(), AnalyticsError> {
        for one in &self.segments {
            segment::read_where(&self.folder, &one.path, columns, key, &wanted, &mut each)?;
        }
        self.tail.iter().for_each(each);
        Ok(())
    }

    /// The greatest instant of any activity, in microseconds.
    pub(crate) fn last_at(&self) -> i64 {
        let tail = self.tail.iter().filter_map(|batch| micros(batch, "occurred_at").values().iter().max().copied());
        self.segments.iter().map(|segment| segment.max_at).chain(tail).max().unwrap_or(i64::MIN)
    }
}
