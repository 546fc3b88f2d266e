//! Raw records in compressed blocks, and rejects.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::write::Record;
use crate::{Db, StoreError, StoreResult, Tx, bulk};

/// One raw record inside a block.
#[derive(Debug, Serialize, Deserialize)]
pub struct RawLine {
    /// What the export calls it.
    pub kind: String,
    /// Where it stood.
    pub place: String,
    /// The bytes as text; `None` when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<String>,
    /// The bytes, when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<Vec<u8>>,
}

const RECORDS_PER_BLOCK: usize = 2_000;

pub(crate) async fn store(
    tx: &mut Tx,
    source_id: i64,
    import_run_id: i64,
    now: i64,
    records: &[&Record],
) -> StoreResult<()> {
    for block in records.chunks(RECORDS_PER_BLOCK) {
        let mut lines = Vec::new();
        for record in block {
            let text = std::str::from_utf8(&record.body);
            let line = RawLine {
                kind: record.kind.clone(),
                place: record.place.clone(),
                body: text.ok().map(str::to_owned),
                bytes: text.is_err().then(|| record.body.clone()),
            };
            serde_json::to_writer(&mut lines, &line).map_err(|error| StoreError::Damaged(error.to_string()))?;
            lines.push(b'\n');
        }
        let payload =
            zstd::bulk::compress(&lines, 1).map_err(|cause| StoreError::Io { place: "raw records".into(), cause })?;
        sqlx::query(
            "insert into raw_block (source_id, import_run_id, stored_at, records, payload) values ($1, $2, $3, $4, $5)",
        )
        .bind(source_id)
        .bind(import_run_id)
        .bind(now)
        .bind(i64::try_from(block.len()).unwrap_or(i64::MAX))
        .bind(payload)
        .execute(tx.connection())
        .await?;
    }
    Ok(())
}

/// Of records that gave no entry, those that were not read before.
pub(crate) async fn unseen(tx: &mut Tx, source: &str, records: &[(usize, &Record)]) -> StoreResult<Vec<usize>> {
    let mut unseen = Vec::new();
    for run in bulk::runs(records.len()) {
        let run = &records[run];
        let hashes: Vec<[u8; 16]> = run.iter().map(|(_, record)| hash(source, record)).collect();
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
        unseen
            .extend(run.iter().zip(&hashes).filter(|(_, hash)| new.contains(&hash[..])).map(|((index, _), _)| *index));
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

pub(crate) async fn reject<'a>(
    tx: &mut Tx,
    source_id: i64,
    source: &str,
    import_run_id: i64,
    records: impl Iterator<Item = &'a Record>,
) -> StoreResult<()> {
    for record in records {
        let reason = record.entries.as_ref().err().map_or("", String::as_str);
        let mut id = hash(source, record);
        // Two damages at two places may leave equal bytes, such as nothing at all.
        for (byte, other) in id.iter_mut().zip(blake3::hash(record.place.as_bytes()).as_bytes()) {
            *byte ^= other;
        }
        sqlx::query(
            "insert into reject (reject_id, source_id, import_run_id, place, kind, reason, payload) values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (reject_id) do update set import_run_id = excluded.import_run_id, reason = excluded.reason",
        )
        .bind(&id[..])
        .bind(source_id)
        .bind(import_run_id)
        .bind(record.place.as_str())
        .bind(record.kind.as_str())
        .bind(reason)
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
