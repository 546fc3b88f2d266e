//! A copy of a workspace's record as one file, made while others read and write.

use std::path::Path;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::{Db, StoreError, StoreResult};

/// Writes the record as it is now into a file that is not there yet. What is committed later is not in it.
pub async fn copy(db: &Db, file: &Path) -> StoreResult<()> {
    let path = file.to_str().ok_or_else(|| StoreError::Io {
        place: file.display().to_string(),
        cause: std::io::Error::new(std::io::ErrorKind::InvalidInput, "its name is not in UTF-8"),
    })?;
    let mut writer = db.idle_writer().await?;
    // SQLite's own way: PostgreSQL has pg_dump.
    sqlx::query("vacuum into $1").bind(path).execute(&mut *writer).await?;
    Ok(())
}

/// Whether a file is a whole copy of a workspace's record.
pub async fn is_copy(file: &Path) -> bool {
    let options = SqliteConnectOptions::new().filename(file).read_only(true).create_if_missing(false);
    let Ok(mut connection) = SqliteConnection::connect_with(&options).await else { return false };
    let tables = "select count(*) from sqlite_master
                  where type = 'table' and name in ('_sqlx_migrations', 'activity', 'identity', 'worked_out')";
    let tables: Result<i64, _> = sqlx::query_scalar(tables).fetch_one(&mut connection).await;
    let whole: Result<String, _> = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await;
    matches!(tables, Ok(4)) && whole.is_ok_and(|said| said == "ok")
}
