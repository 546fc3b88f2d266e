//! Import runs: one reading of one export.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// A run.
#[derive(Debug, Clone, FromRow)]
pub struct ImportRun {
    /// Small number.
    pub import_run_id: i64,
    /// Its source.
    pub source_id: Option<i64>,
    /// What was read.
    pub path: String,
    /// `running`, `done`, `failed`.
    pub state: String,
    /// Microseconds since 1970.
    pub started_at: i64,
    /// Microseconds since 1970.
    pub ended_at: Option<i64>,
    /// Of the input, read and stored.
    pub bytes_read: i64,
    /// Of the input.
    pub bytes_total: i64,
    /// Why it failed.
    pub message: Option<String>,
    /// The receipt as JSON.
    pub receipt: Option<String>,
}

impl ImportRun {
    /// Whether it has not ended, as far as the record knows.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }
}

const COLUMNS: &str =
    "import_run_id, source_id, path, state, started_at, ended_at, bytes_read, bytes_total, message, receipt";

/// Begins a run.
pub async fn begin(tx: &mut Tx, source_id: Option<u32>, path: &str, bytes_total: u64, now: i64) -> StoreResult<i64> {
    Ok(sqlx::query_scalar(
        "insert into import_run (source_id, path, state, started_at, bytes_total) values ($1, $2, 'running', $3, $4) returning import_run_id",
    )
    .bind(source_id)
    .bind(path)
    .bind(now)
    .bind(i64::try_from(bytes_total).unwrap_or(i64::MAX))
    .fetch_one(tx.connection())
    .await?)
}

/// Names the source of a run that began before it was recognized.
pub async fn recognized(tx: &mut Tx, import_run_id: i64, source_id: u32) -> StoreResult<()> {
    sqlx::query("update import_run set source_id = $1 where import_run_id = $2")
        .bind(source_id)
        .bind(import_run_id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// When a run began that has not ended, microseconds since 1970. `None` of the one of what people say, which ends as it begins.
pub(crate) async fn began_at(tx: &mut Tx, import_run_id: i64) -> StoreResult<Option<i64>> {
    let query = "select started_at from import_run where import_run_id = $1 and ended_at is null";
    Ok(sqlx::query_scalar(query).bind(import_run_id).fetch_optional(tx.connection()).await?)
}

pub(crate) async fn progress(tx: &mut Tx, import_run_id: i64, bytes_read: u64) -> StoreResult<()> {
    sqlx::query("update import_run set bytes_read = $1 where import_run_id = $2")
        .bind(i64::try_from(bytes_read).unwrap_or(i64::MAX))
        .bind(import_run_id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Ends a run: with a receipt when it is done, with a message when it failed.
pub async fn end(tx: &mut Tx, import_run_id: i64, outcome: Result<&str, &str>, now: i64) -> StoreResult<()> {
    let (state, receipt, message) = match outcome {
        Ok(receipt) => ("done", Some(receipt), None),
        Err(message) => ("failed", None, Some(message)),
    };
    sqlx::query("update import_run set state = $1, receipt = $2, message = $3, ended_at = $4 where import_run_id = $5")
        .bind(state)
        .bind(receipt)
        .bind(message)
        .bind(now)
        .bind(import_run_id)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The runs that have not ended, oldest first.
pub async fn running(db: &Db) -> StoreResult<Vec<i64>> {
    let query = "select import_run_id from import_run where state = 'running' order by import_run_id";
    Ok(sqlx::query_scalar(query).fetch_all(db.readers()).await?)
}

/// Marks a run as stopped before its end, unless it ended meanwhile. Gives whether it was marked.
pub async fn abandon(tx: &mut Tx, import_run_id: i64, now: i64) -> StoreResult<bool> {
    let done = sqlx::query(
        "update import_run set state = 'failed', ended_at = $1,
         message = 'stopped before its end: import the same file again, what was stored is kept'
         where import_run_id = $2 and state = 'running'",
    )
    .bind(now)
    .bind(import_run_id)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A run by number.
pub async fn get(db: &Db, import_run_id: i64) -> StoreResult<Option<ImportRun>> {
    let sql = sqlx::AssertSqlSafe(format!("select {COLUMNS} from import_run where import_run_id = $1"));
    Ok(sqlx::query_as(sql).bind(import_run_id).fetch_optional(db.readers()).await?)
}

/// The newest runs, newest first, of one source or of all.
pub async fn newest(db: &Db, source_id: Option<u32>, limit: u32) -> StoreResult<Vec<ImportRun>> {
    let sql = sqlx::AssertSqlSafe(format!(
        "select {COLUMNS} from import_run where ($1 is null or source_id = $1) order by import_run_id desc limit $2"
    ));
    Ok(sqlx::query_as(sql).bind(source_id).bind(limit).fetch_all(db.readers()).await?)
}
