//! Writing what a source said: batches of understood records, each in one transaction, each record stored once.
//!
//! The natural key decides what is new, the content hash what changed, and the version instant which of two states is
//! newer; so that order, repetition and interruption do not change the end state.

use std::collections::HashMap;

use axle_model::Fact;
use axle_model::interchange::FactKind;

use crate::activity::{self, Lookup, Places, Stored};
use crate::activity_index::{self, Added};
use crate::batch::{Batch, Counts, Names};
use crate::channel::Channels;
use crate::covered::Coverage;
use crate::identity::Identities;
use crate::known_ids::KnownIds;
use crate::missing::{self, Settled};
use crate::raw::BlockHash;
use crate::thread::Threads;
use crate::{Db, StoreResult, Tx, attendance, fact, identity, import_run, raw, revision, source, thread, worked_out};

/// Of batches that name more people and threads it is not looked up whether they say anything new of them.
const FEW: usize = 50;

/// What the record knows of the people, threads and places that a batch names.
#[derive(PartialEq)]
struct Standing {
    highest: Vec<i64>,
    people: Vec<Option<identity::IdentityRow>>,
    emails: Vec<identity::EmailRow>,
    threads: Vec<Option<thread::ThreadRow>>,
}

impl Standing {
    async fn of(tx: &mut Tx, batch: &Batch, sources: &[i64]) -> StoreResult<Self> {
        let mut highest = Vec::new();
        for query in [
            "select coalesce(max(source_id), 0) from source",
            "select coalesce(max(channel_id), 0) from channel",
            "select coalesce(max(activity_type_id), 0) from activity_type",
        ] {
            highest.push(sqlx::query_scalar(query).fetch_one(tx.connection()).await?);
        }
        let (mut people, mut emails, mut threads) = (Vec::new(), Vec::new(), Vec::new());
        for key in batch.names.people.values() {
            let called = identity::called(tx, key).await?;
            if let Some(row) = &called {
                let mut several = identity::several_emails_of(tx, row.identity_id).await?;
                // The present one is in use as long as its account is: that it is so again is no news.
                let is_current = |email: &str| row.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email));
                several.iter_mut().filter(|seen| is_current(&seen.email)).for_each(|seen| seen.last_at = None);
                emails.append(&mut several);
            }
            people.push(called);
        }
        for (source, external_id) in batch.names.threads.values() {
            threads.push(thread::called(tx, sources[*source as usize], external_id).await?);
        }
        Ok(Self { highest, people, emails, threads })
    }
}

/// Writes the records of one import run.
pub struct Writer {
    db: Db,
    source_id: i64,
    import_run_id: i64,
    sources: HashMap<String, i64>,
    types: HashMap<String, i64>,
    identities: Identities,
    channels: Channels,
    threads: Threads,
    /// Whether the batch before was new for the most part: what is expected of the next one.
    expects_new: bool,
    added: Added,
    coverage: Coverage,
    /// Whether this run noted a change of the directory: then the next one costs nothing more.
    has_noted: bool,
    /// Blocks stored by this run.
    blocks: Vec<(BlockHash, Counts)>,
}

impl Writer {
    /// A writer for one run of a source, whose records may name others.
    pub fn new(db: &Db, source_id: i64, import_run_id: i64) -> Self {
        Self {
            db: db.clone(),
            source_id,
            import_run_id,
            sources: HashMap::new(),
            types: HashMap::new(),
            identities: Identities::default(),
            channels: Channels::default(),
            threads: Threads::default(),
            expects_new: true,
            added: Added::default(),
            coverage: Coverage::default(),
            has_noted: false,
            blocks: Vec::new(),
        }
    }

    /// Makes a run large once it added so many activities.
    #[cfg(test)]
    pub(crate) fn with_many(mut self, many: u64) -> Self {
        self.added.many = many;
        self
    }

    /// Stores a batch, understood from the block of that hash if it has one, in one transaction; durable when it
    /// returns. `now` in microseconds.
    pub async fn write(
        &mut self,
        batch: Batch,
        block: Option<BlockHash>,
        now: i64,
        bytes_read: u64,
    ) -> StoreResult<Counts> {
        let mut tx = self.db.begin().await?;
        let mut known_ids = activity_index::known_ids(&mut tx, self.added).await?;
        let result = self.write_in(&mut tx, batch, now, known_ids.as_mut()).await;
        match result {
            Ok(counts) => {
                import_run::progress(&mut tx, self.import_run_id, bytes_read).await?;
                tx.commit_with(known_ids).await?;
                self.added.activities += counts.activities;
                self.blocks.extend(block.map(|block| (block, counts.clone())));
                Ok(counts)
            }
            Err(error) => {
                // What was cached in this transaction is not in the database.
                *self = Self { added: self.added, ..Self::new(&self.db, self.source_id, self.import_run_id) };
                Err(error)
            }
        }
    }

    /// Writes what was put off to the end of the run: when identities were last seen under their names, what its exports
    /// showed, and what that says of the others'. Only now are its blocks known as read: with a run that was killed
    /// before, what it put off is lost, and must be understood again. `is_whole`: the input was read to its end. `now` in
    /// microseconds.
    pub async fn finish(&mut self, is_whole: bool, now: i64) -> StoreResult<Settled> {
        let mut tx = self.db.begin().await?;
        self.identities.flush(&mut tx).await?;
        for (block, counts) in self.blocks.drain(..) {
            raw::note_block(&mut tx, &block, &counts).await?;
        }
        let coverage = std::mem::take(&mut self.coverage);
        let settled = match coverage.store(&mut tx, self.source_id, &self.types, is_whole).await? {
            Some(oldest) => {
                let began_at = import_run::began_at(&mut tx, self.import_run_id).await?.unwrap_or(now);
                missing::settle(&mut tx, self.source_id, oldest, (began_at, now)).await?
            }
            None => Settled::default(),
        };
        tx.commit().await?;
        Ok(settled)
    }

    async fn write_in(
        &mut self,
        tx: &mut Tx,
        mut batch: Batch,
        now: i64,
        known_ids: Option<&mut KnownIds>,
    ) -> StoreResult<Counts> {
        let sources = self.resolve_sources(tx, &batch.names, now).await?;
        attendance::join(tx, &mut batch, &sources).await?;
        let mut counts = batch.counts();
        let before = if self.may_stay(&batch) { Some(Standing::of(tx, &batch, &sources).await?) } else { None };
        let places = self.resolve_names(tx, &batch, sources, &mut counts, now).await?;
        let mut touched = vec![false; batch.records.len()];
        self.write_facts(tx, &batch, &places, now, &mut touched).await?;
        let mut activities = std::mem::take(&mut batch.activities);
        // In the order of the index, so that each of its pages is touched once.
        activities.sort_by_cached_key(|incoming| incoming.row().activity_id);
        let all = activities.len();
        self.coverage.begin(&batch.records);
        let sightings = self.coverage.sightings(&activities, &places);
        let lookup = known_ids.map_or(Lookup::Index { expects_new: self.expects_new }, Lookup::Known);
        let Stored { touched: records, changed, seqs, is_plain, instants } =
            activity::store(tx, activities, &batch.names, &places, now, lookup).await?;
        let began_at = import_run::began_at(tx, self.import_run_id).await?.unwrap_or(now);
        revision::note(tx, revision::ACTIVITY, instants, began_at).await?;
        self.coverage.saw(&sightings, &seqs);
        self.expects_new = changed as usize * 2 > all;
        counts.activities += changed;
        for record in records.into_iter().chain(raw::unseen(tx, &batch).await?) {
            touched[record] = true;
        }
        for (record, touched) in batch.records.iter().zip(&touched) {
            if record.counted && record.entries.is_ok() {
                if *touched { counts.stored += 1 } else { counts.unchanged += 1 }
            }
        }
        let stays = match before {
            Some(before) => before == Standing::of(tx, &batch, &places.sources).await?,
            None => false,
        };
        if !stays {
            // A record that says nothing new may call its people otherwise.
            worked_out::note_unresolved(tx).await?;
        }
        if touched.contains(&true) && !(is_plain && stays) {
            crate::setting::note_change(tx).await?;
            self.has_noted = true;
        } else if touched.contains(&true) && !batch.facts.is_empty() {
            crate::setting::note_facts(tx).await?;
        }
        raw::store(tx, &places.sources, self.import_run_id, now, &batch, &touched).await?;
        raw::reject(tx, &places.sources, self.import_run_id, &batch).await?;
        Ok(counts)
    }

    /// Whether the batch may say nothing that the query engine's directory is made of, and is small enough to look.
    fn may_stay(&self, batch: &Batch) -> bool {
        let named = batch.names.people.values().len() + batch.names.threads.values().len();
        let says_who = batch.facts.iter().any(|(_, fact)| fact.kind.is_of_directory());
        !self.has_noted && !says_who && named <= FEW
    }

    /// The numbers of the sources that the batch names.
    async fn resolve_sources(&mut self, tx: &mut Tx, names: &Names, now: i64) -> StoreResult<Vec<i64>> {
        let mut numbers = Vec::new();
        for name in names.sources.values() {
            if !self.sources.contains_key(name) {
                let row = source::ensure(tx, name, "interchange", now).await?;
                self.sources.insert(name.clone(), i64::from(row.source_id));
            }
            numbers.push(self.sources[name]);
        }
        Ok(numbers)
    }

    /// The numbers of everything that the batch names.
    async fn resolve_names(
        &mut self,
        tx: &mut Tx,
        batch: &Batch,
        sources: Vec<i64>,
        counts: &mut Counts,
        now: i64,
    ) -> StoreResult<Places> {
        let Names { types, channels, threads, thread_states, people, seen, .. } = &batch.names;
        let mut places = Places { sources, ..Places::default() };
        for key in types.values() {
            if !self.types.contains_key(key) {
                self.types.insert(key.clone(), activity::activity_type_id(tx, key).await?);
            }
            places.types.push(self.types[key]);
        }
        let (new, ids) = self.identities.resolve(tx, people.values(), seen, now).await?;
        counts.identities += new;
        places.people = ids;
        for (record, fact) in batch.facts.iter().filter(|(_, fact)| fact.kind == FactKind::CHANNEL) {
            self.channels.describe(tx, places.sources[batch.source_of[*record] as usize], fact).await?;
        }
        places.channels = self.channels.resolve(tx, &places.sources, channels.values()).await?;
        places.threads = self.threads.resolve(tx, &places, threads.values(), thread_states).await?;
        Ok(places)
    }

    async fn write_facts(
        &mut self,
        tx: &mut Tx,
        batch: &Batch,
        places: &Places,
        now: i64,
        touched: &mut [bool],
    ) -> StoreResult<()> {
        let began_at = import_run::began_at(tx, self.import_run_id).await?.unwrap_or(now);
        // Of several equal keys in one batch the last one counts.
        let mut latest: HashMap<(u32, FactKind, &str), usize> = HashMap::new();
        for (position, (record, fact)) in batch.facts.iter().enumerate() {
            latest.insert((batch.source_of[*record], fact.kind, &fact.key), position);
        }
        let mut chosen: Vec<(u32, usize)> =
            latest.into_iter().map(|((source, ..), position)| (source, position)).collect();
        chosen.sort_unstable();
        for of_source in chosen.chunk_by(|a, b| a.0 == b.0) {
            let rows: Vec<(usize, &Fact)> =
                of_source.iter().map(|(_, position)| (batch.facts[*position].0, &batch.facts[*position].1)).collect();
            let source_id = places.sources[of_source[0].0 as usize];
            for record in fact::store(tx, source_id, (began_at, now), &rows, &self.identities).await? {
                touched[record] = true;
            }
        }
        Ok(())
    }
}
