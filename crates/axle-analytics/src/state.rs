//! What the engine holds: files, the tail, the merged rollup. Changes are cheap notes; the rollup catches up with
//! them when somebody asks.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use axle_model::analytics::{AnalyticsError, Changes, Directory, Knowledge, News, Places, Segment, Seq, Touched};
use axle_model::interchange::FactKind;
use axle_model::time::{LocalDay, local_day};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use jiff::tz::TimeZone;
use rayon::prelude::*;
use roaring::RoaringTreemap;

use crate::columns::{i64s, internal, micros, u32s};
use crate::deleted::{self, Deletions};
use crate::directory::{DirectoryIndex, NONE};
use crate::fact_rows::{FactFiles, kind_of};
use crate::known::Known;
use crate::network::Network;
use crate::news::{self, Noted};
use crate::rollup::{DayClock, DayRow, ROLLUP_COLUMNS, Take, is_gone, merge, roll_up, start_micros, timestamp};
use crate::rows::Rows;
use crate::segment;

/// The rollup of everything, for one time zone.
#[derive(Debug, Default)]
struct Merged {
    zone: Option<TimeZone>,
    rows: Arc<Vec<DayRow>>,
    /// Batches of the tail that `rows` holds.
    tail_batches: usize,
    /// States that `rows` holds though they no longer hold.
    stale: Vec<Seq>,
    /// States that no longer hold, by the local day on which they lie.
    gone_by_day: Arc<BTreeMap<LocalDay, u64>>,
}

/// What one workspace's engine holds.
#[derive(Debug)]
pub(crate) struct State {
    pub rows: Rows,
    /// Deleted activities, all of which are gone.
    pub deleted: Arc<Deletions>,
    pub directory: Arc<DirectoryIndex>,
    /// Small tables handed over whole, by name.
    pub facts: Arc<BTreeMap<String, RecordBatch>>,
    /// Facts by the name of their table.
    pub fact_files: Arc<BTreeMap<String, FactFiles>>,
    pub watermark: Seq,
    /// Rises with every change: answers of the same version are the same.
    pub version: u64,
    /// Whose activity changed since somebody asked.
    touched: Touched,
    merged: Merged,
    network: Arc<Mutex<Network>>,
    /// Tables handed over in parts, by name and part. What `facts` has of a table is left out there while it is outdated.
    parts: BTreeMap<String, BTreeMap<u32, RecordBatch>>,
    /// What changed since somebody asked; `None` before.
    news: Option<Noted>,
}

impl State {
    pub(crate) fn new(folder: &Path) -> Self {
        let directory =
            DirectoryIndex::new(Directory::default()).expect("an empty directory is in UTC and points nowhere");
        Self {
            rows: Rows::of(folder, Vec::new(), Arc::default()),
            deleted: Arc::default(),
            directory: Arc::new(directory),
            facts: Arc::default(),
            fact_files: Arc::default(),
            watermark: 0,
            version: 0,
            touched: Touched::Everybody,
            merged: Merged::default(),
            network: Arc::default(),
            parts: BTreeMap::new(),
            news: None,
        }
    }

    /// Starts over with these files. They know what was superseded before the last of them was written; what was
    /// superseded since must be handed over again.
    pub(crate) fn open(&mut self, segments: Vec<Segment>) -> Result<(), AnalyticsError> {
        for one in &segments {
            if !self.rows.folder.join(&one.path).is_file() {
                return Err(AnalyticsError::Damaged { path: one.path.clone(), reason: "the file is missing".into() });
            }
        }
        let (facts, segments): (Vec<_>, Vec<_>) =
            segments.into_iter().partition(|segment| kind_of(&segment.path).is_some());
        self.fact_files = Arc::default();
        for one in facts {
            if let Some(kind) = kind_of(&one.path) {
                self.facts_of(kind).segments.push(one);
            }
        }
        self.watermark = segments.iter().map(|segment| segment.max_seq).max().unwrap_or(0);
        let mut gone = RoaringTreemap::new();
        for one in &segments {
            gone |= segment::gone(&self.rows.folder, &one.path)?;
        }
        let read = segments.par_iter().map(|one| deleted::of_file(&self.rows.folder, &one.path));
        let mut deleted = Deletions::default();
        for (seq, one) in read.collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            deleted.add(seq, one, &mut gone);
        }
        self.deleted = Arc::new(deleted);
        self.rows = Rows::of(&self.rows.folder, segments, Arc::new(gone));
        self.merged = Merged::default();
        self.network = Arc::default();
        self.touched = Touched::Everybody;
        self.news = None;
        self.version += 1;
        Ok(())
    }

    pub(crate) fn set_directory(&mut self, directory: Directory) -> Result<(), AnalyticsError> {
        self.directory = Arc::new(DirectoryIndex::new(directory)?);
        self.version += 1;
        Ok(())
    }

    /// Puts members at these organizations, by their number.
    pub(crate) fn move_members(&mut self, moves: Vec<(u32, Places)>) {
        let members: Vec<u32> = moves.iter().map(|(member, _)| *member).collect();
        let after = Arc::new(self.directory.moved(moves));
        let before = std::mem::replace(&mut self.directory, after);
        self.news.iter_mut().for_each(|news| news.move_members(&members, &before, &self.directory));
        self.version += 1;
    }

    /// Adds a batch after the watermark and notes what no longer holds. A state superseded twice is superseded.
    pub(crate) fn append(&mut self, batch: RecordBatch, superseded: &[Seq]) -> Result<(), AnalyticsError> {
        let mut last = self.watermark;
        for seq in i64s(&batch, "seq").values() {
            if *seq <= last {
                return Err(AnalyticsError::Invalid(format!("activity {seq} does not come after {last}")));
            }
            last = *seq;
        }
        let gone = Arc::make_mut(&mut self.rows.gone);
        for seq in superseded {
            if u64::try_from(*seq).is_ok_and(|seq| gone.insert(seq)) {
                self.merged.stale.push(*seq);
                self.news.iter_mut().for_each(|news| news.stale.push(*seq));
            } else if self.deleted.contains(*seq) {
                Arc::make_mut(&mut self.deleted).remove(*seq);
                self.merged.stale.push(*seq);
            }
        }
        for (seq, one) in deleted::of_batch(&batch) {
            Arc::make_mut(&mut self.deleted).add(seq, one, gone);
        }
        self.news.iter_mut().for_each(|news| news.add(&batch));
        if batch.num_rows() > 0 {
            self.touch(u32s(&batch, "identity").values().iter().copied());
            self.rows.tail.push(batch);
        }
        self.watermark = last;
        self.version += 1;
        Ok(())
    }

    fn touch(&mut self, identities: impl IntoIterator<Item = u32>) {
        if let Touched::Identities(touched) = &mut self.touched {
            touched.extend(identities);
        }
    }

    /// Whose activity changed since the last call.
    pub(crate) fn touched(&mut self) -> Result<Touched, AnalyticsError> {
        // What no longer holds is looked up when it is taken off.
        self.merged_rows()?;
        Ok(std::mem::replace(&mut self.touched, Touched::Identities(HashSet::new())))
    }

    /// The tail becomes a segment.
    pub(crate) fn compact(&mut self, at_least: u64) -> Result<Option<Segment>, AnalyticsError> {
        let rows: usize = self.rows.tail.iter().map(RecordBatch::num_rows).sum();
        if rows == 0 || (rows as u64) < at_least {
            return Ok(None);
        }
        self.merged_rows()?;
        let superseded = self.deleted.superseded(&self.rows.gone);
        let written = segment::write(&self.rows.folder, &self.rows.tail, &superseded)?;
        // Written now, the rollup is there when the file is next opened; it says the same as the one in memory.
        segment::make_rollup(&self.rows.folder, &written, &self.directory.zone)?;
        self.rows.segments.push(written.clone());
        self.rows.tail.clear();
        self.merged.tail_batches = 0;
        Ok(Some(written))
    }

    /// The facts of a kind, which has a table from now on.
    pub(crate) fn facts_of(&mut self, kind: FactKind) -> &mut FactFiles {
        let folder = &self.rows.folder;
        Arc::make_mut(&mut self.fact_files).entry(kind.table()).or_insert_with(|| FactFiles::new(kind, folder))
    }

    /// Adds facts after the watermark of their kind; gives the file that became of them and those before.
    pub(crate) fn append_facts(
        &mut self,
        kind: FactKind,
        batch: RecordBatch,
        compact_at: usize,
    ) -> Result<Option<Segment>, AnalyticsError> {
        let is_news = batch.num_rows() > 0 || !self.fact_files.contains_key(&kind.table());
        let facts = self.facts_of(kind);
        facts.append(batch)?;
        let written = facts.compact(compact_at)?;
        if let Some(news) = self.news.as_mut().filter(|_| is_news) {
            news.tables.insert(kind.table());
        }
        self.version += u64::from(is_news);
        Ok(written)
    }

    pub(crate) fn clear(&mut self) -> Result<(), AnalyticsError> {
        segment::delete_all(&self.rows.folder)?;
        self.facts = Arc::default();
        self.parts.clear();
        self.open(Vec::new())
    }

    /// Replaces a part of a table that is handed over in parts; one without rows goes.
    pub(crate) fn set_part(&mut self, name: &str, part: u32, batch: RecordBatch) {
        let parts = self.parts.entry(name.to_owned()).or_default();
        if parts.get(&part).map_or(batch.num_rows() == 0, |before| *before == batch) {
            return;
        }
        match batch.num_rows() {
            0 => drop(parts.remove(&part)),
            _ => drop(parts.insert(part, batch)),
        }
        Arc::make_mut(&mut self.facts).remove(name);
        self.version += 1;
    }

    /// Puts tables together whose parts changed.
    fn put_together(&mut self) -> Result<(), AnalyticsError> {
        for (name, parts) in &mut self.parts {
            if let Some(first) = parts.values().next().filter(|_| !self.facts.contains_key(name)) {
                let all = concat_batches(&first.schema(), parts.values()).map_err(internal)?;
                // The parts lie in the whole from now on, so that the rows are there once.
                let mut start = 0;
                for part in parts.values_mut() {
                    let rows = part.num_rows();
                    *part = all.slice(start, rows);
                    start += rows;
                }
                Arc::make_mut(&mut self.facts).insert(name.clone(), all);
            }
        }
        Ok(())
    }

    /// What changed since the last call.
    pub(crate) fn news(&mut self) -> Result<News, AnalyticsError> {
        // A new time zone moves everything.
        self.merged_rows()?;
        let noted = self.news.replace(Noted::new(&self.directory));
        noted.map_or(Ok(News::Everything), |noted| noted.told(&self.rows, &self.directory))
    }

    /// As [`State::known`], of those activities and people alone, without their days and tables handed over in parts: see
    /// [`axle_model::analytics::Analytics::sql_among`].
    pub(crate) fn known_among(&mut self, about: &Changes) -> Result<Known, AnalyticsError> {
        let members = about.identities.iter().map(|identity| self.directory.member_of(*identity));
        // What is asked of few activities stays as it is while time passes, so it is not about today.
        let today = local_day(timestamp(self.rows.last_at()), &self.directory.zone);
        Ok(Known {
            only: Some(members.filter(|member| *member != NONE).collect()),
            rows: news::among(&self.rows, &self.directory, about)?,
            directory: self.directory.clone(),
            facts: self.facts.clone(),
            fact_files: self.fact_files.clone(),
            days: Arc::default(),
            gone_by_day: Arc::default(),
            deleted: self.deleted.clone(),
            as_of: i64::MAX,
            today,
            watermark: self.watermark,
            network: Arc::default(),
        })
    }

    /// What a reader needs, as of an instant in microseconds, on a local day; activities after the instant are left out.
    pub(crate) fn known(&mut self, as_of: i64, today: LocalDay) -> Result<Known, AnalyticsError> {
        self.known_with(as_of, today, &Knowledge::default())
    }

    /// As [`State::known`], as if only that were known: what was read later counts as gone, what was deleted later holds.
    pub(crate) fn known_with(
        &mut self,
        as_of: i64,
        today: LocalDay,
        knowledge: &Knowledge,
    ) -> Result<Known, AnalyticsError> {
        let mut days = self.merged_rows()?;
        self.put_together()?;
        let (mut rows, mut fact_files) = (self.rows.clone(), self.fact_files.clone());
        let directory = match &knowledge.people {
            Some(people) => Arc::new(self.directory.with_people(people)?),
            None => self.directory.clone(),
        };
        let zone = &directory.zone;
        let held = self.deleted.held(as_of, knowledge.deletions);
        let mut network = self.network.clone();
        if knowledge.people.is_some() || knowledge.read_until.is_some() || !held.is_empty() {
            // Kept meetings are those of all that is known now.
            network = Arc::default();
        }
        if !held.is_empty() {
            rows.gone = Arc::new(&*rows.gone - &held);
        }
        // States that hold as they do not now, or the other way round.
        let mut others = held;
        if let Some(until) = knowledge.read_until {
            let mut later = self.read_after(until.as_microsecond())?;
            // What stands in place of something known then was known, if not in these words.
            for seq in knowledge.replaced.iter().filter_map(|seq| u64::try_from(*seq).ok()) {
                later.remove(seq);
            }
            rows.gone = Arc::new(&*rows.gone | &later);
            others |= later;
            let mut known = BTreeMap::new();
            for (name, files) in fact_files.iter() {
                known.insert(name.clone(), files.known_at(until.as_microsecond())?);
            }
            fact_files = Arc::new(known);
        }
        if !others.is_empty() {
            days = Arc::new(recount(&rows, days.to_vec(), &days_of(&rows, &others, zone)?, zone)?);
        }
        if as_of < rows.last_at() {
            let last_day = local_day(timestamp(as_of), zone);
            let span = start_micros(last_day, zone)..=as_of;
            let mut cut = Vec::new();
            let take = Take::Until(as_of, last_day);
            rows.read(
                ROLLUP_COLUMNS,
                |segment| segment.min_at <= *span.end() && segment.max_at >= *span.start(),
                |batch| cut = merge(std::mem::take(&mut cut), roll_up(batch, &rows.gone, zone, &take)),
            )?;
            let before = days.iter().filter(|row| row.day < last_day).copied().collect();
            days = Arc::new(merge(before, cut));
        }
        Ok(Known {
            rows,
            directory: directory.clone(),
            facts: self.facts.clone(),
            fact_files,
            days,
            gone_by_day: self.merged.gone_by_day.clone(),
            deleted: self.deleted.clone(),
            only: None,
            as_of,
            today,
            watermark: self.watermark,
            network,
        })
    }

    /// The rollup of all that holds, brought up to date. After an append it costs a merge.
    pub(crate) fn merged_rows(&mut self) -> Result<Arc<Vec<DayRow>>, AnalyticsError> {
        let zone = self.directory.zone.clone();
        self.read_rollup(&zone)?;
        for batch in &self.rows.tail[self.merged.tail_batches..] {
            let added = roll_up(batch, &self.rows.gone, &zone, &Take::All);
            let rows = std::mem::take(&mut self.merged.rows);
            self.merged.rows = Arc::new(merge(Arc::unwrap_or_clone(rows), added));
        }
        self.merged.tail_batches = self.rows.tail.len();
        let stale = std::mem::take(&mut self.merged.stale);
        if !stale.is_empty() {
            self.take_off(&stale, &zone)?;
        }
        Ok(self.merged.rows.clone())
    }

    /// Starts over from the files, unless what there is counts that zone's days.
    pub(crate) fn read_rollup(&mut self, zone: &TimeZone) -> Result<(), AnalyticsError> {
        if self.merged.zone.as_ref() == Some(zone) {
            return Ok(());
        }
        self.touched = Touched::Everybody;
        self.news = None;
        let rows = segment::rollup_of_all(&self.rows.folder, &self.rows.segments, zone)?;
        let superseded = self.deleted.superseded(&self.rows.gone);
        let stale = superseded.iter().filter_map(|seq| Seq::try_from(seq).ok()).collect();
        self.merged = Merged {
            zone: Some(zone.clone()),
            rows: Arc::new(rows),
            tail_batches: 0,
            stale,
            gone_by_day: Arc::default(),
        };
        Ok(())
    }

    /// The states that were read after an instant in microseconds.
    fn read_after(&self, until: i64) -> Result<RoaringTreemap, AnalyticsError> {
        let mut later = RoaringTreemap::new();
        self.rows.read(
            &["seq", "ingested_at"],
            |_| true,
            |batch| {
                let (seq, at) = (i64s(batch, "seq"), micros(batch, "ingested_at"));
                let read_later = (0..batch.num_rows()).filter(|row| at.value(*row) > until);
                later.extend(read_later.filter_map(|row| u64::try_from(seq.value(row)).ok()));
            },
        )?;
        Ok(later)
    }

    /// Counts anew the identities' days that stale states lie on: exact, whatever first and last instants they had.
    fn take_off(&mut self, stale: &[Seq], zone: &TimeZone) -> Result<(), AnalyticsError> {
        let stale: RoaringTreemap = stale.iter().filter_map(|seq| u64::try_from(*seq).ok()).collect();
        let states = days_of(&self.rows, &stale, zone)?;
        self.touch(states.iter().map(|(identity, _)| *identity));
        let by_day = Arc::make_mut(&mut self.merged.gone_by_day);
        states.iter().for_each(|(_, day)| *by_day.entry(*day).or_default() += 1);
        let rows = Arc::unwrap_or_clone(std::mem::take(&mut self.merged.rows));
        self.merged.rows = Arc::new(recount(&self.rows, rows, &states, zone)?);
        Ok(())
    }
}

/// A rollup with these identities' days counted anew from the rows that hold.
fn recount(
    rows: &Rows,
    mut rollup: Vec<DayRow>,
    states: &[(u32, LocalDay)],
    zone: &TimeZone,
) -> Result<Vec<DayRow>, AnalyticsError> {
    let days: HashSet<(u32, LocalDay)> = states.iter().copied().collect();
    if days.is_empty() {
        return Ok(rollup);
    }
    let (mut first, mut last) = (LocalDay::MAX, LocalDay::MIN);
    days.iter().for_each(|(_, day)| (first, last) = (first.min(*day), last.max(*day)));
    let span = start_micros(first, zone)..start_micros(last + 1, zone);
    let mut anew = Vec::new();
    let take = Take::Days(&days);
    rows.read(
        ROLLUP_COLUMNS,
        |segment| segment.min_at < span.end && segment.max_at >= span.start,
        |batch| anew = merge(std::mem::take(&mut anew), roll_up(batch, &rows.gone, zone, &take)),
    )?;
    rollup.retain(|row| !days.contains(&(row.identity, row.day)));
    Ok(merge(rollup, anew))
}

/// Identity and local day of each of these states.
fn days_of(rows: &Rows, stale: &RoaringTreemap, zone: &TimeZone) -> Result<Vec<(u32, LocalDay)>, AnalyticsError> {
    let mut days = Vec::new();
    let inside = |one: &Segment| {
        let [first, last] = [one.min_seq, one.max_seq].map(|seq| u64::try_from(seq).unwrap_or(0));
        stale.rank(last) > first.checked_sub(1).map_or(0, |before| stale.rank(before))
    };
    rows.read(&["seq", "identity", "occurred_at"], inside, |batch| {
        let (seq, identity, at) = (i64s(batch, "seq"), u32s(batch, "identity"), micros(batch, "occurred_at"));
        let mut clock = DayClock::new(zone);
        for row in (0..batch.num_rows()).filter(|row| is_gone(stale, seq.value(*row))) {
            days.push((identity.value(row), clock.day(at.value(row))));
        }
    })?;
    Ok(days)
}
