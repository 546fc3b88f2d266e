//! Raw records in compressed blocks, and rejects.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sqlx::FromRow;

use crate::batch::{Batch, Counts, Record};
use crate::{Db, StoreError, StoreResult, Tx, bulk};

/// One raw record inside a block.
#[derive(Debug, Serialize)]
struct RawLine<'a> {
    /// What the export calls it.
    kind: &'a str,
    /// Where it stood.
    place: &'a str,
    /// The bytes as text; `None` when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    /// The bytes, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<&'a [u8]>,
}

/// Raw records of one source, compressed together.
pub(crate) struct Packed {
    /// Place among the batch's sources.
    source: u32,
    records: usize,
    payload: Vec<u8>,
}

/// Packs those records that `is_kept`, a block for each source.
pub(crate) fn pack(records: &[Record], source_of: &[u32], is_kept: impl Fn(usize) -> bool) -> Vec<Packed> {
    let mut blocks: BTreeMap<u32, (usize, Vec<u8>)> = BTreeMap::new();
    for (index, record) in records.iter().enumerate().filter(|(index, _)| is_kept(*index)) {
        let (count, lines) = blocks.entry(source_of[index]).or_default();
        let text = std::str::from_utf8(&record.body).ok();
        let bytes = text.is_none().then_some(&record.body[..]);
        let line = RawLine { kind: &record.kind, place: &record.place, body: text, bytes };
        serde_json::to_writer(&mut *lines, &line).expect("texts and bytes are always JSON");
        lines.push(b'\n');
        *count += 1;
    }
    let compress = |lines: Vec<u8>| zstd::bulk::compress(&lines, 1).expect("it takes nothing but memory");
    blocks.into_iter().map(|(source, (records, lines))| Packed { source, records, payload: compress(lines) }).collect()
}

/// Names a block of raw records by everything that their entries follow from.
pub type BlockHash = [u8; 16];

/// Blocks that were stored whole, with what the receipt says of one that is read again.
pub async fn blocks_read(db: &Db) -> StoreResult<HashMap<BlockHash, Counts>> {
    let rows: Vec<(Vec<u8>, String)> =
        sqlx::query_as("select block_hash, counts from block_read").fetch_all(db.readers()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(hash, counts)| Some((hash.try_into().ok()?, serde_json::from_str(&counts).ok()?)))
        .collect())
}

/// Notes that a block is stored. One with rejects is not noted, so that it is understood again, and they are listed.
pub(crate) async fn note_block(tx: &mut Tx, hash: &BlockHash, counts: &Counts) -> StoreResult<()> {
    if counts.rejected + counts.described_rejected > 0 {
        return Ok(());
    }
    let again = Counts {
        stored: 0,
        unchanged: counts.stored + counts.unchanged,
        activities: 0,
        identities: 0,
        ..counts.clone()
    };
    let json = serde_json::to_string(&again).map_err(|error| StoreError::Damaged(error.to_string()))?;
    sqlx::query("insert into block_read (block_hash, counts) values ($1, $2) on conflict (block_hash) do nothing")
        .bind(&hash[..])
        .bind(json)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Keeps the `touched` records of a batch.
pub(crate) async fn store(
    tx: &mut Tx,
    sources: &[i64],
    import_run_id: i64,
    now: i64,
    batch: &Batch,
    touched: &[bool],
) -> StoreResult<()> {
    let is_whole = batch.records.iter().zip(touched).all(|(record, touched)| *touched == record.entries.is_ok());
    let some = if is_whole { Vec::new() } else { pack(&batch.records, &batch.source_of, |index| touched[index]) };
    for block in if is_whole { &batch.packed } else { &some } {
        sqlx::query(
            "insert into raw_block (source_id, import_run_id, stored_at, records, payload) values ($1, $2, $3, $4, $5)",
        )
        .bind(sources[block.source as usize])
        .bind(import_run_id)
        .bind(now)
        .bind(i64::try_from(block.records).unwrap_or(i64::MAX))
        .bind(&block.payload[..])
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Of records that gave no entry, those that were not read before.
pub(crate) async fn unseen(tx: &mut Tx, batch: &Batch) -> StoreResult<Vec<usize>> {
    let mut unseen = Vec::new();
    for run in bulk::runs(batch.empty.len()) {
        let run = &batch.empty[run];
        let hashes: Vec<[u8; 16]> =
            run.iter().map(|index| hash(batch.source_name(*index), &batch.records[*index])).collect();
        let mut query =
            bulk::values("insert into raw_seen (raw_hash)", run.len(), 1, "on conflict do nothing returning raw_hash");
        for hash in &hashes {
            query = query.bind(&hash[..]);
        }
        let new: std::collections::HashSet<Vec<u8>> = query
            .fetch_all(tx.connection())
            .await?
            .iter()
            .map(|row| sqlx::Row::try_get::<Vec<u8>, _>(row, 0))
            .collect::<Result<_, _>>()?;
        unseen.extend(run.iter().zip(&hashes).filter(|(_, hash)| new.contains(&hash[..])).map(|(index, _)| *index));
    }
    Ok(unseen)
}

fn hash(source: &str, record: &Record) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source.as_bytes());
    hasher.update(&[0x1f]);
    hasher.update(record.kind.as_bytes());
    hasher.update(&record.body);
    let mut id = [0; 16];
    id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    id
}

/// The most bytes of a rejected record that are kept.
const LONGEST_KEPT: usize = 1 << 20;

/// Keeps the records of a batch that were not understood.
pub(crate) async fn reject(tx: &mut Tx, sources: &[i64], import_run_id: i64, batch: &Batch) -> StoreResult<()> {
    for (index, record) in batch.records.iter().enumerate() {
        let Err(reason) = &record.entries else { continue };
        let mut id = hash(batch.source_name(index), record);
        // Two damages at two places may leave equal bytes, such as nothing at all.
        for (byte, other) in id.iter_mut().zip(blake3::hash(record.place.as_bytes()).as_bytes()) {
            *byte ^= other;
        }
        sqlx::query(
            "insert into reject (reject_id, source_id, import_run_id, place, kind, reason, payload) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (reject_id) do update set import_run_id = excluded.import_run_id, reason = excluded.reason",
        )
        .bind(&id[..])
        .bind(sources[batch.source_of[index] as usize])
        .bind(import_run_id)
        .bind(record.place.as_str())
        .bind(record.kind.as_str())
        .bind(reason.as_str())
        .bind(&record.body[..record.body.len().min(LONGEST_KEPT)])
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// A record that was not understood.
#[derive(Debug, Clone, FromRow)]
pub struct Reject {
    /// Where it stood.
    pub place: String,
    /// What the export calls it.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// The first MiB of it.
    pub payload: Vec<u8>,
}

/// How many records of each source were not understood, by the source's name.
pub async fn rejects_by_source(db: &Db) -> StoreResult<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "select source.name, count(*) from reject join source on source.source_id = reject.source_id
         group by source.name order by source.name",
    )
    .fetch_all(db.readers())
    .await?)
}

/// The rejects of a run, in the order of their places.
pub async fn rejects(db: &Db, import_run_id: i64, limit: u32) -> StoreResult<Vec<Reject>> {
    Ok(sqlx::query_as(
        "select place, kind, reason, payload from reject where import_run_id = $1 order by rowid limit $2",
    )
    .bind(import_run_id)
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}
