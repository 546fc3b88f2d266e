//! What people decided about which organizations are one. All other edges between sightings follow from the record.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// The kind of an edge that says to which organization the one of a sighting belongs.
pub const PARENT: &str = "parent";

/// That two sightings of organizations are one, or two; or that the organization of one belongs to that of the other.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct OrganizationEdge {
    /// Lesser key of a sighting, as `account:crm/a1` or `domain:acme.io`; of [`PARENT`] what belongs.
    pub a: String,
    /// Greater key; of [`PARENT`] to what it belongs, empty for nothing.
    pub b: String,
    /// [`crate::identity_change::HUMAN`], [`crate::identity_change::CANNOT_LINK`] or [`PARENT`].
    pub kind: String,
    /// For people.
    pub reason: String,
    /// Of a human edge: the sighting whose organization keeps its id.
    pub keeps: Option<String>,
}

/// Edges that hold, in the order in which they were made.
pub async fn all(db: &Db) -> StoreResult<Vec<OrganizationEdge>> {
    Ok(sqlx::query_as(
        "select a, b, kind, reason, keeps from organization_edge where revoked_at is null
         order by created_at, a, b, kind",
    )
    .fetch_all(db.readers())
    .await?)
}

/// Makes an edge hold; gives whether it did not hold before.
pub async fn add(tx: &mut Tx, edge: &OrganizationEdge, by: Option<&str>, now: i64) -> StoreResult<bool> {
    let done = sqlx::query(
        "insert into organization_edge (a, b, kind, reason, keeps, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (a, b, kind) do update set revoked_at = null, reason = excluded.reason, keeps = excluded.keeps,
            created_by = excluded.created_by, created_at = excluded.created_at
         where organization_edge.revoked_at is not null",
    )
    .bind(edge.a.as_str())
    .bind(edge.b.as_str())
    .bind(edge.kind.as_str())
    .bind(edge.reason.as_str())
    .bind(edge.keeps.as_deref())
    .bind(by)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes an edge back, or lets it hold again as it was: `revoked_at` in microseconds since 1970. Gives whether that changed it.
pub async fn set_revoked(tx: &mut Tx, a: &str, b: &str, kind: &str, revoked_at: Option<i64>) -> StoreResult<bool> {
    let done = sqlx::query(
        "update organization_edge set revoked_at = $1
         where a = $2 and b = $3 and kind = $4 and (revoked_at is null) <> ($1 is null)",
    )
    .bind(revoked_at)
    .bind(a)
    .bind(b)
    .bind(kind)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Puts a suggestion off: it comes last.
pub async fn skip(tx: &mut Tx, suggestion_id: &str, by: Option<&str>, now: i64) -> StoreResult<()> {
    sqlx::query(
        "insert into organization_skip (suggestion_id, skipped_by, skipped_at) values ($1, $2, $3)
         on conflict (suggestion_id) do update set skipped_by = excluded.skipped_by, skipped_at = excluded.skipped_at",
    )
    .bind(suggestion_id)
    .bind(by)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ids of suggestions that were put off.
pub async fn skipped(db: &Db) -> StoreResult<Vec<String>> {
    Ok(sqlx::query_scalar("select suggestion_id from organization_skip").fetch_all(db.readers()).await?)
}
