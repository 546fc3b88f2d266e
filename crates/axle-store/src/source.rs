//! Sources: where activities come from.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// A source.
#[derive(Debug, Clone, FromRow)]
pub struct SourceRow {
    /// Small number.
    pub source_id: u32,
    /// As named at its first import.
    pub name: String,
    /// How it is read.
    pub format: String,
    /// Microseconds since 1970.
    pub created_at: i64,
}

/// The source of that name, made if there is none; with its format.
pub async fn ensure(tx: &mut Tx, name: &str, format: &str, now: i64) -> StoreResult<SourceRow> {
    Ok(sqlx::query_as(
        "insert into source (name, format, created_at) values ($1, $2, $3)
         on conflict (name) do update set name = excluded.name returning source_id, name, format, created_at",
    )
    .bind(name)
    .bind(format)
    .bind(now)
    .fetch_one(tx.connection())
    .await?)
}

/// Every source, by number.
pub async fn all(db: &Db) -> StoreResult<Vec<SourceRow>> {
    Ok(sqlx::query_as("select source_id, name, format, created_at from source order by source_id")
        .fetch_all(db.readers())
        .await?)
}

/// Activities and last import of each source, by number.
#[derive(Debug, Clone, FromRow)]
pub struct SourceSummary {
    /// Small number.
    pub source_id: u32,
    /// Name.
    pub name: String,
    /// Format.
    pub format: String,
    /// When the last run ended, microseconds.
    pub last_import_at: Option<i64>,
    /// Runs.
    pub runs: i64,
}

/// Every source with its runs.
pub async fn summaries(db: &Db) -> StoreResult<Vec<SourceSummary>> {
    Ok(sqlx::query_as(
        "select source.source_id, source.name, source.format, max(import_run.ended_at) as last_import_at, count(import_run.import_run_id) as runs
         from source left join import_run on import_run.source_id = source.source_id
         group by source.source_id, source.name, source.format order by source.name",
    )
    .fetch_all(db.readers())
    .await?)
}
