//! The two indexes of activities, by id and by identity, which a large import does without and builds at its end.
//!
//! Ids are hashes, and people turn up at random: each new row touches a page of either index, so that in a record of millions
//! a transaction writes most of their pages. Sorted once, each page is written once. Meanwhile nobody adds an activity
//! without looking in `KnownIds`, and what asks for an identity's activities walks over all of them. Nothing is
//! to be mended after a run that was killed but the indexes: they are there, or they are not.

use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use crate::known_ids::KnownIds;
use crate::{Db, StoreResult, Tx, db};

const INDEXES: [&str; 2] = [
    "create unique index if not exists activity_id_unique on activity (activity_id)",
    "create index if not exists activity_identity on activity (identity_id, occurred_at)",
];

// Which indexes there are is asked in SQLite's own words: PostgreSQL has pg_indexes.
const ARE_THERE: &str = "select count(*) = 2 from sqlite_schema
     where type = 'index' and name in ('activity_id_unique', 'activity_identity')";

/// A run that stored fewer has not written much yet.
const MANY: u64 = 200_000;

/// Their part of all activities that makes building the indexes anew cheaper than adding to them.
const SHARE: u64 = 10;

/// Of more, the ids would take more than a gigabyte of memory.
const MOST: u64 = 120_000_000;

/// What a run added so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// New or changed activities.
    pub(crate) activities: u64,
    /// From how many on it may be large: [`MANY`], but in tests.
    pub(crate) many: u64,
}

impl Default for Added {
    fn default() -> Self {
        Self { activities: 0, many: MANY }
    }
}

/// Whether both are there. Only while a large import is read, or after one that was killed, are they not.
pub async fn are_there(db: &Db) -> StoreResult<bool> {
    Ok(sqlx::query_scalar(ARE_THERE).fetch_one(db.readers()).await?)
}

/// Builds those that are missing, a minute for tens of millions of activities. Others can read meanwhile.
pub async fn restore(db: &Db) -> StoreResult<()> {
    if are_there(db).await? {
        return Ok(());
    }
    let mut writer = db.idle_writer().await?;
    writer.forget_known_ids();
    // Sorting in memory would take as much of it as all ids and names.
    sqlx::query("pragma temp_store = file").execute(&mut *writer).await?;
    let built = build(&mut writer).await;
    sqlx::query("pragma temp_store = memory").execute(&mut *writer).await?;
    keep_pages(&mut writer, db::WRITER_CACHE).await?;
    built
}

/// Without the indexes, a page is written and not looked at again: the ids are what memory is for.
async fn keep_pages(writer: &mut SqliteConnection, size: &'static str) -> StoreResult<()> {
    sqlx::query(AssertSqlSafe(format!("pragma cache_size = {size}"))).execute(writer).await?;
    Ok(())
}

async fn build(writer: &mut SqliteConnection) -> StoreResult<()> {
    for index in INDEXES {
        sqlx::query(index).execute(&mut *writer).await?;
    }
    Ok(())
}

/// The ids of all activities where the indexes are missing, as they are for the rest of a run that turns out to be large.
/// `None` where the index of ids is there and tells.
pub(crate) async fn known_ids(tx: &mut Tx, run: Added) -> StoreResult<Option<KnownIds>> {
    let held = tx.take_known_ids();
    let are_there: bool = sqlx::query_scalar(ARE_THERE).fetch_one(tx.connection()).await?;
    if are_there {
        if !is_large(tx, run).await? {
            return Ok(None);
        }
        for drop in ["drop index activity_id_unique", "drop index activity_identity"] {
            sqlx::query(drop).execute(tx.connection()).await?;
        }
        keep_pages(tx.connection(), db::READER_CACHE).await?;
    }
    let mut known = held.unwrap_or_else(KnownIds::new);
    known.catch_up(tx).await?;
    Ok(Some(known))
}

async fn is_large(tx: &mut Tx, run: Added) -> StoreResult<bool> {
    if run.activities < run.many {
        return Ok(false);
    }
    let last: i64 = sqlx::query_scalar("select coalesce(max(seq), 0) from activity").fetch_one(tx.connection()).await?;
    Ok(last.unsigned_abs() < MOST.min(run.activities.saturating_mul(SHARE)))
}

#[cfg(test)]
mod tests;
