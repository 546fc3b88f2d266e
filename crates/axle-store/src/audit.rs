//! The audit log: who saw or changed what of a person. Entries are added, and never changed.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct AuditRow {
    /// When, in microseconds.
    pub at: i64,
    /// Name of the user, or what stood for one.
    pub who: String,
    /// Their role.
    pub role: String,
    /// `viewed`, `sent`, …
    pub what: String,
    /// What kind of thing it was about: `hand_off`, `consent`.
    pub kind: String,
    /// Its public id.
    pub subject: String,
    /// In words, if there is more to say.
    pub detail: Option<String>,
}

/// Adds an entry.
pub async fn add(tx: &mut Tx, row: &AuditRow) -> StoreResult<()> {
    sqlx::query("insert into audit (at, who, role, what, kind, subject, detail) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(row.at)
        .bind(&row.who)
        .bind(&row.role)
        .bind(&row.what)
        .bind(&row.kind)
        .bind(&row.subject)
        .bind(row.detail.as_deref())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The newest entries about one thing, the newest first.
pub async fn about(db: &Db, kind: &str, subject: &str, limit: u32) -> StoreResult<Vec<AuditRow>> {
    Ok(sqlx::query_as(
        "select at, who, role, what, kind, subject, detail from audit
         where kind = $1 and subject = $2 order by audit_id desc limit $3",
    )
    .bind(kind)
    .bind(subject)
    .bind(limit)
    .fetch_all(db.readers())
    .await?)
}
