//! Writing what a source said: batches of understood records, each in one transaction, each record stored once.
//!
//! The natural key decides what is new, the content hash what changed, and the version instant which of two states is
//! newer; so that order, repetition and interruption do not change the end state.

use std::collections::{BTreeMap, HashMap, HashSet};

use axle_model::catalogue;
use axle_model::interchange::FactKind;
use axle_model::{Activity, Entry, Fact, Identity, IdentityKey};
use serde_json::Value;

use crate::activity::{self, ActivityRow, Incoming, Stored};
use crate::channel::Channels;
use crate::identity::Identities;
use crate::thread::Threads;
use crate::{Db, StoreResult, Tx, attendance, fact, import_run, raw};

/// A raw record and what was understood of it.
#[derive(Debug)]
pub struct Record {
    /// What the export calls it.
    pub kind: String,
    /// Where it stands.
    pub place: String,
    /// Bytes as sent.
    pub body: Vec<u8>,
    /// Whether the platform counts it.
    pub counted: bool,
    /// The source that it names itself, in place of the import's.
    pub source: Option<String>,
    /// The entries, or why there are none.
    pub entries: Result<Vec<Entry>, String>,
}

/// What became of the records of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Counted records that were read.
    pub read: u64,
    /// Of them, those that said something new.
    pub stored: u64,
    /// Of them, those that said nothing new.
    pub unchanged: u64,
    /// Of them, those that were rejected.
    pub rejected: u64,
    /// Describing records read (users, channels), by kind.
    pub described: BTreeMap<String, u64>,
    /// Describing records rejected.
    pub described_rejected: u64,
    /// New or changed activities.
    pub activities: u64,
    /// New identities.
    pub identities: u64,
    /// Activities of the export, by type, new or not.
    pub by_type: BTreeMap<String, u64>,
    /// Earliest instant of an activity of the export, microseconds.
    pub from: Option<i64>,
    /// Latest instant.
    pub to: Option<i64>,
}

impl Counts {
    /// What a trial can tell of records without a database.
    pub fn of_trial(mut records: Vec<Record>) -> Self {
        let mut counts = Self::default();
        let mut batch = Batch::default();
        for (index, record) in records.iter_mut().enumerate() {
            batch.take(index, record, &mut counts);
        }
        counts.stored = counts.read - counts.rejected;
        counts.activities = batch.activities.len() as u64;
        counts
    }

    /// Adds a batch to a run.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.stored += other.stored;
        self.unchanged += other.unchanged;
        self.rejected += other.rejected;
        for (kind, count) in &other.described {
            *self.described.entry(kind.clone()).or_default() += count;
        }
        self.described_rejected += other.described_rejected;
        self.activities += other.activities;
        self.identities += other.identities;
        for (key, count) in &other.by_type {
            *self.by_type.entry(key.clone()).or_default() += count;
        }
        self.from = [self.from, other.from].into_iter().flatten().min();
        self.to = self.to.max(other.to);
    }
}

/// Writes the records of one import run.
pub struct Writer {
    db: Db,
    source_id: i64,
    source_name: String,
    import_run_id: i64,
    identities: Identities,
    channels: Channels,
    threads: Threads,
    types: HashMap<String, i64>,
}

impl Writer {
    /// A writer for one run of one source.
    pub fn new(db: &Db, source_id: i64, source_name: &str, import_run_id: i64) -> Self {
        Self {
            db: db.clone(),
            source_id,
            source_name: source_name.to_owned(),
            import_run_id,
            identities: Identities::default(),
            channels: Channels::default(),
            threads: Threads::default(),
            types: HashMap::new(),
        }
    }

    /// Stores a batch in one transaction; durable when it returns. `now` in microseconds.
    pub async fn write(&mut self, records: Vec<Record>, now: i64, bytes_read: u64) -> StoreResult<Counts> {
        let mut tx = self.db.begin().await?;
        let result = self.write_in(&mut tx, records, now).await;
        match result {
            Ok(counts) => {
                import_run::progress(&mut tx, self.import_run_id, bytes_read).await?;
                tx.commit().await?;
                Ok(counts)
            }
            Err(error) => {
                // What was cached in this transaction is not in the database.
                self.identities = Identities::default();
                self.channels = Channels::default();
                self.threads = Threads::default();
                self.types.clear();
                Err(error)
            }
        }
    }

    /// Writes what was put off to the end of the run: when identities were last seen under their names.
    pub async fn finish(&mut self) -> StoreResult<()> {
        let mut tx = self.db.begin().await?;
        self.identities.flush(&mut tx).await?;
        tx.commit().await
    }

    async fn write_in(&mut self, tx: &mut Tx, mut records: Vec<Record>, now: i64) -> StoreResult<Counts> {
        let mut counts = Counts::default();
        let mut batch = Batch::default();
        for (index, record) in records.iter_mut().enumerate() {
            batch.take(index, record, &mut counts);
        }
        for (index, activity) in attendance::joined(tx, self.source_id, &batch.facts).await? {
            batch.activity(index, activity, true, &mut counts);
        }
        self.resolve_names(tx, &batch, &mut counts).await?;
        let mut touched = HashSet::new();
        self.write_facts(tx, &batch, now, &mut touched).await?;
        self.write_activities(tx, batch.activities, now, &mut touched, &mut counts).await?;
        let empty: Vec<(usize, &Record)> = batch.empty.iter().map(|index| (*index, &records[*index])).collect();
        touched.extend(raw::unseen(tx, &self.source_name, &empty).await?);
        for (index, record) in records.iter().enumerate() {
            if record.counted && record.entries.is_ok() {
                if touched.contains(&index) { counts.stored += 1 } else { counts.unchanged += 1 }
            }
        }
        if !touched.is_empty() {
            crate::setting::note_change(tx).await?;
        }
        let kept: Vec<&Record> =
            records.iter().enumerate().filter(|(index, _)| touched.contains(index)).map(|(_, r)| r).collect();
        raw::store(tx, self.source_id, self.import_run_id, now, &kept).await?;
        let rejected = records.iter().filter(|record| record.entries.is_err());
        raw::reject(tx, self.source_id, &self.source_name, self.import_run_id, rejected).await?;
        Ok(counts)
    }

    async fn resolve_names(&mut self, tx: &mut Tx, batch: &Batch, counts: &mut Counts) -> StoreResult<()> {
        counts.identities += self.identities.resolve(tx, &batch.people).await?;
        for key in batch.activities.iter().map(|(_, activity, _)| &activity.activity_type) {
            if !self.types.contains_key(key) {
                let id = activity::activity_type_id(tx, key).await?;
                self.types.insert(key.clone(), id);
            }
        }
        let channel_facts = batch.facts.iter().map(|(_, fact)| fact).filter(|fact| fact.kind == FactKind::CHANNEL);
        self.channels.describe(tx, self.source_id, channel_facts).await?;
        let named = batch.activities.iter().map(|(_, activity, _)| activity.channel.as_deref().unwrap_or(""));
        self.channels.resolve(tx, self.source_id, named).await?;
        self.threads
            .resolve(tx, self.source_id, batch.activities.iter().map(|(_, activity, _)| activity), &self.channels)
            .await
    }

    async fn write_facts(
        &mut self,
        tx: &mut Tx,
        batch: &Batch,
        now: i64,
        touched: &mut HashSet<usize>,
    ) -> StoreResult<()> {
        // Of several equal keys in one batch the last one counts.
        let mut latest: HashMap<(FactKind, &str), usize> = HashMap::new();
        for (position, (_, fact)) in batch.facts.iter().enumerate() {
            latest.insert((fact.kind, &fact.key), position);
        }
        let mut chosen: Vec<usize> = latest.into_values().collect();
        chosen.sort_unstable();
        let rows: Vec<(usize, &Fact)> =
            chosen.into_iter().map(|position| (batch.facts[position].0, &batch.facts[position].1)).collect();
        touched.extend(fact::store(tx, self.source_id, now, &rows, &self.identities).await?);
        Ok(())
    }

    async fn write_activities(
        &mut self,
        tx: &mut Tx,
        activities: Vec<(usize, Activity, bool)>,
        now: i64,
        touched: &mut HashSet<usize>,
        counts: &mut Counts,
    ) -> StoreResult<()> {
        let mut incoming: HashMap<[u8; 16], Incoming> = HashMap::with_capacity(activities.len());
        let mut order = Vec::with_capacity(activities.len());
        for (record, activity, is_derived) in activities {
            let row = self.row(activity, now, is_derived);
            match incoming.get_mut(&row.activity_id) {
                Some(earlier) => earlier.meet(row, record),
                None => {
                    order.push(row.activity_id);
                    incoming.insert(row.activity_id, Incoming::new(row, record));
                }
            }
        }
        let rows: Vec<Incoming> = order.iter().filter_map(|id| incoming.remove(id)).collect();
        let Stored { touched: records, changed } = activity::store(tx, rows, now).await?;
        counts.activities += changed;
        touched.extend(records);
        Ok(())
    }

    fn row(&self, activity: Activity, now: i64, is_derived: bool) -> ActivityRow {
        let id_of = |identity: &Identity| identity.key().and_then(|key| self.identities.id(&key));
        let mut properties = activity.properties;
        if let Some((kind, id)) = activity.object {
            properties.insert("object".into(), serde_json::json!({"kind": kind, "id": id}));
        }
        if let Some(campaign) = activity.campaign {
            properties.insert("campaign".into(), Value::String(campaign));
        }
        let mut counterparts: Vec<u32> = activity.counterparts.iter().filter_map(id_of).collect();
        counterparts.sort_unstable();
        counterparts.dedup();
        ActivityRow {
            activity_id: activity::activity_id(&self.source_name, &activity.id, &activity.activity_type),
            source_id: self.source_id,
            activity_type_id: self.types[&activity.activity_type],
            identity_id: id_of(&activity.actor).expect("resolved before"),
            actor_key: activity.actor.key().map_or_else(String::new, |key| format!("{}/{}", key.platform, key.key)),
            channel_id: self.channels.id(activity.channel.as_deref().unwrap_or("")),
            channel_key: activity.channel.unwrap_or_default(),
            thread_id: activity.thread.as_deref().and_then(|thread| self.threads.id(thread)),
            thread_key: activity.thread.unwrap_or_default(),
            parent_id: activity.parent.map(|parent| activity::object_id(&self.source_name, &parent)),
            occurred_at: activity.at.as_microsecond(),
            ingested_at: now,
            version_at: activity.version_at.max(activity.deleted_at).map(|at| at.as_microsecond()),
            deleted_at: activity.deleted_at.map(|at| at.as_microsecond()),
            weight: activity.weight.map(|weight| weight.get()),
            external_id: activity.id,
            title: activity.title,
            text: activity.text,
            url: activity.url,
            language: activity.language,
            counterparts,
            properties: (!properties.is_empty()).then(|| Value::Object(properties).to_string()),
            is_derived,
        }
    }
}

/// What a batch names, before anything is written.
#[derive(Default)]
struct Batch {
    people: HashMap<IdentityKey, Seen>,
    activities: Vec<(usize, Activity, bool)>,
    facts: Vec<(usize, Fact)>,
    empty: Vec<usize>,
}

/// An identity and the instant at which the source called it so.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) identity: Identity,
    pub(crate) at: i64,
}

/// A statement about a person without a time outweighs what activities carry along.
const STATED: i64 = i64::MAX / 2;

impl Batch {
    /// Takes the entries out of the record.
    fn take(&mut self, index: usize, record: &mut Record, counts: &mut Counts) {
        if record.counted {
            counts.read += 1;
        } else {
            *counts.described.entry(record.kind.clone()).or_default() += 1;
        }
        let entries = match &mut record.entries {
            Ok(entries) => entries,
            Err(_) => {
                if record.counted {
                    counts.rejected += 1
                } else {
                    counts.described_rejected += 1
                }
                return;
            }
        };
        if entries.is_empty() {
            self.empty.push(index);
        }
        for entry in entries.drain(..) {
            match entry {
                Entry::Activity(activity) => self.activity(index, *activity, false, counts),
                Entry::Fact(fact) => {
                    self.people_of(&fact);
                    for activity in axle_model::derive::activities(&fact) {
                        self.activity(index, activity, true, counts);
                    }
                    self.facts.push((index, fact));
                }
            }
        }
    }

    fn activity(&mut self, index: usize, activity: Activity, is_derived: bool, counts: &mut Counts) {
        let at = activity.at.as_microsecond();
        self.person(&activity.actor, at);
        for identity in &activity.counterparts {
            self.person(identity, at);
        }
        *counts.by_type.entry(activity.activity_type.clone()).or_default() += 1;
        if activity.weight.map_or_else(|| catalogue::default_weight(&activity.activity_type), |w| w.get()) > 0
            || !is_derived
        {
            counts.from = Some(counts.from.map_or(at, |from| from.min(at)));
            counts.to = Some(counts.to.map_or(at, |to| to.max(at)));
        }
        self.activities.push((index, activity, is_derived));
    }

    fn people_of(&mut self, fact: &Fact) {
        for (_, identity) in fact.people() {
            self.person(&identity, i64::MIN);
        }
        if fact.kind == FactKind::PERSON
            && let Some(mut identity) = fact.identity("identity")
        {
            if let Some(name) = fact.text("name") {
                identity.name = Some(name.to_owned());
            }
            if let Some(bot) = fact.body.get("bot").and_then(Value::as_bool) {
                identity.bot = Some(bot);
            }
            self.person(&identity, STATED);
        }
    }

    fn person(&mut self, identity: &Identity, at: i64) {
        let Some(key) = identity.key() else { return };
        match self.people.get_mut(&key) {
            Some(seen) => seen.meet(identity, at),
            None => drop(self.people.insert(key, Seen { identity: identity.clone(), at })),
        }
    }
}

impl Seen {
    /// Takes what is newer, and what was not known.
    pub(crate) fn meet(&mut self, identity: &Identity, at: i64) {
        let newer = at >= self.at;
        let take = |mine: &mut Option<String>, other: &Option<String>| {
            if other.is_some() && (newer || mine.is_none()) {
                mine.clone_from(other);
            }
        };
        take(&mut self.identity.uid, &identity.uid);
        take(&mut self.identity.username, &identity.username);
        take(&mut self.identity.email, &identity.email);
        take(&mut self.identity.name, &identity.name);
        take(&mut self.identity.phone, &identity.phone);
        take(&mut self.identity.visitor, &identity.visitor);
        self.identity.email_verified |= identity.email_verified;
        self.identity.bot = self.identity.bot.max(identity.bot);
        self.at = self.at.max(at);
    }
}
