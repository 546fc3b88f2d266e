//! Where activities lie, and reading them: files, then the tail.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axle_model::analytics::{AnalyticsError, Segment};
use datafusion::arrow::array::RecordBatch;
use rayon::prelude::*;
use roaring::RoaringTreemap;

use crate::columns::micros;
use crate::segment;

/// Where activities lie. Cheap to clone: a reader keeps the one that it started with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub folder: PathBuf,
    pub segments: Vec<Segment>,
    pub tail: Vec<RecordBatch>,
    /// States of activities that no longer hold.
    pub gone: Arc<RoaringTreemap>,
    /// See [`Rows::keys`].
    keys: Arc<Mutex<HashMap<String, Arc<Vec<RecordBatch>>>>>,
}

/// Columns by which few activities are picked.
const KEYS: &[&str] = &["identity", "activity_type", "thread"];

impl Rows {
    /// The rows of these files, but for states that no longer hold.
    pub(crate) fn of(folder: &Path, segments: Vec<Segment>, gone: Arc<RoaringTreemap>) -> Self {
        Self { folder: folder.to_owned(), segments, gone, ..Self::default() }
    }

    /// These rows alone, all in memory.
    pub(crate) fn few(&self, tail: Vec<RecordBatch>) -> Self {
        Self { tail, ..Self::of(&self.folder, Vec::new(), self.gone.clone()) }
    }

    /// Who did what in which thread, of the rows of a segment: kept in memory once read, twelve bytes for each.
    pub(crate) fn keys(&self, segment: &Segment) -> Result<Arc<Vec<RecordBatch>>, AnalyticsError> {
        if let Some(known) = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&segment.path) {
            return Ok(known.clone());
        }
        let read = Arc::new(segment::read(&self.folder, &segment.path, KEYS)?);
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
