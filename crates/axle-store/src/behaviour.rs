//! What the activities of identities look like in time, of those who do much.

use axle_model::analytics::Seq;
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

/// Identities with at least so many activities, of which one at least may have come, or gone, `after` a seq and up to `last`:
/// number, how many, and when the latest was.
pub async fn busy(db: &Db, least: u32, after: Seq, last: Seq) -> StoreResult<Vec<(u32, i64, i64)>> {
    let query = if may_concern_anybody(db, after, last).await? {
        "select identity_id, count(*), max(occurred_at) from activity where $2 < $3
         group by identity_id having count(*) >= $1 order by identity_id"
    } else {
        "select identity_id, count(*), max(occurred_at) from activity
         where identity_id in (select identity_id from activity where seq > $2 and seq <= $3)
         group by identity_id having count(*) >= $1 order by identity_id"
    };
    Ok(sqlx::query_as(query).bind(least).bind(after).bind(last).fetch_all(db.readers()).await?)
}

/// Whether an activity changed, which may have been somebody else's before, or so many came that all are walked sooner.
async fn may_concern_anybody(db: &Db, after: Seq, last: Seq) -> StoreResult<bool> {
    let changed = sqlx::query_scalar("select exists (select 1 from superseded where by_seq > $1)").bind(after);
    Ok(last - after > last / 20 || changed.fetch_one(db.readers()).await?)
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
