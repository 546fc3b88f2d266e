//! What the activities of identities look like in time, of those who do much.

use sqlx::FromRow;

use crate::{Db, StoreResult, Tx};

/// What was seen of an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct BehaviourRow {
    /// The identity.
    pub identity_id: u32,
    /// How many activities it had, deleted ones counted.
    pub activities: i64,
    /// When the latest was, microseconds since 1970.
    pub last_at: i64,
    /// Its gaps are all alike.
    pub is_constant: bool,
    /// It never sleeps.
    pub is_round_the_clock: bool,
}

/// What is kept, by identity.
pub async fn all(db: &Db) -> StoreResult<Vec<BehaviourRow>> {
    Ok(sqlx::query_as(
        "select identity_id, activities, last_at, is_constant, is_round_the_clock from identity_behaviour
         order by identity_id",
    )
    .fetch_all(db.readers())
    .await?)
}

/// Identities with at least so many activities: number, how many, and when the latest was.
pub async fn busy(db: &Db, least: u32) -> StoreResult<Vec<(u32, i64, i64)>> {
    Ok(sqlx::query_as(
        "select identity_id, count(*), max(occurred_at) from activity group by identity_id having count(*) >= $1
         order by identity_id",
    )
    .bind(least)
    .fetch_all(db.readers())
    .await?)
}

/// The latest instants of an identity's activities, microseconds since 1970, at most so many.
pub async fn instants(db: &Db, identity_id: u32, most: u32) -> StoreResult<Vec<i64>> {
    Ok(sqlx::query_scalar("select occurred_at from activity where identity_id = $1 order by occurred_at desc limit $2")
        .bind(identity_id)
        .bind(most)
        .fetch_all(db.readers())
        .await?)
}

/// Keeps what was seen, in the place of what was seen before.
pub async fn set(tx: &mut Tx, row: BehaviourRow) -> StoreResult<()> {
    sqlx::query(
        "insert into identity_behaviour (identity_id, activities, last_at, is_constant, is_round_the_clock)
         values ($1, $2, $3, $4, $5)
         on conflict (identity_id) do update set activities = excluded.activities, last_at = excluded.last_at,
            is_constant = excluded.is_constant, is_round_the_clock = excluded.is_round_the_clock",
    )
    .bind(row.identity_id)
    .bind(row.activities)
    .bind(row.last_at)
    .bind(i64::from(row.is_constant))
    .bind(i64::from(row.is_round_the_clock))
    .execute(tx.connection())
    .await?;
    Ok(())
}
