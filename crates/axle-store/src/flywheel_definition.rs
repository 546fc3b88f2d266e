//! Definitions of flywheels that a workspace saved, every version of them.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx, setting};

/// One version.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DefinitionRow {
    /// Id of the flywheel.
    pub flywheel: String,
    /// Rises with every change, by one or more.
    pub version: i64,
    /// TOML; `None`: put back to what comes with Axle, or removed when none of that id does.
    pub text: Option<String>,
    /// Version of what came with Axle then; `None` when nothing of that id did.
    pub shipped_version: Option<i64>,
    /// When, in microseconds.
    pub saved_at: i64,
    /// By whom.
    pub saved_by: String,
}

const COLUMNS: &str = "flywheel, version, text, shipped_version, saved_at, saved_by";

/// The newest version of every flywheel that was ever saved, by id.
pub async fn newest(db: &Db) -> StoreResult<Vec<DefinitionRow>> {
    let query = format!(
        "select {COLUMNS} from flywheel_definition one
         where version = (select max(version) from flywheel_definition other where other.flywheel = one.flywheel)
         order by flywheel"
    );
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(db.readers()).await?)
}

/// All versions of a flywheel, the newest first.
pub async fn versions(db: &Db, flywheel: &str) -> StoreResult<Vec<DefinitionRow>> {
    let query = format!("select {COLUMNS} from flywheel_definition where flywheel = $1 order by version desc");
    Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(flywheel).fetch_all(db.readers()).await?)
}

/// Adds a version, unless there is one of that number or a later one: gives whether it did. What is made of runs is
/// made anew then.
pub async fn add(tx: &mut Tx, row: &DefinitionRow) -> StoreResult<bool> {
    let added = sqlx::query(
        "insert into flywheel_definition (flywheel, version, text, shipped_version, saved_at, saved_by)
         select $1, $2, $3, $4, $5, $6
         where not exists (select 1 from flywheel_definition where flywheel = $1 and version >= $2)",
    )
    .bind(&row.flywheel)
    .bind(row.version)
    .bind(row.text.as_deref())
    .bind(row.shipped_version)
    .bind(row.saved_at)
    .bind(&row.saved_by)
    .execute(tx.connection())
    .await?;
    setting::note_change(tx).await?;
    Ok(added.rows_affected() > 0)
}
