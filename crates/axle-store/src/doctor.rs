//! Whether the record is sound: its file, and by which version it was made.

use crate::{Db, StoreResult};

/// What is wrong with the database file, ten lines at most; empty when it is whole.
pub async fn faults(db: &Db) -> StoreResult<Vec<String>> {
    // SQLite's own check: PostgreSQL has amcheck.
    let said: Vec<String> = sqlx::query_scalar("pragma integrity_check(10)").fetch_all(db.readers()).await?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

/// The newest migration that the record has.
pub async fn migration(db: &Db) -> StoreResult<i64> {
    Ok(sqlx::query_scalar("select coalesce(max(version), 0) from _sqlx_migrations").fetch_one(db.readers()).await?)
}
