//! The manifest of the column files that the query engine made from the record.

use axle_model::analytics::Segment;
use sqlx::{FromRow, Row};

use crate::{Db, StoreResult, Tx};

/// Every file of the manifest, oldest first.
pub async fn all(db: &Db) -> StoreResult<Vec<Segment>> {
    let rows = sqlx::query("select path, sha256, rows, min_seq, max_seq, min_at, max_at from segment order by max_seq")
        .fetch_all(db.readers())
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Segment {
                path: row.try_get(0)?,
                sha256: row.try_get(1)?,
                rows: u64::try_from(row.try_get::<i64, _>(2)?).unwrap_or(0),
                min_seq: row.try_get(3)?,
                max_seq: row.try_get(4)?,
                min_at: row.try_get(5)?,
                max_at: row.try_get(6)?,
            })
        })
        .collect()
}

/// Adds a file.
pub async fn add(tx: &mut Tx, segment: &Segment) -> StoreResult<()> {
    sqlx::query("insert into segment (path, sha256, rows, min_seq, max_seq, min_at, max_at) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(segment.path.as_str())
        .bind(segment.sha256.as_str())
        .bind(i64::try_from(segment.rows).unwrap_or(i64::MAX))
        .bind(segment.min_seq)
        .bind(segment.max_seq)
        .bind(segment.min_at)
        .bind(segment.max_at)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Empties the manifest.
pub async fn clear(tx: &mut Tx) -> StoreResult<()> {
    sqlx::query("delete from segment").execute(tx.connection()).await?;
    Ok(())
}

/// `(activities that hold, greatest seq)` up to and including `seq`: what the files up to there must say together.
pub async fn expected(db: &Db, seq: i64) -> StoreResult<(u64, i64)> {
    #[derive(FromRow)]
    struct Expected {
        rows: i64,
        max_seq: i64,
    }
    let expected: Expected = sqlx::query_as(
        "select count(*) as rows, coalesce(max(seq), 0) as max_seq from activity where seq <= $1 and deleted_at is null
         and not exists (select 1 from missing_activity where missing_activity.activity_id = activity.activity_id)",
    )
    .bind(seq)
    .fetch_one(db.readers())
    .await?;
    Ok((u64::try_from(expected.rows).unwrap_or(0), expected.max_seq))
}
