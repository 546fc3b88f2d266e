//! How far what follows from the record was worked out: whether members are those of the directory as it is, and which
//! activities were looked at for bots.

use axle_model::analytics::Seq;

use crate::{Db, StoreResult, Tx};

const VERSION: &str = "select version || '/' || $1 from directory_version";

/// Whether members were made of the directory as it is, by this version of the program.
pub async fn is_resolved(db: &Db, program: &str) -> StoreResult<bool> {
    let current: String = sqlx::query_scalar(VERSION).bind(program).fetch_one(db.readers()).await?;
    let resolved: Option<String> =
        sqlx::query_scalar("select resolved from worked_out").fetch_one(db.readers()).await?;
    Ok(resolved == Some(current))
}

/// Notes that members were made of everything that is stored when `tx` is committed.
pub async fn note_resolved(tx: &mut Tx, program: &str) -> StoreResult<()> {
    let current: String = sqlx::query_scalar(VERSION).bind(program).fetch_one(tx.connection()).await?;
    sqlx::query("update worked_out set resolved = $1").bind(current).execute(tx.connection()).await?;
    Ok(())
}

/// Notes that something which members are made of changed besides the directory.
pub async fn note_unresolved(tx: &mut Tx) -> StoreResult<()> {
    sqlx::query("update worked_out set resolved = null").execute(tx.connection()).await?;
    Ok(())
}

/// All activities up to this one were looked at for bots.
pub async fn behaviour_seq(db: &Db) -> StoreResult<Seq> {
    Ok(sqlx::query_scalar("select behaviour_seq from worked_out").fetch_one(db.readers()).await?)
}

/// Notes that all up to this one were.
pub async fn note_behaviour_seq(tx: &mut Tx, seq: Seq) -> StoreResult<()> {
    sqlx::query("update worked_out set behaviour_seq = $1").bind(seq).execute(tx.connection()).await?;
    Ok(())
}
