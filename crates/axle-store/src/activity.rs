//! Activities: their current state, their versions, and what changed since a sequence number.

use std::collections::HashMap;

pub use axle_model::activity::{activity_id, object_id};
use axle_model::analytics::{ActivityColumns, Seq};
use axle_model::label::{self, Label, Reading};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{FromRow, Row, Sqlite};

use crate::batch::Names;
use crate::known_ids::KnownIds;
use crate::whereabouts::LeftOut;
use crate::{Db, StoreResult, Tx, activity_index, bulk, scan};

/// An activity ready to be stored. `source`, `activity_type`, `actor`, `channel`, `thread` and `counterparts` are places
/// in the batch's [`Names`].
#[derive(Debug, Clone)]
pub(crate) struct ActivityRow {
    pub(crate) activity_id: [u8; 16],
    pub(crate) source: u32,
    pub(crate) external_id: String,
    pub(crate) activity_type: u32,
    pub(crate) actor: u32,
    pub(crate) channel: u32,
    pub(crate) thread: Option<u32>,
    pub(crate) parent_id: Option<[u8; 16]>,
    pub(crate) occurred_at: i64,
    pub(crate) version_at: Option<i64>,
    pub(crate) deleted_at: Option<i64>,
    pub(crate) weight: Option<u8>,
    pub(crate) title: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) reading: Option<Reading>,
    /// Each once.
    pub(crate) counterparts: Vec<u32>,
    pub(crate) properties: Option<String>,
    pub(crate) is_derived: bool,
}

/// The database's number for each place of a batch's [`Names`].
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) sources: Vec<i64>,
    pub(crate) types: Vec<i64>,
    pub(crate) people: Vec<u32>,
    pub(crate) channels: Vec<i64>,
    pub(crate) threads: Vec<i64>,
}

impl ActivityRow {
    /// Of everything the source said, names of people aside; the database's numbers stay out, since they depend on order. Of a
    /// tombstone also what it may have from the state before stays out: see [`Rest`].
    fn content_hash(&self, names: &Names) -> i64 {
        let mut said = Vec::with_capacity(512);
        let mut add = |parts: &[&[u8]]| {
            let length: usize = parts.iter().map(|part| part.len()).sum();
            said.extend_from_slice(&(length as u64).to_le_bytes());
            parts.iter().for_each(|part| said.extend_from_slice(part));
        };
        let actor = names.people.get(self.actor);
        add(&[actor.platform.as_bytes(), b"/", actor.key.as_bytes()]);
        add(&[names.channels.get(self.channel).1.as_bytes()]);
        let holds = self.deleted_at.is_none();
        if holds {
            add(&[self.thread.map_or("", |thread| names.threads.get(thread).1.as_str()).as_bytes()]);
            add(&[self.parent_id.as_ref().map_or(&[][..], |id| id)]);
        }
        add(&[&self.occurred_at.to_le_bytes()]);
        add(&[&self.deleted_at.unwrap_or(i64::MIN).to_le_bytes()]);
        if holds {
            add(&[&[self.weight.map_or(255, |weight| weight)]]);
        }
        let texts = [&self.title, &self.text, &self.url, &self.language, &self.properties];
        for text in &texts[..if holds { 5 } else { 3 }] {
            add(&[text.as_deref().unwrap_or("\u{0}").as_bytes()]);
        }
        if holds {
            add(&[&self.counterparts.len().to_le_bytes()]);
        }
        i64::from_le_bytes(blake3::hash(&said).as_bytes()[..8].try_into().expect("a hash has 32 bytes"))
    }

    /// What a tombstone does not say of the activity stays as it was before: see [`Rest`].
    fn keep(&mut self, before: &Self) {
        if self.deleted_at.is_none() {
            return;
        }
        if before.deleted_at.is_none() {
            self.actor = before.actor;
        }
        self.thread = self.thread.or(before.thread);
        self.parent_id = self.parent_id.or(before.parent_id);
        self.weight = self.weight.or(before.weight);
        self.language = self.language.take().or_else(|| before.language.clone());
        self.properties = self.properties.take().or_else(|| before.properties.clone());
        self.reading = self.reading.take().or_else(|| before.reading.clone());
        if self.counterparts.is_empty() {
            self.counterparts.clone_from(&before.counterparts);
        }
    }
}

/// One activity of a batch with the records that name it, and older states of it in the same batch.
pub(crate) struct Incoming {
    row: ActivityRow,
    hash: i64,
    record: usize,
    more: Vec<usize>,
    older: Vec<(ActivityRow, i64)>,
}

impl Incoming {
    pub(crate) fn new(row: ActivityRow, record: usize, names: &Names) -> Self {
        let hash = row.content_hash(names);
        Self { row, hash, record, more: Vec::new(), older: Vec::new() }
    }

    /// The same activity again in one batch.
    pub(crate) fn meet(&mut self, row: ActivityRow, record: usize, names: &Names) {
        let hash = row.content_hash(names);
        self.more.push(record);
        if hash == self.hash {
            return;
        }
        let mut row = completed(row, Words::of(&self.row));
        let hash = row.content_hash(names);
        if is_newer(&row, self.row.version_at, self.row.occurred_at, self.row.deleted_at) {
            row.keep(&self.row);
            self.older.push((std::mem::replace(&mut self.row, row), std::mem::replace(&mut self.hash, hash)));
        } else {
            self.older.push((row, hash));
        }
    }

    pub(crate) fn row(&self) -> &ActivityRow {
        &self.row
    }

    /// The records that name it.
    pub(crate) fn records(&self) -> impl Iterator<Item = usize> {
        std::iter::once(self.record).chain(self.more.iter().copied())
    }
}

/// A tombstone says that something went away, not what it was: it keeps the words of the state before.
fn completed(mut row: ActivityRow, before: Words) -> ActivityRow {
    if row.deleted_at.is_some() {
        row.occurred_at = row.occurred_at.min(before.occurred_at);
        row.title = row.title.or(before.title);
        row.text = row.text.or(before.text);
        row.url = row.url.or(before.url);
    }
    row
}

/// Whether a state replaces the stored one. A state without a version instant is as old as the activity itself;
/// of two states of one instant a tombstone wins, then the one read later. A derived activity without one follows its
/// fact, of which the one read later holds, even when that moves it back in time.
fn is_newer(row: &ActivityRow, version_at: Option<i64>, occurred_at: i64, deleted_at: Option<i64>) -> bool {
    if row.is_derived && row.version_at.is_none() && version_at.is_none() {
        return true;
    }
    let mine = row.version_at.unwrap_or(row.occurred_at);
    let theirs = version_at.unwrap_or(occurred_at);
    mine > theirs || (mine == theirs && (row.deleted_at.is_some() || deleted_at.is_none()))
}

/// What became of a batch.
pub(crate) struct Stored {
    /// Records that said something new.
    pub(crate) touched: Vec<usize>,
    /// Activities new or changed.
    pub(crate) changed: u64,
    /// The seq of each row handed over; of one that changed, the former.
    pub(crate) seqs: Vec<i64>,
    /// Whether all that is new was there for the first time, and is no deletion.
    pub(crate) is_plain: bool,
    /// When what is new or changed happened, as it was said before and as it is said now: microseconds since 1970.
    pub(crate) instants: Vec<i64>,
}

struct Existing {
    seq: i64,
    hash: i64,
    version_at: Option<i64>,
    occurred_at: i64,
    deleted_at: Option<i64>,
}

/// How a batch's activities are found in the record.
pub(crate) enum Lookup<'a> {
    /// By the index of ids. `expects_new`: most are inserted at once, and looked up only if some were there.
    Index { expects_new: bool },
    /// Without it.
    Known(&'a mut KnownIds),
}

/// Stores the activities of a batch, each activity once in it.
pub(crate) async fn store(
    tx: &mut Tx,
    rows: Vec<Incoming>,
    names: &Names,
    places: &Places,
    now: i64,
    mut lookup: Lookup<'_>,
) -> StoreResult<Stored> {
    let is_plain = rows.iter().all(|incoming| incoming.row.deleted_at.is_none() && incoming.older.is_empty());
    let mut stored = Stored {
        touched: Vec::with_capacity(rows.len()),
        changed: 0,
        seqs: Vec::new(),
        is_plain,
        instants: Vec::with_capacity(rows.len()),
    };
    let first = next_seq(tx).await?;
    if let Lookup::Index { expects_new: true } = lookup
        && insert(tx, first, &rows, places, now).await? == rows.len() as u64
    {
        stored.seqs = (first..).take(rows.len()).collect();
        for incoming in &rows {
            stored.take_new(tx, incoming, now).await?;
        }
        return Ok(stored);
    }
    let existing = match &lookup {
        Lookup::Index { .. } => existing(tx, &rows).await?,
        Lookup::Known(known) => existing_at(tx, &rows, known).await?,
    };
    let mut missing = Vec::new();
    let mut seqs = Vec::with_capacity(rows.len());
    for incoming in rows {
        let known = existing.get(&incoming.row.activity_id);
        seqs.push(known.map(|known| known.seq));
        match known {
            None => missing.push(incoming),
            Some(known) if known.seq >= first => stored.take_new(tx, &incoming, now).await?,
            Some(known) if known.hash == incoming.hash && incoming.older.is_empty() => {}
            Some(known) => {
                stored.is_plain = false;
                let (id, at) = (incoming.row.activity_id, incoming.row.occurred_at);
                if let Some(seq) = change(tx, incoming, known, names, places, now, &mut stored.touched).await? {
                    stored.changed += 1;
                    stored.instants.extend([known.occurred_at, at]);
                    lookup.note(&id, seq);
                }
            }
        }
    }
    let next = next_seq(tx).await?;
    insert(tx, next, &missing, places, now).await?;
    for (seq, incoming) in (next..).zip(&missing) {
        lookup.note(&incoming.row.activity_id, seq);
        stored.take_new(tx, incoming, now).await?;
    }
    let mut numbers = next..;
    stored.seqs = seqs.into_iter().map(|seq| seq.or_else(|| numbers.next()).unwrap_or_default()).collect();
    Ok(stored)
}

impl Lookup<'_> {
    fn note(&mut self, id: &[u8; 16], seq: i64) {
        if let Self::Known(known) = self {
            known.note(id, seq);
        }
    }
}

impl Stored {
    /// Takes note of an activity that was not there.
    async fn take_new(&mut self, tx: &mut Tx, incoming: &Incoming, now: i64) -> StoreResult<()> {
        self.touched.extend(incoming.records());
        self.changed += 1;
        self.instants.push(incoming.row.occurred_at);
        for (older, hash) in &incoming.older {
            keep_version(tx, older, *hash, now).await?;
        }
        Ok(())
    }
}

const BY_ID: &str =
    "select activity_id, seq, content_hash, version_at, occurred_at, deleted_at from activity where activity_id";
const BY_SEQ: &str =
    "select activity_id, seq, content_hash, version_at, occurred_at, deleted_at from activity where seq";

async fn existing(tx: &mut Tx, rows: &[Incoming]) -> StoreResult<HashMap<[u8; 16], Existing>> {
    let mut found = HashMap::with_capacity(rows.len());
    for run in bulk::runs(rows.len()) {
        let run = &rows[run];
        let mut query = bulk::any_of(BY_ID, run.len(), "");
        for incoming in run {
            query = query.bind(&incoming.row.activity_id[..]);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.insert(id_of(row.try_get(0)?), Existing::of(&row)?);
        }
    }
    Ok(found)
}

/// The same without the index of ids; what stands at these seqs besides does no harm.
async fn existing_at(tx: &mut Tx, rows: &[Incoming], known: &KnownIds) -> StoreResult<HashMap<[u8; 16], Existing>> {
    let seqs: Vec<i64> = rows.iter().flat_map(|incoming| known.seqs(&incoming.row.activity_id)).collect();
    let mut found = HashMap::with_capacity(seqs.len());
    for run in bulk::runs(seqs.len()) {
        let run = &seqs[run];
        let mut query = bulk::any_of(BY_SEQ, run.len(), "");
        for seq in run {
            query = query.bind(seq);
        }
        for row in query.fetch_all(tx.connection()).await? {
            found.insert(id_of(row.try_get(0)?), Existing::of(&row)?);
        }
    }
    Ok(found)
}

impl Existing {
    fn of(row: &SqliteRow) -> StoreResult<Self> {
        Ok(Self {
            seq: row.try_get(1)?,
            hash: row.try_get(2)?,
            version_at: row.try_get(3)?,
            occurred_at: row.try_get(4)?,
            deleted_at: row.try_get(5)?,
        })
    }
}

pub(crate) fn id_of(bytes: &[u8]) -> [u8; 16] {
    let mut id = [0; 16];
    id[..bytes.len().min(16)].copy_from_slice(&bytes[..bytes.len().min(16)]);
    id
}

/// A state of an activity that is stored already. Gives the seq to which it moved if the current state changed.
async fn change(
    tx: &mut Tx,
    incoming: Incoming,
    stored: &Existing,
    names: &Names,
    places: &Places,
    now: i64,
    touched: &mut Vec<usize>,
) -> StoreResult<Option<i64>> {
    let records: Vec<usize> = incoming.records().collect();
    let Incoming { row, hash, older, .. } = incoming;
    let mut is_known = hash == stored.hash;
    for (older, hash) in &older {
        if *hash != stored.hash && keep_version(tx, older, *hash, now).await? {
            touched.extend(&records);
        }
    }
    let (mut row, hash) = if is_known {
        (row, hash)
    } else {
        let row = completed(row, words_of(tx, stored.seq).await?);
        let hash = row.content_hash(names);
        is_known = hash == stored.hash;
        (row, hash)
    };
    if is_known {
        return Ok(None);
    }
    if let Some(reading) = &mut row.reading {
        crate::correction::correct_anew(tx, &row.activity_id, reading).await?;
    }
    if !is_newer(&row, stored.version_at, stored.occurred_at, stored.deleted_at) {
        if keep_version(tx, &row, hash, now).await? {
            touched.extend(&records);
        }
        return Ok(None);
    }
    sqlx::query(
        "insert into activity_version (activity_id, version_at, recorded_at, content_hash, occurred_at, deleted_at, title, text, properties)
         select activity_id, version_at, $1, content_hash, occurred_at, deleted_at, title, text, properties from activity where seq = $2
         on conflict (activity_id, content_hash) do nothing",
    )
    .bind(now)
    .bind(stored.seq)
    .execute(tx.connection())
    .await?;
    let before = if row.deleted_at.is_some() { Some(Rest::of(tx, stored.seq).await?) } else { None };
    let by = next_seq(tx).await?;
    sqlx::query("delete from activity where seq = $1").bind(stored.seq).execute(tx.connection()).await?;
    // The new state may equal one that was replaced earlier: an edit taken back.
    sqlx::query("delete from activity_version where activity_id = $1 and content_hash = $2")
        .bind(&row.activity_id[..])
        .bind(hash)
        .execute(tx.connection())
        .await?;
    insert(tx, by, &[Incoming { row, hash, record: 0, more: Vec::new(), older: Vec::new() }], places, now).await?;
    if let Some(before) = before {
        before.complete(tx, by).await?;
    }
    sqlx::query("insert into superseded (seq, by_seq) values ($1, $2)")
        .bind(stored.seq)
        .bind(by)
        .execute(tx.connection())
        .await?;
    touched.extend(&records);
    Ok(Some(by))
}

/// What a tombstone takes over from the state before.
#[derive(FromRow)]
struct Words {
    occurred_at: i64,
    title: Option<String>,
    text: Option<String>,
    url: Option<String>,
}

impl Words {
    fn of(row: &ActivityRow) -> Self {
        Self { occurred_at: row.occurred_at, title: row.title.clone(), text: row.text.clone(), url: row.url.clone() }
    }
}

/// What a tombstone takes over besides, where it does not say it itself: figures as of an instant before count the activity as
/// what it was.
#[derive(FromRow)]
struct Rest {
    /// Whoever did it, whoever the tombstone names: Slack's may name nobody. `None` of a tombstone.
    identity_id: Option<i64>,
    thread_id: Option<i64>,
    parent_id: Option<Vec<u8>>,
    weight: Option<i64>,
    language: Option<String>,
    counterparts: Option<String>,
    properties: Option<String>,
    reading_code: Option<i64>,
    reading_scores: Option<Vec<u8>>,
    reading_language: Option<String>,
    reading_mentions: Option<String>,
}

impl Rest {
    async fn of(tx: &mut Tx, seq: i64) -> StoreResult<Self> {
        Ok(sqlx::query_as(
            "select case when deleted_at is null then identity_id end as identity_id, thread_id, parent_id, weight, language,
                    counterparts, properties, reading_code, reading_scores, reading_language, reading_mentions
             from activity where seq = $1",
        )
        .bind(seq)
        .fetch_one(tx.connection())
        .await?)
    }

    /// A reading is taken over as a whole.
    async fn complete(self, tx: &mut Tx, seq: i64) -> StoreResult<()> {
        sqlx::query(
            "update activity set thread_id = coalesce(thread_id, $1), parent_id = coalesce(parent_id, $2), weight = coalesce(weight, $3),
                 language = coalesce(language, $4), counterparts = coalesce(counterparts, $5), properties = coalesce(properties, $6),
                 identity_id = coalesce($7, identity_id)
             where seq = $8",
        )
        .bind(self.thread_id)
        .bind(self.parent_id)
        .bind(self.weight)
        .bind(self.language)
        .bind(self.counterparts)
        .bind(self.properties)
        .bind(self.identity_id)
        .bind(seq)
        .execute(tx.connection())
        .await?;
        sqlx::query(
            "update activity set reading_code = $1, reading_scores = $2, reading_language = $3, reading_mentions = $4
             where seq = $5 and reading_code is null",
        )
        .bind(self.reading_code)
        .bind(self.reading_scores)
        .bind(self.reading_language)
        .bind(self.reading_mentions)
        .bind(seq)
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

async fn words_of(tx: &mut Tx, seq: i64) -> StoreResult<Words> {
    Ok(sqlx::query_as("select occurred_at, title, text, url from activity where seq = $1")
        .bind(seq)
        .fetch_one(tx.connection())
        .await?)
}

/// Keeps a state that is not the current one. Gives whether it was not known.
async fn keep_version(tx: &mut Tx, row: &ActivityRow, hash: i64, now: i64) -> StoreResult<bool> {
    let done = sqlx::query(
        "insert into activity_version (activity_id, version_at, recorded_at, content_hash, occurred_at, deleted_at, title, text, properties)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (activity_id, content_hash) do nothing",
    )
    .bind(&row.activity_id[..])
    .bind(row.version_at)
    .bind(now)
    .bind(hash)
    .bind(row.occurred_at)
    .bind(row.deleted_at)
    .bind(row.title.as_deref())
    .bind(row.text.as_deref())
    .bind(row.properties.as_deref())
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Sequence numbers are never given twice: not that of a row deleted since, nor that of one superseded.
pub(crate) async fn next_seq(tx: &mut Tx) -> StoreResult<i64> {
    Ok(sqlx::query_scalar(
        "select 1 + max(coalesce((select max(seq) from activity), 0), coalesce((select max(by_seq) from superseded), 0))",
    )
    .fetch_one(tx.connection())
    .await?)
}

/// A change moves an activity to a new seq, so that the query engine sees it.
pub(crate) async fn move_to(tx: &mut Tx, seq: Seq, by: Seq) -> StoreResult<()> {
    sqlx::query("update activity set seq = $1 where seq = $2").bind(by).bind(seq).execute(tx.connection()).await?;
    sqlx::query("insert into superseded (seq, by_seq) values ($1, $2)")
        .bind(seq)
        .bind(by)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Inserts those that are not there, numbered from `first`; gives how many were not.
async fn insert(tx: &mut Tx, first: i64, rows: &[Incoming], places: &Places, now: i64) -> StoreResult<u64> {
    let mut inserted = 0;
    let mut statements = bulk::runs(rows.len()).map(|run| {
        let first = first + i64::try_from(run.start).expect("fewer than 2^63");
        insertion(first, &rows[run], places, now)
    });
    let mut next = statements.next();
    while let Some(statement) = next {
        // While the database works, the next statement is made.
        let (done, following) =
            futures::future::join(statement.execute(tx.connection()), async { statements.next() }).await;
        inserted += done?.rows_affected();
        next = following;
    }
    Ok(inserted)
}

/// The statement that inserts some rows.
fn insertion<'q>(first: i64, rows: &'q [Incoming], places: &Places, now: i64) -> Query<'q, Sqlite, SqliteArguments> {
    let mut query = bulk::values(
            "insert into activity (seq, activity_id, source_id, external_id, activity_type_id, identity_id, channel_id, thread_id, parent_id,
             occurred_at, ingested_at, version_at, deleted_at, weight, title, text, url, language, counterparts, properties, content_hash, is_derived,
             reading_code, reading_scores, reading_language, reading_mentions)",
            rows.len(),
            26,
            "on conflict do nothing",
        );
    for (seq, Incoming { row, hash, .. }) in (first..).zip(rows) {
        query = query
            .bind(seq)
            .bind(&row.activity_id[..])
            .bind(places.sources[row.source as usize])
            .bind(row.external_id.as_str())
            .bind(places.types[row.activity_type as usize])
            .bind(places.people[row.actor as usize])
            .bind(places.channels[row.channel as usize])
            .bind(row.thread.map(|thread| places.threads[thread as usize]))
            .bind(row.parent_id.as_ref().map(|id| &id[..]))
            .bind(row.occurred_at)
            .bind(now)
            .bind(row.version_at)
            .bind(row.deleted_at)
            .bind(row.weight)
            .bind(row.title.as_deref())
            .bind(row.text.as_deref())
            .bind(row.url.as_deref())
            .bind(row.language.as_deref())
            .bind(numbers_of(&row.counterparts, places))
            .bind(row.properties.as_deref())
            .bind(*hash)
            .bind(i64::from(row.is_derived))
            .bind(row.reading.as_ref().map(Reading::code))
            .bind(row.reading.as_ref().map(|reading| reading.score_bytes().to_vec()))
            .bind(row.reading.as_ref().and_then(|reading| reading.language.as_deref()))
            .bind(row.reading.as_ref().and_then(crate::reading::mentions_of));
    }
    query
}

/// The counterparts' numbers as a JSON list, in rising order; `None` without any.
fn numbers_of(counterparts: &[u32], places: &Places) -> Option<String> {
    let mut numbers: Vec<u32> = counterparts.iter().map(|place| places.people[*place as usize]).collect();
    numbers.sort_unstable();
    (!numbers.is_empty()).then(|| serde_json::to_string(&numbers).unwrap_or_default())
}

/// The number of an activity type, made known if it is not.
pub(crate) async fn activity_type_id(tx: &mut Tx, key: &str) -> StoreResult<i64> {
    Ok(sqlx::query_scalar("insert into activity_type (key) values ($1) on conflict (key) do update set key = excluded.key returning activity_type_id")
        .bind(key)
        .fetch_one(tx.connection())
        .await?)
}

/// Every activity type met so far, by number.
pub async fn activity_types(db: &Db) -> StoreResult<Vec<(u32, String)>> {
    Ok(sqlx::query_as("select activity_type_id, key from activity_type order by activity_type_id")
        .fetch_all(db.readers())
        .await?)
}

/// Activities after `after`, at most `limit`, tombstones among them but for what was deleted before it happened; with the
/// sequence number that this reaches, and whether it reaches the end.
pub async fn since(db: &Db, after: Seq, limit: u32) -> StoreResult<(ActivityColumns, Seq, bool)> {
    let query = "select seq, activity_id, identity_id, channel_id, activity_type_id, occurred_at, ingested_at, weight, thread_id, parent_id,
                        title, text, url, language, properties, counterparts,
                        case when deleted_at <= missing_at then deleted_at else coalesce(missing_at, deleted_at) end,
                        reading_code, reading_scores, reading_language
                 from activity left join missing_activity using (activity_id)
                 where seq > $1 order by seq limit $2";
    let (columns, reached, read) =
        scan::fold(db, query, (after, limit), (ActivityColumns::default(), after, 0_u32), |all, row| {
            let (columns, reached, read) = all;
            (*reached, *read) = (row.get(0)?, *read + 1);
            let (occurred_at, deleted_at): (i64, Option<i64>) = (row.get(5)?, row.get(16)?);
            if deleted_at.is_none_or(|at| at >= occurred_at) {
                add(columns, *reached, row)?;
            }
            Ok(())
        })
        .await?;
    Ok((columns, reached, read < limit))
}

/// Adds an activity, read by [`since`].
fn add(columns: &mut ActivityColumns, seq: Seq, row: &rusqlite::Row<'_>) -> rusqlite::Result<()> {
    let blob = |place| row.get_ref(place).map(|value| value.as_blob_or_null());
    columns.seq.push(seq);
    columns.activity_id.push(id_of(row.get_ref(1)?.as_blob()?));
    columns.identity.push(row.get(2)?);
    columns.channel.push(row.get(3)?);
    columns.activity_type.push(row.get(4)?);
    columns.occurred_at.push(row.get(5)?);
    columns.ingested_at.push(row.get(6)?);
    columns.weight.push(row.get(7)?);
    columns.thread.push(row.get(8)?);
    columns.parent.push(blob(9)??.map(id_of));
    columns.title.push(row.get(10)?);
    columns.text.push(row.get(11)?);
    columns.url.push(row.get(12)?);
    columns
        .language
        .push(row.get::<_, Option<String>>(13)?.map_or_else(|| row.get(19), |language| Ok(Some(language)))?);
    columns.reading.push(row.get(17)?);
    columns.sentiment_score.push(blob(18)??.map(label::sentiment_score_of));
    columns.properties.push(row.get(14)?);
    let counterparts = row.get_ref(15)?.as_str_or_null()?;
    columns.counterparts.push(counterparts.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default());
    columns.deleted_at.push(row.get(16)?);
    Ok(())
}

/// Sequence numbers that stopped holding after `after`.
pub async fn superseded_since(db: &Db, after: Seq) -> StoreResult<Vec<Seq>> {
    Ok(sqlx::query_scalar("select seq from superseded where by_seq > $1").bind(after).fetch_all(db.readers()).await?)
}

/// When the first activity was read that holds as it was read then, in microseconds since 1970. `None` where there is none.
pub async fn first_read(db: &Db) -> StoreResult<Option<i64>> {
    let query = "select ingested_at from activity order by seq limit 1";
    Ok(sqlx::query_scalar(query).fetch_optional(db.readers()).await?)
}

/// States read after an instant, in microseconds, that stand in place of states read by then: edits. Replaced states do not
/// say when they were read, but numbers rise with time: theirs lie before the first that was read later.
pub async fn replaced_since(db: &Db, at: i64) -> StoreResult<Vec<Seq>> {
    let query = "with recursive edited(seq) as (
             select by_seq from superseded
             where seq < (
                 select seq from activity
                 where seq > coalesce((select seq from activity where ingested_at <= $1 order by seq desc limit 1), 0)
                 order by seq limit 1
             )
             union
             select superseded.by_seq from edited join superseded on superseded.seq = edited.seq
         )
         select activity.seq from edited join activity on activity.seq = edited.seq where activity.ingested_at > $1";
    Ok(sqlx::query_scalar(query).bind(at).fetch_all(db.readers()).await?)
}

/// One activity of a timeline.
#[derive(Debug, Clone, FromRow)]
pub struct TimelineRow {
    /// Public id.
    pub activity_id: Vec<u8>,
    /// Type key.
    pub activity_type: String,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    /// Source name.
    pub source: String,
    /// Channel name or id.
    pub channel: String,
    /// Title of the activity or its thread.
    pub title: Option<String>,
    /// The first words.
    pub text: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
    /// Weight of its own.
    pub weight: Option<u8>,
    /// Which identity did it.
    pub identity_id: u32,
}

/// A place in a timeline: the instant in microseconds, and the public id that tells equal instants apart.
pub type TimelinePlace = (i64, [u8; 16]);

/// What a member did, newest first, before a place, of one type or of all.
pub async fn timeline(
    db: &Db,
    member_number: u32,
    activity_type: Option<&str>,
    before: TimelinePlace,
    left_out: &LeftOut,
    limit: u32,
) -> StoreResult<Vec<TimelineRow>> {
    let [channels, kinds, kept] = left_out.lists();
    Ok(sqlx::query_as(
        "select activity.activity_id, activity_type.key as activity_type, activity.occurred_at, source.name as source,
                coalesce(channel.name, channel.external_id) as channel, coalesce(activity.title, thread.title) as title,
                substr(activity.text, 1, 600) as text, activity.url, activity.weight, activity.identity_id
         from activity
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         join source on source.source_id = activity.source_id
         join channel on channel.channel_id = activity.channel_id
         left join thread on thread.thread_id = activity.thread_id
         where activity.identity_id in (select identity_id from identity where member_number = $1) and activity.occurred_at <= $2
           and (activity.occurred_at < $2 or activity.activity_id < $3) and activity.deleted_at is null
           and not exists (select 1 from missing_activity where missing_activity.activity_id = activity.activity_id)
           and ($4 is null or activity_type.key = $4)
           and activity.channel_id not in (select value from json_each($5))
           and (activity.channel_id in (select value from json_each($7))
                or not exists (select 1 from json_each($6) kind where activity_type.key like kind.value || ':%'))
         order by activity.occurred_at desc, activity.activity_id desc limit $8",
    )
    .bind(member_number)
    .bind(before.0)
    .bind(before.1.to_vec())
    .bind(activity_type)
    .bind(channels)
    .bind(kinds)
    .bind(kept)
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}

/// What a member said that has one of these labels, newest first.
pub async fn said(
    db: &Db,
    member_number: u32,
    labels: impl IntoIterator<Item = Label>,
    left_out: &LeftOut,
    limit: u32,
) -> StoreResult<Vec<Said>> {
    let labels: label::Labels = labels.into_iter().collect();
    let [channels, kinds, kept] = left_out.lists();
    Ok(sqlx::query_as(
        "select activity.activity_id, activity.occurred_at, coalesce(channel.name, channel.external_id) as channel,
                coalesce(activity.title, thread.title) as title, substr(activity.text, 1, 600) as text, activity.url,
                activity.reading_code
         from activity
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         join channel on channel.channel_id = activity.channel_id
         left join thread on thread.thread_id = activity.thread_id
         where activity.identity_id in (select identity_id from identity where member_number = $1) and activity.reading_code & $2 <> 0 and activity.deleted_at is null
           and not exists (select 1 from missing_activity where missing_activity.activity_id = activity.activity_id)
           and activity.channel_id not in (select value from json_each($3))
           and (activity.channel_id in (select value from json_each($5))
                or not exists (select 1 from json_each($4) kind where activity_type.key like kind.value || ':%'))
         order by activity.occurred_at desc, activity.activity_id desc limit $6",
    )
    .bind(member_number)
    .bind(i64::from(labels.bits()))
    .bind(channels)
    .bind(kinds)
    .bind(kept)
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}

/// Something that a member said.
#[derive(Debug, Clone, FromRow)]
pub struct Said {
    /// Public id.
    pub activity_id: Vec<u8>,
    /// Microseconds since 1970.
    pub occurred_at: i64,
    /// Channel name or id.
    pub channel: String,
    /// Title of the activity or its thread.
    pub title: Option<String>,
    /// The first words.
    pub text: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
    /// See [`Reading::code`].
    pub reading_code: u32,
}

/// How many activities of each type a member did, most first.
pub async fn types_of_member(db: &Db, member_number: u32) -> StoreResult<Vec<(String, u32)>> {
    Ok(sqlx::query_as(
        "select activity_type.key, count(*)
         from activity
         join activity_type on activity_type.activity_type_id = activity.activity_type_id
         where activity.identity_id in (select identity_id from identity where member_number = $1) and activity.deleted_at is null
           and not exists (select 1 from missing_activity where missing_activity.activity_id = activity.activity_id)
         group by activity_type.key order by count(*) desc, activity_type.key",
    )
    .bind(member_number)
    .fetch_all(db.readers())
    .await?)
}

/// The greatest seq, 0 without any activity.
pub async fn last_seq(db: &Db) -> StoreResult<Seq> {
    Ok(sqlx::query_scalar("select coalesce(max(seq), 0) from activity").fetch_one(db.readers()).await?)
}

/// How many activities are stored, tombstones aside.
pub async fn count(db: &Db) -> StoreResult<u64> {
    let count: i64 = sqlx::query_scalar(
        "select count(*) from activity where deleted_at is null
             and not exists (select 1 from missing_activity where missing_activity.activity_id = activity.activity_id)",
    )
    .fetch_one(db.readers())
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// When an identity was active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Span {
    /// The identity.
    pub identity_id: u32,
    /// Its first activity, in microseconds since 1970; deleted ones count, since somebody was there.
    pub first_at: i64,
    /// Its latest.
    pub last_at: i64,
}

/// Identities with an address, and all accounts of members with one that only a profile says.
macro_rules! addressed {
    () => {
        "select identity_id from identity where email is not null
         union
         select identity_id from identity where member_number in (
             select member_number from identity join identity_email using (identity_id)
             where first_at is null and (verified = 1 or heard_at is not null))"
    };
}

/// First and latest activity of every identity that has any, and an address, or belongs to a member with an address that only a
/// profile says. The index is entered twice for each, since walking it takes longer the more there is; without it, all activities
/// are walked once.
pub async fn spans_of_addressed(db: &Db) -> StoreResult<Vec<Span>> {
    let query = if activity_index::are_there(db).await? {
        concat!(
            "select identity_id, first_at, last_at from (
                 select identity_id,
                     (select min(occurred_at) from activity where activity.identity_id = addressed.identity_id) as first_at,
                     (select max(occurred_at) from activity where activity.identity_id = addressed.identity_id) as last_at
                 from (",
            addressed!(),
            ") addressed)
             where first_at is not null"
        )
    } else {
        concat!(
            "select identity_id, min(occurred_at) as first_at, max(occurred_at) as last_at from activity
             where identity_id in (",
            addressed!(),
            ") group by identity_id"
        )
    };
    let take =
        |row: &rusqlite::Row<'_>| Ok(Span { identity_id: row.get(0)?, first_at: row.get(1)?, last_at: row.get(2)? });
    scan::rows(db, query, (), take).await
}
