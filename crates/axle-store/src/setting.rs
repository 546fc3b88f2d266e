//! Settings of a workspace: JSON by name, every change kept as a version.

use crate::{Db, StoreResult, Tx};

/// The value and version of a setting, or `None` while it was never set.
pub async fn get(db: &Db, name: &str) -> StoreResult<Option<(String, i64)>> {
    Ok(sqlx::query_as("select value, version from setting where name = $1")
        .bind(name)
        .fetch_optional(db.readers())
        .await?)
}

/// The value that a setting had at an instant in microseconds, or `None` while it had none.
pub async fn at(db: &Db, name: &str, at: i64) -> StoreResult<Option<String>> {
    let query = "select value from setting_version where name = $1 and changed_at <= $2 order by version desc limit 1";
    Ok(sqlx::query_scalar(query).bind(name).bind(at).fetch_optional(db.readers()).await?)
}

/// Sets a value; gives its version. An equal value keeps the version.
pub async fn set(tx: &mut Tx, name: &str, value: &str, by: Option<&str>, now: i64) -> StoreResult<i64> {
    let before: Option<(String, i64)> = sqlx::query_as("select value, version from setting where name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    let version = match before {
        Some((held, version)) if held == value => return Ok(version),
        Some((_, version)) => version + 1,
        None => 1,
    };
    for sql in [
        "insert into setting (name, version, value, changed_at, changed_by) values ($1, $2, $3, $4, $5)
         on conflict (name) do update set version = excluded.version, value = excluded.value,
            changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        "insert into setting_version (name, version, value, changed_at, changed_by) values ($1, $2, $3, $4, $5)",
    ] {
        sqlx::query(sql).bind(name).bind(version).bind(value).bind(now).bind(by).execute(tx.connection()).await?;
    }
    note_change(tx).await?;
    Ok(version)
}

/// Notes that something changed which the query engine's directory is made of: settings, sources, channels, threads,
/// identities, members, or facts that say who and where ([`axle_model::interchange::FactKind::is_of_directory`]).
pub(crate) async fn note_change(tx: &mut Tx) -> StoreResult<()> {
    sqlx::query("update directory_version set version = version + 1").execute(tx.connection()).await?;
    Ok(())
}

/// Notes that facts changed which the directory is not made of.
pub(crate) async fn note_facts(tx: &mut Tx) -> StoreResult<()> {
    sqlx::query("update directory_version set facts = facts + 1").execute(tx.connection()).await?;
    Ok(())
}

/// Rises with every change of facts that the directory is not made of.
pub async fn facts_version(db: &Db) -> StoreResult<i64> {
    Ok(sqlx::query_scalar("select facts from directory_version").fetch_one(db.readers()).await?)
}

/// Rises with every change of what the query engine's directory is made of.
pub async fn directory_version(db: &Db) -> StoreResult<i64> {
    Ok(sqlx::query_scalar("select version from directory_version").fetch_one(db.readers()).await?)
}
